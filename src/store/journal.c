/*
 * journal.c - appending to this node's file, folding everybody's.
 *
 * Beware: flock may be refused (ENOLCK, NFS without lockd); the append is
 * then still one O_APPEND write, and the checksum shows what was torn.
 */
#include "latsub/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/fault.h"
#include "latsub/file.h"

#define CHUNK_BYTES (256 * 1024)
#define LINE_MAX_BYTES (16 * 1024 * 1024)

static void
read_boot_id(char *out, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	out[0] = '\0';
	if (!file)
		return;
	if (!fgets(out, (int)size, file))
		out[0] = '\0';
	fclose(file);
}

char *
journal_file_name(void)
{
	char host[256] = "localhost", boot[9];

	gethostname(host, sizeof host - 1);
	for (char *p = host; *p; p++) {
		if (*p == '/' || *p == '=' || *p == '[' || *p == ' ')
			*p = '_';
	}
	read_boot_id(boot, sizeof boot);
	return xasprintf("%s%s%s.jsonl", host, boot[0] ? "-" : "", boot);
}

static bool
ends_torn(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int
append_text(int fd, struct strbuf *text, bool sync)
{
	struct stat st;
	bool locked;
	int saved;

	fault_point();
	do
		locked = flock(fd, LOCK_EX) == 0;
	while (!locked && errno == EINTR);
	if (fstat(fd, &st))
		return -1;
	if (ends_torn(fd, st.st_size) && file_write_all(fd, "\n", 1))
		return -1;
	if (file_write_all(fd, text->data, text->len)
	    || (sync && fdatasync(fd))) {
		saved = errno;
		/* take back what is half there, if nobody can have written
		 * since; the next writer copes anyway */
		if (locked && ftruncate(fd, st.st_size))
			errno = saved;
		errno = saved;
		return -1;
	}
	fault_point();
	return 0;
}

static int
open_own(const char *dir, char **path, struct latsub_error *err)
{
	char *name = journal_file_name();
	int fd;

	*path = file_join(dir, name);
	free(name);
	fd = open(*path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	          0644);
	if (fd < 0)
		latsub_error_errno(err, "%s", *path);
	return fd;
}

int
journal_append(const char *dir, const struct event *events, size_t count,
               bool sync, struct latsub_error *err)
{
	struct strbuf text = { 0 };
	char *path;
	int fd = open_own(dir, &path, err);
	int rc = fd < 0 ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		journal_encode(&events[i], &text);
	if (rc == 0 && text.len && append_text(fd, &text, sync))
		rc = latsub_error_errno(err, "%s", path);
	if (fd >= 0)
		close(fd);
	strbuf_clear(&text);
	free(path);
	return rc;
}

int
journal_sync(const char *dir, struct latsub_error *err)
{
	char *path;
	int fd = open_own(dir, &path, err);
	int rc = fd < 0 ? -1 : 0;

	if (rc == 0 && fdatasync(fd))
		rc = latsub_error_errno(err, "%s", path);
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

/* ---- reading ---- */

static struct journal_offset *
find_offset(struct journal_offsets *offsets, const char *host)
{
	size_t known;

	if (!offsets->by_host)
		offsets->by_host = strmap_create();
	known = (size_t)(uintptr_t)strmap_get(offsets->by_host, host);
	if (known)
		return &offsets->items[known - 1];
	offsets->items = xrealloc(offsets->items, (offsets->count + 1)
	                          * sizeof *offsets->items);
	offsets->items[offsets->count] = (struct journal_offset){
		.host = xstrdup(host) };
	strmap_set(offsets->by_host, host,
	           (void *)(uintptr_t)++offsets->count);
	return &offsets->items[offsets->count - 1];
}

void
journal_set_offset(struct journal_offsets *offsets, const char *host,
                   off_t offset)
{
	find_offset(offsets, host)->offset = offset;
}

void
journal_offsets_clear(struct journal_offsets *offsets)
{
	for (size_t i = 0; i < offsets->count; i++)
		free(offsets->items[i].host);
	free(offsets->items);
	strmap_destroy(offsets->by_host);
	*offsets = (struct journal_offsets){ 0 };
}

/* Returns false when the event must wait for one in another file. */
static bool
fold_line(const char *line, size_t len, struct journal_offsets *offsets,
          struct state *state, bool *changed)
{
	struct event event;
	bool applied = true;

	switch (journal_decode(line, len, &event)) {
	case JOURNAL_DAMAGED:
		offsets->damaged += len > 0;
		return true;
	case JOURNAL_FOREIGN:
		offsets->foreign++;
		return true;
	case JOURNAL_EVENT:
		break;
	}
	if (state_apply(state, &event) == STATE_LATER)
		applied = false;
	else
		*changed = true;
	event_clear(&event);
	return applied;
}

/* Fold the whole lines of text; returns the bytes done with. */
static size_t
fold_text(const char *text, size_t len, struct journal_offsets *offsets,
          struct state *state, bool *changed, bool *blocked)
{
	size_t done = 0;

	while (done < len) {
		const char *newline = memchr(text + done, '\n', len - done);
		size_t size;

		if (!newline)
			break;
		size = (size_t)(newline - (text + done));
		if (!fold_line(text + done, size, offsets, state, changed)) {
			*blocked = true;
			break;
		}
		done += size + 1;
	}
	return done;
}

static int
fold_fd(int fd, off_t *offset, struct journal_offsets *offsets,
        struct state *state, bool *changed)
{
	struct strbuf text = { 0 };
	char *chunk = xmalloc(CHUNK_BYTES);
	bool blocked = false;
	off_t at = *offset;
	int rc = 0;

	while (!blocked) {
		ssize_t got = pread(fd, chunk, CHUNK_BYTES, at);
		size_t done;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rc = -1;
		if (got <= 0 || text.len > LINE_MAX_BYTES)
			break;
		at += got;
		strbuf_add(&text, chunk, (size_t)got);
		done = fold_text(text.data, text.len, offsets, state, changed,
		                 &blocked);
		*offset += (off_t)done;
		memmove(text.data, text.data + done, text.len - done);
		text.len -= done;
	}
	free(chunk);
	strbuf_clear(&text);
	return rc;
}

static int
fold_open(const char *path, off_t *offset, struct journal_offsets *offsets,
          struct state *state, bool *changed, struct latsub_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rc = 0;

	if (fd < 0)
		return latsub_error_errno(err, "%s", path);
	if (fold_fd(fd, offset, offsets, state, changed))
		rc = latsub_error_errno(err, "%s", path);
	close(fd);
	return rc;
}

/* A file that has nothing new, which is most of many, is not even opened. */
static int
fold_file(const char *dir, const char *name, struct journal_offsets *offsets,
          struct state *state, bool *changed, struct latsub_error *err)
{
	char *path = file_join(dir, name);
	char *host = xstrndup(name, strlen(name) - strlen(".jsonl"));
	off_t offset = find_offset(offsets, host)->offset;
	struct stat st;
	int rc = 0;

	if (lstat(path, &st)) {
		rc = latsub_error_errno(err, "%s", path);
	} else if (st.st_size != offset) {
		if (st.st_size < offset) /* cut off or made anew: all of it */
			offset = 0;
		rc = fold_open(path, &offset, offsets, state, changed, err);
		find_offset(offsets, host)->offset = offset;
	}
	free(host);
	free(path);
	return rc;
}

static int
list_files(const char *dir, struct strlist *names, struct latsub_error *err)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	if (!stream)
		return errno == ENOENT ? 0 : latsub_error_errno(err, "%s", dir);
	while ((entry = readdir(stream))) {
		size_t len = strlen(entry->d_name);

		if (len > 6 && entry->d_name[0] != '.'
		    && strcmp(entry->d_name + len - 6, ".jsonl") == 0)
			strlist_add(names, entry->d_name);
	}
	closedir(stream);
	return 0;
}

bool
journal_exists(const char *dir)
{
	struct strlist names = { 0 };
	bool exists = false;

	if (list_files(dir, &names, NULL))
		return false;
	/* an empty file is what a full disk, or a kill, left of a first try */
	for (size_t i = 0; i < names.count; i++) {
		char *path = file_join(dir, names.items[i]);
		struct stat st;

		exists |= stat(path, &st) == 0 && st.st_size > 0;
		free(path);
	}
	strlist_clear(&names);
	return exists;
}

int
journal_fold(const char *dir, struct journal_offsets *offsets,
             struct state *state, bool *changed, struct latsub_error *err)
{
	struct strlist names = { 0 };
	bool any = false, again = true;
	int rc = list_files(dir, &names, err);

	/* a file may wait for another: go round while that helps */
	while (rc == 0 && again) {
		again = false;
		for (size_t i = 0; rc == 0 && i < names.count; i++)
			rc = fold_file(dir, names.items[i], offsets, state,
			               &again, err);
		any |= again;
		again = again && names.count > 1;
	}
	if (changed)
		*changed = any;
	strlist_clear(&names);
	return rc;
}
