/*
 * cancel.c - cancel what is live of a run.
 *
 * A running job's runner journals its own end; what never started is
 * journalled here, and what is suspended: Slurm kills that without a word to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/engine.h"
#include "latsub/fault.h"

/* Will no runner say that the task has ended? */
static bool
ends_in_silence(const struct live_job *job, const struct task_cell *cell,
                uint32_t task)
{
	return cell->state < TASK_CANCELLED && (cell->state != TASK_STARTED
		|| rangeset_has(&job->suspended, task));
}

struct silent_task { /* ends without a word */
	uint32_t gen, attempt, task;
};

static int
compare_silent(const void *a, const void *b)
{
	const struct silent_task *x = a, *y = b;

	if (x->gen != y->gen)
		return x->gen < y->gen ? -1 : 1;
	if (x->attempt != y->attempt)
		return x->attempt < y->attempt ? -1 : 1;
	return x->task < y->task ? -1 : x->task > y->task;
}

static struct silent_task *
find_silent(const struct live_job *job, const struct phase_state *phase,
            size_t *count)
{
	struct silent_task *silent = xcalloc(phase->total, sizeof *silent);

	*count = 0;
	rangeset_for_each_below(&job->tasks, phase->total, t) {
		const struct task_cell *cell = phase_task(phase, t);

		if (ends_in_silence(job, cell, t))
			silent[(*count)++] = (struct silent_task){
				cell->gen, cell->attempt, t };
	}
	if (*count)
		qsort(silent, *count, sizeof *silent, compare_silent);
	return silent;
}

/* One event for all that are of one attempt: *next is the first of another. */
static int
record_alike(struct engine *engine, const struct phase_state *phase,
             const struct silent_task *silent, size_t count, size_t *next,
             struct latsub_error *err)
{
	const struct silent_task *first = &silent[*next];
	struct event event = { .kind = EVENT_CANCELLED, .time = time(NULL),
		.phase = xstrdup(phase->name), .gen = first->gen,
		.attempt = first->attempt, .code = -1,
		.reason = xstrdup("latsub cancel") };
	int rc;

	for (; *next < count && silent[*next].gen == first->gen
	     && silent[*next].attempt == first->attempt; (*next)++)
		rangeset_add(&event.tasks, silent[*next].task,
		             silent[*next].task);
	rc = journal_append(engine->run->journal_dir, &event, 1, false, err);
	event_clear(&event);
	return rc;
}

/* These tasks of the job end here and now; the state should say so. */
static int
record_silent(struct engine *engine, const struct live_job *job,
               struct latsub_error *err)
{
	const struct phase_state *phase = state_find(engine->run->state,
	                                             job->phase_name);
	struct silent_task *silent;
	size_t count, next = 0;
	int rc = 0;

	if (!phase)
		return 0;
	silent = find_silent(job, phase, &count);
	while (rc == 0 && next < count)
		rc = record_alike(engine, phase, silent, count, &next, err);
	free(silent);
	return rc;
}

/* What had no room in the queue yet must not be submitted by a job that is just
 * ending.  Before anything is cancelled; durable with the sync at the end. */
static int
record_unsubmitted(struct engine *engine, const struct live_jobs *live,
                   const char *only, struct latsub_error *err)
{
	const struct state *state = engine->run->state;
	int rc = 0;

	for (size_t i = 0; i < state->count && rc == 0; i++) {
		const struct phase_state *phase = state->phases[i];
		struct event event = { .kind = EVENT_CANCELLED,
			.time = time(NULL), .gen = phase_intended_gen(phase),
			.code = -1 };

		if (!phase_has_tasks(phase) || (only && strcmp(only, phase->name)))
			continue;
		phase_tasks_in(phase, 1u << TASK_INTENDED, &event.tasks);
		for (size_t j = 0; event.tasks.count && j < live->count; j++) {
			if (strcmp(live->items[j].phase_name, phase->name) == 0)
				rangeset_subtract(&event.tasks,
				                  &live->items[j].tasks);
		}
		if (event.tasks.count) {
			event.phase = xstrdup(phase->name);
			event.reason = xstrdup("latsub cancel");
			rc = journal_append(engine->run->journal_dir, &event, 1,
			                    false, err);
		}
		event_clear(&event);
	}
	return rc;
}

/* What is known of a cancel that was not carried out: its tasks stay as they are
 * in the journal, and whoever comes next looks. */
