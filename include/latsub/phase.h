/*
 * phase.h - what is true of one phase: its tasks, its jobs, what happened to them.
 *
 * Model and store keep it.  All others should ask the functions below, and read no more
 * of it than its name, total and array.
 */
#ifndef LATSUB_PHASE_H
#define LATSUB_PHASE_H

#include "latsub/event.h"
#include "latsub/sweep.h"

/* What is known of a task, by rank within its attempt. */
enum task_state {
	TASK_NONE,      /* never submitted, or to be run again */
	TASK_INTENDED,  /* about to be submitted */
	TASK_SUBMITTED, /* Slurm has it */
	TASK_STARTED,
	TASK_LOST,      /* died without a word */
	TASK_REQUEUED,  /* waits in Slurm for its next attempt */
	TASK_CANCELLED,
	TASK_FAILED,
	TASK_COMPLETED,
	TASK_SKIPPED,   /* a person said: completed */
	TASK_STATE_COUNT
};

/* Slurm has it, or is to have it soon; bits 1u << state. */
#define TASKS_UNDER_WAY (1u << TASK_INTENDED | 1u << TASK_SUBMITTED \
                         | 1u << TASK_STARTED | 1u << TASK_REQUEUED)

const char *task_state_name(enum task_state state);
int task_state_find(const char *name);

struct task_cell {
	uint32_t gen;
	uint16_t attempt;
	uint8_t state; /* enum task_state */
	/* it completed once, whatever came after */
	uint8_t done : 1;
	/* of a REQUEUED one; not in the snapshot, as who waits for it has the
	 * journal: another's runner may ask Slurm for it; Slurm has it in the
	 * queue */
	uint8_t shared : 1, queued : 1;
};

/* A job of the phase: its tasks' attempts from `attempt` on, which is 0 unless
 * it goes on for a job that could not be requeued. */
struct phase_job {
	uint32_t gen, attempt, job, base;
	int64_t submitted; /* of the event; 0: an old snapshot does not tell */
	struct rangeset tasks;
};

enum mark_kind {
	/* how attempts ended; counted without reasons but for requeues: the state
	 * file has one set for each attempt, whatever these are */
	MARK_REQUEUED, MARK_FAILED, MARK_LOST, MARK_CANCELLED,
	MARK_RAN, /* for so many seconds, before a requeue */
	/* the reasons of those above: known from the journal alone */
	MARK_FAILED_WHY, MARK_LOST_WHY, MARK_CANCELLED_WHY,
	MARK_KIND_COUNT
};

/* Something that happened to tasks in one attempt: kept as sets so that counting
 * is exact however often an event is read. */
struct phase_mark {
	enum mark_kind kind;
	uint32_t gen, attempt;
	struct requeue_why requeue; /* of REQUEUED; else none */
	uint32_t seconds; /* of RAN; else 0 */
	char *reason;     /* of the _WHY, for people; else NULL */
	struct rangeset tasks;
};

/* With which variables a generation was submitted: metadata "variables.MARK". */
struct phase_variables {
	uint32_t gen;
	char *mark;
};

/* What the choice of a checkpoint depends on, of tasks in one attempt. */
enum phase_note_kind {
	NOTE_REFUSED, /* name with this mark must not be begun from */
	NOTE_LATE,    /* there was no time to look.  A task's newest only */
	NOTE_QUICK,   /* it failed soon after it began from name with this mark */
	NOTE_KIND_COUNT
};

struct phase_note {
	enum phase_note_kind kind;
	uint32_t gen, attempt;
	char *name, *mark; /* of LATE: "" */
	uint64_t second;   /* of LATE: in which the command was killed; 0: it
	                    * was not */
	struct rangeset tasks;
};

struct phase_sweep { /* of the generations from since on */
	uint32_t since;
	struct sweep sweep;
	uint32_t *to_now; /* its tasks in the newest; made when needed */
};

/* Facts of the newest attempt that told them: greatest (gen, attempt). */
struct phase_facts {
	uint32_t gen, attempt;
	int code, signal;
	int64_t started, ended;
	char *node;
};

/* Paths of one sort that no pattern claims for the task that named them: nobody
 * knows them but who reads all of the journal. */
struct phase_strays {
	bool any;
	char *dir; /* the longest beginning of all of them, up to a '/'; or "" */
};

enum { STRAY_REPORTED, STRAY_BEGUN_FROM, STRAY_SORTS };

