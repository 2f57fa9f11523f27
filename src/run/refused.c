/*
 * refused.c - checkpoints that must not be begun from, by name and mark.
 */
#include "refused.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"

#define REASON_LATE "late"

void
refused_mark(const struct checkpoint_look *look, char *mark)
{
	snprintf(mark, REFUSED_MARK_SIZE, "%016" PRIx64, look->mark);
}

const char *
refused_name(const struct attempt *attempt, const char *path)
{
	return file_relative(attempt->run->dir, path);
}

static void
add(struct attempt *attempt, const char *name, const char *mark)
{
	char *key = xasprintf("%s %s", mark, name);

	if (!attempt->refused)
		attempt->refused = strmap_create();
	strmap_set(attempt->refused, key, attempt);
	free(key);
}

static bool
is_after(const struct event *event, const struct attempt_late *late)
{
	return !late->is_set || event->gen > late->gen
		|| (event->gen == late->gen && event->attempt >= late->number);
}

static void
add_late(struct attempt *attempt, const struct event *event)
{
	struct rangeset tasks = { 0 };

	if (!event->phase || strcmp(event->phase, attempt->phase) != 0
	    || !is_after(event, &attempt->late))
		return;
	phase_tasks_of(attempt_state(attempt), event, &tasks);
	if (rangeset_has(&tasks, attempt->task))
		attempt->late = (struct attempt_late){ true, event->gen,
			event->attempt, event->text ? atof(event->text) : 0 };
	rangeset_clear(&tasks);
}

static void
add_event(const struct event *event, void *user)
{
	if (event->path && event->mark)
		add(user, event->path, event->mark);
	else if (event->reason && strcmp(event->reason, REASON_LATE) == 0)
		add_late(user, event);
}

void
refused_load(struct attempt *attempt)
{
	struct latsub_error err;

	if (journal_scan(attempt->run->journal_dir, EVENT_REFUSED, add_event,
	                 attempt, &err))
		printf("latsub: %s\n", err.text);
}

bool
refused_has(const struct attempt *attempt, const char *path,
            const struct checkpoint_look *look)
{
	char mark[REFUSED_MARK_SIZE], *key;
	bool has;

	if (!attempt->refused)
		return false;
	refused_mark(look, mark);
	key = xasprintf("%s %s", mark, refused_name(attempt, path));
	has = strmap_get(attempt->refused, key) != NULL;
	free(key);
	return has;
}

void
refused_pass_over(struct attempt *attempt, const char *path,
                  const struct checkpoint_look *look)
{
	char mark[REFUSED_MARK_SIZE];

	refused_mark(look, mark);
	add(attempt, refused_name(attempt, path), mark);
}

void
refused_record(struct attempt *attempt, const char *path,
               const struct checkpoint_look *look, const char *why)
{
	struct event event = attempt_event(attempt, EVENT_REFUSED);
	char mark[REFUSED_MARK_SIZE];

	refused_mark(look, mark);
	event.path = xstrdup(refused_name(attempt, path));
	event.mark = xstrdup(mark);
	event.reason = xstrdup(why);
	attempt_record(attempt, &event);
	event_clear(&event);
	refused_pass_over(attempt, path, look);
}

void
refused_record_late(struct attempt *attempt, double stopped_at)
{
	struct event event = attempt_event(attempt, EVENT_REFUSED);

	event.reason = xstrdup(REASON_LATE);
	if (stopped_at > 0)
		event.text = xasprintf("%.6f", stopped_at);
	attempt_record(attempt, &event);
	event_clear(&event);
}
