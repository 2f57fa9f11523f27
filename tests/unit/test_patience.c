/*
 * test_patience.c - file systems that are sick for a moment.
 */
#include "journal_fixture.h"

/* Each operation of a reader fails once, and is done again. */
static void
a_moment_of_sickness_is_survived(void **unused)
{
	static const char *const hows[] = { "ESTALE", "EIO" };
	char *other = journal_path("other-00000001.jsonl");
	struct run *run = begin(), *again;
	long at;

	(void)unused;
	write_event(other, "w", event(EVENT_COMPLETED, 1, 1));
	complete(run, 2);
	assert_int_equal(run_save(run, &err), 0);
	write_event(other, "a", event(EVENT_COMPLETED, 1, 3));
	for (int how = 0; how < 2; how++) {
		for (at = 1; at < 200; at++) {
			inject_arm(dir, at, hows[how]);
			again = run_open(dir, &err);
			if (!inject_disarm())
				break;
			if (!again)
				fail_msg("%s %ld: %s", hows[how], at, err.text);
			assert_int_equal(count_done(again), 3);
			run_close(again);
		}
		run_close(again);
		assert_true(at > 10 && at < 200);
	}
	run_close(run);
	free(other);
}

static void
count_event(const struct event *, void *);

/* Another node's file cannot be read: what was written is written, once. */
static void
a_good_append_is_success_whatever_the_fold_says(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	char *journal = file_directory(other);
	struct event e = event(EVENT_COMPLETED, 1, 1);
	struct run *run = begin();
	int count = 0;

	(void)unused;
	write_event(other, "w", event(EVENT_COMPLETED, 1, 2));
	file_set_patience(0.03, NULL);
	inject_arm(other, 1, "DEAD");
	assert_int_equal(run_record(run, &e, 1, true, &err), 0);
	assert_true(done(run, 1)); /* known here all the same */
	assert_false(done(run, 2));
	assert_non_null(inject_disarm());
	file_set_patience(3, NULL);
	assert_int_equal(journal_scan(journal, EVENT_COMPLETED, count_event,
	                              &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(run_refresh(run, NULL, &err), 0);
	assert_true(done(run, 1) && done(run, 2));
	event_clear(&e);
	run_close(run);
	free(journal);
	free(other);
}

/* A snapshot that could not be written may end in such a read; a runner goes on. */
static void
a_failed_read_takes_nothing_away(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	struct run *run = begin();

	(void)unused;
	complete(run, 1);
	assert_int_equal(run_save(run, &err), 0);
	write_event(other, "w", event(EVENT_COMPLETED, 1, 2));
	file_set_patience(0.03, NULL);
	for (int at = 1; at < 100; at++) {
		int rc;

		inject_arm(dir, at, "DEAD");
		rc = run_read(run, &err);
		if (!inject_disarm())
			break;
		assert_true(rc == -1 || done(run, 2)); /* a close that fails */
		assert_true(done(run, 1));
		assert_non_null(run->doc);
	}
	file_set_patience(3, NULL);
	assert_int_equal(run_save(run, &err), 0);
	assert_true(done(run, 1) && done(run, 2));
	run_close(run);
	free(other);
}

static void
count_event(const struct event *event, void *user)
{
	(void)event;
	++*(int *)user;
}

/* What cannot be read is not "none": neither a file nor the list of them. */
static void
a_scan_is_whole_or_fails(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	char *journal = file_directory(other);
	struct run *run = begin();
	int count = 0, at, failures = 0;

	(void)unused;
	complete(run, 1);
	write_event(other, "w", event(EVENT_COMPLETED, 1, 2));
	assert_int_equal(journal_scan(journal, EVENT_COMPLETED, count_event,
	                              &count, &err), 0);
	assert_int_equal(count, 2);
	count = 0;
	assert_int_equal(journal_scan_kinds(journal, 1u << EVENT_COMPLETED
	                                    | 1u << EVENT_PHASE, count_event,
	                                    &count, &err), 0);
	assert_int_equal(count, 3);
	count = 0;
	assert_int_equal(journal_scan_kinds(journal, 1u << EVENT_LOST, count_event,
	                                    &count, &err), 0);
	assert_int_equal(count, 0);
	file_set_patience(0.01, NULL);
	for (at = 1; at < 100; at++) {
		const char *failed;
		int rc;

		count = 0;
		inject_arm(journal, at, "DEAD");
		rc = journal_scan(journal, EVENT_COMPLETED, count_event, &count,
		                  &err);
		failed = inject_disarm();
		if (!failed)
			break;
		failures += rc != 0;
		assert_true(rc == -1 || count == 2); /* a close that fails */
	}
	assert_true(at < 100 && failures > 8);
	file_set_patience(3, NULL);
	run_close(run);
	free(journal);
	free(other);
}

static bool
never(void)
{
	return false;
}

static void
patience_has_an_end(void **unused)
{
	struct file_tries tries = { 0 };

	(void)unused;
	errno = EIO;
	file_set_patience(0.1, NULL);
	while (file_try_again(&tries))
		assert_int_equal(errno, EIO);
	assert_true(tries.count > 1 && tries.count < 10);
	/* once more at once, even so: that is not waiting */
	file_set_patience(100, never);
	tries = (struct file_tries){ 0 };
	errno = EIO;
	assert_false(file_try_again(&tries));
	tries = (struct file_tries){ 0 };
	errno = ESTALE;
	assert_true(file_try_again(&tries));
	errno = ENOENT; /* that is an answer */
	assert_false(file_try_again(&tries));
	file_set_patience(3, NULL);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
only_once(void)
{
	static int calls;

	return calls++ == 0;
}

/* A TERM does not wait for the end of a long pause. */
static void
a_long_pause_is_left_soon(void **unused)
{
	double began = seconds_now();
	struct file_tries tries = { .count = 12, .until = began + 100 };

	(void)unused;
	errno = EIO;
	file_set_patience(100, only_once);
	assert_false(file_try_again(&tries));
	assert_int_equal(errno, EIO);
	assert_true(seconds_now() - began < 1.5);
	file_set_patience(3, NULL);
}

/* One patience for all operations, and then a moment for each. */
static void
patience_may_be_shared(void **unused)
{
	struct file_tries first = { 0 }, second = { 0 };

	(void)unused;
	errno = EIO;
	file_set_patience(4, NULL);
	file_share_patience();
	assert_true(file_try_again(&first));
	usleep(300000);
	assert_true(file_try_again(&second));
	assert_true(second.until - first.until < 0.1);
	usleep(1200000);
	second = (struct file_tries){ 0 };
	assert_true(file_try_again(&second));
	assert_true(second.until - first.until > 0.3); /* 3 s from now */
	file_set_patience(4, NULL); /* each for itself again */
	second = (struct file_tries){ 0 };
	assert_true(file_try_again(&second));
	assert_true(second.until - first.until > 1.3);
	file_set_patience(3, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(a_moment_of_sickness_is_survived),
		DISK(a_scan_is_whole_or_fails),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(a_long_pause_is_left_soon),
		cmocka_unit_test(patience_may_be_shared),
		DISK(a_failed_read_takes_nothing_away),
		DISK(a_good_append_is_success_whatever_the_fold_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
