/*
 * trail.c - the newest places of each task: a list for each, all in one pool.
 */
#include "latsub/trail.h"

#include <stdlib.h>

#include "latsub/text.h"

#define LOST UINT32_MAX

void
event_places_add(struct event_places *places, const char *file, off_t offset)
{
	GROW(places->items, places->count);
	places->items[places->count++] = (struct event_place){
		xstrdup(file), offset };
}

void
event_places_clear(struct event_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->items[i].file);
	free(places->items);
	*places = (struct event_places){ 0 };
}

static void
begin(struct trail *trail, uint32_t total)
{
	if (trail->first)
		return;
	trail->first = xcalloc(total, sizeof *trail->first);
	trail->total = total;
}

/* The link that leads to the place, or the last one, which is 0.  *before: how many
 * places come before it. */
static uint32_t *
find_link(struct trail *trail, uint32_t task, uint32_t file, off_t offset,
          unsigned *before)
{
	uint32_t *link = &trail->first[task];

	for (*before = 0; *link; ++*before) {
		struct trail_place *place = &trail->places[*link - 1];

		if (place->file == file && place->offset == offset)
			break;
		link = &place->next;
	}
	return link;
}

static void
give_back(struct trail *trail, uint32_t *link)
{
	uint32_t removed = *link;

	*link = trail->places[removed - 1].next;
	trail->places[removed - 1].next = trail->unused;
	trail->unused = removed;
}

/* index + 1 of a place that nobody has */
static uint32_t
take_unused(struct trail *trail)
{
	uint32_t taken = trail->unused;

	if (taken) {
		trail->unused = trail->places[taken - 1].next;
		return taken;
	}
	GROW(trail->places, trail->count);
	return ++trail->count;
}

void
trail_add(struct trail *trail, uint32_t total, uint32_t task, uint32_t file,
          off_t offset)
{
	unsigned before;
	uint32_t taken;

	begin(trail, total);
	if (task >= trail->total || trail->first[task] == LOST
	    || *find_link(trail, task, file, offset, &before))
		return;
	if (before == TRAIL_PLACES_MAX) {
		trail_lose(trail, total, task);
		return;
	}
	taken = take_unused(trail); /* the places may have moved: look again */
	trail->places[taken - 1] = (struct trail_place){ offset, file, 0 };
	*find_link(trail, task, file, offset, &before) = taken;
}

void
trail_remove(struct trail *trail, uint32_t task, uint32_t file, off_t offset)
{
	unsigned before;
	uint32_t *link;

	if (task >= trail->total || trail->first[task] == LOST)
		return;
	link = find_link(trail, task, file, offset, &before);
	if (*link)
		give_back(trail, link);
}

void
trail_lose(struct trail *trail, uint32_t total, uint32_t task)
{
	begin(trail, total);
	if (task >= trail->total || trail->first[task] == LOST)
		return;
	while (trail->first[task])
		give_back(trail, &trail->first[task]);
	trail->first[task] = LOST;
}

bool
trail_is_lost(const struct trail *trail, uint32_t task)
{
	return task < trail->total && trail->first[task] == LOST;
}

const struct trail_place *
trail_first(const struct trail *trail, uint32_t task)
{
	return task < trail->total && trail->first[task]
		&& trail->first[task] != LOST
		? &trail->places[trail->first[task] - 1] : NULL;
}

const struct trail_place *
trail_next(const struct trail *trail, const struct trail_place *place)
{
	return place->next ? &trail->places[place->next - 1] : NULL;
}

void
trail_renumber(struct trail *trail, const uint32_t *map, uint32_t total)
{
	uint32_t *first;

	if (!trail->first)
		return;
	first = xcalloc(total, sizeof *first);
	for (uint32_t i = 0; i < trail->total; i++) {
		if (map[i] < total) /* (of one that is gone they are kept by none) */
			first[map[i]] = trail->first[i];
	}
	free(trail->first);
	trail->first = first;
	trail->total = total;
}

void
trail_clear(struct trail *trail)
{
	free(trail->first);
	free(trail->places);
	*trail = (struct trail){ 0 };
}
