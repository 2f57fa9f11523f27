/*
 * submit.c - a plan becomes jobs, all or nothing, once.
 *
 * Order matters: intents durable before the first call; roots held until
 * everything is in place; each job id journalled as it comes.  A job's
 * comment is its identity, so whatever is cut off here can be found again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dependency.h"
#include "job_request.h"
#include "latsub/engine.h"
#include "submit_check.h"
#include "submit_job.h"
#include "submit_take_back.h"

#define DEFAULT_ARRAY_SIZE 1001 /* Slurm's own default for MaxArraySize */

struct submitting {
	struct engine *engine;
	const struct plan *plan;
	const struct live_jobs *live;
	struct engine_result *result;
	struct job_request_base *base;
	bool full; /* Slurm has said so: less patience from then on */
	size_t refused; /* the phase, + 1, of which err has Slurm's words */
	struct latsub_error *err;
};

static void
say(const struct engine *engine, const char *line)
{
	if (engine->say)
		engine->say(line, engine->user);
}

/* ---- intents ---- */

static void
fill_intent(struct event *event, const struct spec *spec,
            const struct plan *plan, size_t index, uint32_t seq)
{
	const struct spec_phase *phase = &spec->phases[index];
	const struct plan_phase *planned = &plan->phases[index];

	*event = (struct event){
		.kind = EVENT_INTENDED, .time = time(NULL), .seq = seq,
		.phase = xstrdup(phase->name), .gen = planned->gen };
	rangeset_copy(&event->tasks, &planned->tasks);
	for (size_t i = 0; i < phase->edge_count; i++) {
		const struct spec_edge *edge = &phase->edges[i];

		if (plan->phases[edge->parent].action == PLAN_LEAVE)
			continue; /* --phase: not waited for */
		parents_add(&event->parents, edge->kind,
		            spec->phases[edge->parent].name);
	}
}

/* What is submitted now is what the run has from here on, and not before. */
static char *
take_set(const struct engine *engine, struct event *event)
{
	char *copy = experiment_mark(engine->experiment), *mark;

	*event = (struct event){ .kind = EVENT_RUN, .time = time(NULL) };
	mark = run_variables_pairs(engine->run, &engine->experiment->spec->env,
	                           copy, event);
	free(copy);
	return mark;
}

static int
record_intents(struct submitting *s)
{
	const struct spec *spec = s->engine->experiment->spec;
	struct event *events = xcalloc(2 * s->plan->count + 1, sizeof *events);
	char *mark = NULL;
	size_t count = 0;
	int rc;

	if (s->plan->to_run)
		mark = take_set(s->engine, &events[0]);
	count += events[0].pairs.count > 0;
	for (size_t i = 0; i < s->plan->count; i++) {
		const struct plan_phase *planned = &s->plan->phases[i];
		const struct phase_state *state = state_find(
			s->engine->run->state, spec->phases[i].name);
		uint32_t seq = state ? phase_sweep_seq(state) : 0;

		if (planned->kept.count) {
			events[count] = (struct event){
				.kind = EVENT_EDITED, .time = time(NULL),
				.phase = xstrdup(spec->phases[i].name),
				.gen = planned->gen, .seq = seq,
				.word = WORD_COMPLETED,
				.reason = xstrdup("kept by its values") };
			rangeset_copy(&events[count++].tasks, &planned->kept);
		}
		if (planned->action != PLAN_RUN)
			continue;
		fill_intent(&events[count], spec, s->plan, i, seq);
		events[count++].variables = xstrdup(mark);
	}
	rc = run_record(s->engine->run, events, count, true, s->err);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(events);
	free(mark);
	return rc;
}

/* ---- one job ---- */

