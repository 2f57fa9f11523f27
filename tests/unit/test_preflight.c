/*
 * test_preflight.c - what a submission refuses before it submits anything, and the
 * live jobs at which a resume stops.
 */
#include "engine_fixture.h"

#include <sys/stat.h>

/* A cluster of two partitions: short (one hour, two nodes, the default) and long. */
static void
add_partitions(struct fixture *f)
{
	struct slurm_partition *partitions = xcalloc(2, sizeof *partitions);

	partitions[0] = (struct slurm_partition){ .name = xstrdup("short"), .up = true,
		.is_default = true, .max_time_sec = 3600, .max_nodes = 2 };
	partitions[1] = (struct slurm_partition){ .name = xstrdup("long"), .up = true,
		.max_time_sec = -1 };
	assert_int_equal(f->engine.cluster.partition_count, 0);
	f->engine.cluster.partitions = partitions;
	f->engine.cluster.partition_count = 2;
}

/* The complaints about an experiment with these lines in its one phase, or "". */
static char *
complaints(struct fixture *f, const char *lines)
{
	struct latsub_errlist errors = { 0 };
	struct strbuf all = { 0 };
	char *ini = xasprintf("[experiment]\nname = e\n[phase p]\ncommand = true\n%s",
	                      lines);

	load_experiment(f, ini);
	ask(f);
	f->plan = plan_create(f->engine.experiment->spec, f->engine.run->state,
	                      &f->live, NULL);
	engine_preflight(&f->engine, f->plan, &errors);
	for (size_t i = 0; i < errors.count; i++)
		strbuf_printf(&all, "%s\n", errors.texts[i]);
	latsub_errlist_clear(&errors);
	free(ini);
	return all.data ? strbuf_steal(&all) : xstrdup("");
}

static void
assert_refused(struct fixture *f, const char *lines, const char *words)
{
	char *said = complaints(f, lines);

	if (!strstr(said, words))
		assert_string_equal(said, words);
	free(said);
}

static void
assert_taken(struct fixture *f, const char *lines)
{
	char *said = complaints(f, lines);

	assert_string_equal(said, "");
	free(said);
}

static void
partitions_and_their_limits_are_checked(void **state)
{
	struct fixture *f = *state;

	add_partitions(f);
	assert_taken(f, "time = 01:00:00\nnodes = 2\n");
	assert_refused(f, "time = 01:00:01\n",
	               "time = 01:00:01 is more than partition short allows (60 minutes)");
	assert_refused(f, "nodes = 3\n", "nodes = 3 is more than partition short allows (2)");
	assert_taken(f, "nodes = 3\nqos = large\n");
	assert_taken(f, "partition = long\ntime = 3-00\nnodes = 9\n");
	assert_refused(f, "partition = shrot\n",
	               "has no partition 'shrot'; did you mean 'short'?");
	assert_refused(f, "partition = elsewhere\n", "has no partition 'elsewhere'\n");
}

static void
of_a_list_the_partition_that_allows_most_counts(void **state)
{
	struct fixture *f = *state;

	add_partitions(f);
	assert_taken(f, "partition = short,long\ntime = 2-00\nnodes = 9\n");
	assert_taken(f, "partition = long,short\ntime = 2-00\nnodes = 9\n");
	/* what is not known is for Slurm to refuse */
	assert_taken(f, "partition = elsewhere,short\ntime = 2-00\n");
	f->engine.cluster.partitions[1].max_time_sec = 7200;
	f->engine.cluster.partitions[1].max_nodes = 4;
	assert_refused(f, "partition = short,long\ntime = 02:00:01\n",
	               "more than partition long allows (120 minutes)");
	assert_refused(f, "partition = long,short\nnodes = 5\n",
	               "more than partition long allows (4)");
}

static void
without_a_default_partition_one_must_be_named(void **state)
{
	struct fixture *f = *state;

	add_partitions(f);
	f->engine.cluster.partitions[0].is_default = false;
	assert_refused(f, "", "this cluster has no default partition");
	assert_taken(f, "partition = short\n");
}

static bool
is_directory(struct fixture *f, const char *name)
{
	char *path = file_join(f->engine.run->dir, name);
	struct stat st;
	bool is = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	free(path);
	return is;
}

static void
directories_of_logs_are_made_or_refused(void **state)
{
	struct fixture *f = *state;
	char *file = file_join(f->engine.run->dir, "file");

	assert_taken(f, "output = out/%x/100%%/%j.log\n");
	assert_true(is_directory(f, "out/p/100%"));
	assert_refused(f, "output = %j/log\n", "this one's name is known only when the job runs");
	assert_int_equal(file_replace(file, "", 0, 0644, &f->err), 0);
	assert_refused(f, "output = file/log\n", "its directory cannot be made");
	free(file);
}

static void
a_refusal_leaves_no_directory(void **state)
{
	struct fixture *f = *state;

	add_partitions(f);
	assert_refused(f, "output = new/log\npartition = elsewhere\n", "no partition");
	assert_false(is_directory(f, "new"));
}

/* ---- live jobs at a resume ---- */

static void
set_pending(struct fixture *f, const char *name)
{
	struct event event = { .kind = EVENT_EDITED, .time = time(NULL), .code = -1,
		.phase = xstrdup(name), .gen = phase(f, name)->gen + 1, .all = true,
		.word = WORD_PENDING };

	assert_int_equal(run_record(f->engine.run, &event, 1, false, &f->err), 0);
	event_clear(&event);
}

static void
a_command_that_began_before_a_reset_is_outdated(void **state)
{
	struct fixture *f = *state;
	const struct live_job *job;

	assert_int_equal(resume(f), 0);
	fake_find("other")->state = SLURM_RUNNING;
	journal(f, EVENT_STARTED, "other", "0", 0);
	ask(f);
	assert_null(live_outdated(&f->live, f->engine.run->state));
	set_pending(f, "other");
	ask(f);
	job = live_outdated(&f->live, f->engine.run->state);
	assert_non_null(job);
	assert_string_equal(job->phase_name, "other");
}

static void
a_job_that_waited_at_a_reset_is_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(resume(f), 0);
	set_pending(f, "other");
	fake_find("other")->state = SLURM_RUNNING;
	ask(f);
	assert_null(live_outdated(&f->live, f->engine.run->state));
}

static void
a_runner_that_misses_a_parent_waits_in_vain(void **state)
{
	struct fixture *f = *state;
	const struct live_job *job;

	assert_int_equal(resume(f), 0);
	fake_find("last")->state = SLURM_RUNNING;
	ask(f);
	/* its parent is in Slurm */
	assert_null(live_in_vain(&f->live, f->engine.experiment->spec,
	                         f->engine.run->state));
	fake_find("other")->state = SLURM_FAILED;
	ask(f);
	job = live_in_vain(&f->live, f->engine.experiment->spec, f->engine.run->state);
	assert_non_null(job);
	assert_string_equal(job->phase_name, "last");
	journal(f, EVENT_COMPLETED, "other", "0", 0);
	ask(f);
	assert_null(live_in_vain(&f->live, f->engine.experiment->spec,
	                         f->engine.run->state));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(partitions_and_their_limits_are_checked),
		TEST(of_a_list_the_partition_that_allows_most_counts),
		TEST(without_a_default_partition_one_must_be_named),
		TEST(directories_of_logs_are_made_or_refused),
		TEST(a_refusal_leaves_no_directory),
		TEST(a_command_that_began_before_a_reset_is_outdated),
		TEST(a_job_that_waited_at_a_reset_is_not),
		TEST(a_runner_that_misses_a_parent_waits_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
