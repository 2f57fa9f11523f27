/*
 * test_history.c - the attempts that events tell of: a row for each story, told in
 * every order, each event twice.
 */
#include "unit.h"

#include <signal.h>

#include "latsub/history.h"
#include "scene.h"

#define EVENTS_MAX 5

/* ---- what is told ---- */

/* Strings are literals: the history copies what it keeps. */
#define EVENT(what, number, when, ...) { .kind = EVENT_##what, .gen = 1, \
	.attempt = (number), .time = (when), __VA_ARGS__ }
#define OWN(what, number, when, ...) \
	EVENT(what, number, when, .job = 7, __VA_ARGS__)
#define TEXT(text) (char []){ text }
#define WHY(...) .requeue = { __VA_ARGS__ }

static const struct story {
	const char *name;
	struct event events[EVENTS_MAX];
	size_t count;
	const char *attempts; /* as print_attempt() has them */
} stories[] = {
	{ "nothing that concerns attempts", {
		EVENT(INTENDED, 0, 100), EVENT(SUBMITTED, 0, 101, .job = 7),
		EVENT(EDITED, 0, 102, .path = TEXT("x")), EVENT(QUEUED, 0, 103),
		EVENT(REFUSED, 0, 104, .path = TEXT("x")) }, 5, "" },
	{ "it runs", {
		OWN(STARTED, 0, 110, .node = TEXT("n1"), .from = TEXT("old")) },
		1, "1.0 at 110 job 7_0 on n1 from old; open" },
	{ "it completed", {
		OWN(STARTED, 0, 110), OWN(COMPLETED, 0, 120, .reason =
			TEXT("completed")) },
		2, "1.0 at 110 job 7_0; completed own at 120 code 0: completed" },
	{ "its command failed", {
		OWN(STARTED, 0, 110), OWN(FAILED, 0, 120, .code = 3,
			.reason = TEXT("exit code 3"), .text = TEXT("oh no")) },
		2, "1.0 at 110 job 7_0; failed own at 120 code 3: exit code 3 "
		"[oh no]" },
	{ "its command was killed", {
		OWN(STARTED, 0, 110),
		OWN(FAILED, 0, 120, .code = -1, .signal = SIGKILL) },
		2, "1.0 at 110 job 7_0; failed own at 120 signal 9" },
	{ "it was requeued, and runs again from its checkpoint", {
		OWN(STARTED, 0, 110), OWN(CHECKPOINT, 0, 115, .seq = 1,
			.path = TEXT("a")),
		OWN(REQUEUED, 0, 120, .code = -1,
			WHY(.reason = REASON_TIME_LIMIT, .stalled = true)),
		OWN(STARTED, 1, 130, .from = TEXT("a")) },
		4, "1.0 at 110 job 7_0; requeued own at 120 (time_limit_stalled); "
		"checkpoint a 1\n"
		"1.1 at 130 job 7_0 from a; open" },
	{ "a reason that a newer latsub has", {
		EVENT(REQUEUED, 0, 120, .code = -1,
			WHY(.reason = REASON_OTHER, .other = TEXT("moved"))),
		EVENT(REQUEUED, 0, 121, .code = -1,
			WHY(.reason = REASON_OTHER, .other = TEXT("later"))) },
		2, "1.0; requeued at 120 (moved)" },
	{ "it died without a word", {
		OWN(STARTED, 0, 110), EVENT(LOST, 0, 120, .code = -1,
			.reason = TEXT("node failure")) },
		2, "1.0 at 110 job 7_0; lost at 120: node failure" },
	{ "it was cancelled before it started", {
		EVENT(CANCELLED, 0, 120, .code = -1) },
		1, "1.0; cancelled at 120" },
	{ "its runner gave up, and the next one runs", {
		OWN(STARTED, 0, 110), OWN(GAVE_UP, 0, 111, .code = -1,
			.reason = TEXT("no disk")), OWN(STARTED, 1, 112) },
		3, "1.0 at 110 job 7_0; gave up own at 111: no disk\n"
		"1.1 at 112 job 7_0; open" },
	{ "its runner gave up, and somebody took it for lost", {
		OWN(GAVE_UP, 0, 111, .code = -1),
		EVENT(LOST, 0, 120, .code = -1) },
		2, "1.0; lost at 120" },
	{ "it was taken for lost, and completed", {
		EVENT(LOST, 0, 115, .code = -1), OWN(STARTED, 0, 110),
		OWN(COMPLETED, 0, 120) },
		3, "1.0 at 110 job 7_0; completed own at 120 code 0" },
	{ "the greater end counts, as in the state", {
		EVENT(LOST, 0, 125, .code = -1),
		OWN(REQUEUED, 0, 120, WHY(.reason = REASON_PREEMPTED)),
		EVENT(CANCELLED, 0, 130, .code = -1),
		EVENT(FAILED, 0, 126, .code = 4) },
		4, "1.0; failed at 126 code 4" },
	{ "a requeue that did not reach Slurm", {
		OWN(REQUEUED, 0, 120, WHY(.reason = REASON_PREEMPTED)),
		EVENT(CANCELLED, 0, 130, .code = -1, .reason = TEXT("lost it")) },
		2, "1.0; cancelled at 130: lost it" },
	{ "its runner's own word counts, even if it is later", {
		EVENT(FAILED, 0, 120, .code = 9),
		OWN(FAILED, 0, 130, .code = 3) },
		2, "1.0; failed own at 130 code 3" },
	{ "of two conclusions the earlier one counts", {
		EVENT(LOST, 0, 130, .code = -1, .reason = TEXT("late")),
		EVENT(LOST, 0, 120, .code = -1, .reason = TEXT("early")) },
		2, "1.0; lost at 120: early" },
	{ "a code that is known counts", {
		EVENT(FAILED, 0, 120, .code = -1), EVENT(FAILED, 0, 120,
			.code = 3) },
		2, "1.0; failed at 120 code 3" },
	{ "of two starts the later one counts", {
		OWN(STARTED, 0, 110, .node = TEXT("n1"), .from = TEXT("a")),
		EVENT(STARTED, 0, 112, .job = 8, .node = TEXT("n2")) },
		2, "1.0 at 112 job 8_0 on n2; open" },
	{ "of two starts in one second that of the greater job counts", {
		OWN(STARTED, 0, 110), EVENT(STARTED, 0, 110, .job = 8) },
		2, "1.0 at 110 job 8_0; open" },
	{ "the newest checkpoint", {
		OWN(CHECKPOINT, 0, 114, .seq = 3, .path = TEXT("c")),
		OWN(CHECKPOINT, 0, 115, .seq = 2, .path = TEXT("b")),
		OWN(CHECKPOINT, 1, 130, .seq = 1, .path = TEXT("d")),
		OWN(CHECKPOINT, 1, 130, .seq = 1, .path = TEXT("e")),
		OWN(CHECKPOINT, 1, 129, .seq = 1, .path = TEXT("f")) },
		5, "1.0; open; checkpoint c 3\n"
		"1.1; open; checkpoint e 1" },
	{ "a report without a path is none", {
		OWN(CHECKPOINT, 0, 114, .seq = 3) }, 1, "" },
	{ "by generation, then by number", {
		OWN(STARTED, 1, 130), OWN(STARTED, 0, 110),
		{ .kind = EVENT_STARTED, .gen = 2, .time = 90, .job = 9 },
		{ .kind = EVENT_LOST, .gen = 2, .attempt = 2, .time = 95,
		  .code = -1 },
		OWN(STARTED, 12, 131) },
		5, "1.0 at 110 job 7_0; open\n"
		"1.1 at 130 job 7_0; open\n"
		"1.12 at 131 job 7_0; open\n"
		"2.0 at 90 job 9_0; open\n"
		"2.2; lost at 95" },
};

