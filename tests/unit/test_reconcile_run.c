/*
 * test_reconcile_run.c - reconcile a run with what Slurm and its accounting have.
 * The table of what is decided is test_reconcile.c's.
 */
#include "engine_fixture.h"

static void
set_command(const char *name, const char *command)
{
	free(fake_find(name)->command);
	fake_find(name)->command = xstrdup(command);
}

/* ---- reconciling ---- */

static void
an_element_is_decided_by_itself(void **state)
{
	struct fixture *f = *state;
	struct slurm_job *array;
	uint32_t id;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "many", "0-2", 0);
	array = fake_find("many");
	free(array->array_tasks);
	array->array_tasks = xstrdup("3");
	id = array->job_id;
	fake_element(id, 0)->state = SLURM_RUNNING;
	fake_element(id, 1)->state = SLURM_NODE_FAIL;
	/* of element 2 Slurm has nothing any more */
	assert_int_equal(resume(f), 0);
	assert_string_equal(planned(f, "many"), "2 lost: died without a word, "
		"and others; the rest: job 102 runs");
	assert_int_equal(task_of(f, "many", 0), TASK_STARTED);
	assert_int_equal(task_of(f, "many", 3), TASK_SUBMITTED);
	assert_int_equal(phase(f, "many")->cells[1].gen, 2);
	assert_int_equal(phase(f, "many")->cells[3].gen, 1);
}

/* Task 0 was "a" and is "z": Slurm's element 0 is task 1 now. */
static void
elements_are_counted_by_the_values_of_their_time(void **state)
{
	static const char changed[] = "[experiment]\nname = e\n"
		"[phase many]\narray.I = z a b c d\ncommand = true\n";
	struct fixture *f = *state;
	struct latsub_errlist errors = { 0 };
	char *file = file_join(f->dir, "changed.ini");
	uint32_t id;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "many", "0-3", 0);
	id = fake_find("many")->job_id;
	for (size_t i = 0; i < fake_jobs()->count; i++)
		fake_jobs()->items[i].state = SLURM_CANCELLED;
	fake_element(id, 0)->state = SLURM_COMPLETE;
	fake_element(id, 1)->state = SLURM_NODE_FAIL;
	fake_element(id, 2)->state = SLURM_OOM;
	assert_int_equal(file_replace(file, changed, strlen(changed), 0644,
	                              &f->err), 0);
	experiment_destroy(f->engine.experiment);
	f->engine.experiment = experiment_load(file, NULL, &errors);
	assert_int_equal(update_facts(f), 0);
	assert_int_equal(engine_take_experiment(&f->engine, &f->err), 0);
	assert_int_equal(resume(f), 0);
	assert_reason(f, "many", MARK_CANCELLED, "cancelled");
	assert_int_equal(task_of(f, "many", 1), TASK_COMPLETED);
	assert_string_equal(fake_find("many")->array_tasks, "0,2-4");
	free(file);
}

static void
a_job_of_another_identity_is_not_ours(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	free(fake_find("other")->comment);
	fake_find("other")->comment = xstrdup("[latsub run-00000000 other 1]");
	set_command("other", "");
	end_job("other", SLURM_COMPLETE, 0);
	assert_int_equal(resume(f), 0);
	assert_reason(f, "other", MARK_LOST,
	              "gone, and its number is another job's now");
	assert_int_equal(task_of(f, "other", 0), TASK_SUBMITTED);
}

/* Numbers that began anew: ours may come to another phase of the same run. */
static void
a_number_of_another_phase_is_not_this_ones(void **state)
{
	struct fixture *f = *state;
	const char *run_id;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	run_id = state_metadata(f->engine.run->state, "run_id");
	free(fake_find("other")->comment);
	fake_find("other")->comment = identity_print(run_id, "first", 9, 0);
	set_command("other", "");
	end_job("other", SLURM_COMPLETE, 0);
	assert_int_equal(resume(f), 0);
	assert_reason(f, "other", MARK_LOST,
	              "gone, and its number is another job's now");
}

static void
a_slurm_that_was_set_up_anew_is_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "first", "0", 0);
	slurm_jobs_clear(fake_jobs());
	fake_set_cluster("fake", 1);
	assert_int_equal(resume(f), 0);
	assert_reason(f, "first", MARK_LOST, "this Slurm does not know the job");
	assert_reason(f, "last", MARK_CANCELLED, "this Slurm does not know the job");
	assert_int_equal(fake_live(), PHASES);
}

