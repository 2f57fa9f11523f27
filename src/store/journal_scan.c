/*
 * journal_scan.c - events of one kind, looked for in all of the journal.
 *
 * Lines of other kinds are told apart by their first bytes and not decoded, so
 * the cost is that of reading the files.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/journal.h"

#define KIND_WITHIN 64 /* bytes: the kind is among a line's first fields */

static void
scan_text(const char *text, size_t len, const char *mark,
          journal_scan_f *each, void *user)
{
	size_t mark_len = strlen(mark);

	for (const char *end; len > 0; text = end + 1) {
		struct event event;
		size_t size;

		end = memchr(text, '\n', len);
		if (!end)
			return;
		size = (size_t)(end - text);
		len -= size + 1;
		if (!memmem(text, size < KIND_WITHIN ? size : KIND_WITHIN, mark,
		            mark_len)
		    || journal_decode(text, size, &event) != JOURNAL_EVENT)
			continue;
		each(&event, user);
		event_clear(&event);
	}
}

int
journal_scan(const char *dir, enum event_kind kind, journal_scan_f *each,
             void *user, struct latsub_error *err)
{
	char *mark = xasprintf("\"e\":\"%s\"", event_name(kind));
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int rc = 0;

	if (!stream)
		rc = latsub_error_errno(err, "%s", dir);
	while (rc == 0 && (entry = readdir(stream))) {
		const char *end = strrchr(entry->d_name, '.');
		char *path, *text;
		size_t len;

		if (!end || strcmp(end, ".jsonl") != 0)
			continue;
		path = file_join(dir, entry->d_name);
		rc = file_read(path, SIZE_MAX - 1, &text, &len, NULL, err);
		if (rc == 0) {
			scan_text(text, len, mark, each, user);
			free(text);
		}
		free(path);
	}
	if (stream)
		closedir(stream);
	free(mark);
	return rc;
}
