/*
 * test_writers.c - 64 processes write to one run at once, and are killed at
 * random: what any of them was told is recorded is in the fold.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define SIDE 100
#define TASKS (SIDE * SIDE)
#define WRITERS 64
#define KILLS 300
#define TASKS_OF_A_LIFE 20 /* then it reads the run anew, as a new runner does */

static char dir[64];
static struct latsub_error err;

static struct shared { /* with the writers */
	atomic_uint next;    /* the next task that nobody has */
	atomic_uint saved;   /* snapshots written */
	bool started[TASKS], completed[TASKS]; /* acknowledged */
} *shared;

static struct event
event(enum event_kind kind, uint32_t gen, int task)
{
	struct event e = { .kind = kind, .phase = xstrdup("p"), .gen = gen,
		.all = task < 0, .time = 1000, .job = 7 };

	if (task >= 0)
		rangeset_add(&e.tasks, (uint32_t)task, (uint32_t)task);
	return e;
}

static int
record(struct run *run, struct event e)
{
	/* no sync: a kill takes nothing from the kernel's cache */
	int rc = run_record(run, &e, 1, false, &err);

	event_clear(&e);
	return rc;
}

static void
print_numbers(struct strbuf *text, const char *name)
{
	strbuf_printf(text, "\"%s\":[", name);
	for (int i = 0; i < SIDE; i++)
		strbuf_printf(text, "%s\"%d\"", i ? "," : "", i);
	strbuf_putc(text, ']');
}

static void
begin(void)
{
	struct event phase = event(EVENT_PHASE, 0, -1);
	struct run *run = run_open(dir, &err);
	struct strbuf sweep = { 0 };

	assert_non_null(run);
	strbuf_putc(&sweep, '{');
	print_numbers(&sweep, "I");
	strbuf_putc(&sweep, ',');
	print_numbers(&sweep, "J");
	strbuf_putc(&sweep, '}');
	phase.sweep = strbuf_steal(&sweep);
	assert_int_equal(record(run, phase), 0);
	assert_int_equal(record(run, event(EVENT_INTENDED, 1, -1)), 0);
	assert_int_equal(record(run, event(EVENT_SUBMITTED, 1, -1)), 0);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
}

/* The runner's rule, see attempt_snapshot(). */
static void
snapshot(struct run *run, enum phase_word before)
{
	if (phase_word(state_find(run->state, "p")) == before
	    && run_snapshot_age(run) < 1.0)
		return;
	if (run_save(run, &err))
		_exit(2);
	atomic_fetch_add(&shared->saved, 1);
}

static void
do_task(struct run *run, unsigned task)
{
	enum phase_word before = phase_word(state_find(run->state, "p"));

	if (record(run, event(EVENT_STARTED, 1, (int)task)))
		_exit(3);
	shared->started[task] = true;
	snapshot(run, before);
	before = phase_word(state_find(run->state, "p"));
	if (record(run, event(EVENT_COMPLETED, 1, (int)task)))
		_exit(4);
	shared->completed[task] = true;
	snapshot(run, before);
}

static pid_t
start_writer(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (;;) {
		struct run *run = run_open(dir, &err);

		if (!run)
			_exit(5);
		for (int i = 0; i < TASKS_OF_A_LIFE; i++) {
			unsigned task = atomic_fetch_add(&shared->next, 1);

			if (task >= TASKS)
				_exit(0);
			do_task(run, task);
		}
		run_close(run);
	}
}

static int
find_pid(const pid_t *pids, pid_t pid)
{
	for (int i = 0; i < WRITERS; i++) {
		if (pids[i] == pid)
			return i;
	}
	return -1;
}

/* Have all tasks done by writers, of which one dies again and again. */
static unsigned
run_and_kill(void)
{
	struct timespec pause = { 0, 3000000 };
	pid_t pids[WRITERS], pid;
	unsigned killed = 0, seed = 4;
	int status, left = WRITERS;

	for (int i = 0; i < WRITERS; i++)
		pids[i] = start_writer();
	while (left > 0) {
		nanosleep(&pause, NULL);
		if (killed < KILLS) {
			int victim = rand_r(&seed) % WRITERS;

			if (pids[victim] > 0)
				kill(pids[victim], SIGKILL);
		}
		while (left > 0 && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
			int i = find_pid(pids, pid);

			if (i < 0)
				continue;
			if (WIFEXITED(status)) {
				assert_int_equal(WEXITSTATUS(status), 0);
				pids[i] = 0;
				left--;
			} else {
				killed++;
				pids[i] = start_writer();
			}
		}
	}
	return killed;
}

static void
check_acknowledged(const struct run *run, const char *how)
{
	const struct phase_state *phase = state_find(run->state, "p");

	assert_int_equal(run->complaints.count, 0);
	assert_int_equal(run->edit_count, 0);
	assert_int_equal(run->offsets.waiting, 0);
	for (unsigned t = 0; t < TASKS; t++) {
		enum task_state state = (enum task_state)phase->cells[t].state;

		if (shared->completed[t] && state != TASK_COMPLETED)
			fail_msg("%s: task %u completed, and is %s", how, t,
			         task_state_name(state));
		if (shared->started[t] && state < TASK_STARTED)
			fail_msg("%s: task %u started, and is %s", how, t,
			         task_state_name(state));
	}
}

