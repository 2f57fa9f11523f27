/*
 * bulk.c - waiting for the moment, asking for many.
 */
#include "bulk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ask.h"
#include "latsub/clock.h"

#define TASKS_MIN 8          /* fewer ask for themselves */
#define TASKS_A_SECOND 20.0  /* over which the first tries are spread */
#define SPREAD_MAX_SEC 30.0
#define CLOSE_LOOK 5         /* so many looks at a glance, and a close one */
#define LOOK_SEC 1.0         /* at the journal, while waiting */
#define PAUSE_MAX_SEC 8.0
#define TERM_SPREAD_SEC 1.0  /* when Slurm's KILL is coming */

static uint32_t
count_under_way(const struct attempt *attempt)
{
	uint32_t counts[TASK_STATE_COUNT];

	phase_count(attempt_state(attempt), counts);
	return counts[TASK_STARTED] + counts[TASK_REQUEUED];
}

bool
bulk_is_worth_it(const struct attempt *attempt)
{
	return attempt->spec->array && count_under_way(attempt) >= TASKS_MIN;
}

/* ---- what is to be asked ---- */

static void
choose_one(const struct phase_state *phase, const struct phase_job *job,
           const struct slurm_job *record, struct rangeset *queued,
           struct rangeset *wanted)
{
	uint32_t index = record->array_task_id, task = job->base + index;
	const struct task_cell *cell = phase_task(phase, task);
	uint32_t restarts;

	if (index == SLURM_NO_TASK || !cell || cell->gen != job->gen || cell->state != TASK_REQUEUED
	    || !cell->shared || cell->queued || cell->attempt < job->attempt)
		return;
	restarts = cell->attempt - job->attempt; /* when it asked */
	if (record->restarts > restarts)
		rangeset_add(queued, task, task);
	else if (record->restarts == restarts
	         && record->state != SLURM_CANCELLED
	         && (record->state == SLURM_RUNNING || record->completing))
		rangeset_add(wanted, index, index);
}

void
bulk_choose(const struct phase_state *phase, const struct phase_job *job,
            const struct slurm_jobs *records, struct rangeset *queued,
            struct rangeset *wanted)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct slurm_job *record = &records->items[i];

		if (record->array_job_id == job->job)
			choose_one(phase, job, record, queued, wanted);
	}
}

static const struct phase_job *
own_job(const struct attempt *attempt)
{
	const struct phase_state *phase = attempt_state(attempt);

	const struct phase_job *job = phase_find_job(phase, attempt->gen,
	                                             attempt->array_job);

	return job && job->base == attempt->base ? job : NULL;
}

/* ---- in the agent ---- */

/* For those who wait: no event of theirs, so nothing is lost with it. */
static void
record_queued(const struct attempt *attempt, const struct rangeset *queued)
{
	const struct phase_state *phase = attempt_state(attempt);
	struct latsub_error ignored;

	for (size_t i = 0; i < queued->count; i++) {
		uint32_t first = queued->items[i].first;
		uint32_t last = queued->items[i].last;

		while (first <= last) {
			struct event event = attempt_event(attempt,
			                                   EVENT_QUEUED);
			uint32_t attempts = phase_task(phase, first)->attempt;
			uint32_t end = first;

			while (end < last && phase_task(phase, end + 1)->attempt
			       == attempts)
				end++;
			rangeset_clear(&event.tasks);
			rangeset_add(&event.tasks, first, end);
			event.attempt = attempts;
			run_record(attempt->run, &event, 1, false, &ignored);
			event_clear(&event);
			first = end + 1;
		}
	}
}

static enum slurm_answer
requeue_wanted(const struct slurm_ops *ops, const struct phase_job *job,
               const struct rangeset *wanted, struct agent_answer *answer)
{
	struct latsub_error err = { 0 };
	struct strbuf id = { 0 };
	enum slurm_answer got;

	strbuf_printf(&id, "%u_[", job->job);
	rangeset_print(wanted, &id);
	strbuf_putc(&id, ']');
	got = ops->requeue(strbuf_str(&id), &err);
	snprintf(answer->text, sizeof answer->text, "%.500s", err.text);
	strbuf_clear(&id);
	return got;
}

/* Slurm requeues a cancelled job, too: a person may have cancelled this one while
 * it waited. */
static bool
is_cancelled(const struct attempt *attempt, const struct slurm_jobs *records)
{
	for (size_t i = 0; i < records->count; i++) {
		if (records->items[i].job_id == attempt->job)
			return records->items[i].state == SLURM_CANCELLED;
	}
	return false;
}

