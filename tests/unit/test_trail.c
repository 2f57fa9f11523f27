/*
 * test_trail.c - what the journal has of one task is found without reading what
 * it has of all the others.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define TASKS 10000
#define FEW_BYTES (64 * 1024)

static char dir[64];
static struct latsub_error err;

/* ---- a run ---- */

static struct event
event(enum event_kind kind, uint32_t attempt, int task)
{
	struct event e = { .kind = kind, .phase = xstrdup("p"), .gen = 1,
		.attempt = attempt, .all = task < 0, .time = 1000, .job = 7 };

	if (task >= 0)
		rangeset_add(&e.tasks, (uint32_t)task, (uint32_t)task);
	return e;
}

static struct event
report(uint32_t attempt, int task, uint32_t seq)
{
	struct event e = event(EVENT_CHECKPOINT, attempt, task);

	e.seq = seq;
	e.path = xasprintf("ckpt/%d/%u-%u", task, attempt, seq);
	return e;
}

static void
record(struct run *run, struct event e)
{
	assert_int_equal(run_record(run, &e, 1, false, &err), 0);
	event_clear(&e);
}

static char *
sweep_of(int first, int last)
{
	struct strbuf text = { 0 };

	strbuf_printf(&text, "{\"I\":[");
	for (int i = first; i <= last; i++)
		strbuf_printf(&text, "%s\"%d\"", i > first ? "," : "", i);
	strbuf_printf(&text, "]}");
	return strbuf_steal(&text);
}

static struct run *
begin(int tasks)
{
	struct event phase = event(EVENT_PHASE, 0, -1);
	struct run *run;
	char *journal;

	snprintf(dir, sizeof dir, "/tmp/latsub-trail-XXXXXX");
	assert_non_null(mkdtemp(dir));
	journal = file_join(dir, ".latsub/journal");
	assert_int_equal(file_mkdirs(journal, 0700, &err), 0);
	free(journal);
	run = run_open(dir, &err);
	assert_non_null(run);
	phase.gen = 0;
	phase.sweep = sweep_of(0, tasks - 1);
	record(run, phase);
	record(run, event(EVENT_INTENDED, 0, -1));
	record(run, event(EVENT_SUBMITTED, 0, -1));
	return run;
}

static void
end(struct run *run)
{
	char *command = xasprintf("rm -rf %s", dir);

	run_close(run);
	assert_int_equal(system(command), 0);
	free(command);
}

static struct run *
reopen(struct run *run)
{
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	run = run_open(dir, &err);
	assert_non_null(run);
	return run;
}

/* ---- what is found ---- */

struct found {
	struct strbuf text; /* "KIND ATTEMPT.SEQ " in the order of a sort */
	char *lines[64];
	size_t count;
};

static void
keep(const struct event *e, void *user)
{
	struct found *found = user;

	assert_true(found->count < 64);
	found->lines[found->count++] = xasprintf("%s %u.%u",
		event_name(e->kind), e->attempt, e->seq);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All that there is of a task, sorted: "checkpoint 0.1, started 0.0". */
static char *
events_of(struct run *run, uint32_t task, uint32_t kinds)
{
	struct found found = { 0 };

	assert_int_equal(run_task_events(run, "p", task, kinds, keep, &found,
	                                 &err), 0);
	qsort(found.lines, found.count, sizeof *found.lines, compare_lines);
	for (size_t i = 0; i < found.count; i++) {
		strbuf_printf(&found.text, "%s%s", i ? ", " : "",
		              found.lines[i]);
		free(found.lines[i]);
	}
	strbuf_putc(&found.text, '\0');
	return strbuf_steal(&found.text);
}

static void
assert_events(struct run *run, uint32_t task, const char *expected)
{
	char *text = events_of(run, task, STATE_TRAIL_KINDS);

	assert_string_equal(text, expected);
	free(text);
}

static unsigned long long
bytes_read(void)
{
	FILE *file = fopen("/proc/self/io", "re");
	unsigned long long bytes = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "rchar: %llu", &bytes), 1);
	fclose(file);
	return bytes;
}

/* ---- files of other nodes ---- */

