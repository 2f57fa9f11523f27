/*
 * test_status.c - which words people see: tables of what the state has and what Slurm
 * says, and the word of each; and that latsub.1 has the same words.
 */
#include "unit.h"

#include "latsub/file.h"
#include "latsub/run_status.h"
#include "scene.h"

/* ---- the tables of words ---- */

static void
each_word_has_a_row(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++) {
		assert_non_null(status_words[i].word);
		assert_non_null(status_words[i].colour);
		assert_true(strlen(status_words[i].meaning) > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(status_words[i].word,
			                        status_words[k].word);
	}
	for (int i = 0; i < RUN_WORD_COUNT; i++)
		assert_true(strlen(run_words[i].meaning) > 0);
	assert_int_equal(run_word_of(LATSUB_OK), RUN_COMPLETED);
	assert_int_equal(run_word_of(LATSUB_FAILED), RUN_FAILED);
	assert_int_equal(run_word_of(LATSUB_UNFINISHED), RUN_UNFINISHED);
	assert_int_equal(run_word_of(LATSUB_SYSTEM), RUN_UNREADABLE);
}

/* The words of an item, without the markup: ".Pq Fl -drop" is "(--drop)". */
static char *
plain(const char *line)
{
	char *out = xstrdup(line);

	if (text_starts(line, ".Pq Fl ")) {
		free(out);
		out = xasprintf("(-%s)", line + strlen(".Pq Fl "));
	}
	return out;
}

/* "WORD: what it means" of each item of a list in the manual page. */
static void
read_items(const char *page, const char *heading, struct strlist *out)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/docs/%s", top ? top : "..", page);
	struct latsub_error err;
	char *text, *rest, *line;
	struct strbuf item = { 0 };
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL, &err), 0);
	rest = strstr(text, heading);
	assert_non_null(rest);
	rest = strstr(rest, "\n.It Li ");
	assert_non_null(rest);
	rest++;
	while ((line = strsep(&rest, "\n"))) {
		bool begins = text_starts(line, ".It Li ");

		if (item.len && (begins || text_starts(line, ".El")))
			strlist_add_owned(out, strbuf_steal(&item));
		if (text_starts(line, ".El"))
			break;
		if (begins) {
			strbuf_printf(&item, "%s:", line + strlen(".It Li "));
		} else {
			char *words = plain(line);

			strbuf_printf(&item, " %s", words);
			free(words);
		}
	}
	free(text);
	free(path);
}

/* The page has "WORD: MEANING", and may go on after a semicolon. */
static void
assert_item(const char *item, const char *word, const char *meaning)
{
	char *expected = xasprintf("%s: %s", word, meaning);
	size_t len = strlen(expected);

	if (strncmp(item, expected, len) != 0 || (item[len] && item[len] != ';'))
		assert_string_equal(item, expected);
	free(expected);
}

static void
the_manual_has_the_same_words(void **state)
{
	struct strlist items = { 0 };

	(void)state;
	read_items("latsub.1", "The column STATE has one of these words:", &items);
	assert_int_equal(items.count, STATUS_COUNT);
	for (size_t i = 0; i < items.count; i++)
		assert_item(items.items[i], status_words[i].word,
		            status_words[i].meaning);
	strlist_clear(&items);
	read_items("latsub.1", "Slurm is not asked:", &items);
	assert_int_equal(items.count, RUN_WORD_COUNT);
	for (size_t i = 0; i < items.count; i++)
		assert_item(items.items[i], run_words[i].word,
		            run_words[i].meaning);
	strlist_clear(&items);
}

static void
assert_word(const char *item, const char *word)
{
	char *begins = xasprintf("%s:", word);

	if (!text_starts(item, begins))
		assert_string_equal(item, begins);
	free(begins);
}

static void
the_manual_has_the_words_of_files(void **state)
{
	struct strlist items = { 0 };

	(void)state;
	read_items("latsub-state.5", "There are four words:", &items);
	assert_int_equal(items.count, WORD_COUNT - 1);
	for (size_t i = 0; i < items.count; i++)
		assert_word(items.items[i],
		            phase_word_name((enum phase_word)(i + 1)));
	strlist_clear(&items);
	read_items("latsub-state.5", "States of a task:", &items);
	assert_int_equal(items.count, TASK_STATE_COUNT);
	for (size_t i = 0; i < items.count; i++)
		assert_word(items.items[i],
		            task_state_name((enum task_state)i));
	strlist_clear(&items);
}

/* ---- which word a phase has ---- */

struct shown {
	const char *tasks;   /* by the state, see scene.h */
	const char *records; /* Slurm's; NULL: it does not answer */
	enum phase_status status;
	enum phase_word word;
};

