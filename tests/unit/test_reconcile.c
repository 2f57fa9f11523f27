/*
 * test_reconcile.c - the table of reconciling: a test for each row, named after
 * it, and that docs/design.md has the same rows.
 */
#include "unit.h"

#include <ctype.h>
#include <signal.h>
#include <unistd.h>

#include "latsub/accounting.h"
#include "latsub/file.h"
#include "latsub/process.h"
#include "latsub/reconcile.h"

static char none[] = "None", empty[] = "";

#define JOB(...) (&(struct slurm_job){ .job_id = 7, .reason = none, \
	.nodes = empty, .array_task_id = SLURM_NO_TASK, __VA_ARGS__ })
#define PENDING(why, ...) (&(struct slurm_job){ .job_id = 7, .reason = why, \
	.state = SLURM_PENDING, .nodes = empty, \
	.array_task_id = SLURM_NO_TASK, __VA_ARGS__ })
#define TASK(...) ((struct reconcile_in){ .patient = true, __VA_ARGS__ })
#define EXITED(code) ((code) << 8)

static struct reconcile_out
decided(struct reconcile_in in, const char *row, enum reconcile_action action)
{
	struct reconcile_out out;

	reconcile_decide(&in, &out);
	assert_string_equal(out.row->name, row);
	assert_int_equal(out.action, action);
	return out;
}

static void
assert_recorded(struct reconcile_in in, const char *row, enum event_kind kind,
                uint32_t attempt, const char *reason)
{
	struct reconcile_out out = decided(in, row, RECONCILE_RECORD);

	assert_int_equal(out.event, kind);
	assert_int_equal(out.attempt, attempt);
	assert_string_equal(out.reason, reason);
}

/* A state in which a started task is lost, and one that had not started is
 * cancelled, before the start or before the next attempt. */
static void
assert_lost(enum slurm_state slurm, const char *row, const char *reason)
{
	char later[160];

	assert_recorded(TASK(.state = TASK_STARTED, .record = JOB(
		.state = slurm)), row, EVENT_LOST, 0, reason);
	assert_recorded(TASK(.state = TASK_STARTED, .attempt = 2, .record = JOB(
		.state = slurm, .restarts = 2)), row, EVENT_LOST, 2, reason);
	snprintf(later, sizeof later, "%s before the start", reason);
	assert_recorded(TASK(.state = TASK_SUBMITTED, .record = JOB(
		.state = slurm)), row, EVENT_CANCELLED, 0, later);
	snprintf(later, sizeof later, "%s before the next attempt", reason);
	assert_recorded(TASK(.state = TASK_REQUEUED, .record = JOB(
		.state = slurm, .restarts = 1)), row, EVENT_CANCELLED, 1,
		later);
	/* it started once, and was requeued without a word */
	assert_recorded(TASK(.state = TASK_STARTED, .record = JOB(
		.state = slurm, .restarts = 1)), row, EVENT_CANCELLED, 1,
		later);
}

static void
no_answer(void **state)
{
	(void)state;
	decided(TASK(.state = TASK_STARTED, .silent = true), "no answer",
	        RECONCILE_STOP);
	decided(TASK(.state = TASK_COMPLETED, .silent = true), "no answer",
	        RECONCILE_STOP);
}

static void
live_and_running(void **state)
{
	(void)state;
	decided(TASK(.state = TASK_STARTED, .record = JOB(
		.state = SLURM_RUNNING)), "live and running", RECONCILE_LEAVE);
	decided(TASK(.state = TASK_SUBMITTED, .record = JOB(
		.state = SLURM_SUSPENDED)), "live and running",
		RECONCILE_LEAVE);
	/* what the journal concluded too early does not count */
	decided(TASK(.state = TASK_LOST, .record = JOB(
		.state = SLURM_RUNNING)), "live and running", RECONCILE_LEAVE);
}

