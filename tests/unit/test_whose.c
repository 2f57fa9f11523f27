/*
 * test_whose.c - jobs that others have changed, or that may be another's.
 */
#include "engine_fixture.h"

static void
overwrite_comments(void)
{
	for (size_t i = 0; i < fake_jobs()->count; i++) {
		free(fake_jobs()->items[i].comment);
		fake_jobs()->items[i].comment = xstrdup("a tool was here");
	}
}

/* Neither the command nor the comment tells: number, user, name and time do. */
static void
the_journal_tells_whose_a_job_is(void **state)
{
	struct fixture *f = *state;

	fake_set_site("site", true);
	assert_int_equal(resume(f), 0);
	assert_non_null(strstr(f->said, "writes its own comments"));
	assert_non_null(strstr(f->said, "number, name and time"));
	assert_well(f);
	fake_find("other")->submit_time += 7200; /* requeued since */
	fake_find("other")->restarts = 1;
	assert_well(f);
}

static void
a_comment_that_is_overwritten_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	assert_string_equal(f->said, "");
	overwrite_comments();
	assert_well(f);
	/* nor does silence, which is looked up */
	teardown(state);
	setup(state);
	f = *state;
	fake_set_site("site", false);
	fake_fail(FAKE_SUBMIT, 2, 1, SLURM_SILENT, FAKE_AFTER);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_SUBMIT), PHASES);
	assert_non_null(strstr(f->said, "by their command instead"));
	assert_well(f);
}

/* Once for all jobs, and its silence means nothing. */
static void
one_comment_is_read_back(void **state)
{
	struct fixture *f = *state;

	fake_set_site("site", false);
	fake_fail(FAKE_JOB, 1, 1, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_JOB), 1);
	assert_string_equal(f->said, "");
	assert_well(f);
}

static void
a_job_that_may_be_ours_stops_a_resume(void **state)
{
	struct fixture *f = *state;
	unsigned submitted;

	fake_set_site("", true);
	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	submitted = fake_calls(FAKE_SUBMIT);
	fake_find("other")->state = SLURM_RUNNING;
	fake_find("other")->submit_time += 7200;
	assert_int_equal(resume(f), -1);
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_non_null(strstr(f->err.text, "job 101 may be this run's (other)"));
	assert_int_equal(fake_calls(FAKE_SUBMIT), submitted);
	assert_int_equal(task_of(f, "other", 0), TASK_STARTED);
	fake_find("other")->submit_time -= 7200;
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_SUBMIT), submitted);
}

/* Whosever it was: the run's job of that number runs no more. */
static void
what_may_be_ours_and_has_ended_stops_nothing(void **state)
{
	struct fixture *f = *state;
	struct slurm_job *plain;

	fake_set_site("", true);
	assert_int_equal(resume(f), 0);
	journal(f, EVENT_STARTED, "other", "0", 0);
	fake_find("other")->submit_time += 7200;
	end_job("other", SLURM_COMPLETE, 0);
	/* of an array it is enough that one element lives */
	fake_find("many")->submit_time += 7200;
	assert_int_equal(resume(f), -1);
	assert_non_null(strstr(f->err.text, "(many)"));
	fake_find("many")->submit_time -= 7200;
	slept = 0;
	assert_int_equal(resume(f), 0);
	assert_true(slept >= 9); /* its own word might be on its way */
	assert_reason(f, "other", MARK_LOST, "its job has ended, or is gone and its "
	              "number another's");
	plain = fake_find("other");
	assert_int_not_equal(plain->job_id, 101);
}

