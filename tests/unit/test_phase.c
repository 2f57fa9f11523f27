/*
 * test_phase.c - what others ask of a phase, with all of it known, a part, or nothing.
 */
#include "unit.h"

#include "scene.h"

static void
a_phase_that_is_not_there_has_nothing(void **state)
{
	struct rangeset numbers = { 0 };

	(void)state;
	assert_false(phase_is_known(NULL));
	assert_false(phase_has_tasks(NULL));
	assert_null(phase_task(NULL, 0));
	assert_false(phase_task_is_done(NULL, 0));
	assert_false(phase_has_any(NULL, TASKS_UNDER_WAY));
	assert_int_equal(phase_intended_gen(NULL), 0);
	assert_false(phase_was_intended(NULL));
	assert_int_equal(phase_edited_gen(NULL), 0);
	assert_int_equal(phase_facts(NULL)->started, 0);
	assert_int_equal(phase_facts(NULL)->code, -1);
	assert_null(phase_checkpoint(NULL));
	assert_false(phase_ran_without(NULL, "a"));
	assert_int_equal(phase_sweep_of(NULL, 1)->count, 0);
	assert_false(phase_values_changed(NULL));
	assert_int_equal(phase_parents(NULL)->count, 0);
	assert_int_equal(phase_next_excluded_seq(NULL), 1);
	assert_null(phase_next_job(NULL, NULL));
	assert_null(phase_next_mark(NULL, NULL));
	assert_null(phase_next_note(NULL, NULL));
	assert_null(phase_next_variables(NULL, NULL));
	assert_null(phase_job_of(NULL, 0));
	assert_null(phase_find_job(NULL, 1, 10));
	assert_int_equal(phase_newest_job(NULL), 0);
	phase_newest_jobs(NULL, &numbers);
	phase_job_numbers(NULL, &numbers);
	assert_int_equal(numbers.count, 0);
}

/* An old state file names a phase and says no more. */
static void
a_phase_of_which_only_the_name_is_known(void **state)
{
	struct state *run = state_create();
	const struct phase_state *phase = state_add(run, "a");

	(void)state;
	assert_false(phase_has_tasks(phase));
	assert_null(phase_task(phase, 0));
	assert_false(phase_has_any(phase, ~0u));
	assert_false(phase_is_known(phase));
	assert_false(phase_was_intended(phase));
	assert_int_equal(phase_sweep_of(phase, 7)->count, 0);
	state_destroy(run);
}

static void
its_tasks(void **state)
{
	struct scene scene;
	const struct phase_state *phase;

	(void)state;
	scene_begin(&scene);
	phase = scene_add_phase(&scene, "a", "ck.sf", NULL);
	assert_true(phase_has_tasks(phase));
	assert_int_equal(phase_task(phase, 4)->state, TASK_FAILED);
	assert_null(phase_task(phase, 5));
	assert_true(phase_task_is_done(phase, 0));
	assert_true(phase_task_is_done(phase, 1));
	assert_false(phase_task_is_done(phase, 2));
	assert_false(phase_task_is_done(phase, 4));
	assert_false(phase_task_is_done(phase, 5));
	assert_true(phase_has_any(phase, TASKS_UNDER_WAY));
	assert_false(phase_has_any(phase, 1u << TASK_LOST | 1u << TASK_STARTED));
	scene_end(&scene);
}

static void
what_happened_to_it(void **state)
{
	struct event completed = { .kind = EVENT_COMPLETED, .all = true,
		.time = 5000 };
	struct scene scene;
	const struct phase_state *phase;

	(void)state;
	scene_begin(&scene);
	phase = scene_add_phase(&scene, "a", "r", NULL);
	assert_int_equal(phase_intended_gen(phase), 1);
	assert_true(phase_was_intended(phase));
	assert_int_equal(phase_edited_gen(phase), 0);
	assert_int_equal(phase_facts(phase)->started, 1000);
	assert_string_equal(phase_facts(phase)->node, "n1");
	assert_null(phase_checkpoint(phase));
	scene_apply(&scene, (struct event){ .kind = EVENT_CHECKPOINT, .seq = 4,
		.all = true, .path = xstrdup("ck/4") });
	assert_string_equal(phase_checkpoint(phase), "ck/4");
	scene_apply(&scene, completed);
	assert_int_equal(phase_facts(phase)->ended, 5000);
	assert_false(phase_ran_without(phase, "b"));
	phase = scene_add_phase(&scene, "k", "k", NULL);
	assert_int_equal(phase_edited_gen(phase), 2);
	phase = scene_add_phase(&scene, "n", ".", NULL);
	assert_false(phase_was_intended(phase));
	scene_end(&scene);
}

