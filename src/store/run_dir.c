/*
 * run_dir.c - a run's directory: made, taken back, tidied.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define LEFTOVER_SEC 3600 /* nobody takes that long to write a file */

static int
make_one(const char *path, mode_t mask, struct latsub_error *err)
{
	if (file_make_directory(path, 0777 & ~mask) && errno != EEXIST
	    && !(errno == EROFS && file_exists(path)))
		return latsub_error_errno(err, "%s", path);
	return 0;
}

int
run_make_masked(const char *dir, mode_t mask, struct latsub_error *err)
{
	static const enum run_part parts[] = { RUN_HIDDEN, RUN_JOURNAL,
		RUN_TEMPLATES, RUN_LOGS };
	char *above = file_directory(dir);
	int rc = file_mkdirs(above, 0777, err);

	if (rc == 0)
		rc = make_one(dir, mask, err);
	for (size_t i = 0; rc == 0 && i < sizeof parts / sizeof *parts; i++) {
		char *path = run_path_in(dir, parts[i]);

		rc = make_one(path, mask, err);
		free(path);
	}
	free(above);
	return rc;
}

int
run_make(const char *dir, struct latsub_error *err)
{
	return run_make_masked(dir, 077, err);
}

mode_t
run_dir_mode(const char *dir)
{
	char *hidden = run_path_in(dir, RUN_HIDDEN);
	struct stat st;
	mode_t mode = stat(hidden, &st) ? 0700 : st.st_mode & 0777;

	free(hidden);
	return mode;
}

mode_t
run_file_mode(const char *dir)
{
	return run_dir_mode(dir) & 0666;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
run_unmake(const char *dir, bool is_new_dir)
{
	char *hidden = run_path_in(dir, RUN_HIDDEN);
	char *state = run_path_in(dir, RUN_STATE);
	char *logs = run_path_in(dir, RUN_LOGS);
	int saved = errno;

	unlink(state);
	nftw(hidden, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	rmdir(logs);
	if (is_new_dir)
		rmdir(dir);
	errno = saved;
	free(logs);
	free(state);
	free(hidden);
}

/* The newest time of what latsub itself has written in a directory, and of that: by
 * the file server's clock, of which ours may be hours ahead. */
static time_t
newest_time(const char *dir, time_t newest)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		struct stat st;

		if (strcmp(entry->d_name, "..") != 0
		    && fstatat(dirfd(stream), entry->d_name, &st,
		               AT_SYMLINK_NOFOLLOW) == 0
		    && st.st_mtime > newest)
			newest = st.st_mtime;
	}
	if (stream)
		closedir(stream);
	return newest;
}

/* Those of latsub's own files only: file_prepare() adds ".new." and six. */
static void
tidy_directory(const char *dir, const char *prefix, time_t now)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		size_t len = strlen(entry->d_name);
		struct stat st;

		if (len > 11 && text_starts(entry->d_name, prefix)
		    && strncmp(entry->d_name + len - 11, ".new.", 5) == 0
		    && fstatat(dirfd(stream), entry->d_name, &st,
		               AT_SYMLINK_NOFOLLOW) == 0
		    && st.st_mtime < now - LEFTOVER_SEC)
			unlinkat(dirfd(stream), entry->d_name, 0);
	}
	if (stream)
		closedir(stream);
}

void
run_tidy(const char *dir)
{
	char *hidden = run_path_in(dir, RUN_HIDDEN);
	char *templates = run_path_in(dir, RUN_TEMPLATES);
	char *journal = run_path_in(dir, RUN_JOURNAL);
	int saved = errno;
	time_t now = newest_time(journal, newest_time(hidden, 0));

	tidy_directory(dir, RUN_STATE_NAME, now);
	tidy_directory(hidden, "", now);
	tidy_directory(templates, "", now);
	errno = saved;
	free(journal);
	free(templates);
	free(hidden);
}
