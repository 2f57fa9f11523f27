/*
 * road.c - the road that a submission takes: read, plan, submit.
 *
 * A new run and a resume take the same one; a new run is the resume of one in
 * which nothing happened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "request.h"

static void
say(const char *line, void *user)
{
	(void)user;
	fprintf(stderr, "latsub: %s\n", line);
}

/* The checksum of the run's copy of the experiment, or NULL; caller frees. */
static char *
check_of_copy(const struct run *run)
{
	char *path = run_path_in(run->dir, RUN_EXPERIMENT);
	char *text, *check = NULL;
	struct latsub_error ignored;
	size_t len;

	if (file_read(path, RUN_FILE_MAX, &text, &len, NULL, &ignored) == 0) {
		check = experiment_check(text, len);
		free(text);
	}
	free(path);
	return check;
}

static int
load_experiment(struct request *r)
{
	struct experiment_inputs inputs = { .sets = &r->sets,
		.variables = &r->variables, .keep_env = r->keep_env };
	struct latsub_errlist errors = { 0 };
	struct run *run = r->engine.run;
	struct latsub_error err = { 0 };
	char *workdir = NULL, *file;
	int rc = 0;

	if (run && run_variables(run, NULL, &r->variables, &err))
		return cli_fail(&err) + 1;
	if (run) {
		r->copy = check_of_copy(run);
		file = request_resumed_file(r, run);
		if (run_is_copy(file))
			workdir = run_workdir(run);
	} else {
		file = xstrdup(r->config ? r->config : r->file ? r->file
		               : "experiment.ini");
	}
	if (run)
		run_sets(run, &r->kept_sets);
	inputs.kept = &r->kept_sets;
	inputs.workdir = workdir;
	r->engine.experiment = experiment_load(file, &inputs, &errors);
	if (errors.count)
		rc = cli_complain(&errors) + 1;
	latsub_errlist_clear(&errors);
	free(workdir);
	free(file);
	return rc;
}

static int
select_phases(struct request *r)
{
	const struct spec *spec = r->engine.experiment->spec;
	struct latsub_error err = { 0 };

	if (r->phases.count == 0)
		return 0;
	r->selected = xcalloc(spec->phase_count, sizeof *r->selected);
	for (size_t i = 0; i < r->phases.count; i++) {
		long index = spec_select(spec, r->phases.items[i], &err);

		if (index < 0)
			return cli_fail(&err) + 1;
		r->selected[index] = true;
	}
	return 0;
}

/* ---- Slurm ---- */

static int
open_slurm(struct request *r)
{
	struct latsub_error err = { 0 };

	if (r->local && cli_start_sandbox(&err))
		return cli_fail(&err) + 1;
	r->engine.slurm = !r->local && r->engine.run
		? cli_open_slurm_of(r->engine.run, &err) : cli_open_slurm(&err);
	if (!r->engine.slurm || cli_check_slurm_conf(!r->local, &err))
		return cli_fail(&err) + 1;
	if (r->engine.slurm->cluster(&r->engine.cluster, &err) != SLURM_YES) {
		fprintf(stderr, "latsub: %s; nothing is changed\n", err.text);
		return LATSUB_SLURM + 1;
	}
	return 0;
}

/* --checkpoint: the training is taken for done. */
static int
take_checkpoint(struct request *r, struct latsub_error *err)
{
	const struct spec *spec = r->engine.experiment->spec;
	const struct phase_state *phase;
	struct event event;
	char *path;
	int rc;

	if (!r->checkpoint)
		return 0;
	if (!spec->checkpoint_phase)
		return latsub_error_set(err, LATSUB_USAGE, "--checkpoint: %s "
			"does not say which phase makes checkpoints; add "
			"'checkpoint_phase = NAME' to [experiment]",
			spec->file);
	if (!file_exists(r->checkpoint))
		return latsub_error_errno(err, "--checkpoint %s",
		                          r->checkpoint);
	phase = state_find(r->engine.run->state, spec->checkpoint_phase);
	path = file_absolute(r->checkpoint);
	event = (struct event){ .kind = EVENT_EDITED, .time = time(NULL),
		.phase = xstrdup(spec->checkpoint_phase), .all = true,
		.gen = (phase ? phase->gen : 0) + 1,
		.word = WORD_COMPLETED, .path = path,
		.reason = xstrdup("--checkpoint") };
	rc = run_record(r->engine.run, &event, 1, true, err);
	event_clear(&event);
	return rc;
}

static bool
is_copy_changed(const struct request *r)
{
	char *now = check_of_copy(r->engine.run);
	bool same = now && r->copy ? strcmp(now, r->copy) == 0 : now == r->copy;

	free(now);
	return !same;
}

/* Another process may have had the run since it was read. */
static int
read_again(struct request *r, struct latsub_error *err)
{
	struct run *run = r->engine.run;
	uint32_t revision = run->state->revision;

	if (run_read(run, err))
		return -1;
	if (run->complaints.count == 0 && run->state->revision == revision
	    && !is_copy_changed(r))
		return 0;
	return latsub_error_set(err, LATSUB_UNFINISHED, "%s: somebody has changed "
		"this run meanwhile; do this again", run->state_path);
}

