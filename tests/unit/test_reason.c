/*
 * test_reason.c - why tasks were requeued, and marks: as types, in the journal,
 * and in the state file.
 */
#include "unit.h"

#include "latsub/journal.h"
#include "store/state_file.h"
#include "store/state_keys.h"

static void
expect_text(const char *text, enum requeue_reason reason, bool stalled,
            const char *name)
{
	struct requeue_why why, copy;
	struct strbuf out = { 0 };

	requeue_why_parse(&why, text);
	requeue_why_copy(&copy, &why);
	requeue_why_clear(&why);
	assert_int_equal(copy.reason, reason);
	assert_int_equal(copy.stalled, stalled);
	assert_string_equal(requeue_why_name(&copy), name);
	requeue_why_print(&copy, &out);
	assert_string_equal(strbuf_str(&out), text);
	strbuf_clear(&out);
	requeue_why_clear(&copy);
}

static void
texts_are_read_and_written(void **unused)
{
	(void)unused;
	expect_text("preempted", REASON_PREEMPTED, false, "preempted");
	expect_text("time_limit", REASON_TIME_LIMIT, false, "time_limit");
	expect_text("time_limit_stalled", REASON_TIME_LIMIT, true, "time_limit");
	expect_text("requested_stalled", REASON_REQUESTED, true, "requested");
	expect_text("retry_stalled", REASON_RETRY, true, "retry");
	expect_text("out_of_memory", REASON_OUT_OF_MEMORY, false,
	            "out_of_memory");
	expect_text("node_failure", REASON_NODE_FAILURE, false, "node_failure");
	expect_text("", REASON_NONE, false, "");
}

/* So does a run that a newer latsub has been at, and this one takes up again. */
static void
a_reason_that_is_not_known_survives(void **unused)
{
	(void)unused;
	expect_text("full moon", REASON_OTHER, false, "full moon");
	expect_text("thermal_stalled", REASON_OTHER, true, "thermal");
	expect_text("preempted.twice", REASON_OTHER, false, "preempted.twice");
}

static void
retries_are_counted_unless_they_stalled(void **unused)
{
	static const char *const counted[] = { "retry", "out_of_memory" };
	static const char *const others[] = { "retry_stalled", "time_limit",
		"out_of_memory_stalled", "retry_later", "" };
	struct requeue_why why;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		requeue_why_parse(&why, counted[i]);
		assert_true(requeue_why_is_retry(&why));
	}
	for (size_t i = 0; i < 5; i++) {
		requeue_why_parse(&why, others[i]);
		assert_false(requeue_why_is_retry(&why));
		requeue_why_clear(&why);
	}
}

static void
people_are_told_in_words(void **unused)
{
	struct requeue_why why = { .reason = REASON_TIME_LIMIT };

	(void)unused;
	for (int reason = REASON_PREEMPTED; reason < REASON_COUNT; reason++) {
		why.reason = (enum requeue_reason)reason;
		assert_true(*requeue_why_words(&why));
	}
	why = (struct requeue_why){ REASON_TIME_LIMIT, true, NULL };
	assert_string_equal(requeue_why_words(&why),
	                    "time limit, no new checkpoint");
	why = (struct requeue_why){ REASON_RETRY, true, NULL };
	assert_string_equal(requeue_why_words(&why),
	                    "it failed, and may be tried again");
}

static void
a_journal_line_keeps_its_reason(void **unused)
{
	static const char *const texts[] = { "preempted", "retry_stalled",
		"full moon" };

	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		struct event event = { .kind = EVENT_REQUEUED, .all = true };
		struct event back;
		struct strbuf line = { 0 }, again = { 0 };
		char *part = xasprintf("\"reason\":\"%s\"", texts[i]);

		requeue_why_parse(&event.requeue, texts[i]);
		journal_encode(&event, &line);
		assert_non_null(strstr(line.data, part));
		assert_int_equal(journal_decode(line.data, line.len - 1, &back),
		                 JOURNAL_EVENT);
		assert_int_equal(back.requeue.reason, event.requeue.reason);
		journal_encode(&back, &again);
		assert_string_equal(line.data, again.data);
		event_clear(&event);
		event_clear(&back);
		strbuf_clear(&line);
		strbuf_clear(&again);
		free(part);
	}
}

/* A look that had no time has a reason, but is no text in here. */
static void
a_journal_line_keeps_a_late_look(void **unused)
{
	static const char *const lines[] = {
		"\"reason\":\"late\",\"text\":\"1736201422.250000\"",
		"\"reason\":\"late\"",
		"\"reason\":\"half\",\"path\":\"a/b\"" };

	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		struct event event = { .kind = EVENT_REFUSED, .all = true };
		struct event back;
		struct strbuf line = { 0 };

		event.late = i < 2;
		event.stopped_at = i == 0 ? 1736201422.25 : 0;
		event.reason = i == 2 ? xstrdup("half") : NULL;
		event.path = i == 2 ? xstrdup("a/b") : NULL;
		journal_encode(&event, &line);
		assert_non_null(strstr(line.data, lines[i]));
		assert_int_equal(strstr(line.data, "text") != NULL, i == 0);
		assert_int_equal(journal_decode(line.data, line.len - 1, &back),
		                 JOURNAL_EVENT);
		assert_int_equal(back.late, i < 2);
		assert_true(back.stopped_at >= event.stopped_at
		            && back.stopped_at <= event.stopped_at);
		event_clear(&event);
		event_clear(&back);
		strbuf_clear(&line);
	}
}

