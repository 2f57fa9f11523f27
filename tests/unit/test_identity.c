/*
 * test_identity.c - whose a job is: a test for each row of what its command, its
 * comment and the journal may say.
 */
#include "unit.h"

#include <unistd.h>

#include "latsub/plan.h"

#define US 0
#define THEN 1700000000 /* when the journal says that it was submitted */
#define SLACK IDENTITY_SLACK_SEC

static char ours[] = "latsub [latsub run-1 train 3]";
static char ours_long[] = "urgent [latsub run-1 train 3+1001]";
static char twins[] = "latsub [latsub run-2 train 3]";
static char words[] = "a tool was here", empty[] = "", cut[] = "[latsub run-1 tr";
static char name[] = "train", other_name[] = "eval";

/* What is not named is empty, and Slurm may not tell it. */
#define JOB_AT(at, called, ...) (&(struct slurm_job){ .name = called, \
	.submit_time = at, __VA_ARGS__ })
#define JOB(...) JOB_AT(THEN, name, __VA_ARGS__)

static const struct phase_job job = { .gen = 2, .attempt = 4, .job = 7,
                                      .base = 5, .submitted = THEN };
static const struct phase_job untimed = { .gen = 2, .job = 7, .base = 5 };
static const struct identity_known known = { "train", &job };
static const struct identity_known known_untimed = { "train", &untimed };

static enum identity_whose
judged(const struct slurm_job *record, const struct identity_known *journal)
{
	struct identity of;

	return identity_judge(record, "run-1", US, journal, &of);
}

static void
a_command_is_the_best_witness(void **state)
{
	struct identity of;

	(void)state;
	assert_int_equal(identity_judge(JOB_AT(THEN, other_name,
		.command = ours, .comment = words), "run-1", US, NULL, &of), IDENTITY_OURS);
	assert_string_equal(of.phase, "train");
	assert_int_equal(of.gen, 3);
	assert_int_equal(of.base, 0);
	/* people can write anything into a comment */
	assert_int_equal(judged(JOB(.command = ours, .comment = twins), NULL),
	                 IDENTITY_OURS);
	assert_int_equal(judged(JOB(.command = twins, .comment = ours), &known),
	                 IDENTITY_ANOTHERS);
}

static void
a_comment_comes_next(void **state)
{
	struct identity of;

	(void)state;
	assert_int_equal(identity_judge(JOB(.comment = ours_long), "run-1", US,
	                                NULL, &of), IDENTITY_OURS);
	assert_int_equal(of.gen, 3);
	assert_int_equal(of.base, 1001);
	assert_int_equal(judged(JOB(.comment = twins), &known),
	                 IDENTITY_ANOTHERS);
	assert_int_equal(judged(JOB(.comment = ours, .command = words), NULL),
	                 IDENTITY_OURS);
	assert_int_equal(judged(JOB(.comment = ours, .command = empty), NULL),
	                 IDENTITY_OURS);
}

static void
then_the_journal(void **state)
{
	struct identity of;

	(void)state;
	assert_int_equal(identity_judge(JOB(.comment = words), "run-1", US,
	                                &known, &of), IDENTITY_OURS);
	assert_string_equal(of.phase, "train");
	assert_int_equal(of.gen, 2);
	assert_int_equal(of.base, 5);
	assert_int_equal(of.first, 4);
	assert_int_equal(judged(JOB(.comment = cut), &known), IDENTITY_OURS);
	assert_int_equal(judged(JOB(.comment = words), NULL),
	                 IDENTITY_ANOTHERS);
}

static void
another_user_or_name_is_anothers(void **state)
{
	(void)state;
	assert_int_equal(judged(JOB(.user_id = US + 1), &known),
	                 IDENTITY_ANOTHERS);
	assert_int_equal(judged(JOB_AT(THEN, other_name, .comment = empty), &known),
	                 IDENTITY_ANOTHERS);
	assert_int_equal(judged(JOB_AT(THEN, NULL, .comment = empty), &known), IDENTITY_ANOTHERS);
}

