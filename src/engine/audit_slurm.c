/*
 * audit_slurm.c - live in Slurm and over in the journal, and the reverse; and what
 * accounting remembers otherwise.
 *
 * Jobs are known as status knows them (live_join).
 */
#include "latsub/audit_slurm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/plan.h"

#define ENDING_SEC 60 /* from the end on record to the end of the job */

struct joining {
	struct audit *audit;
	const struct live_jobs *live;
	int64_t now;
	struct strmap *ended; /* "JOB_INDEX" -> record */
};

static const struct audit_attempt *
last_attempt(const struct audit *audit, const struct phase_state *state,
             uint32_t task)
{
	const struct audit_phase *phase = audit_find(audit, state->name);

	if (!phase || !phase->first || task >= state->total
	    || phase->first[task] == phase->first[task + 1])
		return NULL;
	return &phase->attempts[phase->first[task + 1] - 1];
}

/* Is a generation of the task a submission's, and not an edit's? */
static bool
was_intended(const struct audit *audit, const struct phase_state *state,
             uint32_t gen, uint32_t task)
{
	const struct audit_phase *phase = audit_find(audit, state->name);

	return phase && audit_was_intended(phase, gen, task);
}

static bool
is_over(const struct task_cell *cell)
{
	return cell->state == TASK_LOST || cell->state >= TASK_CANCELLED;
}

/* Did the job run the task in the cell's generation?  It may be an older one's that
 * waited when its phase was reset. */
static bool
ran_as(const struct audit_attempt *last, const struct task_cell *cell,
       uint32_t job)
{
	return last && last->gen == cell->gen && last->job == job;
}

/* It was over by the journal, and has had time to leave Slurm. */
static bool
has_left_late(const struct joining *j, const struct task_cell *cell,
              const struct audit_attempt *last)
{
	return is_over(cell) && (!last || last->ended + ENDING_SEC < j->now);
}

/* What is wrong with a live job's task, AUDIT_KIND_COUNT: nothing. */
static enum audit_kind
find_left(const struct joining *j, const struct live_job *job,
          const struct phase_state *phase, uint32_t task)
{
	const struct task_cell *cell = phase_task(phase, task);
	const struct audit_attempt *last = last_attempt(j->audit, phase, task);

	if (cell->state == TASK_NONE || cell->state == TASK_SKIPPED
	    || cell->gen < job->gen)
		return AUDIT_KIND_COUNT; /* its runner knows what to do */
	if (cell->gen == job->gen
	    || ran_as(last, cell, job->job))
		return has_left_late(j, cell, last) ? AUDIT_LEFT
			: AUDIT_KIND_COUNT;
	if (was_intended(j->audit, phase, cell->gen, task))
		return AUDIT_LEFT;
	return is_over(cell) ? AUDIT_SET : AUDIT_KIND_COUNT;
}

static char *
left_text(enum audit_kind kind, const struct live_job *job,
          const struct task_cell *cell, bool is_anew)
{
	const char *state = task_state_name(cell->state);

	if (kind == AUDIT_SET)
		return xasprintf("somebody set it to %s by hand (generation %u), "
		                 "and Slurm still has it", state, cell->gen);
	if (is_anew)
		return xasprintf("it was submitted anew (generation %u), and "
		                 "Slurm still has it of generation %u",
		                 cell->gen, job->gen);
	return xasprintf("it is %s in the journal, and Slurm still has it",
	                 state);
}

static void
check_left(struct joining *j, const struct live_job *job,
           const struct phase_state *phase, uint32_t task)
{
	const struct task_cell *cell = phase_task(phase, task);
	enum audit_kind kind = find_left(j, job, phase, task);
	bool is_anew = cell->gen != job->gen
		&& was_intended(j->audit, phase, cell->gen, task);

	if (kind == AUDIT_KIND_COUNT)
		return;
	audit_differ(j->audit, kind, phase->name, task,
	             left_text(kind, job, cell, is_anew),
	             xasprintf("job %u, %s", job->job,
	                       slurm_state_name(job->record->state)));
}

/* The live tasks of a job, in the newest values. */
static void
tasks_now(const struct phase_state *phase, const struct live_job *job,
          struct rangeset *out)
{
	const struct event event = { .kind = EVENT_STARTED, .gen = job->gen,
		.tasks = job->tasks };

	phase_tasks_of(phase, &event, out);
}

