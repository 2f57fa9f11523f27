/*
 * trail.h - where the events of each task stand in the journal.
 *
 * An event names the events of its task before it.  So for each task only the place
 * of the newest need be known: the others are found from it, and the events of other
 * tasks are not read.  Pure.
 *
 * Beware: if files were read in another order, or twice, a place may be kept although
 * another event names it.  Whoever follows a trail must take each event once.
 */
#ifndef LATSUB_TRAIL_H
#define LATSUB_TRAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where an event stands.  file: the name of the journal's file without ".jsonl". */
struct event_place {
	char *file;
	off_t offset; /* of its line's first byte */
};

struct event_places {
	struct event_place *items;
	size_t count;
};

/* The name is copied. */
void event_places_add(struct event_places *places, const char *file,
                      off_t offset);
void event_places_clear(struct event_places *places);

/* If a task has more places than this, its trail is lost, so that lists stay short. */
#define TRAIL_PLACES_MAX 32

struct trail_place {
	off_t offset;
	uint32_t file; /* a number that its owner gave */
	uint32_t next; /* of the same task, index + 1; 0: the last */
};

/* All zero: no task has a place. */
struct trail {
	uint32_t *first; /* of each task: index + 1 of a place, 0: it has
	                  * none; UINT32_MAX: its trail is lost */
	uint32_t total;  /* tasks */
	struct trail_place *places;
	uint32_t count, unused; /* unused: a list of those that were removed */
};

/* Add or remove a place; neither does anything if that is done already.  total: how
 * many tasks the phase has. */
void trail_add(struct trail *trail, uint32_t total, uint32_t task,
               uint32_t file, off_t offset);
void trail_remove(struct trail *trail, uint32_t task, uint32_t file,
                  off_t offset);
void trail_lose(struct trail *trail, uint32_t total, uint32_t task);
bool trail_is_lost(const struct trail *trail, uint32_t task);
/* A place of the task, NULL: none; and the one that was added after it. */
const struct trail_place *trail_first(const struct trail *trail, uint32_t task);
const struct trail_place *trail_next(const struct trail *trail,
                                     const struct trail_place *place);
/* Give the tasks other numbers: map has trail->total members, UINT32_MAX where the
 * task is gone. */
void trail_renumber(struct trail *trail, const uint32_t *map, uint32_t total);
void trail_clear(struct trail *trail);

#endif
