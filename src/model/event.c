/*
 * event.c - the names of events in the journal, and what an event owns.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

static const char *const event_names[EVENT_KIND_COUNT] = {
	[EVENT_RUN] = "run", [EVENT_PHASE] = "phase",
	[EVENT_INTENDED] = "intended", [EVENT_SUBMITTED] = "submitted",
	[EVENT_STARTED] = "started", [EVENT_CHECKPOINT] = "checkpoint",
	[EVENT_REFUSED] = "refused", [EVENT_LOST] = "lost",
	[EVENT_REQUEUED] = "requeued", [EVENT_CANCELLED] = "cancelled",
	[EVENT_FAILED] = "failed", [EVENT_COMPLETED] = "completed",
	[EVENT_EDITED] = "edited", [EVENT_QUEUED] = "queued",
	[EVENT_EXCLUDED] = "excluded", [EVENT_GAVE_UP] = "gave_up",
};

const char *
event_name(enum event_kind kind)
{
	return event_names[kind];
}

int
event_find(const char *name)
{
	for (int i = 0; i < EVENT_KIND_COUNT; i++) {
		if (strcmp(event_names[i], name) == 0)
			return i;
	}
	return -1;
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
	free(event->sweep);
	free(event->variables);
	parents_clear(&event->parents);
	strlist_clear(&event->ran_without);
	strlist_clear(&event->pairs);
	event_places_clear(&event->before);
	*event = (struct event){ 0 };
}