static void
check_live(struct joining *j, const struct live_job *job)
{
	const struct phase_state *phase = state_find(j->audit->state,
	                                             job->phase_name);
	struct rangeset tasks = { 0 };

	if (!phase_find_job(phase, job->gen, job->job))
		audit_differ(j->audit, AUDIT_JOB, job->phase_name,
		             AUDIT_NO_TASK, xasprintf("Slurm has a job of its "
		             "generation %u that the journal does not know",
		             job->gen), xasprintf("job %u, %s", job->job,
		             slurm_state_name(job->record->state)));
	if (!phase_has_tasks(phase))
		return;
	tasks_now(phase, job, &tasks);
	rangeset_for_each_below(&tasks, phase->total, t)
		check_left(j, job, phase, t);
	rangeset_clear(&tasks);
}

/* ---- the reverse ---- */

static char *
job_text(const struct joining *j, const struct phase_state *phase,
         uint32_t task)
{
	const struct task_cell *cell = phase_task(phase, task);
	const struct phase_job *job = phase_job_of(phase, task);
	const struct slurm_job *record;
	char key[32];

	if (!job || (job->gen != cell->gen
	             && !ran_as(last_attempt(j->audit, phase, task), cell,
	                        job->job)))
		return xstrdup("no job is on record");
	snprintf(key, sizeof key, "%u_%u", job->job, phase->array
	         ? task - job->base : 0);
	record = strmap_get(j->ended, key);
	return xasprintf("job %u, %s", job->job, record
	                 ? slurm_state_name(record->state) : "not there");
}

static void
check_gone(struct joining *j, const struct phase_state *phase,
           const struct rangeset *live, uint32_t task)
{
	enum task_state state = (enum task_state)phase_task(phase, task)->state;

	if (state == TASK_INTENDED ? j->live->count > 0
	    : state != TASK_SUBMITTED && state != TASK_STARTED
	    && state != TASK_REQUEUED)
		return; /* (what is intended waits for a place in the queue) */
	if (rangeset_has(live, task))
		return;
	audit_differ(j->audit, AUDIT_GONE, phase->name, task,
	             xasprintf("it is %s in the journal, and Slurm does not have "
	                       "it", task_state_name(state)),
	             job_text(j, phase, task));
}

static void
check_phase(struct joining *j, const struct phase_state *phase)
{
	struct rangeset tasks = { 0 };

	for (size_t i = 0; i < j->live->count; i++) {
		if (strcmp(j->live->items[i].phase_name, phase->name) == 0)
			tasks_now(phase, &j->live->items[i], &tasks);
	}
	for (uint32_t t = 0; t < phase->total; t++)
		check_gone(j, phase, &tasks, t);
	rangeset_clear(&tasks);
}

static void
index_ended(struct joining *j, const struct slurm_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *job = &jobs->items[i];
		char key[32];

		if (slurm_state_is_live(job))
			continue;
		snprintf(key, sizeof key, "%u_%u", job->array_job_id
		         ? job->array_job_id : job->job_id,
		         job->array_task_id == SLURM_NO_TASK ? 0
		         : job->array_task_id);
		strmap_set(j->ended, key, (void *)(uintptr_t)job);
	}
}

void
audit_slurm(struct audit *audit, const char *run_id,
            const struct slurm_jobs *jobs, int64_t now)
{
	struct live_jobs live;
	struct identities *ids;
	struct joining j = { .audit = audit, .live = &live, .now = now,
		.ended = strmap_create() };

	ids = identities_create(run_id, audit->state, NULL);
	live_join(&live, NULL, ids, jobs);
	identities_destroy(ids);
	index_ended(&j, jobs);
	for (size_t i = 0; i < live.count; i++)
		check_live(&j, &live.items[i]);
	for (size_t i = 0; i < audit->state->count; i++) {
		if (phase_has_tasks(audit->state->phases[i]))
			check_phase(&j, audit->state->phases[i]);
	}
	strmap_destroy(j.ended);
	live_clear(&live);
}

bool
audit_may_pass(const struct audit *audit)
{
	for (size_t i = 0; i < audit->difference_count; i++) {
		enum audit_kind kind = audit->differences[i].kind;

		if (kind == AUDIT_JOB || kind == AUDIT_LEFT
		    || kind == AUDIT_SET || kind == AUDIT_GONE || kind == AUDIT_STATE
		    || kind == AUDIT_UNKNOWN)
			return true;
	}
	return false;
}

/* ---- accounting ---- */

