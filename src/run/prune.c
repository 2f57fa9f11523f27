/*
 * prune.c - checkpoint_keep: older checkpoints make room.
 *
 * Beware: what is removed here is somebody's work.  Whatever may be in use, or
 * may be another's, stays; a directory is given a temporary name first, so that a
 * part of one is never taken for a checkpoint.
 */
#include "prune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint.h"
#include "latsub/file.h"
#include "refused.h"
#include "watch.h"

#define AT_MOST_SEC 10   /* while Slurm's KILL is near */
#define KEPT_BACK_SEC 5  /* of the time until then */

/* ---- remove ---- */

static int remove_in(int dir, const char *name, dev_t device);

static int
remove_entries(int dir, dev_t device)
{
	DIR *stream = fdopendir(dir); /* which closes it */
	struct dirent *entry;
	int rc = 0;

	if (!stream) {
		close(dir);
		return -1;
	}
	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") != 0
		    && strcmp(entry->d_name, "..") != 0
		    && remove_in(dirfd(stream), entry->d_name, device))
			rc = -1;
	}
	closedir(stream);
	return rc;
}

static int
remove_in(int dir, const char *name, dev_t device)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (!S_ISDIR(st.st_mode)) /* of a link, the link */
		return unlinkat(dir, name, 0);
	if (st.st_dev != device) {
		errno = EXDEV;
		return -1;
	}
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || remove_entries(fd, device))
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}

/* Give a directory a name that no pattern matches; then it is removed. */
static int
remove_last(int dir, const char *name)
{
	char *aside = xasprintf(".%s.pruned.tmp", name);
	struct stat st, own;
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || fstat(dir, &own)) {
		rc = -1;
	} else if (S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		rc = -1;
	} else if (!S_ISDIR(st.st_mode)) {
		rc = unlinkat(dir, name, 0);
	} else if (st.st_dev != own.st_dev) {
		errno = EXDEV;
		rc = -1;
	} else {
		rc = renameat(dir, name, dir, aside);
		if (rc == 0)
			rc = remove_in(dir, aside, own.st_dev);
	}
	free(aside);
	return rc;
}

int
prune_remove(const char *dir, const char *name)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), next, rc = -1;
	char *copy = xstrdup(name), *at = copy;

	for (char *slash; fd >= 0 && (slash = strchr(at, '/')); at = slash + 1) {
		*slash = '\0';
		if (strcmp(at, "..") == 0) {
			errno = EINVAL;
			next = -1;
		} else {
			next = openat(fd, *at ? at : ".", O_RDONLY | O_DIRECTORY
			              | O_NOFOLLOW | O_CLOEXEC);
		}
		close(fd);
		fd = next;
	}
	if (fd >= 0 && *at && strcmp(at, ".") != 0 && strcmp(at, "..") != 0)
		rc = remove_last(fd, at);
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

/* ---- what must stay ---- */

struct pruning {
	struct attempt *attempt;
	struct strlist used; /* real paths */
};

/* A path as the journal has it: checkpoints as seen from the working directory,
 * what an attempt began from as seen from the run's. */
static void
add_used(struct pruning *pruning, const char *dir, const char *path)
{
	char *whole = file_join(dir, path), *real = realpath(whole, NULL);

	if (real)
		strlist_add_owned(&pruning->used, real);
	free(whole);
}

static bool
is_own_alone(const struct attempt *attempt, const struct event *event)
{
	struct rangeset tasks = { 0 };
	bool own = false;

	if (strcmp(event->phase, attempt->phase) == 0) {
		phase_tasks_of(attempt_state(attempt), event, &tasks);
		own = rangeset_count(&tasks) == 1
			&& rangeset_has(&tasks, attempt->task);
	}
	rangeset_clear(&tasks);
	return own;
}

static void
add_report(const struct event *event, void *user)
{
	struct pruning *pruning = user;

	if (event->phase && event->path
	    && !is_own_alone(pruning->attempt, event))
		add_used(pruning, pruning->attempt->experiment->workdir,
		         event->path);
}

/* Does an attempt that began from one still run, as far as is known? */
static void
add_start(const struct event *event, void *user)
{
	struct pruning *pruning = user;
	const struct run *run = pruning->attempt->run;
	const struct phase_state *phase = event->phase && event->from
		? state_find(run->state, event->phase) : NULL;
	struct rangeset tasks = { 0 };

	if (!phase || !phase->cells)
		return;
	phase_tasks_of(phase, event, &tasks);
	for (size_t i = 0; i < tasks.count; i++) {
		uint32_t task = tasks.items[i].first;
		const struct task_cell *cell = task < phase->total
			? &phase->cells[task] : NULL;

		if (cell && cell->state == TASK_STARTED
		    && cell->gen == event->gen
		    && cell->attempt == event->attempt)
			add_used(pruning, run->dir, event->from);
	}
	rangeset_clear(&tasks);
}

