/*
 * test_decide.c - the table of signals: every row.
 */
#include "unit.h"

#include "run/bulk.h"
#include "run/decide.h"
#include "run/deliver.h"

#define VIEW(is_answer, base, preempt, count) { .answered = is_answer, \
	.state = base, .preempting = preempt, .restarts = count }

static void
causes_follow_slurms_words(void **state)
{
	static const struct {
		enum decide_moment moment;
		struct slurm_view view;
		enum end_cause cause;
	} rows[] = {
		{ AT_WARNING, VIEW(true, SLURM_RUNNING, false, 0), END_TIMEOUT },
		{ AT_WARNING, VIEW(true, SLURM_RUNNING, true, 0), END_PREEMPTED },
		{ AT_WARNING, VIEW(false, 0, false, 0), END_UNKNOWN },
		{ AT_WARNING, VIEW(true, SLURM_CANCELLED, false, 0), END_CANCELLED },
		{ AT_TERM, VIEW(true, SLURM_TIMEOUT, false, 0), END_TIMEOUT },
		{ AT_TERM, VIEW(true, SLURM_CANCELLED, false, 0), END_CANCELLED },
		{ AT_TERM, VIEW(true, SLURM_PENDING, false, 1), END_OPERATOR },
		{ AT_TERM, VIEW(true, SLURM_PENDING, true, 1), END_PREEMPTED },
		{ AT_TERM, VIEW(true, SLURM_RUNNING, true, 0), END_PREEMPTED },
		{ AT_TERM, VIEW(true, SLURM_PREEMPTED, true, 0), END_PREEMPTED },
		{ AT_TERM, VIEW(true, SLURM_RUNNING, false, 0), END_FORWARDED },
		{ AT_TERM, VIEW(false, 0, false, 0), END_UNKNOWN },
		/* the command has left, and nobody has told the runner why */
		{ AT_END, VIEW(true, SLURM_RUNNING, false, 0), END_EXIT },
		{ AT_END, VIEW(true, SLURM_RUNNING, true, 0), END_PREEMPTED },
		{ AT_END, VIEW(true, SLURM_RUNNING, false, 1), END_OPERATOR },
		{ AT_END, VIEW(true, SLURM_PENDING, true, 1), END_PREEMPTED },
		{ AT_END, VIEW(true, SLURM_TIMEOUT, false, 0), END_TIMEOUT },
		{ AT_END, VIEW(true, SLURM_CANCELLED, false, 0), END_CANCELLED },
		{ AT_END, VIEW(false, 0, false, 0), END_EXIT },
		{ AT_TERM, VIEW(true, SLURM_NODE_FAIL, false, 0), END_NODE_LOST },
		{ AT_END, VIEW(true, SLURM_NODE_FAIL, false, 0), END_NODE_LOST },
		{ AT_END, VIEW(true, SLURM_BOOT_FAIL, false, 0), END_NODE_LOST },
		{ AT_END, VIEW(true, SLURM_FAILED, false, 0), END_UNKNOWN },
		{ AT_TERM, VIEW(true, SLURM_OOM, false, 0), END_UNKNOWN },
		{ AT_TERM, VIEW(true, SLURM_COMPLETE, false, 0), END_UNKNOWN },
		{ AT_TERM, VIEW(true, SLURM_SUSPENDED, false, 0), END_FORWARDED },
		{ AT_TERM, { .answered = true, .state = SLURM_PENDING,
		    .restarts = 1, .node_lost = true }, END_NODE_LOST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(decide_cause(rows[i].moment, &rows[i].view, 0),
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
	struct strbuf text = { 0 };

	assert_int_equal(out.action, action);
	requeue_why_print(&out.why, &text);
	if (reason)
		assert_string_equal(strbuf_str(&text), reason);
	strbuf_clear(&text);
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
	assert_end(IN(.cause = END_NODE_LOST), DECIDE_REQUEUE, "node_failure");
	assert_end(IN(.cause = END_NODE_LOST, .requeues = 10), DECIDE_FAIL,
	           NULL);
	assert_end(IN(.cause = END_UNKNOWN, .requeues = 10), DECIDE_FAIL, NULL);
	assert_end(IN(.cause = END_TIMEOUT, .exit_code = 0,
	              .outputs_exist = true), DECIDE_COMPLETE, NULL);
	assert_end(IN(.cause = END_TIMEOUT, .exit_code = 0,
	              .progressed = true), DECIDE_REQUEUE, "time_limit");
	p.requeue_on = REQUEUE_REQUEST;
	assert_end(IN(.cause = END_TIMEOUT, .progressed = true), DECIDE_FAIL,
	           NULL);
	assert_end(IN(.cause = END_PREEMPTED), DECIDE_FAIL, NULL);
	assert_end(IN(.cause = END_NODE_LOST), DECIDE_FAIL, NULL);
}

/* ---- who is told what when TERM has come to the runner ---- */

static void
a_term_is_told_where_it_did_not_reach(void **state)
{
	struct spec_phase plain = phase(), shielded = phase();
	const struct {
		struct decide_term in;
		enum decide_tell tell;
	} rows[] = {
		/* control groups: the runner alone has it */
		{ { .cause = END_CANCELLED, .phase = &plain }, TELL_TERM },
		{ { .cause = END_CANCELLED, .signal_is_set = true,
		    .phase = &plain }, TELL_CHECKPOINT },
		{ { .cause = END_UNKNOWN, .signal_is_set = true,
		    .phase = &plain }, TELL_CHECKPOINT },
		/* it was warned, and is saving */
		{ { .cause = END_PREEMPTED, .told = true, .signal_is_set = true,
		    .phase = &plain }, TELL_NOTHING },
		/* every process has it: a second one does harm */
		{ { .cause = END_PREEMPTED, .command_has_it = true,
		    .signal_is_set = true, .phase = &plain }, TELL_NOTHING },
		{ { .cause = END_PREEMPTED, .command_has_it = true,
		    .phase = &shielded }, TELL_CHECKPOINT },
		{ { .cause = END_PREEMPTED, .phase = &shielded },
		  TELL_CHECKPOINT },
		{ { .cause = END_PREEMPTED, .told = true, .phase = &shielded },
		  TELL_NOTHING },
		/* not Slurm's: passed on as it is */
		{ { .cause = END_FORWARDED, .signal_is_set = true,
		    .phase = &plain }, TELL_TERM },
		{ { .cause = END_FORWARDED, .command_has_it = true,
		    .phase = &plain }, TELL_NOTHING },
	};

	(void)state;
	shielded.shield_term = true;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(decide_tell(&rows[i].in), rows[i].tell);
}

static void
requeues_are_told_from_ends(void **state)
{
	struct slurm_view running = VIEW(true, SLURM_RUNNING, true, 1);
	struct slurm_view pending = VIEW(true, SLURM_PENDING, true, 2);
	struct slurm_view silent = VIEW(false, SLURM_PENDING, false, 0);

	(void)state;
	assert_false(decide_is_requeued(&running, 1));
	assert_true(decide_is_requeued(&running, 0));
	assert_true(decide_is_requeued(&pending, 1));
	assert_false(decide_is_requeued(&silent, 0));
}

static void
exit_codes_keep_clear_of_requeue_exit(void **state)
{
	struct rangeset codes = { 0 };

	(void)state;
	assert_int_equal(decide_exit_code(3, &codes), 3);
	assert_int_equal(rangeset_parse(&codes, "3,5-7,0"), 0);
	assert_int_equal(decide_exit_code(3, &codes), 1);
	assert_int_equal(decide_exit_code(4, &codes), 4);
	assert_int_equal(decide_exit_code(0, &codes), 0); /* never a failure */
	rangeset_clear(&codes);
	assert_int_equal(rangeset_parse(&codes, "1-3"), 0);
	assert_int_equal(decide_exit_code(1, &codes), 4);
	rangeset_clear(&codes);
	rangeset_add(&codes, 1, 255);
	assert_int_equal(decide_exit_code(9, &codes), 9); /* no way out */
	rangeset_clear(&codes);
}

static void
out_of_memory_is_no_good_end(void **state)
{
	struct spec_phase p = phase();

	(void)state;
	assert_end(IN(.exit_code = 0, .out_of_memory = true), DECIDE_FAIL, NULL);
	assert_end(IN(.exit_code = 0, .out_of_memory = true,
	              .outputs_exist = true), DECIDE_FAIL, NULL);
	assert_end(IN(.cause = END_TIMEOUT, .exit_code = 0, .progressed = true,
	              .out_of_memory = true, .outputs_exist = true),
	           DECIDE_REQUEUE, "time_limit");
	p.retries = 1;
	assert_end(IN(.exit_code = 0, .out_of_memory = true), DECIDE_REQUEUE,
	           "out_of_memory");
	assert_end(IN(.exit_code = 137, .out_of_memory = true), DECIDE_REQUEUE,
	           "out_of_memory");
	assert_end(IN(.exit_code = 137, .out_of_memory = true, .retries = 1),
	           DECIDE_FAIL, NULL);
}

/* ---- to which processes a signal goes ---- */

static void
assert_chosen(const struct deliver_fact *facts, size_t count, bool spares_srun,
              const char *expected)
{
	bool chosen[8];

	deliver_choose(facts, count, spares_srun, chosen);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(chosen[i], expected[i] == '1');
}

static void
signals_go_to_the_group_and_to_who_handles_them(void **state)
{
	const struct deliver_fact piped[] = { /* bash -c 'program | tee f' */
		{ .parent = -1, .in_group = true },
		{ .parent = 0, .in_group = true, .handles = true,
		  .outputs = { 7, 0 } },
		{ .parent = 0, .in_group = true, .input = 7 },
	};
	const struct deliver_fact fed[] = { /* 'cat f | program' */
		{ .parent = -1, .in_group = true, .outputs = { 7, 0 } },
		{ .parent = -1, .in_group = true, .handles = true, .input = 7 },
	};
	const struct deliver_fact apart[] = { /* 'x; timeout 9 program' */
		{ .parent = -1, .in_group = true },
		{ .parent = 0 },                  /* timeout: a group of its own */
		{ .parent = 1, .handles = true },
		{ .parent = 0 },                  /* a daemon that knows nothing */
	};
	const struct deliver_fact passed_on[] = { /* a launcher that handles it */
		{ .parent = -1, .in_group = true, .handles = true },
		{ .parent = 0, .handles = true },
	};
	const struct deliver_fact step[] = {
		{ .parent = -1, .in_group = true },
		{ .parent = 0, .in_group = true, .handles = true,
		  .is_srun = true },
	};

	(void)state;
	assert_chosen(piped, 3, false, "110");
	assert_chosen(fed, 2, false, "11");
	assert_chosen(apart, 4, false, "1010");
	assert_chosen(passed_on, 2, false, "10");
	assert_chosen(step, 2, false, "11");
	assert_chosen(step, 2, true, "10");
}

/* ---- one requeues for many ---- */

static void
only_those_are_requeued_that_have_asked_and_still_run(void **state)
{
	static const struct {
		uint8_t cell, queued;
		uint16_t attempt;
		enum slurm_state slurm;
		uint32_t restarts;
		bool completing;
		char expected; /* wanted, queued, - neither */
	} rows[] = {
		{ TASK_REQUEUED, 0, 2, SLURM_RUNNING, 1, false, 'w' },
		{ TASK_REQUEUED, 0, 2, SLURM_TIMEOUT, 1, true, 'w' },
		{ TASK_REQUEUED, 0, 2, SLURM_PENDING, 2, true, 'q' },
		{ TASK_REQUEUED, 0, 2, SLURM_RUNNING, 2, false, 'q' },
		{ TASK_REQUEUED, 1, 2, SLURM_RUNNING, 1, false, '-' },
		{ TASK_REQUEUED, 0, 2, SLURM_CANCELLED, 1, true, '-' },
		{ TASK_REQUEUED, 0, 2, SLURM_TIMEOUT, 1, false, '-' },
		/* restarts 9: one that asks for itself */
		{ TASK_REQUEUED, 0, 10, SLURM_RUNNING, 9, false, '-' },
		{ TASK_STARTED, 0, 2, SLURM_RUNNING, 1, false, '-' },
		{ TASK_COMPLETED, 0, 2, SLURM_RUNNING, 1, false, '-' },
	};
	enum { COUNT = sizeof rows / sizeof *rows };
	struct task_cell cells[COUNT + 100];
	struct slurm_job records[COUNT];
	struct slurm_jobs jobs = { records, COUNT };
	struct phase_state phase = { .cells = cells, .total = COUNT + 100 };
	struct phase_job job = { .gen = 1, .attempt = 1, .job = 77, .base = 100 };
	struct rangeset queued = { 0 }, wanted = { 0 };

	(void)state;
	memset(cells, 0, sizeof cells);
	for (uint32_t i = 0; i < COUNT; i++) {
		cells[100 + i] = (struct task_cell){ .gen = 1,
			.attempt = rows[i].attempt, .state = rows[i].cell,
			.queued = rows[i].queued,
			.shared = rows[i].completing || rows[i].restarts < 9 };
		records[i] = (struct slurm_job){ .job_id = 1000 + i,
			.array_job_id = 77, .array_task_id = i,
			.state = rows[i].slurm, .restarts = rows[i].restarts,
			.completing = rows[i].completing };
	}
	bulk_choose(&phase, &job, &jobs, &queued, &wanted);
	for (uint32_t i = 0; i < COUNT; i++) {
		assert_int_equal(rangeset_has(&wanted, i),
		                 rows[i].expected == 'w');
		assert_int_equal(rangeset_has(&queued, 100 + i),
		                 rows[i].expected == 'q');
	}
	rangeset_clear(&queued);
	rangeset_clear(&wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_follow_slurms_words),
		cmocka_unit_test(ends_of_their_own),
		cmocka_unit_test(ends_by_signal),
		cmocka_unit_test(a_term_is_told_where_it_did_not_reach),
		cmocka_unit_test(requeues_are_told_from_ends),
		cmocka_unit_test(exit_codes_keep_clear_of_requeue_exit),
		cmocka_unit_test(out_of_memory_is_no_good_end),
		cmocka_unit_test(
			only_those_are_requeued_that_have_asked_and_still_run),
		cmocka_unit_test(signals_go_to_the_group_and_to_who_handles_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
