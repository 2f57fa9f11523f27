/*
 * journal_files.c - which files the journal has.
 *
 * Beware: a file that is not listed would be events that are not there, so what
 * cannot be listed or looked at is an error.
 */
#include "journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "latsub/file.h"
#include "latsub/journal.h"

static int
list_once(const char *dir, struct strlist *names, struct latsub_error *err)
{
	DIR *stream = opendir(dir); /* a new look: NFS keeps old listings */
	struct dirent *entry;
	int rc = 0, saved;

	if (!stream)
		return errno == ENOENT ? 0 : latsub_error_errno(err, "%s", dir);
	while (errno = 0, (entry = readdir(stream))) {
		size_t len = strlen(entry->d_name);

		if (len > 6 && entry->d_name[0] != '.'
		    && strcmp(entry->d_name + len - 6, ".jsonl") == 0)
			strlist_add(names, entry->d_name);
	}
	if (errno) /* a file that is not listed would be events that are not */
		rc = latsub_error_errno(err, "%s", dir);
	saved = errno;
	closedir(stream);
	errno = saved;
	return rc;
}

int
journal_list_files(const char *dir, struct strlist *names,
                   struct latsub_error *err)
{
	struct file_tries tries = { 0 };
	int rc;

	while ((rc = list_once(dir, names, err)) && file_try_again(&tries))
		strlist_clear(names);
	return rc;
}

/* An empty file is what a full disk, or a kill, left of a first try; or what this
 * node remembers of one that another has just begun. */
static int
look_for_events(const char *path, bool *exists, struct latsub_error *err)
{
	struct file_tries tries = { 0 };
	struct stat st;
	int rc;

	do
		rc = lstat(path, &st);
	while (rc && file_try_again(&tries));
	if (rc == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		rc = file_stat_now(path, &st);
	if (rc)
		return errno == ENOENT ? 0 : latsub_error_errno(err, "%s", path);
	*exists |= st.st_size > 0;
	return 0;
}

int
journal_exists(const char *dir, bool *exists, struct latsub_error *err)
{
	struct strlist names = { 0 };
	int rc = journal_list_files(dir, &names, err);

	*exists = false;
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		char *path = file_join(dir, names.items[i]);

		rc = look_for_events(path, exists, err);
		free(path);
	}
	strlist_clear(&names);
	return rc;
}
