/*
 * journal_scan.c - events of one kind, looked for in all of the journal.
 *
 * Lines of other kinds are told apart by their first bytes and not decoded, so
 * the cost is that of reading the files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_files.h"
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

/* A file that is gone since it was listed was deleted. */
static int
scan_file(const char *path, const char *mark, journal_scan_f *each, void *user,
          struct latsub_error *err)
{
	char *text;
	size_t len;

	if (file_read(path, SIZE_MAX - 1, &text, &len, NULL, err))
		return errno == ENOENT ? 0 : -1;
	scan_text(text, len, mark, each, user);
	free(text);
	return 0;
}

int
journal_scan(const char *dir, enum event_kind kind, journal_scan_f *each,
             void *user, struct latsub_error *err)
{
	char *mark = xasprintf("\"e\":\"%s\"", event_name(kind));
	struct strlist names = { 0 };
	int rc = journal_list_files(dir, &names, err);

	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		char *path = file_join(dir, names.items[i]);

		rc = scan_file(path, mark, each, user, err);
		free(path);
	}
	strlist_clear(&names);
	free(mark);
	return rc;
}