/* The values of a generation are those of the newest change before it. */
static void
its_values_by_generation(void **state)
{
	struct scene scene;
	const struct phase_state *phase;

	(void)state;
	scene_begin(&scene);
	phase = scene_add_phase(&scene, "a", "cc", NULL);
	assert_false(phase_values_changed(phase));
	scene_apply(&scene, (struct event){ .kind = EVENT_PHASE, .gen = 3,
		.total = 3, .sweep = xstrdup("{\"N\":[[0,2]]}") });
	assert_int_equal(sweep_size(phase_sweep_of(phase, 1)), 2);
	assert_int_equal(sweep_size(phase_sweep_of(phase, 2)), 2);
	assert_int_equal(sweep_size(phase_sweep_of(phase, 3)), 3);
	assert_ptr_equal(phase_sweep_of(phase, 9), phase_sweep_now(phase));
	assert_true(phase_values_changed(phase));
	scene_end(&scene);
}

static void
submit(struct scene *scene, uint32_t gen, uint32_t job, const char *tasks)
{
	struct event intended = { .kind = EVENT_INTENDED, .gen = gen };
	struct event submitted = { .kind = EVENT_SUBMITTED, .gen = gen,
		.job = job, .time = 10 };

	rangeset_parse(&intended.tasks, tasks);
	rangeset_parse(&submitted.tasks, tasks);
	scene_apply(scene, intended);
	scene_apply(scene, submitted);
}

static void
assert_numbers(const struct phase_state *phase,
               void (*ask)(const struct phase_state *, struct rangeset *),
               const char *expected)
{
	struct rangeset numbers = { 0 };
	struct strbuf text = { 0 };

	ask(phase, &numbers);
	rangeset_print(&numbers, &text);
	assert_string_equal(strbuf_str(&text), expected);
	strbuf_clear(&text);
	rangeset_clear(&numbers);
}

static void
its_jobs(void **state)
{
	struct scene scene;
	const struct phase_state *phase;

	(void)state;
	scene_begin(&scene);
	phase = scene_add_phase(&scene, "a", "ssss", NULL);
	submit(&scene, 2, 33, "0-1");
	submit(&scene, 2, 31, "2"); /* of one generation, and told later */
	assert_int_equal(phase_newest_job(phase), 33);
	assert_numbers(phase, phase_newest_jobs, "31,33");
	assert_numbers(phase, phase_job_numbers, "10,31,33");
	assert_int_equal(phase_job_of(phase, 0)->job, 33);
	assert_int_equal(phase_job_of(phase, 2)->job, 31);
	assert_int_equal(phase_job_of(phase, 3)->job, 10);
	assert_null(phase_job_of(phase, 4));
	assert_int_equal(phase_find_job(phase, 2, 31)->gen, 2);
	assert_null(phase_find_job(phase, 1, 31));
	assert_null(phase_find_job(phase, 2, 10));
	scene_end(&scene);
}

/* In the order in which they were told; none, one and several. */
static void
one_by_one(void **state)
{
	struct scene scene;
	const struct phase_state *phase;
	struct strbuf seen = { 0 };

	(void)state;
	scene_begin(&scene);
	phase = scene_add_phase(&scene, "none", ".", NULL);
	phase_for_each_job(phase, job)
		fail_msg("job %u", job->job);
	phase_for_each_mark(phase, mark)
		fail_msg("mark of generation %u", mark->gen);
	phase_for_each_note(phase, note)
		fail_msg("note of generation %u", note->gen);
	assert_null(phase_next_variables(phase, NULL));
	phase = scene_add_phase(&scene, "a", "qf", "after:none");
	submit(&scene, 2, 33, "0-1");
	submit(&scene, 2, 31, "2");
	phase_for_each_job(phase, job)
		strbuf_printf(&seen, "%u ", job->job);
	phase_for_each_mark(phase, mark) {
		if (mark_is_end(mark->kind))
			strbuf_printf(&seen, "%s ", mark->kind == MARK_FAILED
			              ? "failed" : "requeued");
	}
	assert_string_equal(strbuf_str(&seen), "20 33 31 requeued failed ");
	strbuf_clear(&seen);
	assert_int_equal(phase_parents(phase)->count, 0); /* of the newest */
	phase = scene_add_phase(&scene, "b", "s", "after:none after_any:a");
	assert_int_equal(phase_parents(phase)->count, 2);
	assert_string_equal(phase_parents(phase)->items[1].phase, "a");
	assert_int_equal(phase_next_excluded_seq(phase), 1);
	scene_apply(&scene, (struct event){ .kind = EVENT_EXCLUDED, .seq = 1 });
	assert_int_equal(phase_next_excluded_seq(phase), 2);
	scene_end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phase_that_is_not_there_has_nothing),
		cmocka_unit_test(a_phase_of_which_only_the_name_is_known),
		cmocka_unit_test(its_tasks),
		cmocka_unit_test(what_happened_to_it),
		cmocka_unit_test(its_values_by_generation),
		cmocka_unit_test(its_jobs),
		cmocka_unit_test(one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
