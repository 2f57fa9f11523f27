/*
 * edge.h - what a phase waits for: the kinds of edges, and lists of parents.
 *
 * A parent's text is "after:training": so journal and state file have it.  The
 * names of the kinds are also the keys of an experiment.
 */
#ifndef LATSUB_EDGE_H
#define LATSUB_EDGE_H

#include "latsub/text.h"

enum edge_kind {
	EDGE_AFTER,      /* the parent has to complete */
	EDGE_AFTER_ANY,  /* it has to end, in whatever way */
	EDGE_AFTER_EACH, /* a task waits for the parent's task of its index */
	EDGE_KIND_COUNT,
	EDGE_OTHER = EDGE_KIND_COUNT /* a newer latsub's: read, kept and taken
	                              * for EDGE_AFTER */
};

const char *edge_name(enum edge_kind kind); /* not of EDGE_OTHER */
int edge_find(const char *name); /* enum edge_kind, or -1 */
/* Does the child wait in vain for a parent that failed? */
bool edge_needs_completion(enum edge_kind kind);

struct parent {
	enum edge_kind kind;
	char *phase;
	char *other; /* of EDGE_OTHER: the kind's name; else NULL */
};

struct parents { /* zero-initialise; it owns its strings */
	struct parent *items;
	size_t count;
};

void parents_add(struct parents *list, enum edge_kind kind, const char *phase);
/* The same by the kind's name; one that is not known becomes EDGE_OTHER. */
void parents_add_named(struct parents *list, const char *kind,
                       const char *phase);
/* What "after:training" says; without a colon it says nothing. */
void parents_add_text(struct parents *list, const char *text);
/* What was in the one before is replaced. */
void parents_copy(struct parents *to, const struct parents *from);
void parents_clear(struct parents *list);
/* Append "after:training". */
void parent_print(const struct parent *parent, struct strbuf *out);

#endif