/* Of two jobs for one task one steps back, and ends well by Slurm. */
static void
what_steps_back_has_not_completed(void **state)
{
	for (int order = 0; order < 2; order++) {
		struct fixture *f = *state;
		struct slurm_job *job, *twin, kept;

		assert_int_equal(resume(f), 0);
		journal(f, EVENT_STARTED, "other", "0", 0);
		twin = fake_add(500, fake_find("other")->comment);
		job = &fake_jobs()->items[1];
		free(twin->command);
		twin->command = xstrdup(job->command);
		twin->state = SLURM_COMPLETE;
		job->state = SLURM_NODE_FAIL;
		if (order) {
			kept = *job;
			*job = *twin;
			*twin = kept;
		}
		assert_int_equal(resume(f), 0);
		assert_reason(f, "other", MARK_LOST, "node failure");
		assert_int_equal(f->plan->to_run, 2); /* and last */
		teardown(state);
		setup(state);
	}
}

/* A successor's restarts are counted from the attempt that it began with. */
static void
the_end_of_a_successor_is_seen(void **state)
{
	struct fixture *f = *state;
	struct slurm_job *job;
	struct event event = { .kind = EVENT_SUBMITTED, .time = time(NULL),
		.gen = 1, .attempt = 2, .job = 700 };

	assert_int_equal(resume(f), 0);
	event.phase = xstrdup("other");
	rangeset_add(&event.tasks, 0, 0);
	assert_int_equal(run_record(f->engine.run, &event, 1, false, &f->err),
	                 0);
	event_clear(&event);
	journal(f, EVENT_STARTED, "other", "0", 2);
	end_job("other", SLURM_TIMEOUT, 0);
	job = fake_add(700, fake_find("other")->comment);
	job->state = SLURM_OOM;
	assert_int_equal(resume(f), 0);
	assert_reason(f, "other", MARK_LOST, "out of memory");
}

#define SIDE 200
#define MANY (SIDE * SIDE)

/* Each task has a job of its own, all have ended, and nobody wrote it down: to go
 * through all jobs for each task would take long. */
static void
reconciling_is_not_quadratic(void **state)
{
	struct fixture *f = *state;
	struct event event = { .kind = EVENT_INTENDED, .gen = 1,
		.time = time(NULL), .code = -1 };
	struct phase_state *p;
	struct strbuf ini = { 0 };
	clock_t begin;

	strbuf_puts(&ini, "[experiment]\nname = e\n[phase p]\ncommand = true");
	for (int i = 0; i < 2 * SIDE; i++)
		strbuf_printf(&ini, i == 0 ? "\narray.I = %d" : i == SIDE
		              ? "\narray.J = %d" : " %d", i);
	strbuf_puts(&ini, "\n");
	load_experiment(f, strbuf_str(&ini));
	event.phase = xstrdup("p");
	open_run(f);
	p = state_find(f->engine.run->state, "p");
	assert_int_equal(p->total, MANY);
	rangeset_add(&event.tasks, 0, MANY - 1);
	state_apply(f->engine.run->state, &event);
	event.kind = EVENT_SUBMITTED;
	for (uint32_t i = 0; i < MANY; i++) {
		struct slurm_job *job = fake_add(1000 + i, NULL);

		rangeset_clear(&event.tasks);
		rangeset_add(&event.tasks, i, i);
		event.job = 1000 + i;
		event.base = i;
		state_apply(f->engine.run->state, &event);
		free(job->name);
		job->name = xstrdup("p");
		job->state = SLURM_NODE_FAIL;
	}
	ask(f);
	begin = clock();
	engine_reconcile_preview(&f->engine, &f->jobs, &f->live);
	assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 4);
	assert_int_equal(p->cells[0].state, TASK_CANCELLED);
	assert_int_equal(p->cells[MANY - 1].state, TASK_CANCELLED);
	event_clear(&event);
	strbuf_clear(&ini);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_journal_tells_whose_a_job_is),
		TEST(a_comment_that_is_overwritten_changes_nothing),
		TEST(one_comment_is_read_back),
		TEST(a_job_that_may_be_ours_stops_a_resume),
		TEST(what_may_be_ours_and_has_ended_stops_nothing),
		TEST(what_steps_back_has_not_completed),
		TEST(the_end_of_a_successor_is_seen),
		TEST(reconciling_is_not_quadratic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
