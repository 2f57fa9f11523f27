/*
 * view.c - join the state with what Slurm says, row by row.
 */
#include "latsub/view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/error.h"

bool
view_use_colour(FILE *out)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0
		&& !(no_color && *no_color);
}

void
view_print_time(char *out, size_t size, int64_t seconds)
{
	long long s = seconds < 0 ? 0 : seconds;

	if (s >= 86400)
		snprintf(out, size, "%lld-%02lld:%02lld:%02lld", s / 86400,
		         s / 3600 % 24, s / 60 % 60, s % 60);
	else if (s >= 3600)
		snprintf(out, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60,
		         s % 60);
	else
		snprintf(out, size, "%lld:%02lld", s / 60, s % 60);
}

static void
join_jobs(struct view *view, const struct live_jobs *live,
          const struct strmap *rows)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct live_job *job = &live->items[i];
		struct view_phase *row = strmap_get(rows, job->phase_name);

		if (row && !row->record)
			row->record = job->record;
	}
	(void)view;
}

static void
count_records(const struct strmap *rows, const char *run_id,
              const struct slurm_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *job = &jobs->items[i];
		struct rangeset tasks = { 0 };
		struct view_phase *row;
		char *phase;
		uint32_t gen, count = 1;

		if (!slurm_state_is_live(job)
		    || !identity_parse(job->comment, run_id, &phase, &gen, NULL))
			continue;
		row = strmap_get(rows, phase);
		free(phase);
		if (!row)
			continue;
		if (job->array_tasks && rangeset_parse(&tasks, job->array_tasks)
		    == 0)
			count = (uint32_t)rangeset_count(&tasks);
		rangeset_clear(&tasks);
		if (job->state == SLURM_PENDING) {
			row->live_pending += count;
		} else {
			row->live_running += count;
			row->record = job;
		}
	}
}

static const char *
detail_of(const struct view *view, const struct view_phase *row)
{
	const uint32_t *n = row->counts;
	uint32_t waiting = n[TASK_SUBMITTED] + n[TASK_INTENDED];

	if (row->word == WORD_COMPLETED)
		return n[TASK_COMPLETED] ? "completed" : "skipped";
	if (row->live_running)
		return n[TASK_STARTED] ? "running" : "starting";
	if (row->live_pending && n[TASK_STARTED] + n[TASK_COMPLETED])
		return "running"; /* an array, between two of its tasks */
	if (row->live_pending)
		return n[TASK_REQUEUED] ? "requeued" : row->record
			&& row->record->held ? "held" : "queued";
	if (row->blocked_by && waiting)
		return "blocked";
	if (view->slurm_answered && n[TASK_STARTED] + n[TASK_REQUEUED])
		return "lost";
	if (view->slurm_answered && view->any_live && n[TASK_INTENDED] == waiting
	    && waiting)
		return "deferred"; /* what runs submits it, when there is room */
	if (view->slurm_answered && waiting)
		return "dropped";
	if (n[TASK_STARTED])
		return "running";
	if (n[TASK_REQUEUED])
		return "requeued";
	if (waiting)
		return "submitted";
	if (n[TASK_FAILED])
		return "failed";
	if (n[TASK_LOST])
		return "lost";
	if (n[TASK_CANCELLED])
		return "cancelled";
	return "";
}

/* With Slurm's word: nothing that is not live will end by itself. */
static int
outcome_of(const struct view *view)
{
	bool failed = false, unfinished = false, live = false;

	if (!view->slurm_answered)
		return state_outcome(view->run->state);
	for (size_t i = 0; i < view->count; i++) {
		const struct view_phase *row = &view->phases[i];

		failed |= row->word == WORD_FAILED
			|| strcmp(row->detail, "lost") == 0;
		unfinished |= row->word != WORD_COMPLETED;
		live |= row->live_running + row->live_pending > 0;
	}
	if (!unfinished && view->count > 0)
		return LATSUB_OK;
	return failed && !live ? LATSUB_FAILED : LATSUB_UNFINISHED;
}

void
view_create(struct view *view, const struct run *run,
            const struct slurm_jobs *jobs, const char *text)
{
	const struct state *state = run->state;
	const char *run_id = run_job_id(run);
	struct strmap *rows = strmap_create();
	struct live_jobs live = { 0 };

	*view = (struct view){ .run = run, .slurm_text = text,
		.slurm_answered = jobs != NULL && run_id,
		.count = state->count };
	view->phases = xcalloc(state->count, sizeof *view->phases);
	for (size_t i = 0; i < state->count; i++) {
		struct view_phase *row = &view->phases[i];

		row->state = state->phases[i];
		row->word = phase_word(row->state);
		phase_count(row->state, row->counts);
		row->requeues = phase_marks(row->state, 'r', 0, 0, NULL);
		row->blocked_by = state_blocked_by(state, row->state);
		strmap_set(rows, row->state->name, row);
	}
	if (view->slurm_answered) {
		live_join(&live, NULL, run_id, jobs);
		join_jobs(view, &live, rows);
		count_records(rows, run_id, jobs);
		live_clear(&live);
	}
	for (size_t i = 0; i < view->count; i++)
		view->any_live |= view->phases[i].live_running
			+ view->phases[i].live_pending > 0;
	for (size_t i = 0; i < view->count; i++)
		view->phases[i].detail = detail_of(view, &view->phases[i]);
	view->outcome = outcome_of(view);
	strmap_destroy(rows);
}

void
view_clear(struct view *view)
{
	free(view->phases);
	view->phases = NULL;
	view->count = 0;
}