static void
another_cluster_is_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "first", "0", 0);
	slurm_jobs_clear(fake_jobs());
	fake_set_cluster("elsewhere", 5000);
	assert_int_equal(resume(f), 0);
	assert_reason(f, "first", MARK_LOST, "this Slurm does not know the job");
	assert_non_null(strstr(f->said, "elsewhere"));
	assert_string_equal(state_metadata(f->engine.run->state, "cluster"),
	                    "elsewhere");
	assert_well(f);
}

/* By number and name alone, as the jobs of an older latsub are known. */
static void
a_number_of_the_cluster_before_means_nothing(void **state)
{
	struct fixture *f = *state;
	struct slurm_job *plain;
	size_t count;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_COMPLETED, "first", "0", 0); /* so its job stays on record */
	slurm_jobs_clear(fake_jobs());
	fake_set_cluster("elsewhere", 5000);
	assert_int_equal(resume(f), 0);
	plain = fake_add(100, NULL);
	free(plain->name);
	plain->name = xstrdup("first");
	plain->state = SLURM_RUNNING;
	plain->submit_time = time(NULL);
	open_run(f);
	ask(f);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), 0);
	assert_int_equal(count, PHASES - 1);
	assert_int_equal(fake_live(), 1);
}

/* Without an id of its own, and after it has taken one. */
static void
a_copy_leaves_the_others_jobs_alone(void **state)
{
	struct fixture *f = *state;
	char *command, *copy = file_join(f->dir, "copy");
	size_t count;

	fake_set_site("", true);
	assert_int_equal(resume(f), 0);
	command = xasprintf("cp -r %s/run %s", f->dir, copy);
	assert_int_equal(system(command), 0);
	run_close(f->engine.run);
	f->engine.run = run_open(copy, &f->err);
	assert_non_null(f->engine.run);
	ask(f);
	assert_int_equal(f->live.count, 0);
	assert_int_equal(engine_take_place(f->engine.run,
		f->engine.experiment->workdir, &f->err), 0);
	ask(f);
	assert_int_equal(f->live.count, 0);
	assert_int_equal(engine_cancel(&f->engine, &f->live, NULL, &count,
	                               &f->err), 0);
	assert_int_equal(fake_live(), PHASES);
	free(command);
	free(copy);
}

static void
record_completion(void *user)
{
	struct fixture *f = user;
	struct event event = { .kind = EVENT_COMPLETED, .code = 0, .gen = 1,
		.phase = xstrdup("first"), .reason = xstrdup("completed") };

	rangeset_add(&event.tasks, 0, 0);
	while_asleep = NULL;
	assert_int_equal(journal_append(f->engine.run->journal_dir, &event, 1,
	                                false, &f->err), 0);
	event_clear(&event);
}

static void
a_completion_on_its_way_is_waited_for(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "first", "0", 0);
	end_job("first", SLURM_COMPLETE, 0);
	while_asleep = record_completion;
	while_asleep_user = f;
	assert_int_equal(resume(f), 0);
	assert_true(slept > 0 && slept < 5);
	assert_int_equal(task_of(f, "first", 0), TASK_COMPLETED);
	/* and one that never comes is concluded */
	slept = 0;
	journal(f, EVENT_STARTED, "other", "0", 0);
	end_job("other", SLURM_COMPLETE, 0);
	assert_int_equal(resume(f), 0);
	assert_true(slept >= 9 && slept < 20);
	assert_int_equal(task_of(f, "other", 0), TASK_COMPLETED);
	assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES);
}

/* The runner said "goes back into the queue", and its request was lost: the
 * record is of the attempt that had to be gone on with. */
static void
a_requeued_attempts_end_is_no_completion(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	journal(f, EVENT_REQUEUED, "other", "0", 0);
	end_job("other", SLURM_COMPLETE, 0);
	assert_int_equal(resume(f), 0);
	assert_reason(f, "other", MARK_CANCELLED, "its requeue did not reach Slurm");
	assert_int_equal(task_of(f, "other", 0), TASK_SUBMITTED);
}