static void
explain_left(const struct live_job *job, enum slurm_answer answer,
             size_t cancelled, struct latsub_error *err)
{
	char *words = xstrdup(err->text);

	latsub_error_set(err, LATSUB_SLURM, "job %u (%s) %s: %s; %zu job%s "
		"cancelled before it, and the rest is as it was; do this again",
		job->job, job->phase_name, answer == SLURM_REFUSED
		? "is not cancelled" : "may not be cancelled", words, cancelled,
		cancelled == 1 ? " was" : "s were");
	free(words);
}

static int
cancel_one(struct engine *engine, const struct live_job *job,
           size_t *cancelled, struct latsub_error *err)
{
	enum slurm_answer answer;
	char id[16];

	snprintf(id, sizeof id, "%u", job->job);
	fault_point();
	answer = engine->slurm->cancel(id, err);
	fault_point();
	if (answer != SLURM_YES && answer != SLURM_UNKNOWN_JOB) {
		explain_left(job, answer, *cancelled, err);
		return -1;
	}
	(*cancelled)++;
	return record_silent(engine, job, err);
}

static int
settle(struct engine *engine, struct latsub_error *err)
{
	if (journal_sync(engine->run->journal_dir, err)
	    || run_refresh(engine->run, NULL, err))
		return -1;
	return run_save(engine->run, err);
}

int
engine_cancel(struct engine *engine, const struct live_jobs *live,
              const char *phase, size_t *cancelled, struct latsub_error *err)
{
	struct latsub_error ignored;
	int rc = record_unsubmitted(engine, live, phase, err);

	*cancelled = 0;
	/* children first, so that no child starts over a cancelled parent */
	for (size_t i = live->count; rc == 0 && i-- > 0; ) {
		const struct live_job *job = &live->items[i];

		if (!phase || strcmp(phase, job->phase_name) == 0)
			rc = cancel_one(engine, job, cancelled, err);
	}
	/* what was done is on record, too, if the rest was not */
	return settle(engine, rc ? &ignored : err) || rc ? -1 : 0;
}

/* Jobs that wait for the wrong ones, and what Slurm will never run. */
static bool
is_dropped(const struct plan *plan, const struct live_job *job)
{
	return job->phase != SIZE_MAX && (plan->phases[job->phase].drop
		|| (job->dead && plan->phases[job->phase].action == PLAN_RUN));
}

/* "123", or "123_[4,7-9]" where other elements of the array live on. */
static char *
id_of(const struct live_job *job)
{
	struct rangeset indices = { 0 };
	struct strbuf id = { 0 };

	strbuf_printf(&id, "%u", job->job);
	if (job->dead && job->record->array_job_id) {
		rangeset_add_shifted(&indices, &job->tasks, -(int64_t)job->base);
		strbuf_puts(&id, "_[");
		rangeset_print(&indices, &id);
		strbuf_putc(&id, ']');
		rangeset_clear(&indices);
	}
	return strbuf_steal(&id);
}

static enum slurm_answer
drop(struct engine *engine, const struct live_job *job,
     struct latsub_error *err)
{
	char *id = id_of(job);
	enum slurm_answer answer;

	fault_point();
	answer = engine->slurm->cancel(id, err);
	fault_point();
	free(id);
	return answer == SLURM_UNKNOWN_JOB ? SLURM_YES : answer;
}

static void
explain_undropped(const struct engine *engine, const struct live_job *job,
                  struct latsub_error *err)
{
	char *words = xstrdup(err->text);

	latsub_error_set(err, LATSUB_SLURM, "job %u (%s) was to be cancelled and "
		"submitted anew, and may still be in the queue: %s; nothing is "
		"submitted; go on with 'latsub --resume %s'", job->job,
		job->phase_name, words, engine->run->state_path);
	free(words);
}

int
engine_drop(struct engine *engine, const struct plan *plan,
            struct live_jobs *live, struct latsub_error *err)
{
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < live->count; i++) {
		struct live_job job = live->items[i];

		if (rc || !is_dropped(plan, &job)) {
			live->items[kept++] = job;
		} else if (drop(engine, &job, err) != SLURM_YES) {
			live->items[kept++] = job; /* as it was, from here on */
			explain_undropped(engine, &job, err);
			rc = -1;
		} else {
			free(job.phase_name);
			rangeset_clear(&job.tasks);
			rangeset_clear(&job.suspended);
		}
	}
	live->count = kept;
	return rc;
}
