/*
 * edge.h - the kinds of edges: how a phase waits for another one.
 */
#ifndef LATSUB_EDGE_H
#define LATSUB_EDGE_H

enum edge_kind {
	EDGE_AFTER,      /* the parent has to complete */
	EDGE_AFTER_ANY,  /* it has to end, in whatever way */
	EDGE_AFTER_EACH, /* a task waits for the parent's task of its index */
	EDGE_KIND_COUNT
};

/* The names are the keys of an experiment, too. */
const char *edge_name(enum edge_kind kind);
int edge_find(const char *name); /* enum edge_kind, or -1 */

#endif