static void
requeue_these(const struct attempt *attempt, const struct slurm_ops *ops,
              const struct phase_job *job, const struct slurm_jobs *records,
              struct agent_answer *answer)
{
	struct rangeset queued = { 0 }, wanted = { 0 };
	bool refused = false;

	if (is_cancelled(attempt, records)) {
		answer->answer = SLURM_CANCELLED_JOB;
		return;
	}
	bulk_choose(attempt_state(attempt), job, records, &queued, &wanted);
	if (wanted.count) {
		enum slurm_answer got = requeue_wanted(ops, job, &wanted,
		                                       answer);

		refused = got == SLURM_REFUSED || got == SLURM_UNKNOWN_JOB;
		if (got == SLURM_YES)
			rangeset_add_shifted(&queued, &wanted, job->base);
	}
	record_queued(attempt, &queued);
	if (rangeset_has(&queued, attempt->task))
		answer->answer = SLURM_YES;
	else if (refused || !rangeset_has(&wanted, attempt->task - job->base))
		answer->answer = SLURM_REFUSED;
	rangeset_clear(&queued);
	rangeset_clear(&wanted);
}

static void
work_bulk(const void *what, struct agent_answer *answer)
{
	const struct attempt *attempt = what;
	const struct slurm_ops *ops = ask_open_slurm(answer);
	const struct phase_job *job;
	struct latsub_error err = { 0 };
	struct slurm_jobs records = { 0 };

	if (!ops || run_refresh(attempt->run, NULL, &err)
	    || !(job = own_job(attempt))) {
		answer->answer = SLURM_REFUSED; /* alone, by scontrol perhaps */
		return;
	}
	if (ops->job(attempt->array_job, &records, &err) != SLURM_YES)
		return;
	requeue_these(attempt, ops, job, &records, answer);
	slurm_jobs_clear(&records);
}

/* ---- in the runner ---- */

/* When to try first: within a part of what is left, by chance. */
static double
first_try(const struct attempt *attempt, const struct watch_end *end,
          double now)
{
	double spread = count_under_way(attempt) / TASKS_A_SECOND;
	double until = end->kill_at > 0 ? end->kill_at : end->warned_until;
	double left = until > 0 ? (until - now) / 4 : SPREAD_MAX_SEC;

	if (spread > SPREAD_MAX_SEC)
		spread = SPREAD_MAX_SEC;
	if (spread > left)
		spread = left > 0 ? left : 0;
	return now + spread * attempt_chance(attempt, 0);
}

static bool
is_queued(const struct attempt *attempt)
{
	const struct task_cell *cell = phase_task(attempt_state(attempt),
	                                          attempt->task);

	return cell->gen > attempt->gen || cell->attempt > attempt->attempt
		|| (cell->state == TASK_REQUEUED && cell->queued);
}

/* True: Slurm's TERM has come.  Then it has requeued the job, and the journal will
 * say so, or it ends it. */
static bool
wait_until(double until)
{
	double left = until - clock_now();
	struct timespec pause = { 0 };
	sigset_t set;

	if (left > LOOK_SEC)
		left = LOOK_SEC;
	if (left < 0)
		left = 0;
	pause.tv_sec = (time_t)left;
	pause.tv_nsec = (long)((left - (double)pause.tv_sec) * 1e9);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &pause) == SIGTERM;
}

enum slurm_answer
bulk_requeue(struct attempt *attempt, const struct watch_end *end,
             double deadline, char *words, size_t size)
{
	double next = first_try(attempt, end, clock_now()), pause = 1;
	enum slurm_answer answer = SLURM_SILENT;
	struct latsub_error ignored;
	unsigned looks = 0;

	for (unsigned tries = 0; answer == SLURM_SILENT; ) {
		double now = clock_now();

		if (deadline > 0 && now >= deadline)
			break;
		if (now >= next) {
			answer = agent_try(work_bulk, attempt, deadline, words,
			                   size);
			next = clock_now() + pause
				* (0.5 + attempt_chance(attempt, ++tries));
			pause = pause * 2 < PAUSE_MAX_SEC ? pause * 2
				: PAUSE_MAX_SEC;
		} else if (wait_until(next)) {
			now = clock_now();
			if (deadline <= 0)
				deadline = now + (double)attempt->kill_wait_sec
					- 1;
			next = now + LOOK_SEC
				+ TERM_SPREAD_SEC * attempt_chance(attempt, 99);
		}
		/* who asks for all is on another node, perhaps */
		attempt->run->glance = ++looks % CLOSE_LOOK != 0;
		if (answer == SLURM_SILENT
		    && run_refresh(attempt->run, NULL, &ignored) == 0
		    && is_queued(attempt))
			answer = SLURM_YES;
	}
	return answer;
}
