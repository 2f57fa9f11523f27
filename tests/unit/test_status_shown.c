/*
 * test_status_shown.c - how a run's status is shown: the lines of the table, at any width;
 * the notes; the JSON.
 */
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "latsub/program.h"
#include "latsub/run_status.h"
#include "scene.h"

/* What a function prints; caller frees. */
static char *
printed(const struct run_status *status,
        void (*print)(const struct run_status *, FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print(status, out);
	fclose(out);
	return text;
}

static void
print_plain(const struct run_status *status, FILE *out)
{
	status_print_table(status, out, false);
}

static void
print_coloured(const struct run_status *status, FILE *out)
{
	status_print_table(status, out, true);
}

static void
assert_has(const char *text, const char *expected)
{
	if (!strstr(text, expected))
		fail_msg("'%s' is not in:\n%s", expected, text);
}

static void
assert_has_not(const char *text, const char *unexpected)
{
	if (strstr(text, unexpected))
		fail_msg("'%s' is in:\n%s", unexpected, text);
}

/* ---- the table ---- */

static void
the_table_has_a_row_for_each_phase(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "prepare", "c", NULL);
	scene_add_phase(&scene, "train", "ckf", "after:prepare");
	scene_add_phase(&scene, "eval", "s", "after:train");
	scene_add_phase(&scene, "plot", "s", "after_any:train");
	scene_add_records(&scene, "H");
	scene_add_phase(&scene, "last", ".", NULL);
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, print_plain);
	assert_string_equal(text,
"PHASE    STATE           TASKS     JOB SLURM          NODE        TIME\n"
"prepare  completed                  10 -              n1       1:00:00\n"
"train    failed            2/3      20 -              n1       1:00:00\n"
"eval     blocked                    30 (train failed) -              -\n"
"plot     held                       40 JobHeldUser    -              -\n"
"last     pending                     - -              -              -\n");
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
the_table_has_slurms_words(void **state)
{
	static const struct { const char *tasks, *records, *slurm; } rows[] = {
		{ "s", "P", "Priority" }, { "r", "R", "RUNNING" },
		{ "r", "S", "SUSPENDED" }, { "s", "I", "BadConstraints" },
		{ "s", "L", "launch failed" },
		{ "ss", "IP", "BadConstraints" }, /* what needs a person first */
		{ "ss", "PH", "JobHeldUser" },
		{ "rs", "RI", "RUNNING" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct run_status status;
		struct scene scene;
		char *text;

		scene_begin(&scene);
		scene_add_phase(&scene, "a", rows[i].tasks, NULL);
		scene_add_records(&scene, rows[i].records);
		run_status_create(&status, &scene.run, &scene.jobs, NULL);
		text = printed(&status, print_plain);
		assert_has(text, rows[i].slurm);
		free(text);
		run_status_clear(&status);
		scene_end(&scene);
	}
}

static void
the_table_counts_requeues(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "q", NULL);
	scene_add_records(&scene, "P");
	scene_add_phase(&scene, "b", "qqc", NULL);
	scene_add_records(&scene, "PR.");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, print_plain);
	assert_has(text, " 1 requeue\n");
	assert_has(text, " 2 requeues\n");
	assert_has(text, " n[2-3] "); /* Slurm's node, not the attempt's before */
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

