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
#include <zlib.h>

#include "latsub/fault.h"
#include "latsub/file.h"

#define CHUNK_BYTES (256 * 1024)
#define LINE_MAX_BYTES (16 * 1024 * 1024)
#define WRITE_TRIES 16
#define MARK_BYTES 64

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

/* 1: the last line has no end; -1: it cannot be told. */
static int
ends_torn(int fd, off_t size)
{
	char last;
	ssize_t got = size > 0 ? pread(fd, &last, 1, size - 1) : 0;

	return got < 0 ? -1 : got == 1 && last != '\n';
}

/* Lines that are whole may have been read: they stay, known or not.  Only
 * what is half there is taken back; if that fails, the next writer copes. */
static void
take_back(int fd, off_t before, const struct strbuf *text)
{
	int saved = errno;
	struct stat st;
	size_t whole;

	if (fstat(fd, &st) == 0 && st.st_size > before
	    && st.st_size <= before + (off_t)text->len) {
		whole = (size_t)(st.st_size - before);
		while (whole > 0 && text->data[whole - 1] != '\n')
			whole--;
		(void)!ftruncate(fd, before + (off_t)whole);
	}
	errno = saved;
}

static int
write_locked(int fd, off_t size, const struct strbuf *text)
{
	int torn = ends_torn(fd, size);

	if (torn < 0 || (torn && file_write_all(fd, "\n", 1)))
		return -1;
	if (file_write_all(fd, text->data, text->len) == 0)
		return 0;
	take_back(fd, size + torn, text);
	return -1;
}

/* Another process may write between any two of our writes: so each begins
 * with a line's end, and what was cut off is written again from its start. */
static int
write_unlocked(int fd, const struct strbuf *text)
{
	struct strbuf line = { 0 };
	ssize_t put = 0;

	strbuf_putc(&line, '\n');
	strbuf_add(&line, text->data, text->len);
	for (int i = 0; i < WRITE_TRIES && put >= 0
	     && (size_t)put < line.len; i++) {
		do
			put = write(fd, line.data, line.len);
		while (put < 0 && errno == EINTR);
	}
	if (put >= 0 && (size_t)put < line.len) {
		errno = EIO;
		put = -1;
	}
	strbuf_clear(&line);
	return put < 0 ? -1 : 0;
}

static int
append_text(int fd, const char *path, const struct strbuf *text, bool sync)
{
	struct stat st;
	bool locked;

	fault_point();
	do
		locked = flock(fd, LOCK_EX) == 0;
	while (!locked && errno == EINTR);
	if (fstat(fd, &st))
		return -1;
	if (locked ? write_locked(fd, st.st_size, text)
	    : write_unlocked(fd, text))
		return -1;
	if (sync && (fdatasync(fd)
	             || (st.st_size == 0 && file_sync_directory(path))))
		return -1;
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
	fd = open(*path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
	          | O_NONBLOCK, 0644);
	if (fd < 0)
		latsub_error_errno(err, "%s", *path);
	return fd;
}

static int
encode_all(const struct event *events, size_t count, const char *path,
           struct strbuf *text, struct latsub_error *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t before = text->len;

		journal_encode(&events[i], text);
		if (text->len - before > LINE_MAX_BYTES)
			return latsub_error_set(err, LATSUB_USAGE, "%s: an event "
				"of %zu bytes is more than a journal takes (%d "
				"MiB); give the array shorter values", path,
				text->len - before, LINE_MAX_BYTES >> 20);
	}
	return 0;
}

