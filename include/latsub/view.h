/*
 * view.h - a run for people and programs: table, JSON, graph.
 */
#ifndef LATSUB_VIEW_H
#define LATSUB_VIEW_H

#include <stdio.h>
#include <time.h>

#include "latsub/plan.h"
#include "latsub/run.h"

struct view_phase {
	const struct phase_state *state;
	enum phase_word word;
	uint32_t counts[TASK_STATE_COUNT];
	uint32_t live_running, live_pending; /* tasks, as Slurm has them */
	const struct slurm_job *record;      /* one live record, or NULL */
	uint64_t requeues;
	const char *blocked_by;              /* a parent that failed, or NULL */
	const char *detail;                  /* one word: queued, running, ... */
};

struct view {
	const struct run *run;
	bool slurm_answered;    /* else from the state alone */
	const char *slurm_text; /* why not */
	bool any_live;          /* Slurm has something of the run */
	struct view_phase *phases;
	size_t count;
	int outcome;            /* enum latsub_exit of the run */
};

/* jobs NULL: Slurm was not asked or did not answer (text says why). */
void view_create(struct view *view, const struct run *run,
                 const struct slurm_jobs *jobs, const char *text);
void view_clear(struct view *view);

bool view_use_colour(FILE *out);
void view_print_table(const struct view *view, FILE *out, bool colour);
/* At most max_rows of the table, those where something goes on first, and a
 * line that counts the rest: for a screen that is too small. */
void view_print_summary(const struct view *view, size_t max_rows, FILE *out,
                        bool colour);
/* What one should know or do besides: failures, how to go on. */
void view_print_notes(const struct view *view, FILE *out);
void view_print_json(const struct view *view, FILE *out);

/* "1-02:03:04", "2:03:04", "3:04". */
void view_print_time(char *out, size_t size, int64_t seconds);

enum view_graph { VIEW_TEXT, VIEW_DOT, VIEW_MERMAID };
void view_print_graph(const struct spec *spec, enum view_graph kind,
                      FILE *out);

/* The plan of a submission, before or after it. */
void view_print_plan(const struct spec *spec, const struct plan *plan,
                     FILE *out);

#endif
