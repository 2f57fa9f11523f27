/*
 * test_spec.c - experiment.ini: what is understood, what is refused and how.
 */
#include "unit.h"

#include "latsub/inifile.h"
#include "latsub/spec.h"

static struct latsub_errlist errors;

static const char *
lookup(const char *name, void *user)
{
	(void)user;
	return strcmp(name, "FROM_CALLER") == 0 ? "x 'y z'" : NULL;
}

static const struct variable_sources sources = { .environment = lookup };

static struct spec *
parse(const char *text)
{
	struct inifile *ini;
	struct spec_item items[100];
	struct spec *spec;
	size_t n = 0;

	latsub_errlist_clear(&errors);
	ini = inifile_parse("e.ini", text, strlen(text), INI_PLAIN, &errors);
	for (size_t i = 0; i < inifile_section_count(ini); i++)
		items[n++] = (struct spec_item){
			.section = inifile_section(ini, i)->name,
			.line = inifile_section(ini, i)->line };
	for (size_t i = 0; i < inifile_count(ini); i++) {
		const struct inifile_entry *entry = inifile_entry(ini, i);

		items[n++] = (struct spec_item){ entry->section, entry->key,
			entry->value, entry->line };
	}
	spec = spec_create("e.ini", items, n, &sources, &errors);
	inifile_destroy(ini);
	return spec;
}

static const char head[] = "[experiment]\nname = e\n";

static void
assert_refused(const char *body, const char *where, const char *what)
{
	char *text = xasprintf("%s%s", head, body);
	struct spec *spec = parse(text);
	bool found = false;

	for (size_t i = 0; i < errors.count; i++)
		found |= strstr(errors.texts[i], where)
			&& strstr(errors.texts[i], what);
	if (!found) {
		for (size_t i = 0; i < errors.count; i++)
			print_error("got: %s\n", errors.texts[i]);
		fail_msg("no complaint with '%s' and '%s'", where, what);
	}
	spec_destroy(spec);
	free(text);
}

static void
a_whole_experiment_is_read(void **state)
{
	struct spec *spec = parse(
		"[experiment]\nname = e\ncheckpoint_phase = train\n"
		"[env]\nSEEDS = 1 2 3\nFROM_CALLER = no\n"
		"[defaults]\ntime = 1:00:00\nmax_requeues = 7\n"
		"[phase train]\ncommand = a ; b\ntime = 30\n"
		"[phase phase1_eval]\nafter = train\narray.SEED = $SEEDS\n"
		"array.SET = ${FROM_CALLER}\ncommand = c\n"
		"[phase sum]\nafter_any = phase1_eval train\ncommand = d\n");

	(void)state;
	assert_int_equal(errors.count, 0);
	assert_int_equal(spec->phase_count, 3);
	assert_int_equal(spec->phases[1].tasks, 6);
	assert_string_equal(sweep_value(&spec->phases[1].sweep, 3, 0), "2");
	assert_string_equal(sweep_value(&spec->phases[1].sweep, 3, 1), "y z");
	assert_string_equal(options_get(&spec->phases[0].options, OPTION_TIME),
	                    "30");
	assert_string_equal(options_get(&spec->phases[1].options, OPTION_TIME),
	                    "1:00:00");
	assert_int_equal(spec->phases[2].max_requeues, 7);
	assert_int_equal(spec->order[2], 2);
	assert_int_equal(spec_select(spec, "1", NULL), 1);
	assert_int_equal(spec_select(spec, "sum", NULL), 2);
	assert_int_equal(spec_select(spec, "9", NULL), -1);
	assert_int_equal(spec->env.items[1].source, VARIABLE_ENVIRONMENT);
	spec_destroy(spec);
}