/* The run, made if it is new, and locked.  Returns the lock, or -1. */
static int
take_run(struct request *r, struct latsub_error *err)
{
	const char *dir = r->output_dir;
	struct run *fresh;
	int lock;

	if (r->engine.run && r->engine.run->has_journal
	    && state_metadata(r->engine.run->state, "run_id")) {
		lock = engine_lock(r->engine.run, err);
		if (lock >= 0 && read_again(r, err)) {
			close(lock);
			lock = -1;
		}
		return lock;
	}
	if (r->engine.run) /* of the script before latsub, or a mere file */
		dir = r->engine.run->dir;
	fresh = engine_create_run(r->engine.experiment, dir, &lock, err);
	if (!fresh)
		return -1;
	run_close(r->engine.run);
	r->engine.run = fresh;
	return lock;
}

static int
submit(struct request *r, struct latsub_error *err)
{
	struct latsub_errlist errors = { 0 };
	int rc;

	if (r->resume)
		cli_print_resume(r->engine.experiment->spec, r->plan);
	engine_preflight(&r->engine, r->plan, &errors);
	if (errors.count) {
		rc = cli_complain(&errors);
		latsub_errlist_clear(&errors);
		err->code = LATSUB_SLURM;
		err->text[0] = '\0';
		return -1;
	}
	request_note_phases(r);
	if (r->take_late && (r->plan->to_run || r->drop)
	    && engine_take_experiment(&r->engine, err))
		return -1;
	if (r->plan->to_run == 0 && r->live.count == 0) {
		rc = run_save(r->engine.run, err);
		printf("Nothing is left to do: all phases %s.\n", r->selected
		       ? "asked for are completed" : "are completed");
		return rc;
	}
	if (engine_drop(&r->engine, r->plan, &r->live, err))
		return -1;
	rc = engine_submit(&r->engine, r->plan, &r->live, &r->result, err);
	if (rc == 0) {
		cli_print_jobs(r->engine.experiment->spec, &r->result,
		               &r->live);
		if (r->result.deferred)
			printf("\nThe queue has no room for %llu more tasks; "
			       "what runs submits them as it ends.\n",
			       (unsigned long long)r->result.deferred);
		cli_print_commands(r->engine.run);
	}
	return rc;
}

/* Whoever asked has said why. */
static int
ask(struct request *r, bool await, struct latsub_error *err)
{
	if (request_ask_jobs(r) == 0
	    && (!await || request_await_endings(r) == 0))
		return 0;
	err->code = LATSUB_SLURM;
	return -1;
}

/* All that comes before the plan: what the run is, and what Slurm has of it. */
static int
prepare(struct request *r, struct latsub_error *err)
{
	/* of a moved run nothing may go on, not even what is just ending */
	if (r->resume && (request_check_cluster(r, err)
	                  || ask(r, r->place == RUN_MOVED, err)
	                  || request_check_jobs(r, err)))
		return -1;
	request_note_variables(r);
	/* a run that goes on takes the experiment when it is about to be
	 * submitted; --checkpoint may name a phase that it does not know yet */
	r->take_late = r->resume && r->engine.run->has_journal && !r->checkpoint
		&& run_was_submitted(r->engine.run);
	if ((r->resume && request_check_vanished(r, err))
	    || engine_take_place(&r->engine, err))
		return -1;
	if (r->place != RUN_IN_PLACE)
		request_note_checkpoint(r->engine.run);
	if (engine_update_facts(&r->engine, err)
	    || (!r->take_late && engine_take_experiment(&r->engine, err))
	    || take_checkpoint(r, err) || ask(r, true, err))
		return -1;
	return r->resume ? engine_reconcile(&r->engine, &r->jobs, &r->live, err)
		: 0;
}

/* Everything that changes something, under the run's lock. */
static int
act(struct request *r)
{
	struct latsub_error err = { 0 };
	int lock = take_run(r, &err), rc;
	char *stays = NULL;
	bool unmade;

	if (lock < 0) {
		fprintf(stderr, "latsub: %s; nothing is submitted\n", err.text);
		return (int)err.code;
	}
	rc = prepare(r, &err);
	if (rc == 0) {
		r->plan = plan_create(r->engine.experiment->spec,
		                      r->engine.run->state, &r->live,
		                      r->selected);
		rc = submit(r, &err);
	}
	/* before anyone else can take it up */
	unmade = rc && request_unmake(r, &stays);
	close(lock);
	if (rc && unmade && *err.text)
		fprintf(stderr, "latsub: %s; nothing is submitted\n", err.text);
	else if (rc && *err.text)
		cli_fail(&err);
	if (stays)
		fprintf(stderr, "latsub: %s\n", stays);
	free(stays);
	return rc ? (int)err.code : LATSUB_OK;
}

int
request_perform(struct request *r)
{
	int rc = 0;

	r->engine.say = say;
	if (r->resume)
		rc = request_open_run(r);
	if (rc == 0)
		rc = load_experiment(r);
	if (rc == 0)
		rc = select_phases(r);
	if (rc)
		return rc - 1;
	if (r->dry_run)
		return request_dry_run(r);
	rc = open_slurm(r);
	if (rc)
		return rc - 1;
	rc = act(r);
	if (rc == 0 && r->wait)
		rc = cli_watch(r->engine.run, r->engine.slurm, false);
	return rc;
}

void
request_clear(struct request *r)
{
	plan_destroy(r->plan);
	engine_result_clear(&r->result);
	live_clear(&r->live);
	slurm_jobs_clear(&r->jobs);
	slurm_cluster_clear(&r->engine.cluster);
	experiment_destroy(r->engine.experiment);
	run_close(r->engine.run);
	strlist_clear(&r->phases);
	strlist_clear(&r->sets);
	variables_clear(&r->variables);
	strlist_clear(&r->kept_sets);
	free(r->selected);
	free(r->newest);
	free(r->copy);
}
