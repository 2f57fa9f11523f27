/*
 * test_snapshot.c - the state file, there and back.
 */
#include "state_fixture.h"

static struct run *
run_with_life(void)
{
	struct event events[32];
	size_t count = make_life(events);
	struct run *run = run_open(dir, &err);

	assert_non_null(run);
	assert_int_equal(run_record(run, events, count, true, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	return run;
}

static void
edit_file(const char *expression)
{
	char *command = xasprintf("sed -i '%s' %s/.experiment_state",
	                          expression, dir);

	assert_int_equal(system(command), 0);
	free(command);
}

static void
snapshot_and_journal_agree(void **unused)
{
	struct run *run = run_with_life(), *again;
	char *expected = describe(run->state), *got;

	(void)unused;
	again = run_open(dir, &err); /* from the snapshot */
	got = describe(again->state);
	assert_string_equal(got, expected);
	assert_int_equal(again->edit_count, 0);
	free(got);
	run_close(again);
	edit_file("/./d"); /* all lines: emptied, as touch would make it */
	again = run_open(dir, &err);
	got = describe(again->state);
	assert_string_equal(got, expected);
	free(got);
	run_close(again);
	unlink(run->state_path);
	again = run_open(dir, &err);
	got = describe(again->state);
	assert_string_equal(got, expected);
	free(got);
	free(expected);
	run_close(again);
	run_close(run);
}

static void
hand_edits_count(void **unused)
{
	struct run *run = run_with_life(), *again;

	(void)unused;
	edit_file("s/^train=completed/train=pending/");
	again = run_open(dir, &err);
	assert_int_equal(again->edit_count, 1);
	assert_int_equal(phase_word(state_find(again->state, "train")),
	                 WORD_PENDING);
	assert_int_equal(run_save(again, &err), 0); /* now it is journalled */
	run_close(again);
	again = run_open(dir, &err);
	assert_int_equal(again->edit_count, 0);
	assert_int_equal(phase_word(state_find(again->state, "train")),
	                 WORD_PENDING);
	run_close(again);
	edit_file("s/^eval=.*/eval=completed/");
	again = run_open(dir, &err);
	assert_int_equal(phase_word(state_find(again->state, "eval")),
	                 WORD_COMPLETED);
	run_close(again);
	run_close(run);
}

static void
old_file_saved_over_a_newer_loses_nothing(void **unused)
{
	struct run *run = run_with_life(), *again;
	struct event e = event(EVENT_COMPLETED, "eval", 3, 0, "0");
	char *old = NULL;
	size_t len;

	(void)unused;
	assert_int_equal(file_read(run->state_path, 1 << 20, &old, &len, NULL,
	                           &err), 0);
	assert_int_equal(run_record(run, &e, 1, true, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	assert_int_equal(file_replace(run->state_path, old, len, 0644, &err), 0);
	again = run_open(dir, &err);
	assert_int_equal(again->edit_count, 0);
	assert_int_equal(state_find(again->state, "eval")->cells[0].state,
	                 TASK_COMPLETED);
	run_close(again);
	run_close(run);
	event_clear(&e);
	free(old);
}

static void
failures_of_an_array_add_up_over_snapshots(void **unused)
{
	struct run *run = run_with_life(), *again;
	static const char *const tasks[] = { "0", "2" };

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct event e = event(EVENT_FAILED, "eval", 3, 0, tasks[i]);

		e.reason = xasprintf("exit code %zu", i + 1);
		assert_int_equal(run_record(run, &e, 1, true, &err), 0);
		assert_int_equal(run_save(run, &err), 0);
		event_clear(&e);
	}
	again = run_open(dir, &err);
	assert_int_equal(phase_marks(state_find(again->state, "eval"),
	                             MARK_FAILED, 3, 0), 1);
	assert_int_equal(phase_marks(state_find(again->state, "eval"),
	                             MARK_FAILED, 0, 0), 3);
	run_close(again);
	run_close(run);
}

static void
mistyped_words_are_told_with_their_line(void **unused)
{
	struct run *run = run_with_life(), *again;

	(void)unused;
	edit_file("s/^train=completed/train=compelted/");
	again = run_open(dir, &err);
	assert_int_equal(again->complaints.count, 1);
	assert_non_null(strstr(again->complaints.texts[0],
	                       "did you mean 'completed'"));
	assert_non_null(strstr(again->complaints.texts[0],
	                       ".experiment_state:"));
	run_close(again);
	run_close(run);
}

static void
comments_and_strangers_stay(void **unused)
{
	struct run *run = run_with_life(), *again;
	struct event e = event(EVENT_COMPLETED, "eval", 3, 0, "0");
	char *text = NULL;
	size_t len;

	(void)unused;
	edit_file("1i # my note");
	edit_file("$a [datasets]");
	edit_file("$a sst2=pending");
	again = run_open(dir, &err);
	assert_int_equal(run_record(again, &e, 1, true, &err), 0);
	assert_int_equal(run_save(again, &err), 0);
	assert_int_equal(file_read(run->state_path, 1 << 20, &text, &len, NULL,
	                           &err), 0);
	assert_non_null(strstr(text, "# my note\n"));
	assert_non_null(strstr(text, "[datasets]\nsst2=pending\n"));
	assert_non_null(strstr(text, "eval.completed=0,2\n"));
	free(text);
	run_close(again);
	run_close(run);
	event_clear(&e);
}

static void
torn_tails_are_passed_over(void **unused)
{
	struct run *run = run_with_life(), *again;
	char *name = journal_file_name();
	char *path = file_join(run->journal_dir, name);
	struct event e = event(EVENT_COMPLETED, "eval", 3, 0, "0");
	FILE *file = fopen(path, "a");

	(void)unused;
	assert_non_null(file);
	fputs("{\"v\":1,\"e\":\"comp", file);
	fclose(file);
	assert_int_equal(run_record(run, &e, 1, true, &err), 0);
	assert_int_equal(state_find(run->state, "eval")->cells[0].state,
	                 TASK_COMPLETED);
	again = run_open(dir, &err);
	assert_int_equal(state_find(again->state, "eval")->cells[0].state,
	                 TASK_COMPLETED);
	run_close(again);
	run_close(run);
	event_clear(&e);
	free(path);
	free(name);
}

/* Lines of more than a megabyte: 300,000 values, and half of the tasks done. */
static const struct phase_note *
note_of(const struct run *run, enum phase_note_kind kind)
{
	const struct phase_state *phase = state_find(run->state, "p");

	for (size_t i = 0; phase && i < phase->note_count; i++) {
		if (phase->notes[i].kind == kind)
			return &phase->notes[i];
	}
	fail_msg("no note of kind %d", (int)kind);
	return NULL;
}

static void
notes_are_there(struct run *run)
{
	const struct phase_note *note = note_of(run, NOTE_REFUSED);

	assert_int_equal(state_find(run->state, "p")->note_count, 3);
	assert_string_equal(note->name, "a dir/epoch=4 ");
	assert_string_equal(note->mark, "00000000000000a2");
	note = note_of(run, NOTE_LATE);
	assert_int_equal(note->attempt, 1);
	assert_int_equal(note->second, 17);
	assert_string_equal(note->name, "");
	assert_string_equal(note->mark, "");
	note = note_of(run, NOTE_QUICK);
	assert_string_equal(note->name, "epoch3");
	assert_string_equal(note->mark, "00000000000000a3");
	/* in the indices of the newest sweep */
	assert_true(rangeset_has(&note->tasks, 1));
	assert_int_equal(rangeset_count(&note->tasks), 1);
}

/* As a latsub wrote it that had no notes. */
static void
forget_notes(void)
{
	char *path = file_join(dir, RUN_STATE_NAME), *text, *check;
	struct latsub_errlist errors = { 0 };
	struct inifile *doc;
	size_t len;

	assert_int_equal(file_read(path, RUN_FILE_MAX, &text, &len, NULL, &err),
	                 0);
	doc = inifile_parse(path, text, len, INI_JSON_STRINGS, &errors);
	free(text);
	for (size_t i = 0; i < inifile_count(doc); i++) {
		const struct inifile_entry *entry = inifile_entry(doc, i);

		if (entry->value && strcmp(entry->section, "notes") == 0)
			inifile_unset(doc, "notes", entry->key);
	}
	check = state_check(doc);
	inifile_set(doc, "journal", STATE_CHECK_KEY, check);
	text = inifile_render(doc, &len);
	assert_int_equal(file_replace(path, text, len, 0644, &err), 0);
	free(check);
	free(text);
	free(path);
	inifile_destroy(doc);
}

/* What a runner asks for stands in the snapshot: it need not read the journal
 * again.  Of a snapshot of before that it is looked for there. */
static void
what_runners_ask_for_is_in_the_snapshot(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event e[7];

	(void)unused;
	e[0] = event(EVENT_PHASE, "p", 0, 0, NULL);
	e[0].sweep = xstrdup("{\"S\":[\"1\",\"2\"]}");
	e[1] = event(EVENT_INTENDED, "p", 1, 0, NULL);
	e[2] = event(EVENT_REFUSED, "p", 1, 0, "0");
	e[2].path = xstrdup("a dir/epoch=4 ");
	e[2].mark = xstrdup("00000000000000a2");
	e[3] = event(EVENT_REFUSED, "p", 1, 1, "1");
	e[3].late = true;
	e[3].stopped_at = 17.5;
	e[4] = event(EVENT_REQUEUED, "p", 1, 1, "0");
	e[4].requeue.reason = REASON_RETRY;
	e[4].from = xstrdup("epoch3");
	e[4].mark = xstrdup("00000000000000a3");
	e[5] = event(EVENT_FAILED, "p", 1, 2, "0"); /* not quickly */
	e[5].from = xstrdup("epoch3");
	e[6] = event(EVENT_PHASE, "p", 2, 0, NULL);
	e[6].sweep = xstrdup("{\"S\":[\"2\",\"1\"]}");
	assert_int_equal(run_record(run, e, 7, true, &err), 0);
	notes_are_there(run);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	run = run_open(dir, &err);
	notes_are_there(run);
	assert_int_equal(run->offsets.bytes_read, 0);
	run_close(run);
	forget_notes();
	run = run_open(dir, &err);
	assert_int_equal(run->offsets.bytes_read, 0);
	notes_are_there(run);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	for (int i = 0; i < 7; i++)
		event_clear(&e[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK(snapshot_and_journal_agree),
		DISK(hand_edits_count),
		DISK(old_file_saved_over_a_newer_loses_nothing),
		DISK(failures_of_an_array_add_up_over_snapshots),
		DISK(mistyped_words_are_told_with_their_line),
		DISK(comments_and_strangers_stay),
		DISK(torn_tails_are_passed_over),
		DISK(what_runners_ask_for_is_in_the_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
