/*
 * audit.h - what the whole journal proves of each task: its attempts, and their
 * contradictions.
 *
 * Pure: events go in, in any order and from any number of files; attempts and
 * differences come out.  It does not trust the fold of the state file: it folds
 * all of the journal from nothing.
 *
 * Beware: times come from the clocks of several nodes.  Two events of one journal
 * file have their times from one clock, and stand in the order in which they
 * happened.  Between files, times that differ by less than slack_sec prove nothing.
 */
#ifndef LATSUB_AUDIT_H
#define LATSUB_AUDIT_H

#include "latsub/state.h"

#define AUDIT_SLACK_SEC 10
#define AUDIT_NO_TASK UINT32_MAX

enum audit_kind {
	AUDIT_TWICE,     /* completed more than once in one generation */
	AUDIT_AGAIN,     /* ran again after it had completed, without a cause */
	AUDIT_OVERLAP,   /* two attempts at one time, or one without an end */
	AUDIT_STARTS,    /* one attempt was started more than once */
	AUDIT_ORDER,     /* started before a parent had completed */
	AUDIT_UNASKED,   /* ran in a generation that it was not submitted in */
	AUDIT_UNKNOWN,   /* events of a phase or generation that the journal lacks */
	AUDIT_STATE,     /* the state file says something else */
	AUDIT_JOB,       /* Slurm has a job that the journal does not know */
	AUDIT_LEFT,      /* live in Slurm, and ended in the journal */
	AUDIT_SET,       /* live in Slurm, and ended by a person's edit */
	AUDIT_GONE,      /* under way in the journal, and not in Slurm */
	AUDIT_ACCOUNTING,/* accounting says something else */
	AUDIT_KIND_COUNT
};

struct audit_difference {
	enum audit_kind kind;
	const char *phase;  /* NULL: of the run */
	uint32_t task;      /* in the newest values; AUDIT_NO_TASK: of the phase */
	char *what, *where;
	const char *advice; /* what to do */
};

/* Where an event stands: the file's number as it was given, and the line. */
struct audit_place {
	uint32_t file, line;
};

/* A task's run in one (generation, attempt). */
struct audit_attempt {
	uint32_t gen, number, job;
	int64_t started, ended; /* seconds since 1970; 0: not on record */
	enum event_kind end;    /* EVENT_STARTED: none is on record */
	bool is_own_end;        /* its runner, or the next attempt's, wrote the end;
	                         * else a resume concluded it later */
	const char *node, *reason; /* the audit's */
	struct audit_place start_at, end_at;
};

struct audit_record; /* one event, as the audit keeps it */

/* From when to when a task, or all of a phase, had completed. */
struct audit_span {
	int64_t from, to;
	uint32_t file; /* of the event that it begins with */
};

/* An event of the phase itself: from this generation on its values may be new. */
struct audit_told {
	uint32_t gen;
	int64_t time;
};

struct audit_phase {
	char *name;
	const struct phase_state *state; /* NULL: the journal does not know it */
	struct audit_record *records;
	size_t record_count;
	struct audit_told *told;
	size_t told_count;
	int64_t changed; /* when the values of its array were changed last */
	uint32_t ran_without; /* the first generation that completed although a parent
	                       * had not; it is stale once that parent completes */
	struct audit_attempt *attempts; /* by task, then by generation and number */
	size_t attempt_count;
	size_t *first; /* by task: index of its first; one member more */
	struct audit_span *spans; /* when tasks had completed, as attempts */
	size_t span_count;
	size_t *first_span;
	struct audit_span *whole; /* when all of them had, by time */
	size_t whole_count;
};

struct audit {
	struct state *state; /* the fold of all that was added */
	struct audit_phase **phases; /* as the state has them, once finished */
	size_t count;
	struct strmap *by_name;
	struct strmap *texts;
	struct strlist text_list;
	struct event *late; /* of a phase or generation that is not known yet */
	size_t late_count;
	uint64_t events;
	int64_t slack_sec;
	struct audit_difference *differences;
	size_t difference_count;
};

struct audit *audit_create(int64_t slack_sec);
void audit_destroy(struct audit *audit);
/* Takes the event: *event is empty then. */
void audit_add(struct audit *audit, struct event *event,
               struct audit_place place);
/* All is added: build the attempts, look for differences. */
void audit_finish(struct audit *audit);
/* Compare with the state that the run's files give; differences are added. */
void audit_compare(struct audit *audit, const struct state *state);

/* Add a difference.  Takes ownership of what and where. */
void audit_differ(struct audit *audit, enum audit_kind kind, const char *phase,
                  uint32_t task, char *what, char *where);
/* The name of a kind, in tables and in JSON: "overlap". */
const char *audit_kind_name(enum audit_kind kind);
/* "train", "eval[SEED=42 LR=0.1]"; caller frees. */
char *audit_task_name(const struct audit *audit,
                      const struct audit_difference *difference);
const struct audit_phase *audit_find(const struct audit *audit,
                                     const char *name);
/* Was a task submitted in a generation?  (The other generations are edits.) */
bool audit_was_intended(const struct audit_phase *phase, uint32_t gen,
                        uint32_t task);

#endif
