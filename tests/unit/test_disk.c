/*
 * test_disk.c - each file operation of the store fails once, in each way that
 * a disk has: what was acknowledged is still there, nothing half done stays,
 * the message names the file and why, and once the disk is well all goes on.
 */
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../inject.h"
#include "latsub/file.h"
#include "latsub/run.h"

#define TASKS 6
#define MOST_OPERATIONS 400

static const char *const hows[] = { "EIO", "ENOSPC", "EDQUOT", "ENOLCK",
	"SHORT", "UNLOCKED", "FULL", "DEAD" };
static char dir[64];
static struct latsub_error err;

static void
shell(const char *words)
{
	char *command = xasprintf("cd %s && { %s; }", dir, words);

	assert_int_equal(system(command), 0);
	free(command);
}

static int
make_dir(void **unused)
{
	(void)unused;
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **unused)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc = system(command);

	(void)unused;
	free(command);
	return rc;
}

static struct event
event(enum event_kind kind, int task)
{
	struct event e = { .kind = kind, .phase = xstrdup("p"), .gen = 1,
		.all = task < 0, .time = 1000 };

	if (task >= 0)
		rangeset_add(&e.tasks, (uint32_t)task, (uint32_t)task);
	return e;
}

/* The run's beginning: again and again without harm, as a resume does. */
static int
begin(struct run **run)
{
	struct event events[2] = { event(EVENT_PHASE, -1),
	                           event(EVENT_INTENDED, -1) };
	int rc = -1;

	events[0].gen = 0;
	events[0].sweep = xstrdup("{\"I\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\"]}");
	*run = run_make(dir, &err) ? NULL : run_open(dir, &err);
	if (*run)
		rc = run_record(*run, events, 2, true, &err);
	event_clear(&events[0]);
	event_clear(&events[1]);
	return rc;
}

/* Each task completes; *acknowledged has those whose event was taken. */
static int
live(unsigned *acknowledged)
{
	struct run *run;
	int rc = begin(&run);

	for (int task = 0; rc == 0 && task < TASKS; task++) {
		struct event e = event(EVENT_COMPLETED, task);

		rc = run_record(run, &e, 1, true, &err);
		if (rc == 0)
			*acknowledged |= 1u << task;
		if (rc == 0 && task % 3 == 2)
			rc = run_save(run, &err);
		event_clear(&e);
	}
	run_close(run);
	return rc;
}

static unsigned
completed(const struct run *run)
{
	const struct phase_state *phase = state_find(run->state, "p");
	unsigned tasks = 0;

	for (uint32_t t = 0; phase && t < phase->total; t++) {
		if (phase->cells[t].state == TASK_COMPLETED)
			tasks |= 1u << t;
	}
	return tasks;
}

static void
no_file_is_half_there(const char *when)
{
	char *path = file_join(dir, RUN_STATE_NAME);
	DIR *stream = opendir(dir);
	struct dirent *entry;
	struct stat st;

	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		if (strstr(entry->d_name, ".new."))
			fail_msg("%s: %s is left", when, entry->d_name);
	}
	closedir(stream);
	if (stat(path, &st) == 0 && st.st_size == 0)
		fail_msg("%s: an empty state file", when);
	free(path);
}

/* A fresh look: all that was acknowledged, and no complaint. */
static void
nothing_is_lost(unsigned acknowledged, const char *when)
{
	struct run *run = run_open(dir, &err);

	if (!run)
		fail_msg("%s: it cannot be read: %s", when, err.text);
	if ((completed(run) & acknowledged) != acknowledged)
		fail_msg("%s: acknowledged %x, there %x", when, acknowledged,
		         completed(run));
	if (run->complaints.count || run->edit_count)
		fail_msg("%s: complaints or edits out of nothing", when);
	run_close(run);
}

static void
message_is_clear(const char *how, const char *when)
{
	const char *words = how[1] == 'I' || how[0] == 'D' ? "Input/output error"
		: how[1] == 'D' ? "quota" : "No space left";

	if (!strstr(err.text, dir) || !strstr(err.text, words))
		fail_msg("%s: the message is '%s'", when, err.text);
	if (err.code != LATSUB_SYSTEM)
		fail_msg("%s: the exit code is %d: %s", when, (int)err.code,
		         err.text);
}

