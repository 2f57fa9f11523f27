/*
 * engine_fixture.c - the run, and what the tests of the engine do to it.
 */
#include "engine_fixture.h"

const char text[] =
	"[experiment]\nname = e\n"
	"[phase first]\ncommand = true\n"
	"[phase many]\nafter = first\narray.I = a b c d\ncommand = true\n"
	"[phase other]\nmem = 70G\nqos = q\ncommand = true\n"
	"[phase last]\nafter = other\nafter_any = many\ncommand = true\n";

/* Patience costs no time here. */
unsigned __wrap_sleep(unsigned seconds);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
double slept;
void (*while_asleep)(void *);
void *while_asleep_user;

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

void
open_run(struct fixture *f)
{
	char *run = file_join(f->dir, "run");

	run_close(f->engine.run);
	f->engine.run = run_open(run, &f->err);
	assert_non_null(f->engine.run);
	free(run);
}

int
update_facts(struct fixture *f)
{
	return engine_update_facts(f->engine.run, f->engine.experiment->workdir,
	                           f->engine.cluster.name, &f->err);
}

int
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

int
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

void
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

int
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

void
assert_well(struct fixture *f)
{
	unsigned submitted = fake_calls(FAKE_SUBMIT);

	assert_int_equal(fake_live(), PHASES);
	assert_int_equal(fake_held(), 0);
	assert_int_equal(resume(f), 0);
	assert_int_equal(fake_calls(FAKE_SUBMIT), submitted);
	assert_int_equal(f->plan->to_run, 0);
}

const struct phase_state *
phase(struct fixture *f, const char *name)
{
	open_run(f);
	return state_find(f->engine.run->state, name);
}

enum task_state
task_of(struct fixture *f, const char *name, uint32_t task)
{
	return phase(f, name)->cells[task].state;
}

const char *
planned(struct fixture *f, const char *name)
{
	return f->plan->phases[spec_find(f->engine.experiment->spec, name)]
		.reason;
}

void
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

void
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

void
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

void
end_job(const char *name, enum slurm_state state, uint32_t restarts)
{
	fake_find(name)->state = state;
	fake_find(name)->restarts = restarts;
}
