/*
 * event.h - what happened, as a journal has it: one struct for all kinds.
 */
#ifndef LATSUB_EVENT_H
#define LATSUB_EVENT_H

#include <sys/types.h>

#include "latsub/edge.h"
#include "latsub/rangeset.h"
#include "latsub/reason.h"
#include "latsub/trail.h"

/* The guide's four words. */
enum phase_word {
	WORD_NONE, /* not said; or a newer latsub's, which says nothing here */
	WORD_PENDING, WORD_IN_PROGRESS, WORD_COMPLETED, WORD_FAILED,
	WORD_COUNT
};

const char *phase_word_name(enum phase_word word); /* not of WORD_NONE */
enum phase_word phase_word_find(const char *name); /* or WORD_NONE */

enum event_kind {
	EVENT_RUN,        /* the run's metadata: pairs */
	EVENT_PHASE,      /* a phase exists: order, total, sweep from gen on */
	EVENT_INTENDED, EVENT_SUBMITTED, EVENT_STARTED, EVENT_CHECKPOINT,
	EVENT_REFUSED,    /* a checkpoint that must not be begun from */
	EVENT_LOST, EVENT_REQUEUED, EVENT_CANCELLED, EVENT_FAILED,
	EVENT_COMPLETED,
	EVENT_EDITED,     /* a person set a word (or reset, skip) */
	EVENT_QUEUED,     /* of requeues on record: Slurm has them in the queue */
	EVENT_EXCLUDED,   /* --drop: the experiment has the phase no more, and
	                   * that is meant; or it has it again */
	EVENT_GAVE_UP,    /* a runner could not read or write the run, and began
	                   * nothing: it changes no cell */
	EVENT_KIND_COUNT
};

/* One event.  Strings are owned by whoever holds the struct. */
struct event {
	enum event_kind kind;
	int64_t time;          /* seconds since 1970, for people only */
	char *phase;
	uint32_t gen, attempt;
	bool all;              /* every task; else the set below */
	struct rangeset tasks;
	uint32_t job, base;    /* job id; task = base + array index */
	uint32_t order, total; /* EVENT_PHASE */
	uint32_t seq;          /* EVENT_CHECKPOINT, EVENT_RUN: grows; EXCLUDED: too,
	                        * odd: it is, even: it is not; INTENDED,
	                        * EDITED: since of the sweep its tasks mean,
	                        * + 1 */
	int code, signal;      /* of the command; -1 when not known */
	uint32_t elapsed;      /* REQUEUED: seconds that the attempt ran */
	uint32_t shared;       /* REQUEUED: 1: another task's runner may ask Slurm
	                        * for it */
	struct requeue_why requeue; /* REQUEUED */
	char *node;
	char *reason, *text;   /* for people, of others; last lines of the log */
	char *path, *epoch;    /* a checkpoint */
	char *from;            /* STARTED: the checkpoint it began from; FAILED
	                        * and REQUEUED: that, if the command failed by
	                        * itself within a minute */
	char *own;             /* CHECKPOINT, STARTED: the mark of the phase's
	                        * pattern, where path or from is the task's own
	                        * by it (claims_is_own()) */
	bool late;             /* REFUSED, and no path: no time to look ... */
	double stopped_at;     /* ... at what a command left that was killed then,
	                        * in seconds since 1970; 0: it was not */
	char *mark;            /* of from, or of what was REFUSED: tells it from
	                        * a later file of that name */
	enum phase_word word;  /* EVENT_EDITED */
	char *sweep;           /* JSON, or NULL */
	char *variables;       /* INTENDED: the mark of those it was made with */
	struct parents parents;/* INTENDED: waited for */
	struct strlist ran_without; /* COMPLETED: phases that had not completed */
	struct strlist pairs;  /* EVENT_RUN: key, value, ... */
	struct event_places before; /* of a task's: those before it, see trail.h */
	/* where it was read: borrowed, and not in the journal; NULL: not known */
	const char *at_file;
	off_t at_offset;
};

void event_clear(struct event *event);
void event_add_pair(struct event *event, const char *key, const char *value);
const char *event_name(enum event_kind kind);
int event_find(const char *name); /* enum event_kind, or -1 */

#endif