static void
mistakes_get_advice(void **state)
{
	(void)state;
	assert_refused("[phase a]\ncomand = x\n", "e.ini:4:",
	               "did you mean 'command'");
	assert_refused("[phase a]\ncommand = x\nafter = trian\n[phase train]\n"
	               "command = y\n", "e.ini:5:", "did you mean 'train'");
	assert_refused("[phases a]\n", "e.ini:3:", "no section");
	assert_refused("[phase a]\ncommand = x\n[phase a ]\ncommand = y\n",
	               "e.ini:5:", "a second time");
	assert_refused("[phase a]\ncommand = x\narray.S =\n", "e.ini:5:",
	               "empty array");
	assert_refused("[phase a]\ncommand = x\narray.S = $NOPE\n", "e.ini:5:",
	               "$NOPE");
	assert_refused("[phase a]\n", "e.ini:3:", "no command");
	assert_refused("[phase a]\ncommand = x\ntime = soon\n", "e.ini:5:",
	               "a time");
	assert_refused("[phase a]\ncommand = x\nwrap = r\n", "e.ini:5:",
	               "cannot set yet");
	assert_refused("[phase a]\ncommand = x\narray = 1-3\n", "e.ini:5:",
	               "write array.NAME = VALUES");
	assert_refused("[phase a]\ncommand = x\ndependency = x\n", "e.ini:5:",
	               "after_each");
	assert_refused("[phase a]\ncommand = x\njob-name = x\n", "e.ini:5:",
	               "the name of its phase");
	assert_refused("[phase aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	               "]\ncommand = x\n", "e.ini:3:", "50 bytes");
	assert_refused("[phase a/b]\ncommand = x\n", "e.ini:3:",
	               "cannot name a phase");
	assert_refused("[phase a]\ncommand = x\narray.S = 1 1\n", "e.ini:3:",
	               "twice");
	assert_refused("[phase a]\ncommand = x\n[phase a.b]\ncommand = y\n",
	               "e.ini:5:", "and a dot");
	assert_refused("[env]\nSLURM_X = 1\n[phase a]\ncommand = x\n",
	               "e.ini:4:", "not yours");
	assert_refused("[phase a]\ncommand = x\nafter_each = b\n"
	               "[phase b]\ncommand = y\narray.S = 1 2\n", "e.ini:3:",
	               "after_each");
}

static void
patterns_that_can_never_match_are_refused(void **state)
{
	static const struct { const char *value, *advice; } wrong[] = {
		{ "a* b*", "'?' for a space" }, { "\"ck/*\"", "no quotes" },
		{ "ck/{a,b}*", "no {a,b}" }, { "ck/*.tmp", "temporary" },
		{ "ck/step*~", "temporary" }, { "ck/", "pattern" },
		{ "../x*", "pattern" }, { "x/..", "pattern" },
	};
	struct spec *spec;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char *body = xasprintf("[phase a]\ncommand = x\ncheckpoint = %s\n",
		                       wrong[i].value);

		assert_refused(body, "e.ini:5:", wrong[i].advice);
		free(body);
	}
	spec = parse("[experiment]\nname = e\n[phase a]\ncommand = x\n"
	             "checkpoint = ck/.step?[0-9]*\narray.N = 1 2\n"
	             "outputs = out/${N}.txt \"a b/$N/*\"\n"
	             "[phase b]\ncommand = x\ncheckpoint = ck/b?c[{]*\n");
	assert_int_equal(errors.count, 1); /* a's checkpoint has no $N */
	spec_destroy(spec);
}

static void
files_of_an_array_differ_from_task_to_task(void **state)
{
	struct spec *spec;

	(void)state;
	assert_refused("[phase a]\ncommand = x\narray.S = 1 2\n"
	               "checkpoint = ck/S/*\n", "e.ini:3:", "$LATSUB_TASK");
	assert_refused("[phase a]\ncommand = x\narray.S = 1 2\n"
	               "outputs = done.txt\n", "e.ini:3:",
	               "outputs = done.txt is the same for all tasks");
	assert_refused("[phase a]\ncommand = x\narray.S = 1 2\n"
	               "outputs = d$S table$SS\n", "e.ini:3:", "table$SS");
	assert_refused("[phase a]\ncommand = x\narray.S = 1 2\narray.T = 1 2\n"
	               "outputs = d$S\n", "e.ini:3:", "$T");
	spec = parse("[experiment]\nname = e\n[phase a]\ncommand = x\n"
	             "array.S = 1 2\narray.ONE = 7\noutputs = d$S e$LATSUB_TASK\n"
	             "checkpoint = ck/${S}/*\n");
	assert_int_equal(errors.count, 0);
	spec_destroy(spec);
}

