/*
 * test_submit.c - submit against a Slurm that loses requests and answers,
 * refuses, and falls silent.
 */
#include "engine_fixture.h"

static void
all_is_submitted_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES);
	assert_well(f);
}

/* Whichever call it is. */
static void
an_answer_that_is_lost_is_found_by_identity(void **state)
{
	struct fixture *f;

	for (unsigned n = 1; n <= PHASES; n++) {
		f = *state;
		fake_fail(FAKE_SUBMIT, n, 1, SLURM_SILENT, FAKE_AFTER);
		assert_int_equal(resume(f), 0);
		assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES);
		assert_well(f);
		teardown(state);
		setup(state);
	}
}

static void
a_request_that_is_lost_is_sent_once_more(void **state)
{
	struct fixture *f;

	for (unsigned n = 1; n <= PHASES; n++) {
		f = *state;
		fake_fail(FAKE_SUBMIT, n, 1, SLURM_SILENT, FAKE_BEFORE);
		assert_int_equal(resume(f), 0);
		assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES + 1);
		assert_well(f);
		teardown(state);
		setup(state);
	}
}

static void
assert_can_go_on(struct fixture *f, size_t live)
{
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_non_null(strstr(f->err.text, "--resume"));
	assert_non_null(strstr(f->err.text, f->engine.run->state_path));
	assert_int_equal(fake_live(), live);
	assert_int_equal(fake_calls(FAKE_CANCEL), 0);
	/* nothing runs while it is not complete */
	for (size_t i = 0; i < fake_jobs()->count; i++)
		assert_true(fake_jobs()->items[i].held
		            || *fake_jobs()->items[i].dependency);
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

static void
silence_in_the_middle_leaves_all_held(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_SUBMIT, 3, 2, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_can_go_on(f, 2);
}

static void
a_silent_look_up_changes_nothing(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_SUBMIT, 2, 1, SLURM_SILENT, FAKE_AFTER);
	fake_fail(FAKE_JOBS, 2, 100, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_int_equal(fake_calls(FAKE_SUBMIT), 2);
	assert_true(slept >= 10); /* it was not given up at once */
	fake_fail(FAKE_JOBS, 1, 0, SLURM_YES, FAKE_BEFORE);
	assert_can_go_on(f, 2);
}

static void
a_look_up_that_is_silent_at_first_is_tried_again(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_SUBMIT, 2, 1, SLURM_SILENT, FAKE_AFTER);
	fake_fail(FAKE_JOBS, 2, 3, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES);
	assert_well(f);
}

static void
a_refusal_takes_all_of_this_call_back(void **state)
{
	struct fixture *f;

	for (unsigned n = 1; n <= PHASES; n++) {
		f = *state;
		fake_fail(FAKE_SUBMIT, n, 1, SLURM_REFUSED, FAKE_BEFORE);
		assert_int_equal(resume(f), -1);
		assert_int_equal(f->err.code, LATSUB_SLURM);
		assert_int_equal(fake_live(), 0);
		assert_int_equal(fake_calls(FAKE_CANCEL), n - 1);
		assert_int_equal(task_of(f, "first", 0), TASK_CANCELLED);
		assert_int_equal(task_of(f, "many", 3), TASK_CANCELLED);
		assert_int_equal(task_of(f, "last", 0), TASK_CANCELLED);
		assert_int_equal(resume(f), 0);
		assert_well(f);
		teardown(state);
		setup(state);
	}
}

/* What an earlier call submitted is not this call's to cancel. */
static void
a_refusal_leaves_what_was_there(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_SUBMIT, 3, 2, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	fake_fail(FAKE_SUBMIT, 2, 1, SLURM_REFUSED, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_int_equal(fake_live(), 2);
	assert_int_equal(fake_calls(FAKE_CANCEL), 1);
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

static void
a_silent_release_is_done_by_a_resume(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_UPDATE, 2, 100, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_non_null(strstr(f->err.text, "--resume"));
	assert_int_equal(fake_live(), PHASES);
	assert_int_equal(fake_held(), ROOTS - 1);
	fake_fail(FAKE_UPDATE, 1, 0, SLURM_YES, FAKE_BEFORE);
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

static void
a_release_whose_answer_is_lost_is_done_again(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_UPDATE, 1, 1, SLURM_SILENT, FAKE_AFTER);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_UPDATE), ROOTS + 1);
	assert_well(f);
}

static void
a_refused_release_takes_all_back(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_UPDATE, 2, 1, SLURM_REFUSED, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_int_equal(fake_live(), 0);
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

/* Held, it was accepted; released, Slurm says that it can never run. */
static void
a_root_that_can_never_run_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	fake_set_verdict("other", "BadConstraints");
	assert_int_equal(resume(f), -1);
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_non_null(strstr(f->err.text, "BadConstraints"));
	assert_non_null(strstr(f->err.text, "e.ini:10 (mem = 70G)"));
	assert_int_equal(fake_live(), 0);
	fake_set_verdict(NULL, NULL);
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

/* Of several partitions one does not fit: that is no refusal. */
static void
of_several_partitions_one_is_enough(void **state)
{
	struct fixture *f = *state;

	fake_set_verdict("other", "PartitionNodeLimit");
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_live(), PHASES);
}

