/*
 * journal_fold.c - everybody's files, from where they were read up to.
 *
 * Beware: a file may be cut off, replaced or deleted at any time, and may end
 * in the middle of a line.  What cannot be read is an error, never absent.
 */
#include "latsub/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "latsub/file.h"

#define CHUNK_BYTES (256 * 1024)
#define MARK_BYTES 64

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
	if (f->text.len - start > JOURNAL_LINE_MAX) { /* nobody wrote that */
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

/* Of the open file, which nobody can exchange between this look and the read. */
static void
note_owner(int fd, struct journal_offsets *offsets)
{
	struct stat st;

	offsets->others |= fstat(fd, &st) == 0 && (file_is_others(&st)
		|| (st.st_mode & (S_IWGRP | S_IWOTH)));
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
	note_owner(fd, offsets);
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
