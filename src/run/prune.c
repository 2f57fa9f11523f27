/*
 * prune.c - checkpoint_keep: older checkpoints make room.
 *
 * Beware: what is removed here is somebody's work.  Whatever may be in use, or
 * may be another's, stays; and so does all, when that cannot be told.
 */
#include "prune.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt_checkpoint.h"
#include "checkpoint.h"
#include "claims.h"
#include "latsub/clock.h"
#include "latsub/file.h"
#include "refused.h"

#define AT_MOST_SEC 10.0  /* while Slurm's KILL is near */
#define AT_ALL_SEC 60.0   /* the job holds its nodes meanwhile */

struct pruning {
	struct attempt *attempt;
	char *pattern;                 /* the task's own */
	double deadline;
	struct strlist old, left;      /* checkpoints; parts of what was removed */
	struct experiment *experiment; /* the whole of it */
	struct claims claims;
	struct prune_used used;
};

/* Half of the time is for what the job has to do after this. */
static double
deadline_for(double leave_by)
{
	double now = clock_now(), left = (leave_by - now) / 2;

	if (leave_by <= 0)
		return now + AT_ALL_SEC;
	return now + (left < AT_MOST_SEC ? left : AT_MOST_SEC);
}

static bool
is_late(const struct pruning *pruning)
{
	return clock_now() >= pruning->deadline;
}

/* ---- what is old ---- */

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISLNK(st.st_mode);
}

static void
find_old(struct pruning *pruning, const struct strlist *paths)
{
	const struct attempt *attempt = pruning->attempt;
	uint32_t good = 0;

	for (size_t i = 0; i < paths->count && !is_late(pruning); i++) {
		const char *path = paths->items[i];
		struct checkpoint_look look;

		if (is_link(path))
			continue;
		if (good >= attempt->spec->checkpoint_keep) {
			strlist_add(&pruning->old, path);
			continue;
		}
		look = checkpoint_look(path, attempt->refused != NULL,
		                       pruning->deadline);
		good += look.complete && !refused_has(attempt, path, &look);
	}
}

/* What "DIR/.NAME.pruned.tmp" was before. */
static char *
name_before(const char *path)
{
	const char *last = file_basename(path);

	return xasprintf("%.*s%.*s", (int)(last - path), path,
	                 (int)(strlen(last) - 1 - strlen(PRUNE_ASIDE_END)),
	                 last + 1);
}

/* Directories that somebody was removing when he was killed. */
static void
find_left(struct pruning *pruning)
{
	const char *last = file_basename(pruning->pattern);
	char *pattern = xasprintf("%.*s.%s" PRUNE_ASIDE_END,
	                          (int)(last - pruning->pattern),
	                          pruning->pattern, last);
	struct stat st;

	checkpoint_glob(pruning->attempt->run->dir, pattern, &pruning->left);
	for (size_t i = 0; i < pruning->left.count; i++) {
		if (lstat(pruning->left.items[i], &st) || !S_ISDIR(st.st_mode)
		    || st.st_uid != geteuid())
			*pruning->left.items[i] = '\0';
	}
	free(pattern);
}

/* ---- whose it is ---- */

/* A job knows its own phase only; this takes all of them. */
static int
load_experiment(struct pruning *pruning)
{
	struct attempt *attempt = pruning->attempt;
	struct latsub_errlist errors = { 0 };
	struct variables variables = { 0 };
	struct experiment_inputs inputs = {
		.workdir = attempt->experiment->workdir,
		.variables = &variables, .keep_env = true };
	struct latsub_error err = { 0 };
	char *copy = run_path_in(attempt->run->dir, RUN_EXPERIMENT);
	int rc = run_variables(attempt->run, NULL, &variables, &err);

	if (rc) {
		printf("latsub: checkpoint_keep removes nothing: %s\n", err.text);
		goto done;
	}
	pruning->experiment = experiment_load(copy, &inputs, &errors);
	if (errors.count) {
		printf("latsub: checkpoint_keep removes nothing: %s\n",
		       errors.texts[0]);
		rc = -1;
		goto done;
	}
done:
	latsub_errlist_clear(&errors);
	variables_clear(&variables);
	free(copy);
	return rc;
}

