/*
 * run_place.c - is a run where it was, and is it ours alone?
 *
 * People move runs to where there is room, and copy them to try something.  A
 * copy must not take the jobs of the other for its own; and a run that somebody
 * else can write to, or that leads out of itself, is a way to have another user
 * run commands.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"
#include "run_other.h"

/* All decide what is run, or where something is written. */
static const enum run_part parts[] = { RUN_HIDDEN, RUN_JOURNAL, RUN_TEMPLATES,
	RUN_EXPERIMENT, RUN_ENVIRONMENT, RUN_COPIES, RUN_LOGS, RUN_STATE };
#define PART_COUNT (sizeof parts / sizeof parts[0])

int
run_check_links(const char *dir, struct latsub_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < PART_COUNT; i++)
		rc = file_check_inside(dir, run_part_name(parts[i]), err);
	return rc;
}

/* How a run is looked over. */
struct look {
	const struct run *run;
	bool owners; /* at the owners alone */
	bool closed; /* nobody else gets at what is in it */
};

static bool
is_closed(const struct run *run)
{
	struct stat st;

	return stat(run->dir, &st) == 0 && !file_is_others(&st)
		&& !(st.st_mode & (S_IXGRP | S_IXOTH));
}

/* Others may write to it by its mode, and cannot: it is in a closed directory, and
 * has no other name or place from where they could. */
static bool
is_out_of_reach(const struct look *look, const char *name)
{
	char *path = file_join(look->run->dir, name);
	struct stat st;
	bool out = look->closed && stat(path, &st) == 0
		&& (S_ISDIR(st.st_mode) || st.st_nlink == 1)
		&& file_check_inside(look->run->dir, name, NULL) == 0;

	free(path);
	return out;
}

/* What is not there is nobody's: an old script's run has few of them yet.  Editors
 * write files anew, by a umask of 002, too: in a closed run that lets nobody in. */
static int
check_part(const struct look *look, const char *name, struct latsub_error *err)
{
	char *path = file_join(look->run->dir, name);
	struct latsub_error why = { 0 };
	int rc = look->owners ? file_check_uid(path, &why)
		: file_check_owner(path, &why);

	if (rc && why.code == LATSUB_USAGE && is_out_of_reach(look, name))
		rc = file_check_uid(path, &why);
	if (rc && why.code == LATSUB_SYSTEM && errno == ENOENT)
		rc = 0;
	if (rc && err)
		*err = why;
	free(path);
	return rc;
}

/* Each file in it, too: one who could write there once may have left his own. */
static int
check_files(const struct look *look, const char *name, struct latsub_error *err)
{
	char *path = file_join(look->run->dir, name);
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = dir || errno == ENOENT ? 0
		: latsub_error_errno(err, "%s", path);

	while (rc == 0 && dir && (errno = 0, (entry = readdir(dir)))) {
		char *file = file_join(name, entry->d_name);

		if (entry->d_name[0] != '.')
			rc = check_part(look, file, err);
		free(file);
	}
	if (rc == 0 && dir && errno)
		rc = latsub_error_errno(err, "%s", path);
	if (dir)
		closedir(dir);
	free(path);
	return rc;
}

/* What jobs read that wait in Slurm: a directory for each text, with templates. */
static int
check_copies(const struct look *look, struct latsub_error *err)
{
	char *copies = run_path_in(look->run->dir, RUN_COPIES);
	DIR *dir = opendir(copies);
	struct dirent *entry;
	int rc = dir || errno == ENOENT ? 0
		: latsub_error_errno(err, "%s", copies);

	while (rc == 0 && dir && (errno = 0, (entry = readdir(dir)))) {
		char *copy = run_copy_name(entry->d_name, RUN_COPY_DIRECTORY);
		char *templates = run_copy_name(entry->d_name,
		                                RUN_COPY_TEMPLATES);

		if (entry->d_name[0] != '.')
			rc = check_part(look, copy, err)
				|| check_files(look, copy, err)
				|| check_files(look, templates, err) ? -1 : 0;
		free(templates);
		free(copy);
	}
	if (rc == 0 && dir && errno)
		rc = latsub_error_errno(err, "%s", copies);
	if (dir)
		closedir(dir);
	free(copies);
	return rc;
}

/* The files that were read may have been others than those that are there now. */
static int
check_what_was_read(const struct look *look, struct latsub_error *err)
{
	const struct run *run = look->run;
	const struct stat *st = &run->doc_stat;
	bool writable = st->st_mode & (S_IWGRP | S_IWOTH), state, journal;

	state = file_is_others(st) || (writable && !look->owners
		&& (!look->closed || st->st_nlink > 1));
	state = run->doc_exists && state;
	journal = run->offsets.others || (!look->owners
		&& (look->closed ? run->offsets.linked : run->offsets.writable));

	if (!state && !journal)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "%s: what was read there was "
		"another user's, or for others to write; do this again",
		state ? run->state_path : run->journal_dir);
}

