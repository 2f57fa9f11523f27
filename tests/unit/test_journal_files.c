/*
 * test_journal_files.c - journal files of other nodes, those that change while
 * they are read, what a read costs, and writers that meet.
 */
#include "journal_fixture.h"

/* ---- what others wrote ---- */

static void
lines_of_the_future_are_kept_and_told(void **unused)
{
	static const char *const bodies[] = {
		"{\"v\":2,\"e\":\"completed\",\"t\":1,\"phase\":\"p\",\"gen\":1",
		"{\"v\":1,\"e\":\"dreamt\",\"t\":1,\"phase\":\"p\",\"gen\":1",
	};
	struct run *run = begin(), *again;
	off_t before;

	(void)unused;
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(own, "a");

		fprintf(file, "%s,\"crc\":\"%08lx\"}\n", bodies[i],
		        crc32(0, (const Bytef *)bodies[i],
		              (uInt)strlen(bodies[i])));
		fclose(file);
	}
	complete(run, 1);
	before = size_of(own);
	again = look();
	assert_int_equal(count_done(again), 1);
	assert_true(has_note(again, "2 lines of a newer latsub"));
	assert_int_equal(run_save(again, &err), 0);
	assert_int_equal(size_of(own), before);
	run_close(again);
	run_close(run);
}

static void
clocks_do_not_matter(void **unused)
{
	static const int64_t times[] = { 5000, 10, 0, -3, 4102444800 };
	struct run *run = begin();
	struct event e;

	(void)unused;
	for (int i = 0; i < 5; i++) {
		e = event(EVENT_STARTED, 1, i);
		e.time = times[i];
		append(run, e);
		e = event(EVENT_REQUEUED, 1, i);
		e.time = times[4 - i];
		e.requeue.reason = REASON_PREEMPTED;
		append(run, e);
		e = event(EVENT_COMPLETED, 1, i);
		e.attempt = 1;
		e.time = times[(i + 2) % 5];
		append(run, e);
		e = event(EVENT_LOST, 1, i); /* too early a conclusion, later */
		e.time = 9999;
		append(run, e);
	}
	assert_int_equal(count_done(run), 5);
	/* failures are told by time, since people are: the latest */
	e = event(EVENT_FAILED, 1, 10);
	e.time = 700;
	e.reason = xstrdup("second");
	append(run, e);
	e = event(EVENT_FAILED, 1, 11);
	e.time = 600;
	e.reason = xstrdup("first");
	append(run, e);
	assert_string_equal(run->state->failure.error, "second");
	run_close(run);
}

