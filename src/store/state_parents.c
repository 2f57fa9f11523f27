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

#include "state_keys.h"

#define FEW_PARENTS 8 /* those stay in people's words */
#define NUMBER_MAX 1000000u /* more are nobody's */

struct state_numbers {
	struct strmap *by_name; /* -> number */
	char **names;           /* of loading; NULL: there is none */
	size_t count;
	uint32_t next;          /* of saving */
};

static bool
are_many(size_t count)
{
	return count > FEW_PARENTS;
}

bool
state_numbers_are_worth_it(const struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		if (are_many(state->phases[i]->parents.count)
		    || are_many(state->phases[i]->ran_without.count))
			return true;
	}
	return false;
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
	if (number > NUMBER_MAX)
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
	strmap_set_number(numbers->by_name, name, number);
}

void
state_read_phase_number(struct state_reading *reading,
                        const struct state_line *line)
{
	state_numbers_set(reading->numbers, line->phase->name,
	                  state_number_of(line->value));
}

/* Once for all, where any list of phases is long. */
void
state_write_phase_number(struct state_writing *writing,
                         const struct state_key *key,
                         const struct phase_state *phase)
{
	struct state_numbers *numbers = writing->numbers;

	if (!numbers)
		return;
	state_put(writing, key, phase, "", "%u", numbers->next);
	state_numbers_set(numbers, phase->name, numbers->next++);
}

/* ---- lists ---- */

/* Add a phase of a list of so many to set; false: it has no number there. */
static bool
add_number(const struct state_numbers *numbers, size_t count, const char *name,
           struct rangeset *set)
{
	size_t number;

	if (!numbers || !are_many(count)
	    || !strmap_get_number(numbers->by_name, name, &number))
		return false;
	rangeset_add(set, (uint32_t)number, (uint32_t)number);
	return true;
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

		if (parent->kind != EDGE_OTHER
		    && add_number(numbers, list->count, parent->phase,
		                  &sets[parent->kind]))
			continue;
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
		if (!add_number(numbers, list->count, list->items[i], &set))
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

/* ---- "GEN WORD WORD": what a generation waits for, or completed without ---- */

void
state_read_waits_for(struct state_reading *reading,
                     const struct state_line *line)
{
	struct phase_state *phase = line->phase;
	struct strlist words = { 0 };

	text_split_words(line->value, &words);
	phase->parents_gen = words.count ? state_number_of(words.items[0]) : 0;
	parents_clear(&phase->parents);
	for (size_t i = 1; i < words.count; i++)
		state_parents_parse(reading->numbers, words.items[i],
		                    &phase->parents);
	strlist_clear(&words);
}

void
state_write_waits_for(struct state_writing *writing,
                      const struct state_key *key,
                      const struct phase_state *phase)
{
	struct strbuf words = { 0 };

	state_parents_print(writing->numbers, &phase->parents, &words);
	if (phase->parents_gen)
		state_put(writing, key, phase, "", "%u%s", phase->parents_gen,
		          strbuf_str(&words));
	strbuf_clear(&words);
}

void
state_read_ran_without(struct state_reading *reading,
                       const struct state_line *line)
{
	struct phase_state *phase = line->phase;
	struct strlist words = { 0 };

	text_split_words(line->value, &words);
	phase->ran_without_gen = words.count ? state_number_of(words.items[0])
		: 0;
	strlist_clear(&phase->ran_without);
	for (size_t i = 1; i < words.count; i++)
		state_names_parse(reading->numbers, words.items[i],
		                  &phase->ran_without);
	strlist_clear(&words);
}

void
state_write_ran_without(struct state_writing *writing,
                        const struct state_key *key,
                        const struct phase_state *phase)
{
	struct strbuf words = { 0 };

	state_names_print(writing->numbers, &phase->ran_without, &words);
	if (phase->ran_without_gen)
		state_put(writing, key, phase, "", "%u%s",
		          phase->ran_without_gen, strbuf_str(&words));
	strbuf_clear(&words);
}