static void
killed_writers_leave_nothing_but_rubbish(void **unused)
{
	time_t start = time(NULL);
	unsigned killed, lost = 0;
	struct run *run;
	struct stat st;

	(void)unused;
	begin();
	killed = run_and_kill();
	assert_in_range(killed, 20, TASKS);
	run = run_open(dir, &err);
	assert_non_null(run);
	check_acknowledged(run, "snapshot and journal");
	/* at most one each second, but for races and for the phase's word */
	assert_in_range(atomic_load(&shared->saved), 1,
	                (time(NULL) - start + 2) * WRITERS);
	/* those whose writer died: a resume would do them */
	for (unsigned t = 0; t < TASKS; t++) {
		if (shared->completed[t])
			continue;
		lost++;
		assert_int_equal(record(run, event(EVENT_COMPLETED, 1, (int)t)),
		                 0);
	}
	assert_in_range(lost, 0, killed);
	assert_int_equal(run_save(run, &err), 0);
	assert_int_equal(phase_word(state_find(run->state, "p")),
	                 WORD_COMPLETED);
	assert_int_equal(stat(run->state_path, &st), 0);
	assert_in_range(st.st_size, 1, 64 * 1024);
	assert_int_equal(unlink(run->state_path), 0);
	run_close(run);
	run = run_open(dir, &err);
	assert_non_null(run);
	check_acknowledged(run, "journal alone");
	assert_int_equal(phase_word(state_find(run->state, "p")),
	                 WORD_COMPLETED);
	run_close(run);
}

static void
age_file(const char *name)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	char *path = file_join(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, old), 0);
	close(fd);
	free(path);
}

static bool
is_there(const char *name)
{
	char *path = file_join(dir, name);
	bool exists = file_exists(path);

	free(path);
	return exists;
}

/* What a process that was killed while it replaced a file leaves behind. */
static void
leftovers_go_in_time(void **unused)
{
	char *fresh = file_join(dir, ".experiment_state.new.ghijkl");
	FILE *file = fopen(fresh, "w");

	(void)unused;
	assert_int_equal(fclose(file), 0);
	age_file(".experiment_state.new.abcdef");
	age_file(".latsub/experiment.ini.new.abcdef");
	age_file(".latsub/slurm_templates/default.sh.new.abcdef");
	age_file("model.new.abcdef");
	age_file(".experiment_state");
	run_tidy(dir);
	assert_false(is_there(".experiment_state.new.abcdef"));
	assert_false(is_there(".latsub/experiment.ini.new.abcdef"));
	assert_false(is_there(".latsub/slurm_templates/default.sh.new.abcdef"));
	assert_true(is_there("model.new.abcdef")); /* a person's */
	assert_true(is_there(".experiment_state"));
	assert_true(file_exists(fresh)); /* of one who writes now */
	free(fresh);
}

/* The file server's clock is two hours behind: what is written now looks old. */
static void
leftovers_are_old_by_the_servers_clock(void **unused)
{
	char *command = xasprintf("touch %s/.latsub/experiment.ini.new.abcdef && "
		"find %s -exec touch -d '2 hours ago' {} +", dir, dir);

	(void)unused;
	assert_int_equal(system(command), 0);
	run_tidy(dir);
	assert_true(is_there(".latsub/experiment.ini.new.abcdef"));
	free(command);
}

static void
the_age_is_of_the_newest_snapshot(void **unused)
{
	struct run *run, *other;

	(void)unused;
	begin();
	age_file(".experiment_state");
	run = run_open(dir, &err);
	assert_true(run_snapshot_age(run) > 1e6);
	other = run_open(dir, &err);
	assert_int_equal(record(other, event(EVENT_COMPLETED, 1, 3)), 0);
	assert_int_equal(run_save(other, &err), 0);
	assert_true(run_snapshot_age(run) < 1000);
	run_close(other);
	run_close(run);
}

static void
shift_time(const char *name, time_t seconds)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	times[1] = st.st_mtim;
	times[1].tv_sec += seconds;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

/* The file server's clock is off: how old a file is only its own times tell. */
static void
the_age_is_by_the_servers_clock(void **unused)
{
	char *name = journal_file_name();
	char *own = xasprintf(".latsub/journal/%s", name);
	struct run *run;

	(void)unused;
	begin();
	run = run_open(dir, &err);
	for (int i = -1; i <= 1; i += 2) {
		assert_int_equal(record(run, event(EVENT_COMPLETED, 1,
		                                   i + 2)), 0);
		assert_int_equal(run_save(run, &err), 0);
		assert_int_equal(record(run, event(EVENT_STARTED, 1, 5)), 0);
		shift_time(RUN_STATE_NAME, i * 100);
		shift_time(own, i * 100);
		assert_true(run_snapshot_age(run) < 50);
		assert_true(run_snapshot_age(run) > -50);
		shift_time(own, 60); /* written to a minute after */
		assert_true(run_snapshot_age(run) > 50);
		assert_true(run_snapshot_age(run) < 90);
	}
	run_close(run);
	free(own);
	free(name);
}

static int
make_run(void **unused)
{
	(void)unused;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	return shared != MAP_FAILED && mkdtemp(dir) && run_make(dir, &err) == 0
		? 0 : -1;
}

static int
remove_run(void **unused)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc = system(command);

	(void)unused;
	free(command);
	munmap(shared, sizeof *shared);
	return rc;
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(killed_writers_leave_nothing_but_rubbish),
		DISK(leftovers_are_old_by_the_servers_clock),
		DISK(the_age_is_of_the_newest_snapshot),
		DISK(the_age_is_by_the_servers_clock),
		DISK(leftovers_go_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