/* Clocks differ; a requeue sets the time of submission anew. */
static void
the_time_must_fit(void **state)
{
	(void)state;
	assert_int_equal(judged(JOB_AT(THEN - SLACK, name, .comment = empty), &known),
	                 IDENTITY_OURS);
	assert_int_equal(judged(JOB_AT(THEN - SLACK - 1, name, .comment = empty), &known),
	                 IDENTITY_ANOTHERS);
	assert_int_equal(judged(JOB_AT(THEN + SLACK, name, .comment = empty), &known),
	                 IDENTITY_OURS);
	assert_int_equal(judged(JOB_AT(THEN + SLACK + 1, name, .comment = empty), &known),
	                 IDENTITY_UNCLEAR);
	assert_int_equal(judged(JOB_AT(THEN + 90000, name, .restarts = 1),
	                        &known), IDENTITY_OURS);
}

/* Snapshots of an older latsub have no times. */
static void
without_a_time_the_rest_counts(void **state)
{
	(void)state;
	assert_int_equal(judged(JOB_AT(1, name, .comment = empty), &known_untimed),
	                 IDENTITY_OURS);
	assert_int_equal(judged(JOB_AT(0, name, .comment = empty), &known), IDENTITY_OURS);
	assert_int_equal(judged(JOB_AT(THEN, other_name, .comment = empty), &known_untimed),
	                 IDENTITY_ANOTHERS);
}

/* ---- a run's jobs, by number ---- */

static struct state *
state_with_job(uint32_t id, int64_t submitted)
{
	static const struct sweep none;
	struct state *run = state_create();
	struct phase_state *phase = state_add(run, "train");
	struct rangeset tasks = { 0 };

	state_set_metadata(run, "cluster", "here");
	phase_set_sweep(phase, 0, false, 1, &none);
	rangeset_add(&tasks, 0, 0);
	phase_add_job(phase, 1, 0, id, 0, &tasks);
	phase_set_submitted(phase, 1, id, submitted);
	rangeset_clear(&tasks);
	return run;
}

static enum identity_whose
found(const struct state *run, const char *cluster,
      const struct slurm_job *record)
{
	struct identities *ids = identities_create("run-1", run, cluster);
	struct identity of;
	enum identity_whose whose;

	((struct slurm_job *)(uintptr_t)record)->user_id = geteuid();
	whose = identities_judge(ids, record, &of);
	identities_destroy(ids);
	return whose;
}

static void
a_number_counts_on_its_cluster(void **state)
{
	struct state *run = state_with_job(7, THEN);

	(void)state;
	assert_int_equal(found(run, NULL, JOB(.job_id = 7)), IDENTITY_OURS);
	assert_int_equal(found(run, "here", JOB(.job_id = 7)), IDENTITY_OURS);
	assert_int_equal(found(run, "there", JOB(.job_id = 7)),
	                 IDENTITY_ANOTHERS);
	assert_int_equal(found(run, "there", JOB(.job_id = 7, .comment = ours)),
	                 IDENTITY_OURS);
	assert_int_equal(found(run, "here", JOB(.job_id = 8)),
	                 IDENTITY_ANOTHERS);
	/* an element is of its array */
	assert_int_equal(found(run, "here", JOB(.job_id = 9, .array_job_id = 7,
		.array_task_id = 0)), IDENTITY_OURS);
	state_destroy(run);
}

/* Before it has an id of its own it has no jobs. */
static void
a_copy_without_an_id_knows_no_numbers(void **state)
{
	struct state *run = state_with_job(7, THEN);
	struct identities *ids = identities_create("", run, "here");
	struct identity of;

	(void)state;
	assert_int_equal(identities_judge(ids, JOB(.job_id = 7,
		.user_id = geteuid()), &of), IDENTITY_ANOTHERS);
	assert_int_equal(identities_judge(ids, JOB(.job_id = 7,
		.user_id = geteuid(), .command = ours), &of), IDENTITY_ANOTHERS);
	identities_destroy(ids);
	state_destroy(run);
}