static void
live_and_ending(void **state)
{
	(void)state;
	decided(TASK(.state = TASK_STARTED, .record = JOB(.completing = true,
		.state = SLURM_TIMEOUT)), "live and ending", RECONCILE_LEAVE);
}

static void
live_and_pending(void **state)
{
	static char reason[] = "Priority";
	struct reconcile_out out;

	(void)state;
	out = decided(TASK(.state = TASK_SUBMITTED,
		.record = PENDING(reason, .restarts = 0)), "live and pending",
		RECONCILE_LEAVE);
	assert_string_equal(out.reason, "waits: Priority");
	out = decided(TASK(.state = TASK_SUBMITTED,
		.record = PENDING(none, .restarts = 0)), "live and pending",
		RECONCILE_LEAVE);
	assert_string_equal(out.reason, "waits");
}

static void
requeued_and_pending(void **state)
{
	static char reason[] = "BeginTime";
	struct reconcile_out out;

	(void)state;
	out = decided(TASK(.state = TASK_REQUEUED,
		.record = PENDING(reason, .restarts = 1)),
		"requeued and pending", RECONCILE_LEAVE);
	assert_string_equal(out.reason, "is requeued and waits: BeginTime");
	decided(TASK(.state = TASK_STARTED,
		.record = PENDING(none, .completing = true)),
		"requeued and pending", RECONCILE_LEAVE);
}

static void
held_by_a_person_or_a_cut_off_submission(void **state)
{
	static char reason[] = "JobHeldUser";

	(void)state;
	decided(TASK(.state = TASK_INTENDED, .record = PENDING(reason,
		.held = true, .why = SLURM_WHY_HELD_USER)),
		"held by a person or a cut-off submission", RECONCILE_RELEASE);
}

static void
held_by_slurm(void **state)
{
	static char words[] = "launch failed requeued held";
	struct reconcile_out out;

	(void)state;
	out = decided(TASK(.state = TASK_SUBMITTED, .record = PENDING(words,
		.held = true, .why = SLURM_WHY_HELD, .restarts = 1)),
		"held by Slurm", RECONCILE_TELL);
	assert_string_equal(out.reason,
	                    "is held: launch failed requeued held");
}

static void
held_by_an_administrator(void **state)
{
	static char admin[] = "JobHeldAdmin";
	struct reconcile_out out;

	(void)state;
	out = decided(TASK(.state = TASK_SUBMITTED, .record = PENDING(admin,
		.held = true, .why = SLURM_WHY_HELD_ADMIN)),
		"held by an administrator", RECONCILE_TELL);
	assert_string_equal(out.reason,
	                    "is held by an administrator: JobHeldAdmin");
}

static void
dependency_never_satisfied(void **state)
{
	static char reason[] = "DependencyNeverSatisfied";

	(void)state;
	decided(TASK(.state = TASK_SUBMITTED,
		.record = PENDING(reason, .why = SLURM_WHY_NEVER)),
		"dependency never satisfied", RECONCILE_DROP);
}

static void
can_never_run(void **state)
{
	static char reason[] = "PartitionNodeLimit", other[] = "BadConstraints";
	struct reconcile_out out;

	(void)state;
	out = decided(TASK(.state = TASK_SUBMITTED, .record = PENDING(reason,
		.why = SLURM_WHY_IMPOSSIBLE)), "can never run",
		RECONCILE_DROP);
	assert_string_equal(out.reason, "can never run: PartitionNodeLimit");
	/* Slurm takes its priority: that is no hold that a release helps */
	decided(TASK(.state = TASK_SUBMITTED, .record = PENDING(other,
		.why = SLURM_WHY_IMPOSSIBLE, .held = true)), "can never run",
		RECONCILE_DROP);
	/* one of several partitions: another may take it */
	decided(TASK(.state = TASK_SUBMITTED, .record = PENDING(reason,
		.why = SLURM_WHY_UNFIT)), "live and pending", RECONCILE_LEAVE);
}

