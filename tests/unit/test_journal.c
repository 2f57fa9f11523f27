/*
 * test_journal.c - journal files as crashes and people leave them.
 */
#include "journal_fixture.h"

#include <jansson.h>

/* 0 where there is none. */
static off_t
size_of_any(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

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

/* ---- the page ---- */

static char *
journal_chapter(void)
{
	const char *top = getenv("top_srcdir");
	char *path = file_join(top ? top : ".", "docs/latsub-state.5");
	char *text, *start, *end, *chapter;
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL, &err), 0);
	start = strstr(text, "\n.Sh JOURNAL\n");
	assert_non_null(start);
	end = strstr(start + 1, "\n.Sh ");
	assert_non_null(end);
	chapter = xstrndup(start, (size_t)(end - start));
	free(text);
	free(path);
	return chapter;
}

static void
assert_told(const char *chapter, const char *name)
{
	const char *at = chapter;
	size_t len = strlen(name);
	bool told = false;

	while (!told && (at = strstr(at, name))) {
		told = strchr(" \n", at[-1]) && strchr(" \n", at[len]);
		at += len;
	}
	if (!told)
		fail_msg("'%s' is not in JOURNAL of latsub-state.5", name);
}

static void
the_page_tells_of_each_kind_and_member(void **unused)
{
	struct event e = { .kind = EVENT_STARTED, .time = 1,
		.phase = (char *)"p", .gen = 1, .attempt = 1, .job = 1, .base = 1,
		.order = 1, .total = 1, .seq = 1, .code = 1, .signal = 1,
		.elapsed = 1, .shared = 1, .node = (char *)"n",
		.reason = (char *)"r", .text = (char *)"t", .path = (char *)"p",
		.epoch = (char *)"e", .from = (char *)"f", .own = (char *)"o",
		.mark = (char *)"m", .sweep = (char *)"s",
		.variables = (char *)"v" };
	char *chapter = journal_chapter();
	struct strbuf line = { 0 };
	json_t *object, *value;
	const char *key;

	(void)unused;
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		assert_told(chapter, event_name((enum event_kind)kind));
	event_places_add(&e.before, "f", 1);
	journal_encode(&e, &line);
	object = json_loads(strbuf_str(&line), 0, NULL);
	assert_true(json_object_size(object) > 24);
	json_object_foreach(object, key, value)
		assert_told(chapter, key);
	assert_told(chapter, "word"); /* these are of other kinds */
	assert_told(chapter, "parents");
	assert_told(chapter, "pairs");
	json_decref(object);
	event_places_clear(&e.before);
	strbuf_clear(&line);
	free(chapter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_tells_of_each_kind_and_member),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
