/*
 * test_engine.c - submit, reconcile and cancel against a Slurm that loses
 * requests and answers, refuses, and falls silent.
 */
#include "unit.h"

#include <ftw.h>
#include <time.h>
#include <unistd.h>

#include "fake_slurm.h"
#include "latsub/engine.h"
#include "latsub/file.h"

static const char text[] =
	"[experiment]\nname = e\n"
	"[phase first]\ncommand = true\n"
	"[phase many]\nafter = first\narray.I = a b c d\ncommand = true\n"
	"[phase other]\nmem = 70G\nqos = q\ncommand = true\n"
	"[phase last]\nafter = other\nafter_any = many\ncommand = true\n";
#define PHASES 4
#define ROOTS 2

struct fixture {
	char dir[64];
	struct engine engine;
	struct slurm_jobs jobs;
	struct live_jobs live;
	struct plan *plan;
	struct engine_result result;
	struct latsub_error err;
	char said[512];
};

/* Patience costs no time here. */
unsigned __wrap_sleep(unsigned seconds);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
static double slept;
static void (*while_asleep)(void *);
static void *while_asleep_user;

unsigned
__wrap_sleep(unsigned seconds)
{
	slept += seconds;
	return 0;
}

int
__wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	slept += (double)time->tv_sec + (double)time->tv_nsec / 1e9;
	if (while_asleep)
		while_asleep(while_asleep_user);
	return 0;
}

static void
say(const char *line, void *user)
{
	struct fixture *f = user;

	snprintf(f->said, sizeof f->said, "%s", line);
}

static void
open_run(struct fixture *f)
{
	char *run = file_join(f->dir, "run");

	run_close(f->engine.run);
	f->engine.run = run_open(run, &f->err);
	assert_non_null(f->engine.run);
	free(run);
}

static int
update_facts(struct fixture *f)
{
	return engine_update_facts(f->engine.run, f->engine.experiment->workdir,
	                           f->engine.cluster.name, &f->err);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	struct latsub_errlist errors = { 0 };
	char *file, *run;
	int lock;

	fake_reset();
	slept = 0;
	while_asleep = NULL;
	strcpy(f->dir, "/tmp/latsub-engine-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	file = file_join(f->dir, "e.ini");
	run = file_join(f->dir, "run");
	assert_int_equal(file_replace(file, text, strlen(text), 0644, &f->err),
	                 0);
	f->engine = (struct engine){ .slurm = fake_slurm(), .say = say,
	                             .user = f };
	f->engine.experiment = experiment_load(file, NULL, &errors);
	assert_int_equal(errors.count, 0);
	f->engine.slurm->cluster(&f->engine.cluster, &f->err);
	f->engine.run = engine_create_run(f->engine.experiment, run, &lock,
	                                  &f->err);
	assert_non_null(f->engine.run);
	close(lock);
	assert_int_equal(update_facts(f), 0);
	assert_int_equal(engine_take_experiment(&f->engine, &f->err), 0);
	free(file);
	free(run);
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

static void
forget(struct fixture *f)
{
	plan_destroy(f->plan);
	f->plan = NULL;
	engine_result_clear(&f->result);
	live_clear(&f->live);
	slurm_jobs_clear(&f->jobs);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	forget(f);
	run_close(f->engine.run);
	experiment_destroy(f->engine.experiment);
	slurm_cluster_clear(&f->engine.cluster);
	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	fake_reset();
	return 0;
}

static void
ask(struct fixture *f)
{
	struct identities *ids;

	forget(f);
	assert_int_equal(f->engine.slurm->jobs_of_user(0, &f->jobs, &f->err),
	                 SLURM_YES);
	ids = identities_create(run_job_id(f->engine.run), f->engine.run->state,
	                        NULL);
	live_join(&f->live, f->engine.experiment->spec, ids, &f->jobs);
	identities_destroy(ids);
}

/* What a resume does, from the files alone: a process of its own. */
static int
resume(struct fixture *f)
{
	open_run(f);
	ask(f);
	slurm_cluster_clear(&f->engine.cluster);
	f->engine.slurm->cluster(&f->engine.cluster, &f->err);
	if (engine_reconcile(&f->engine, &f->jobs, &f->live, &f->err))
		return -1;
	f->plan = plan_create(f->engine.experiment->spec, f->engine.run->state,
	                      &f->live, NULL);
	if (engine_drop(&f->engine, f->plan, &f->live, &f->err))
		return -1;
	return engine_submit(&f->engine, f->plan, &f->live, &f->result,
	                     &f->err);
}

/* Everything is in Slurm once, nothing is held, and a resume adds nothing. */
static void
assert_well(struct fixture *f)
{
	unsigned submitted = fake_calls(FAKE_SUBMIT);

	assert_int_equal(fake_live(), PHASES);
	assert_int_equal(fake_held(), 0);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_SUBMIT), submitted);
	assert_int_equal(f->plan->to_run, 0);
}

static const struct phase_state *
phase(struct fixture *f, const char *name)
{
	open_run(f);
	return state_find(f->engine.run->state, name);
}