/* Names may be another user's: none leads a terminal, or begins a line. */
static void
the_table_shows_no_controls(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a\033[2J\nb\tc", "c", NULL);
	run_status_create(&status, &scene.run, NULL, NULL);
	text = printed(&status, print_plain);
	assert_has(text, "\na?[2J b c completed");
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
colours_are_those_of_the_words(void **state)
{
	static const struct {
		const char *tasks, *records, *begins;
	} rows[] = {
		{ "c", ".", "\033[32m completed" }, { "f", ".", "\033[31m failed" },
		{ "r", ".", "\033[31m lost" }, { "r", "R", "\033[36m running" },
		{ "s", "I", "\033[31m cannot-run" }, { "s", "P", " queued" },
		{ "s", "H", " held" },
		/* a part of it went wrong */
		{ "ss", "IP", "\033[31m queued" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct run_status status;
		struct scene scene;
		char *text;

		scene_begin(&scene);
		scene_add_phase(&scene, "a", rows[i].tasks, NULL);
		scene_add_records(&scene, rows[i].records);
		run_status_create(&status, &scene.run, &scene.jobs, NULL);
		text = printed(&status, print_coloured);
		assert_has(text, rows[i].begins);
		if (strchr(rows[i].begins, '\033'))
			assert_has(text, "\033[0m");
		else
			assert_has_not(text, "\033");
		free(text);
		run_status_clear(&status);
		scene_end(&scene);
	}
}

/* The lines of a table on a terminal of so many columns; caller frees. */
static char *
on_terminal(const struct run_status *status, unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	char text[4096], *carriage;
	FILE *out;
	size_t len = 0;
	ssize_t got;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master) || unlockpt(master), 0);
	out = fopen(ptsname(master), "w");
	assert_non_null(out);
	assert_int_equal(ioctl(fileno(out), TIOCSWINSZ, &size), 0);
	status_print_table(status, out, false);
	fclose(out);
	/* it comes in parts, and ends with EIO */
	while ((got = read(master, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)got;
	assert_true(len > 0);
	text[len] = '\0';
	while ((carriage = strchr(text, '\r')))
		memmove(carriage, carriage + 1, strlen(carriage));
	close(master);
	return xstrdup(text);
}

static size_t
longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");

		longest = len > longest ? len : longest;
		text += len + (text[len] == '\n');
	}
	return longest;
}

/* Reasons are cut first, then nodes, then names. */
static void
a_terminal_has_so_much_room(void **state)
{
	static const char name[] = "a_phase_with_a_name_of_many_letters";
	static const char reason[] = "Nodes required for job are DOWN, DRAINED or "
		"reserved for jobs in higher priority partitions";
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, name, "s", NULL);
	scene_add_records(&scene, "P");
	free(scene.jobs.items[0].reason);
	scene.jobs.items[0].reason = xstrdup(reason);
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, print_plain);
	assert_has(text, reason);
	free(text);
	text = on_terminal(&status, 200);
	assert_has(text, reason);
	free(text);
	text = on_terminal(&status, 120);
	assert_has(text, name);
	assert_has_not(text, reason);
	assert_int_equal(longest_line(text), 120);
	free(text);
	text = on_terminal(&status, 80);
	assert_has_not(text, name);
	assert_has(text, "a_phase_with");
	assert_int_equal(longest_line(text), 80);
	free(text);
	text = on_terminal(&status, 0); /* it does not say */
	assert_int_equal(longest_line(text), 80);
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
colours_are_for_terminals_that_want_them(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *terminal, *file = tmpfile();

	(void)state;
	assert_int_equal(grantpt(master) || unlockpt(master), 0);
	terminal = fopen(ptsname(master), "w");
	assert_non_null(terminal);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(status_use_colour(terminal));
	assert_false(status_use_colour(file));
	setenv("NO_COLOR", "1", 1);
	assert_false(status_use_colour(terminal));
	setenv("NO_COLOR", "", 1);
	assert_true(status_use_colour(terminal));
	setenv("TERM", "dumb", 1);
	assert_false(status_use_colour(terminal));
	unsetenv("TERM");
	assert_false(status_use_colour(terminal));
	fclose(terminal);
	fclose(file);
	close(master);
}

static void
print_two_rows(const struct run_status *status, FILE *out)
{
	status_print_summary(status, 2, out, false);
}

static void
print_six_rows(const struct run_status *status, FILE *out)
{
	status_print_summary(status, 6, out, false);
}

