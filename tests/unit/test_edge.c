/*
 * test_edge.c - what a phase waits for: as a type, in the journal, and in the
 * state file.
 */
#include "unit.h"

#include "latsub/journal.h"
#include "store/state_keys.h"

static void
each_kind_has_a_name(void **unused)
{
	(void)unused;
	for (int kind = 0; kind < EDGE_KIND_COUNT; kind++)
		assert_int_equal(edge_find(edge_name((enum edge_kind)kind)),
		                 kind);
	assert_int_equal(edge_find("afterwards"), -1);
	assert_int_equal(edge_find(""), -1);
}

static void
only_after_any_lets_a_child_run_after_a_failure(void **unused)
{
	(void)unused;
	assert_true(edge_needs_completion(EDGE_AFTER));
	assert_true(edge_needs_completion(EDGE_AFTER_EACH));
	assert_true(edge_needs_completion(EDGE_OTHER));
	assert_false(edge_needs_completion(EDGE_AFTER_ANY));
}

static void
texts_are_read_and_written(void **unused)
{
	static const char *const texts[] = { "after:a", "after_any:b:c",
		"after_each:d", "after_half:e", ":f" };
	static const enum edge_kind kinds[] = { EDGE_AFTER, EDGE_AFTER_ANY,
		EDGE_AFTER_EACH, EDGE_OTHER, EDGE_OTHER };
	static const char *const phases[] = { "a", "b:c", "d", "e", "f" };
	struct parents parents = { 0 }, copy = { 0 };

	(void)unused;
	for (size_t i = 0; i < 5; i++)
		parents_add_text(&parents, texts[i]);
	parents_add_text(&parents, "says_nothing");
	parents_copy(&copy, &parents);
	parents_clear(&parents);
	assert_int_equal(copy.count, 5);
	for (size_t i = 0; i < 5; i++) {
		struct strbuf text = { 0 };

		assert_int_equal(copy.items[i].kind, kinds[i]);
		assert_string_equal(copy.items[i].phase, phases[i]);
		parent_print(&copy.items[i], &text);
		assert_string_equal(strbuf_str(&text), texts[i]);
		strbuf_clear(&text);
	}
	parents_clear(&copy);
}

/* A line that is read and written again is the same, whoever wrote it first. */
static void
a_journal_line_keeps_its_parents(void **unused)
{
	static const enum event_kind kinds[] = { EVENT_INTENDED,
		EVENT_COMPLETED };

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct event event = { .kind = kinds[i], .all = true }, back;
		struct strbuf line = { 0 }, again = { 0 };

		parents_add_text(&event.parents, "after_half:x");
		parents_add(&event.parents, EDGE_AFTER_ANY, "y");
		strlist_add(&event.ran_without, "z");
		journal_encode(&event, &line);
		assert_non_null(strstr(line.data, kinds[i] == EVENT_INTENDED
			? "\"parents\":[\"after_half:x\",\"after_any:y\"]"
			: "\"parents\":[\"z\"]"));
		assert_int_equal(journal_decode(line.data, line.len - 1, &back),
		                 JOURNAL_EVENT);
		journal_encode(&back, &again);
		assert_string_equal(line.data, again.data);
		event_clear(&event);
		event_clear(&back);
		strbuf_clear(&line);
		strbuf_clear(&again);
	}
}

static struct state_numbers *
twenty_phases(void)
{
	struct state_numbers *numbers = state_numbers_create();

	for (uint32_t i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof name, "p%u", i);
		state_numbers_set(numbers, name, i);
	}
	return numbers;
}

/* What the state file has reads the same, and is written the same. */
static void
expect_words(const char *read, const char *written)
{
	struct state_numbers *numbers = twenty_phases();
	struct parents parents = { 0 };
	struct strlist words = { 0 };
	struct strbuf out = { 0 };

	text_split_words(read, &words);
	for (size_t i = 0; i < words.count; i++)
		state_parents_parse(numbers, words.items[i], &parents);
	state_parents_print(numbers, &parents, &out);
	assert_string_equal(strbuf_str(&out), written);
	strbuf_clear(&out);
	strlist_clear(&words);
	parents_clear(&parents);
	state_numbers_destroy(numbers);
}

static void
long_lists_are_numbers_in_the_state_file(void **unused)
{
	(void)unused;
	expect_words("after:p1 after_any:p2", " after:p1 after_any:p2");
	expect_words("after#0-6 after_each#7,9", " after#0-6 after_each#7,9");
	expect_words("after_any#1-8 after:p0 after:gone",
	             " after:gone after#0 after_any#1-8");
	expect_words("after_half#0-1 after#2-9",
	             " after_half:p0 after_half:p1 after#2-9");
	expect_words("after#30 after#x nothing", "");
}

static void
long_lists_of_names_are_numbers_too(void **unused)
{
	struct state_numbers *numbers = twenty_phases();
	struct strlist names = { 0 };
	struct strbuf out = { 0 };

	(void)unused;
	state_names_parse(numbers, "#0-8", &names);
	state_names_parse(numbers, "gone", &names);
	assert_int_equal(names.count, 10);
	assert_string_equal(names.items[8], "p8");
	state_names_print(numbers, &names, &out);
	assert_string_equal(strbuf_str(&out), " gone #0-8");
	strbuf_clear(&out);
	strlist_clear(&names);
	state_numbers_destroy(numbers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_a_name),
		cmocka_unit_test(only_after_any_lets_a_child_run_after_a_failure),
		cmocka_unit_test(texts_are_read_and_written),
		cmocka_unit_test(a_journal_line_keeps_its_parents),
		cmocka_unit_test(long_lists_are_numbers_in_the_state_file),
		cmocka_unit_test(long_lists_of_names_are_numbers_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