static void
two_nodes_of_one_name(void **unused)
{
	char *a = journal_path("node-00000001.jsonl");
	char *b = journal_path("node-00000002.jsonl");
	struct run *run = begin(), *again;

	(void)unused;
	write_event(a, "w", event(EVENT_COMPLETED, 1, 1));
	write_event(b, "w", event(EVENT_COMPLETED, 1, 2));
	assert_int_equal(run_refresh(run, NULL, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	write_event(a, "a", event(EVENT_COMPLETED, 1, 3));
	write_event(b, "a", event(EVENT_COMPLETED, 1, 4));
	again = look();
	assert_int_equal(count_done(again), 4);
	run_close(again);
	run_close(run);
	free(a);
	free(b);
}

static void
a_missing_intent_hides_nothing_else(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	struct run *run = begin(), *again;
	uint64_t waiting;

	(void)unused;
	/* generation 2 was submitted by a node whose file is not here */
	write_event(other, "w", event(EVENT_COMPLETED, 2, 7));
	write_event(other, "a", event(EVENT_COMPLETED, 1, 8));
	write_event(other, "a", event(EVENT_COMPLETED, 2, 9));
	again = look();
	waiting = again->offsets.waiting;
	assert_int_equal(waiting, 2);
	assert_true(has_note(again, "2 events of submissions that are not known"));
	assert_int_equal(count_done(again), 1);
	assert_int_equal(run_save(again, &err), 0);
	append(run, event(EVENT_INTENDED, 2, -1)); /* there it comes */
	assert_int_equal(run_refresh(again, NULL, &err), 0);
	assert_true(done(again, 7) && done(again, 9));
	run_close(again);
	again = look();
	assert_true(done(again, 7) && done(again, 9));
	assert_int_equal(again->offsets.waiting, 0);
	run_close(again);
	run_close(run);
	free(other);
}

/* ---- files that change under a reader ---- */

static void
a_file_cut_off_is_read_from_its_beginning(void **unused)
{
	struct run *run = begin(), *reader;
	off_t before = size_of(own);

	(void)unused;
	complete(run, 1);
	complete(run, 2);
	reader = look();
	assert_int_equal(run_save(reader, &err), 0);
	assert_int_equal(truncate(own, before), 0);
	complete(run, 3); /* shorter than the reader's offset */
	assert_int_equal(run_refresh(reader, NULL, &err), 0);
	assert_true(done(reader, 1) && done(reader, 2) && done(reader, 3));
	run_close(reader);
	reader = look(); /* the snapshot's offset is beyond the end, too */
	assert_true(done(reader, 1) && done(reader, 2) && done(reader, 3));
	run_close(reader);
	run_close(run);
}

/* The file shrinks and grows beyond the offset again before anyone looks. */
static void
a_file_made_anew_is_known_by_its_mark(void **unused)
{
	struct run *run = begin(), *reader;
	off_t before = size_of(own), offset;

	(void)unused;
	complete(run, 1);
	complete(run, 2);
	reader = look();
	assert_int_equal(run_save(reader, &err), 0);
	offset = reader->offsets.items[0].offset;
	assert_int_equal(truncate(own, before), 0);
	for (int task = 10; size_of(own) <= offset; task++)
		append(run, event(EVENT_COMPLETED, 1, task));
	append(run, event(EVENT_COMPLETED, 1, 99));
	assert_int_equal(run_refresh(reader, NULL, &err), 0);
	assert_true(done(reader, 10) && done(reader, 99) && done(reader, 1));
	assert_int_equal(reader->offsets.damaged, 0);
	run_close(reader);
	reader = look();
	assert_true(done(reader, 10) && done(reader, 99) && done(reader, 1));
	run_close(reader);
	run_close(run);
}

static void
a_file_replaced_by_a_longer_one(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	char *temp = journal_path("temp");
	struct run *run = begin(), *reader;

	(void)unused;
	write_event(other, "w", event(EVENT_COMPLETED, 1, 1));
	reader = look();
	write_event(temp, "w", event(EVENT_COMPLETED, 1, 777));
	for (int task = 20; task < 30; task++)
		write_event(temp, "a", event(EVENT_COMPLETED, 1, task));
	assert_int_equal(rename(temp, other), 0);
	assert_int_equal(run_refresh(reader, NULL, &err), 0);
	assert_true(done(reader, 777) && done(reader, 20) && done(reader, 29));
	run_close(reader);
	run_close(run);
	free(temp);
	free(other);
}

static void
a_file_deleted_takes_nothing_from_a_snapshot(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	struct run *run = begin(), *reader;

	(void)unused;
	write_event(other, "w", event(EVENT_COMPLETED, 1, 1));
	reader = look();
	assert_int_equal(run_save(reader, &err), 0);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(run_refresh(reader, NULL, &err), 0);
	assert_true(done(reader, 1));
	complete(reader, 2);
	assert_int_equal(run_save(reader, &err), 0);
	run_close(reader);
	reader = look();
	assert_true(done(reader, 1) && done(reader, 2));
	/* and when it comes back with more, that is seen */
	write_event(other, "w", event(EVENT_COMPLETED, 1, 3));
	write_event(other, "a", event(EVENT_COMPLETED, 1, 4));
	assert_int_equal(run_refresh(reader, NULL, &err), 0);
	assert_true(done(reader, 3) && done(reader, 4));
	run_close(reader);
	run_close(run);
	free(other);
}

static void
offsets_of_nonsense_lose_nothing(void **unused)
{
	const char *values[] = { "999999999999", "1", "17 00000000", "-5", "x",
		"", "9223372036854775807 zz", NULL };
	struct run *run = begin(), *again;
	char size[32];

	(void)unused;
	complete(run, 1);
	assert_int_equal(run_save(run, &err), 0);
	complete(run, 2);
	snprintf(size, sizeof size, "%lld", (long long)size_of(own));
	values[7] = size; /* "all is folded": the checksum shows that lie */
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char *command = xasprintf("sed -i '/^\\[journal\\]/,$s/^\\(.*-"
			".*\\)=.*/\\1=%s/' %s/.experiment_state", values[i], dir);

		assert_int_equal(system(command), 0);
		again = look();
		assert_true(done(again, 1) && done(again, 2));
		run_close(again);
		free(command);
	}
	run_close(run);
}

/* ---- files that are no files ---- */

static void
a_link_is_not_followed_and_is_told(void **unused)
{
	char *link = journal_path("link-00000001.jsonl");
	struct run *run = begin();

	(void)unused;
	assert_int_equal(symlink("/dev/zero", link), 0);
	assert_null(run_open(dir, &err));
	assert_non_null(strstr(err.text, link));
	assert_non_null(strstr(err.text, "a symbolic link"));
	assert_non_null(strstr(err.text, "take it away"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkfifo(link, 0600), 0); /* nobody waits for a writer */
	assert_null(run_open(dir, &err));
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkdir(link, 0700), 0);
	assert_null(run_open(dir, &err));
	assert_int_equal(rmdir(link), 0);
	assert_int_equal(run_refresh(run, NULL, &err), 0);
	run_close(run);
	free(link);
}

/* As an ordinary user by its mode; root may read all, so the disk fails. */
static void
an_unreadable_file_is_an_error_with_its_name(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	struct run *run = begin();

	(void)unused;
	write_event(other, "w", event(EVENT_COMPLETED, 1, 1));
	file_set_patience(0.03, NULL);
	if (geteuid() == 0)
		inject_arm(other, 2, "DEAD"); /* lstat, then open */
	else
		assert_int_equal(chmod(other, 0), 0);
	assert_null(run_open(dir, &err));
	inject_disarm();
	file_set_patience(3, NULL);
	assert_non_null(strstr(err.text, other));
	assert_int_equal(err.code, LATSUB_SYSTEM);
	run_close(run);
	free(other);
}

/* ---- the cost of a read ---- */

/* The same lines again and again: folding an event twice does no harm. */
static off_t
write_a_million_events(const char *path)
{
	struct strbuf text = { 0 };
	FILE *file = fopen(path, "w");
	off_t size;

	assert_non_null(file);
	for (int task = 0; task < TASKS; task++) {
		struct event e = event(EVENT_STARTED, 1, task);

		journal_encode(&e, &text);
		event_clear(&e);
	}
	for (int i = 0; i < 1000000 / TASKS; i++)
		fwrite(text.data, 1, text.len, file);
	assert_int_equal(fclose(file), 0);
	size = (off_t)text.len * (1000000 / TASKS);
	strbuf_clear(&text);
	return size;
}

static void
a_read_costs_what_is_new(void **unused)
{
	char *other = journal_path("other-00000001.jsonl");
	struct run *run = begin(), *again;
	off_t whole, before;
	uint64_t read;

	(void)unused;
	whole = write_a_million_events(other);
	read = run->offsets.bytes_read;
	assert_int_equal(run_refresh(run, NULL, &err), 0);
	assert_int_equal(run->offsets.bytes_read - read, whole);
	assert_int_equal(run_save(run, &err), 0);
	again = look(); /* nothing is new */
	assert_int_equal(again->offsets.bytes_read, 0);
	run_close(again);
	write_event(other, "a", event(EVENT_COMPLETED, 1, 1));
	again = look(); /* one line is */
	assert_true(done(again, 1));
	assert_int_equal(again->offsets.bytes_read, size_of(other) - whole);
	before = size_of(own);
	read = again->offsets.bytes_read;
	complete(again, 2); /* and what a writer writes itself */
	assert_int_equal(again->offsets.bytes_read - read,
	                 size_of(own) - before);
	assert_int_equal(again->offsets.waiting, 0);
	run_close(again);
	run_close(run);
	free(other);
}

/* ---- writers that meet ---- */

static void
another_writes_meanwhile(void)
{
	struct event e = event(EVENT_COMPLETED, 1, 500);
	char *journal = file_directory(own);

	assert_int_equal(journal_append(journal, &e, 1, true, &err), 0);
	event_clear(&e);
	free(journal);
}

/* Where there are no locks, a write that is cut short may be followed by
 * another process's: neither may be lost. */
static void
cut_writes_without_locks(void **unused)
{
	struct run *run = begin();

	(void)unused;
	inject_arm(dir, 1, "UNLOCKED");
	inject_between = another_writes_meanwhile;
	complete(run, 1);
	inject_between = NULL;
	assert_non_null(inject_disarm());
	complete(run, 2);
	assert_true(done(run, 1) && done(run, 500) && done(run, 2));
	run_close(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(lines_of_the_future_are_kept_and_told),
		DISK(clocks_do_not_matter),
		DISK(two_nodes_of_one_name),
		DISK(a_missing_intent_hides_nothing_else),
		DISK(a_file_cut_off_is_read_from_its_beginning),
		DISK(a_file_made_anew_is_known_by_its_mark),
		DISK(a_file_replaced_by_a_longer_one),
		DISK(a_file_deleted_takes_nothing_from_a_snapshot),
		DISK(offsets_of_nonsense_lose_nothing),
		DISK(a_link_is_not_followed_and_is_told),
		DISK(an_unreadable_file_is_an_error_with_its_name),
		DISK(a_read_costs_what_is_new),
		DISK(cut_writes_without_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