/* On record from the run that it was copied from, or from another cluster. */
static void
numbers_that_became_anothers_do_not_count(void **state)
{
	struct state *run = state_with_job(7, THEN);
	struct phase_state *phase = state_find(run, "train");
	struct rangeset tasks = { 0 };
	char *numbers = identity_numbers(run), *more;

	(void)state;
	assert_string_equal(numbers, "7");
	state_set_metadata(run, IDENTITY_OTHERS_KEY, numbers);
	rangeset_add(&tasks, 0, 0);
	phase_add_job(phase, 2, 0, 9, 0, &tasks);
	assert_int_equal(found(run, "here", JOB(.job_id = 7)),
	                 IDENTITY_ANOTHERS);
	assert_int_equal(found(run, "here", JOB(.job_id = 7, .comment = ours)),
	                 IDENTITY_OURS);
	assert_int_equal(found(run, "here", JOB(.job_id = 9)), IDENTITY_OURS);
	/* copied once more: what was another's before stays so */
	state_set_metadata(run, IDENTITY_OTHERS_KEY, "3-4");
	more = identity_numbers(run);
	assert_string_equal(more, "3-4,7,9");
	free(more);
	free(numbers);
	rangeset_clear(&tasks);
	state_destroy(run);
}

static void
what_is_unclear_is_found(void **state)
{
	struct state *run = state_with_job(7, THEN);
	struct slurm_job records[2] = {
		*JOB(.job_id = 6, .user_id = geteuid()),
		*JOB_AT(THEN + 2 * SLACK, name, .job_id = 7,
		        .user_id = geteuid()) };
	struct slurm_jobs jobs = { records, 2 };
	struct identities *ids = identities_create("run-1", run, NULL);
	struct identity of;
	char *text;

	(void)state;
	assert_ptr_equal(identities_unclear(ids, &jobs, &of), &records[1]);
	text = identity_unclear_text(&records[1], &of);
	assert_non_null(strstr(text, "job 7"));
	assert_non_null(strstr(text, "(train)"));
	free(text);
	records[1].state = SLURM_COMPLETE;
	assert_null(identities_unclear(ids, &jobs, &of));
	identities_destroy(ids);
	state_destroy(run);
}

/* ---- two jobs for one task ---- */

struct told { uint32_t gen, attempt, job; };

static uint32_t
job_after(const struct told *told, const int *order)
{
	static const struct sweep none;
	struct state *run = state_create();
	struct phase_state *phase = state_add(run, "train");
	const struct phase_job **by_task;
	struct rangeset tasks = { 0 };
	uint32_t found_job;

	phase_set_sweep(phase, 0, false, 1, &none);
	rangeset_add(&tasks, 0, 0);
	for (int i = 0; i < 3; i++) {
		const struct told *one = &told[order[i]];

		phase_add_job(phase, one->gen, one->attempt, one->job, 0,
		              &tasks);
	}
	found_job = phase_job_of(phase, 0)->job;
	by_task = phase_jobs_by_task(phase);
	assert_int_equal(by_task[0]->job, found_job);
	free(by_task);
	rangeset_clear(&tasks);
	state_destroy(run);
	return found_job;
}

static void
which_job_runs_does_not_depend_on_the_order(void **state)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const struct { struct told told[3]; uint32_t job; } rows[] = {
		{ { { 1, 0, 12 }, { 1, 0, 10 }, { 1, 0, 11 } }, 10 },
		{ { { 1, 0, 10 }, { 1, 1, 12 }, { 1, 1, 11 } }, 11 },
		{ { { 1, 2, 10 }, { 2, 0, 12 }, { 2, 0, 13 } }, 12 },
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		for (int i = 0; i < 6; i++)
			assert_int_equal(job_after(rows[r].told, orders[i]),
			                 rows[r].job);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_the_best_witness),
		cmocka_unit_test(a_comment_comes_next),
		cmocka_unit_test(then_the_journal),
		cmocka_unit_test(another_user_or_name_is_anothers),
		cmocka_unit_test(the_time_must_fit),
		cmocka_unit_test(without_a_time_the_rest_counts),
		cmocka_unit_test(a_number_counts_on_its_cluster),
		cmocka_unit_test(a_copy_without_an_id_knows_no_numbers),
		cmocka_unit_test(numbers_that_became_anothers_do_not_count),
		cmocka_unit_test(what_is_unclear_is_found),
		cmocka_unit_test(which_job_runs_does_not_depend_on_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