/* ---- what is made of it ---- */

static void
print_end(const struct history_attempt *attempt, struct strbuf *out)
{
	static const char *const names[] = { "open", "gave up", "lost",
		"requeued", "cancelled", "failed", "completed" };

	strbuf_printf(out, "; %s%s", names[attempt->end],
	              attempt->is_own_end ? " own" : "");
	if (attempt->ended)
		strbuf_printf(out, " at %d", (int)attempt->ended);
	if (attempt->code >= 0 && attempt->end >= HISTORY_FAILED)
		strbuf_printf(out, " code %d", attempt->code);
	if (attempt->signal > 0)
		strbuf_printf(out, " signal %d", attempt->signal);
	if (attempt->requeue.reason != REASON_NONE) {
		strbuf_puts(out, " (");
		requeue_why_print(&attempt->requeue, out);
		strbuf_puts(out, ")");
	}
	if (attempt->reason)
		strbuf_printf(out, ": %s", attempt->reason);
	if (attempt->last_lines)
		strbuf_printf(out, " [%s]", attempt->last_lines);
}

static void
print_attempt(const struct history_attempt *attempt, struct strbuf *out)
{
	strbuf_printf(out, "%s%u.%u", out->len ? "\n" : "", attempt->gen,
	              attempt->number);
	if (attempt->started)
		strbuf_printf(out, " at %d job %u_%u", (int)attempt->started,
		              attempt->job, attempt->index);
	if (attempt->node)
		strbuf_printf(out, " on %s", attempt->node);
	if (attempt->from)
		strbuf_printf(out, " from %s", attempt->from);
	print_end(attempt, out);
	if (attempt->checkpoint)
		strbuf_printf(out, "; checkpoint %s %u", attempt->checkpoint,
		              attempt->checkpoint_seq);
}