static void
a_tasks_values_are_no_pattern(void **state)
{
	struct sweep sweep = { 0 };
	char *pattern, *name;

	(void)state;
	assert_int_equal(sweep_parse(&sweep, "{\"A\":[\"x\",\"a*[b]?\\\\\"]}"),
	                 0);
	pattern = spec_expand_pattern("ck/$A/${LATSUB_TASK}_$B*", &sweep, 1);
	assert_string_equal(pattern, "ck/a\\*\\[b\\]\\?\\\\/1_$B*");
	name = spec_expand_name("ck/$A/x*", &sweep, 1);
	assert_string_equal(name, "ck/a*[b]?\\/x*");
	free(name);
	free(pattern);
	sweep_clear(&sweep);
}

static void
assert_sound(const char *body)
{
	char *text = xasprintf("[experiment]\nname = e\n%s", body);
	struct spec *spec = parse(text);

	assert_int_equal(errors.count, 0);
	spec_destroy(spec);
	free(text);
}

static void
patterns_match_the_tasks_own_files_alone(void **state)
{
	(void)state;
	assert_refused("[phase a]\ncommand = x\n"
	               "checkpoint = $LATSUB_RUN_DIR/ck/*\n", "e.ini:3:",
	               "$LATSUB_RUN_DIR stands for nothing");
	assert_refused("[phase a]\ncommand = x\ncheckpoint = $LATSUB_TASK/*\n",
	               "e.ini:3:", "$LATSUB_TASK stands for nothing");
	assert_refused("[phase a]\ncommand = x\narray.S = 1 10\n"
	               "outputs = o/$S.txt ${T}.txt\n", "e.ini:3:",
	               "$T stands for nothing");
	assert_refused("[phase a]\ncommand = x\narray.S = 2 1 10\n"
	               "checkpoint = ck/seed$S*\n", "e.ini:3:",
	               "where S is 1 it also matches the files of S = 10");
	assert_refused("[phase a]\ncommand = x\narray.S = 2 1 10\n"
	               "checkpoint = ck/seed${S}?\n", "e.ini:3:", "S = 10");
	assert_refused("[phase a]\ncommand = x\n"
	               "array.S = a b c d e f g h i j k\n"
	               "checkpoint = ck/$LATSUB_TASK*\n", "e.ini:3:",
	               "LATSUB_TASK = 10");
	assert_refused("[phase a]\ncommand = x\noutputs = ../o\n", "e.ini:5:",
	               "under the run directory");
	assert_refused("[phase a]\ncommand = x\noutputs = ok /etc/o\n",
	               "e.ini:5:", "under the run directory");
	assert_sound("[phase a]\ncommand = x\narray.S = 2 1 10\n"
	             "checkpoint = ck/seed$S-*\noutputs = o/$S/*\n");
	assert_sound("[phase a]\ncommand = x\narray.S = 20 30\n"
	             "checkpoint = ck/seed$S*\n");
}

static void
a_checkpoints_test_and_number_are_read(void **state)
{
	struct spec *spec = parse("[experiment]\nname = e\n[defaults]\n"
		"checkpoint_verify = a \"$LATSUB_CHECKPOINT\"\n"
		"checkpoint_keep = 3\n[phase p]\ncommand = x\n"
		"[phase q]\ncommand = x\ncheckpoint_verify = b\n"
		"checkpoint_keep = 0\n");

	(void)state;
	assert_int_equal(errors.count, 0);
	assert_string_equal(spec->phases[0].checkpoint_verify,
	                    "a \"$LATSUB_CHECKPOINT\"");
	assert_int_equal(spec->phases[0].checkpoint_keep, 3);
	assert_string_equal(spec->phases[1].checkpoint_verify, "b");
	assert_int_equal(spec->phases[1].checkpoint_keep, 0);
	spec_destroy(spec);
	assert_refused("[phase a]\ncommand = x\ncheckpoint_keep = -1\n",
	               "e.ini:5:", "a whole number");
	assert_refused("[phase a]\ncommand = x\ncheckpoint_verify =\n",
	               "e.ini:5:", "a command that exits with 0");
}