/* On a small screen what is to be looked at comes first, and what is done last. */
static void
a_summary_begins_with_what_matters(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "done", "c", NULL);
	scene_add_phase(&scene, "waits", "s", NULL);
	scene_add_records(&scene, "P");
	scene_add_phase(&scene, "runs", "r", NULL);
	scene_add_records(&scene, "R");
	scene_add_phase(&scene, "failed", "f", NULL);
	scene_add_phase(&scene, "some_held", "ss", NULL);
	scene_add_records(&scene, "PH");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, print_two_rows);
	assert_has(text, "\nruns ");
	assert_has(text, "\nfailed ");
	assert_has_not(text, "\nsome_held ");
	assert_has_not(text, "\ndone ");
	assert_has(text, "\n5 phases: 1 completed, 1 in progress, 1 failed, "
	           "2 pending\n");
	free(text);
	text = printed(&status, print_six_rows);
	assert_true(strstr(text, "\nsome_held ") < strstr(text, "\nwaits "));
	assert_true(strstr(text, "\nwaits ") < strstr(text, "\ndone "));
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

/* ---- the notes ---- */

static void
what_is_held_and_by_whom(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "s", NULL);
	scene_add_records(&scene, "H");
	scene_add_phase(&scene, "b", "sss", NULL);
	scene_add_records(&scene, "HPH");
	scene_add_phase(&scene, "c", "s", NULL);
	scene_add_records(&scene, "P");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, status_print_waiting);
	assert_string_equal(text,
		"note: a: job 10 is held (JobHeldUser); 'scontrol release 10' "
		"when it may run\n"
		"note: b: job 20_0 is held (JobHeldUser); 'scontrol release 20_0' "
		"when it may run; so are 1 more of it\n");
	free(text);
	assert_null(status_held_text(&status.rows[2]));
	assert_null(status_stuck_text(&status.rows[2]));
	run_status_clear(&status);
	scene_end(&scene);
}

/* Elements that wait together are one record. */
static void
what_is_held_together(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "ssss", NULL);
	scene_add_records(&scene, "H");
	scene.jobs.items[0].array_task_id = SLURM_NO_TASK;
	scene.jobs.items[0].array_tasks = xstrdup("0,2-3");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	assert_int_equal(status.rows[0].live_held, 3);
	text = status_held_text(&status.rows[0]);
	assert_has(text, "job 10_[0,2-3] is held (JobHeldUser)");
	assert_has_not(text, "more of it");
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
what_can_never_run_and_how_to_go_on(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "s", NULL);
	scene_add_records(&scene, "I");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, status_print_waiting);
	assert_has(text, "note: a: job 10 can never run (BadConstraints)\n");
	assert_has(text, "--resume /nowhere/r1 --config FILE'");
	free(text);
	state_set_metadata(scene.run.state, "experiment", "/home/u/my exp.ini");
	text = status_stuck_advice(&status);
	assert_has(text, "--config '/home/u/my exp.ini''");
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
what_failed_and_how_to_go_on(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "f", NULL);
	scene_add_phase(&scene, "b", "s", NULL);
	scene_add_records(&scene, "L");
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	text = printed(&status, status_print_notes);
	assert_has(text, "\na failed: exit code 3; see '");
	assert_has(text, "\nb failed: Slurm could not launch it (launch failed); is "
	           "the directory of its log there?; see '");
	assert_has(text, "FAILURE RECOVERY INSTRUCTIONS");
	assert_has(text, "--resume /nowhere/r1/.experiment_state");
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
what_else_one_should_know(void **state)
{
	struct run_status status;
	struct scene scene;
	char *text;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "r", NULL);
	scene_apply(&scene, (struct event){ .kind = EVENT_CHECKPOINT, .all = true,
		.seq = 1, .path = xstrdup("ck/7.pt") });
	state_set_metadata(scene.run.state, "checkpoint_phase", "a");
	strlist_add(&scene.run.notes, "the journal is new");
	scene.run.edits = xcalloc(2, sizeof *scene.run.edits);
	scene.run.edit_count = 2;
	scene.run.edits[0] = (struct event){ .phase = xstrdup("a"),
		.word = WORD_COMPLETED };
	scene.run.edits[1] = (struct event){ .phase = xstrdup("a") };
	run_status_create(&status, &scene.run, NULL, "Slurm is silent");
	text = printed(&status, status_print_notes);
	assert_string_equal(text, "checkpoint: ck/7.pt\n"
		"from the state alone: Slurm is silent\n"
		"note: the journal is new\n"
		"note: a was set to completed by hand; the next resume takes it "
		"up\n");
	free(text);
	status.unclear = xstrdup("job 7 may be this run's");
	status.slurm_text = NULL;
	text = printed(&status, status_print_notes);
	assert_has(text, "\njob 7 may be this run's\n");
	assert_has_not(text, "from the state alone");
	free(text);
	run_status_clear(&status);
	scene_end(&scene);
}