void
audit_jobs(const struct audit *audit, struct rangeset *jobs)
{
	const char *others = state_metadata(audit->state, IDENTITY_OTHERS_KEY);
	struct rangeset not_ours = { 0 };

	for (size_t i = 0; i < audit->state->count; i++)
		phase_job_numbers(audit->state->phases[i], jobs);
	if (others && rangeset_parse(&not_ours, others) == 0)
		rangeset_subtract(jobs, &not_ours);
	rangeset_clear(&not_ours);
}

static const char *
end_name(const struct audit_attempt *attempt)
{
	return attempt->end == EVENT_STARTED ? "without an end"
		: event_name(attempt->end);
}

/* The journal comes before the exit code: a runner that left with 0 has said
 * "completed", and one that said so leaves with 0. */
static bool
says_otherwise(const struct accounting_fact *fact,
               const struct audit_attempt *attempt)
{
	if (fact->state == SLURM_FAILED && fact->exit_code && !fact->signal)
		return attempt->end == EVENT_COMPLETED && attempt->is_own_end;
	return fact->state == SLURM_COMPLETE
		&& (attempt->end == EVENT_FAILED || attempt->end == EVENT_LOST
		    || attempt->end == EVENT_STARTED);
}

/* The fact of the job of an attempt, where it is of that attempt and not of a
 * later one of the same job. */
static const struct accounting_fact *
fact_of(const struct accounting *accounting, const struct phase_state *phase,
        uint32_t task, const struct audit_attempt *attempt)
{
	phase_for_each_job(phase, job) {
		if (job->job == attempt->job && rangeset_has(&job->tasks, task))
			return accounting_find(accounting, job->job,
				phase->array ? task - job->base
				: SLURM_NO_TASK);
	}
	return NULL;
}

static bool
is_of_attempt(const struct audit *audit, const struct accounting_fact *fact,
              const struct audit_attempt *attempt)
{
	return fact && fact->start && fact->end
		&& attempt->started + audit->slack_sec >= fact->start
		&& attempt->started <= fact->end + audit->slack_sec;
}

static void
check_times(struct audit *audit, const struct phase_state *phase,
            uint32_t task, const struct audit_attempt *a,
            const struct accounting_fact *before,
            const struct audit_attempt *b, const struct accounting_fact *fact)
{
	if (a->job == b->job || !is_of_attempt(audit, before, a)
	    || !is_of_attempt(audit, fact, b)
	    || before->end <= fact->start + 1 || fact->end <= before->start + 1)
		return;
	audit_differ(audit, AUDIT_OVERLAP, phase->name, task,
	             xasprintf("accounting has job %u until %lld, and job %u "
	                       "from %lld on (seconds since 1970)", a->job,
	                       (long long)before->end, b->job,
	                       (long long)fact->start),
	             xasprintf("job %u on %s", b->job, b->node ? b->node : "?"));
}

static void
check_accounting(struct audit *audit, const struct accounting *accounting,
                 const struct audit_phase *phase, uint32_t task)
{
	const struct audit_attempt *before = NULL;
	const struct accounting_fact *fact_before = NULL;

	for (size_t i = phase->first[task]; i < phase->first[task + 1]; i++) {
		const struct audit_attempt *attempt = &phase->attempts[i];
		bool is_last = i + 1 == phase->first[task + 1]
			|| phase->attempts[i + 1].job != attempt->job;
		const struct accounting_fact *fact = fact_of(accounting,
			phase->state, task, attempt);

		if (!attempt->job || !is_last)
			continue;
		if (fact && says_otherwise(fact, attempt))
			audit_differ(audit, AUDIT_ACCOUNTING, phase->name, task,
			             xasprintf("accounting has %s, the journal "
			                       "has it %s",
			                       slurm_state_name(fact->state),
			                       end_name(attempt)),
			             xasprintf("job %u on %s", attempt->job,
			                       attempt->node ? attempt->node
			                       : "?"));
		if (before)
			check_times(audit, phase->state, task, before,
			            fact_before, attempt, fact);
		before = attempt;
		fact_before = fact;
	}
}

void
audit_accounting(struct audit *audit, const struct accounting *accounting)
{
	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_phase *phase = audit->phases[i];

		/* other values, other indices: Slurm's are of then */
		if (!phase->first || phase_values_changed(phase->state))
			continue;
		for (uint32_t t = 0; t < phase->state->total; t++)
			check_accounting(audit, accounting, phase, t);
	}
}
