/*
 * journal_fold.c - everybody's files, from where they were read up to.
 *
 * Beware: a file may be cut off, replaced or deleted at any time, and may end
 * in the middle of a line.  What cannot be read is an error, never absent.  What
 * is damaged may become whole: another node's bytes may come out of their order.
 */
#include "latsub/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "journal_files.h"
#include "latsub/clock.h"
#include "latsub/file.h"

#define CHUNK_BYTES (256 * 1024)
#define MARK_BYTES 64

static struct journal_offset *
find_offset(struct journal_offsets *offsets, const char *host)
{
	size_t at = offsets->count;

	if (!offsets->by_host)
		offsets->by_host = strmap_create();
	if (strmap_get_number(offsets->by_host, host, &at))
		return &offsets->items[at];
	GROW(offsets->items, offsets->count);
	offsets->items[offsets->count++] = (struct journal_offset){
		.host = xstrdup(host) };
	strmap_set_number(offsets->by_host, host, at);
	return &offsets->items[at];
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

/* Damaged lines with no whole one between them.  The offset stays before the first
 * of them. */
struct damage {
	off_t start;
	uint64_t lines;
	bool followed;       /* a whole one comes after them */
	int64_t followed_at; /* the time of the first */
};

struct folding {
	const char *dir, *host;
	struct journal_offsets *offsets;
	struct state *state;
	struct strbuf text;  /* read, and not folded yet */
	off_t at;            /* of the file, where text ends */
	off_t done;          /* the new offset */
	bool blocked;        /* an event waits: done stays before it */
	bool skipping;       /* the rest of a line that is too long */
	uint64_t passed;     /* damaged lines that done has moved past */
	uint64_t held;       /* and those after it */
	struct damage *damages; /* in their order; the first_held before are past */
	size_t damage_count, first_held;
};

static void
hold(struct folding *f, off_t start)
{
	size_t n = f->damage_count;

	f->held++;
	if (n > f->first_held && !f->damages[n - 1].followed) {
		f->damages[n - 1].lines++;
		return;
	}
	GROW(f->damages, n);
	f->damages[f->damage_count++] = (struct damage){ .start = start,
		.lines = 1 };
}

/* The first damaged lines that are held will not become whole any more. */
static void
release_first(struct folding *f)
{
	uint64_t lines = f->damages[f->first_held++].lines;

	f->passed += lines;
	f->held -= lines;
	if (f->held)
		f->done = f->damages[f->first_held].start;
}

static void
note_whole(struct folding *f, int64_t time)
{
	struct damage *last;

	if (!f->held)
		return;
	last = &f->damages[f->damage_count - 1];
	if (!last->followed)
		last->followed_at = time;
	last->followed = true;
	while (f->held && !f->blocked
	       && f->damages[f->first_held].followed
	       && time - f->damages[f->first_held].followed_at
	       >= JOURNAL_DAMAGE_SEC)
		release_first(f);
}

static void
fold_line(struct folding *f, off_t start, const char *line, size_t len)
{
	struct event event;

	switch (journal_decode(line, len, &event)) {
	case JOURNAL_DAMAGED:
		if (len > 0)
			hold(f, start);
		return;
	case JOURNAL_FOREIGN:
		f->offsets->foreign += !f->blocked && !f->held;
		return;
	case JOURNAL_EVENT:
		break;
	}
	event.at_file = f->host;
	event.at_offset = start;
	if (state_apply(f->state, &event) == STATE_LATER) {
		f->blocked = true;
		f->offsets->waiting++;
	}
	note_whole(f, event.time);
	event_clear(&event);
}

/* Fold the whole lines of the text.  What comes after an event that waits, or
 * after a damaged line, is folded, too, and will be again: that does no harm. */
static void
fold_text(struct folding *f)
{
	size_t start = 0;

	while (start < f->text.len) {
		off_t from = f->at - (off_t)(f->text.len - start);
		const char *line = f->text.data + start;
		const char *newline = memchr(line, '\n', f->text.len - start);

		if (!newline)
			break;
		if (!f->skipping)
			fold_line(f, from, line, (size_t)(newline - line));
		f->skipping = false;
		start += (size_t)(newline - line) + 1;
		if (!f->blocked && !f->held)
			f->done = f->at - (off_t)(f->text.len - start);
	}
	if (f->text.len - start > JOURNAL_LINE_MAX) { /* nobody wrote that */
		if (!f->skipping)
			hold(f, f->at - (off_t)(f->text.len - start));
		f->skipping = true;
		start = f->text.len;
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
check_mark(int fd, off_t size, struct journal_offset *from,
           struct state *state)
{
	char mark[sizeof from->mark];

	if (from->offset == 0)
		return 0;
	if (size >= from->offset && !*from->mark)
		return 0; /* a snapshot of before there were marks */
	if (size >= from->offset
	    && read_mark(fd, from->offset, mark, sizeof mark))
		return -1;
	if (size < from->offset || strcmp(mark, from->mark)) {
		from->offset = 0; /* cut off or made anew: all of it */
		state_lose_trails(state);
		from->passed = 0;
	}
	return 0;
}

/* Of the open file, which nobody can exchange between this look and the read. */
static void
note_owner(const struct stat *st, struct journal_offsets *offsets)
{
	bool writable = st->st_mode & (S_IWGRP | S_IWOTH);

	offsets->others |= file_is_others(st);
	offsets->writable |= writable;
	offsets->linked |= writable && st->st_nlink > 1;
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
is_seen_as(const struct journal_offset *of, const struct stat *st)
{
	return st->st_size == of->seen_size
		&& same_time(st->st_mtim, of->seen_mtime)
		&& same_time(st->st_ctim, of->seen_ctime);
}

/* It was read to its end, and only damaged lines hold its offset back: unless it
 * was written to since, there is nothing new. */
static bool
is_unchanged(const struct journal_offset *of, const struct stat *st)
{
	if (st->st_size == of->offset)
		return true;
	return of->settled && is_seen_as(of, st);
}

/* For how long has nobody written to the file, at least?  By the times that the file
 * server gave to the journal's files: this node's clock may be hours off.  And by
 * how long this process has seen the file as it is. */
static int64_t
quiet_seconds(const struct folding *f, const struct stat *st,
              int64_t watched_sec)
{
	struct strlist names = { 0 };
	int64_t quiet = watched_sec;

	if (journal_list_files(f->dir, &names, NULL))
		strlist_clear(&names); /* nothing is known of the others */
	for (size_t i = 0; i < names.count; i++) {
		char *path = file_join(f->dir, names.items[i]);
		struct stat other;

		if (lstat(path, &other) == 0
		    && other.st_mtime - st->st_mtime > quiet)
			quiet = other.st_mtime - st->st_mtime;
		free(path);
	}
	strlist_clear(&names);
	return quiet;
}

/* Damaged lines of long ago were told for long enough. */
static void
drop_old(struct folding *f)
{
	uint64_t passed = f->passed;

	if (f->blocked || f->text.len || f->skipping)
		return;
	while (f->held && f->damages[f->first_held].followed)
		release_first(f);
	if (!f->held)
		f->done = f->at;
	f->passed = passed;
}

/* Before it is read: since when is it as it is now? */
static int64_t
watched_seconds(struct journal_offset *of, const struct stat *st)
{
	int64_t now = (int64_t)clock_now();

	if (!of->seen_since || !is_seen_as(of, st))
		of->seen_since = now + 1; /* 0: never */
	of->seen_size = st->st_size;
	of->seen_mtime = st->st_mtim;
	of->seen_ctime = st->st_ctim;
	return now + 1 - of->seen_since;
}

/* All is read, and counts.  quiet_sec: for so long it was not written to. */
static void
settle(const struct folding *f, int64_t quiet_sec, struct journal_offset *of)
{
	bool is_old = quiet_sec > JOURNAL_SETTLED_SEC;

	of->passed += f->passed;
	of->held = is_old ? 0 : f->held;
	/* (times may be coarse) */
	of->settled = f->held && !f->blocked && f->at == of->seen_size
		&& quiet_sec > 2;
}

/* st: of the open file, so as the server has it. */
static int
fold_new(int fd, const struct stat *st, struct journal_offset *from,
         struct folding *f)
{
	int64_t quiet = watched_seconds(from, st);
	char mark[sizeof from->mark];
	int rc;

	if (check_mark(fd, st->st_size, from, f->state))
		return -1;
	f->at = f->done = from->offset;
	rc = fold_fd(fd, f);
	if (rc == 0 && f->held)
		quiet = quiet_seconds(f, st, quiet);
	if (rc == 0 && f->held && quiet > JOURNAL_SETTLED_SEC)
		drop_old(f);
	if (rc == 0)
		rc = read_mark(fd, f->done, mark, sizeof mark);
	if (rc == 0) {
		settle(f, quiet, from);
		memcpy(from->mark, mark, sizeof mark);
		from->offset = f->done;
	}
	return rc;
}

static int
refuse_kind(const char *path, bool is_link, struct latsub_error *err)
{
	errno = EINVAL;
	return latsub_error_set(err, LATSUB_USAGE, "%s: not a regular "
		"file%s: latsub takes no events from it; put the file "
		"itself there, or take it away", path,
		is_link ? " but a symbolic link" : "");
}

/* One that is gone was deleted: what is known of it stays. */
static int
fold_open(const char *dir, const char *path, struct journal_offset *from,
          struct journal_offsets *offsets, struct state *state,
          struct latsub_error *err)
{
	struct folding f = { .dir = dir, .host = from->host, .offsets = offsets,
		.state = state };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int rc = 0, saved;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return refuse_kind(path, true, err);
	if (fd < 0 || fstat(fd, &st))
		rc = latsub_error_errno(err, "%s", path);
	else
		note_owner(&st, offsets);
	if (rc == 0 && !S_ISREG(st.st_mode))
		rc = refuse_kind(path, false, err);
	else if (rc == 0 && !is_unchanged(from, &st)
	         && fold_new(fd, &st, from, &f))
		rc = latsub_error_errno(err, "%s", path);
	saved = errno;
	strbuf_clear(&f.text);
	free(f.damages);
	if (fd >= 0)
		close(fd);
	errno = saved;
	return rc;
}

/* At a glance a file that has nothing new, which is most of many, is not even
 * opened; but for the own one, of which what was just written counts. */
static bool
is_seen(const char *path, const struct journal_offset *of, const char *own)
{
	struct stat st;

	return strcmp(file_basename(path), own) != 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode)
		&& is_unchanged(of, &st);
}

static int
fold_file(const char *dir, const char *name, const char *own,
          struct journal_offsets *offsets, struct state *state,
          struct latsub_error *err)
{
	char *path = file_join(dir, name);
	char *host = xstrndup(name, strlen(name) - strlen(".jsonl"));
	struct journal_offset *of = find_offset(offsets, host);
	struct file_tries tries = { 0 };
	uint64_t foreign = offsets->foreign, waiting = offsets->waiting;
	int rc = 0;

	if (!offsets->glance || !is_seen(path, of, own)) {
		while ((rc = fold_open(dir, path, of, offsets, state, err))
		       && file_try_again(&tries)) {
			offsets->foreign = foreign; /* all of it anew */
			offsets->waiting = waiting;
		}
	}
	free(host);
	free(path);
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

static uint64_t
count_damaged(const struct journal_offsets *offsets)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < offsets->count; i++)
		sum += offsets->items[i].passed + offsets->items[i].held;
	return sum;
}

int
journal_fold(const char *dir, struct journal_offsets *offsets,
             struct state *state, bool *changed, struct latsub_error *err)
{
	struct strlist names = { 0 };
	char *own = journal_file_name();
	off_t before;
	uint64_t waited, read = offsets->bytes_read;
	int rc = journal_list_files(dir, &names, err);

	/* an event may wait for one of another file: go round while that helps */
	offsets->waiting = 0;
	do {
		waited = offsets->waiting;
		before = bytes_done(offsets);
		offsets->waiting = 0;
		for (size_t i = 0; rc == 0 && i < names.count; i++)
			rc = fold_file(dir, names.items[i], own, offsets, state,
			               err);
	} while (rc == 0 && offsets->waiting > 0
	         && (offsets->waiting != waited
	             || bytes_done(offsets) != before));
	offsets->damaged = count_damaged(offsets);
	if (changed)
		*changed = offsets->bytes_read != read;
	strlist_clear(&names);
	free(own);
	return rc;
}
