/*
 * edge.c - the names of the kinds of edges.
 */
#include "latsub/edge.h"

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
