/*
 * test_journal.c - the journal's files as crashes, copies, people and time
 * leave them: what can be read counts, what cannot is told.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "../inject.h"
#include "latsub/file.h"
#include "latsub/run.h"

#define TASKS 1000

static char dir[64];
static char *own; /* this node's file */
static struct latsub_error err;

static struct event
event(enum event_kind kind, uint32_t gen, int task)
{
	struct event e = { .kind = kind, .phase = xstrdup("p"), .gen = gen,
		.all = task < 0, .time = 1000 };

	if (task >= 0)
		rangeset_add(&e.tasks, (uint32_t)task, (uint32_t)task);
	return e;
}

static void
append(struct run *run, struct event e)
{
	if (run_record(run, &e, 1, true, &err))
		fail_msg("%s", err.text);
	event_clear(&e);
}

static void
complete(struct run *run, int task)
{
	append(run, event(EVENT_COMPLETED, 1, task));
}

/* Events as lines, into a file of the journal. */
static void
write_lines(const char *path, const char *mode, const struct event *events,
            size_t count)
{
	struct strbuf text = { 0 };
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		journal_encode(&events[i], &text);
	assert_int_equal(fwrite(strbuf_str(&text), 1, text.len, file),
	                 text.len);
	fclose(file);
	strbuf_clear(&text);
}

static void
write_event(const char *path, const char *mode, struct event e)
{
	write_lines(path, mode, &e, 1);
	event_clear(&e);
}

/* A run with an array; this process writes as one of its nodes. */
static struct run *
begin(void)
{
	struct event phase = event(EVENT_PHASE, 0, -1);
	struct strbuf sweep = { 0 };
	struct run *run = run_open(dir, &err);

	assert_non_null(run);
	strbuf_puts(&sweep, "{\"I\":[");
	for (int i = 0; i < TASKS; i++)
		strbuf_printf(&sweep, "%s\"%d\"", i ? "," : "", i);
	strbuf_puts(&sweep, "]}");
	phase.sweep = strbuf_steal(&sweep);
	append(run, phase);
	append(run, event(EVENT_INTENDED, 1, -1));
	return run;
}

static bool
done(const struct run *run, uint32_t task)
{
	return state_find(run->state, "p")->cells[task].state == TASK_COMPLETED;
}

static uint32_t
count_done(const struct run *run)
{
	uint32_t n[TASK_STATE_COUNT];

	phase_count(state_find(run->state, "p"), n);
	return n[TASK_COMPLETED];
}

static struct run *
look(void)
{
	struct run *run = run_open(dir, &err);

	if (!run)
		fail_msg("%s", err.text);
	return run;
}

static bool
has_note(const struct run *run, const char *words)
{
	for (size_t i = 0; i < run->notes.count; i++) {
		if (strstr(run->notes.items[i], words))
			return true;
	}
	return false;
}

static int
make_run(void **unused)
{
	char *name = journal_file_name();

	(void)unused;
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	if (!mkdtemp(dir) || run_make(dir, &err))
		return -1;
	own = xasprintf("%s/.latsub/journal/%s", dir, name);
	free(name);
	return 0;
}

static int
remove_run(void **unused)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc = system(command);

	(void)unused;
	free(command);
	free(own);
	return rc;
}