static void
explain_silence(struct submitting *s, size_t phase)
{
	char *words = xstrdup(s->err->text);

	latsub_error_set(s->err, LATSUB_SLURM, "phase %s: %s; what is submitted "
		"stays held and nothing is lost: when Slurm is back, go on with "
		"'latsub --resume %s'",
		s->engine->experiment->spec->phases[phase].name, words,
		s->engine->run->state_path);
	free(words);
}

/* Is there something of this run in the queue that will end, and can submit
 * what has no room now? */
static bool
others_follow(const struct submitting *s)
{
	return s->result->count > 0 || s->live->count > 0;
}

static int
submit_one(struct submitting *s, struct engine_job job)
{
	struct engine_result *result = s->result;
	/* a part of an array may have room where all of it has not */
	unsigned patience = s->plan->is_rest ? 0 : others_follow(s) ? !s->full
		: rangeset_count(&job.tasks) > 1 ? 0 : SUBMIT_PATIENCE;
	enum slurm_answer answer = submit_job(s->engine, s->base, result, &job,
	                                      patience, s->err);

	if (answer != SLURM_YES) {
		s->full |= answer == SLURM_FULL;
		if (answer == SLURM_SILENT)
			explain_silence(s, job.phase);
		else
			s->refused = job.phase + 1;
		rangeset_clear(&job.tasks);
		free(job.dependency);
		return answer == SLURM_SILENT || answer == SLURM_FULL ? answer
			: SLURM_REFUSED;
	}
	GROW(result->jobs, result->count);
	result->jobs[result->count++] = job;
	if (!result->first[job.phase])
		result->first[job.phase] = result->count;
	return submit_job_record(s->engine, &job, false, s->err) ? SLURM_REFUSED
		: SLURM_YES;
}

/* ---- one phase: groups by base and by dependency ---- */

static uint32_t
array_size(const struct submitting *s)
{
	return s->engine->cluster.max_array_size
		? s->engine->cluster.max_array_size : DEFAULT_ARRAY_SIZE;
}

/* All of them as one array; where the queue has no room for that, as many as go
 * in, by halves.  SLURM_FULL: some are left. */
static int
submit_group(struct submitting *s, size_t index, uint32_t base,
             struct rangeset *tasks, const char *dependency)
{
	uint64_t size = rangeset_count(tasks);
	int rc = SLURM_YES;

	while (tasks->count > 0 && (rc == SLURM_YES || rc == SLURM_FULL)) {
		struct engine_job job = { .phase = index, .base = base,
			.gen = s->plan->phases[index].gen,
			.dependency = *dependency ? xstrdup(dependency) : NULL };
		struct rangeset rest = { 0 };

		rangeset_copy(&rest, tasks);
		rangeset_take(&rest, size, &job.tasks);
		rc = submit_one(s, job);
		if (rc == SLURM_YES)
			rangeset_copy(tasks, &rest);
		rangeset_clear(&rest);
		if (rc == SLURM_FULL && size == 1)
			break;
		if (rc == SLURM_FULL)
			size /= 2;
	}
	rangeset_clear(tasks);
	return rc;
}

static bool
same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Tasks of one chunk, cut where the dependency changes. */
static int
submit_chunk(struct submitting *s, size_t index, uint32_t base,
             const struct rangeset *tasks)
{
	const struct spec_phase *phase =
		&s->engine->experiment->spec->phases[index];
	struct strlist texts = { 0 };
	struct rangeset *groups = NULL;
	int rc = SLURM_YES;

	rangeset_for_each(tasks, t) {
		char *text = dependency_text(phase, s->plan, s->result,
		                             s->live, base, t);
		size_t g = 0;

		while (g < texts.count && !same_text(texts.items[g],
		                                     text ? text : ""))
			g++;
		if (g == texts.count) {
			strlist_add(&texts, text ? text : "");
			GROW(groups, g);
			groups[g] = (struct rangeset){ 0 };
		}
		free(text);
		if (!dependency_varies(phase)) {
			rangeset_copy(&groups[g], tasks);
			break;
		}
		rangeset_add(&groups[g], t, t);
	}
	for (size_t g = 0; g < texts.count; g++) {
		if (rc == SLURM_YES)
			rc = submit_group(s, index, base, &groups[g],
			                  texts.items[g]);
		else
			rangeset_clear(&groups[g]);
	}
	free(groups);
	strlist_clear(&texts);
	return rc;
}

