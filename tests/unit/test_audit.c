/*
 * test_audit.c - a history for each difference.
 */
#include "audit_fixture.h"

static void
test_completed_twice(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "train", 1, 1, "0", 130, 140);
	expect(&life, AUDIT_TWICE, "train");
}

static void
test_completed_by_two_jobs(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 130)->job = 99;
	expect(&life, AUDIT_TWICE, "train");
}

static void
test_done_again(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 130, 140);
	add(&life, EVENT_INTENDED, "eval", 2, 0, "1", 150);
	run_task(&life, "eval", 2, 0, "1", 160, 170);
	expect(&life, AUDIT_AGAIN, "eval[S=2]");
}

static void
test_goes_on_after_completion(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	own(&life, EVENT_STARTED, "train", 1, 1, "0", 130);
	expect(&life, AUDIT_AGAIN, "train");
}

static void
test_overlap_of_one_clock(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "train", 1, 1, "0", 120);
	own(&life, EVENT_REQUEUED, "train", 1, 0, "0", 122);
	own(&life, EVENT_COMPLETED, "train", 1, 1, "0", 130);
	expect(&life, AUDIT_OVERLAP, "train");
}

static void
overlap_of_two_clocks(struct life *life, int64_t seconds)
{
	begin(life);
	own(life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(life, EVENT_REQUEUED, "train", 1, 0, "0", 120 + seconds);
	life->file = 1;
	run_task(life, "train", 1, 1, "0", 120, 200);
}

static void
test_overlap_of_two_clocks(void **unused)
{
	struct life life;

	(void)unused;
	overlap_of_two_clocks(&life, AUDIT_SLACK_SEC);
	expect(&life, -1, NULL);
	overlap_of_two_clocks(&life, AUDIT_SLACK_SEC + 1);
	expect(&life, AUDIT_OVERLAP, "train");
}

static void
test_no_end(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	intend(&life, "train", 2, 131);
	run_task(&life, "train", 2, 0, "0", 140, 150);
	expect(&life, AUDIT_OVERLAP, "train");
}

static void
test_started_by_two_jobs(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110)->job = 99;
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	expect(&life, AUDIT_STARTS, "train");
}

static void
test_started_twice(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	run_task(&life, "train", 1, 0, "0", 115, 120);
	expect(&life, AUDIT_STARTS, "train");
}

static void
test_order_of_one_clock(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(&life, EVENT_STARTED, "eval", 1, 0, "2", 119);
	own(&life, EVENT_COMPLETED, "train", 1, 0, "0", 120);
	own(&life, EVENT_COMPLETED, "eval", 1, 0, "2", 130);
	expect(&life, AUDIT_ORDER, "eval[S=3]");
}

static void
order_of_two_clocks(struct life *life, int64_t seconds)
{
	begin(life);
	run_task(life, "train", 1, 0, "0", 110, 130);
	life->file = 1;
	run_task(life, "eval", 1, 0, "0", 130 - seconds, 140);
}

static void
test_order_of_two_clocks(void **unused)
{
	struct life life;

	(void)unused;
	order_of_two_clocks(&life, AUDIT_SLACK_SEC);
	expect(&life, -1, NULL);
	order_of_two_clocks(&life, AUDIT_SLACK_SEC + 1);
	expect(&life, AUDIT_ORDER, "eval[S=1]");
}

/* The parent had completed once, and was to run again. */
static void
test_order_after_reset(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	add(&life, EVENT_EDITED, "train", 2, 0, NULL, 130)->word = WORD_PENDING;
	run_task(&life, "eval", 1, 0, "0", 150, 160);
	expect(&life, AUDIT_ORDER, "eval[S=1]");
}

static void
test_order_after_intent(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	intend(&life, "train", 2, 131);
	run_task(&life, "eval", 1, 0, "0", 150, 160);
	expect(&life, AUDIT_ORDER, "eval[S=1]");
}

static void
test_each(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	add(&life, EVENT_PHASE, "plot", 0, 0, NULL, 100)->sweep =
		xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
	parents_add(&add(&life, EVENT_INTENDED, "plot", 1, 0, NULL,
	                 101)->parents, EDGE_AFTER_EACH, "eval");
	run_task(&life, "train", 1, 0, "0", 110, 120);
	run_task(&life, "eval", 1, 0, "1", 121, 130);
	run_task(&life, "plot", 1, 0, "1", 131, 132);
	run_task(&life, "plot", 1, 0, "2", 131, 132);
	run_task(&life, "eval", 1, 0, "2", 133, 140);
	expect(&life, AUDIT_ORDER, "plot[S=3]");
}

static void
test_not_submitted(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	run_task(&life, "train", 1, 0, "0", 110, 120);
	add(&life, EVENT_INTENDED, "eval", 2, 0, "0-1", 150);
	run_task(&life, "eval", 2, 0, "2", 160, 170);
	expect(&life, AUDIT_UNASKED, "eval[S=3]");
}

static void
test_unknown(void **unused)
{
	struct life life;

	(void)unused;
	begin(&life);
	own(&life, EVENT_COMPLETED, "train", 5, 0, "0", 110);
	expect(&life, AUDIT_UNKNOWN, "train");
}

static void
test_state_file(void **unused)
{
	struct life life, other;

	(void)unused;
	all_of_it(&life);
	all_of_it(&other);
	own(&other, EVENT_STARTED, "train", 1, 2, "0", 140);
	finish(&life);
	finish(&other);
	audit_compare(life.audit, life.audit->state);
	assert_int_equal(life.audit->difference_count, 0);
	audit_compare(life.audit, other.audit->state);
	assert_int_equal(life.audit->difference_count, 1);
	assert_int_equal(life.audit->differences[0].kind, AUDIT_STATE);
	audit_destroy(life.audit);
	audit_destroy(other.audit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completed_twice),
		cmocka_unit_test(test_completed_by_two_jobs),
		cmocka_unit_test(test_done_again),
		cmocka_unit_test(test_goes_on_after_completion),
		cmocka_unit_test(test_overlap_of_one_clock),
		cmocka_unit_test(test_overlap_of_two_clocks),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_started_by_two_jobs),
		cmocka_unit_test(test_started_twice),
		cmocka_unit_test(test_order_of_one_clock),
		cmocka_unit_test(test_order_of_two_clocks),
		cmocka_unit_test(test_order_after_reset),
		cmocka_unit_test(test_order_after_intent),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_not_submitted),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_state_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
