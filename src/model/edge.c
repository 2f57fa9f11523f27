/*
 * edge.c - the names of the kinds of edges, and lists of parents.
 */
#include "latsub/edge.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[EDGE_KIND_COUNT] = {
	[EDGE_AFTER] = "after",
	[EDGE_AFTER_ANY] = "after_any",
	[EDGE_AFTER_EACH] = "after_each",
};

const char *
edge_name(enum edge_kind kind)
{
	return names[kind];
}

int
edge_find(const char *name)
{
	for (int i = 0; i < EDGE_KIND_COUNT; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

bool
edge_needs_completion(enum edge_kind kind)
{
	return kind != EDGE_AFTER_ANY;
}

static void
add_owned(struct parents *list, struct parent parent)
{
	GROW(list->items, list->count);
	list->items[list->count++] = parent;
}

void
parents_add(struct parents *list, enum edge_kind kind, const char *phase)
{
	add_owned(list, (struct parent){ kind, xstrdup(phase), NULL });
}

void
parents_add_named(struct parents *list, const char *kind, const char *phase)
{
	int known = edge_find(kind);

	if (known >= 0)
		parents_add(list, (enum edge_kind)known, phase);
	else
		add_owned(list, (struct parent){ EDGE_OTHER, xstrdup(phase),
		                                 xstrdup(kind) });
}

void
parents_add_text(struct parents *list, const char *text)
{
	const char *colon = strchr(text, ':');
	char *kind = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;

	if (colon)
		parents_add_named(list, kind, colon + 1);
	free(kind);
}

void
parents_copy(struct parents *to, const struct parents *from)
{
	parents_clear(to);
	for (size_t i = 0; i < from->count; i++) {
		const struct parent *parent = &from->items[i];

		add_owned(to, (struct parent){ parent->kind,
			xstrdup(parent->phase), xstrdup(parent->other) });
	}
}

void
parents_clear(struct parents *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].phase);
		free(list->items[i].other);
	}
	free(list->items);
	*list = (struct parents){ 0 };
}

void
parent_print(const struct parent *parent, struct strbuf *out)
{
	strbuf_printf(out, "%s:%s", parent->kind == EDGE_OTHER
	              ? parent->other : edge_name(parent->kind), parent->phase);
}