static void
add_outputs(struct pruning *pruning)
{
	const struct attempt *attempt = pruning->attempt;
	const struct spec *spec = pruning->experiment->spec;

	for (size_t i = 0; i < spec->phase_count && !is_late(pruning); i++) {
		const struct spec_phase *phase = &spec->phases[i];

		if (strcmp(phase->name, attempt->phase) == 0)
			prune_add_outputs(&pruning->used, attempt->run->dir,
				&phase->outputs, pruning->claims.sweep,
				attempt->task);
		else if (!phase->array)
			prune_add_outputs(&pruning->used, attempt->run->dir,
				&phase->outputs, &phase->sweep, 0);
	}
}

static int
find_used(struct pruning *pruning, const char *newest,
          const struct strlist *paths)
{
	const struct attempt *attempt = pruning->attempt;
	struct latsub_error err;

	if (load_experiment(pruning))
		return -1;
	pruning->attempt->run->glance = false; /* what others use now */
	if (run_refresh(pruning->attempt->run, NULL, &err)) {
		printf("latsub: checkpoint_keep removes nothing: %s\n", err.text);
		return -1;
	}
	/* the refresh may have moved the values */
	pruning->claims = (struct claims){ pruning->experiment->spec,
		attempt->phase, phase_sweep_now(attempt_state(attempt)),
		attempt->task };
	add_outputs(pruning);
	return prune_find_used(&pruning->used, pruning->attempt,
	                       pruning->experiment->spec, pruning->pattern, newest, paths,
	                       pruning->deadline);
}

/* ---- away with it ---- */

static void
say_not_removed(const char *path)
{
	if (errno == ELOOP || errno == ENOTDIR)
		printf("latsub: %s is not removed: a symbolic link leads to it\n",
		       path);
	else if (errno != ENOENT && errno != ETIMEDOUT)
		printf("latsub: %s is not removed: %s\n", path, strerror(errno));
}

static void
remove_old(const struct pruning *pruning, const char *path)
{
	const struct attempt *attempt = pruning->attempt;
	const char *name = refused_name(attempt, path);

	if (name == path || prune_is_used(&pruning->used, path)
	    || claims_has(&pruning->claims, name))
		return;
	if (prune_remove(attempt->run->dir, name, pruning->deadline) == 0)
		printf("latsub: %s is removed (checkpoint_keep = %u)\n", path,
		       attempt->spec->checkpoint_keep);
	else
		say_not_removed(path);
}

static void
remove_left(const struct pruning *pruning, const char *path)
{
	const char *dir = pruning->attempt->run->dir, *name;
	char *before;

	if (!*path)
		return;
	before = name_before(path);
	name = file_relative(dir, path);
	if (name != path && !prune_is_used(&pruning->used, path)
	    && !claims_has(&pruning->claims, file_relative(dir, before)))
		prune_remove(dir, name, pruning->deadline);
	free(before);
}

static void
remove_all(const struct pruning *pruning)
{
	for (size_t i = 0; i < pruning->old.count && !is_late(pruning); i++)
		remove_old(pruning, pruning->old.items[i]);
	for (size_t i = 0; i < pruning->left.count && !is_late(pruning); i++)
		remove_left(pruning, pruning->left.items[i]);
}

void
prune_checkpoints(struct attempt *attempt, const char *newest, double leave_by)
{
	struct pruning pruning = { .attempt = attempt,
		.deadline = deadline_for(leave_by) };
	struct strlist paths = { 0 };

	if (!attempt->spec->checkpoint_keep || is_late(&pruning))
		return;
	pruning.pattern = attempt_pattern(attempt);
	if (attempt_checkpoints(attempt, &paths, pruning.deadline) == 0) {
		find_old(&pruning, &paths);
		find_left(&pruning);
	}
	if ((pruning.old.count || pruning.left.count) && !is_late(&pruning)
	    && find_used(&pruning, newest, &paths) == 0)
		remove_all(&pruning);
	fflush(stdout);
	experiment_destroy(pruning.experiment);
	prune_used_clear(&pruning.used);
	strlist_clear(&pruning.left);
	strlist_clear(&pruning.old);
	strlist_clear(&paths);
	free(pruning.pattern);
}