/* ---- JSON ---- */

static json_t *
json_of(const struct run_status *status)
{
	char *text = printed(status, status_print_json);
	json_t *root = json_loads(text, 0, NULL);

	assert_non_null(root);
	free(text);
	return root;
}

static void
assert_member(const json_t *object, const char *name, const char *expected)
{
	char *dump = json_dumps(json_object_get(object, name),
	                        JSON_ENCODE_ANY | JSON_COMPACT);

	if (!dump || strcmp(dump, expected) != 0)
		fail_msg("%s is %s, expected %s", name, dump ? dump : "missing",
		         expected);
	free(dump);
}

static void
json_has_all_of_a_run(void **state)
{
	struct run_status status;
	struct scene scene;
	json_t *root;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "f", NULL);
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	root = json_of(&status);
	assert_member(root, "run", "\"/nowhere/r1\"");
	assert_member(root, "state_file", "\"/nowhere/r1/.experiment_state\"");
	assert_member(root, "run_id", "\"" SCENE_RUN_ID "\"");
	assert_member(root, "outcome", "\"failed\"");
	assert_member(root, "slurm_answered", "true");
	assert_member(root, "checkpoint", "null");
	assert_member(root, "last_failure", "\"a\"");
	assert_member(root, "last_failure_error", "\"exit code 3\"");
	assert_member(root, "variables", "{}");
	assert_int_equal(json_array_size(json_object_get(root, "phases")), 1);
	json_decref(root);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
json_has_all_of_a_phase(void **state)
{
	struct run_status status;
	struct scene scene;
	json_t *root, *phase;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "cfr", NULL);
	scene_add_records(&scene, "..R");
	scene_apply(&scene, (struct event){ .kind = EVENT_CHECKPOINT, .all = true,
		.seq = 1, .path = xstrdup("ck/7.pt") });
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	root = json_of(&status);
	phase = json_array_get(json_object_get(root, "phases"), 0);
	assert_member(phase, "name", "\"a\"");
	assert_member(phase, "state", "\"in_progress\"");
	assert_member(phase, "detail", "\"running\"");
	assert_member(phase, "array", "true");
	assert_member(phase, "jobs", "[10]");
	assert_member(phase, "generation", "1");
	assert_member(phase, "slurm_state", "\"RUNNING\"");
	assert_member(phase, "slurm_reason", "\"None\"");
	assert_member(phase, "node", "\"n1\"");
	assert_member(phase, "started", "1000");
	assert_member(phase, "ended", "4600");
	assert_member(phase, "exit_code", "3");
	assert_member(phase, "requeues", "0");
	assert_member(phase, "checkpoint", "\"ck/7.pt\"");
	assert_member(phase, "variables", "null");
	assert_member(phase, "excluded", "false");
	assert_member(phase, "blocked_by", "null");
	phase = json_object_get(phase, "tasks");
	assert_member(phase, "total", "3");
	assert_member(phase, "completed", "1");
	assert_member(phase, "failed", "1");
	assert_member(phase, "started", "1");
	assert_member(phase, "skipped", "0");
	assert_int_equal(json_object_size(phase), 1 + TASK_STATE_COUNT);
	json_decref(root);
	run_status_clear(&status);
	scene_end(&scene);
}

