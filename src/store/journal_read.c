/*
 * journal_read.c - the whole journal, line by line, without the state file.
 *
 * What cannot be read is an error: an answer from a part would not be one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/journal.h"

#define DAMAGED_MAX 20 /* places that are kept */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
list_names(const char *dir, struct strlist *names, struct latsub_error *err)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int rc = 0;

	if (!stream)
		return latsub_error_errno(err, "%s", dir);
	while (errno = 0, (entry = readdir(stream))) {
		if (entry->d_name[0] != '.'
		    && text_ends(entry->d_name, ".jsonl"))
			strlist_add(names, entry->d_name);
	}
	if (errno)
		rc = latsub_error_errno(err, "%s", dir);
	closedir(stream);
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items,
		      compare_names);
	return rc;
}

static void
note_damaged(struct journal_reading *reading, uint32_t file, uint32_t line)
{
	if (reading->damaged++ < DAMAGED_MAX)
		strlist_add_owned(&reading->damaged_at, xasprintf("%s:%u",
			reading->files.items[file], line));
}

static void
read_lines(const char *text, size_t len, uint32_t file, journal_read_f *each,
           void *user, struct journal_reading *reading)
{
	const char *end;

	for (uint32_t line = 1; len > 0 && (end = memchr(text, '\n', len));
	     line++) {
		size_t size = (size_t)(end - text);
		struct event event;

		switch (size ? journal_decode(text, size, &event)
		        : JOURNAL_FOREIGN) {
		case JOURNAL_EVENT:
			each(&event, file, line, user);
			break;
		case JOURNAL_DAMAGED:
			note_damaged(reading, file, line);
			break;
		case JOURNAL_FOREIGN:
			reading->foreign += size > 0;
			break;
		}
		text = end + 1;
		len -= size + 1;
	}
}

int
journal_read(const char *dir, journal_read_f *each, void *user,
             struct journal_reading *reading, struct latsub_error *err)
{
	int rc;

	*reading = (struct journal_reading){ 0 };
	rc = list_names(dir, &reading->files, err);
	for (uint32_t i = 0; rc == 0 && i < reading->files.count; i++) {
		char *path = file_join(dir, reading->files.items[i]), *text;
		size_t len;

		rc = file_read(path, SIZE_MAX - 1, &text, &len, NULL, err);
		if (rc == 0) {
			read_lines(text, len, i, each, user, reading);
			free(text);
		}
		free(path);
	}
	return rc;
}

void
journal_reading_clear(struct journal_reading *reading)
{
	strlist_clear(&reading->files);
	strlist_clear(&reading->damaged_at);
	*reading = (struct journal_reading){ 0 };
}
