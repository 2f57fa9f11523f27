/*
 * test_audit_sound.c - histories in which all is as it should be.
 */
#include "audit_fixture.h"

static void
test_sound(void **unused)
{
	struct life life;

	(void)unused;
	all_of_it(&life);
	expect(&life, -1, NULL);
}

static void
test_any_order(void **unused)
{
	struct life life;

	(void)unused;
	all_of_it(&life);
	life.backwards = true;
	expect(&life, -1, NULL);
}

static void
test_attempts(void **unused)
{
	struct life life;
	const struct audit_phase *phase;

	(void)unused;
	all_of_it(&life);
	finish(&life);
	phase = audit_find(life.audit, "train");
	assert_int_equal(phase->attempt_count, 2);
	assert_int_equal(phase->attempts[0].started, 110);
	assert_int_equal(phase->attempts[0].ended, 120);
	assert_int_equal(phase->attempts[0].end, EVENT_REQUEUED);
	assert_int_equal(phase->attempts[1].end, EVENT_COMPLETED);
	assert_string_equal(phase->attempts[1].node, "n1");
	phase = audit_find(life.audit, "eval");
	assert_int_equal(phase->first[3] - phase->first[2], 2);
	audit_destroy(life.audit);
}

/* What somebody concluded may be wrong: that alone is no harm. */
static void
test_lost_and_late(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 150);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 152);
	expect(&life, -1, NULL);
}

static void
test_lost(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 150);
	intend(&life, "train", 2, 151);
	run_task(&life, "train", 2, 0, "0", 160, 170);
	expect(&life, -1, NULL);
}

/* A job that was alive was not found, and another did its work, too. */
static void
test_taken_for_lost(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 150);
	intend(&life, "train", 2, 151);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 152);
	run_task(&life, "train", 2, 0, "0", 160, 170);
	expect(&life, AUDIT_AGAIN, "train");
}

static void
test_reset_is_a_cause(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 130)->word = WORD_PENDING;
	intend(&life, "train", 3, 131);
	run_task(&life, "train", 3, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

static void
test_stale_is_a_cause(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	strlist_add(&life.events[life.count - 1].ran_without, "other");
	intend(&life, "train", 2, 131);
	run_task(&life, "train", 2, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

/* "started" was written and its runner told that it was not: it gave up. */
static void
test_gave_up(void **unused)
{
	struct life life;
	const struct audit_phase *phase;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_GAVE_UP, "train", 1, 0, "0", 112);
	own(&life, EVENT_GAVE_UP, "train", 1, 1, "0", 115);
	run_task(&life, "train", 1, 2, "0", 120, 130);
	finish(&life);
	phase = audit_find(life.audit, "train");
	assert_int_equal(phase->attempt_count, 1);
	assert_int_equal(phase->attempts[0].number, 2);
	audit_destroy(life.audit);
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_GAVE_UP, "train", 1, 0, "0", 112);
	run_task(&life, "train", 1, 1, "0", 120, 130);
	expect(&life, -1, NULL);
}

/* A job that is cancelled in the journal may start before Slurm hears of it. */
static void
test_cancelled_before_start(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_CANCELLED, "train", 1, 0, "0", 105);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_CANCELLED, "train", 1, 0, "0", 111);
	intend(&life, "train", 2, 131);
	run_task(&life, "train", 2, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

/* After an error the same line may stand there twice. */
static void
test_line_twice(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	expect(&life, -1, NULL);
}

/* Its runner could not write the end at once: it has the time of the end. */
static void
test_end_written_late(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "train", 1, 1, "0", 120);
	own(&life, EVENT_REQUEUED, "train", 1, 0, "0", 119);
	own(&life, EVENT_COMPLETED, "train", 1, 1, "0", 130);
	expect(&life, -1, NULL);
}

static void
test_clock_set_back(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_REQUEUED, "train", 1, 0, "0", 500);
	run_task(&life, "train", 1, 1, "0", 120, 130);
	expect(&life, -1, NULL);
}

/* What somebody concludes comes long after the end. */
static void
test_concluded_late(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	run_task(&life, "train", 1, 1, "0", 120, 130);
	add(&life, EVENT_LOST, "train", 1, 0, "0", 500);
	expect(&life, -1, NULL);
}

