/*
 * update.c - what a run has of its experiment: copies, variables, phases.
 *
 * Beware: jobs that wait in Slurm begin later.  What they read is under a name of
 * its own for each text (copies/MARK), so nothing that a resume writes changes what
 * has been submitted; and a resume writes only what it is about to submit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latsub/engine.h"
#include "latsub/file.h"

/* ---- the copies ---- */

/* path is freed. */
static int
write_one(const struct engine *engine, char *path, const char *text, size_t len,
          struct latsub_error *err)
{
	int rc = file_replace(path, text, len, run_file_mode(engine->run->dir),
	                      err);

	free(path);
	return rc;
}

/* The experiment and its templates, which are found beside it under its names.
 * mark NULL: the newest. */
static int
write_copies(const struct engine *engine, const char *mark,
             struct latsub_error *err)
{
	const struct experiment *experiment = engine->experiment;
	char *dir = run_copy_path(engine->run->dir, mark, RUN_COPY_DIRECTORY);
	int rc = write_one(engine, run_copy_path(engine->run->dir, mark,
	                                         RUN_COPY_EXPERIMENT),
	                   experiment->text, experiment->text_len, err);

	for (size_t i = 0; rc == 0 && i < experiment->template_count; i++) {
		const struct experiment_template *t = &experiment->templates[i];

		rc = write_one(engine, experiment_template_copy(dir, t->name),
		               t->text, strlen(t->text), err);
	}
	free(dir);
	return rc;
}

/* For resumes and people. */
static int
write_newest(const struct engine *engine, struct latsub_error *err)
{
	char *text = run_variables_text(&engine->experiment->spec->env);
	int rc = write_copies(engine, NULL, err)
		|| write_one(engine, run_path_in(engine->run->dir,
		                                 RUN_ENVIRONMENT),
		             text, strlen(text), err) ? -1 : 0;

	free(text);
	return rc;
}

/* For the jobs that are submitted with it, whenever they begin.  It was written
 * whole if its last file is there. */
static int
write_kept(const struct engine *engine, struct latsub_error *err)
{
	char *mark = experiment_mark(engine->experiment);
	const char *run_dir = engine->run->dir;
	char *templates = run_copy_path(run_dir, mark, RUN_COPY_TEMPLATES);
	char *whole = run_copy_path(run_dir, mark, RUN_COPY_WHOLE);
	bool exists = false;
	int rc = file_look(whole, &exists, err);

	if (rc == 0 && !exists) {
		rc = file_mkdirs(templates, run_dir_mode(run_dir), err)
			|| write_copies(engine, mark, err)
			|| file_replace(whole, "", 0, run_file_mode(run_dir),
			                err) ? -1 : 0;
	}
	free(whole);
	free(templates);
	free(mark);
	return rc;
}

/* Phases that the state does not know yet, or knows with other values. */
static int
record_phases(struct engine *engine, struct latsub_error *err)
{
	const struct spec *spec = engine->experiment->spec;
	const struct state *known = engine->run->state;
	struct event *events = xcalloc(spec->phase_count + known->count,
	                               sizeof *events);
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];
		const struct phase_state *state =
			state_find(engine->run->state, phase->name);

		if (phase_is_known(state) && state->order == i
		    && state->array == phase->array
		    && sweep_equal(&phase->sweep, phase_sweep_now(state))
		    && engine->run->has_journal)
			continue;
		events[count++] = (struct event){
			.kind = EVENT_PHASE, .time = time(NULL), .all = true,
			.phase = xstrdup(phase->name), .order = (uint32_t)i,
			.gen = state && state->gen && engine->run->has_journal
				? state->gen + 1 : 0,
			.total = phase->tasks,
			.sweep = phase->array ? sweep_print(&phase->sweep)
				: NULL };
	}
	/* of an old state file: phases that this experiment does not have */
	for (size_t i = 0; i < known->count && !engine->run->has_journal; i++) {
		if (spec_find(spec, known->phases[i]->name) < 0)
			events[count++] = (struct event){
				.kind = EVENT_PHASE, .time = time(NULL),
				.phase = xstrdup(known->phases[i]->name),
				.order = (uint32_t)(spec->phase_count + i),
				.total = 1, .all = true };
	}
	if (count)
		rc = run_record(engine->run, events, count, true, err);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(events);
	return rc;
}

/* Of which ones is it to be on record that the experiment has them no more, or
 * again?  (Who asked for the one has said --drop.)  One that is completed has given
 * what it was for. */
static bool
is_turned(const struct spec *spec, const struct phase_state *known)
{
	bool is_there = spec_find(spec, known->name) >= 0;

	return phase_was_intended(known) && is_there == phase_is_excluded(known)
		&& (is_there || phase_word(known) != WORD_COMPLETED);
}

