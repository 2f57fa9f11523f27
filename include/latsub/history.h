/*
 * history.h - the attempts of a task: where and when each ran, from what it began, how
 * it ended.
 *
 * Pure: events go in, in any order and each as often as it is read; attempts come out,
 * by generation and number.  Kinds that say nothing of an attempt are passed over.
 *
 * Beware: it is for those who show or use what happened, so where the journal
 * contradicts itself one line counts, and nobody is told.  The audit looks for just
 * these lines, and for where they stand; so it builds attempts of its own (audit.h).
 */
#ifndef LATSUB_HISTORY_H
#define LATSUB_HISTORY_H

#include "latsub/phase.h"

/* Of two that are on record the later one here counts, as in the state. */
enum history_end {
	HISTORY_OPEN,    /* none is on record: it runs, or nobody knows */
	HISTORY_GAVE_UP, /* its runner began nothing, though `started` may be set */
	HISTORY_LOST, HISTORY_REQUEUED, HISTORY_CANCELLED, HISTORY_FAILED,
	HISTORY_COMPLETED
};

/* An attempt is here as soon as an event names it: what was cancelled before its start
 * has an end alone.  The strings are the history's; NULL: not on record. */
struct history_attempt {
	uint32_t gen, number;  /* number: Slurm's restart count, from 0 */
	/* of its start; of two starts of one attempt the later one counts */
	int64_t started;       /* seconds since 1970; 0: not on record */
	uint32_t job, index;   /* the job, or array; and the task's index in it */
	char *node;
	char *from;            /* the checkpoint that it began from */
	/* of its end; of two of one kind its runner's own, then the earlier one */
	enum history_end end;
	bool is_own_end;       /* its runner wrote it, or the next attempt's; else
	                        * somebody concluded it later */
	int64_t ended;         /* seconds since 1970; 0: not on record */
	struct requeue_why requeue; /* of HISTORY_REQUEUED */
	int code, signal;      /* of the command; -1: not known.  Both are 0, too,
	                        * where the next attempt wrote the end */
	char *reason;          /* for people; not of HISTORY_REQUEUED */
	char *last_lines;      /* of its log */
	/* the newest checkpoint that it reported */
	char *checkpoint;
	uint32_t checkpoint_seq;
	int64_t checkpoint_time;
};

/* Of one task.  Zero-initialise; attempts are sorted at any time, and move when one is
 * added. */
struct history {
	struct history_attempt *attempts;
	size_t count;
};

/* Add what an event says, which is of this task.  It is copied. */
void history_add(struct history *history, const struct event *event);
/* Add it to each task that it speaks of, in the indices that the phase has now.
 * tasks has phase->total members, so the phase must be folded before.  Events of other
 * phases are passed over. */
void history_add_to_tasks(struct history *tasks, const struct phase_state *phase,
                          const struct event *event);
void history_clear(struct history *history);

/* One attempt, or NULL: no event names it. */
const struct history_attempt *history_find(const struct history *history,
                                           uint32_t gen, uint32_t number);
/* The newest attempt before this one whose start is on record, or NULL. */
const struct history_attempt *
history_started_before(const struct history *history, uint32_t gen,
                       uint32_t number);

#endif
