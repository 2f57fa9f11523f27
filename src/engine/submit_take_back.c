/*
 * submit_take_back.c - a submission that failed: what it has in Slurm goes again, and
 * a person hears why, what is left, and how to go on.
 *
 * Beware: a cancel that is not answered leaves its job's tasks as they are in the
 * journal, and a resume looks for them.
 */
#include "submit_take_back.h"

#include <stdlib.h>
#include <time.h>

#include "job_request.h"
#include "latsub/program.h"
#include "submit_job.h"

struct taking_back {
	struct engine *engine;
	const struct plan *plan;
	const struct engine_result *result;
	struct strbuf left; /* jobs whose cancel was not answered: "12, 13" */
	struct latsub_error *err;
};

/* Cancel what this call submitted.  Of jobs whose cancel is not answered nothing
 * is known: their tasks, by phase, stay as they are in the journal, and a resume
 * looks. */
static void
take_back(struct taking_back *b, struct rangeset *unknown)
{
	struct latsub_error ignored;

	for (size_t i = b->result->count; i-- > 0; ) {
		const struct engine_job *job = &b->result->jobs[i];

		if (submit_job_cancel(b->engine, job->job, &ignored)
		    == SLURM_YES)
			continue;
		rangeset_union(&unknown[job->phase], &job->tasks);
		strbuf_printf(&b->left, "%s%u", b->left.len ? ", " : "",
		              job->job);
	}
}

/* Nothing half done: what this call submitted goes again. */
static void
roll_back(struct taking_back *b)
{
	const struct spec *spec = b->engine->experiment->spec;
	struct event *events = xcalloc(b->plan->count, sizeof *events);
	struct rangeset *unknown = xcalloc(b->plan->count, sizeof *unknown);
	struct latsub_error ignored;
	size_t count = 0;

	take_back(b, unknown);
	for (size_t i = 0; i < b->plan->count; i++) {
		if (b->plan->phases[i].action != PLAN_RUN)
			continue;
		events[count] = (struct event){
			.kind = EVENT_CANCELLED, .time = time(NULL),
			.phase = xstrdup(spec->phases[i].name),
			.gen = b->plan->phases[i].gen,
			.reason = xstrdup("submission refused") };
		rangeset_copy(&events[count].tasks, &b->plan->phases[i].tasks);
		rangeset_subtract(&events[count].tasks, &unknown[i]);
		rangeset_clear(&unknown[i]);
		if (events[count].tasks.count)
			count++;
		else
			event_clear(&events[count]);
	}
	if (run_record(b->engine->run, events, count, true, &ignored) == 0)
		run_save(b->engine->run, &ignored);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(events);
	free(unknown);
}

/* Once it is known what could be taken back. */
static void
explain_refusal(struct taking_back *b, size_t phase_index, const char *left)
{
	const struct spec_phase *phase =
		&b->engine->experiment->spec->phases[phase_index];
	char *words = xstrdup(b->err->text);

	if (b->plan->is_rest)
		latsub_error_set(b->err, LATSUB_SLURM, "phase %s: Slurm refused "
			"it: %s; %s", phase->name, words, left ? left
			: NOTHING_LEFT);
	else
		job_request_explain(b->err, b->engine, phase, words, left);
	free(words);
}

/* What a failure of the system leaves, and how to go on. */
static void
add_advice(struct taking_back *b, const char *left)
{
	char *run = text_shell_quote(b->engine->run->dir);
	char *words = xstrdup(b->err->text);

	latsub_error_set(b->err, LATSUB_SYSTEM, "%s; %s; mend that, then '%s "
	                 "--resume %s'", words, left ? left : NOTHING_LEFT,
	                 program_name(), run);
	b->err->says_how = true;
	free(words);
	free(run);
}

void
submit_take_back(struct engine *engine, const struct plan *plan,
                 const struct engine_result *result, size_t refused,
                 struct latsub_error *err)
{
	struct taking_back b = { .engine = engine, .plan = plan,
		.result = result, .err = err };
	char *left = NULL;

	roll_back(&b);
	if (b.left.len)
		left = xasprintf("job %s may still be in the queue: Slurm "
			"did not answer when it was to be cancelled, and a resume looks "
			"for it", b.left.data);
	if (refused)
		explain_refusal(&b, refused - 1, left);
	else if (err->code == LATSUB_SYSTEM)
		add_advice(&b, left);
	free(left);
	strbuf_clear(&b.left);
}
