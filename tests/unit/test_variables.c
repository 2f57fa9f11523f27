/*
 * test_variables.c - which value counts, and sets of variables as text.
 */
#include "unit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"
#include "latsub/variables.h"

static const char *environment; /* of the one variable that there is */

static const char *
lookup(const char *name, void *user)
{
	(void)user;
	return strcmp(name, "V") == 0 ? environment : NULL;
}

static void
put(struct variables *to, const char *value, enum variable_source source,
    const char *beside)
{
	struct variable variable = { .name = (char *)(uintptr_t)"V",
		.value = (char *)(uintptr_t)value, .source = source,
		.beside = (char *)(uintptr_t)beside };

	variables_add(to, &variable);
}

enum { FROM_FILE = VARIABLE_FILE, FROM_ENV = VARIABLE_ENVIRONMENT,
       FROM_SET = VARIABLE_SET };

static const struct choice {
	const char *set, *env, *run; /* what there is */
	int run_source;
	const char *beside, *file;
	const char *value;           /* what counts; NULL: nothing */
	int source;
} choices[] = {
	{ NULL, NULL, NULL, 0, NULL, NULL, NULL, 0 },
	{ NULL, NULL, NULL, 0, NULL, "f", "f", FROM_FILE },
	{ NULL, "e", NULL, 0, NULL, "f", "e", FROM_ENV },
	{ NULL, "e", NULL, 0, NULL, NULL, "e", FROM_ENV },
	{ NULL, "", NULL, 0, NULL, "f", "", FROM_ENV },
	{ "s", "e", "r", FROM_ENV, NULL, "f", "s", FROM_SET },
	{ "s", NULL, NULL, 0, NULL, NULL, "s", FROM_SET },
	{ NULL, NULL, "r", FROM_ENV, NULL, "f", "r", FROM_ENV },
	{ NULL, NULL, "r", FROM_SET, NULL, "f", "r", FROM_SET },
	{ NULL, NULL, "r", FROM_ENV, NULL, NULL, "r", FROM_ENV },
	/* the file was edited: its value is the file's to give */
	{ NULL, NULL, "r", FROM_FILE, NULL, "f", "f", FROM_FILE },
	{ NULL, NULL, "r", FROM_FILE, NULL, NULL, "r", FROM_FILE },
	{ NULL, "e", "r", FROM_ENV, NULL, "f", "e", FROM_ENV },
	{ NULL, "e", "r", FROM_SET, NULL, "f", "e", FROM_ENV },
	/* the environment is as it was when --set went against it */
	{ NULL, "e", "r", FROM_SET, "e", "f", "r", FROM_SET },
	{ NULL, "n", "r", FROM_SET, "e", "f", "n", FROM_ENV },
	{ NULL, NULL, "r", FROM_SET, "e", "f", "r", FROM_SET },
};

static void
every_row_of_the_choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
		const struct choice *row = &choices[i];
		struct variables set = { 0 }, run = { 0 };
		struct variable got = { 0 };
		struct variable_sources sources = { .set = &set, .run = &run,
			.environment = lookup };

		environment = row->env;
		if (row->set)
			put(&set, row->set, VARIABLE_SET, NULL);
		if (row->run)
			put(&run, row->run,
			    (enum variable_source)row->run_source, row->beside);
		assert_int_equal(variable_choose(&sources, "V", row->file,
		                                 &got), row->value != NULL);
		if (row->value && (strcmp(got.value, row->value) != 0
		                   || (int)got.source != row->source))
			fail_msg("row %zu: '%s' from %s", i, got.value,
			         variable_source_text(got.source));
		variable_clear(&got);
		variables_clear(&set);
		variables_clear(&run);
	}
}

static void
an_environment_that_does_not_count(void **state)
{
	struct variables run = { 0 };
	struct variable_sources sources = { .run = &run };
	struct variable got;

	(void)state;
	environment = "e";
	put(&run, "r", VARIABLE_ENVIRONMENT, NULL);
	assert_true(variable_choose(&sources, "V", "f", &got));
	assert_string_equal(got.value, "r");
	variable_clear(&got);
	variables_clear(&run);
}