/* Write events to a node's file; places of before are the caller's to give. */
static off_t
write_as(const char *host, struct event e)
{
	char *path = xasprintf("%s/.latsub/journal/%s.jsonl", dir, host);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct strbuf line = { 0 };
	off_t offset = lseek(fd, 0, SEEK_END);

	assert_true(fd >= 0);
	journal_encode(&e, &line);
	assert_int_equal(write(fd, line.data, line.len), (ssize_t)line.len);
	close(fd);
	strbuf_clear(&line);
	event_clear(&e);
	free(path);
	return offset;
}

/* ---- tests ---- */

static void
lists_of_places(void **arg)
{
	static const uint32_t map[3] = { 1, UINT32_MAX, 0 };
	struct trail trail = { 0 };

	(void)arg;
	assert_null(trail_first(&trail, 0));
	trail_add(&trail, 3, 0, 5, 100);
	trail_add(&trail, 3, 0, 5, 100); /* again: nothing */
	trail_add(&trail, 3, 0, 6, 100);
	trail_add(&trail, 3, 2, 5, 7);
	trail_add(&trail, 3, 3, 5, 7); /* there is no such task */
	assert_int_equal(trail_first(&trail, 0)->file, 5);
	assert_int_equal(trail_next(&trail, trail_first(&trail, 0))->file, 6);
	trail_remove(&trail, 0, 5, 101); /* not there */
	trail_remove(&trail, 9, 5, 100);
	trail_remove(&trail, 0, 6, 100);
	assert_int_equal(trail_first(&trail, 0)->file, 5);
	assert_null(trail_next(&trail, trail_first(&trail, 0)));
	trail_add(&trail, 3, 1, 8, 9); /* where the removed one was */
	assert_int_equal(trail.count, 3);
	trail_renumber(&trail, map, 2);
	assert_int_equal(trail_first(&trail, 0)->offset, 7);
	assert_int_equal(trail_first(&trail, 1)->offset, 100);
	assert_null(trail_first(&trail, 2));
	trail_clear(&trail);
}

/* Events of a latsub that did not write what comes before them. */
static void
a_trail_of_too_many_is_lost(void **arg)
{
	struct run *run = begin(2);
	struct trail trail = { 0 };
	struct found found = { 0 };

	(void)arg;
	for (int i = 0; i <= TRAIL_PLACES_MAX; i++) {
		assert_false(trail_is_lost(&trail, 1));
		trail_add(&trail, 2, 1, 0, i);
	}
	assert_true(trail_is_lost(&trail, 1));
	assert_null(trail_first(&trail, 1));
	trail_remove(&trail, 1, 0, 1);
	trail_add(&trail, 2, 1, 0, 1);
	assert_true(trail_is_lost(&trail, 1));
	assert_false(trail_is_lost(&trail, 0));
	trail_clear(&trail);

	for (uint32_t i = 1; i <= TRAIL_PLACES_MAX + 8; i++)
		write_as("a", report(0, 1, i));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run_task_events(run, "p", 1, STATE_TRAIL_KINDS,
		                                 keep, &found, &err), 0);
		assert_int_equal(found.count, TRAIL_PLACES_MAX + 8 + (i == 2));
		while (found.count)
			free(found.lines[--found.count]);
		if (i == 1)
			record(run, report(1, 1, 1));
		run = reopen(run);
	}
	end(run);
}

static void
own_events_are_found(void **arg)
{
	struct run *run = begin(3);

	(void)arg;
	assert_events(run, 1, "");
	record(run, event(EVENT_STARTED, 0, 1));
	record(run, report(0, 1, 1));
	record(run, report(0, 2, 1));
	record(run, report(0, 1, 2));
	record(run, event(EVENT_REQUEUED, 0, 1));
	record(run, event(EVENT_GAVE_UP, 1, 1));
	run = reopen(run);
	record(run, event(EVENT_STARTED, 2, 1));
	assert_events(run, 1, "checkpoint 0.1, checkpoint 0.2, gave_up 1.0, "
	              "started 0.0, started 2.0");
	assert_events(run, 2, "checkpoint 0.1");
	free(events_of(run, 0, STATE_TRAIL_KINDS));
	end(run);
}

