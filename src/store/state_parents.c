/*
 * state_parents.c - lists of phases in the state file: by name, or, where they are
 * many, by number.
 *
 * In an experiment in which each phase waits for all before it the names would be
 * there millions of times.  "NAME.number=7" in [jobs] gives a phase its number, and
 * "after#0-6,9" stands for "after:NAME" of each of these.
 */
#include <stdlib.h>
#include <string.h>

#include "state_sections.h"

#define FEW_PARENTS 8 /* those stay in people's words */

static const char *const kinds[] = { "after", "after_any", "after_each", "" };
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

struct state_numbers {
	struct strmap *by_name; /* -> number + 1 */
	char **names;           /* of loading; NULL: there is none */
	size_t count;
};

bool
state_parents_are_many(const struct strlist *list)
{
	return list->count > FEW_PARENTS;
}

struct state_numbers *
state_numbers_create(void)
{
	struct state_numbers *numbers = xcalloc(1, sizeof *numbers);

	numbers->by_name = strmap_create();
	return numbers;
}

void
state_numbers_destroy(struct state_numbers *numbers)
{
	if (!numbers)
		return;
	for (size_t i = 0; i < numbers->count; i++)
		free(numbers->names[i]);
	free(numbers->names);
	strmap_destroy(numbers->by_name);
	free(numbers);
}

void
state_numbers_set(struct state_numbers *numbers, const char *name,
                  uint32_t number)
{
	if (number > STATE_NUMBER_MAX)
		return;
	if (number >= numbers->count) {
		size_t count = 2 * (size_t)number + 1;

		numbers->names = xrealloc(numbers->names,
		                          count * sizeof *numbers->names);
		memset(numbers->names + numbers->count, 0,
		       (count - numbers->count) * sizeof *numbers->names);
		numbers->count = count;
	}
	free(numbers->names[number]);
	numbers->names[number] = xstrdup(name);
	strmap_set(numbers->by_name, name, (void *)((uintptr_t)number + 1));
}

/* "after:NAME" or NAME: the kind's index, and where the name begins. */
static size_t
kind_of(const char *item, const char **name)
{
	const char *colon = strchr(item, ':');
	size_t len = colon ? (size_t)(colon - item) : 0;

	*name = colon ? colon + 1 : item;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (strlen(kinds[i]) == len && strncmp(kinds[i], item, len) == 0)
			return i;
	}
	return KIND_COUNT;
}

void
state_parents_print(const struct state_numbers *numbers,
                    const struct strlist *list, struct strbuf *out)
{
	struct rangeset sets[KIND_COUNT] = { { 0 } };

	for (size_t i = 0; i < list->count; i++) {
		const char *name;
		size_t kind = kind_of(list->items[i], &name);
		uintptr_t number = kind < KIND_COUNT && numbers
			&& state_parents_are_many(list)
			? (uintptr_t)strmap_get(numbers->by_name, name) : 0;

		if (number)
			rangeset_add(&sets[kind], (uint32_t)(number - 1),
			             (uint32_t)(number - 1));
		else
			strbuf_printf(out, " %s", list->items[i]);
	}
	for (size_t kind = 0; kind < KIND_COUNT; kind++) {
		if (sets[kind].count) {
			strbuf_printf(out, " %s#", kinds[kind]);
			rangeset_print(&sets[kind], out);
		}
		rangeset_clear(&sets[kind]);
	}
}

void
state_parents_parse(const struct state_numbers *numbers, const char *word,
                    struct strlist *list)
{
	size_t len = strcspn(word, ":#");
	struct rangeset set = { 0 };

	if (word[len] != '#' || rangeset_parse(&set, word + len + 1)) {
		strlist_add(list, word);
		rangeset_clear(&set);
		return;
	}
	for (size_t i = 0; i < set.count; i++) {
		for (uint32_t n = set.items[i].first;
		     n <= set.items[i].last && n < numbers->count; n++) {
			if (numbers->names[n])
				strlist_add_owned(list, xasprintf("%.*s%s%s",
					(int)len, word, len ? ":" : "",
					numbers->names[n]));
		}
	}
	rangeset_clear(&set);
}