static void
over_in_the_journal(void **state)
{
	static const enum task_state over[] = { TASK_NONE, TASK_LOST,
		TASK_CANCELLED, TASK_FAILED, TASK_COMPLETED, TASK_SKIPPED };

	(void)state;
	for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
		decided(TASK(.state = over[i]), "over in the journal",
		        RECONCILE_LEAVE);
		decided(TASK(.state = over[i], .record = JOB(
			.state = SLURM_NODE_FAIL)), "over in the journal",
			RECONCILE_LEAVE);
		decided(TASK(.state = over[i], .renewed = true),
		        "over in the journal", RECONCILE_LEAVE);
	}
}

static void
cancelled(void **state)
{
	(void)state;
	assert_recorded(TASK(.state = TASK_STARTED, .record = JOB(
		.state = SLURM_CANCELLED)), "cancelled", EVENT_CANCELLED, 0,
		"cancelled");
	assert_recorded(TASK(.state = TASK_INTENDED, .record = JOB(
		.state = SLURM_CANCELLED)), "cancelled", EVENT_CANCELLED, 0,
		"cancelled before the start");
	assert_recorded(TASK(.state = TASK_REQUEUED, .record = JOB(
		.state = SLURM_CANCELLED)), "cancelled", EVENT_CANCELLED, 0,
		"cancelled before the next attempt");
	assert_recorded(TASK(.state = TASK_REQUEUED, .record = JOB(
		.state = SLURM_CANCELLED, .restarts = 1)), "cancelled",
		EVENT_CANCELLED, 1, "cancelled before the next attempt");
}

/* Slurm's record is about the very attempt that was to be followed by another:
 * its COMPLETED is not the work's. */
static void
requeue_that_did_not_arrive(void **state)
{
	(void)state;
	assert_recorded(TASK(.state = TASK_REQUEUED, .attempt = 1, .record =
		JOB(.state = SLURM_COMPLETE, .restarts = 1)),
		"requeue that did not arrive", EVENT_CANCELLED, 1,
		"its requeue did not reach Slurm");
	assert_recorded(TASK(.state = TASK_REQUEUED, .record = JOB(
		.state = SLURM_FAILED, .exit_code = EXITED(4))),
		"requeue that did not arrive", EVENT_CANCELLED, 0,
		"its requeue did not reach Slurm");
}

static void
completed_and_unrecorded(void **state)
{
	struct reconcile_in in = TASK(.state = TASK_STARTED, .record = JOB(
		.state = SLURM_COMPLETE));

	(void)state;
	decided(in, "completed and unrecorded", RECONCILE_AWAIT);
	in.patient = false;
	assert_recorded(in, "completed and unrecorded", EVENT_COMPLETED, 0,
	                "completed in Slurm");
	/* the attempt after the requeue completed, and that is the event's */
	in = TASK(.state = TASK_REQUEUED, .attempt = 1, .record = JOB(
		.state = SLURM_COMPLETE, .restarts = 2));
	decided(in, "completed and unrecorded", RECONCILE_AWAIT);
	in.patient = false;
	assert_recorded(in, "completed and unrecorded", EVENT_COMPLETED, 2,
	                "completed in Slurm");
	/* a record of an attempt before the journal's says nothing of it */
	assert_recorded(TASK(.state = TASK_STARTED, .attempt = 2, .record =
		JOB(.state = SLURM_COMPLETE, .restarts = 1)),
		"purged after it started", EVENT_LOST, 2,
		"died without a word");
}

static void
failed_and_unrecorded(void **state)
{
	struct reconcile_in in = TASK(.state = TASK_STARTED, .record = JOB(
		.state = SLURM_FAILED, .exit_code = EXITED(3)));
	struct reconcile_out out;

	(void)state;
	out = decided(in, "failed and unrecorded", RECONCILE_AWAIT);
	in.patient = false;
	assert_recorded(in, "failed and unrecorded", EVENT_FAILED, 0,
	                "exit code 3");
	assert_int_equal(out.code, 3);
	in.state = TASK_SUBMITTED;
	assert_recorded(in, "failed and unrecorded", EVENT_FAILED, 0,
	                "exit code 3 before the start");
}