static void
of_the_kinds_asked_for(void **arg)
{
	struct run *run = begin(1);
	char *text;

	(void)arg;
	record(run, event(EVENT_STARTED, 0, 0));
	record(run, report(0, 0, 1));
	text = events_of(run, 0, 1u << EVENT_CHECKPOINT);
	assert_string_equal(text, "checkpoint 0.1");
	free(text);
	end(run);
}

static void
others_are_not_read(void **arg)
{
	struct run *run = begin(TASKS);
	struct event *all = xcalloc(4 * TASKS, sizeof *all);
	unsigned long long before;
	char *text;

	(void)arg;
	for (int i = 0; i < TASKS; i++) {
		all[i] = event(EVENT_STARTED, 0, i);
		all[TASKS + i] = report(0, i, 1);
	}
	assert_int_equal(run_record(run, all, 2 * TASKS, false, &err), 0);
	for (int i = 0; i < TASKS; i++) {
		all[2 * TASKS + i] = report(0, i, 2);
		all[3 * TASKS + i] = event(EVENT_REQUEUED, 0, i);
	}
	assert_int_equal(run_record(run, all + 2 * TASKS, 2 * TASKS, false,
	                            &err), 0);
	for (int i = 0; i < 4 * TASKS; i++)
		event_clear(&all[i]);
	free(all);
	run = reopen(run);
	before = bytes_read();
	text = events_of(run, 5000, STATE_TRAIL_KINDS);
	before = bytes_read() - before;
	assert_string_equal(text, "checkpoint 0.1, checkpoint 0.2, started 0.0");
	print_message("%llu bytes read for one of %d tasks\n", before, TASKS);
	assert_true(before < FEW_BYTES);
	free(text);
	end(run);
}

static void
completed_ones_are_not_in_the_snapshot(void **arg)
{
	struct run *run = begin(2);
	size_t len;
	char *text, *path = file_join(dir, RUN_STATE_NAME);

	(void)arg;
	for (int i = 0; i < 2; i++) {
		record(run, event(EVENT_STARTED, 0, i));
		record(run, report(0, i, 1));
	}
	record(run, event(EVENT_COMPLETED, 0, 0));
	run = reopen(run);
	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL, &err), 0);
	assert_non_null(strstr(text, "=1@"));
	assert_null(strstr(text, "=0@"));
	assert_null(strstr(text, " 0@"));
	free(text);
	free(path);
	/* all of the journal has it all the same */
	assert_events(run, 0, "checkpoint 0.1, started 0.0");
	end(run);
}

/* Files are read by name: what comes first is read last, and the reverse. */
static void
in_whatever_order_files_are_read(void **arg)
{
	static const char *const hosts[2][2] = { { "a", "b" }, { "b", "a" } };

	(void)arg;
	for (int i = 0; i < 2; i++) {
		struct run *run = begin(1);
		struct event second = report(1, 0, 1), third = report(2, 0, 1);
		off_t at = write_as(hosts[i][0], report(0, 0, 1));

		event_places_add(&second.before, hosts[i][0], at);
		at = write_as(hosts[i][1], second);
		event_places_add(&third.before, hosts[i][1], at);
		write_as(hosts[i][0], third);
		assert_events(run, 0,
		              "checkpoint 0.1, checkpoint 1.1, checkpoint 2.1");
		record(run, event(EVENT_STARTED, 3, 0));
		run = reopen(run);
		assert_events(run, 0, "checkpoint 0.1, checkpoint 1.1, "
		              "checkpoint 2.1, started 3.0");
		end(run);
	}
}

