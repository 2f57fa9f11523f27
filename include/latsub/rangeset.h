/*
 * rangeset.h - sets of small numbers kept as ranges, written "0-41,43".
 *
 * Adding in order is O(1), elsewhere O(log n) to find and O(n) in the number
 * of ranges to shift.  Used for the tasks of an array and for job ids.
 */
#ifndef LATSUB_RANGESET_H
#define LATSUB_RANGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "latsub/text.h"

struct range {
	uint32_t first, last; /* both included */
};

struct rangeset { /* zero-initialise */
	struct range *items;
	size_t count;
	size_t cap;
};

void rangeset_add(struct rangeset *set, uint32_t first, uint32_t last);
void rangeset_remove(struct rangeset *set, uint32_t first, uint32_t last);
bool rangeset_has(const struct rangeset *set, uint32_t value);
uint64_t rangeset_count(const struct rangeset *set);
void rangeset_union(struct rangeset *set, const struct rangeset *other);
void rangeset_subtract(struct rangeset *set, const struct rangeset *other);
void rangeset_copy(struct rangeset *to, const struct rangeset *from);
/* Move the first count members, or all there are, to taken. */
void rangeset_take(struct rangeset *set, uint64_t count,
                   struct rangeset *taken);
bool rangeset_equal(const struct rangeset *a, const struct rangeset *b);
void rangeset_clear(struct rangeset *set);
/* Add what is in from, each by so much more (or less) than it is there. */
void rangeset_add_shifted(struct rangeset *set, const struct rangeset *from,
                          int64_t by);
/* Parse "0-41,43" ("" is the empty set); -1 when malformed. */
int rangeset_parse(struct rangeset *set, const char *text);
void rangeset_print(const struct rangeset *set, struct strbuf *out);

/* Is there a member from *value on, in the range *at or a later one?  Both are
 * moved to it. */
static inline bool
rangeset_reach(const struct rangeset *set, uint32_t *at, uint32_t *value)
{
	while (*at < set->count && set->items[*at].last < *value)
		++*at;
	if (*at >= set->count)
		return false;
	if (*value < set->items[*at].first)
		*value = set->items[*at].first;
	return true;
}

/* for (each value in the set), in order; break and continue do what they do in a
 * for.  The set must not change meanwhile. */
#define rangeset_for_each(set, value) \
	for (uint32_t value = 0, value##_at = 0; \
	     rangeset_reach((set), &value##_at, &value); \
	     value##_at += value == UINT32_MAX, value++)
/* Only those below a limit: a set may have more than an array has now. */
#define rangeset_for_each_below(set, limit, value) \
	for (uint32_t value = 0, value##_at = 0; \
	     rangeset_reach((set), &value##_at, &value) && value < (limit); \
	     value##_at += value == UINT32_MAX, value++)

#endif