static int
check_run(const struct look *look, struct latsub_error *err)
{
	const char *dir = look->run->dir;
	int rc = look->owners ? file_check_uid(dir, err)
		: file_check_owner(dir, err);

	for (size_t i = 0; rc == 0 && i < PART_COUNT; i++)
		rc = check_part(look, parts[i] == RUN_STATE
			? look->run->state_path : run_part_name(parts[i]), err);
	return rc || check_files(look, run_part_name(RUN_JOURNAL), err)
		|| check_files(look, run_part_name(RUN_TEMPLATES), err)
		|| check_copies(look, err)
		|| check_what_was_read(look, err) ? -1 : 0;
}

int
run_check_owner(const struct run *run, struct latsub_error *err)
{
	struct look look = { .run = run, .closed = is_closed(run) };

	return check_run(&look, err);
}

int
run_check_uids(const struct run *run, struct latsub_error *err)
{
	struct look look = { .run = run, .owners = true };

	return check_run(&look, err);
}

bool
run_is_others(const struct run *run)
{
	return run_check_owner(run, NULL) != 0;
}

uid_t
run_owner(const struct run *run)
{
	struct stat st;

	return stat(run->dir, &st) ? geteuid() : st.st_uid;
}

/* Is there a run with this id, or can it not be told? */
static enum run_place
what_is_at(const char *dir, const char *run_id)
{
	struct latsub_error err = { 0 };
	struct run *other = run_open_anyhow(dir, &err);
	const char *id = other ? state_metadata(other->state, "run_id") : NULL;
	enum run_place place = id && strcmp(id, run_id) == 0 ? RUN_COPIED
		: other || err.code == LATSUB_USAGE ? RUN_MOVED : RUN_UNSURE;

	run_close(other);
	return place;
}

/* One directory, mounted twice, has two device numbers: what is made in the one
 * is in the other.  Where nothing can be made, the same inode and times tell. */
static bool
is_mounted_twice(const char *dir, const struct stat *now, const char *was,
                 const struct stat *then)
{
	char *probe = run_path_in(dir, RUN_PROBE), *hidden, *other;
	int fd = mkostemp(probe, O_CLOEXEC);
	bool same;

	if (fd < 0) {
		free(probe);
		return now->st_ino == then->st_ino
			&& now->st_mtim.tv_sec == then->st_mtim.tv_sec
			&& now->st_mtim.tv_nsec == then->st_mtim.tv_nsec;
	}
	hidden = run_path_in(was, RUN_HIDDEN);
	other = file_join(hidden, file_basename(probe));
	same = file_exists(other);
	close(fd);
	unlink(probe);
	free(other);
	free(hidden);
	free(probe);
	return same;
}

enum run_place
run_place(const struct run *run)
{
	const char *was = state_metadata(run->state, "run_dir");
	const char *run_id = state_metadata(run->state, "run_id");
	enum run_place place;
	struct stat then, now;

	if (!was || !run_id || strcmp(was, run->dir) == 0)
		return RUN_IN_PLACE;
	if (stat(was, &then))
		return errno == ENOENT || errno == ENOTDIR ? RUN_MOVED
			: RUN_UNSURE;
	if (stat(run->dir, &now))
		return RUN_UNSURE;
	/* one directory has many names */
	if (then.st_dev == now.st_dev && then.st_ino == now.st_ino)
		return RUN_IN_PLACE;
	if (run_is_others(run)) /* what it names is not opened for it */
		return RUN_UNSURE;
	place = what_is_at(was, run_id);
	return place == RUN_COPIED && is_mounted_twice(run->dir, &now, was, &then)
		? RUN_IN_PLACE : place;
}

const char *
run_job_id(const struct run *run)
{
	enum run_place place = run_place(run);

	return place == RUN_COPIED || place == RUN_UNSURE ? ""
		: state_metadata(run->state, "run_id");
}

/* The rest of path below dir, or NULL. */
static const char *
below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return len > 1 && strncmp(path, dir, len) == 0 && path[len] == '/'
		? path + len + 1 : NULL;
}

/* What the run's place is below the working directory says where that is now,
 * if the whole project went along: it does where the old one is gone, and where
 * the experiment is at the new one, too. */
char *
run_workdir(const struct run *run)
{
	const char *workdir = state_metadata(run->state, "workdir");
	const char *was = state_metadata(run->state, "run_dir");
	const char *file = state_metadata(run->state, "experiment");
	const char *rest = workdir && was ? below(was, workdir) : NULL;
	size_t length = strlen(run->dir), tail = rest ? strlen(rest) : 0;
	char *moved = NULL, *beside = NULL;

	if (!rest || run_place(run) == RUN_IN_PLACE || length < tail + 2
	    || strcmp(run->dir + length - tail, rest) != 0
	    || run->dir[length - tail - 1] != '/')
		return workdir ? xstrdup(workdir)
			: file ? file_directory(file) : NULL;
	moved = xstrndup(run->dir, length - tail - 1);
	file = file ? below(file, workdir) : NULL;
	beside = file ? file_join(moved, file) : NULL;
	if (file_exists(workdir) && !(beside && file_exists(beside))) {
		free(moved);
		moved = xstrdup(workdir);
	}
	free(beside);
	return moved;
}