static void
assert_shown(const struct shown *row)
{
	struct run_status status;
	struct scene scene;

	scene_begin(&scene);
	scene_add_phase(&scene, "a", row->tasks, NULL);
	if (row->records)
		scene_add_records(&scene, row->records);
	run_status_create(&status, &scene.run,
	                  row->records ? &scene.jobs : NULL, "silent");
	if (status.rows[0].status != row->status)
		fail_msg("tasks '%s', records '%s': %s, expected %s", row->tasks,
		         row->records ? row->records : "(no answer)",
		         status_words[status.rows[0].status].word,
		         status_words[row->status].word);
	assert_int_equal(status.rows[0].word, row->word);
	assert_int_equal(status.slurm_answered, row->records != NULL);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
assert_all_shown(const struct shown *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_shown(&rows[i]);
}
#define ASSERT_ALL_SHOWN(rows) assert_all_shown(rows, sizeof rows / sizeof *rows)

static void
what_waits_in_slurm(void **state)
{
	static const struct shown rows[] = {
		{ "s", "P", STATUS_QUEUED, WORD_PENDING },
		{ "s", "D", STATUS_QUEUED, WORD_PENDING },
		{ "i", "P", STATUS_QUEUED, WORD_PENDING }, /* its event is late */
		{ "q", "P", STATUS_REQUEUED, WORD_IN_PROGRESS },
		{ "qs", "PP", STATUS_REQUEUED, WORD_IN_PROGRESS },
		{ "s", "H", STATUS_HELD, WORD_PENDING },
		{ "q", "H", STATUS_HELD, WORD_IN_PROGRESS },
		{ "ss", "HH", STATUS_HELD, WORD_PENDING },
		{ "ss", "HP", STATUS_QUEUED, WORD_PENDING },
		{ "s", "I", STATUS_CANNOT_RUN, WORD_PENDING },
		{ "s", "N", STATUS_CANNOT_RUN, WORD_PENDING },
		{ "ss", "II", STATUS_CANNOT_RUN, WORD_PENDING },
		{ "ss", "IP", STATUS_QUEUED, WORD_PENDING },
		{ "ss", "IH", STATUS_HELD, WORD_PENDING },
		{ "rs", "XI", STATUS_CANNOT_RUN, WORD_IN_PROGRESS },
		/* between two of its tasks */
		{ "cs", "XP", STATUS_RUNNING, WORD_IN_PROGRESS },
		{ "rs", "XP", STATUS_RUNNING, WORD_IN_PROGRESS },
	};

	(void)state;
	ASSERT_ALL_SHOWN(rows);
}

static void
what_runs_in_slurm(void **state)
{
	static const struct shown rows[] = {
		{ "s", "R", STATUS_STARTING, WORD_PENDING },
		{ "q", "R", STATUS_STARTING, WORD_IN_PROGRESS },
		{ "r", "R", STATUS_RUNNING, WORD_IN_PROGRESS },
		{ "r", "S", STATUS_RUNNING, WORD_IN_PROGRESS },
		{ "rs", "RP", STATUS_RUNNING, WORD_IN_PROGRESS },
		{ "ss", "RH", STATUS_STARTING, WORD_PENDING },
		/* what the journal concluded too early */
		{ "l", "R", STATUS_STARTING, WORD_FAILED },
		{ "c", "R", STATUS_COMPLETED, WORD_COMPLETED },
	};

	(void)state;
	ASSERT_ALL_SHOWN(rows);
}

static void
what_has_ended(void **state)
{
	static const struct shown rows[] = {
		{ "c", ".", STATUS_COMPLETED, WORD_COMPLETED },
		{ "c", NULL, STATUS_COMPLETED, WORD_COMPLETED },
		{ "ck", "..", STATUS_COMPLETED, WORD_COMPLETED },
		{ "k", ".", STATUS_SKIPPED, WORD_COMPLETED },
		{ "kk", NULL, STATUS_SKIPPED, WORD_COMPLETED },
		{ "f", ".", STATUS_FAILED, WORD_FAILED },
		{ "f", NULL, STATUS_FAILED, WORD_FAILED },
		{ "cf", "..", STATUS_FAILED, WORD_FAILED },
		{ "fl", "..", STATUS_FAILED, WORD_FAILED },
		{ "l", ".", STATUS_LOST, WORD_FAILED },
		{ "lx", NULL, STATUS_LOST, WORD_FAILED },
		{ "x", ".", STATUS_CANCELLED, WORD_PENDING },
		{ "cx", NULL, STATUS_CANCELLED, WORD_PENDING },
		{ ".", ".", STATUS_PENDING, WORD_PENDING },
		{ ".", NULL, STATUS_PENDING, WORD_PENDING },
		{ "c.", ".", STATUS_PENDING, WORD_PENDING },
	};

	(void)state;
	ASSERT_ALL_SHOWN(rows);
}

static void
what_slurm_does_not_have(void **state)
{
	static const struct shown rows[] = {
		{ "r", ".", STATUS_LOST, WORD_IN_PROGRESS },
		{ "r", "X", STATUS_LOST, WORD_IN_PROGRESS },
		{ "q", ".", STATUS_LOST, WORD_IN_PROGRESS },
		{ "r", "C", STATUS_CANCELLED, WORD_IN_PROGRESS },
		{ "rr", "CC", STATUS_CANCELLED, WORD_IN_PROGRESS },
		{ "rr", "C.", STATUS_LOST, WORD_IN_PROGRESS },
		{ "s", ".", STATUS_DROPPED, WORD_PENDING },
		{ "s", "C", STATUS_DROPPED, WORD_PENDING },
		{ "i", ".", STATUS_DROPPED, WORD_PENDING },
		/* what Slurm could not launch has failed */
		{ "s", "L", STATUS_FAILED, WORD_FAILED },
		{ "sc", "L.", STATUS_FAILED, WORD_FAILED },
		{ "ss", "LP", STATUS_QUEUED, WORD_PENDING },
		{ "f", "L", STATUS_FAILED, WORD_FAILED }, /* it is known */
	};

	(void)state;
	ASSERT_ALL_SHOWN(rows);
}

static void
what_only_the_state_has(void **state)
{
	static const struct shown rows[] = {
		{ "r", NULL, STATUS_RUNNING, WORD_IN_PROGRESS },
		{ "sr", NULL, STATUS_RUNNING, WORD_IN_PROGRESS },
		{ "q", NULL, STATUS_REQUEUED, WORD_IN_PROGRESS },
		{ "s", NULL, STATUS_SUBMITTED, WORD_PENDING },
		{ "i", NULL, STATUS_SUBMITTED, WORD_PENDING },
		{ "fs", NULL, STATUS_SUBMITTED, WORD_IN_PROGRESS },
	};

	(void)state;
	ASSERT_ALL_SHOWN(rows);
}

/* ---- two phases: what waits for what ---- */

struct pair {
	const char *first, *first_records;
	const char *second, *second_records; /* after:a */
	enum phase_status status;            /* of the second */
	enum latsub_exit outcome;
	bool stuck;
};

static void
assert_pair(const struct pair *pair, bool has_answer)
{
	struct run_status status;
	struct scene scene;

	scene_begin(&scene);
	scene_add_phase(&scene, "a", pair->first, NULL);
	scene_add_records(&scene, pair->first_records);
	scene_add_phase(&scene, "b", pair->second, "after:a");
	scene_add_records(&scene, pair->second_records);
	run_status_create(&status, &scene.run, has_answer ? &scene.jobs : NULL,
	                  NULL);
	if (status.rows[1].status != pair->status
	    || status.outcome != pair->outcome || status.stuck != pair->stuck)
		fail_msg("a '%s' '%s', b '%s' '%s': %s, outcome %d, %s",
		         pair->first, pair->first_records, pair->second,
		         pair->second_records,
		         status_words[status.rows[1].status].word,
		         (int)status.outcome, status.stuck ? "stuck"
		         : "not stuck");
	run_status_clear(&status);
	scene_end(&scene);
}

static void
two_phases_with_an_answer(void **state)
{
	static const struct pair pairs[] = {
		{ "c", ".", "c", ".", STATUS_COMPLETED, LATSUB_OK, false },
		{ "c", ".", "r", "R", STATUS_RUNNING, LATSUB_UNFINISHED, false },
		{ "r", "R", "s", "D", STATUS_QUEUED, LATSUB_UNFINISHED, false },
		/* nothing that is not live ends by itself */
		{ "f", ".", "s", ".", STATUS_BLOCKED, LATSUB_FAILED, false },
		{ "f", ".", "s", "D", STATUS_QUEUED, LATSUB_UNFINISHED, false },
		{ "r", ".", "s", ".", STATUS_DROPPED, LATSUB_FAILED, false },
		{ "l", ".", ".", ".", STATUS_PENDING, LATSUB_FAILED, false },
		{ "s", "L", "s", ".", STATUS_DROPPED, LATSUB_FAILED, false },
		{ "x", ".", "x", ".", STATUS_CANCELLED, LATSUB_UNFINISHED, false },
		{ "c", ".", "s", ".", STATUS_DROPPED, LATSUB_UNFINISHED, false },
		/* what had no room is submitted by what runs, and by nothing else */
		{ "r", "R", "i", ".", STATUS_DEFERRED, LATSUB_UNFINISHED, false },
		{ "r", "R", "is", "..", STATUS_DROPPED, LATSUB_UNFINISHED, false },
		{ "c", ".", "i", ".", STATUS_DROPPED, LATSUB_UNFINISHED, false },
		/* nothing else is left than what can never run, and its followers */
		{ "s", "I", "s", "D", STATUS_QUEUED, LATSUB_UNFINISHED, true },
		{ "s", "N", "s", "N", STATUS_CANNOT_RUN, LATSUB_UNFINISHED, true },
		{ "s", "I", "s", "P", STATUS_QUEUED, LATSUB_UNFINISHED, false },
		{ "s", "I", "r", "R", STATUS_RUNNING, LATSUB_UNFINISHED, false },
		{ "s", "D", "s", "D", STATUS_QUEUED, LATSUB_UNFINISHED, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_pair(&pairs[i], true);
}

static void
two_phases_without_an_answer(void **state)
{
	static const struct pair pairs[] = {
		{ "c", ".", "c", ".", STATUS_COMPLETED, LATSUB_OK, false },
		{ "f", ".", "s", ".", STATUS_BLOCKED, LATSUB_FAILED, false },
		{ "r", ".", "s", ".", STATUS_SUBMITTED, LATSUB_UNFINISHED, false },
		{ "f", ".", "r", ".", STATUS_RUNNING, LATSUB_UNFINISHED, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_pair(&pairs[i], false);
}

static void
a_run_without_phases_has_not_ended(void **state)
{
	struct run_status status;
	struct scene scene;

	(void)state;
	scene_begin(&scene);
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	assert_int_equal(status.outcome, LATSUB_UNFINISHED);
	assert_false(status.any_live);
	assert_false(status.stuck);
	run_status_clear(&status);
	scene_end(&scene);
}

/* Its experiment does not have the phase any more. */
static void
what_is_excluded_does_not_count(void **state)
{
	struct run_status status;
	struct scene scene;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "c", NULL);
	scene_add_phase(&scene, "b", "f", NULL);
	scene_apply(&scene, (struct event){ .kind = EVENT_EXCLUDED, .seq = 1 });
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	assert_int_equal(status.rows[1].status, STATUS_EXCLUDED);
	assert_int_equal(status.outcome, LATSUB_OK);
	run_status_clear(&status);
	scene_end(&scene);
}

/* ---- whose job a record is ---- */

static void
another_runs_job_is_not_shown(void **state)
{
	struct run_status status;
	struct scene scene;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "s", NULL);
	scene_add_records(&scene, "R");
	free(scene.jobs.items[0].command);
	scene.jobs.items[0].command = xstrdup("latsub [latsub run-2 a 1]");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	assert_int_equal(status.rows[0].status, STATUS_DROPPED);
	assert_null(status.rows[0].record);
	assert_null(status.unclear);
	run_status_clear(&status);
	scene_end(&scene);
}

/* The number and the name fit, and the time does not. */
static void
what_is_unclear_is_told(void **state)
{
	struct run_status status;
	struct scene scene;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "i", NULL);
	scene_add_phase(&scene, "b", "s", NULL);
	scene_add_records(&scene, "R");
	free(scene.jobs.items[0].command);
	scene.jobs.items[0].command = NULL;
	scene.jobs.items[0].submit_time = 1000000;
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	assert_non_null(strstr(status.unclear, "job 20 may be this run's (b)"));
	assert_true(status.any_live);
	assert_int_equal(status.rows[0].status, STATUS_DEFERRED);
	assert_int_equal(status.rows[1].status, STATUS_DROPPED);
	run_status_clear(&status);
	scene_end(&scene);
}

/* A run that nothing was submitted of has no jobs: Slurm's answer is of others. */
static void
a_run_without_an_id_has_no_jobs(void **state)
{
	struct run run = { .dir = xstrdup("/nowhere"), .state = state_create() };
	struct slurm_jobs none = { 0 };
	struct run_status status;

	(void)state;
	run_status_create(&status, &run, &none, "why");
	assert_false(status.slurm_answered);
	run_status_clear(&status);
	state_destroy(run.state);
	free(run.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_has_a_row),
		cmocka_unit_test(the_manual_has_the_same_words),
		cmocka_unit_test(the_manual_has_the_words_of_files),
		cmocka_unit_test(what_waits_in_slurm),
		cmocka_unit_test(what_runs_in_slurm),
		cmocka_unit_test(what_has_ended),
		cmocka_unit_test(what_slurm_does_not_have),
		cmocka_unit_test(what_only_the_state_has),
		cmocka_unit_test(two_phases_with_an_answer),
		cmocka_unit_test(two_phases_without_an_answer),
		cmocka_unit_test(a_run_without_phases_has_not_ended),
		cmocka_unit_test(what_is_excluded_does_not_count),
		cmocka_unit_test(another_runs_job_is_not_shown),
		cmocka_unit_test(what_is_unclear_is_told),
		cmocka_unit_test(a_run_without_an_id_has_no_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