static void
the_next_attempts_completion_is_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	journal(f, EVENT_REQUEUED, "other", "0", 0);
	end_job("other", SLURM_COMPLETE, 1);
	assert_int_equal(resume(f), 0);
	assert_int_equal(task_of(f, "other", 0), TASK_COMPLETED);
	assert_int_equal(phase(f, "other")->cells[0].attempt, 1);
}

static void
what_can_never_run_is_cancelled_and_submitted_anew(void **state)
{
	struct fixture *f = *state;
	uint32_t before;

	assert_int_equal(resume(f), 0);
	before = fake_find("last")->job_id;
	fake_set_reason(fake_find("last"), "DependencyNeverSatisfied");
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_CANCEL), 1);
	assert_int_equal(fake_live(), PHASES);
	assert_true(fake_find("last")->job_id > before);
	assert_non_null(strstr(planned(f, "last"), "can never be satisfied"));
	assert_well(f);
}

/* A dry run sees the same, and writes nothing. */
static void
a_preview_writes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	end_job("other", SLURM_OOM, 0);
	ask(f);
	engine_reconcile_preview(&f->engine, &f->jobs, &f->live);
	f->plan = plan_create(f->engine.experiment->spec, f->engine.run->state,
	                      &f->live, NULL);
	assert_string_equal(planned(f, "other"), "lost: out of memory");
	assert_int_equal(task_of(f, "other", 0), TASK_STARTED);
}

/* ---- accounting: a sacct of our own, first in PATH ---- */

static void
put_sacct(struct fixture *f, const char *script)
{
	char *path = file_join(f->dir, "sacct"), *places;

	assert_int_equal(file_replace(path, script, strlen(script), 0755,
	                              &f->err), 0);
	places = xasprintf("%s:%s", f->dir, getenv("PATH"));
	setenv("PATH", places, 1);
	free(places);
	free(path);
}

static void
accounting_adds_words_and_is_not_needed(void **state)
{
	static const struct { const char *script, *reason; } rows[] = {
		{ "#!/bin/sh\ntest \"$*\" = '-n -P -j 101 -o "
		  "JobID,State,ExitCode' || exit 9\n"
		  "echo '101|OUT_OF_MEMORY|0:125'\n",
		  "out of memory, says accounting" },
		{ "#!/bin/sh\necho '101|COMPLETED|0:0'\n",
		  "completed in Slurm, says accounting" },
		{ "#!/bin/sh\necho 'sacct: accounting is disabled' >&2\n"
		  "exit 1\n", "died without a word" },
		{ "#!/bin/sh\necho '101|OUT_OF_MEMORY|0:125'\nexit 1\n",
		  "died without a word" },
		{ "#!/bin/sh\nexit 0\n", "died without a word" },
		{ "#!/bin/sh\necho '101|HAPPY|0:0'; echo '|||'\n",
		  "died without a word" },
	};
	char *path = xstrdup(getenv("PATH"));

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture *f = *state;

		assert_int_equal(resume(f), 0);
		journal(f, EVENT_STARTED, "other", "0", 0);
		assert_int_equal(fake_find("other")->job_id, 101);
		fake_find("other")->job_id = 9999;
		free(fake_find("other")->comment);
		fake_find("other")->comment = xstrdup("another's");
		set_command("other", "");
		put_sacct(f, rows[i].script);
		assert_int_equal(resume(f), 0);
		assert_reason(f, "other", MARK_LOST, rows[i].reason);
		assert_int_equal(task_of(f, "other", 0), TASK_SUBMITTED);
		setenv("PATH", path, 1);
		teardown(state);
		setup(state);
	}
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_element_is_decided_by_itself),
		TEST(elements_are_counted_by_the_values_of_their_time),
		TEST(a_job_of_another_identity_is_not_ours),
		TEST(a_number_of_another_phase_is_not_this_ones),
		TEST(a_slurm_that_was_set_up_anew_is_told),
		TEST(another_cluster_is_told),
		TEST(a_number_of_the_cluster_before_means_nothing),
		TEST(a_copy_leaves_the_others_jobs_alone),
		TEST(a_completion_on_its_way_is_waited_for),
		TEST(a_requeued_attempts_end_is_no_completion),
		TEST(the_next_attempts_completion_is_one),
		TEST(what_can_never_run_is_cancelled_and_submitted_anew),
		TEST(a_preview_writes_nothing),
		TEST(accounting_adds_words_and_is_not_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