/* What was left over keeps the variables of its time. */
static int
take_base(struct submitting *s, size_t index)
{
	if (!s->plan->is_rest)
		return SLURM_YES;
	job_request_base_destroy(s->base);
	s->base = job_request_base_of(s->engine,
		&s->engine->experiment->spec->phases[index],
		s->plan->phases[index].gen, s->err);
	return s->base ? SLURM_YES : SLURM_SILENT; /* to be tried again */
}

static int
submit_phase(struct submitting *s, size_t index)
{
	const struct rangeset *tasks = &s->plan->phases[index].tasks;
	uint32_t last = tasks->items[tasks->count - 1].last;
	uint32_t size = array_size(s);
	int rc = take_base(s, index);

	for (uint32_t base = 0; rc == SLURM_YES && base <= last; base += size) {
		struct rangeset chunk = { 0 };

		rangeset_copy(&chunk, tasks);
		if (base > 0)
			rangeset_remove(&chunk, 0, base - 1);
		rangeset_remove(&chunk, base + size, UINT32_MAX);
		if (chunk.count)
			rc = submit_chunk(s, index, base, &chunk);
		rangeset_clear(&chunk);
	}
	return rc;
}

/* ---- all of it ---- */

/* SLURM_REFUSED: of what was released something can never run. */
static enum slurm_answer
check_roots(struct submitting *s)
{
	struct latsub_error *err = s->err;
	const struct engine_job *job = submit_check_released(s->engine,
		s->result, err->text, sizeof err->text);

	if (!job)
		return SLURM_YES;
	s->refused = job->phase + 1;
	return SLURM_REFUSED;
}

/* What the queue has no room for stays intended: the running jobs submit it as
 * they end. */
static int
defer(struct submitting *s)
{
	uint64_t planned = 0, submitted = 0;

	if (!s->plan->is_rest && !others_follow(s))
		return SLURM_REFUSED;
	for (size_t i = 0; i < s->plan->count; i++) {
		if (s->plan->phases[i].action == PLAN_RUN)
			planned += rangeset_count(&s->plan->phases[i].tasks);
	}
	for (size_t i = 0; i < s->result->count; i++)
		submitted += rangeset_count(&s->result->jobs[i].tasks);
	s->result->deferred = planned - submitted;
	return SLURM_YES;
}

/* The jobs are there, the word about them is not: a system error. */
static int
settle(struct submitting *s)
{
	struct run *run = s->engine->run;

	if (journal_sync(run->journal_dir, s->err) == 0
	    && run_refresh(run, NULL, s->err) == 0
	    && run_save(run, s->err) == 0)
		return SLURM_YES;
	return SLURM_REFUSED;
}

/* Some sites write the comments of all jobs.  Then latsub goes by the rest, and a
 * person should know; one job tells of all.  In doubt nothing is said. */
static void
read_comment_back(struct submitting *s)
{
	const char *run_id = state_metadata(s->engine->run->state, "run_id");
	struct slurm_jobs jobs = { 0 };
	struct latsub_error ignored;
	struct identity of;
	char *line;

	if (s->result->count == 0
	    || s->engine->slurm->job(s->result->jobs[0].job, &jobs, &ignored)
	    != SLURM_YES || jobs.count == 0)
		return;
	if (identity_read(jobs.items[0].comment, run_id, &of) != IDENTITY_OURS) {
		line = xasprintf("this site writes its own comments on jobs "
			"(job %u has '%.100s'); latsub knows its jobs by their "
			"%s instead", jobs.items[0].job_id,
			jobs.items[0].comment,
			identity_read(jobs.items[0].command, run_id, &of)
			== IDENTITY_OURS ? "command"
			: "number, name and time of submission");
		say(s->engine, line);
		free(line);
	}
	slurm_jobs_clear(&jobs);
}