static int
find_used(struct pruning *pruning, const char *newest)
{
	const struct attempt *attempt = pruning->attempt;
	const struct state *state = attempt->run->state;
	struct latsub_error err;

	add_used(pruning, "/", newest);
	if (*attempt->checkpoint)
		add_used(pruning, "/", attempt->checkpoint);
	for (size_t i = 0; i < state->count; i++) {
		if (state->phases[i]->checkpoint)
			add_used(pruning, attempt->experiment->workdir,
			         state->phases[i]->checkpoint);
	}
	if (journal_scan(attempt->run->journal_dir, EVENT_CHECKPOINT, add_report,
	                 pruning, &err)
	    || journal_scan(attempt->run->journal_dir, EVENT_STARTED, add_start,
	                    pruning, &err)) {
		printf("latsub: %s\n", err.text);
		return -1;
	}
	return 0;
}

static bool
is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0
		&& (path[len] == '/' || path[len] == '\0');
}

/* Is it, or a part of it, or what it is a part of, in use? */
static bool
is_used(const struct pruning *pruning, const char *path)
{
	char *real = realpath(path, NULL);
	bool used = real == NULL;

	for (size_t i = 0; real && i < pruning->used.count; i++)
		used |= is_below(real, pruning->used.items[i])
			|| is_below(pruning->used.items[i], real);
	free(real);
	return used;
}

static bool
matches_for(const char *pattern, const struct sweep *sweep, uint32_t task,
            const char *name)
{
	char *expanded = spec_expand_pattern(pattern, sweep, task);
	bool matches = fnmatch(expanded, name, FNM_PATHNAME | FNM_PERIOD) == 0;

	free(expanded);
	return matches;
}

/* "seed1*" of task 1 matches what "seed10*" of another does. */
static bool
is_of_another(const struct attempt *attempt, const char *name)
{
	const struct spec *spec = attempt->experiment->spec;
	const struct sweep *now = phase_sweep_now(attempt_state(attempt));
	bool another = false;

	for (size_t i = 0; !another && i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];
		bool own = phase == attempt->spec;
		const struct sweep *sweep = own ? now : &phase->sweep;
		uint64_t tasks = sweep_size(sweep);

		for (uint32_t task = 0; phase->checkpoint && !another
		     && task < tasks; task++)
			another = !(own && task == attempt->task)
				&& matches_for(phase->checkpoint, sweep, task,
				               name);
	}
	return another;
}

/* ---- which go ---- */

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISLNK(st.st_mode);
}

static void
remove_one(const struct pruning *pruning, const char *path)
{
	const struct attempt *attempt = pruning->attempt;
	const char *name = refused_name(attempt, path);

	if (name == path || is_used(pruning, path)
	    || is_of_another(attempt, name))
		return;
	if (prune_remove(attempt->run->dir, name) == 0)
		printf("latsub: %s is removed (checkpoint_keep = %u)\n", path,
		       attempt->spec->checkpoint_keep);
	else if (errno == ELOOP || errno == ENOTDIR)
		printf("latsub: %s is not removed: a symbolic link leads to it\n",
		       path);
	else if (errno != ENOENT)
		printf("latsub: %s is not removed: %s\n", path, strerror(errno));
}

static void
prune(const struct pruning *pruning, const struct strlist *paths,
      double deadline)
{
	const struct attempt *attempt = pruning->attempt;
	uint32_t good = 0;

	for (size_t i = 0; i < paths->count; i++) {
		const char *path = paths->items[i];
		struct checkpoint_look look;

		if (deadline > 0 && watch_now() >= deadline)
			return;
		if (is_link(path))
			continue;
		if (good >= attempt->spec->checkpoint_keep) {
			remove_one(pruning, path);
			continue;
		}
		look = checkpoint_look(path);
		good += look.complete && !refused_has(attempt, path, &look);
	}
}

/* Other matches may be links to what is older. */
static void
add_links(struct pruning *pruning, const struct strlist *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (is_link(paths->items[i]))
			add_used(pruning, "/", paths->items[i]);
	}
}

void
prune_checkpoints(struct attempt *attempt, const char *newest, double leave_by)
{
	struct pruning pruning = { .attempt = attempt };
	struct strlist paths = { 0 };
	double deadline = leave_by > 0 ? leave_by - KEPT_BACK_SEC : 0;

	if (!attempt->spec->checkpoint_keep)
		return;
	if (deadline > watch_now() + AT_MOST_SEC)
		deadline = watch_now() + AT_MOST_SEC;
	attempt_checkpoints(attempt, &paths);
	add_links(&pruning, &paths);
	if (find_used(&pruning, newest) == 0)
		prune(&pruning, &paths, deadline);
	strlist_clear(&pruning.used);
	strlist_clear(&paths);
}