static void
json_is_null_where_nothing_is_known(void **state)
{
	struct run_status status;
	struct scene scene;
	json_t *root, *phase;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", ".", NULL);
	scene_add_phase(&scene, "b", "f", NULL);
	scene_add_phase(&scene, "c", "s", "after:b");
	run_status_create(&status, &scene.run, NULL, NULL);
	root = json_of(&status);
	assert_member(root, "slurm_answered", "false");
	phase = json_array_get(json_object_get(root, "phases"), 0);
	assert_member(phase, "state", "\"pending\"");
	assert_member(phase, "detail", "null");
	assert_member(phase, "array", "false");
	assert_member(phase, "jobs", "[]");
	assert_member(phase, "slurm_state", "null");
	assert_member(phase, "slurm_reason", "null");
	assert_member(phase, "node", "null");
	assert_member(phase, "started", "null");
	assert_member(phase, "ended", "null");
	assert_member(phase, "exit_code", "null");
	phase = json_array_get(json_object_get(root, "phases"), 2);
	assert_member(phase, "blocked_by", "\"b\"");
	assert_member(phase, "detail", "\"blocked\"");
	json_decref(root);
	run_status_clear(&status);
	scene_end(&scene);
}

/* Each submission's variables are on record; the run's are the newest. */
static void
submit_with(struct scene *scene, uint32_t gen, const char *value)
{
	struct event run = { .kind = EVENT_RUN, .seq = gen };
	struct event intended = { .kind = EVENT_INTENDED, .gen = gen, .all = true };
	struct variables variables = { 0 };
	char name[] = "LR", *copy = xstrdup(value);

	variables_add(&variables, &(struct variable){ .name = name,
		.value = copy, .source = VARIABLE_SET });
	intended.variables = run_variables_pairs(&scene->run, &variables, "copy",
	                                         &run);
	variables_clear(&variables);
	free(copy);
	run.phase = xstrdup("");
	scene_apply(scene, run);
	scene_apply(scene, intended);
}

static void
json_has_the_variables(void **state)
{
	struct run_status status;
	struct scene scene;
	json_t *root, *phase;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "c", NULL);
	submit_with(&scene, 1, "0.1");
	scene_add_phase(&scene, "b", "s", NULL);
	submit_with(&scene, 2, "a\xff"); /* bytes that are no UTF-8 */
	run_status_create(&status, &scene.run, &scene.jobs, NULL);
	root = json_of(&status);
	assert_member(root, "variables",
	              "{\"LR\":{\"value\":\"a?\",\"from\":\"set\"}}");
	phase = json_array_get(json_object_get(root, "phases"), 0);
	assert_member(phase, "variables",
	              "{\"LR\":{\"value\":\"0.1\",\"from\":\"set\"}}");
	phase = json_array_get(json_object_get(root, "phases"), 1);
	assert_member(phase, "variables", "null"); /* the run's */
	json_decref(root);
	run_status_clear(&status);
	scene_end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_a_row_for_each_phase),
		cmocka_unit_test(the_table_has_slurms_words),
		cmocka_unit_test(the_table_counts_requeues),
		cmocka_unit_test(the_table_shows_no_controls),
		cmocka_unit_test(colours_are_those_of_the_words),
		cmocka_unit_test(a_terminal_has_so_much_room),
		cmocka_unit_test(colours_are_for_terminals_that_want_them),
		cmocka_unit_test(a_summary_begins_with_what_matters),
		cmocka_unit_test(what_is_held_and_by_whom),
		cmocka_unit_test(what_is_held_together),
		cmocka_unit_test(what_can_never_run_and_how_to_go_on),
		cmocka_unit_test(what_failed_and_how_to_go_on),
		cmocka_unit_test(what_else_one_should_know),
		cmocka_unit_test(json_has_all_of_a_run),
		cmocka_unit_test(json_has_all_of_a_phase),
		cmocka_unit_test(json_is_null_where_nothing_is_known),
		cmocka_unit_test(json_has_the_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