static int
record_excluded(struct engine *engine, struct latsub_error *err)
{
	const struct state *known = engine->run->state;
	struct event *events = xcalloc(known->count, sizeof *events);
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < known->count; i++) {
		if (is_turned(engine->experiment->spec, known->phases[i]))
			events[count++] = (struct event){
				.kind = EVENT_EXCLUDED, .time = time(NULL),
				.phase = xstrdup(known->phases[i]->name),
				.seq = phase_next_excluded_seq(known->phases[i]),
				.all = true };
	}
	if (count && engine->run->has_journal)
		rc = run_record(engine->run, events, count, true, err);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(events);
	return rc;
}

/* Submissions of before latsub kept their variables: what it knows of them is
 * about to be written over. */
static int
add_first_set(const struct run *run, struct event *event,
              struct latsub_error *err)
{
	struct variables first = { 0 };
	int rc = 0;

	if (!run_variables_mark(run) && run_was_submitted(run)
	    && !state_metadata(run->state, RUN_FIRST_VARIABLES))
		rc = run_variables(run, NULL, &first, err);
	if (first.count)
		run_first_variables_pairs(run, &first, event);
	variables_clear(&first);
	return rc;
}

/* What holds whatever is submitted: --local took another Slurm, and the like. */
static int
record_facts(struct run *run, const char *cluster, struct latsub_error *err)
{
	const struct state *state = run->state;
	struct event event = { .kind = EVENT_RUN, .time = time(NULL) };
	char *conf = slurm_conf_to_remember();
	const char *old_conf = state_metadata(state, "slurm_conf");
	int rc;

	if (!state_metadata(state, "run_dir")) /* of before there was such a key */
		event_add_pair(&event, "run_dir", run->dir);
	if (cluster && !state_metadata(state, "cluster"))
		event_add_pair(&event, "cluster", cluster);
	if (strcmp(conf, old_conf ? old_conf : "") != 0)
		event_add_pair(&event, "slurm_conf", conf);
	free(conf);
	rc = add_first_set(run, &event, err);
	if (rc == 0 && event.pairs.count)
		rc = run_record(run, &event, 1, true, err);
	event_clear(&event);
	return rc;
}

/* --config took another source. */
static int
record_source(struct engine *engine, struct latsub_error *err)
{
	const struct experiment *experiment = engine->experiment;
	const struct state *state = engine->run->state;
	struct event event = { .kind = EVENT_RUN, .time = time(NULL) };
	const char *old_file = state_metadata(state, "experiment");
	const char *old_main = state_metadata(state, "checkpoint_phase");
	int rc = 0;

	if (!run_is_copy(experiment->file)
	    && (!old_file || strcmp(experiment->file, old_file)
	        || strcmp(experiment->check, state_metadata(state,
	                  "experiment_check")
	                  ? state_metadata(state, "experiment_check") : ""))) {
		event_add_pair(&event, "experiment", experiment->file);
		event_add_pair(&event, "experiment_check", experiment->check);
	}
	if (experiment->spec->checkpoint_phase
	    && (!old_main || strcmp(old_main,
	                            experiment->spec->checkpoint_phase)))
		event_add_pair(&event, "checkpoint_phase",
		               experiment->spec->checkpoint_phase);
	run_sets_pair(engine->run, &experiment->sets, &event);
	if (event.pairs.count)
		rc = run_record(engine->run, &event, 1, true, err);
	event_clear(&event);
	return rc;
}

/* Slurm takes a backslash in a log's path for a quote; journal and state
 * are UTF-8. */
static int
check_path(const char *what, const char *path, struct latsub_error *err)
{
	const char *bad = strchr(path, '\\') ? "a backslash, with which Slurm "
		"finds no log" : !text_is_utf8(path, strlen(path))
		? "bytes that are not UTF-8" : NULL;
	char *clean;

	if (!bad)
		return 0;
	clean = text_sanitise(path, strlen(path));
	latsub_error_set(err, LATSUB_USAGE, "%s: %s has %s; take another "
	                 "directory", clean, what, bad);
	free(clean);
	return -1;
}

int
engine_update_facts(struct run *run, const char *workdir, const char *cluster,
                    struct latsub_error *err)
{
	if (check_path("the run's directory", run->dir, err)
	    || check_path("workdir", workdir, err))
		return -1;
	run_tidy(run->dir);
	return record_facts(run, cluster, err);
}

int
engine_take_experiment(struct engine *engine, struct latsub_error *err)
{
	if (write_kept(engine, err) || write_newest(engine, err)
	    || record_source(engine, err) || record_excluded(engine, err)
	    || record_phases(engine, err))
		return -1;
	/* of an old state file: from here on the journal is the truth */
	if (!engine->run->has_journal && run_read(engine->run, err))
		return -1;
	return run_save(engine->run, err);
}

