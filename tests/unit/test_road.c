/*
 * test_road.c - the steps of a submission, each by itself: what is asked of Slurm,
 * and what a resume is refused for before anything changes.
 */
#include "unit.h"

#include <ftw.h>
#include <unistd.h>

#include "cli/road.h"
#include "fake_slurm.h"
#include "latsub/file.h"

static const char text[] =
	"[experiment]\nname = e\n"
	"[phase first]\ncommand = true\n"
	"[phase many]\nafter = first\narray.I = a b c\ncommand = true\n";

struct fixture {
	char dir[64];
	struct opened opened;
	struct reading reading; /* of the text above */
	struct asked asked;
	struct latsub_error err;
};

/* What a resume reads, which may be another text; to be cleared. */
static void
read_text(struct fixture *f, const char *ini, struct reading *reading)
{
	char *file = file_join(f->dir, "experiment.ini");
	struct request request = { .file = file };

	assert_int_equal(file_replace(file, ini, strlen(ini), 0644, &f->err),
	                 0);
	assert_int_equal(reading_take(reading, &request, f->opened.run, &f->err),
	                 0);
	free(file);
}

static void
submit_all(struct fixture *f)
{
	struct engine engine = { .experiment = f->reading.experiment,
		.run = f->opened.run, .slurm = f->asked.slurm,
		.cluster = f->asked.cluster };
	struct engine_result result = { 0 };
	struct plan *plan = plan_create(engine.experiment->spec,
		engine.run->state, &f->asked.live, NULL);

	assert_int_equal(engine_submit(&engine, plan, &f->asked.live, &result,
	                               &f->err), 0);
	assert_int_equal(result.count, 2);
	engine_result_clear(&result);
	plan_destroy(plan);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	struct request request = { 0 };
	struct engine engine;
	char *dir;
	int lock;

	fake_reset();
	strcpy(f->dir, "/tmp/latsub-road-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	dir = file_join(f->dir, "run");
	request.output_dir = dir;
	read_text(f, text, &f->reading);
	lock = opened_take(&f->opened, &request, f->reading.experiment, &f->err);
	assert_true(lock >= 0);
	close(lock);
	assert_int_equal(asked_cluster(&f->asked, fake_slurm(), &f->err),
	                 SLURM_YES);
	engine = (struct engine){ .experiment = f->reading.experiment,
		.run = f->opened.run, .slurm = f->asked.slurm,
		.cluster = f->asked.cluster };
	assert_int_equal(engine_update_facts(engine.run,
		engine.experiment->workdir, engine.cluster.name, &f->err), 0);
	assert_int_equal(engine_take_experiment(&engine, &f->err), 0);
	free(dir);
	*state = f;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	asked_clear(&f->asked);
	reading_clear(&f->reading);
	opened_clear(&f->opened);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* ---- asking ---- */

static int
ask(struct fixture *f)
{
	return own_jobs_ask(&f->asked, f->opened.run,
	                    f->reading.experiment->spec, false, &f->err);
}

static void
a_silent_slurm_is_not_an_empty_one(void **state)
{
	struct fixture *f = *state;

	submit_all(f);
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->asked.live.count, 2);
	fake_fail(FAKE_JOBS, 1, 1, SLURM_SILENT, FAKE_BEFORE);
	assert_int_equal(ask(f), -1);
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_string_equal(f->err.text, ""); /* it was said */
}

static void
without_slurm_nothing_is_asked(void **state)
{
	struct fixture *f = *state;

	submit_all(f);
	f->asked.slurm = NULL;
	assert_int_equal(ask(f), 0);
	assert_int_equal(f->asked.live.count, 0);
	assert_int_equal(asked_cluster(&f->asked, NULL, &f->err),
	                 SLURM_REFUSED);
}

/* ---- checks ---- */

static void
another_cluster_is_refused_while_something_may_run_at_its_own(void **state)
{
	struct fixture *f = *state;
	const struct run *run = f->opened.run;

	assert_int_equal(road_check_cluster(run, "other", false, &f->err), 0);
	submit_all(f);
	assert_int_equal(road_check_cluster(run, "fake", false, &f->err), 0);
	assert_int_equal(road_check_cluster(run, NULL, false, &f->err), 0);
	assert_int_equal(road_check_cluster(run, "other", true, &f->err), 0);
	assert_int_equal(road_check_cluster(run, "other", false, &f->err), -1);
	assert_int_equal(f->err.code, LATSUB_SLURM);
	assert_non_null(strstr(f->err.text, "(first) would run twice"));
	assert_non_null(strstr(f->err.text, "--other-cluster goes on here"));
}

static void
a_moved_run_waits_for_its_jobs(void **state)
{
	struct fixture *f = *state;
	const struct spec *spec = f->reading.experiment->spec;

	f->opened.place = RUN_MOVED;
	assert_int_equal(own_jobs_check(&f->asked.live, &f->opened, spec,
	                                &f->err), 0);
	submit_all(f);
	assert_int_equal(ask(f), 0);
	assert_int_equal(own_jobs_check(&f->asked.live, &f->opened, spec,
	                                &f->err), -1);
	assert_int_equal(f->err.code, LATSUB_USAGE);
	assert_non_null(strstr(f->err.text, "or move the run back"));
	f->opened.place = RUN_IN_PLACE;
	assert_int_equal(own_jobs_check(&f->asked.live, &f->opened, spec,
	                                &f->err), 0);
}

static void
jobs_with_other_values_stop_a_resume(void **state)
{
	struct fixture *f = *state;
	struct reading other = { 0 };

	submit_all(f);
	assert_int_equal(ask(f), 0);
	read_text(f, "[experiment]\nname = e\n[phase first]\ncommand = true\n"
	          "[phase many]\nafter = first\narray.I = a b c d\n"
	          "command = true\n", &other);
	assert_int_equal(own_jobs_check(&f->asked.live, &f->opened,
	                                other.experiment->spec, &f->err), -1);
	assert_non_null(strstr(f->err.text, "phase many: its array has other "
	                       "values now"));
	reading_clear(&other);
}

static void
what_the_experiment_lost_is_not_dropped_by_itself(void **state)
{
	struct fixture *f = *state;
	struct reading less = { 0 };
	const struct live_jobs none = { 0 };

	submit_all(f);
	assert_int_equal(ask(f), 0);
	read_text(f, "[experiment]\nname = e\n[phase first]\ncommand = true\n",
	          &less);
	assert_int_equal(road_check_vanished(f->opened.run, &f->reading, &none,
	                                     false, &f->err), 0);
	assert_int_equal(road_check_vanished(f->opened.run, &less, &none, false,
	                                     &f->err), -1);
	assert_non_null(strstr(f->err.text, "say --drop to go on without it"));
	assert_int_equal(road_check_vanished(f->opened.run, &less, &none, true,
	                                     &f->err), 0);
	/* nor does what is dropped run on */
	assert_int_equal(asked_jobs(&f->asked, run_job_id(f->opened.run),
		f->opened.run->state, less.experiment->spec, &f->err), SLURM_YES);
	assert_int_equal(road_check_vanished(f->opened.run, &less,
	                                     &f->asked.live, true, &f->err), -1);
	assert_non_null(strstr(f->err.text, "phase many is to be dropped, and "
	                       "job"));
	reading_clear(&less);
}

/* ---- the run ---- */

static void
a_run_that_somebody_changed_meanwhile_is_not_taken(void **state)
{
	struct fixture *f = *state;
	char *dir = file_join(f->dir, "run");
	struct request request = { .resume = dir };
	struct opened early = { 0 }, late = { 0 };
	int lock;

	submit_all(f);
	assert_int_equal(opened_find(&early, &request, &f->err), 0);
	assert_int_equal(early.place, RUN_IN_PLACE);
	lock = opened_take(&early, &request, NULL, &f->err);
	assert_true(lock >= 0);
	/* the lock is one submitter's */
	assert_int_equal(opened_find(&late, &request, &f->err), 0);
	assert_int_equal(opened_take(&late, &request, NULL, &f->err), -1);
	assert_int_equal(f->err.code, LATSUB_UNFINISHED);
	close(lock);
	/* the experiment was replaced since it was looked at */
	free(late.copy);
	late.copy = xstrdup("another");
	assert_int_equal(opened_take(&late, &request, NULL, &f->err), -1);
	assert_non_null(strstr(f->err.text, "somebody has changed this run "
	                       "meanwhile"));
	opened_clear(&late);
	opened_clear(&early);
	free(dir);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_silent_slurm_is_not_an_empty_one),
		TEST(without_slurm_nothing_is_asked),
		TEST(another_cluster_is_refused_while_something_may_run_at_its_own),
		TEST(a_moved_run_waits_for_its_jobs),
		TEST(jobs_with_other_values_stop_a_resume),
		TEST(what_the_experiment_lost_is_not_dropped_by_itself),
		TEST(a_run_that_somebody_changed_meanwhile_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
