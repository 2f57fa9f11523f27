/*
 * dag.c - edges, order, cycles.
 */
#include "dag.h"

#include <stdlib.h>
#include <string.h>

static const char *
nearest_phase(const struct spec *spec, const char *word)
{
	const char **names = xcalloc(spec->phase_count, sizeof *names);
	const char *nearest;

	for (size_t i = 0; i < spec->phase_count; i++)
		names[i] = spec->phases[i].name;
	nearest = text_nearest(word, names, spec->phase_count);
	free(names);
	return nearest;
}

static void
add_edge(struct spec *spec, size_t phase, enum edge_kind kind,
         size_t parent, const char *where, struct latsub_errlist *errors)
{
	struct spec_phase *child = &spec->phases[phase];

	if (phase == parent) {
		latsub_errlist_add(errors, "%s: phase '%s' cannot wait for "
		                   "itself; take it out of %s", where,
		                   child->name, edge_name(kind));
		return;
	}
	GROW(child->edges, child->edge_count);
	child->edges[child->edge_count++] = (struct spec_edge){ kind, parent };
}

void
dag_add_edges(struct spec *spec, size_t phase, enum edge_kind kind,
              const char *words, const char *where,
              struct latsub_errlist *errors)
{
	struct strlist list = { 0 };

	text_split_words(words, &list);
	for (size_t i = 0; i < list.count; i++) {
		const char *word = list.items[i];
		long parent = spec_find(spec, word);
		const char *nearest;

		if (parent >= 0) {
			add_edge(spec, phase, kind, (size_t)parent, where,
			         errors);
			continue;
		}
		nearest = nearest_phase(spec, word);
		latsub_errlist_add(errors, "%s: %s names '%.60s', and no phase "
		                   "has that name%s%s%s", where,
		                   edge_name(kind), word,
		                   nearest ? "; did you mean '" : "",
		                   nearest ? nearest : "", nearest ? "'?" : "");
	}
	if (list.count == 0)
		latsub_errlist_add(errors, "%s: %s names no phase; write their "
		                   "names, or take the line out", where,
		                   edge_name(kind));
	strlist_clear(&list);
}

/* Follow unordered parents from start until one comes again. */
static void
report_cycle(const struct spec *spec, const bool *done, size_t start,
             struct latsub_errlist *errors)
{
	size_t *path = xcalloc(spec->phase_count + 1, sizeof *path);
	size_t *seen = xcalloc(spec->phase_count, sizeof *seen);
	struct strbuf text = { 0 };
	size_t len = 0, at = start;

	while (!seen[at]) {
		const struct spec_phase *phase = &spec->phases[at];
		size_t i = 0;

		path[len++] = at;
		seen[at] = len;
		while (done[phase->edges[i].parent])
			i++;
		at = phase->edges[i].parent;
	}
	for (size_t i = len; i >= seen[at]; i--)
		strbuf_printf(&text, "%s -> ", spec->phases[path[i - 1]].name);
	strbuf_puts(&text, spec->phases[path[len - 1]].name);
	latsub_errlist_add(errors, "%s:%d: these phases wait for each other "
	                   "in a circle: %.1500s; take one 'after' out",
	                   spec->file, spec->phases[at].line, text.data);
	strbuf_clear(&text);
	free(seen);
	free(path);
}

struct children {
	size_t *first, *next, *child; /* lists over edges, heads by parent */
};

static struct children
invert_edges(const struct spec *spec, size_t *waiting)
{
	struct children c = { 0 };
	size_t total = 0, edge = 0;

	for (size_t i = 0; i < spec->phase_count; i++)
		total += spec->phases[i].edge_count;
	c.first = xcalloc(spec->phase_count, sizeof *c.first);
	c.next = xcalloc(total + 1, sizeof *c.next);
	c.child = xcalloc(total + 1, sizeof *c.child);
	/* from the end, so that each list is in file order */
	for (size_t i = spec->phase_count; i-- > 0; ) {
		waiting[i] = spec->phases[i].edge_count;
		for (size_t e = 0; e < waiting[i]; e++) {
			size_t parent = spec->phases[i].edges[e].parent;

			edge++;
			c.child[edge] = i;
			c.next[edge] = c.first[parent];
			c.first[parent] = edge;
		}
	}
	return c;
}

void
dag_order(struct spec *spec, struct latsub_errlist *errors)
{
	size_t n = spec->phase_count, count = 0;
	size_t *waiting = xcalloc(n, sizeof *waiting);
	bool *done = xcalloc(n, sizeof *done);
	struct children c = invert_edges(spec, waiting);

	spec->order = xcalloc(n, sizeof *spec->order);
	for (size_t i = 0; i < n; i++) {
		if (waiting[i] == 0)
			spec->order[count++] = i;
	}
	for (size_t at = 0; at < count; at++) {
		done[spec->order[at]] = true;
		for (size_t e = c.first[spec->order[at]]; e; e = c.next[e]) {
			if (--waiting[c.child[e]] == 0)
				spec->order[count++] = c.child[e];
		}
	}
	for (size_t i = 0; count < n && i < n; i++) {
		if (!done[i]) {
			report_cycle(spec, done, i, errors);
			break;
		}
	}
	free(c.first);
	free(c.next);
	free(c.child);
	free(done);
	free(waiting);
}
