/*
 * run_events.c - what the journal has of one task.
 *
 * Each runner that starts again asks for it.  Through all of the journal, ten thousand
 * tasks that were preempted together would read ten thousand times what all wrote.  So
 * they follow the task's trail, from line to line.
 *
 * Beware: a journal may have been cut off, or put together by a person.  A place that
 * has no event of the task there means that the trail is not whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define LINE_BYTES 1024 /* most lines are shorter */

struct follow {
	struct run *run;
	const struct phase_state *phase;
	uint32_t task;
	uint32_t last_kinds;      /* what stands before these is not asked for */
	struct event_places todo; /* all that were seen; done: those before next */
	size_t next;
	struct strmap *seen; /* "OFFSET FILE" */
	struct event *found;
	size_t count;
	char *open_file;          /* the last one that was read; and fd */
	int fd;
};

static void
add_place(struct follow *f, const char *file, off_t offset)
{
	char *key = xasprintf("%lld %s", (long long)offset, file);

	if (!strmap_get(f->seen, key)) {
		strmap_set(f->seen, key, f);
		event_places_add(&f->todo, file, offset);
	}
	free(key);
}

/* ---- one line ---- */

/* Up to its end; 0, or -1: there is none, or with errno. */
static int
read_line(int fd, off_t offset, struct strbuf *line)
{
	char bytes[LINE_BYTES];
	ssize_t got;

	while ((got = pread(fd, bytes, sizeof bytes, offset)) != 0) {
		const char *end;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		end = memchr(bytes, '\n', (size_t)got);
		strbuf_add(line, bytes, end ? (size_t)(end - bytes)
		           : (size_t)got);
		if (end)
			return 0;
		if (line->len > JOURNAL_LINE_MAX)
			break;
		offset += got;
	}
	errno = 0;
	return -1;
}

static void
close_file(struct follow *f)
{
	int saved = errno;

	if (f->fd >= 0)
		close(f->fd);
	free(f->open_file);
	f->open_file = NULL;
	f->fd = -1;
	errno = saved;
}

static int
open_file(struct follow *f, const char *file)
{
	char *name = xasprintf("%s.jsonl", file);
	char *path = file_join(f->run->journal_dir, name);

	close_file(f);
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	f->open_file = f->fd < 0 ? NULL : xstrdup(file);
	free(path);
	free(name);
	return f->fd < 0 ? -1 : 0;
}

static int
read_at(struct follow *f, const struct event_place *place, struct strbuf *line)
{
	struct file_tries tries = { 0 };
	int rc;

	do {
		strbuf_clear(line);
		rc = f->open_file && strcmp(f->open_file, place->file) == 0
			? 0 : open_file(f, place->file);
		if (rc == 0)
			rc = read_line(f->fd, place->offset, line);
		if (rc)
			close_file(f);
	} while (rc && errno && file_try_again(&tries));
	return rc;
}

static bool
is_of_task(const struct follow *f, const struct event *event)
{
	struct rangeset tasks = { 0 };
	bool is;

	if (!event->phase || strcmp(event->phase, f->phase->name) != 0
	    || !(1u << event->kind & STATE_TRAIL_KINDS))
		return false;
	phase_tasks_of(f->phase, event, &tasks);
	is = rangeset_has(&tasks, f->task);
	rangeset_clear(&tasks);
	return is;
}

/* A file that lost its end and was written to again: this stands where another did,
 * and what that led to is not known. */
static bool
names_what_is_later(const struct event *event, const struct event_place *place)
{
	bool names = false;

	for (size_t i = 0; i < event->before.count; i++) {
		const struct event_place *before = &event->before.items[i];

		names |= strcmp(before->file, place->file) == 0
			&& before->offset >= place->offset;
	}
	return names;
}

/* 1: it stands there; 0: no such event does, so the trail is not whole. */
static int
read_event(struct follow *f, const struct event_place *place,
           struct event *event, struct latsub_error *err)
{
	struct strbuf line = { 0 };
	int rc = read_at(f, place, &line);