static void
plan_all(struct fixture *f)
{
	open_run(f);
	ask(f);
	f->plan = plan_create(f->engine.experiment->spec, f->engine.run->state,
	                      &f->live, NULL);
}

/* Before anything is submitted; only what is submitted held, and asks for much. */
static void
what_slurm_refuses_is_found_before(void **state)
{
	struct fixture *f = *state;
	struct latsub_errlist errors = { 0 };

	plan_all(f);
	engine_preflight(&f->engine, f->plan, &errors);
	assert_int_equal(errors.count, 0);
	assert_int_equal(fake_calls(FAKE_TRY), 1);
	fake_fail(FAKE_TRY, 1, 1, SLURM_REFUSED, FAKE_BEFORE);
	engine_preflight(&f->engine, f->plan, &errors);
	assert_int_equal(errors.count, 1);
	latsub_errlist_clear(&errors);
	/* no answer is not a no */
	fake_fail(FAKE_TRY, 1, 1, SLURM_SILENT, FAKE_BEFORE);
	engine_preflight(&f->engine, f->plan, &errors);
	assert_int_equal(errors.count, 0);
}

/* Roots that differ in anything that decides where they may run are asked about
 * one by one; else one question is enough. */
static void
roots_that_differ_are_asked_about(void **state)
{
	struct fixture *f = *state;
	struct latsub_errlist errors = { 0 };

	load_experiment(f, "[experiment]\nname = e\n[defaults]\nmem = 9G\n"
	                "[phase a]\ncommand = true\n"
	                "[phase b]\ncommand = true\nmail-type = END\n"
	                "[phase c]\ncommand = true\ntime = 10\n"
	                "[phase d]\ncommand = true\ntime = 20\n"
	                "[phase e]\ncommand = true\ntime = 20\n"
	                "time-min = 5\n"
	                "[phase f]\ncommand = true\npartition = p\n");
	plan_all(f);
	engine_preflight(&f->engine, f->plan, &errors);
	assert_int_equal(fake_calls(FAKE_TRY), 5);
	latsub_errlist_clear(&errors);
}

static void
slurm_looks_at_other(void *user)
{
	(void)user;
	if (slept > 0.4)
		fake_set_reason(fake_find("other"), "BadConstraints");
}

/* The scheduler takes a moment; one that takes too long is not waited for. */
static void
the_scheduler_is_waited_for_with_a_bound(void **state)
{
	struct fixture *f = *state;

	fake_set_verdict("other", "None");
	while_asleep = slurm_looks_at_other;
	assert_int_equal(resume(f), -1);
	assert_int_equal(fake_live(), 0);
	while_asleep = NULL;
	slept = 0;
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_live(), PHASES);
	assert_true(slept > 1 && slept < 3);
	/* silence after the release is no refusal */
	teardown(state);
	setup(state);
	f = *state;
	fake_set_verdict("other", "None");
	fake_fail(FAKE_JOBS, 2, 100, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_live(), PHASES);
}

/* It was accepted while nodes were away: a resume submits it anew, with what the
 * experiment says now, and what waits for it, too. */
static void
what_can_never_run_is_replaced_by_a_resume(void **state)
{
	struct fixture *f = *state;
	uint32_t last;

	assert_int_equal(resume(f), 0);
	last = fake_find("last")->job_id;
	fake_set_reason(fake_find("other"), "BadConstraints");
	assert_int_equal(resume(f), 0);
	assert_non_null(strstr(planned(f, "other"),
		"can never run: BadConstraints: job "));
	assert_int_equal(fake_live(), PHASES);
	assert_true(fake_find("last")->job_id > last);
	assert_well(f);
}

static void
what_slurm_holds_is_told_and_left(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	fake_find("other")->held = true;
	fake_set_reason(fake_find("other"), "launch failed requeued held");
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_held(), 1);
	assert_non_null(strstr(f->said, "scontrol release"));
	assert_non_null(strstr(planned(f, "other"), "is held: launch failed "
		"requeued held; 'scontrol release"));
	fake_set_reason(fake_find("other"), "JobHeldAdmin");
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_held(), 1);
	assert_non_null(strstr(f->said, "is held by an administrator "
		"(JobHeldAdmin), who can 'scontrol release"));
	assert_non_null(strstr(planned(f, "other"), "is held by an "
		"administrator: JobHeldAdmin, who can 'scontrol release"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_submitted_once),
		TEST(an_answer_that_is_lost_is_found_by_identity),
		TEST(a_request_that_is_lost_is_sent_once_more),
		TEST(silence_in_the_middle_leaves_all_held),
		TEST(a_silent_look_up_changes_nothing),
		TEST(a_look_up_that_is_silent_at_first_is_tried_again),
		TEST(a_refusal_takes_all_of_this_call_back),
		TEST(a_refusal_leaves_what_was_there),
		TEST(a_silent_release_is_done_by_a_resume),
		TEST(a_release_whose_answer_is_lost_is_done_again),
		TEST(a_refused_release_takes_all_back),
		TEST(a_root_that_can_never_run_is_a_refusal),
		TEST(of_several_partitions_one_is_enough),
		TEST(what_slurm_refuses_is_found_before),
		TEST(roots_that_differ_are_asked_about),
		TEST(the_scheduler_is_waited_for_with_a_bound),
		TEST(what_can_never_run_is_replaced_by_a_resume),
		TEST(what_slurm_holds_is_told_and_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
