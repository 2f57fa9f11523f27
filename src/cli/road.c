/*
 * road.c - the road of a submission: open the run, read the experiment, ask
 * Slurm, plan, submit.
 *
 * A new run and a resume take the same one; a new run is the resume of one in
 * which nothing happened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "road.h"

static void
say(const char *line, void *user)
{
	(void)user;
	fprintf(stderr, "latsub: %s\n", line);
}

/* ---- ask Slurm ---- */

static int
open_slurm(struct asked *asked, const struct run *run, bool local,
           struct latsub_error *err)
{
	const struct slurm_ops *slurm;
	char *words;

	if (local && cli_start_sandbox(err))
		return -1;
	slurm = !local && run ? cli_open_slurm_of(run, err) : cli_open_slurm(err);
	if (!slurm || cli_check_slurm_conf(!local, err))
		return -1;
	if (asked_cluster(asked, slurm, err) == SLURM_YES)
		return 0;
	words = xstrdup(err->text);
	latsub_error_set(err, LATSUB_SLURM, "%s; nothing is changed", words);
	free(words);
	return -1;
}

/* ---- before the plan ---- */

/* What is said, and what forbids a resume: nothing is changed yet.  Of a moved run
 * nothing may go on, not even what is just ending. */
static int
look_over(const struct request *request, const struct opened *opened,
          const struct reading *reading, struct asked *asked,
          struct latsub_error *err)
{
	const struct spec *spec = reading->experiment->spec;
	struct run *run = opened->run;

	if (!request->resume) {
		road_note_variables(request, reading, false);
		return 0;
	}
	if (road_check_cluster(run, asked->cluster.name, request->other_cluster,
	                       err)
	    || own_jobs_ask(asked, run, spec, opened->place == RUN_MOVED, err)
	    || own_jobs_check(&asked->live, opened, spec, err))
		return -1;
	road_note_variables(request, reading, asked->live.count > 0);
	return road_check_vanished(run, reading, &asked->live, request->drop, err);
}

/* --checkpoint: the training is taken for done. */
static int
take_checkpoint(struct run *run, const struct spec *spec, const char *checkpoint,
                struct latsub_error *err)
{
	const struct phase_state *phase;
	struct event event;
	int rc;

	if (!checkpoint)
		return 0;
	if (!spec->checkpoint_phase)
		return latsub_error_set(err, LATSUB_USAGE, "--checkpoint: %s "
			"does not say which phase makes checkpoints; add "
			"'checkpoint_phase = NAME' to [experiment]",
			spec->file);
	if (!file_exists(checkpoint))
		return latsub_error_errno(err, "--checkpoint %s", checkpoint);
	phase = state_find(run->state, spec->checkpoint_phase);
	event = (struct event){ .kind = EVENT_EDITED, .time = time(NULL),
		.phase = xstrdup(spec->checkpoint_phase), .all = true,
		.gen = (phase ? phase->gen : 0) + 1,
		.word = WORD_COMPLETED,
		.path = file_absolute(checkpoint),
		.reason = xstrdup("--checkpoint") };
	rc = run_record(run, &event, 1, true, err);
	event_clear(&event);
	return rc;
}

/* A run that goes on takes the experiment when it is about to be submitted, since
 * after a refusal nothing may have changed.  --checkpoint may name a phase that it
 * does not know yet. */
static bool
takes_late(const struct request *request, const struct run *run)
{
	return request->resume && run->has_journal && !request->checkpoint
		&& run_was_submitted(run);
}

/* What holds of the run whatever is submitted: its place, its cluster, what has
 * become of its jobs. */
static int
bring_up_to_date(struct engine *engine, const struct request *request,
                 enum run_place place, struct asked *asked, bool late,
                 struct latsub_error *err)
{
	struct run *run = engine->run;
	const struct spec *spec = engine->experiment->spec;
	const char *workdir = engine->experiment->workdir;

	if (engine_take_place(run, workdir, err))
		return -1;
	if (place != RUN_IN_PLACE)
		opened_note_checkpoint(run);
	if (engine_update_facts(run, workdir, engine->cluster.name, err)
	    || (!late && engine_take_experiment(engine, err))
	    || take_checkpoint(run, spec, request->checkpoint, err)
	    || own_jobs_ask(asked, run, spec, true, err))
		return -1;
	return request->resume ? engine_reconcile(engine, &asked->jobs,
	                                          &asked->live, err) : 0;
}

/* ---- submit ---- */

static int
preflight(const struct engine *engine, const struct plan *plan,
          struct latsub_error *err)
{
	struct latsub_errlist errors = { 0 };
	int rc = 0;