/* ---- the state file ---- */

static void
apply(struct state *state, enum event_kind kind, uint32_t attempt,
      const char *why, uint32_t elapsed)
{
	char name[] = "p", text[64];
	struct event event = { .kind = kind, .time = 100, .phase = name,
		.gen = kind != EVENT_PHASE, .attempt = attempt, .all = true,
		.total = 1, .elapsed = elapsed };

	snprintf(text, sizeof text, "%s", why);
	if (kind == EVENT_REQUEUED)
		requeue_why_parse(&event.requeue, text);
	else
		event.reason = text;
	assert_int_equal(state_apply(state, &event), STATE_APPLIED);
	requeue_why_clear(&event.requeue);
}

static struct state *
make_state(void)
{
	struct state *state = state_create();

	apply(state, EVENT_PHASE, 0, "", 0);
	apply(state, EVENT_INTENDED, 0, "", 0);
	apply(state, EVENT_REQUEUED, 0, "time_limit_stalled", 60);
	apply(state, EVENT_REQUEUED, 1, "full moon", 0);
	apply(state, EVENT_REQUEUED, 2, "", 0);
	apply(state, EVENT_REQUEUED, 3, "retry", 7);
	apply(state, EVENT_LOST, 4, "node failure", 0);
	apply(state, EVENT_CANCELLED, 5, "latsub cancel", 0);
	apply(state, EVENT_FAILED, 6, "exit code 3", 0);
	return state;
}

static struct inifile *
store(struct state *state)
{
	struct latsub_errlist errors = { 0 };
	struct inifile *doc = inifile_parse("state", "", 0, INI_JSON_STRINGS,
	                                    &errors);
	struct journal_offsets offsets = { 0 };

	state_file_store(doc, state, &offsets);
	return doc;
}

static struct state *
load(const struct inifile *doc)
{
	struct state *state = state_create();
	struct journal_offsets offsets = { 0 };
	struct latsub_errlist errors = { 0 };
	struct state_words words = { 0 };
	bool has_notes;

	assert_true(state_file_load(doc, "state", state, &offsets, &words,
	                            &has_notes, &errors));
	assert_int_equal(errors.count, 0);
	state_words_clear(&words);
	journal_offsets_clear(&offsets);
	return state;
}

static void
expect_marks(const struct inifile *doc)
{
	static const char *const keys[][2] = {
		{ "requeues", "p.ran.1.0.60" },
		{ "requeues", "p.requeued.1.0.time_limit_stalled" },
		{ "requeues", "p.requeued.1.1.full moon" },
		{ "requeues", "p.requeued.1.2" },
		{ "requeues", "p.requeued.1.3.retry" },
		{ "requeues", "p.ran.1.3.7" },
		{ "failures", "p.lost.1.4" },
		{ "failures", "p.cancelled.1.5" },
		{ "failures", "p.failed.1.6" },
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *tasks = inifile_get(doc, keys[i][0], keys[i][1]);

		if (!tasks)
			fail_msg("[%s] has no %s", keys[i][0], keys[i][1]);
		assert_string_equal(tasks, "0");
	}
	assert_string_equal(inifile_get(doc, "requeues", "p"), "4");
}

static void
marks_stand_in_the_state_file(void **unused)
{
	struct state *state = make_state(), *again;
	struct inifile *doc = store(state), *second;
	const struct phase_state *phase;

	(void)unused;
	expect_marks(doc);
	again = load(doc);
	phase = state_find(again, "p");
	assert_int_equal(phase_used_sec(phase, 1, 0), 67);
	assert_int_equal(phase_retries(phase, 1, 0), 1);
	assert_int_equal(phase_marks(phase, MARK_REQUEUED, 1, 0), 4);
	assert_int_equal(phase_marks(phase, MARK_FAILED, 1, 0), 1);
	assert_int_equal(phase_marks(phase, MARK_FAILED_WHY, 1, 0), 0);
	/* what the journal tells once more is no second mark */
	apply(again, EVENT_REQUEUED, 1, "full moon", 0);
	apply(again, EVENT_REQUEUED, 3, "retry", 7);
	assert_int_equal(phase_used_sec(phase, 1, 0), 67);
	assert_int_equal(phase_marks(phase, MARK_REQUEUED, 1, 0), 4);
	second = store(again);
	expect_marks(second);
	inifile_destroy(second);
	inifile_destroy(doc);
	state_destroy(again);
	state_destroy(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_and_written),
		cmocka_unit_test(a_reason_that_is_not_known_survives),
		cmocka_unit_test(retries_are_counted_unless_they_stalled),
		cmocka_unit_test(people_are_told_in_words),
		cmocka_unit_test(a_journal_line_keeps_its_reason),
		cmocka_unit_test(a_journal_line_keeps_a_late_look),
		cmocka_unit_test(marks_stand_in_the_state_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
