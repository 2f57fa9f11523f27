/*
 * sweep.h - the values of an array phase: a product of value lists.
 *
 * A task is an index into the product (the first key varies slowest), but
 * its identity is its values: the sweep of a changed experiment is matched
 * with the one that ran by names and values.
 */
#ifndef LATSUB_SWEEP_H
#define LATSUB_SWEEP_H

#include "latsub/rangeset.h"
#include "latsub/text.h"

struct sweep_key {
	char *name; /* an environment variable's */
	struct strlist values;
};

struct sweep { /* zero-initialise; no keys: a single task */
	struct sweep_key *keys;
	size_t count;
};

#define SWEEP_MAX_TASKS 10000000

/* The key's values are then added by the caller. */
struct sweep_key *sweep_add(struct sweep *sweep, const char *name);
void sweep_clear(struct sweep *sweep);
void sweep_copy(struct sweep *to, const struct sweep *from);
bool sweep_equal(const struct sweep *a, const struct sweep *b);

/* Tasks in all (1 without keys); SWEEP_MAX_TASKS + 1 when there are more. */
uint64_t sweep_size(const struct sweep *sweep);
/* The value of keys[key] for a task. */
const char *sweep_value(const struct sweep *sweep, uint32_t task, size_t key);

/* map[i] for each task i of from: the task of to with the same values, or
 * UINT32_MAX.  map has sweep_size(from) members. */
void sweep_map(const struct sweep *from, const struct sweep *to,
               uint32_t *map);

/* {"SEED":["42","123"]}, with [0,9999] for whole numbers that count up; caller
 * frees.  parse returns -1 when malformed. */
char *sweep_print(const struct sweep *sweep);
int sweep_parse(struct sweep *sweep, const char *json);

#endif
