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

struct state_numbers {
	struct strmap *by_name; /* -> number + 1 */
	char **names;           /* of loading; NULL: there is none */
	size_t count;
};

bool
state_parents_are_many(size_t count)
{
	return count > FEW_PARENTS;
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

/* The number of a phase in a list of so many, and one; or 0. */
static uint32_t
number_in(const struct state_numbers *numbers, size_t count, const char *name)
{
	return numbers && state_parents_are_many(count)
		? (uint32_t)(uintptr_t)strmap_get(numbers->by_name, name) : 0;
}

/* Append " KIND#SET". */
static void
print_set(const char *kind, struct rangeset *set, struct strbuf *out)
{
	if (set->count) {
		strbuf_printf(out, " %s#", kind);
		rangeset_print(set, out);
	}
	rangeset_clear(set);
}

void
state_parents_print(const struct state_numbers *numbers,
                    const struct parents *list, struct strbuf *out)
{
	struct rangeset sets[EDGE_KIND_COUNT] = { { 0 } };

	for (size_t i = 0; i < list->count; i++) {
		const struct parent *parent = &list->items[i];
		uint32_t number = parent->kind == EDGE_OTHER ? 0
			: number_in(numbers, list->count, parent->phase);

		if (number) {
			rangeset_add(&sets[parent->kind], number - 1,
			             number - 1);
			continue;
		}
		strbuf_putc(out, ' ');
		parent_print(parent, out);
	}
	for (int kind = 0; kind < EDGE_KIND_COUNT; kind++)
		print_set(edge_name((enum edge_kind)kind), &sets[kind], out);
}

void
state_names_print(const struct state_numbers *numbers,
                  const struct strlist *list, struct strbuf *out)
{
	struct rangeset set = { 0 };

	for (size_t i = 0; i < list->count; i++) {
		uint32_t number = number_in(numbers, list->count,
		                            list->items[i]);

		if (number)
			rangeset_add(&set, number - 1, number - 1);
		else
			strbuf_printf(out, " %s", list->items[i]);
	}
	print_set("", &set, out);
}

/* Of "KIND#SET" the names of the set, and the kind (caller frees both); or NULL. */
static char *
parse_set(const struct state_numbers *numbers, const char *word,
          struct strlist *names)
{
	size_t len = strcspn(word, ":#");
	struct rangeset set = { 0 };
	bool is_set = word[len] == '#'
		&& rangeset_parse(&set, word + len + 1) == 0;

	if (!is_set)
		rangeset_clear(&set);
	rangeset_for_each_below(&set, numbers->count, n) {
		if (numbers->names[n])
			strlist_add(names, numbers->names[n]);
	}
	rangeset_clear(&set);
	return is_set ? xstrndup(word, len) : NULL;
}

void
state_parents_parse(const struct state_numbers *numbers, const char *word,
                    struct parents *list)
{
	struct strlist names = { 0 };
	char *kind = parse_set(numbers, word, &names);

	if (!kind)
		parents_add_text(list, word);
	for (size_t i = 0; i < names.count; i++)
		parents_add_named(list, kind, names.items[i]);
	strlist_clear(&names);
	free(kind);
}

void
state_names_parse(const struct state_numbers *numbers, const char *word,
                  struct strlist *list)
{
	char *kind = parse_set(numbers, word, list);

	if (!kind)
		strlist_add(list, word);
	free(kind);
}