/* Nothing has happened: then the file stays as it is. */
static void
state_is_stable(struct run *run)
{
	struct stat before, after;

	assert_int_equal(stat(run->state_path, &before), 0);
	assert_int_equal(run_save(run, &err), 0);
	assert_int_equal(stat(run->state_path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

/* Two that did not see each other, as two nodes of one job. */
static void
two_at_once_are_both_found(void **arg)
{
	struct run *run = begin(1);
	struct event x = report(0, 0, 2), y = report(0, 0, 2);
	off_t at = write_as("a", report(0, 0, 1));

	(void)arg;
	event_places_add(&x.before, "a", at);
	event_places_add(&y.before, "a", at);
	x.seq = 3;
	write_as("a", x);
	write_as("a", y);
	assert_events(run, 0, "checkpoint 0.1, checkpoint 0.2, checkpoint 0.3");
	run = reopen(run);
	state_is_stable(run);
	record(run, report(1, 0, 4));
	assert_events(run, 0, "checkpoint 0.1, checkpoint 0.2, checkpoint 0.3, "
	              "checkpoint 1.4");
	end(run);
}

/* ---- journals of before there were trails, and hurt ones ---- */

static void
a_snapshot_without_trails(void **arg)
{
	struct run *run = begin(2);
	char *path = file_join(dir, RUN_STATE_NAME), *text, *line, *end_of_line;
	size_t len;

	(void)arg;
	write_as("a", event(EVENT_STARTED, 0, 1)); /* they name nothing before */
	write_as("a", report(0, 1, 1));
	run_read(run, &err);
	run = reopen(run);
	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL, &err), 0);
	line = strstr(text, "p.trail.a=");
	assert_non_null(line);
	end_of_line = strchr(line, '\n') + 1;
	memmove(line, end_of_line, strlen(end_of_line) + 1);
	line = strstr(text, "format=2");
	assert_non_null(line);
	line[7] = '1';
	assert_int_equal(file_replace(path, text, strlen(text), 0600,
	                                   &err), 0);
	run_close(run);
	run = run_open(dir, &err);
	assert_non_null(run);
	assert_events(run, 1, "checkpoint 0.1, started 0.0");
	free(text);
	free(path);
	end(run);
}

/* The place has no event of the task: all of the journal is read. */
static void
a_place_that_is_wrong(void **arg)
{
	struct run *run = begin(2);
	struct event later = report(1, 1, 1), other = report(1, 0, 1);
	off_t at = write_as("a", report(0, 1, 1));
	char *path = xasprintf("%s/.latsub/journal/b.jsonl", dir);

	(void)arg;
	event_places_add(&later.before, "a", at + 1);
	event_places_add(&other.before, "a", at); /* of another task */
	write_as("a", later);
	write_as("a", other);
	assert_events(run, 1, "checkpoint 0.1, checkpoint 1.1");
	assert_events(run, 0, "checkpoint 1.1");
	write_as("b", report(2, 1, 1));
	run = reopen(run);
	assert_int_equal(unlink(path), 0); /* a person did */
	free(path);
	assert_events(run, 1, "checkpoint 0.1, checkpoint 1.1");
	end(run);
}

static void
values_get_other_numbers(void **arg)
{
	struct run *run = begin(3);
	struct event phase = event(EVENT_PHASE, 0, -1);

	(void)arg;
	record(run, event(EVENT_STARTED, 0, 2));
	record(run, report(0, 1, 1));
	phase.gen = 2;
	phase.sweep = sweep_of(2, 5);
	record(run, phase);
	assert_events(run, 0, "started 0.0"); /* I=2 */
	assert_events(run, 1, "");
	run = reopen(run);
	assert_events(run, 0, "started 0.0");
	end(run);
}

static struct event
values(uint32_t gen, int first, int last)
{
	struct event phase = event(EVENT_PHASE, 0, -1);

	phase.gen = gen;
	phase.sweep = sweep_of(first, last);
	return phase;
}

static void
a_task_that_was_gone_is_found_again(void **arg)
{
	struct run *run = begin(3);

	(void)arg;
	record(run, event(EVENT_STARTED, 0, 2));
	record(run, report(0, 2, 1));
	record(run, values(2, 0, 1));
	run = reopen(run);
	record(run, values(3, 0, 4));
	assert_events(run, 2, "checkpoint 0.1, started 0.0");
	assert_true(trail_is_lost(&state_find(run->state, "p")->trail, 2));
	assert_false(trail_is_lost(&state_find(run->state, "p")->trail, 1));
	assert_false(trail_is_lost(&state_find(run->state, "p")->trail, 4));
	run = reopen(run);
	assert_events(run, 2, "checkpoint 0.1, started 0.0");
	end(run);
}

/* What a file lost led to an event in another file; then the task's next event came to
 * stand where the lost one stood. */
static void
a_file_that_lost_its_end(void **arg)
{
	struct run *run = begin(1);
	struct event lost = report(1, 0, 2), later = report(1, 0, 3);
	char *path = xasprintf("%s/.latsub/journal/b.jsonl", dir);
	off_t first = write_as("a", report(0, 0, 1)), at;

	(void)arg;
	event_places_add(&lost.before, "a", first);
	at = write_as("b", lost);
	run = reopen(run);
	assert_int_equal(truncate(path, at), 0);
	/* by who had read the lost one */
	event_places_add(&later.before, "b", at);
	write_as("b", later);
	assert_events(run, 0, "checkpoint 0.1, checkpoint 1.3");
	run = reopen(run);
	assert_events(run, 0, "checkpoint 0.1, checkpoint 1.3");
	run_close(run);
	free(path);
	path = file_join(dir, RUN_STATE_NAME);
	assert_int_equal(unlink(path), 0); /* and with nothing but the journal */
	free(path);
	run = run_open(dir, &err);
	assert_non_null(run);
	assert_events(run, 0, "checkpoint 0.1, checkpoint 1.3");
	end(run);
}

static void
of_many_the_newest_is_read_alone(void **arg)
{
	struct run *run = begin(1);
	struct found found = { 0 };

	(void)arg;
	for (uint32_t i = 1; i <= 100; i++)
		record(run, report(0, 0, i));
	record(run, event(EVENT_STARTED, 1, 0));
	assert_int_equal(run_task_newest(run, "p", 0, EVENT_CHECKPOINT, keep,
	                                 &found, &err), 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.lines[0], "checkpoint 0.100");
	free(found.lines[0]);
	end(run);
}

static void
what_cannot_be_read_is_an_error(void **arg)
{
	struct run *run = begin(1);
	struct found found = { 0 };
	char *path = xasprintf("%s/.latsub/journal/a.jsonl", dir);

	(void)arg;
	write_as("a", report(0, 0, 1));
	assert_int_equal(run_refresh(run, NULL, &err), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(run_task_events(run, "p", 0, STATE_TRAIL_KINDS, keep,
	                                 &found, &err), -1);
	assert_int_equal(found.count, 0);
	assert_non_null(strstr(err.text, "a.jsonl"));
	free(path);
	end(run);
}

/* After a lost trail the whole journal tells the same. */
static void
assert_starts(struct run *run)
{
	struct history history = { 0 };

	assert_int_equal(run_task_starts(run, "p", 1, &history, &err), 0);
	assert_int_equal(history.count, 2);
	assert_int_equal(history.attempts[0].started, 1000);
	assert_int_equal(history.attempts[0].end, HISTORY_GAVE_UP);
	assert_int_equal(history.attempts[1].number, 1);
	assert_int_equal(history.attempts[1].job, 7);
	assert_int_equal(history.attempts[1].index, 1);
	assert_int_equal(history.attempts[1].end, HISTORY_OPEN);
	history_clear(&history);
}

static void
starts_become_a_history(void **arg)
{
	struct run *run = begin(2);

	(void)arg;
	record(run, event(EVENT_STARTED, 0, 1));
	record(run, event(EVENT_GAVE_UP, 0, 1));
	record(run, event(EVENT_STARTED, 0, 0));
	record(run, event(EVENT_STARTED, 1, 1));
	record(run, report(1, 1, 1));
	record(run, event(EVENT_LOST, 1, 1)); /* on no trail */
	assert_starts(run);
	state_lose_trails(run->state);
	assert_starts(run);
	end(run);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_places),
		cmocka_unit_test(a_trail_of_too_many_is_lost),
		cmocka_unit_test(own_events_are_found),
		cmocka_unit_test(of_the_kinds_asked_for),
		cmocka_unit_test(others_are_not_read),
		cmocka_unit_test(completed_ones_are_not_in_the_snapshot),
		cmocka_unit_test(in_whatever_order_files_are_read),
		cmocka_unit_test(two_at_once_are_both_found),
		cmocka_unit_test(a_snapshot_without_trails),
		cmocka_unit_test(a_place_that_is_wrong),
		cmocka_unit_test(values_get_other_numbers),
		cmocka_unit_test(a_task_that_was_gone_is_found_again),
		cmocka_unit_test(a_file_that_lost_its_end),
		cmocka_unit_test(of_many_the_newest_is_read_alone),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(starts_become_a_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
