/*
 * test_rest.c - what has no room in the queue, successors of jobs, and two
 * submitters at once.
 */
#include "engine_fixture.h"

/* ---- a queue without room for all ---- */

static int
submit_rest(struct fixture *f)
{
	open_run(f);
	ask(f);
	f->plan = plan_create_rest(f->engine.experiment->spec,
	                           f->engine.run->state, &f->live);
	return engine_submit(&f->engine, f->plan, &f->live, &f->result,
	                     &f->err);
}

static void
complete(struct fixture *f, const char *name, const char *tasks)
{
	journal(f, EVENT_STARTED, name, tasks, 0);
	journal(f, EVENT_COMPLETED, name, tasks, 0);
	for (size_t i = 0; i < fake_jobs()->count; i++) {
		if (strcmp(fake_jobs()->items[i].name, name) == 0)
			fake_jobs()->items[i].state = SLURM_COMPLETE;
	}
}

static void
what_fits_goes_in_and_the_rest_follows(void **state)
{
	struct fixture *f = *state;

	/* first, other, and of the array two and one */
	fake_set_room(5);
	assert_int_equal(resume(f), 0);
	assert_int_equal(f->result.deferred, 2);
	assert_int_equal(fake_held(), 0);
	assert_int_equal(task_of(f, "many", 2), TASK_SUBMITTED);
	assert_int_equal(task_of(f, "many", 3), TASK_INTENDED);
	assert_int_equal(task_of(f, "last", 0), TASK_INTENDED);
	assert_int_equal(fake_calls(FAKE_CANCEL), 0);
	/* no room yet: nothing is lost, nothing cancelled */
	assert_int_equal(submit_rest(f), 0);
	assert_int_equal(f->result.count, 0);
	assert_int_equal(f->result.deferred, 2);
	complete(f, "first", "0");
	assert_int_equal(submit_rest(f), 0);
	assert_int_equal(f->result.count, 1);
	assert_int_equal(f->result.deferred, 1);
	assert_string_equal(fake_find("many")->array_tasks, "3");
	/* its parent is completed: there is nothing to wait for */
	assert_string_equal(fake_find("many")->dependency, "");
	complete(f, "many", "0-3");
	complete(f, "other", "0");
	assert_int_equal(submit_rest(f), 0);
	assert_int_equal(f->result.deferred, 0);
	assert_int_equal(task_of(f, "last", 0), TASK_SUBMITTED);
	assert_int_equal(submit_rest(f), 0);
	assert_int_equal(f->result.count, 0);
}

static void
a_queue_without_any_room_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	fake_set_room(1);
	fake_add(7, "of somebody else");
	assert_int_equal(resume(f), -1);
	assert_int_equal(fake_live(), 1);
	assert_int_equal(task_of(f, "first", 0), TASK_CANCELLED);
	assert_int_equal(task_of(f, "last", 0), TASK_CANCELLED);
}

/* A part whose answer was lost is not taken for one of the others. */
static void
each_part_of_an_array_is_found_again(void **state)
{
	for (unsigned n = 2; n <= 6; n++) {
		struct fixture *f = *state;
		size_t many = 0;

		fake_set_room(5);
		fake_fail(FAKE_SUBMIT, n, 1, SLURM_SILENT, FAKE_AFTER);
		assert_int_equal(resume(f), 0);
		for (size_t i = 0; i < fake_jobs()->count; i++)
			many += strcmp(fake_jobs()->items[i].name, "many") == 0;
		assert_int_equal(many, 2);
		assert_int_equal(f->result.deferred, 2);
		teardown(state);
		setup(state);
	}
}

/* ---- another job goes on ---- */

static struct engine_ended
ended_job(struct fixture *f, const char *name, uint32_t task)
{
	const struct slurm_job *job = fake_find(name);
	struct engine_ended ended = { .phase = name, .gen = 1, .task = task,
		.job = job->array_job_id ? job->array_job_id : job->job_id,
		.is_array = job->array_job_id > 0, .element = job->job_id };

	journal(f, EVENT_STARTED, name, task ? "1" : "0", 0);
	journal(f, EVENT_REQUEUED, name, task ? "1" : "0", 0);
	return ended;
}

static enum slurm_answer
succeed(struct fixture *f, const struct engine_ended *ended, uint32_t *id)
{
	open_run(f);
	ask(f);
	return engine_succeed(&f->engine, ended, &f->jobs, id, &f->err);
}

static void
assert_waits_for(const char *name, uint32_t job)
{
	char expected[32];

	snprintf(expected, sizeof expected, "afterok:%u", job);
	assert_string_equal(fake_find(name)->dependency, expected);
}

