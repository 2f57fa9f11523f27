/*
 * take_run.c - the run that is submitted: made if it is new, and locked.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/file.h"
#include "road.h"

char *
opened_copy_check(const struct run *run)
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

static bool
is_copy_changed(const struct opened *opened)
{
	char *now = opened_copy_check(opened->run);
	bool same = now && opened->copy ? strcmp(now, opened->copy) == 0
		: now == opened->copy;

	free(now);
	return !same;
}

/* Another process may have had the run since it was read. */
static int
read_again(const struct opened *opened, struct latsub_error *err)
{
	struct run *run = opened->run;
	uint32_t revision = run->state->revision;

	if (run_read(run, err))
		return -1;
	if (run->complaints.count == 0 && run->state->revision == revision
	    && !is_copy_changed(opened))
		return 0;
	return latsub_error_set(err, LATSUB_UNFINISHED, "%s: somebody has changed "
		"this run meanwhile; do this again", run->state_path);
}

int
opened_take(struct opened *opened, const struct request *request,
            const struct experiment *experiment, struct latsub_error *err)
{
	const char *dir = request->output_dir;
	struct run *fresh;
	int lock;

	if (opened->run && opened->run->has_journal
	    && state_metadata(opened->run->state, "run_id")) {
		lock = engine_lock(opened->run, err);
		if (lock >= 0 && read_again(opened, err)) {
			close(lock);
			lock = -1;
		}
		return lock;
	}
	if (opened->run) /* of the script before latsub, or a mere file */
		dir = opened->run->dir;
	fresh = engine_create_run(experiment, dir, &lock, err);
	if (!fresh)
		return -1;
	run_close(opened->run);
	opened->run = fresh;
	return lock;
}

void
opened_clear(struct opened *opened)
{
	run_close(opened->run);
	free(opened->copy);
}
