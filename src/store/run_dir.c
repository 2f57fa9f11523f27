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

int
run_make(const char *dir, struct latsub_error *err)
{
	static const char *const parts[] = { ".latsub/journal",
		".latsub/slurm_templates", "logs" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 3; i++) {
		char *path = file_join(dir, parts[i]);

		rc = file_mkdirs(path, 0755, err);
		free(path);
	}
	return rc;
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
	char *hidden = file_join(dir, ".latsub");
	char *state = file_join(dir, RUN_STATE_NAME);
	char *logs = file_join(dir, "logs");
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

/* Those of latsub's own files only: file_prepare() adds ".new." and six. */
static void
tidy_directory(const char *dir, const char *prefix)
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
		    && st.st_mtime < time(NULL) - LEFTOVER_SEC)
			unlinkat(dirfd(stream), entry->d_name, 0);
	}
	if (stream)
		closedir(stream);
}

void
run_tidy(const char *dir)
{
	char *hidden = file_join(dir, ".latsub");
	char *templates = file_join(hidden, "slurm_templates");
	int saved = errno;

	tidy_directory(dir, RUN_STATE_NAME);
	tidy_directory(hidden, "");
	tidy_directory(templates, "");
	errno = saved;
	free(templates);
	free(hidden);
}