static off_t
size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* 0 where there is none. */
static off_t
size_of_any(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

static char *
journal_path(const char *name)
{
	return xasprintf("%s/.latsub/journal/%s", dir, name);
}

/* ---- what a crash leaves ---- */

static void
a_tail_torn_at_any_byte(void **unused)
{
	struct run *run = begin(), *again;
	off_t whole, begins;

	(void)unused;
	complete(run, 0);
	begins = size_of(own);
	complete(run, 1);
	whole = size_of(own);
	run_close(run);
	for (off_t at = whole - 1; at > begins; at--) {
		assert_int_equal(truncate(own, at), 0);
		again = look();
		assert_true(done(again, 0));
		assert_false(done(again, 1));
		assert_int_equal(again->offsets.items[0].offset, begins);
		run_close(again);
	}
	/* the next writer begins on a fresh line, wherever that was */
	for (off_t at = begins + 1; at < whole; at += 7) {
		assert_int_equal(truncate(own, begins), 0);
		run = look();
		complete(run, 1);
		assert_int_equal(truncate(own, at), 0);
		complete(run, 2);
		again = look();
		assert_true(done(again, 2));
		assert_false(done(again, 1));
		assert_true(has_note(again, "1 damaged line"));
		run_close(again);
		run_close(run);
	}
}

static void
a_flipped_bit_loses_its_line_only(void **unused)
{
	struct run *run = begin(), *again;
	off_t begins, ends;
	int fd;

	(void)unused;
	begins = size_of(own);
	complete(run, 1);
	ends = size_of(own);
	complete(run, 2);
	run_close(run);
	fd = open(own, O_RDWR);
	for (off_t at = begins; at < ends - 1; at++) {
		for (int bit = 0; bit < 8; bit += 3) {
			unsigned char byte, bad;

			assert_int_equal(pread(fd, &byte, 1, at), 1);
			bad = byte ^ (unsigned char)(1u << bit);
			assert_int_equal(pwrite(fd, &bad, 1, at), 1);
			again = look();
			assert_true(done(again, 2));
			assert_false(done(again, 1));
			assert_true(has_note(again, "damaged line"));
			run_close(again);
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
	}
	close(fd);
}

static void
nul_bytes_and_endless_lines_are_passed_over(void **unused)
{
	static const size_t sizes[] = { 1, 4096, 1024 * 1024, 17 * 1024 * 1024 };
	struct run *run = begin(), *again;

	(void)unused;
	for (int i = 0; i < 4; i++) {
		for (int fill = 0; fill < 2; fill++) {
			FILE *file = fopen(own, "a");
			int task = 2 * i + fill;

			assert_non_null(file);
			for (size_t k = 0; k < sizes[i]; k++)
				putc_unlocked(fill ? '\0' : 'x', file);
			fclose(file);
			complete(run, task);
			assert_true(done(run, (uint32_t)task));
		}
	}
	again = look();
	assert_int_equal(count_done(again), 8);
	assert_true(has_note(again, "8 damaged lines"));
	run_close(again);
	run_close(run);
}

/* Overwrite a part of a file with NULs, keeping what was there; or put it back. */
static void
swap_bytes(const char *path, off_t from, off_t to, char **kept)
{
	size_t len = (size_t)(to - from);
	int fd = open(path, O_RDWR);
	char *bytes = xcalloc(1, len);

	assert_true(fd >= 0);
	if (*kept) {
		memcpy(bytes, *kept, len);
	} else {
		*kept = xcalloc(1, len);
		assert_int_equal(pread(fd, *kept, len, from), len);
	}
	assert_int_equal(pwrite(fd, bytes, len, from), len);
	close(fd);
	free(bytes);
}

static void
complete_at(const char *path, int task, int64_t time)
{
	struct event e = event(EVENT_COMPLETED, 1, task);

	e.time = time;
	write_event(path, "a", e);
}

static void
make_old(const char *path)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = time(NULL) - 2 * JOURNAL_SETTLED_SEC } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* NFS may bring what another node wrote out of its order: NULs stand there until
 * it comes. */
static void
a_damaged_line_may_become_whole(void **unused)
{
	char *other = journal_path("other-00000001.jsonl"), *kept = NULL;
	struct run *run = begin(), *again;
	off_t ends[5], offset;

	(void)unused;
	for (int i = 0; i < 5; i++) {
		complete_at(other, i, 1000 + i);
		ends[i] = size_of(other);
	}
	/* from within the second line to within the fourth, line ends and all */
	swap_bytes(other, ends[0] + 9, ends[2] + 9, &kept);
	again = look();
	assert_int_equal(count_done(again), 2);
	assert_true(has_note(again, "1 damaged line"));
	for (int i = 0; i < 3; i++) /* told once, not at each look */
		assert_int_equal(run_refresh(again, NULL, &err), 0);
	assert_int_equal(again->offsets.damaged, 1);
	assert_int_equal(run_save(again, &err), 0);
	complete_at(other, 5, 1200);
	assert_int_equal(run_refresh(again, NULL, &err), 0);
	assert_true(done(again, 5));
	swap_bytes(other, ends[0] + 9, ends[2] + 9, &kept);
	assert_int_equal(run_refresh(again, NULL, &err), 0);
	assert_int_equal(count_done(again), 6);
	assert_int_equal(again->offsets.damaged, 0);
	run_close(again);
	again = look(); /* from the snapshot of then */
	assert_int_equal(count_done(again), 6);
	assert_false(has_note(again, "damaged"));
	offset = again->offsets.items[0].offset + again->offsets.items[1].offset;
	assert_int_equal(offset, size_of(other) + size_of(own));
	run_close(again);
	run_close(run);
	free(kept);
	free(other);
}

static void
damage_is_passed_in_the_end(void **unused)
{
	char *other = journal_path("other-00000001.jsonl"), *kept = NULL;
	struct run *run = begin(), *again;
	off_t begins, ends;
	uint64_t read;

	(void)unused;
	complete_at(other, 1, 1000);
	begins = size_of(other);
	complete_at(other, 2, 1001);
	ends = size_of(other);
	swap_bytes(other, begins, ends - 1, &kept);
	complete_at(other, 3, 1002);
	complete_at(other, 4, 1001 + JOURNAL_DAMAGE_SEC);
	again = look();
	assert_int_equal(run_save(again, &err), 0);
	run_close(again);
	again = look();
	assert_true(has_note(again, "1 damaged line"));
	run_close(again);
	complete_at(other, 5, 1002 + JOURNAL_DAMAGE_SEC); /* it is */
	again = look();
	assert_true(has_note(again, "1 damaged line"));
	assert_int_equal(run_save(again, &err), 0);
	run_close(again);
	again = look();
	assert_false(has_note(again, "damaged"));
	assert_int_equal(again->offsets.bytes_read, 0);
	assert_int_equal(count_done(again), 4);
	run_close(again);
	/* nobody writes there any more: told for an hour */
	begins = size_of(other);
	complete_at(other, 6, 2000);
	free(kept);
	kept = NULL;
	swap_bytes(other, begins, size_of(other) - 1, &kept);
	complete_at(other, 7, 2000);
	again = look();
	assert_true(has_note(again, "1 damaged line"));
	run_close(again);
	make_old(other);
	again = look();
	assert_true(done(again, 7));
	assert_false(has_note(again, "damaged"));
	assert_int_equal(again->offsets.items[1].offset
	                 + again->offsets.items[0].offset,
	                 size_of(other) + size_of(own));
	/* and what is held is not read again and again */
	write_lines(other, "a", NULL, 0);
	begins = size_of(other);
	complete_at(other, 8, 2000);
	free(kept);
	kept = NULL;
	swap_bytes(other, begins, size_of(other) - 1, &kept);
	make_old(other);
	assert_int_equal(run_refresh(again, NULL, &err), 0);
	read = again->offsets.bytes_read;
	assert_int_equal(run_refresh(again, NULL, &err), 0);
	assert_int_equal(again->offsets.bytes_read, read);
	run_close(again);
	run_close(run);
	free(kept);
	free(other);
}

/* A file server's clock: the time of a file, by so much off this node's. */
static void
shift_time(const char *path, int64_t seconds)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	times[1] = st.st_mtim;
	times[1].tv_sec += seconds;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A node whose clock is hours ahead took what was written just now for settled. */
static void
no_clock_of_this_node_tells_what_is_old(void **unused)
{
	char *other = journal_path("other-00000001.jsonl"), *kept = NULL;
	struct run *run = begin(), *again;
	off_t ends[2];

	(void)unused;
	complete_at(other, 1, 1000);
	ends[0] = size_of(other);
	complete_at(other, 2, 1001);
	ends[1] = size_of(other);
	complete_at(other, 3, 1002);
	swap_bytes(other, ends[0], ends[1] - 1, &kept);
	shift_time(own, -2 * JOURNAL_SETTLED_SEC);
	shift_time(other, -2 * JOURNAL_SETTLED_SEC);
	again = look();
	assert_true(done(again, 3));
	assert_true(has_note(again, "1 damaged line"));
	assert_int_equal(run_save(again, &err), 0);
	run_close(again);
	swap_bytes(other, ends[0], ends[1] - 1, &kept);
	shift_time(other, -2 * JOURNAL_SETTLED_SEC);
	again = look();
	assert_true(done(again, 2));
	run_close(again);
	run_close(run);
	free(kept);
	free(other);
}

/* Each damaged line waits for what follows it, not for what follows the last. */
static void
damage_again_and_again_is_passed_in_its_turn(void **unused)
{
	char *other = journal_path("other-00000001.jsonl"), *kept = NULL;
	struct run *run = begin(), *again;
	off_t starts[12], ends[12];

	(void)unused;
	for (int i = 0; i < 12; i++) { /* a whole and a damaged one, in turn */
		starts[i] = size_of_any(other);
		complete_at(other, i, 1000 + 60 * i);
		ends[i] = size_of(other);
	}
	for (int i = 1; i < 12; i += 2) {
		free(kept);
		kept = NULL;
		swap_bytes(other, starts[i], ends[i] - 1, &kept);
	}
	again = look();
	assert_int_equal(count_done(again), 6);
	assert_int_equal(again->offsets.damaged, 6);
	/* the newest is of minute 10; after 1 and 3 whole ones came at 2 and 4 */
	for (size_t i = 0; i < again->offsets.count; i++) {
		if (strcmp(again->offsets.items[i].host, "other-00000001") == 0)
			assert_int_equal(again->offsets.items[i].offset,
			                 starts[5]);
	}
	assert_int_equal(run_save(again, &err), 0);
	run_close(again);
	swap_bytes(other, starts[11], ends[11] - 1, &kept); /* it may come */
	again = look();
	assert_int_equal(count_done(again), 7);
	assert_int_equal(again->offsets.damaged, 3);
	run_close(again);
	run_close(run);
	free(kept);
	free(other);
}

static void
a_long_line_is_read(void **unused)
{
	struct run *run = begin(), *again;
	struct event e = event(EVENT_COMPLETED, 1, 5);

	(void)unused;
	e.text = xcalloc(1, 1024 * 1024 + 1);
	memset(e.text, 't', 1024 * 1024);
	append(run, e);
	again = look();
	assert_true(done(again, 5));
	run_close(again);
	/* but none that no reader would take */
	e = event(EVENT_COMPLETED, 1, 6);
	e.text = xcalloc(1, 17 * 1024 * 1024 + 1);
	memset(e.text, 't', 17 * 1024 * 1024);
	assert_int_equal(run_record(run, &e, 1, true, &err), -1);
	assert_non_null(strstr(err.text, "more than a journal takes"));
	event_clear(&e);
	complete(run, 7);
	run_close(run);
}

/* The name of a new file lasts before anything is in it, also where what comes
 * first is not waited for. */
static void
a_new_file_has_a_name_that_lasts(void **unused)
{
	struct event e = event(EVENT_COMPLETED, 1, 5);
	char *journal = file_directory(own);
	const char *failed;

	(void)unused;
	inject_arm(dir, 1, "UNSYNCED");
	assert_int_equal(journal_append(journal, &e, 1, false, &err), -1);
	failed = inject_disarm();
	assert_non_null(failed);
	assert_non_null(strstr(failed, "fsync "));
	assert_string_equal(strchr(failed, '/'), journal);
	assert_int_equal(size_of(own), 0);
	assert_int_equal(journal_append(journal, &e, 1, false, &err), 0);
	/* once is enough */
	inject_arm(journal, 1, "UNSYNCED");
	assert_int_equal(journal_append(journal, &e, 1, false, &err), -1);
	failed = inject_disarm();
	assert_non_null(failed);
	assert_non_null(strstr(failed, "close "));
	event_clear(&e);
	free(journal);
}

/* So have the directories of a new run. */
static void
a_new_directory_has_a_name_that_lasts(void **unused)
{
	char *path = xasprintf("%s/a/b", dir);
	const char *failed;

	(void)unused;
	inject_arm(dir, 1, "UNSYNCED");
	assert_int_equal(file_mkdirs(path, 0755, &err), -1);
	failed = inject_disarm();
	assert_non_null(failed);
	assert_string_equal(strchr(failed, '/'), dir);
	assert_int_equal(file_mkdirs(path, 0755, &err), 0);
	free(path);
}

static void
an_empty_file_is_no_journal(void **unused)
{
	struct run *run;
	bool exists = true;

	(void)unused;
	write_lines(own, "w", NULL, 0);
	assert_int_equal(journal_exists(dir, &exists, &err), 0);
	assert_false(exists);
	run = begin();
	complete(run, 0);
	run_close(run);
	assert_int_equal(truncate(own, 0), 0);
	run = run_open(dir, &err);
	assert_non_null(run);
	assert_false(run->has_journal);
	run_close(run);
}

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

/* ---- file systems that are sick for a moment ---- */

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

#define DISK(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(a_tail_torn_at_any_byte),
		DISK(a_flipped_bit_loses_its_line_only),
		DISK(nul_bytes_and_endless_lines_are_passed_over),
		DISK(a_damaged_line_may_become_whole),
		DISK(damage_is_passed_in_the_end),
		DISK(no_clock_of_this_node_tells_what_is_old),
		DISK(damage_again_and_again_is_passed_in_its_turn),
		DISK(a_long_line_is_read),
		DISK(a_new_file_has_a_name_that_lasts),
		DISK(a_new_directory_has_a_name_that_lasts),
		DISK(an_empty_file_is_no_journal),
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
		DISK(a_moment_of_sickness_is_survived),
		DISK(a_scan_is_whole_or_fails),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(a_long_pause_is_left_soon),
		cmocka_unit_test(patience_may_be_shared),
		DISK(a_failed_read_takes_nothing_away),
		DISK(a_good_append_is_success_whatever_the_fold_says),
		DISK(a_read_costs_what_is_new),
		DISK(cut_writes_without_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
