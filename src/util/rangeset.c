/*
 * rangeset.c - sets of small numbers as sorted, disjoint, non-adjacent
 * ranges.
 */
#include "latsub/rangeset.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first range whose last is >= value. */
static size_t
lower_bound(const struct rangeset *set, uint32_t value)
{
	size_t low = 0, high = set->count;

	if (high > 0 && set->items[high - 1].last < value)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->items[middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Replace the ranges [from, to) by the count ranges at with. */
static void
splice(struct rangeset *set, size_t from, size_t to,
       const struct range *with, size_t count)
{
	size_t tail = set->count - to;

	if (from + count + tail > set->cap) {
		set->cap = (from + count + tail) * 2;
		set->items = xrealloc(set->items, set->cap * sizeof *set->items);
	}
	if (tail)
		memmove(set->items + from + count, set->items + to,
		        tail * sizeof *set->items);
	if (count)
		memcpy(set->items + from, with, count * sizeof *with);
	set->count = from + count + tail;
}

void
rangeset_add(struct rangeset *set, uint32_t first, uint32_t last)
{
	size_t from = lower_bound(set, first > 0 ? first - 1 : 0);
	size_t to = from;
	struct range merged = { first, last };

	while (to < set->count
	       && (last == UINT32_MAX || set->items[to].first <= last + 1)) {
		if (set->items[to].first < merged.first)
			merged.first = set->items[to].first;
		if (set->items[to].last > merged.last)
			merged.last = set->items[to].last;
		to++;
	}
	splice(set, from, to, &merged, 1);
}

void
rangeset_remove(struct rangeset *set, uint32_t first, uint32_t last)
{
	size_t from = lower_bound(set, first), to = from, count = 0;
	struct range rest[2];

	while (to < set->count && set->items[to].first <= last) {
		if (set->items[to].first < first)
			rest[count++] = (struct range){ set->items[to].first,
			                                first - 1 };
		if (set->items[to].last > last)
			rest[count++] = (struct range){ last + 1,
			                                set->items[to].last };
		to++;
	}
	if (to > from)
		splice(set, from, to, rest, count);
}

bool
rangeset_has(const struct rangeset *set, uint32_t value)
{
	size_t i = lower_bound(set, value);

	return i < set->count && set->items[i].first <= value;
}

uint64_t
rangeset_count(const struct rangeset *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += (uint64_t)set->items[i].last - set->items[i].first + 1;
	return count;
}

/* Few ranges are put in one by one; of many, both sets are gone through once. */
#define FEW_RANGES 8

static const struct range *
take_lower(const struct rangeset *a, size_t *i, const struct rangeset *b,
           size_t *j)
{
	if (*j == b->count || (*i < a->count
	                       && a->items[*i].first <= b->items[*j].first))
		return &a->items[(*i)++];
	return &b->items[(*j)++];
}

void
rangeset_union(struct rangeset *set, const struct rangeset *other)
{
	struct rangeset merged = { 0 };
	size_t i = 0, j = 0;

	if (other->count <= FEW_RANGES) {
		for (i = 0; i < other->count; i++)
			rangeset_add(set, other->items[i].first,
			             other->items[i].last);
		return;
	}
	while (i < set->count || j < other->count) {
		const struct range *range = take_lower(set, &i, other, &j);

		rangeset_add(&merged, range->first, range->last);
	}
	free(set->items);
	*set = merged;
}

/* Append what is left of one range; *j: the first that may cut it. */
static void
add_rest(struct rangeset *to, struct range range, const struct rangeset *cuts,
         size_t *j)
{
	while (*j < cuts->count && cuts->items[*j].last < range.first)
		(*j)++;
	for (size_t k = *j; k < cuts->count
	     && cuts->items[k].first <= range.last; k++) {
		if (cuts->items[k].first > range.first)
			rangeset_add(to, range.first, cuts->items[k].first - 1);
		if (cuts->items[k].last >= range.last)
			return;
		range.first = cuts->items[k].last + 1;
	}
	rangeset_add(to, range.first, range.last);
}

void
rangeset_subtract(struct rangeset *set, const struct rangeset *other)
{
	struct rangeset rest = { 0 };
	size_t j = 0;

	if (other->count <= FEW_RANGES) {
		for (size_t i = 0; i < other->count; i++)
			rangeset_remove(set, other->items[i].first,
			                other->items[i].last);
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		add_rest(&rest, set->items[i], other, &j);
	free(set->items);
	*set = rest;
}

void
rangeset_add_shifted(struct rangeset *set, const struct rangeset *from,
                     int64_t by)
{
	for (size_t i = 0; i < from->count; i++)
		rangeset_add(set, (uint32_t)(from->items[i].first + by),
		             (uint32_t)(from->items[i].last + by));
}

void
rangeset_copy(struct rangeset *to, const struct rangeset *from)
{
	to->count = 0;
	splice(to, 0, 0, from->items, from->count);
}

void
rangeset_take(struct rangeset *set, uint64_t count, struct rangeset *taken)
{
	for (size_t i = 0; i < set->count && count > 0; i++) {
		const struct range *r = &set->items[i];
		uint64_t size = (uint64_t)r->last - r->first + 1;

		size = size < count ? size : count;
		rangeset_add(taken, r->first, r->first + (uint32_t)(size - 1));
		count -= size;
	}
	rangeset_subtract(set, taken);
}

bool
rangeset_equal(const struct rangeset *a, const struct rangeset *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->items[i].first != b->items[i].first
		    || a->items[i].last != b->items[i].last)
			return false;
	}
	return true;
}

void
rangeset_clear(struct rangeset *set)
{
	free(set->items);
	*set = (struct rangeset){ 0 };
}

static int
parse_number(const char **text, uint32_t *out)
{
	uint64_t value = 0;
	const char *p = *text;

	while (*p >= '0' && *p <= '9' && value <= UINT32_MAX)
		value = value * 10 + (uint64_t)(*p++ - '0');
	if (p == *text || value > UINT32_MAX)
		return -1;
	*text = p;
	*out = (uint32_t)value;
	return 0;
}

int
rangeset_parse(struct rangeset *set, const char *text)
{
	struct range range;

	if (!*text)
		return 0;
	for (;;) {
		if (parse_number(&text, &range.first))
			return -1;
		range.last = range.first;
		if (*text == '-' && (text++, parse_number(&text, &range.last)))
			return -1;
		if (range.last < range.first)
			return -1;
		rangeset_add(set, range.first, range.last);
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -1;
	}
}

void
rangeset_print(const struct rangeset *set, struct strbuf *out)
{
	for (size_t i = 0; i < set->count; i++) {
		strbuf_printf(out, i ? ",%u" : "%u", set->items[i].first);
		if (set->items[i].last != set->items[i].first)
			strbuf_printf(out, "-%u", set->items[i].last);
	}
}
