/*
 * create.c - a run's directory, its copies of the experiment, first events.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "latsub/engine.h"
#include "latsub/file.h"
#include "latsub/version.h"

#ifndef LATSUB_VERSION
#define LATSUB_VERSION "0"
#endif

/* Name the directory by second; another run in the same second waits. */
static char *
make_directory(const struct experiment *experiment, struct latsub_error *err)
{
	char *root = file_join(experiment->workdir,
	                       experiment->spec->output_root);
	char *dir = NULL;

	if (file_mkdirs(root, 0777, err)) {
		free(root);
		return NULL;
	}
	for (int i = 0; !dir && i < 100; i++) {
		struct timespec pause = { 0, 100000000 };
		time_t now = time(NULL);
		char when[32];
		struct tm tm;

		localtime_r(&now, &tm);
		strftime(when, sizeof when, "%Y%m%d_%H%M%S", &tm);
		dir = xasprintf("%s/%s_%s", root, experiment->spec->name, when);
		if (file_make_directory(dir, 0777 & ~experiment->spec->umask)
		    == 0)
			break;
		if (errno != EEXIST) {
			latsub_error_errno(err, "%s", dir);
			i = 100;
		} else {
			latsub_error_set(err, LATSUB_SYSTEM, "%s: exists", dir);
		}
		free(dir);
		dir = NULL;
		nanosleep(&pause, NULL);
	}
	free(root);
	return dir;
}

static int
record_run(struct run *run, const struct experiment *experiment,
           struct latsub_error *err)
{
	struct event event = { .kind = EVENT_RUN, .time = time(NULL) };
	char *id = identity_new_run(run->dir), start[32];
	char *conf = slurm_conf_to_remember();
	int rc;

	snprintf(start, sizeof start, "%lld", (long long)time(NULL));
	if (!state_metadata(run->state, "version"))
		event_add_pair(&event, "version", LATSUB_STATE_VERSION);
	if (!state_metadata(run->state, "start_time"))
		event_add_pair(&event, "start_time", start);
	if (!state_metadata(run->state, "base_output_dir"))
		event_add_pair(&event, "base_output_dir",
		               file_relative(experiment->workdir, run->dir));
	event_add_pair(&event, "run_id", id);
	event_add_pair(&event, "run_dir", run->dir);
	event_add_pair(&event, "experiment", experiment->file);
	event_add_pair(&event, "experiment_check", experiment->check);
	event_add_pair(&event, "workdir", experiment->workdir);
	event_add_pair(&event, "latsub_version", LATSUB_VERSION);
	if (experiment->spec->checkpoint_phase)
		event_add_pair(&event, "checkpoint_phase",
		               experiment->spec->checkpoint_phase);
	if (*conf)
		event_add_pair(&event, "slurm_conf", conf);
	rc = run_record(run, &event, 1, true, err);
	event_clear(&event);
	free(conf);
	free(id);
	return rc;
}

/* A run of nobody yet: one of two that come at once, and one who comes later,
 * are told. */
static int
check_free(const struct run *run, struct latsub_error *err)
{
	if (!run->has_journal || !state_metadata(run->state, "run_id"))
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "%s holds a run already; go "
		"on with 'latsub --resume %s', or name another directory",
		run->dir, run->dir);
}

/* Locked from here on.  Returns 1 when the run is another's: nothing of it is ours
 * to take back. */
static int
begin_run(struct run *run, const struct experiment *experiment, int *lock,
          struct latsub_error *err)
{
	*lock = engine_lock(run, err);
	if (*lock < 0)
		return err->code == LATSUB_UNFINISHED ? 1 : -1;
	if (run_read(run, err) || run_check_owner(run, err))
		return -1;
	return check_free(run, err) ? 1 : record_run(run, experiment, err);
}

/* What was there before, and what cannot be looked at, is not ours to take away
 * again. */
static int
look_around(const char *path, bool *had_dir, bool *had_run,
            struct latsub_error *err)
{
	char *state = file_join(path, RUN_STATE_NAME);
	char *hidden = file_join(path, ".latsub");
	bool had_state, had_hidden = false;
	int rc = file_look(path, had_dir, err) || file_look(state, &had_state, err)
		|| file_look(hidden, &had_hidden, err) ? -1 : 0;

	if (rc == 0)
		*had_run = had_state || had_hidden;
	free(hidden);
	free(state);
	return rc;
}

struct run *
engine_create_run(const struct experiment *experiment, const char *dir,
                  int *lock, struct latsub_error *err)
{
	char *path = dir ? file_absolute(dir) : make_directory(experiment, err);
	bool had_dir = false, had_run = false, is_ours = !dir;
	struct run *run = NULL;
	int rc = -1;

	*lock = -1;
	if (!path || (dir && look_around(path, &had_dir, &had_run, err))
	    || run_check_links(path, err))
		goto done;
	is_ours = !had_run;
	if (run_make_masked(path, experiment->spec->umask, err))
		goto done;
	run = run_open(path, err);
	if (!run)
		goto done;
	run->is_new = is_ours;
	run->is_new_dir = !had_dir;
	rc = begin_run(run, experiment, lock, err);
	is_ours &= rc <= 0;
done:
	if (rc && path && is_ours)
		run_unmake(path, !had_dir);
	if (rc) {
		run_close(run);
		run = NULL;
	}
	if (rc && *lock >= 0) { /* not before it is taken away */
		close(*lock);
		*lock = -1;
	}
	free(path);
	return run;
}

