/*
 * view.h - a run for people and programs: table, JSON, graph.
 */
#ifndef LATSUB_VIEW_H
#define LATSUB_VIEW_H

#include <stdio.h>
#include <time.h>

#include "latsub/audit.h"
#include "latsub/plan.h"
#include "latsub/run.h"

struct view_phase {
	const struct phase_state *state;
	enum phase_word word;
	uint32_t counts[TASK_STATE_COUNT];
	uint32_t live_running, live_pending; /* tasks, as Slurm has them */
	uint32_t live_held;                  /* of the pending: until a person
	                                      * releases them */
	uint32_t live_stuck;                 /* of the pending: can never run */
	uint32_t live_dependent;             /* of the pending: for other jobs */
	const struct slurm_job *record;      /* one live record, or NULL */
	const struct slurm_job *held, *stuck;/* the first of these, or NULL */
	/* tasks that are under way by the journal, and over in Slurm: cancelled,
	 * or never launched (then Slurm's word, as well) */
	uint32_t cancelled, unlaunched;
	const char *launch_reason;
	uint64_t requeues;
	const char *blocked_by;              /* a parent that failed, or NULL */
	const char *detail;                  /* one word: queued, running, ... */
};

struct view {
	const struct run *run;
	bool slurm_answered;    /* else from the state alone */
	const char *slurm_text; /* why not */
	bool any_live;          /* Slurm has something of the run */
	char *unclear;          /* of a job that may be the run's, or NULL */
	bool stuck;             /* it has, and all of that can never run, or
	                         * waits for what can never run */
	struct view_phase *phases;
	size_t count;
	int outcome;            /* enum latsub_exit of the run */
};

/* "job 12 is held (JobHeldUser); 'scontrol release 12' when it may run", "job 12
 * can never run (BadConstraints)"; NULL: neither.  Caller frees. */
char *view_held_text(const struct view_phase *row);
char *view_stuck_text(const struct view_phase *row);
/* How to go on when something can never run; caller frees. */
char *view_stuck_advice(const struct view *view);

/* jobs NULL: Slurm was not asked or did not answer (text says why).  They are
 * referred to, and outlive the view. */
void view_create(struct view *view, const struct run *run,
                 const struct slurm_jobs *jobs, const char *text);
void view_clear(struct view *view);

bool view_use_colour(FILE *out);
void view_print_table(const struct view *view, FILE *out, bool colour);
/* At most max_rows of the table, those where something goes on first, and a
 * line that counts the rest: for a screen that is too small. */
void view_print_summary(const struct view *view, size_t max_rows, FILE *out,
                        bool colour);
/* What waits for a person, and what that one can do; the notes have it, too. */
void view_print_waiting(const struct view *view, FILE *out);
/* What one should know or do besides: failures, how to go on. */
void view_print_notes(const struct view *view, FILE *out);
void view_print_json(const struct view *view, FILE *out);

/* A value on one line, in quotes, cut where it is long; caller frees. */
char *view_value(const char *value);
void view_print_variables(const struct variables *variables, FILE *out);
/* Those of the run, and which phases were submitted with other values. */
int view_print_run_variables(const struct run *run, FILE *out,
                             struct latsub_error *err);

/* "1-02:03:04", "2:03:04", "3:04". */
void view_print_time(char *out, size_t size, int64_t seconds);

/* An audit of the run: a line for each difference, and how much was looked at.
 * verbose: each task with its attempts, too. */
struct view_audit {
	const struct audit *audit;
	const struct journal_reading *reading;
	const char *dir;
	struct strlist notes; /* what was not looked at, and why */
	bool verbose;
};
void view_print_audit(const struct view_audit *view, FILE *out);
void view_print_audit_json(const struct view_audit *view, FILE *out);

enum view_graph { VIEW_TEXT, VIEW_DOT, VIEW_MERMAID };
void view_print_graph(const struct spec *spec, enum view_graph kind,
                      FILE *out);

/* The plan of a submission, before or after it. */
void view_print_plan(const struct spec *spec, const struct plan *plan,
                     FILE *out);

#endif
