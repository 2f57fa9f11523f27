/*
 * words.c - the names that states, events and words have in files.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

static const char *const task_names[TASK_STATE_COUNT] = {
	"none", "intended", "submitted", "started", "lost", "requeued",
	"cancelled", "failed", "completed", "skipped",
};

static const char *const word_names[WORD_COUNT] = {
	"pending", "in_progress", "completed", "failed",
};

static const char *const event_names[EVENT_KIND_COUNT] = {
	"run", "phase", "intended", "submitted", "started", "checkpoint",
	"refused", "lost", "requeued", "cancelled", "failed", "completed", "edited",
	"queued", "excluded", "gave_up",
};

static int
find(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

const char *
task_state_name(enum task_state state)
{
	return task_names[state];
}

int
task_state_find(const char *name)
{
	return find(task_names, TASK_STATE_COUNT, name);
}

const char *
phase_word_name(enum phase_word word)
{
	return word_names[word];
}

int
phase_word_find(const char *name)
{
	return find(word_names, WORD_COUNT, name);
}

const char *
event_name(enum event_kind kind)
{
	return event_names[kind];
}

int
event_find(const char *name)
{
	return find(event_names, EVENT_KIND_COUNT, name);
}

void
event_add_pair(struct event *event, const char *key, const char *value)
{
	strlist_add(&event->pairs, key);
	strlist_add(&event->pairs, value ? value : "");
}

void
event_clear(struct event *event)
{
	free(event->phase);
	rangeset_clear(&event->tasks);
	requeue_why_clear(&event->requeue);
	free(event->node);
	free(event->reason);
	free(event->text);
	free(event->path);
	free(event->epoch);
	free(event->from);
	free(event->own);
	free(event->mark);
	free(event->word);
	free(event->sweep);
	free(event->variables);
	parents_clear(&event->parents);
	strlist_clear(&event->ran_without);
	strlist_clear(&event->pairs);
	event_places_clear(&event->before);
	*event = (struct event){ 0 };
}