struct phase_state {
	char *name;
	uint32_t order;
	bool known;             /* an EVENT_PHASE or the snapshot told it */
	uint32_t excluded_seq;  /* of the newest EVENT_EXCLUDED */
	uint64_t blocked_at;    /* state's changes when blocked_by was found */
	const char *blocked_by; /* see state_blocked_by() */
	bool array;
	uint32_t total;
	struct phase_sweep *sweeps; /* by since, the last is current */
	size_t sweep_count;
	struct task_cell *cells;
	uint32_t edit_gen;      /* of the newest edit, 0: none */
	uint32_t gen;           /* greatest seen, edits included */
	struct phase_job *jobs;
	size_t job_count;
	struct phase_mark *marks;
	size_t mark_count;
	struct phase_note *notes;
	size_t note_count;
	struct strmap *places; /* of jobs, marks and notes, -> index + 1 */
	struct trail trail;    /* the files are state's */
	struct phase_strays strays[STRAY_SORTS];
	struct strlist own_marks; /* of patterns that claimed what tasks named */
	struct phase_facts facts;
	struct parents parents; /* what the generation waits for */
	uint32_t parents_gen;
	struct phase_variables *variables; /* by gen; the last is the newest */
	size_t variables_count;
	struct strlist ran_without; /* of the completion of generation ... */
	uint32_t ran_without_gen;
	char *checkpoint, *epoch;
	uint32_t checkpoint_gen, checkpoint_attempt, checkpoint_seq;
};

/* ---- what others ask; phase may be NULL in these: it has nothing ---- */

/* Is it of this run, and not only named by an old state file? */
bool phase_is_known(const struct phase_state *phase);
/* Has it tasks, as far as is known? */
bool phase_has_tasks(const struct phase_state *phase);
/* One of its tasks, or NULL: it has none of that index. */
const struct task_cell *phase_task(const struct phase_state *phase,
                                   uint32_t task);
/* Has the task completed, by running or by a person's word? */
bool phase_task_is_done(const struct phase_state *phase, uint32_t task);
/* Is a task in one of these states (bits 1u << state)? */
bool phase_has_any(const struct phase_state *phase, unsigned states);
/* The generation of its newest intent, 0: it was never to be submitted. */
uint32_t phase_intended_gen(const struct phase_state *phase);
/* Is it known, and was it to be submitted once? */
bool phase_was_intended(const struct phase_state *phase);
/* The generation of the newest edit by hand, 0: there was none. */
uint32_t phase_edited_gen(const struct phase_state *phase);
/* What is known of the newest attempt; zeros and NULL where nothing is. */
const struct phase_facts *phase_facts(const struct phase_state *phase);
/* Its newest checkpoint, or NULL. */
const char *phase_checkpoint(const struct phase_state *phase);
/* Did its completion, the newest, run without this parent's? */
bool phase_ran_without(const struct phase_state *phase, const char *parent);
/* What it was submitted to wait for, the last time. */
const struct parents *phase_parents(const struct phase_state *phase);
/* The seq of the next EVENT_EXCLUDED, which turns what the one before said. */
uint32_t phase_next_excluded_seq(const struct phase_state *phase);
/* The values that its tasks of a generation had; and has its array had others than
 * now? */
const struct sweep *phase_sweep_of(const struct phase_state *phase,
                                   uint32_t gen);
bool phase_values_changed(const struct phase_state *phase);

/* One by one, in the order in which they were told (variables: by generation); after
 * the one given, NULL: the first.  NULL: there is no more. */
const struct phase_job *phase_next_job(const struct phase_state *phase,
                                       const struct phase_job *job);
const struct phase_mark *phase_next_mark(const struct phase_state *phase,
                                         const struct phase_mark *mark);
const struct phase_note *phase_next_note(const struct phase_state *phase,
                                         const struct phase_note *note);
const struct phase_variables *
phase_next_variables(const struct phase_state *phase,
                     const struct phase_variables *variables);
#define phase_for_each_job(phase, job) \
	for (const struct phase_job *job = phase_next_job(phase, NULL); job; \
	     job = phase_next_job(phase, job))
#define phase_for_each_mark(phase, mark) \
	for (const struct phase_mark *mark = phase_next_mark(phase, NULL); \
	     mark; mark = phase_next_mark(phase, mark))
#define phase_for_each_note(phase, note) \
	for (const struct phase_note *note = phase_next_note(phase, NULL); \
	     note; note = phase_next_note(phase, note))

/* The job that has the task now, or NULL; of two for one attempt the one with
 * the least number, in whatever order they were told. */
const struct phase_job *phase_job_of(const struct phase_state *phase,
                                     uint32_t task);
