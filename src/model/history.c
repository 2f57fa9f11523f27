/*
 * history.c - events sorted into attempts.
 *
 * What counts of two lines is told by what they say, never by which was read first.
 * So the order of events does not matter, nor that one is read twice.
 */
#include "latsub/history.h"

#include <stdlib.h>
#include <string.h>

/* What an event says of the end; OPEN: nothing. */
static const enum history_end end_of[EVENT_KIND_COUNT] = {
	[EVENT_GAVE_UP] = HISTORY_GAVE_UP, [EVENT_LOST] = HISTORY_LOST,
	[EVENT_REQUEUED] = HISTORY_REQUEUED,
	[EVENT_CANCELLED] = HISTORY_CANCELLED, [EVENT_FAILED] = HISTORY_FAILED,
	[EVENT_COMPLETED] = HISTORY_COMPLETED,
};

static int
compare(const struct history_attempt *attempt, uint32_t gen, uint32_t number)
{
	if (attempt->gen != gen)
		return attempt->gen < gen ? -1 : 1;
	return attempt->number < number ? -1 : attempt->number > number;
}

/* How many attempts are before this one.  Mostly all of those that are known. */
static size_t
count_before(const struct history *history, uint32_t gen, uint32_t number)
{
	size_t count = history->count;

	while (count > 0
	       && compare(&history->attempts[count - 1], gen, number) >= 0)
		count--;
	return count;
}

static bool
is_at(const struct history *history, size_t at, uint32_t gen, uint32_t number)
{
	return at < history->count
		&& compare(&history->attempts[at], gen, number) == 0;
}

static struct history_attempt *
attempt_for(struct history *history, uint32_t gen, uint32_t number)
{
	size_t at = count_before(history, gen, number);

	if (is_at(history, at, gen, number))
		return &history->attempts[at];
	if ((history->count & (history->count - 1)) == 0)
		history->attempts = xrealloc(history->attempts,
			(history->count ? 2 * history->count : 1)
			* sizeof *history->attempts);
	memmove(history->attempts + at + 1, history->attempts + at,
	        (history->count - at) * sizeof *history->attempts);
	history->count++;
	history->attempts[at] = (struct history_attempt){ .gen = gen,
		.number = number, .code = -1, .signal = -1 };
	return &history->attempts[at];
}

static void
replace(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

/* ---- what an event says ---- */

static void
take_start(struct history_attempt *attempt, const struct event *event)
{
	if (event->time < attempt->started
	    || (event->time == attempt->started && event->job <= attempt->job))
		return;
	attempt->started = event->time;
	attempt->job = event->job;
	attempt->index = event->tasks.count
		? event->tasks.items[0].first - event->base : 0;
	replace(&attempt->node, event->node);
	replace(&attempt->from, event->from);
}

static bool
is_better_end(const struct history_attempt *attempt, enum history_end end,
              const struct event *event)
{
	bool is_own = event->job != 0;

	if (end != attempt->end)
		return end > attempt->end;
	if (is_own != attempt->is_own_end)
		return is_own;
	if (event->time != attempt->ended)
		return event->time < attempt->ended;
	return event->code > attempt->code;
}

static void
take_end(struct history_attempt *attempt, const struct event *event)
{
	if (!is_better_end(attempt, end_of[event->kind], event))
		return;
	attempt->end = end_of[event->kind];
	attempt->is_own_end = event->job != 0;
	attempt->ended = event->time;
	attempt->code = event->code;
	attempt->signal = event->signal;
	requeue_why_clear(&attempt->requeue);
	requeue_why_copy(&attempt->requeue, &event->requeue);
	replace(&attempt->reason, event->reason);
	replace(&attempt->last_lines, event->text);
}

/* Two nodes may report at once, and number what they report alike. */
static bool
is_newer_checkpoint(const struct history_attempt *attempt,
                    const struct event *event)
{
	if (!attempt->checkpoint)
		return true;
	if (event->seq != attempt->checkpoint_seq)
		return event->seq > attempt->checkpoint_seq;
	if (event->time != attempt->checkpoint_time)
		return event->time > attempt->checkpoint_time;
	return strcmp(event->path, attempt->checkpoint) > 0;
}

static void
take_checkpoint(struct history_attempt *attempt, const struct event *event)
{
	if (!is_newer_checkpoint(attempt, event))
		return;
	attempt->checkpoint_seq = event->seq;
	attempt->checkpoint_time = event->time;
	replace(&attempt->checkpoint, event->path);
}

void
history_add(struct history *history, const struct event *event)
{
	uint32_t gen = event->gen, number = event->attempt;

	if (event->kind == EVENT_STARTED)
		take_start(attempt_for(history, gen, number), event);
	else if (event->kind == EVENT_CHECKPOINT && event->path)
		take_checkpoint(attempt_for(history, gen, number), event);
	else if (end_of[event->kind] != HISTORY_OPEN)
		take_end(attempt_for(history, gen, number), event);
}

void
history_add_to_tasks(struct history *tasks, const struct phase_state *phase,
                     const struct event *event)
{
	struct rangeset of = { 0 };

	if (!event->phase || strcmp(event->phase, phase->name) != 0)
		return;
	phase_tasks_of(phase, event, &of);
	rangeset_for_each_below(&of, phase->total, task)
		history_add(&tasks[task], event);
	rangeset_clear(&of);
}

void
history_clear(struct history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		struct history_attempt *attempt = &history->attempts[i];

		free(attempt->node);
		free(attempt->from);
		requeue_why_clear(&attempt->requeue);
		free(attempt->reason);
		free(attempt->last_lines);
		free(attempt->checkpoint);
	}
	free(history->attempts);
	*history = (struct history){ 0 };
}

/* ---- what others ask ---- */

const struct history_attempt *
history_find(const struct history *history, uint32_t gen, uint32_t number)
{
	size_t at = count_before(history, gen, number);

	return is_at(history, at, gen, number) ? &history->attempts[at] : NULL;
}

const struct history_attempt *
history_started_before(const struct history *history, uint32_t gen,
                       uint32_t number)
{
	size_t at = count_before(history, gen, number);

	while (at > 0 && !history->attempts[at - 1].started)
		at--;
	return at > 0 ? &history->attempts[at - 1] : NULL;
}