/* Slurm has an exit status for it that looks like a signal's. */
static void
launch_failure(void **state)
{
	static char words[] = "JobLaunchFailure";
	struct reconcile_in in = TASK(.state = TASK_SUBMITTED, .record = JOB(
		.state = SLURM_FAILED, .exit_code = 0xfb5,
		.why = SLURM_WHY_LAUNCH));
	struct slurm_job job = *in.record;

	(void)state;
	job.reason = words;
	in.record = &job;
	assert_recorded(in, "launch failure", EVENT_FAILED, 0,
	                "Slurm could not launch it: JobLaunchFailure");
	in.state = TASK_REQUEUED;
	job.restarts = 1;
	assert_recorded(in, "launch failure", EVENT_FAILED, 1,
	                "Slurm could not launch it: JobLaunchFailure");
}

static void
killed_by_a_signal(void **state)
{
	(void)state;
	assert_recorded(TASK(.state = TASK_STARTED, .record = JOB(
		.state = SLURM_FAILED, .exit_code = SIGKILL)),
		"killed by a signal", EVENT_LOST, 0, "killed by signal 9");
	assert_recorded(TASK(.state = TASK_SUBMITTED, .record = JOB(
		.state = SLURM_FAILED, .exit_code = SIGKILL)),
		"killed by a signal", EVENT_CANCELLED, 0,
		"killed by signal 9 before the start");
}

static void
time_limit(void **state)
{
	(void)state;
	assert_lost(SLURM_TIMEOUT, "time limit", "time limit");
}

static void
node_failure(void **state)
{
	(void)state;
	assert_lost(SLURM_NODE_FAIL, "node failure", "node failure");
}

static void
out_of_memory(void **state)
{
	(void)state;
	assert_lost(SLURM_OOM, "out of memory", "out of memory");
}

static void
preempted(void **state)
{
	(void)state;
	assert_lost(SLURM_PREEMPTED, "preempted", "preempted");
}

static void
boot_failure(void **state)
{
	(void)state;
	assert_lost(SLURM_BOOT_FAIL, "boot failure", "its nodes did not boot");
}

static void
deadline(void **state)
{
	(void)state;
	assert_lost(SLURM_DEADLINE, "deadline", "deadline");
}

static void
assert_gone(bool renewed, bool reused, const char *row, const char *reason)
{
	static const enum task_state before[] = { TASK_INTENDED,
		TASK_SUBMITTED, TASK_REQUEUED };

	assert_recorded(TASK(.state = TASK_STARTED, .attempt = 1,
		.renewed = renewed, .reused = reused), row, EVENT_LOST, 1,
		reason);
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		assert_recorded(TASK(.state = before[i], .renewed = renewed,
			.reused = reused), row, EVENT_CANCELLED, 0, reason);
}

static void
slurm_set_up_anew(void **state)
{
	(void)state;
	assert_gone(true, false, "Slurm set up anew",
	            "this Slurm does not know the job");
	/* numbers that began anew are in use again soon */
	assert_gone(true, true, "Slurm set up anew",
	            "this Slurm does not know the job");
}

static void
unclear_whose_job_it_is(void **state)
{
	(void)state;
	decided(TASK(.state = TASK_STARTED, .unclear = true),
	        "unclear whose job it is", RECONCILE_STOP);
	/* one element of it lives, another has ended */
	decided(TASK(.state = TASK_STARTED, .unclear = true,
		.unclear_ended = true), "unclear whose job it is",
		RECONCILE_STOP);
	decided(TASK(.state = TASK_COMPLETED, .unclear = true),
	        "over in the journal", RECONCILE_LEAVE);
}

