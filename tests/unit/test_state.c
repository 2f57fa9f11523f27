/*
 * test_state.c - the fold: any order, any repetition, the same state.
 */
#include "state_fixture.h"

/* Deliver until all is taken, as the journal's reader does. */
static struct state *
deliver(const struct event *events, const size_t *order, size_t count)
{
	struct state *state = state_create();
	bool *taken = xcalloc(count, sizeof *taken);
	size_t left = count;

	while (left) {
		size_t before = left;

		for (size_t i = 0; i < count; i++) {
			if (taken[i] || state_apply(state, &events[order[i]])
			    == STATE_LATER)
				continue;
			taken[i] = true;
			left--;
		}
		assert_true(left < before);
	}
	free(taken);
	state_sort(state);
	return state;
}

static void
any_order_folds_to_the_same(void **unused)
{
	struct event events[32];
	size_t count = make_life(events), order[64];
	struct state *state;
	unsigned seed = 1;
	char *expected;

	(void)unused;
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	state = deliver(events, order, count);
	expected = describe(state);
	assert_string_equal(expected,
		"new on one, 3\n"
		"train completed gen 1 ckpt runs/x/epoch3 marks 1 0: "
		"1.1.completed+\n"
		"eval in_progress gen 3 ckpt - marks 0 1: 3.0.intended "
		"2.0.none+ 3.0.completed+\n");
	state_destroy(state);
	for (int round = 0; round < 3000; round++) {
		size_t total = count + 10;
		char *got;

		for (size_t i = 0; i < total; i++) /* ten come twice */
			order[i] = i < count ? i
				: (size_t)rand_r(&seed) % count;
		for (size_t i = total - 1; i > 0; i--) {
			size_t j = (size_t)rand_r(&seed) % (i + 1), swap;

			swap = order[i];
			order[i] = order[j];
			order[j] = swap;
		}
		state = deliver(events, order, total);
		got = describe(state);
		assert_string_equal(got, expected);
		free(got);
		state_destroy(state);
	}
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(expected);
}

static void
apply_pair(struct state *state, uint32_t seq, const char *key,
           const char *value)
{
	struct event e = event(EVENT_RUN, NULL, 0, 0, NULL);

	e.seq = seq;
	event_add_pair(&e, key, value);
	state_apply(state, &e);
	event_clear(&e);
}

/* Also once there is a snapshot in between. */
static void
a_late_change_is_told_from_a_newer_one(void **unused)
{
	struct latsub_errlist errors = { 0 };
	struct journal_offsets offsets = { 0 };
	struct state_words words = { 0 };
	struct inifile *doc = inifile_parse("s", "[metadata]\n", 11,
	                                    INI_JSON_STRINGS, &errors);
	struct state *state = state_create(), *again = state_create();
	bool notes;

	(void)unused;
	apply_pair(state, 1, "cluster", "one");
	apply_pair(state, 2, "run_dir", "runs/x");
	state_file_store(doc, state, &offsets);
	assert_true(state_file_load(doc, "s", again, &offsets, &words, &notes,
	                            &errors));
	assert_int_equal(errors.count, 0);
	assert_int_equal(again->revision, 2);
	apply_pair(again, 2, "run_dir", "a/lesser/one");
	assert_string_equal(state_metadata(again, "run_dir"), "runs/x");
	apply_pair(again, 2, "run_dir", "z/greater");
	assert_string_equal(state_metadata(again, "run_dir"), "z/greater");
	apply_pair(again, 2, "cluster", "after one");
	assert_string_equal(state_metadata(again, "cluster"), "after one");
	apply_pair(again, 1, "cluster", "z");
	assert_string_equal(state_metadata(again, "cluster"), "after one");
	state_words_clear(&words);
	inifile_destroy(doc);
	state_destroy(again);
	state_destroy(state);
}

static int64_t
submitted_at(const struct state *state, uint32_t job)
{
	const struct phase_state *phase = state_find(state, "p");

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].job == job)
			return phase->jobs[i].submitted;
	}
	return -1;
}

/* The earliest that is told; one of an older latsub's snapshot has none. */
static void
when_a_job_was_submitted_is_kept(void **unused)
{
	struct latsub_errlist errors = { 0 };
	struct journal_offsets offsets = { 0 };
	struct state_words words = { 0 };
	struct inifile *doc = inifile_parse("s", "[metadata]\n", 11,
	                                    INI_JSON_STRINGS, &errors);
	struct state *state = state_create(), *again = state_create();
	struct event e = event(EVENT_PHASE, "p", 0, 0, NULL);
	bool notes;

	(void)unused;
	state_apply(state, &e);
	e.kind = EVENT_INTENDED;
	e.gen = 1;
	rangeset_add(&e.tasks, 0, 0);
	state_apply(state, &e);
	e.kind = EVENT_SUBMITTED;
	for (int i = 0; i < 4; i++) {
		static const int64_t times[] = { 1700000007, 1700000005,
			1700000009, 0 };

		e.job = i < 3 ? 10 : 11;
		e.time = times[i];
		state_apply(state, &e);
	}
	state_file_store(doc, state, &offsets);
	assert_true(state_file_load(doc, "s", again, &offsets, &words, &notes, &errors));
	assert_int_equal(submitted_at(again, 10), 1700000005);
	assert_int_equal(submitted_at(again, 11), 0);
	event_clear(&e);
	state_words_clear(&words);
	inifile_destroy(doc);
	state_destroy(again);
	state_destroy(state);
}

static void
a_run_without_phases_is_not_done(void **unused)
{
	struct state *state = state_create();

	(void)unused;
	assert_int_equal(state_outcome(state), LATSUB_UNFINISHED);
	state_destroy(state);
}

static void
journal_lines_survive_anything(void **unused)
{
	struct event e = event(EVENT_FAILED, "a.b-c", 4294967295u, 7, "0-3,9");
	struct event back;
	struct strbuf line = { 0 };

	(void)unused;
	e.text = xstrdup("quote \" newline \n tab \t bad \xff end");
	e.code = -1;
	parents_add(&e.parents, EDGE_AFTER, "x y");
	journal_encode(&e, &line);
	assert_int_equal(journal_decode(line.data, line.len - 1, &back),
	                 JOURNAL_EVENT);
	assert_int_equal(back.gen, e.gen);
	assert_int_equal(back.code, -1);
	assert_true(rangeset_equal(&back.tasks, &e.tasks));
	assert_int_equal(back.parents.items[0].kind, EDGE_AFTER);
	assert_string_equal(back.parents.items[0].phase, "x y");
	assert_non_null(strstr(line.data, "\"parents\":[\"after:x y\"]"));
	assert_non_null(strstr(back.text, "newline \n tab"));
	event_clear(&back);
	for (size_t i = 0; i < line.len - 1; i++) { /* any flipped byte shows */
		line.data[i] ^= 1;
		assert_int_equal(journal_decode(line.data, line.len - 1, &back),
		                 JOURNAL_DAMAGED);
		line.data[i] ^= 1;
	}
	for (size_t cut = 0; cut < line.len - 1; cut++)
		assert_int_equal(journal_decode(line.data, cut, &back),
		                 JOURNAL_DAMAGED);
	strbuf_clear(&line);
	event_clear(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_folds_to_the_same),
		cmocka_unit_test(a_late_change_is_told_from_a_newer_one),
		cmocka_unit_test(a_run_without_phases_is_not_done),
		cmocka_unit_test(when_a_job_was_submitted_is_kept),
		cmocka_unit_test(journal_lines_survive_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