/* ---- the copies ---- */

static int
write_copy(const struct run *run, const char *name, const char *text,
           size_t len, struct latsub_error *err)
{
	char *path = xasprintf("%s/.latsub/%s", run->dir, name);
	int rc = file_replace(path, text, len, run_file_mode(run->dir), err);

	free(path);
	return rc;
}

static int
write_environment(const struct engine *engine, struct latsub_error *err)
{
	char *text = run_variables_text(&engine->experiment->spec->env);
	int rc = write_copy(engine->run, "environment", text, strlen(text),
	                    err);

	free(text);
	return rc;
}

/* Resumes and jobs read templates from here, under the experiment's names. */
static int
write_templates(const struct engine *engine, struct latsub_error *err)
{
	const struct experiment *experiment = engine->experiment;
	char *dir = file_join(engine->run->dir, ".latsub");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < experiment->template_count; i++) {
		const struct experiment_template *t = &experiment->templates[i];
		char *path = experiment_template_copy(dir, t->name);

		rc = file_replace(path, t->text, strlen(t->text),
		                  run_file_mode(engine->run->dir), err);
		free(path);
	}
	free(dir);
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

		if (state && state->known && state->order == i
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
 * again?  (Who asked for the one has said --drop.) */
static bool
is_turned(const struct spec *spec, const struct phase_state *known)
{
	bool is_there = spec_find(spec, known->name) >= 0;

	return known->known && known->parents_gen > 0
		&& is_there == phase_is_excluded(known);
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
				.seq = known->phases[i]->excluded_seq + 1,
				.all = true };
	}
	if (count && engine->run->has_journal)
		rc = run_record(engine->run, events, count, true, err);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(events);
	return rc;
}

/* --config took another source, --local another Slurm, variables may have other
 * values. */
static int
record_changes(struct engine *engine, struct latsub_error *err)
{
	const struct experiment *experiment = engine->experiment;
	const struct state *state = engine->run->state;
	struct event event = { .kind = EVENT_RUN, .time = time(NULL) };
	char *conf = slurm_conf_to_remember();
	const char *old_conf = state_metadata(state, "slurm_conf");
	const char *old_file = state_metadata(state, "experiment");
	const char *old_main = state_metadata(state, "checkpoint_phase");
	int rc = 0;

	if (!state_metadata(state, "run_dir")) /* of before there was such a key */
		event_add_pair(&event, "run_dir", engine->run->dir);
	if (engine->cluster.name && !state_metadata(state, "cluster"))
		event_add_pair(&event, "cluster", engine->cluster.name);
	if (strcmp(conf, old_conf ? old_conf : "") != 0)
		event_add_pair(&event, "slurm_conf", conf);
	free(conf);
	if (!strstr(experiment->file, "/.latsub/experiment.ini")
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
	run_variables_pairs(engine->run, &experiment->spec->env, &event);
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
engine_update_run(struct engine *engine, struct latsub_error *err)
{
	const struct experiment *experiment = engine->experiment;

	if (check_path("the run's directory", engine->run->dir, err)
	    || check_path("workdir", experiment->workdir, err))
		return -1;
	run_tidy(engine->run->dir);
	if (write_copy(engine->run, "experiment.ini", experiment->text,
	               experiment->text_len, err)
	    || write_environment(engine, err) || write_templates(engine, err)
	    || record_changes(engine, err) || record_excluded(engine, err)
	    || record_phases(engine, err))
		return -1;
	/* of an old state file: from here on the journal is the truth */
	if (!engine->run->has_journal && run_read(engine->run, err))
		return -1;
	return run_save(engine->run, err);
}

/* Who holds the lock writes its name next: that may take a moment. */
static void
read_holder(int fd, char *text, size_t size)
{
	struct timespec moment = { 0, 50000000 };
	ssize_t got = pread(fd, text, size - 1, 0);

	for (int i = 0; got == 0 && i < 20; i++) {
		nanosleep(&moment, NULL);
		got = pread(fd, text, size - 1, 0);
	}
	text[got > 0 ? got : 0] = '\0';
}

int
engine_lock(const struct run *run, struct latsub_error *err)
{
	char *path = file_join(run->dir, ".latsub/submit.lock");
	char text[160] = "", host[64] = "?";
	int fd = file_open_new(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW,
	                       run_file_mode(run->dir));

	if (fd < 0) {
		latsub_error_errno(err, "%s", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		read_holder(fd, text, sizeof text);
		latsub_error_set(err, LATSUB_UNFINISHED, "%s: another latsub is "
			"submitting this run (%s); wait for it, then try again",
			run->dir, text_trim(text));
		close(fd);
		fd = -1;
	} else {
		gethostname(host, sizeof host - 1);
		snprintf(text, sizeof text, "process %d on %s\n", (int)getpid(),
		         host);
		/* for people only: the lock is what counts */
		if (ftruncate(fd, 0)
		    || pwrite(fd, text, strlen(text), 0) < 0)
			errno = 0;
	}
	free(path);
	return fd;
}
