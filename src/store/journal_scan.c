/*
 * journal_scan.c - events of one kind or few, looked for in all of the journal.
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

/* Is it a line of one of the kinds?  kinds: bits 1u << kind. */
static bool
is_wanted(const char *line, size_t len, uint32_t kinds)
{
	static const char key[] = "\"e\":\"";
	size_t within = len < KIND_WITHIN ? len : KIND_WITHIN, name_len;
	const char *at = memmem(line, within, key, sizeof key - 1), *end;
	char name[KIND_WITHIN + 1];
	int kind;

	if (!at)
		return false;
	at += sizeof key - 1;
	end = memchr(at, '"', (size_t)(line + within - at));
	if (!end)
		return false;
	name_len = (size_t)(end - at);
	memcpy(name, at, name_len);
	name[name_len] = '\0';
	kind = event_find(name);
	return kind >= 0 && (kinds & (1u << kind));
}

static void
scan_text(const char *host, const char *text, size_t len, uint32_t kinds,
          journal_scan_f *each, void *user)
{
	const char *start = text;

	for (const char *end; len > 0; text = end + 1) {
		struct event event;
		size_t size;

		end = memchr(text, '\n', len);
		if (!end)
			return;
		size = (size_t)(end - text);
		len -= size + 1;
		if (!is_wanted(text, size, kinds)
		    || journal_decode(text, size, &event) != JOURNAL_EVENT)
			continue;
		event.at_file = host;
		event.at_offset = (off_t)(text - start);
		each(&event, user);
		event_clear(&event);
	}
}

/* A file that is gone since it was listed was deleted. */
static int
scan_file(const char *path, uint32_t kinds, journal_scan_f *each, void *user,
          struct latsub_error *err)
{
	const char *name = file_basename(path);
	char *text, *host;
	size_t len;

	if (file_read(path, SIZE_MAX - 1, &text, &len, NULL, err))
		return errno == ENOENT ? 0 : -1;
	host = xstrndup(name, strlen(name) - strlen(".jsonl"));
	scan_text(host, text, len, kinds, each, user);
	free(host);
	free(text);
	return 0;
}

int
journal_scan_kinds(const char *dir, uint32_t kinds, journal_scan_f *each,
                   void *user, struct latsub_error *err)
{
	struct strlist names = { 0 };
	int rc = journal_list_files(dir, &names, err);

	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		char *path = file_join(dir, names.items[i]);

		rc = scan_file(path, kinds, each, user, err);
		free(path);
	}
	strlist_clear(&names);
	return rc;
}

int
journal_scan(const char *dir, enum event_kind kind, journal_scan_f *each,
             void *user, struct latsub_error *err)
{
	return journal_scan_kinds(dir, 1u << kind, each, user, err);
}
