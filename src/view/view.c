/*
 * view.c - join the state with what Slurm says, row by row.
 */
#include "latsub/view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/error.h"
#include "latsub/program.h"

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

static uint32_t
tasks_of(const struct slurm_job *job)
{
	struct rangeset tasks = { 0 };
	uint32_t count = 1;

	if (job->array_tasks && rangeset_parse(&tasks, job->array_tasks) == 0)
		count = (uint32_t)rangeset_count(&tasks);
	rangeset_clear(&tasks);
	return count;
}

static void
count_pending(struct view_phase *row, const struct slurm_job *job,
              uint32_t count)
{
	bool stuck = job->why == SLURM_WHY_IMPOSSIBLE
		|| job->why == SLURM_WHY_NEVER;

	row->live_pending += count;
	row->live_stuck += stuck ? count : 0;
	row->live_held += job->held && !stuck ? count : 0;
	row->live_dependent += job->why == SLURM_WHY_DEPENDENCY ? count : 0;
	if (stuck && !row->stuck)
		row->stuck = job;
	if (job->held && !stuck && !row->held)
		row->held = job;
}

static bool
is_under_way(const struct phase_state *phase, uint32_t task, uint32_t gen,
             uint32_t restarts)
{
	const struct task_cell *cell = &phase->cells[task];
	const unsigned under_way = 1u << TASK_INTENDED | 1u << TASK_SUBMITTED
		| 1u << TASK_STARTED | 1u << TASK_REQUEUED;

	return cell->gen == gen && (under_way & (1u << cell->state))
		&& restarts >= cell->attempt;
}

/* Over in Slurm: does the journal know it?  A resume records what it does not
 * (reconcile.h); this is to show it before. */
static void
count_ended(struct view_phase *row, const struct slurm_job *job,
            const struct identity *of)
{
	const struct phase_state *phase = row->state;
	uint32_t task = of->base + (job->array_task_id == SLURM_NO_TASK ? 0
	                            : job->array_task_id);

	if (!phase->cells || task >= phase->total
	    || !is_under_way(phase, task, of->gen, of->first + job->restarts))
		return;
	if (job->why == SLURM_WHY_LAUNCH) {
		row->unlaunched++;
		row->launch_reason = job->reason;
	}
	row->cancelled += job->state == SLURM_CANCELLED
		&& phase->cells[task].state >= TASK_STARTED;
}

static void
count_records(const struct strmap *rows, const struct identities *ids,
              const struct slurm_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *job = &jobs->items[i];
		struct view_phase *row;
		struct identity identity;

		if (identities_judge(ids, job, &identity) != IDENTITY_OURS)
			continue;
		row = strmap_get(rows, identity.phase);
		if (!row)
			continue;
		if (!slurm_state_is_live(job)) {
			count_ended(row, job, &identity);
		} else if (job->state == SLURM_PENDING) {
			count_pending(row, job, tasks_of(job));
		} else {
			row->live_running += tasks_of(job);
			row->record = job;
		}
	}
}

/* What Slurm could not launch has failed, though no runner could say so. */
static void
take_unlaunched(struct view_phase *row)
{
	if (row->unlaunched && !row->live_running && !row->live_pending)
		row->word = WORD_FAILED;
}

/* All that waits of it waits for a person. */
static const char *
waiting_word(const struct view_phase *row)
{
	if (row->live_stuck && row->live_stuck == row->live_pending)
		return "cannot-run";
	return row->live_held
		&& row->live_held + row->live_stuck == row->live_pending
		? "held" : NULL;
}