static void
unclear_whose_job_it_was(void **state)
{
	struct reconcile_in in = TASK(.state = TASK_STARTED,
		.unclear_ended = true);

	(void)state;
	decided(in, "unclear whose job it was", RECONCILE_AWAIT);
	in.patient = false;
	assert_recorded(in, "unclear whose job it was", EVENT_LOST, 0,
		"its job has ended, or is gone and its number another's");
	in.state = TASK_SUBMITTED;
	assert_recorded(in, "unclear whose job it was", EVENT_CANCELLED, 0,
		"its job has ended, or is gone and its number another's");
	decided(TASK(.state = TASK_COMPLETED, .unclear_ended = true),
	        "over in the journal", RECONCILE_LEAVE);
}

static void
job_number_reused(void **state)
{
	(void)state;
	assert_gone(false, true, "job number reused",
	            "gone, and its number is another job's now");
}

static const struct accounting_fact facts[] = {
	{ .state = SLURM_OOM }, { .state = SLURM_FAILED, .exit_code = 3 },
	{ .state = SLURM_FAILED, .signal = 9 },
	{ .state = SLURM_COMPLETE },
	{ .state = SLURM_RUNNING }, /* slurmdbd was not told of its end */
};

static void
purged_after_it_started(void **state)
{
	static const char *const reasons[] = {
		"out of memory, says accounting", "exit code 3, says accounting",
		"killed by signal 9, says accounting",
		"completed in Slurm, says accounting", "died without a word" };

	(void)state;
	assert_recorded(TASK(.state = TASK_STARTED, .attempt = 3),
	                "purged after it started", EVENT_LOST, 3,
	                "died without a word");
	/* accounting adds words, and changes nothing else */
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		assert_recorded(TASK(.state = TASK_STARTED, .fact = &facts[i]),
		                "purged after it started", EVENT_LOST, 0,
		                reasons[i]);
}

static void
purged_after_a_requeue(void **state)
{
	(void)state;
	assert_recorded(TASK(.state = TASK_REQUEUED, .attempt = 1),
	                "purged after a requeue", EVENT_CANCELLED, 1,
	                "requeued, and gone from Slurm since");
}

static void
purged_before_the_start(void **state)
{
	(void)state;
	assert_recorded(TASK(.state = TASK_SUBMITTED),
	                "purged before the start", EVENT_CANCELLED, 0,
	                "never started");
	assert_recorded(TASK(.state = TASK_INTENDED),
	                "purged before the start", EVENT_CANCELLED, 0,
	                "never started");
}

/* ---- the table in docs/design.md ---- */

static const char *const actions[RECONCILE_ACTION_COUNT] = {
	"stop", "leave", "release", "tell", "drop", "await", "record",
};

/* "| name | ... | done | reason |" of the nth row after the heading. */
static char *
expected_line(const struct reconcile_row *row)
{
	struct strbuf out = { 0 };

	strbuf_printf(&out, "%s | %s", row->name, actions[row->action]);
	if (row->event)
		strbuf_printf(&out, ": %s", event_name(row->event));
	strbuf_printf(&out, " | %s%s", row->reason, row->with == WITH_NUMBER
		? " N" : row->with == WITH_SLURMS_REASON ? ": REASON" : "");
	return strbuf_steal(&out);
}

/* Columns 1, 4 and 5. */
static char *
line_columns(char *line)
{
	char *columns[6] = { NULL };
	size_t count = 0;

	for (char *at = strtok(line, "|"); at && count < 6;
	     at = strtok(NULL, "|"))
		columns[count++] = text_trim(at);
	return count < 5 ? xstrdup(line) : xasprintf("%s | %s | %s",
		columns[0], columns[3], columns[4]);
}

static void
design_has_the_same_rows(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path = file_join(top ? top : "..", "docs/design.md");
	struct latsub_error err;
	char *text, *rest, *line;
	size_t len, row = 0;

	(void)state;
	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL, &err), 0);
	rest = strstr(text, "\n## Reconciling\n");
	assert_non_null(rest);
	rest = strstr(rest, "\n|---|");
	assert_non_null(rest);
	rest = strchr(rest + 1, '\n') + 1;
	while ((line = strsep(&rest, "\n")) && *line == '|') {
		char *expected, *got = line_columns(line);

		assert_true(row < reconcile_row_count);
		expected = expected_line(&reconcile_rows[row++]);
		assert_string_equal(got, expected);
		free(expected);
		free(got);
	}
	assert_int_equal(row, reconcile_row_count);
	free(text);
	free(path);
}