static void
assert_told(const struct story *story, const size_t *order)
{
	struct history history = { 0 };
	struct strbuf text = { 0 };

	for (size_t i = 0; i < 2 * story->count; i++)
		history_add(&history, &story->events[order[i % story->count]]);
	for (size_t i = 0; i < history.count; i++)
		print_attempt(&history.attempts[i], &text);
	if (strcmp(strbuf_str(&text), story->attempts) != 0)
		print_error("%s\n", story->name);
	assert_string_equal(strbuf_str(&text), story->attempts);
	strbuf_clear(&text);
	history_clear(&history);
	assert_int_equal(history.count, 0);
}

static void
tell_in_each_order(const struct story *story, size_t *order, size_t fixed)
{
	if (fixed == story->count)
		assert_told(story, order);
	for (size_t i = fixed; i < story->count; i++) {
		size_t first = order[fixed];

		order[fixed] = order[i];
		order[i] = first;
		tell_in_each_order(story, order, fixed + 1);
		order[i] = order[fixed];
		order[fixed] = first;
	}
}

static void
each_story_in_each_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		size_t order[EVENTS_MAX] = { 0, 1, 2, 3, 4 };

		tell_in_each_order(&stories[i], order, 0);
	}
}

/* ---- what others ask ---- */

static void
add(struct history *history, enum event_kind kind, uint32_t gen, uint32_t number)
{
	struct event event = { .kind = kind, .gen = gen, .attempt = number,
		.time = 100 };

	history_add(history, &event);
}

static void
one_attempt_is_found(void **state)
{
	struct history history = { 0 };

	(void)state;
	assert_null(history_find(&history, 1, 0));
	add(&history, EVENT_STARTED, 1, 1);
	add(&history, EVENT_LOST, 2, 0);
	assert_null(history_find(&history, 1, 0));
	assert_null(history_find(&history, 1, 2));
	assert_null(history_find(&history, 3, 0));
	assert_ptr_equal(history_find(&history, 1, 1), &history.attempts[0]);
	assert_ptr_equal(history_find(&history, 2, 0), &history.attempts[1]);
	history_clear(&history);
}

static void
the_last_start_before_an_attempt(void **state)
{
	struct history history = { 0 };

	(void)state;
	assert_null(history_started_before(&history, 1, 1));
	add(&history, EVENT_CANCELLED, 1, 0);
	assert_null(history_started_before(&history, 1, 1));
	add(&history, EVENT_STARTED, 1, 2);
	add(&history, EVENT_CANCELLED, 1, 3);
	add(&history, EVENT_STARTED, 2, 1);
	assert_null(history_started_before(&history, 1, 2));
	assert_int_equal(history_started_before(&history, 2, 1)->number, 2);
	assert_int_equal(history_started_before(&history, 2, 2)->gen, 2);
	assert_int_equal(history_started_before(&history, 9, 0)->gen, 2);
	history_clear(&history);
}