	engine_preflight(engine, plan, &errors);
	if (errors.count) {
		cli_complain(&errors);
		rc = cli_said(err, LATSUB_SLURM);
	}
	latsub_errlist_clear(&errors);
	return rc;
}

static void
print_result(const struct engine *engine, const struct engine_result *result,
             const struct live_jobs *live)
{
	cli_print_jobs(engine->experiment->spec, result, live);
	if (result->deferred)
		printf("\nThe queue has no room for %llu more tasks; what runs "
		       "submits them as it ends.\n",
		       (unsigned long long)result->deferred);
	cli_print_commands(engine->run);
}

/* late: the run takes the experiment only now. */
static int
submit(struct engine *engine, const struct request *request,
       const struct plan *plan, struct live_jobs *live, bool late,
       struct engine_result *result, struct latsub_error *err)
{
	const struct spec *spec = engine->experiment->spec;

	if (request->resume)
		cli_print_resume(spec, plan);
	if (preflight(engine, plan, err))
		return -1;
	road_note_phases(engine->run, spec, plan);
	if (late && (plan->to_run || request->drop)
	    && engine_take_experiment(engine, err))
		return -1;
	if (plan->to_run == 0 && live->count == 0) {
		printf("Nothing is left to do: all phases %s.\n",
		       request->phases.count ? "asked for are completed"
		       : "are completed");
		return run_save(engine->run, err);
	}
	if (engine_drop(engine, plan, live, err)
	    || engine_submit(engine, plan, live, result, err))
		return -1;
	print_result(engine, result, live);
	return 0;
}

/* ---- the road ---- */

/* Everything that changes something, under the run's lock. */
static int
plan_and_submit(const struct request *request, const struct opened *opened,
                const struct reading *reading, struct asked *asked,
                struct engine_result *result, struct latsub_error *err)
{
	struct engine engine = { .experiment = reading->experiment,
		.run = opened->run, .slurm = asked->slurm,
		.cluster = asked->cluster, .say = say };
	bool late = takes_late(request, opened->run);
	struct plan *plan;
	int rc;

	if (look_over(request, opened, reading, asked, err)
	    || bring_up_to_date(&engine, request, opened->place, asked, late,
	                        err))
		return -1;
	plan = plan_create(engine.experiment->spec, engine.run->state,
	                   &asked->live, reading->selected);
	rc = submit(&engine, request, plan, &asked->live, late, result, err);
	plan_destroy(plan);
	return rc;
}

static int
say_not_submitted(struct latsub_error *err)
{
	fprintf(stderr, "latsub: %s; nothing is submitted\n", err->text);
	return cli_said(err, err->code);
}

/* A new run whose submission failed is taken back, before anyone else can take it
 * up; or it is said why it stays.  Where Slurm was silent that was said, with what to
 * do. */
static void
give_up(const struct opened *opened, const struct reading *reading,
        struct asked *asked, bool silent, struct latsub_error *err)
{
	bool may_go = opened->run->is_new && !silent;
	char *stays = may_go ? road_unmake(opened->run, reading->experiment, asked)
		: NULL;

	if (*err->text && may_go && !stays)
		say_not_submitted(err);
	else if (*err->text)
		cli_said(err, cli_fail(err));
	if (stays)
		fprintf(stderr, "latsub: %s\n", stays);
	free(stays);
}

static int
act(const struct request *request, struct opened *opened,
    const struct reading *reading, struct asked *asked, struct latsub_error *err)
{
	int lock = opened_take(opened, request, reading->experiment, err), rc;
	struct engine_result result = { 0 };

	if (lock < 0)
		return say_not_submitted(err);
	rc = plan_and_submit(request, opened, reading, asked, &result, err);
	if (rc)
		give_up(opened, reading, asked, result.silent, err);
	close(lock);
	engine_result_clear(&result);
	return rc;
}

int
road_go(const struct request *request)
{
	struct latsub_error err = { 0 };
	struct opened opened = { 0 };
	struct reading reading = { 0 };
	struct asked asked = { 0 };
	int rc = 0, code;

	if (request->resume)
		rc = opened_find(&opened, request, &err);
	if (rc == 0)
		rc = reading_take(&reading, request, opened.run, &err);
	if (rc == 0 && request->dry_run)
		rc = road_dry_run(request, &opened, &reading, &err);
	else if (rc == 0)
		rc = open_slurm(&asked, opened.run, request->local, &err)
			|| act(request, &opened, &reading, &asked, &err) ? -1 : 0;
	if (rc && *err.text)
		cli_fail(&err);
	code = rc ? (int)err.code : LATSUB_OK;
	if (rc == 0 && request->wait && !request->dry_run)
		code = cli_watch(opened.run, asked.slurm, false);
	asked_clear(&asked);
	reading_clear(&reading);
	opened_clear(&opened);
	return code;
}