static void
signals_that_cannot_do_it_are_refused(void **state)
{
	(void)state;
	assert_refused("[phase a]\ncommand = x\ncheckpoint_signal = KILL\n",
	               "e.ini:5:", "can handle");
	assert_refused("[phase a]\ncommand = x\ncheckpoint_signal = 19\n",
	               "e.ini:5:", "can handle");
	assert_refused("[defaults]\ncheckpoint_signal = 33\n", "e.ini:4:",
	               "can handle");
	assert_refused("[phase a]\ncommand = x\nsignal = KILL@60\n", "e.ini:5:",
	               "no program can handle KILL");
	assert_refused("[phase a]\ncommand = x\nsignal = USR1@9\n", "e.ini:5:",
	               "10 seconds or more");
	assert_refused("[phase a]\ncommand = x\nsignal = TERM@120\n", "e.ini:5:",
	               "USR1@120 and checkpoint_signal = TERM");
	assert_refused("[phase a]\ncommand = x\nsignal = TERM\n", "e.ini:5:",
	               "USR1@60 and checkpoint_signal = TERM");
}

static void
cycles_name_their_members(void **state)
{
	(void)state;
	assert_refused("[phase a]\ncommand = x\nafter = c\n"
	               "[phase b]\ncommand = x\nafter = a\n"
	               "[phase c]\ncommand = x\nafter_any = b\n"
	               "[phase d]\ncommand = x\nafter = c\n", "e.ini",
	               "b -> c -> a -> b");
	assert_refused("[phase a]\ncommand = x\nafter = a\n", "e.ini:5:",
	               "wait for itself");
}

static void
everything_wrong_is_told_at_once(void **state)
{
	struct spec *spec = parse("[experiment]\nnam = e\n[phase a]\n"
	                          "tyme = 3\n[defaults]\nx = 1\n");

	(void)state;
	assert_true(errors.count >= 4);
	spec_destroy(spec);
}

static void
templates_go_through_the_same_table(void **state)
{
	struct job_options options = { 0 };
	static const char text[] = "#!/bin/bash\n"
		"#SBATCH -t 1-00:00:00 --mem=4G   # a comment\n"
		"#SBATCH --partition \"low\"\n\n# plain\n#SBATCH -n4\n"
		"module load x\n#SBATCH --time=bad\n";

	(void)state;
	latsub_errlist_clear(&errors);
	assert_int_equal(options_read_template(&options, "t.sh", text, &errors),
	                 0);
	assert_string_equal(options_get(&options, OPTION_TIME), "1-00:00:00");
	assert_string_equal(options_get(&options, OPTION_PARTITION), "low");
	assert_string_equal(options_get(&options, OPTION_NTASKS), "4");
	options_clear(&options);
	assert_int_equal(options_read_template(&options, "t.sh",
		"#SBATCH --job-name=x\n#SBATCH --wibble\n#SBATCH --begin=now\n",
		&errors), -1);
	assert_int_equal(errors.count, 3);
	assert_non_null(strstr(errors.texts[0], "t.sh:1:"));
	assert_non_null(strstr(errors.texts[2], "cannot set yet"));
	options_clear(&options);
}

static void
values_are_read_as_sbatch_reads_them(void **state)
{
	static const struct { const char *text; int64_t seconds; } times[] = {
		{ "30", 1800 }, { "1:30", 90 }, { "1:00:00", 3600 },
		{ "2-12", 216000 }, { "1-01:30", 91800 }, { "0-0:0:5", 5 },
	};
	struct option_signal signal;
	struct option_nodes nodes;
	int64_t seconds;
	uint64_t mib;

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		assert_int_equal(options_parse_time(times[i].text, &seconds), 0);
		assert_int_equal(seconds, times[i].seconds);
	}
	assert_int_equal(options_parse_time("1:2:3:4", &seconds), -1);
	assert_int_equal(options_parse_time("", &seconds), -1);
	assert_int_equal(options_parse_mem("16G", &mib), 0);
	assert_int_equal(mib, 16384);
	assert_int_equal(options_parse_mem("1.5G", &mib), -1);
	assert_int_equal(options_parse_signal("B:SIGUSR2@90", &signal), 0);
	assert_int_equal(signal.seconds, 90);
	assert_true(signal.batch);
	assert_int_equal(options_parse_signal("X@1", &signal), -1);
	assert_int_equal(options_parse_nodes("2-4", &nodes), 0);
	assert_int_equal(nodes.max, 4);
	assert_int_equal(options_parse_nodes("4-2", &nodes), -1);
}