/* Returns false when the operation number does not exist any more. */
static bool
fail_at(long n, const char *how, int (*work)(unsigned *),
        const char *prepare)
{
	unsigned acknowledged = 0;
	const char *what;
	char *when;
	int rc;

	shell(prepare);
	err = (struct latsub_error){ 0 };
	inject_arm(dir, n, how);
	rc = work(&acknowledged);
	what = inject_disarm();
	if (!what) {
		assert_int_equal(rc, 0);
		return false;
	}
	when = xasprintf("%s at %ld (%s)", how, n, what);
	if (rc)
		message_is_clear(how, when);
	if (rc && (strstr("SHORT UNLOCKED ENOLCK", how)))
		fail_msg("%s: that is no reason to fail: %s", when, err.text);
	if (!strstr(what, "unlink") && strcmp(how, "DEAD") != 0)
		no_file_is_half_there(when);
	if (file_exists(dir) && (acknowledged || rc == 0))
		nothing_is_lost(acknowledged, when);
	acknowledged = 0;
	if (live(&acknowledged)) /* as a resume: all of it again */
		fail_msg("%s: afterwards: %s", when, err.text);
	nothing_is_lost((1u << TASKS) - 1, when);
	free(when);
	return true;
}

static void
walk(int (*work)(unsigned *), const char *prepare)
{
	for (size_t h = 0; h < sizeof hows / sizeof *hows; h++) {
		long n = 1;

		while (n < MOST_OPERATIONS && fail_at(n, hows[h], work, prepare))
			n++;
		assert_in_range(n, 2, MOST_OPERATIONS - 1);
	}
}

static void
a_new_run(void **unused)
{
	(void)unused;
	walk(live, "rm -rf .latsub logs .experiment_state");
}

static void
a_run_that_goes_on(void **unused)
{
	unsigned acknowledged = 0;

	(void)unused;
	assert_int_equal(live(&acknowledged), 0);
	shell("mkdir keep && cp -a .latsub .experiment_state keep");
	shell("sed -i 5d keep/.latsub/journal/*.jsonl"); /* task 2: to be done */
	walk(live, "rm -rf .latsub logs .experiment_state.* && "
	     "cp -a keep/.latsub keep/.experiment_state .");
}

/* Nothing but a look: it fails, or it is right, and it changes nothing. */
static int
look(unsigned *acknowledged)
{
	struct run *run = run_open(dir, &err);

	*acknowledged = 0;
	if (!run)
		return -1;
	assert_true(run->has_journal);
	assert_int_equal(completed(run), (1u << TASKS) - 1);
	run_close(run);
	return 0;
}

static void
a_reader_is_told_or_right(void **unused)
{
	unsigned acknowledged = 0;

	(void)unused;
	assert_int_equal(live(&acknowledged), 0);
	shell("mkdir keep && cp -a .latsub keep");
	for (int round = 0; round < 2; round++) { /* with a snapshot, without */
		for (long n = 1; fail_at(n, "EIO", look, round ? "true"
		     : "rm -f .experiment_state"); n++)
			assert_true(n < MOST_OPERATIONS);
		for (long n = 1; fail_at(n, "DEAD", look, "true"); n++)
			assert_true(n < MOST_OPERATIONS);
	}
}

/* One file of a person's is replaced: old or new, never between. */
static void
a_file_is_replaced_or_not(void **unused)
{
	char *path = file_join(dir, "file"), *data;
	size_t len;

	(void)unused;
	for (size_t h = 0; h < sizeof hows / sizeof *hows; h++) {
		if (strcmp(hows[h], "ENOLCK") == 0)
			continue;
		for (long n = 1; ; n++) {
			const char *what;
			int rc;

			assert_int_equal(file_replace(path, "old", 3, 0640,
			                              &err), 0);
			inject_arm(dir, n, hows[h]);
			rc = file_replace(path, "newer", 5, 0644, &err);
			what = inject_disarm();
			assert_int_equal(file_read(path, 10, &data, &len, NULL,
			                           NULL), 0);
			assert_true(strcmp(data, "old") == 0
			            || strcmp(data, "newer") == 0);
			if (rc == 0)
				assert_string_equal(data, "newer");
			free(data);
			if (!what)
				break;
			if (!strstr(what, "unlink")
			    && strcmp(hows[h], "DEAD") != 0)
				no_file_is_half_there(what);
		}
	}
	free(path);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(a_new_run),
		DISK(a_run_that_goes_on),
		DISK(a_reader_is_told_or_right),
		DISK(a_file_is_replaced_or_not),
	};

	file_set_patience(0.021, NULL); /* a dead disk stays dead */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
