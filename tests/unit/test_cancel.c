/*
 * test_cancel.c - cancels, those that Slurm does not answer, too.
 */
#include "engine_fixture.h"

/* ---- cancelling ---- */

static void
a_cancel_journals_what_waited(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(resume(f), 0);
	ask(f);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), 0);
	assert_int_equal(count, PHASES);
	assert_int_equal(fake_live(), 0);
	assert_int_equal(task_of(f, "many", 2), TASK_CANCELLED);
	assert_int_equal(task_of(f, "last", 0), TASK_CANCELLED);
}

static unsigned
journal_lines_with(struct fixture *f, const char *words)
{
	char *name = journal_file_name(), *line = NULL;
	char *path = file_join(f->engine.run->journal_dir, name);
	FILE *file = fopen(path, "r");
	unsigned count = 0;
	size_t cap = 0;

	assert_non_null(file);
	while (getline(&line, &cap, file) > 0)
		count += strstr(line, words) != NULL;
	fclose(file);
	free(line);
	free(path);
	free(name);
	return count;
}

/* An event for each task would be a hundred thousand. */
static void
a_cancel_journals_like_tasks_together(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "many", "1,3", 0);
	journal(f, EVENT_REQUEUED, "many", "1,3", 0);
	ask(f);
	assert_int_equal(engine_cancel(&f->engine, &f->live, "many", &count,
	                               &f->err), 0);
	for (uint32_t t = 0; t < 4; t++)
		assert_int_equal(task_of(f, "many", t), TASK_CANCELLED);
	assert_int_equal(journal_lines_with(f, "latsub cancel"), 1);
	/* but not those of different attempts */
	assert_int_equal(resume(f), 0);
	journal(f, EVENT_SUBMITTED, "many", "2", 1);
	ask(f);
	assert_int_equal(engine_cancel(&f->engine, &f->live, "many", &count,
	                               &f->err), 0);
	for (uint32_t t = 0; t < 4; t++)
		assert_int_equal(task_of(f, "many", t), TASK_CANCELLED);
	assert_int_equal(journal_lines_with(f, "latsub cancel"), 3);
}

/* A stopped runner is killed without a word; one that runs speaks for itself. */
static void
a_cancel_journals_what_is_suspended(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(resume(f), 0);
	fake_element(fake_find("many")->job_id, 0)->state = SLURM_RUNNING;
	fake_element(fake_find("many")->job_id, 1)->state = SLURM_SUSPENDED;
	journal(f, EVENT_STARTED, "many", "0-1", 0);
	ask(f);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), 0);
	assert_int_equal(task_of(f, "many", 0), TASK_STARTED);
	assert_int_equal(task_of(f, "many", 1), TASK_CANCELLED);
	assert_int_equal(task_of(f, "many", 2), TASK_CANCELLED);
}

static void
a_silent_cancel_can_be_done_again(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(resume(f), 0);
	ask(f);
	fake_fail(FAKE_CANCEL, 2, 1, SLURM_SILENT, FAKE_AFTER);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), -1);
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_int_equal(count, 1);
	assert_int_equal(fake_live(), PHASES - 2);
	ask(f);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), 0);
	assert_int_equal(fake_live(), 0);
	/* and all of it can be run again */
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

static void
a_cancel_of_what_is_gone_is_done(void **state)
{
	struct fixture *f = *state;
	size_t count;

	assert_int_equal(resume(f), 0);
	ask(f);
	fake_fail(FAKE_CANCEL, 1, 1, SLURM_UNKNOWN_JOB, FAKE_BEFORE);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), 0);
}

/* ---- cancels that are not answered ---- */

static void
assert_left(struct fixture *f, size_t live)
{
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_non_null(strstr(f->err.text, "job 101 may still be in the queue"));
	assert_null(strstr(f->err.text, "nothing is left"));
	assert_int_equal(fake_live(), live);
	assert_int_equal(task_of(f, "other", 0), TASK_SUBMITTED);
	assert_int_equal(task_of(f, "first", 0), TASK_CANCELLED);
	assert_int_equal(task_of(f, "last", 0), TASK_CANCELLED);
	assert_int_equal(resume(f), 0);
	assert_well(f);
}

/* The first of two jobs to be taken back; it may be there or not. */
static void
what_may_not_be_taken_back_is_looked_for(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_SUBMIT, 3, 1, SLURM_REFUSED, FAKE_BEFORE);
	fake_fail(FAKE_CANCEL, 1, 3, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_left(f, 1);
	teardown(state);
	setup(state);
	f = *state;
	fake_fail(FAKE_SUBMIT, 3, 1, SLURM_REFUSED, FAKE_BEFORE);
	fake_fail(FAKE_CANCEL, 1, 3, SLURM_SILENT, FAKE_AFTER);
	assert_int_equal(resume(f), -1);
	assert_left(f, 0);
}

static void
a_cancel_that_is_late_takes_all_back(void **state)
{
	struct fixture *f = *state;

	fake_fail(FAKE_SUBMIT, 3, 1, SLURM_REFUSED, FAKE_BEFORE);
	fake_fail(FAKE_CANCEL, 1, 2, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), -1);
	assert_non_null(strstr(f->err.text, "nothing is left submitted"));
	assert_int_equal(fake_live(), 0);
	assert_int_equal(task_of(f, "other", 0), TASK_CANCELLED);
}

static void
a_cancel_without_an_answer_says_what_is_known(void **state)
{
	static const struct { enum slurm_answer answer; const char *words; }
	rows[] = {
		{ SLURM_SILENT, "may not be cancelled" },
		{ SLURM_REFUSED, "is not cancelled" },
		{ SLURM_FULL, "may not be cancelled" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture *f = *state;
		size_t count;

		assert_int_equal(resume(f), 0);
		ask(f);
		fake_fail(FAKE_CANCEL, 2, 1, rows[i].answer, FAKE_BEFORE);
		assert_int_equal(engine_cancel(&f->engine, &f->live, NULL,
		                               &count, &f->err), -1);
		assert_int_equal(count, 1);
		assert_int_equal(f->err.code, LATSUB_SLURM);
		assert_non_null(strstr(f->err.text, rows[i].words));
		assert_non_null(strstr(f->err.text, "1 job was cancelled"));
		assert_int_equal(task_of(f, "last", 0), TASK_CANCELLED);
		assert_int_equal(task_of(f, "other", 0), TASK_SUBMITTED);
		teardown(state);
		setup(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_may_not_be_taken_back_is_looked_for),
		TEST(a_cancel_that_is_late_takes_all_back),
		TEST(a_cancel_without_an_answer_says_what_is_known),
		TEST(a_cancel_journals_what_waited),
		TEST(a_cancel_journals_like_tasks_together),
		TEST(a_cancel_journals_what_is_suspended),
		TEST(a_silent_cancel_can_be_done_again),
		TEST(a_cancel_of_what_is_gone_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
