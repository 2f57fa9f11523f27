/*
 * state.h - what is true of a run: the pure fold of its events.
 *
 * Every task is a cell with a key (generation, attempt, rank); an event
 * takes effect where its key is greater.  So the fold depends neither on
 * the order of events nor on clocks, and folding an event twice does no
 * harm.  A phase that is no array is one cell.
 */
#ifndef LATSUB_STATE_H
#define LATSUB_STATE_H

#include "latsub/phase.h"

struct state_failure { /* the last one */
	char *phase, *error, *time_text;
	int64_t time;
};

struct state {
	struct phase_state **phases; /* in order */
	size_t count;
	struct strmap *by_name;
	struct strmap *metadata;     /* values are char *, owned */
	struct strlist metadata_keys;
	struct strmap *metadata_seqs; /* of the event that set a key: seq */
	uint32_t revision; /* the greatest seq of an EVENT_RUN so far */
	struct state_failure failure;
	struct strlist trail_files;   /* of the trails, by their number */
	struct strmap *trail_numbers; /* number by file */
	bool sorted;
	uint64_t changes; /* events applied so far, and one */
};

struct state *state_create(void);
void state_destroy(struct state *state);

enum state_applied {
	STATE_APPLIED,
	STATE_LATER /* its phase is not known yet: try again after others */
};
/* Fold one event into the state. */
enum state_applied state_apply(struct state *state, const struct event *event);

/* Of an event only what becomes a note or a place of a trail: for snapshots that
 * have none. */
void state_apply_note(struct state *state, const struct event *event);
/* Events of these kinds, bits 1u << kind, are on the trails of their tasks. */
#define STATE_TRAIL_KINDS (1u << EVENT_STARTED | 1u << EVENT_CHECKPOINT \
                           | 1u << EVENT_GAVE_UP)
/* The number of a journal's file in the trails. */
uint32_t state_trail_file(struct state *state, const char *file);
/* A file of the journal is not the one that was read: what stood in it may have been
 * on any trail. */
void state_lose_trails(struct state *state);

struct phase_state *state_find(const struct state *state, const char *name);
struct phase_state *state_add(struct state *state, const char *name);
/* Put the phases in their order. */
void state_sort(struct state *state);
const char *state_metadata(const struct state *state, const char *key);
void state_set_metadata(struct state *state, const char *key,
                        const char *value);
/* The seq of the EVENT_RUN that a key is from, 0 when that is not known. */
uint32_t state_metadata_seq(const struct state *state, const char *key);
void state_set_metadata_seq(struct state *state, const char *key,
                            uint32_t seq);

/* Does the phase wait for one that failed (or is itself blocked)?  The name
 * of that one, or NULL. */
const char *state_blocked_by(const struct state *state,
                             const struct phase_state *phase);

/* What waits in Slurm, directly or not, for the failed tasks of a phase and
 * will be cancelled there: an event CANCELLED for each phase.  The caller
 * sets their times, clears them and frees the array. */
size_t state_doomed(const struct state *state, const char *phase,
                    const struct rangeset *failed, struct event **events);

/* All completed: LATSUB_OK; one failed and none that still can run:
 * FAILED; else UNFINISHED. */
int state_outcome(const struct state *state);

#endif