/* It was killed after a person had reset it: nobody asks how it ended. */
static void
test_reset_without_end(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 130)->word = WORD_PENDING;
	intend(&life, "train", 3, 131);
	run_task(&life, "train", 3, 0, "0", 140, 150);
	expect(&life, -1, NULL);
}

static void
new_values(struct life *life, uint32_t gen, int64_t time, const char *values)
{
	struct event *event = add(life, EVENT_PHASE, "eval", gen, 0, NULL, time);

	event->order = 1;
	event->sweep = xstrdup(values);
}

/* A value that was taken out and put back is a new one. */
static void
test_value_was_out(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 130, 140);
	new_values(&life, 2, 150, "{\"S\":[\"1\",\"3\"]}");
	add(&life, EVENT_INTENDED, "eval", 2, 0, "0", 151);
	new_values(&life, 3, 160, "{\"S\":[\"1\",\"2\",\"3\"]}");
	add(&life, EVENT_INTENDED, "eval", 3, 0, "1", 161);
	run_task(&life, "eval", 3, 0, "1", 170, 180);
	expect(&life, -1, NULL);
}

/* Other values are in another place, and are no other tasks. */
static void
test_value_moved(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 130, 140);
	new_values(&life, 2, 150, "{\"S\":[\"2\",\"9\"]}");
	add(&life, EVENT_INTENDED, "eval", 2, 0, "1", 151);
	new_values(&life, 3, 152, "{\"S\":[\"9\",\"2\"]}");
	add(&life, EVENT_INTENDED, "eval", 3, 0, "1", 153);
	run_task(&life, "eval", 3, 0, "1", 160, 170);
	expect(&life, AUDIT_AGAIN, "eval[S=2]");
}

/* Its parent had other tasks then, and all of those were done. */
static void
test_parent_of_other_values(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_PHASE, "plot", 0, 0, NULL, 100)->total = 1;
	parents_add(&add(&life, EVENT_INTENDED, "plot", 1, 0, NULL,
	                 101)->parents, EDGE_AFTER, "eval");
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "0-2", 130, 140);
	run_task(&life, "plot", 1, 0, "0", 141, 145);
	new_values(&life, 2, 150, "{\"S\":[\"1\",\"2\",\"3\",\"4\"]}");
	add(&life, EVENT_INTENDED, "eval", 2, 0, "3", 151);
	run_task(&life, "eval", 2, 0, "3", 160, 170);
	expect(&life, -1, NULL);
}

/* An experiment that was only put in another order has the tasks that it had. */
static void
test_parent_in_another_order(void **unused)
{
	struct life life;

	(void)unused;
	for (int array = 0; array < 2; array++) {
		begin(&life);
		add(&life, EVENT_PHASE, "train", 2, 0, NULL, 500)->total = 1;
		life.events[life.count - 1].order = 5;
		new_values(&life, 2, 500, "{\"S\":[\"1\",\"2\",\"3\"]}");
		add(&life, EVENT_PHASE, "plot", 0, 0, NULL, 100)->total = 1;
		parents_add(&add(&life, EVENT_INTENDED, "plot", 1, 0, NULL,
		                 101)->parents, EDGE_AFTER,
		            array ? "eval" : "train");
		run_task(&life, "plot", 1, 0, "0", 110, 120);
		run_task(&life, "train", 1, 0, "0", 200, 220);
		run_task(&life, "eval", 1, 0, "0-2", 250, 260);
		expect(&life, AUDIT_ORDER, "plot");
	}
}

static void
test_skipped_parent(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 102)->word = WORD_COMPLETED;
	run_task(&life, "eval", 1, 0, "0", 110, 120);
	expect(&life, -1, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_lost_and_late),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_gave_up),
		cmocka_unit_test(test_taken_for_lost),
		cmocka_unit_test(test_reset_is_a_cause),
		cmocka_unit_test(test_stale_is_a_cause),
		cmocka_unit_test(test_cancelled_before_start),
		cmocka_unit_test(test_line_twice),
		cmocka_unit_test(test_skipped_parent),
		cmocka_unit_test(test_end_written_late),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_concluded_late),
		cmocka_unit_test(test_reset_without_end),
		cmocka_unit_test(test_value_was_out),
		cmocka_unit_test(test_value_moved),
		cmocka_unit_test(test_parent_of_other_values),
		cmocka_unit_test(test_parent_in_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
