/*
 * test_snapshot_size.c - notes, and phases with very many parents or tasks, in the
 * state file: what they cost, and that they come back.
 */
#include "state_fixture.h"

#define LATE_TASKS 5000

static size_t
count_lines(const struct run *run, const char *words)
{
	size_t count = 0, len;
	char *text = NULL;

	assert_int_equal(file_read(run->state_path, RUN_FILE_MAX, &text, &len,
	                           NULL, &err), 0);
	for (char *at = text; (at = strstr(at, words)); at++)
		count++;
	free(text);
	return count;
}

static struct event
late_event(uint32_t attempt, uint32_t task, double when)
{
	struct event e = event(EVENT_REFUSED, "p", 1, attempt, NULL);

	e.all = false;
	rangeset_add(&e.tasks, task, task);
	e.late = true;
	e.stopped_at = when;
	return e;
}

/* All tasks of an array are killed together, and none has time to look, twice. */
static void
late_tasks_share_their_lines(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event *e = xcalloc(2 + 2 * LATE_TASKS, sizeof *e);
	struct strbuf values = { 0 };

	(void)unused;
	for (int i = 0; i < LATE_TASKS; i++)
		strbuf_printf(&values, "%s\"%d\"", i ? "," : "{\"S\":[", i);
	strbuf_puts(&values, "]}");
	e[0] = event(EVENT_PHASE, "p", 0, 0, NULL);
	e[0].sweep = strbuf_steal(&values);
	e[1] = event(EVENT_INTENDED, "p", 1, 0, NULL);
	for (uint32_t t = 0; t < LATE_TASKS; t++) { /* the newer one first */
		e[2 + t] = late_event(1, t, 2000 + t * 0.001);
		e[2 + LATE_TASKS + t] = late_event(0, t, 1000 + t * 0.001);
	}
	e[2 + LATE_TASKS].attempt = 2; /* and one of them once more */
	assert_int_equal(run_record(run, e, 2 + 2 * LATE_TASKS, false, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	assert_int_equal(count_lines(run, "\np.late."), 6);
	assert_int_equal(count_lines(run, "\np.late.1.2.1000=0 1000\n"), 1);
	assert_int_equal(count_lines(run, "\np.late.1.1.2004=4000-4999 2004\n"),
	                 1);
	run_close(run);
	for (int i = 0; i < 2 + 2 * LATE_TASKS; i++)
		event_clear(&e[i]);
	free(e);
}

/* What was two attempts ago is no reason any more; a refusal stays one. */
static void
old_notes_are_dropped(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event e[5];

	(void)unused;
	e[0] = event(EVENT_PHASE, "p", 0, 0, NULL);
	e[1] = event(EVENT_INTENDED, "p", 1, 0, NULL);
	e[2] = event(EVENT_REQUEUED, "p", 1, 0, "0");
	e[2].requeue.reason = REASON_RETRY;
	e[2].from = xstrdup("epoch3");
	e[2].mark = xstrdup("00000000000000a3");
	e[3] = event(EVENT_REFUSED, "p", 1, 0, "0");
	e[3].path = xstrdup("epoch4");
	e[3].mark = xstrdup("00000000000000a4");
	e[4] = late_event(0, 0, 1000);
	assert_int_equal(run_record(run, e, 5, false, &err), 0);
	for (uint32_t attempt = 0; attempt < 3; attempt++) {
		struct event start = event(EVENT_STARTED, "p", 1, attempt, "0");

		assert_int_equal(run_record(run, &start, 1, false, &err), 0);
		assert_int_equal(run_save(run, &err), 0);
		assert_int_equal(count_lines(run, "\np.late."), attempt < 2);
		assert_int_equal(count_lines(run, "\np.quick."), attempt < 2);
		assert_int_equal(count_lines(run, "\np.refused."), 1);
		event_clear(&start);
	}
	run_close(run);
	for (int i = 0; i < 5; i++)
		event_clear(&e[i]);
}

#define DENSE 2500

/* Every phase waits for all before it: three million edges. */
static void
record_dense_phases(struct run *run)
{
	struct event *events = xcalloc(2 * DENSE, sizeof *events);

	for (uint32_t i = 0; i < DENSE; i++) {
		struct event *intent = &events[2 * i + 1];
		char name[32];

		snprintf(name, sizeof name, "phase_number_%u", i);
		events[2 * i] = event(EVENT_PHASE, name, 0, 0, NULL);
		events[2 * i].order = i;
		*intent = event(EVENT_INTENDED, name, 1, 0, NULL);
		for (uint32_t k = 0; k < i; k++) {
			snprintf(name, sizeof name, "phase_number_%u", k);
			parents_add(&intent->parents, i % 5 == 4 && k < 5
			            ? EDGE_AFTER_EACH : k >= i / 2
			            ? EDGE_AFTER_ANY : EDGE_AFTER, name);
		}
	}
	assert_int_equal(run_record(run, events, 2 * DENSE, false,
	                            &err), 0);
	for (uint32_t i = 0; i < 2 * DENSE; i++)
		event_clear(&events[i]);
	free(events);
}

static int
compare_parents(const void *a, const void *b)
{
	const struct parent *x = a, *y = b;
	int order = strcmp(x->phase, y->phase);

	return order ? order : (int)x->kind - (int)y->kind;
}

static void
same_parents(const struct run *a, const struct run *b, const char *name)
{
	struct parents *x = &state_find(a->state, name)->parents;
	struct parents *y = &state_find(b->state, name)->parents;

	assert_int_equal(x->count, y->count);
	qsort(x->items, x->count, sizeof *x->items, compare_parents);
	qsort(y->items, y->count, sizeof *y->items, compare_parents);
	for (size_t i = 0; i < x->count; i++) {
		assert_int_equal(x->items[i].kind, y->items[i].kind);
		assert_string_equal(x->items[i].phase, y->items[i].phase);
	}
}

/* What is written can be read; and it is not written for each edge. */
static void
dense_phases_are_saved_and_read_again(void **unused)
{
	struct run *run = run_open(dir, &err), *again;
	struct event first = event(EVENT_COMPLETED, "phase_number_0", 1, 0, NULL);
	double begin = cpu_seconds();

	(void)unused;
	record_dense_phases(run);
	assert_int_equal(run_save(run, &err), 0);
	again = run_open(dir, &err);
	if (!again)
		fail_msg("%s", err.text);
	assert_true(again->doc_stat.st_size < 1024 * 1024);
	assert_int_equal(again->offsets.bytes_read, 0);
	assert_int_equal(run_record(again, &first, 1, true, &err), 0);
	assert_int_equal(run_save(again, &err), 0);
	run_close(again);
	again = run_open(dir, &err);
	same_parents(run, again, "phase_number_2499");
	same_parents(run, again, "phase_number_1234");
	same_parents(run, again, "phase_number_3");
	assert_int_equal(again->edit_count, 0);
	run_close(again);
	run_close(run);
	event_clear(&first);
	assert_true(cpu_seconds() - begin < 30);
}

/* A snapshot from before parents had numbers. */
static void
parents_by_name_are_read(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event events[2] = { event(EVENT_PHASE, "p", 0, 0, NULL),
		event(EVENT_INTENDED, "p", 1, 0, NULL) };
	const struct parents *parents;

	(void)unused;
	parents_add(&events[1].parents, EDGE_AFTER, "a");
	for (int i = 0; i < 20; i++) { /* of an experiment that changed */
		char name[16];

		snprintf(name, sizeof name, "gone_%d", i);
		parents_add(&events[1].parents, EDGE_AFTER_ANY, name);
	}
	assert_int_equal(run_record(run, events, 2, true, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	run = run_open(dir, &err);
	parents = &state_find(run->state, "p")->parents;
	assert_int_equal(parents->count, 21);
	assert_int_equal(parents->items[0].kind, EDGE_AFTER);
	assert_string_equal(parents->items[0].phase, "a");
	assert_int_equal(parents->items[20].kind, EDGE_AFTER_ANY);
	assert_string_equal(parents->items[20].phase, "gone_19");
	run_close(run);
	event_clear(&events[0]);
	event_clear(&events[1]);
}

static void
a_huge_array_is_saved_and_read_again(void **unused)
{
	struct run *run = run_open(dir, &err), *again;
	struct event events[3] = { event(EVENT_PHASE, "p", 0, 0, NULL),
		event(EVENT_INTENDED, "p", 1, 0, NULL),
		event(EVENT_COMPLETED, "p", 1, 0, "") };
	struct strbuf sweep = { 0 };
	double begin;

	(void)unused;
	strbuf_puts(&sweep, "{\"I\":[\"0\"");
	for (uint32_t i = 1; i < 300000; i++)
		strbuf_printf(&sweep, ",\"%u\"", i);
	strbuf_puts(&sweep, "]}");
	events[0].sweep = strbuf_steal(&sweep);
	for (uint32_t i = 0; i < 300000; i += 2)
		rangeset_add(&events[2].tasks, i, i);
	assert_int_equal(run_record(run, events, 3, true, &err), 0);
	for (uint32_t i = 1; i < 300000; i += 2) /* attempts of all numbers */
		state_find(run->state, "p")->cells[i].attempt = (uint16_t)i;
	begin = cpu_seconds();
	assert_int_equal(run_save(run, &err), 0);
	assert_true(cpu_seconds() - begin < 20);
	again = run_open(dir, &err);
	assert_int_equal(again->complaints.count, 0);
	assert_int_equal(again->offsets.bytes_read, 0);
	assert_int_equal(state_find(again->state, "p")->cells[2].state,
	                 TASK_COMPLETED);
	assert_int_equal(state_find(again->state, "p")->cells[3].state,
	                 TASK_INTENDED);
	assert_int_equal(state_find(again->state, "p")->cells[5].attempt, 5);
	assert_int_equal(state_find(again->state, "p")->cells[4].attempt, 0);
	run_close(again);
	run_close(run);
	for (int i = 0; i < 3; i++)
		event_clear(&events[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(late_tasks_share_their_lines),
		DISK(old_notes_are_dropped),
		DISK(dense_phases_are_saved_and_read_again),
		DISK(parents_by_name_are_read),
		DISK(a_huge_array_is_saved_and_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
