/*
 * test_decide.c - the table of signals: every row.
 */
#include "unit.h"

#include "run/decide.h"

#define VIEW(is_answer, base, preempt, count) { .answered = is_answer, \
	.state = base, .preempting = preempt, .restarts = count }

static void
causes_follow_slurms_words(void **state)
{
	static const struct {
		bool term;
		struct slurm_view view;
		enum end_cause cause;
	} rows[] = {
		{ false, VIEW(true, SLURM_RUNNING, false, 0), END_TIMEOUT },
		{ false, VIEW(true, SLURM_RUNNING, true, 0), END_PREEMPTED },
		{ false, VIEW(false, 0, false, 0), END_UNKNOWN },
		{ false, VIEW(true, SLURM_CANCELLED, false, 0), END_CANCELLED },
		{ true, VIEW(true, SLURM_TIMEOUT, false, 0), END_TIMEOUT },
		{ true, VIEW(true, SLURM_CANCELLED, false, 0), END_CANCELLED },
		{ true, VIEW(true, SLURM_PENDING, false, 1), END_OPERATOR },
		{ true, VIEW(true, SLURM_PENDING, true, 1), END_PREEMPTED },
		{ true, VIEW(true, SLURM_RUNNING, true, 0), END_PREEMPTED },
		{ true, VIEW(true, SLURM_PREEMPTED, true, 0), END_PREEMPTED },
		{ true, VIEW(true, SLURM_RUNNING, false, 0), END_FORWARDED },
		{ true, VIEW(false, 0, false, 0), END_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(decide_cause(rows[i].term, &rows[i].view, 0),
		                 rows[i].cause);
}

static struct spec_phase
phase(void)
{
	return (struct spec_phase){ .max_requeues = 10,
		.max_stalled_requeues = 3, .requeue_on = REQUEUE_PREEMPT
		| REQUEUE_TIMEOUT | REQUEUE_REQUEST | REQUEUE_NODE_FAIL };
}

static void
assert_end(struct decide_in in, enum decide_action action, const char *reason)
{
	struct decide_out out = decide_end(&in);

	assert_int_equal(out.action, action);
	if (reason)
		assert_string_equal(out.reason, reason);
}

#define IN(...) ((struct decide_in){ .phase = &p, __VA_ARGS__ })

static void
ends_of_their_own(void **state)
{
	struct spec_phase p = phase();

	(void)state;
	assert_end(IN(.exit_code = 0), DECIDE_COMPLETE, NULL);
	assert_end(IN(.exit_code = 3), DECIDE_FAIL, NULL);
	assert_end(IN(.exit_code = 0, .outputs_missing = true), DECIDE_FAIL,
	           NULL);
	assert_end(IN(.exit_code = 75, .progressed = true), DECIDE_REQUEUE,
	           "requested");
	assert_end(IN(.exit_code = 75), DECIDE_REQUEUE, "requested_stalled");
	assert_end(IN(.exit_code = 75, .stalled = 3), DECIDE_FAIL, NULL);
	rangeset_add(&p.requeue_exit_codes, 85, 85);
	assert_end(IN(.exit_code = 85, .progressed = true), DECIDE_REQUEUE,
	           "requested");
	rangeset_clear(&p.requeue_exit_codes);
	p.retries = 2;
	assert_end(IN(.exit_code = 3, .retries = 1), DECIDE_REQUEUE, "retry");
	assert_end(IN(.exit_code = 3, .retries = 2), DECIDE_FAIL, NULL);
	p.requeue_on = 0;
	p.retries = 0;
	assert_end(IN(.exit_code = 75), DECIDE_FAIL, NULL);
}

static void
ends_by_signal(void **state)
{
	struct spec_phase p = phase();

	(void)state;
	assert_end(IN(.cause = END_CANCELLED, .exit_code = 143), DECIDE_CANCEL,
	           NULL);
	assert_end(IN(.cause = END_OPERATOR), DECIDE_AWAIT, "operator");
	assert_end(IN(.cause = END_PREEMPTED), DECIDE_REQUEUE, "preempted");
	assert_end(IN(.cause = END_PREEMPTED, .stalled = 9), DECIDE_REQUEUE,
	           "preempted");
	assert_end(IN(.cause = END_PREEMPTED, .requeues = 10), DECIDE_FAIL,
	           NULL);
	assert_end(IN(.cause = END_TIMEOUT, .progressed = true,
	              .stalled = 3), DECIDE_REQUEUE, "time_limit");
	assert_end(IN(.cause = END_TIMEOUT, .stalled = 2), DECIDE_REQUEUE,
	           "time_limit_stalled");
	assert_end(IN(.cause = END_TIMEOUT, .stalled = 3), DECIDE_FAIL, NULL);
	assert_end(IN(.cause = END_UNKNOWN), DECIDE_REQUEUE, "unknown");
	assert_end(IN(.cause = END_UNKNOWN, .requeues = 10), DECIDE_FAIL, NULL);
	assert_end(IN(.cause = END_TIMEOUT, .exit_code = 0,
	              .outputs_exist = true), DECIDE_COMPLETE, NULL);
	assert_end(IN(.cause = END_TIMEOUT, .exit_code = 0,
	              .progressed = true), DECIDE_REQUEUE, "time_limit");
	p.requeue_on = REQUEUE_REQUEST;
	assert_end(IN(.cause = END_TIMEOUT, .progressed = true), DECIDE_FAIL,
	           NULL);
	assert_end(IN(.cause = END_PREEMPTED), DECIDE_FAIL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_follow_slurms_words),
		cmocka_unit_test(ends_of_their_own),
		cmocka_unit_test(ends_by_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
