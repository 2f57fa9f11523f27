/*
 * create_run.c - a run's directory, its copies of the experiment, first events.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "latsub/clock.h"
#include "latsub/engine.h"
#include "latsub/file.h"
#include "latsub/version.h"

#ifndef LATSUB_VERSION
#define LATSUB_VERSION "0"
#endif

/* Runs that are shared are of no use in a directory that nobody can enter. */
static int
make_root(const char *root, unsigned mask, struct latsub_error *err)
{
	char *above = file_directory(root);
	int rc = 0;

	if (mask != SPEC_UMASK)
		rc = file_mkdirs(above, 0777, err);
	free(above);
	if (rc == 0 && mask != SPEC_UMASK)
		(void)!file_make_directory(root, 0777 & ~mask);
	return rc ? rc : file_mkdirs(root, 0777, err);
}

/* Name the directory by second; another run in the same second waits. */
static char *
make_directory(const struct experiment *experiment, struct latsub_error *err)
{
	char *root = file_join(experiment->workdir,
	                       experiment->spec->output_root);
	char *dir = NULL;

	if (make_root(root, experiment->spec->umask, err)) {
		free(root);
		return NULL;
	}
	for (int i = 0; !dir && i < 100; i++) {
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
		clock_pause(0.1);
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
	char *state = run_path_in(path, RUN_STATE);
	char *hidden = run_path_in(path, RUN_HIDDEN);
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