/* The job of this number in a generation, or NULL. */
const struct phase_job *phase_find_job(const struct phase_state *phase,
                                       uint32_t gen, uint32_t job);
/* The newest submission's jobs: their numbers, and the greatest of these (0: none),
 * whatever the order in which they were told. */
void phase_newest_jobs(const struct phase_state *phase, struct rangeset *numbers);
uint32_t phase_newest_job(const struct phase_state *phase);
/* The numbers of all jobs that it ever had. */
void phase_job_numbers(const struct phase_state *phase,
                       struct rangeset *numbers);

/* ---- more, of a phase that is there ---- */

/* The job that has it, of each task: total members, NULL where there is none.  Caller
 * frees the array. */
const struct phase_job **phase_jobs_by_task(const struct phase_state *phase);
const struct sweep *phase_sweep_now(const struct phase_state *phase);
enum phase_word phase_word(const struct phase_state *phase);
/* Has a person dropped it, since the experiment has it no more? */
bool phase_is_excluded(const struct phase_state *phase);
/* How many tasks are in each state; counts has TASK_STATE_COUNT members. */
void phase_count(const struct phase_state *phase, uint32_t *counts);
void phase_tasks_in(const struct phase_state *phase, unsigned states,
                    struct rangeset *out); /* states: bits 1u << state */
uint32_t phase_sweep_seq(const struct phase_state *phase); /* for event.seq */
/* Is it one of those that end an attempt? */
bool mark_is_end(enum mark_kind kind);
/* The kind that has the reasons of FAILED, LOST or CANCELLED. */
enum mark_kind mark_why(enum mark_kind kind);
/* Marks of a kind on a task in a generation; gen 0: on any task, in any
 * generation. */
uint64_t phase_marks(const struct phase_state *phase, enum mark_kind kind,
                     uint32_t gen, uint32_t task);
/* How often the task was tried again in a generation, as `retries` counts it. */
uint64_t phase_retries(const struct phase_state *phase, uint32_t gen,
                       uint32_t task);
/* Seconds that the task ran in attempts of a generation that were requeued. */
uint64_t phase_used_sec(const struct phase_state *phase, uint32_t gen,
                        uint32_t task);
/* Of whom a note still counts: late and quick ones not after two more attempts.
 * *out is replaced. */
void phase_note_tasks(const struct phase_state *phase,
                      const struct phase_note *note, struct rangeset *out);
/* Does the trail of a task lead to all of its events?  Not that of one which
 * completed once: a snapshot leaves it out. */
bool phase_trail_is_whole(const struct phase_state *phase, uint32_t task);
/* The mark of the variables that a generation was submitted with, or NULL. */
const char *phase_variables_of(const struct phase_state *phase, uint32_t gen);
/* The tasks that an event speaks of, in the indices of the current sweep. */
void phase_tasks_of(const struct phase_state *phase, const struct event *event,
                    struct rangeset *out);

/* ---- for those who keep it ---- */

/* Give the phase a total and sweep from a generation on; tasks known by
 * values keep their cells. */
void phase_set_sweep(struct phase_state *phase, uint32_t since, bool array,
                     uint32_t total, const struct sweep *sweep);
/* Where the tasks of one of its sweeps are in the newest; UINT32_MAX: gone. */
const uint32_t *phase_map_to_now(struct phase_sweep *from,
                                 const struct phase_state *phase);
/* The tasks join those of the mark that is otherwise the same; all is copied. */
void phase_add_mark(struct phase_state *phase, const struct phase_mark *mark);
void phase_add_note(struct phase_state *phase, enum phase_note_kind kind,
                    uint32_t gen, uint32_t attempt, const char *name,
                    const char *mark, const struct rangeset *tasks);
/* The same of kind LATE. */
void phase_add_late(struct phase_state *phase, uint32_t gen, uint32_t attempt,
                    uint64_t second, const struct rangeset *all);
/* A task named a path, claimed by the pattern of a mark; or by none, NULL. */
void phase_add_path(struct phase_state *phase, int sort, const char *path,
                    const char *own);
void phase_add_job(struct phase_state *phase, uint32_t gen, uint32_t attempt,
                   uint32_t job, uint32_t base, const struct rangeset *tasks);
/* When the job of a generation was submitted; the earliest that is told. */
void phase_set_submitted(struct phase_state *phase, uint32_t gen, uint32_t job,
                         int64_t submitted);
void phase_set_variables(struct phase_state *phase, uint32_t gen,
                         const char *mark);

#endif