static void
sweeps_match_by_values(void **state)
{
	struct sweep from = { 0 }, to = { 0 };
	uint32_t map[6];
	char *json;

	(void)state;
	assert_int_equal(sweep_parse(&from, "{\"A\":[\"1\",\"2\",\"3\"],"
	                             "\"B\":[\"x\",\"y\"]}"), 0);
	assert_int_equal(sweep_parse(&to, "{\"B\":[\"y\",\"z\",\"x\"],"
	                             "\"A\":[\"3\",\"1\"]}"), 0);
	sweep_map(&from, &to, map);
	assert_int_equal(map[0], 5);           /* 1 x */
	assert_int_equal(map[1], 1);           /* 1 y */
	assert_int_equal(map[2], UINT32_MAX);  /* 2 x */
	assert_int_equal(map[4], 4);           /* 3 x */
	json = sweep_print(&to);
	assert_string_equal(json, "{\"B\":[\"y\",\"z\",\"x\"],"
	                    "\"A\":[\"3\",\"1\"]}");
	free(json);
	sweep_clear(&from);
	sweep_clear(&to);
}

static void
numbers_in_a_row_are_written_short(void **state)
{
	static const char *const same[] = {
		"{\"A\":[[0,9999]]}",
		"{\"A\":[\"x\",[7,10],\"12\",\"13\",\"14\",\"16\"]}",
		"{\"A\":[\"1\",\"2\",\"3\"],\"B\":[[0,3],\"5\"]}",
		"{\"A\":[\"01\",\"02\",\"03\",\"04\",\"-1\",\"+5\",\"\"]}",
		"{\"A\":[[999999990,999999999],\"1000000000\",\"1000000001\"]}",
	}, *const wrong[] = {
		"{\"A\":[[0,1000000]]}", "{\"A\":[[3,2]]}", "{\"A\":[[-1,2]]}",
		"{\"A\":[[1]]}", "{\"A\":[[1,2,3]]}", "{\"A\":[[1,99999999999]]}",
		"{\"A\":[[0,999998],[0,1]]}", "{\"A\":[]}", "[]", "",
	};
	struct sweep sweep = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		char *json;

		assert_int_equal(sweep_parse(&sweep, same[i]), 0);
		json = sweep_print(&sweep);
		assert_string_equal(json, same[i]);
		free(json);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(sweep_parse(&sweep, wrong[i]), -1);
	assert_int_equal(sweep_parse(&sweep, "{\"A\":[[9,11]]}"), 0);
	assert_int_equal(sweep_size(&sweep), 3);
	assert_string_equal(sweep_value(&sweep, 2, 0), "11");
	sweep_clear(&sweep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_experiment_is_read),
		cmocka_unit_test(mistakes_get_advice),
		cmocka_unit_test(patterns_that_can_never_match_are_refused),
		cmocka_unit_test(files_of_an_array_differ_from_task_to_task),
		cmocka_unit_test(a_tasks_values_are_no_pattern),
		cmocka_unit_test(patterns_match_the_tasks_own_files_alone),
		cmocka_unit_test(a_checkpoints_test_and_number_are_read),
		cmocka_unit_test(signals_that_cannot_do_it_are_refused),
		cmocka_unit_test(cycles_name_their_members),
		cmocka_unit_test(everything_wrong_is_told_at_once),
		cmocka_unit_test(templates_go_through_the_same_table),
		cmocka_unit_test(values_are_read_as_sbatch_reads_them),
		cmocka_unit_test(sweeps_match_by_values),
		cmocka_unit_test(numbers_in_a_row_are_written_short),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	latsub_errlist_clear(&errors);
	return rc;
}