static void
a_successor_is_waited_for_in_its_place(void **state)
{
	struct fixture *f = *state;
	struct engine_ended ended;
	uint32_t id, again;

	assert_int_equal(resume(f), 0);
	ended = ended_job(f, "first", 0);
	assert_waits_for("many", ended.job);
	assert_int_equal(succeed(f, &ended, &id), SLURM_YES);
	assert_int_equal(id, fake_find("first")->job_id);
	assert_true(id != ended.job);
	assert_int_equal(fake_held(), 0);
	assert_waits_for("many", id);
	assert_int_equal(phase(f, "first")->cells[0].attempt, 1);
	assert_int_equal(task_of(f, "first", 0), TASK_SUBMITTED);
	/* done twice it does no harm */
	assert_int_equal(succeed(f, &ended, &again), SLURM_YES);
	assert_int_equal(again, id);
	assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES + 1);
	assert_waits_for("many", id);
}

static void
an_elements_successor_is_waited_for_too(void **state)
{
	struct fixture *f = *state;
	struct engine_ended ended;
	uint32_t other, id;
	char expected[80];

	assert_int_equal(resume(f), 0);
	other = fake_find("other")->job_id;
	ended = ended_job(f, "many", 1);
	assert_int_equal(succeed(f, &ended, &id), SLURM_YES);
	assert_string_equal(fake_find("many")->array_tasks, "1");
	/* beside the array, whose other elements go on */
	snprintf(expected, sizeof expected, "afterok:%u,afterany:%u,afterany:%u",
	         other, ended.job, id);
	assert_string_equal(fake_find("last")->dependency, expected);
	assert_int_equal(phase(f, "many")->cells[1].attempt, 1);
	assert_int_equal(phase(f, "many")->cells[0].attempt, 0);
}

/* Wherever it is cut off by silence, a second try ends it with one job. */
static void
a_silent_succession_is_gone_on_with(void **state)
{
	static const enum fake_call calls[] = { FAKE_SUBMIT, FAKE_UPDATE,
		FAKE_JOBS };

	for (size_t i = 0; i < 6; i++) {
		struct fixture *f = *state;
		struct engine_ended ended;
		unsigned submitted;
		uint32_t id;

		assert_int_equal(resume(f), 0);
		ended = ended_job(f, "first", 0);
		/* jobs: the look-up after a submission that is silent, too */
		if (calls[i / 2] == FAKE_JOBS)
			fake_fail(FAKE_SUBMIT, 1, 1, SLURM_SILENT, FAKE_AFTER);
		fake_fail(calls[i / 2], calls[i / 2] == FAKE_JOBS ? 2 : 1, 99,
		          SLURM_SILENT, i % 2 ? FAKE_AFTER : FAKE_BEFORE);
		submitted = fake_calls(FAKE_SUBMIT);
		/* a submission is looked up: what was carried out is found */
		if (calls[i / 2] == FAKE_SUBMIT && i % 2)
			assert_int_equal(succeed(f, &ended, &id), SLURM_YES);
		else
			assert_int_equal(succeed(f, &ended, &id), SLURM_SILENT);
		for (size_t k = 0; k < FAKE_CALL_COUNT; k++)
			fake_fail((enum fake_call)k, 1, 0, SLURM_YES,
			          FAKE_BEFORE);
		assert_int_equal(succeed(f, &ended, &id), SLURM_YES);
		assert_waits_for("many", id);
		assert_int_equal(fake_live(), PHASES + 1);
		assert_int_equal(fake_held(), 0);
		assert_true(fake_calls(FAKE_SUBMIT) - submitted <= 3);
		teardown(state);
		setup(state);
	}
}

/* ---- two at once ---- */

static void
write_holder(void *user)
{
	while_asleep = NULL;
	assert_int_equal(pwrite(*(int *)user, "process 7 on n1\n", 16, 0), 16);
}

static void
the_holder_of_the_lock_is_named(void **state)
{
	struct fixture *f = *state;
	int fd = engine_lock(f->engine.run, &f->err);

	assert_true(fd >= 0);
	assert_int_equal(engine_lock(f->engine.run, &f->err), -1);
	assert_non_null(strstr(f->err.text, "(process "));
	/* it has the lock, and has not written its name yet */
	assert_int_equal(ftruncate(fd, 0), 0);
	while_asleep = write_holder;
	while_asleep_user = &fd;
	assert_int_equal(engine_lock(f->engine.run, &f->err), -1);
	assert_int_equal(f->err.code, LATSUB_UNFINISHED);
	assert_non_null(strstr(f->err.text, "(process 7 on n1)"));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_fits_goes_in_and_the_rest_follows),
		TEST(a_queue_without_any_room_is_a_refusal),
		TEST(each_part_of_an_array_is_found_again),
		TEST(a_successor_is_waited_for_in_its_place),
		TEST(an_elements_successor_is_waited_for_too),
		TEST(a_silent_succession_is_gone_on_with),
		TEST(the_holder_of_the_lock_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
