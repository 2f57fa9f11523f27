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
/* Parse "0-41,43" ("" is the empty set); -1 when malformed. */
int rangeset_parse(struct rangeset *set, const char *text);
void rangeset_print(const struct rangeset *set, struct strbuf *out);

#endif