/* ---- accounting ---- */

static void
accounting_is_parsed_strictly(void **state)
{
	struct accounting a;

	(void)state;
	accounting_parse(&a, "12|COMPLETED|0:0\n12.batch|COMPLETED|0:0\n"
	                 "13_4|OUT_OF_MEMORY|0:125\n13_[5-9]|PENDING|0:0\n"
	                 "14|CANCELLED by 1000|0:15\n15|FAILED|3:0\n"
	                 "16|FAILED\n17|WHATEVER|0:0\n18|FAILED|x:0\n"
	                 "19|FAILED|1:0|more\nsacct: error: no\n"
	                 "-3|FAILED|1:0\n99999999999|FAILED|1:0\n|||\n");
	assert_int_equal(a.count, 4);
	assert_int_equal(accounting_find(&a, 12, SLURM_NO_TASK)->state,
	                 SLURM_COMPLETE);
	assert_int_equal(accounting_find(&a, 13, 4)->state, SLURM_OOM);
	assert_int_equal(accounting_find(&a, 14, SLURM_NO_TASK)->state,
	                 SLURM_CANCELLED);
	assert_int_equal(accounting_find(&a, 15, SLURM_NO_TASK)->exit_code, 3);
	assert_null(accounting_find(&a, 13, 5));
	accounting_clear(&a);
	accounting_parse(&a, "");
	assert_null(accounting_find(&a, 1, 1));
	accounting_clear(&a);
}

static void
programs_have_a_bound(void **state)
{
	char *slow[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
		(char *)(uintptr_t)"echo a; sleep 60 & sleep 60", NULL };
	char *fast[] = { (char *)(uintptr_t)"echo", (char *)(uintptr_t)"b",
		NULL };
	bool ok = true;
	char *text;

	(void)state;
	text = process_output_within(slow, false, 1, &ok);
	assert_false(ok);
	assert_string_equal(text, "a\n");
	free(text);
	text = process_output_within(fast, false, 20, &ok);
	assert_true(ok);
	assert_string_equal(text, "b\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_answer),
		cmocka_unit_test(live_and_running),
		cmocka_unit_test(live_and_ending),
		cmocka_unit_test(live_and_pending),
		cmocka_unit_test(requeued_and_pending),
		cmocka_unit_test(held_by_a_person_or_a_cut_off_submission),
		cmocka_unit_test(held_by_slurm),
		cmocka_unit_test(held_by_an_administrator),
		cmocka_unit_test(dependency_never_satisfied),
		cmocka_unit_test(can_never_run),
		cmocka_unit_test(over_in_the_journal),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(requeue_that_did_not_arrive),
		cmocka_unit_test(completed_and_unrecorded),
		cmocka_unit_test(failed_and_unrecorded),
		cmocka_unit_test(launch_failure),
		cmocka_unit_test(killed_by_a_signal),
		cmocka_unit_test(time_limit),
		cmocka_unit_test(node_failure),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(preempted),
		cmocka_unit_test(boot_failure),
		cmocka_unit_test(deadline),
		cmocka_unit_test(slurm_set_up_anew),
		cmocka_unit_test(unclear_whose_job_it_is),
		cmocka_unit_test(unclear_whose_job_it_was),
		cmocka_unit_test(job_number_reused),
		cmocka_unit_test(purged_after_it_started),
		cmocka_unit_test(purged_after_a_requeue),
		cmocka_unit_test(purged_before_the_start),
		cmocka_unit_test(design_has_the_same_rows),
		cmocka_unit_test(accounting_is_parsed_strictly),
		cmocka_unit_test(programs_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