static const char *
detail_of(const struct view *view, const struct view_phase *row)
{
	const uint32_t *n = row->counts;
	uint32_t waiting = n[TASK_SUBMITTED] + n[TASK_INTENDED];

	if (phase_is_excluded(row->state))
		return "excluded";
	if (row->word == WORD_COMPLETED)
		return n[TASK_COMPLETED] ? "completed" : "skipped";
	if (row->live_running)
		return n[TASK_STARTED] ? "running" : "starting";
	if (row->live_pending && waiting_word(row))
		return waiting_word(row);
	if (row->live_pending && n[TASK_STARTED] + n[TASK_COMPLETED])
		return "running"; /* an array, between two of its tasks */
	if (row->live_pending)
		return n[TASK_REQUEUED] ? "requeued" : "queued";
	if (row->unlaunched)
		return "failed";
	if (row->blocked_by && waiting)
		return "blocked";
	if (view->slurm_answered && n[TASK_STARTED] + n[TASK_REQUEUED])
		return row->cancelled == n[TASK_STARTED] + n[TASK_REQUEUED]
			? "cancelled" : "lost";
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

/* Nothing of it runs, or waits for what may still come. */
static bool
is_stuck(const struct view *view)
{
	bool stuck = false;

	for (size_t i = 0; i < view->count; i++) {
		const struct view_phase *row = &view->phases[i];

		if (row->live_running || row->live_pending > row->live_stuck
		    + row->live_dependent)
			return false;
		stuck |= row->live_stuck > 0;
	}
	return stuck;
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

		if (phase_is_excluded(row->state))
			continue;
		failed |= row->word == WORD_FAILED
			|| strcmp(row->detail, "lost") == 0;
		unfinished |= row->word != WORD_COMPLETED;
		live |= row->live_running + row->live_pending > 0;
	}
	if (!unfinished && view->count > 0)
		return LATSUB_OK;
	return failed && !live ? LATSUB_FAILED : LATSUB_UNFINISHED;
}

static void
note_unclear(struct view *view, const struct identities *ids,
             const struct slurm_jobs *jobs)
{
	struct identity identity;
	const struct slurm_job *job = identities_unclear(ids, jobs, &identity);

	view->unclear = job ? identity_unclear_text(job, &identity) : NULL;
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
		row->requeues = phase_marks(row->state, MARK_REQUEUED, 0,
		                            0);
		row->blocked_by = state_blocked_by(state, row->state);
		strmap_set(rows, row->state->name, row);
	}
	if (view->slurm_answered) {
		struct identities *ids = identities_create(run_id, state, NULL);

		live_join(&live, NULL, ids, jobs);
		join_jobs(view, &live, rows);
		count_records(rows, ids, jobs);
		live_clear(&live);
		note_unclear(view, ids, jobs);
		identities_destroy(ids);
	}
	for (size_t i = 0; i < view->count; i++) {
		view->any_live |= view->phases[i].live_running
			+ view->phases[i].live_pending > 0 || view->unclear;
		take_unlaunched(&view->phases[i]);
	}
	for (size_t i = 0; i < view->count; i++)
		view->phases[i].detail = detail_of(view, &view->phases[i]);
	view->outcome = outcome_of(view);
	view->stuck = is_stuck(view);
	strmap_destroy(rows);
}

/* "12", "12_3", and of elements that wait together "12_[3,5]". */
static char *
id_of(const struct slurm_job *job)
{
	if (job->array_task_id != SLURM_NO_TASK)
		return xasprintf("%u_%u", job->array_job_id,
		                 job->array_task_id);
	return job->array_tasks ? xasprintf("%u_[%s]", job->job_id,
	                                    job->array_tasks)
		: xasprintf("%u", job->job_id);
}

char *
view_held_text(const struct view_phase *row)
{
	const struct slurm_job *job = row->held;
	char *id, *held, *text, more[32] = "";

	if (!job)
		return NULL;
	id = id_of(job);
	if (row->live_held > tasks_of(job))
		snprintf(more, sizeof more, "; so are %u more of it",
		         row->live_held - tasks_of(job));
	held = slurm_held_text(job, id);
	text = xasprintf("job %s %s%s", id, held, more);
	free(held);
	free(id);
	return text;
}

char *
view_stuck_text(const struct view_phase *row)
{
	char *id, *text;

	if (!row->stuck)
		return NULL;
	id = id_of(row->stuck);
	text = xasprintf("job %s can never run (%s)", id, row->stuck->reason);
	free(id);
	return text;
}

char *
view_stuck_advice(const struct view *view)
{
	const char *source = state_metadata(view->run->state, "experiment");
	char *run = text_shell_quote(view->run->dir);
	char *file = text_shell_quote(source ? source : "FILE");
	char *text = xasprintf("what can never run stays in the queue; mend the "
		"experiment, then '%s --resume %s --config %s', which replaces "
		"it, or '%s cancel %s'", program_name(), run, file,
		program_name(), run);

	free(run);
	free(file);
	return text;
}

void
view_clear(struct view *view)
{
	free(view->phases);
	free(view->unclear);
	view->unclear = NULL;
	view->phases = NULL;
	view->count = 0;
}
