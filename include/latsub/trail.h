/*
 * trail.h - where the events of each task stand in the journal.
 *
 * An event names those of its task before it, so that of each task only the newest
 * need be known: from them all are found, without reading what others wrote.  Pure.
 *
 * Beware: a place may be there that another event has named before, when files
 * were read in another order, or twice.  Who follows a trail takes each event once.
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

/* Of a task with more than so many places the trail is lost: lists stay short. */
#define TRAIL_PLACES_MAX 32

struct trail_place {
	off_t offset;
	uint32_t file; /* a number that its owner gave */
	uint32_t next; /* of the same task, index + 1; 0: the last */
};

/* All zero: no task has a place. */
struct trail {
	uint32_t *first; /* of each task: index + 1 of its newest place, 0: it has
	                  * none; UINT32_MAX: its trail is lost */
	uint32_t total;  /* tasks */
	struct trail_place *places;
	uint32_t count, unused; /* unused: a list of those that were removed */
};

/* Both do nothing when it is so already.  total: how many tasks the phase has. */
void trail_add(struct trail *trail, uint32_t total, uint32_t task,
               uint32_t file, off_t offset);
void trail_remove(struct trail *trail, uint32_t task, uint32_t file,
                  off_t offset);
void trail_lose(struct trail *trail, uint32_t total, uint32_t task);
bool trail_is_lost(const struct trail *trail, uint32_t task);
/* The newest place of the task, NULL: none; and the one after it. */
const struct trail_place *trail_first(const struct trail *trail, uint32_t task);
const struct trail_place *trail_next(const struct trail *trail,
                                     const struct trail_place *place);
/* Give the tasks other numbers: map has trail->total members, UINT32_MAX where the
 * task is gone. */
void trail_renumber(struct trail *trail, const uint32_t *map, uint32_t total);
void trail_clear(struct trail *trail);

#endif