/* Of a submission that was cut off; what Slurm itself holds is told. */
static enum slurm_answer
release_leftover(struct submitting *s, const struct live_job *job)
{
	enum slurm_answer answer = SLURM_REFUSED;
	char id[16], *text, *line;

	if (job->record->why == SLURM_WHY_HELD_USER)
		answer = submit_job_release(s->engine, job->job, s->err);
	if (answer != SLURM_REFUSED)
		return answer;
	snprintf(id, sizeof id, "%u", job->job);
	text = slurm_held_text(job->record, id);
	line = xasprintf("job %s (%s) %s", id, job->phase_name, text);
	say(s->engine, line);
	free(text);
	free(line);
	return SLURM_YES;
}

/* SLURM_REFUSED: one of the new jobs can never run (Slurm looks closer at a
 * job that is not held). */
static enum slurm_answer
release_roots(struct submitting *s)
{
	enum slurm_answer answer = SLURM_YES;

	for (size_t i = 0; i < s->result->count && answer == SLURM_YES; i++) {
		const struct engine_job *job = &s->result->jobs[i];

		if (!job->dependency)
			answer = submit_job_release(s->engine, job->job, s->err);
		if (answer == SLURM_REFUSED)
			s->refused = job->phase + 1;
	}
	if (answer == SLURM_REFUSED)
		return answer;
	/* left over by a submission that was cut off */
	for (size_t i = 0; i < s->live->count && answer == SLURM_YES; i++) {
		const struct live_job *job = &s->live->items[i];

		if (job->held)
			answer = release_leftover(s, job);
	}
	if (answer != SLURM_YES)
		latsub_error_set(s->err, LATSUB_SLURM, "everything is submitted, "
			"but Slurm does not answer when the first jobs are to "
			"be released; go on with 'latsub --resume %s'",
			s->engine->run->state_path);
	return answer;
}

int
engine_submit(struct engine *engine, const struct plan *plan,
              const struct live_jobs *live, struct engine_result *result,
              struct latsub_error *err)
{
	struct submitting s = { .engine = engine, .plan = plan, .live = live,
		.result = result, .err = err };
	const struct spec *spec = engine->experiment->spec;
	int answer = SLURM_YES, rc = -1;

	*result = (struct engine_result){ 0 };
	result->first = xcalloc(plan->count, sizeof *result->first);
	if (!plan->is_rest)
		s.base = job_request_base_create(engine);
	if (!plan->is_rest && record_intents(&s))
		goto done;
	for (size_t i = 0; i < plan->count && answer == SLURM_YES; i++) {
		if (plan->phases[spec->order[i]].action == PLAN_RUN)
			answer = submit_phase(&s, spec->order[i]);
	}
	if (answer == SLURM_FULL)
		answer = defer(&s);
	if (answer == SLURM_YES)
		answer = settle(&s);
	if (answer == SLURM_YES && !plan->is_rest)
		read_comment_back(&s);
	if (answer == SLURM_YES)
		answer = release_roots(&s);
	if (answer == SLURM_YES && !plan->is_rest)
		answer = check_roots(&s);
	if (answer == SLURM_REFUSED)
		submit_take_back(engine, plan, result, s.refused, err);
	result->silent = answer == SLURM_SILENT;
	rc = answer == SLURM_YES ? 0 : -1;
done:
	job_request_base_destroy(s.base);
	return rc;
}

void
engine_result_clear(struct engine_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		rangeset_clear(&result->jobs[i].tasks);
		free(result->jobs[i].dependency);
	}
	free(result->jobs);
	free(result->first);
	*result = (struct engine_result){ 0 };
}
