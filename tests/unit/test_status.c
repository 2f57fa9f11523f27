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
read_items(const char *heading, struct strlist *out)
{
	const char *top = getenv("top_srcdir");
	char *path = file_join(top ? top : "..", "docs/latsub.1");
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
	read_items("The column STATE has one of these words:", &items);
	assert_int_equal(items.count, STATUS_COUNT);
	for (size_t i = 0; i < items.count; i++)
		assert_item(items.items[i], status_words[i].word,
		            status_words[i].meaning);
	strlist_clear(&items);
	read_items("Slurm is not asked:", &items);
	assert_int_equal(items.count, RUN_WORD_COUNT);
	for (size_t i = 0; i < items.count; i++)
		assert_item(items.items[i], run_words[i].word,
		            run_words[i].meaning);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_has_a_row),
		cmocka_unit_test(the_manual_has_the_same_words),
		cmocka_unit_test(what_waits_in_slurm),
		cmocka_unit_test(what_runs_in_slurm),
		cmocka_unit_test(what_has_ended),
		cmocka_unit_test(what_slurm_does_not_have),
		cmocka_unit_test(what_only_the_state_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