	if (rc && errno && errno != ENOENT) {
		latsub_error_errno(err, "%s/%s.jsonl", f->run->journal_dir,
		                   place->file);
	} else if (rc || journal_decode(strbuf_str(&line), line.len, event)
	           != JOURNAL_EVENT) {
		rc = 0;
	} else {
		rc = is_of_task(f, event) && !names_what_is_later(event, place);
		event->at_offset = place->offset;
		if (!rc)
			event_clear(event);
	}
	strbuf_clear(&line);
	return rc;
}

/* ---- all of them ---- */

static void
keep_event(struct follow *f, const struct event *event)
{
	GROW(f->found, f->count);
	f->found[f->count++] = *event;
}

/* 1: all is found; 0: the trail is not whole. */
static int
follow_trail(struct follow *f, struct latsub_error *err)
{
	const struct trail_place *place = trail_first(&f->phase->trail, f->task);
	struct event event;
	int rc = phase_trail_is_whole(f->phase, f->task);

	for (; place; place = trail_next(&f->phase->trail, place))
		add_place(f, f->run->state->trail_files.items[place->file],
		          place->offset);
	while (rc == 1 && f->next < f->todo.count) {
		struct event_place at = f->todo.items[f->next++];

		rc = read_event(f, &at, &event, err);
		if (rc != 1)
			break;
		for (size_t i = 0; i < event.before.count
		     && !(1u << event.kind & f->last_kinds); i++)
			add_place(f, event.before.items[i].file,
			          event.before.items[i].offset);
		keep_event(f, &event);
	}
	return rc;
}

struct filter {
	const struct follow *follow;
	journal_scan_f *each;
	void *user;
};

static void
tell_own(const struct event *event, void *user)
{
	const struct filter *filter = user;

	if (is_of_task(filter->follow, event))
		filter->each(event, filter->user);
}

static int
refresh_now(struct run *run, struct latsub_error *err)
{
	bool glance = run->glance;
	int rc;

	run->glance = false;
	rc = run_refresh(run, NULL, err);
	run->glance = glance;
	return rc;
}

static int
find_events(struct follow *f, const char *phase, uint32_t kinds,
            journal_scan_f *each, void *user, struct latsub_error *err)
{
	struct filter filter = { f, each, user };
	struct run *run = f->run;
	int rc;

	if (refresh_now(run, err))
		return -1;
	f->phase = state_find(run->state, phase);
	if (!f->phase)
		return 0;
	f->seen = strmap_create();
	f->fd = -1;
	rc = follow_trail(f, err);
	for (size_t i = 0; i < f->count; i++) {
		if (rc == 1 && kinds & 1u << f->found[i].kind)
			each(&f->found[i], user);
		event_clear(&f->found[i]);
	}
	close_file(f);
	if (rc == 0)
		rc = journal_scan_kinds(run->journal_dir, kinds, tell_own,
		                        &filter, err);
	free(f->found);
	event_places_clear(&f->todo);
	strmap_destroy(f->seen);
	return rc < 0 ? -1 : 0;
}

int
run_task_events(struct run *run, const char *phase, uint32_t task,
                uint32_t kinds, journal_scan_f *each, void *user,
                struct latsub_error *err)
{
	struct follow f = { .run = run, .task = task };

	return find_events(&f, phase, kinds, each, user, err);
}

int
run_task_newest(struct run *run, const char *phase, uint32_t task,
                enum event_kind kind, journal_scan_f *each, void *user,
                struct latsub_error *err)
{
	struct follow f = { .run = run, .task = task, .last_kinds = 1u << kind };

	return find_events(&f, phase, 1u << kind, each, user, err);
}

static void
add_to_history(const struct event *event, void *user)
{
	history_add(user, event);
}

int
run_task_starts(struct run *run, const char *phase, uint32_t task,
                struct history *history, struct latsub_error *err)
{
	return run_task_events(run, phase, task,
	                       1u << EVENT_STARTED | 1u << EVENT_GAVE_UP,
	                       add_to_history, history, err);
}