int
journal_append(const char *dir, const struct event *events, size_t count,
               bool sync, struct latsub_error *err)
{
	struct strbuf text = { 0 };
	char *path;
	int fd = open_own(dir, &path, err);
	int rc = fd < 0 ? -1 : encode_all(events, count, path, &text, err);

	if (rc == 0 && text.len && append_text(fd, path, &text, sync))
		rc = latsub_error_errno(err, "%s", path);
	if (fd >= 0 && close(fd) && rc == 0)
		rc = latsub_error_errno(err, "%s", path);
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
                   off_t offset, const char *mark)
{
	struct journal_offset *to = find_offset(offsets, host);

	to->offset = offset;
	snprintf(to->mark, sizeof to->mark, "%s", mark);
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

/* A checksum of what stands just before the offset: it tells whether the file
 * is still the one that was read. */
static int
read_mark(int fd, off_t offset, char *mark, size_t size)
{
	unsigned char bytes[MARK_BYTES];
	size_t len = offset < MARK_BYTES ? (size_t)offset : MARK_BYTES;
	ssize_t got = pread(fd, bytes, len, offset - (off_t)len);

	if (got < 0)
		return -1;
	snprintf(mark, size, "%08lx", crc32(0, bytes, (uInt)got));
	return 0;
}

struct folding {
	struct journal_offsets *offsets;
	struct state *state;
	struct strbuf text;  /* read, and not folded yet */
	off_t at;            /* of the file, where text ends */
	off_t done;          /* the new offset */
	bool blocked;        /* an event waits: done stays before it */
	bool skipping;       /* the rest of a line that is too long */
};

/* Returns false when the event must wait for one in another file. */
static bool
fold_line(struct folding *f, const char *line, size_t len)
{
	struct event event;
	bool applied = true;

	switch (journal_decode(line, len, &event)) {
	case JOURNAL_DAMAGED:
		f->offsets->damaged += len > 0 && !f->blocked;
		return true;
	case JOURNAL_FOREIGN:
		f->offsets->foreign += !f->blocked;
		return true;
	case JOURNAL_EVENT:
		break;
	}
	if (state_apply(f->state, &event) == STATE_LATER) {
		applied = false;
		f->offsets->waiting++;
	}
	event_clear(&event);
	return applied;
}

/* Fold the whole lines of the text.  What comes after an event that waits is
 * folded, too, and will be again: that does no harm. */
static void
fold_text(struct folding *f)
{
	size_t start = 0;

	while (start < f->text.len) {
		const char *line = f->text.data + start;
		const char *newline = memchr(line, '\n', f->text.len - start);

		if (!newline)
			break;
		if (!f->skipping && !fold_line(f, line,
		                               (size_t)(newline - line)))
			f->blocked = true;
		f->skipping = false;
		start += (size_t)(newline - line) + 1;
		if (!f->blocked)
			f->done = f->at - (off_t)(f->text.len - start);
	}
	if (f->text.len - start > LINE_MAX_BYTES) { /* nobody wrote that */
		f->offsets->damaged += !f->blocked && !f->skipping;
		f->skipping = true;
		start = f->text.len;
		if (!f->blocked)
			f->done = f->at;
	}
	memmove(f->text.data, f->text.data + start, f->text.len - start);
	f->text.len -= start;
}

static int
fold_fd(int fd, struct folding *f)
{
	char *chunk = xmalloc(CHUNK_BYTES);
	ssize_t got;

	while ((got = pread(fd, chunk, CHUNK_BYTES, f->at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		f->at += got;
		f->offsets->bytes_read += (uint64_t)got;
		strbuf_add(&f->text, chunk, (size_t)got);
		fold_text(f);
	}
	free(chunk);
	return got < 0 ? -1 : 0;
}

/* Is the file the one that was read up to the offset, and longer since? */
static int
check_mark(int fd, off_t size, struct journal_offset *from)
{
	char mark[sizeof from->mark];

	if (from->offset == 0)
		return 0;
	if (size >= from->offset && !*from->mark)
		return 0; /* a snapshot of before there were marks */
	if (size >= from->offset
	    && read_mark(fd, from->offset, mark, sizeof mark))
		return -1;
	if (size < from->offset || strcmp(mark, from->mark))
		from->offset = 0; /* cut off or made anew: all of it */
	return 0;
}

static int
fold_open(const char *path, const char *host, off_t size,
          struct journal_offsets *offsets, struct state *state)
{
	struct journal_offset *from = find_offset(offsets, host);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct folding f = { .offsets = offsets, .state = state };
	int rc = -1;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (check_mark(fd, size, from) == 0) {
		f.at = f.done = from->offset;
		rc = fold_fd(fd, &f);
		if (rc == 0)
			rc = read_mark(fd, f.done, from->mark,
			               sizeof from->mark);
		if (rc == 0)
			from->offset = f.done;
	}
	close(fd);
	strbuf_clear(&f.text);
	return rc;
}

/* A file that has nothing new, which is most of many, is not even opened.
 * One that is gone was deleted: what is known of it stays. */
static int
fold_file(const char *dir, const char *name, struct journal_offsets *offsets,
          struct state *state, struct latsub_error *err)
{
	char *path = file_join(dir, name);
	char *host = xstrndup(name, strlen(name) - strlen(".jsonl"));
	struct stat st;
	int rc = 0;

	if (lstat(path, &st)) {
		if (errno != ENOENT)
			rc = latsub_error_errno(err, "%s", path);
	} else if (!S_ISREG(st.st_mode)) {
		rc = latsub_error_set(err, LATSUB_USAGE, "%s: not a regular "
			"file%s: latsub takes no events from it; put the file "
			"itself there, or take it away", path,
			S_ISLNK(st.st_mode) ? " but a symbolic link" : "");
	} else if (st.st_size != find_offset(offsets, host)->offset
	           && fold_open(path, host, st.st_size, offsets, state)) {
		rc = latsub_error_errno(err, "%s", path);
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
	int rc = 0;

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
	closedir(stream);
	return rc;
}

int
journal_exists(const char *dir, bool *exists, struct latsub_error *err)
{
	struct strlist names = { 0 };
	int rc = list_files(dir, &names, err);

	*exists = false;
	/* an empty file is what a full disk, or a kill, left of a first try */
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		char *path = file_join(dir, names.items[i]);
		struct stat st;

		if (lstat(path, &st) == 0)
			*exists |= st.st_size > 0;
		else if (errno != ENOENT)
			rc = latsub_error_errno(err, "%s", path);
		free(path);
	}
	strlist_clear(&names);
	return rc;
}

static off_t
bytes_done(const struct journal_offsets *offsets)
{
	off_t sum = 0;

	for (size_t i = 0; i < offsets->count; i++)
		sum += offsets->items[i].offset;
	return sum;
}

int
journal_fold(const char *dir, struct journal_offsets *offsets,
             struct state *state, bool *changed, struct latsub_error *err)
{
	struct strlist names = { 0 };
	off_t before, first = bytes_done(offsets);
	uint64_t waited;
	int rc = list_files(dir, &names, err);

	/* an event may wait for one of another file: go round while that helps */
	offsets->waiting = 0;
	do {
		waited = offsets->waiting;
		before = bytes_done(offsets);
		offsets->waiting = 0;
		for (size_t i = 0; rc == 0 && i < names.count; i++)
			rc = fold_file(dir, names.items[i], offsets, state,
			               err);
	} while (rc == 0 && offsets->waiting > 0
	         && (offsets->waiting != waited
	             || bytes_done(offsets) != before));
	if (changed)
		*changed = bytes_done(offsets) != first;
	strlist_clear(&names);
	return rc;
}