/* The job's array counts from 0, whatever the tasks are. */
static void
the_index_in_the_job(void **state)
{
	struct event event = { .kind = EVENT_STARTED, .gen = 1, .time = 100,
		.job = 7, .base = 1000 };
	struct history history = { 0 };

	(void)state;
	rangeset_add(&event.tasks, 1003, 1003);
	history_add(&history, &event);
	assert_int_equal(history.attempts[0].index, 3);
	history_clear(&history);
	event_clear(&event);
}

/* ---- all tasks of a phase ---- */

static void
tell_all(struct history *tasks, const struct phase_state *phase,
         struct event event, int first, int last)
{
	event.time = 100;
	if (first >= 0)
		rangeset_add(&event.tasks, (uint32_t)first, (uint32_t)last);
	history_add_to_tasks(tasks, phase, &event);
	rangeset_clear(&event.tasks);
}

static void
an_event_of_several_tasks_is_each_ones(void **state)
{
	struct history tasks[3] = { 0 };
	struct scene scene;
	const struct phase_state *phase;

	(void)state;
	scene_begin(&scene);
	phase = scene_add_phase(&scene, "a", "sss", NULL);
	tell_all(tasks, phase, (struct event){ .kind = EVENT_STARTED,
		.phase = TEXT("a"), .gen = 1 }, 1, 2);
	tell_all(tasks, phase, (struct event){ .kind = EVENT_CANCELLED,
		.phase = TEXT("a"), .gen = 1, .all = true }, -1, -1);
	tell_all(tasks, phase, (struct event){ .kind = EVENT_COMPLETED,
		.phase = TEXT("b"), .gen = 1, .all = true }, -1, -1);
	tell_all(tasks, phase, (struct event){ .kind = EVENT_COMPLETED,
		.phase = TEXT("a"), .gen = 1 }, 2, 9);
	assert_int_equal(tasks[0].attempts[0].started, 0);
	assert_int_equal(tasks[0].attempts[0].end, HISTORY_CANCELLED);
	assert_int_equal(tasks[1].attempts[0].started, 100);
	assert_int_equal(tasks[1].attempts[0].end, HISTORY_CANCELLED);
	assert_int_equal(tasks[2].count, 1);
	assert_int_equal(tasks[2].attempts[0].end, HISTORY_COMPLETED);
	for (size_t i = 0; i < 3; i++)
		history_clear(&tasks[i]);
	scene_end(&scene);
}

/* The values have changed since: what was task 0 is task 1 now. */
static void
older_generations_counted_otherwise(void **state)
{
	struct history tasks[2] = { 0 };
	struct scene scene;
	const struct phase_state *phase;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "ss", NULL); /* 0, 1 */
	scene_apply(&scene, (struct event){ .kind = EVENT_PHASE, .gen = 2,
		.total = 2, .sweep = xstrdup("{\"N\":[\"5\",\"0\"]}") });
	phase = state_find(scene.run.state, "a");
	assert_int_equal(phase->total, 2);
	tell_all(tasks, phase, (struct event){ .kind = EVENT_STARTED,
		.phase = TEXT("a"), .gen = 1 }, 0, 1);
	assert_int_equal(tasks[0].count, 0);
	assert_int_equal(tasks[1].count, 1);
	tell_all(tasks, phase, (struct event){ .kind = EVENT_STARTED,
		.phase = TEXT("a"), .gen = 2 }, 0, 0);
	assert_int_equal(tasks[0].attempts[0].gen, 2);
	assert_int_equal(tasks[1].count, 1);
	for (size_t i = 0; i < 2; i++)
		history_clear(&tasks[i]);
	scene_end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_story_in_each_order),
		cmocka_unit_test(one_attempt_is_found),
		cmocka_unit_test(the_last_start_before_an_attempt),
		cmocka_unit_test(the_index_in_the_job),
		cmocka_unit_test(an_event_of_several_tasks_is_each_ones),
		cmocka_unit_test(older_generations_counted_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
