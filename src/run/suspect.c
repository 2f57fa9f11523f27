/*
 * suspect.c - two quick failures from one checkpoint make it suspect.
 */
#include "suspect.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

void
suspect_add(struct suspect_failures *failures, uint32_t gen, uint32_t attempt,
            const char *from, const char *mark)
{
	GROW(failures->items, failures->count);
	failures->items[failures->count++] = (struct suspect_failure){
		gen, attempt, xstrdup(from), xstrdup(mark) };
}

void
suspect_clear(struct suspect_failures *failures)
{
	for (size_t i = 0; i < failures->count; i++) {
		free(failures->items[i].from);
		free(failures->items[i].mark);
	}
	free(failures->items);
	*failures = (struct suspect_failures){ 0 };
}

static bool
is_from(const struct suspect_failure *failure, const char *name,
        const char *mark)
{
	return strcmp(failure->from, name) == 0
		&& strcmp(failure->mark, mark) == 0;
}

static bool
is_before(const struct suspect_failure *a, const struct suspect_failure *b)
{
	return a->gen != b->gen ? a->gen < b->gen : a->attempt < b->attempt;
}

/* The earliest failure from it that is later than another; NULL: there is none. */
static const struct suspect_failure *
next_failure(const struct suspect_failures *failures,
             const struct suspect_failure *after, const char *name,
             const char *mark)
{
	const struct suspect_failure *next = NULL;

	for (size_t i = 0; i < failures->count; i++) {
		const struct suspect_failure *failure = &failures->items[i];

		if (is_from(failure, name, mark)
		    && (!after || is_before(after, failure))
		    && (!next || is_before(failure, next)))
			next = failure;
	}
	return next;
}

bool
suspect_is(const struct suspect_failures *failures, const char *name,
           const char *mark)
{
	const struct suspect_failure *first, *second = NULL;

	first = next_failure(failures, NULL, name, mark);
	if (first)
		second = next_failure(failures, first, name, mark);
	for (size_t i = 0; second && i < failures->count; i++) {
		if (is_before(second, &failures->items[i])
		    && !is_from(&failures->items[i], name, mark))
			return false;
	}
	return second != NULL;
}