static void
add_hard_ones(struct variables *to)
{
	static const char *const values[] = { "", "x",
		"a=b;c %s \"q\" 'q'\n\t", "\xff\xfe", "\xc3\xa4",
		"{\"hex\":\"41\"}" };

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char name[8], *value = (char *)(uintptr_t)values[i];
		struct variable variable = { .name = name, .value = value,
			.source = (enum variable_source)(i % 3),
			.beside = i % 3 == 2 ? value : NULL };

		snprintf(name, sizeof name, "V%zu", i);
		variables_add(to, &variable);
	}
}

static void
sets_survive_as_text(void **state)
{
	struct variables a = { 0 }, b = { 0 };
	char *text, *again, *mark, *other;

	(void)state;
	add_hard_ones(&a);
	text = variables_print(&a);
	assert_int_equal(variables_parse(&b, text), 0);
	assert_int_equal(b.count, a.count);
	for (size_t i = 0; i < a.count; i++) {
		const struct variable *got = variables_find(&b,
			a.items[i].name);

		assert_non_null(got);
		assert_string_equal(got->value, a.items[i].value);
		assert_int_equal(got->source, a.items[i].source);
		assert_int_equal(got->beside != NULL,
		                 a.items[i].beside != NULL);
	}
	again = variables_print(&b);
	assert_string_equal(text, again);
	free(again);
	mark = variables_mark(text);
	put(&b, "more", VARIABLE_FILE, NULL);
	again = variables_print(&b);
	other = variables_mark(again);
	assert_string_not_equal(mark, other);
	free(other);
	free(mark);
	free(again);
	free(text);
	variables_clear(&a);
	variables_clear(&b);
}

static void
damaged_text_adds_nothing(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "7",
		"{\"A\":[\"x\",\"file\"],\"B\":[\"x\",\"sky\"]}",
		"{\"A\":\"x\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct variables got = { 0 };

		assert_int_equal(variables_parse(&got, texts[i]), -1);
		assert_int_equal(got.count, 0);
		variables_clear(&got);
	}
}

/* The text may be another user's, and is printed. */
static void
what_is_no_name_is_left_out(void **state)
{
	static const char text[] = "{\"\":[\"x\",\"file\"],\"1A\":[\"x\",\"file\"],"
		"\"A\\u001b[31m\":[\"x\",\"file\"],\"A B\":[\"x\",\"file\"],"
		"\"\u00c4\":[\"x\",\"file\"],\"A=1\":[\"x\",\"file\"],"
		"\"_a1\":[\"x\",\"file\"],\"B\":[\"y\",\"set\"]}";
	struct variables got = { 0 };

	(void)state;
	assert_int_equal(variables_parse(&got, text), 0);
	assert_int_equal(got.count, 2);
	assert_non_null(variables_find(&got, "_a1"));
	assert_non_null(variables_find(&got, "B"));
	variables_clear(&got);
}

static void
a_generation_has_its_set(void **state)
{
	/* the order in which events come, and the repetitions, do not matter */
	static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 },
		{ 2, 0, 3, 1 }, { 1, 3, 0, 2 } };
	static const struct { uint32_t gen; const char *mark; } events[] = {
		{ 2, "a" }, { 4, "b" }, { 4, "c" }, { 7, "a" } };

	(void)state;
	for (size_t o = 0; o < 4; o++) {
		struct state *run = state_create();
		struct phase_state *phase = state_add(run, "p");

		for (size_t i = 0; i < 8; i++)
			phase_set_variables(phase,
				events[orders[o][i % 4]].gen,
				events[orders[o][i % 4]].mark);
		assert_null(phase_variables_of(phase, 1));
		assert_string_equal(phase_variables_of(phase, 2), "a");
		assert_string_equal(phase_variables_of(phase, 3), "a");
		assert_string_equal(phase_variables_of(phase, 4), "c");
		assert_string_equal(phase_variables_of(phase, 99), "a");
		assert_int_equal(phase->variables_count, 3);
		state_destroy(run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_choice),
		cmocka_unit_test(an_environment_that_does_not_count),
		cmocka_unit_test(sets_survive_as_text),
		cmocka_unit_test(damaged_text_adds_nothing),
		cmocka_unit_test(what_is_no_name_is_left_out),
		cmocka_unit_test(a_generation_has_its_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