static enum task_state
task_of(struct fixture *f, const char *name, uint32_t task)
{
	return phase(f, name)->cells[task].state;
}

static const char *
planned(struct fixture *f, const char *name)
{
	return f->plan->phases[spec_find(f->engine.experiment->spec, name)]
		.reason;
}

/* The reason of the last event of a kind about the phase, in the journal. */
static void
assert_reason(struct fixture *f, const char *name, enum mark_kind kind,
              const char *reason)
{
	const struct phase_state *p = state_find(f->engine.run->state, name);

	for (size_t i = p->mark_count; i-- > 0; ) {
		if (p->marks[i].kind == mark_why(kind)) {
			assert_string_equal(p->marks[i].reason, reason);
			return;
		}
	}
	fail_msg("%s: no mark %d", name, (int)kind);
}

static void
journal(struct fixture *f, enum event_kind kind, const char *name,
        const char *tasks, uint32_t attempt)
{
	const struct phase_state *p = state_find(f->engine.run->state, name);
	struct event event = { .kind = kind, .time = time(NULL), .code = -1,
		.phase = xstrdup(name), .gen = p->gen, .attempt = attempt };

	if (kind == EVENT_REQUEUED)
		event.requeue.reason = REASON_PREEMPTED;
	rangeset_parse(&event.tasks, tasks);
	assert_int_equal(run_record(f->engine.run, &event, 1, false, &f->err),
	                 0);
	event_clear(&event);
}

static void
set_command(const char *name, const char *command)
{
	free(fake_find(name)->command);
	fake_find(name)->command = xstrdup(command);
}

static void
overwrite_comments(void)
{
	for (size_t i = 0; i < fake_jobs()->count; i++) {
		free(fake_jobs()->items[i].comment);
		fake_jobs()->items[i].comment = xstrdup("a tool was here");
	}
}

/* ---- submitting ---- */

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

/* Replace the fixture's experiment. */
static void
load_experiment(struct fixture *f, const char *ini)
{
	struct latsub_errlist errors = { 0 };
	char *file = file_join(f->dir, "other.ini");

	assert_int_equal(file_replace(file, ini, strlen(ini), 0644, &f->err),
	                 0);
	experiment_destroy(f->engine.experiment);
	f->engine.experiment = experiment_load(file, NULL, &errors);
	assert_int_equal(errors.count, 0);
	assert_int_equal(update_facts(f), 0);
	assert_int_equal(engine_take_experiment(&f->engine, &f->err), 0);
	free(file);
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

/* ---- reconciling ---- */

static void
end(const char *name, enum slurm_state state, uint32_t restarts)
{
	fake_find(name)->state = state;
	fake_find(name)->restarts = restarts;
}

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
	end("other", SLURM_COMPLETE, 0);
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
	end("other", SLURM_COMPLETE, 0);
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
	end("first", SLURM_COMPLETE, 0);
	while_asleep = record_completion;
	while_asleep_user = f;
	assert_int_equal(resume(f), 0);
	assert_true(slept > 0 && slept < 5);
	assert_int_equal(task_of(f, "first", 0), TASK_COMPLETED);
	/* and one that never comes is concluded */
	slept = 0;
	journal(f, EVENT_STARTED, "other", "0", 0);
	end("other", SLURM_COMPLETE, 0);
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
	end("other", SLURM_COMPLETE, 0);
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
	end("other", SLURM_COMPLETE, 1);
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
	end("other", SLURM_OOM, 0);
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

/* ---- whose job it is ---- */

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
	end("other", SLURM_COMPLETE, 0);
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
	end("other", SLURM_TIMEOUT, 0);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_submitted_once),
		TEST(the_journal_tells_whose_a_job_is),
		TEST(a_comment_that_is_overwritten_changes_nothing),
		TEST(one_comment_is_read_back),
		TEST(a_job_that_may_be_ours_stops_a_resume),
		TEST(what_may_be_ours_and_has_ended_stops_nothing),
		TEST(what_steps_back_has_not_completed),
		TEST(the_end_of_a_successor_is_seen),
		TEST(reconciling_is_not_quadratic),
		TEST(what_may_not_be_taken_back_is_looked_for),
		TEST(a_cancel_that_is_late_takes_all_back),
		TEST(a_cancel_without_an_answer_says_what_is_known),
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
		TEST(what_fits_goes_in_and_the_rest_follows),
		TEST(a_queue_without_any_room_is_a_refusal),
		TEST(each_part_of_an_array_is_found_again),
		TEST(a_successor_is_waited_for_in_its_place),
		TEST(an_elements_successor_is_waited_for_too),
		TEST(a_silent_succession_is_gone_on_with),
		TEST(the_holder_of_the_lock_is_named),
		TEST(a_cancel_journals_what_waited),
		TEST(a_cancel_journals_like_tasks_together),
		TEST(a_cancel_journals_what_is_suspended),
		TEST(a_silent_cancel_can_be_done_again),
		TEST(a_cancel_of_what_is_gone_is_done),
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
