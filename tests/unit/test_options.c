/*
 * test_options.c - the table of sbatch options: each row is whole, and no two are
 * called by one name.  What Slurm is sent for each is test_slurm_options.c's.
 */
#include "unit.h"

#include "latsub/options.h"

static struct latsub_errlist errors;

static void
each_name_and_letter_means_one_option(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		const char *name = options_name((enum option_id)id);

		assert_non_null(name);
		assert_int_equal(options_find(name), id);
		assert_int_equal(options_find_negation(name), -1);
		/* it is taken: option_refused.c must not say the contrary */
		if (options_refusal(name) != OPTION_UNKNOWN)
			fail_msg("%s is refused, too", name);
	}
	for (const char *at = letters; *at; at++) {
		unsigned meanings = options_own_letter(*at) != NULL;

		for (int id = 0; id < OPTION_COUNT; id++)
			meanings += options_letter((enum option_id)id) == *at;
		if (meanings > 1)
			fail_msg("-%c is the letter of %u options", *at,
			         meanings);
	}
}

static void
each_option_takes_its_example(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		const char *example = options_example((enum option_id)id);
		struct job_options options = { 0 };

		assert_non_null(example);
		assert_int_equal(options_set(&options, (enum option_id)id,
		                             example, "f:1", &errors), 0);
		assert_string_equal(options_value(&options, (enum option_id)id)
		                    ->text, example);
		assert_int_equal(options_set(&options, (enum option_id)id, "",
		                             "f:1", &errors), -1);
		assert_string_equal(options_get(&options, (enum option_id)id),
		                    example);
		options_clear(&options);
		assert_null(options_value(&options, (enum option_id)id));
		latsub_errlist_clear(&errors);
	}
}

static void
each_option_says_whether_it_decides_where_a_job_runs(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		if (options_role((enum option_id)id) < OPTION_SELECTS
		    || options_role((enum option_id)id) > OPTION_BESIDE)
			fail_msg("%s has no role",
			         options_name((enum option_id)id));
	}
}

/* A value is parsed once; what was inherited means the same. */
static void
values_keep_what_they_mean(void **state)
{
	struct job_options lower = { 0 }, options = { 0 };

	(void)state;
	options_set(&lower, OPTION_TIME, "1-0", "f:1", &errors);
	options_set(&lower, OPTION_NODES, "2-4", "f:2", &errors);
	options_set(&lower, OPTION_MAIL_TYPE, "end,TIME_LIMIT_90", "f:3",
	            &errors);
	options_set(&lower, OPTION_NICE, "-7", "f:4", &errors);
	options_set(&options, OPTION_NODES, "8", "g:1", &errors);
	options_inherit(&options, &lower);
	assert_int_equal(errors.count, 0);
	assert_int_equal(options_value(&options, OPTION_TIME)->seconds, 86400);
	assert_string_equal(options_value(&options, OPTION_TIME)->where, "f:1");
	assert_int_equal(options_value(&options, OPTION_NODES)->nodes.max, 8);
	assert_int_equal(options_value(&options, OPTION_MAIL_TYPE)->mail,
	                 1u << MAIL_ON_END | 1u << MAIL_ON_TIME_LIMIT_90);
	assert_int_equal(options_value(&options, OPTION_NICE)->number, -7);
	assert_null(options_value(&options, OPTION_MEM));
	options_clear(&options);
	options_clear(&lower);
}

static void
flags_of_sbatch_need_no_value(void **state)
{
	static const struct { const char *text; bool flag; } lines[] = {
		{ "#SBATCH --requeue\n", true },
		{ "#SBATCH --no-requeue\n", false },
		{ "#SBATCH --requeue=no\n", false },
		{ "#SBATCH --requeue -n 4\n", true },
	};
	struct job_options options = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(options_read_template(&options, "t", lines[i].text,
		                                       &errors), 0);
		assert_int_equal(options_value(&options, OPTION_REQUEUE)->flag,
		                 lines[i].flag);
		options_clear(&options);
	}
	assert_int_equal(options_read_template(&options, "t", "#SBATCH --nodes\n"
	                                       "#SBATCH -J x\n", &errors), -1);
	assert_int_equal(errors.count, 2);
	assert_non_null(strstr(errors.texts[0], "--nodes needs a value"));
	assert_non_null(strstr(errors.texts[1], "--job-name is set by latsub"));
	options_clear(&options);
	latsub_errlist_clear(&errors);
}

/* What Slurm 22.05 says, and the options whose lines a user is to look at. */
static void
words_of_a_refusal_name_options(void **state)
{
	static const enum option_id node[] = { OPTION_NODES, OPTION_NTASKS,
		OPTION_CPUS_PER_TASK, OPTION_MEM, OPTION_GPUS, OPTION_GRES,
		OPTION_CONSTRAINT, OPTION_COUNT };
	static const struct {
		const char *words;
		enum option_id options[8]; /* as far as OPTION_COUNT */
	} cases[] = {
		{ "Invalid partition name specified",
		  { OPTION_PARTITION, OPTION_COUNT } },
		{ "Invalid account or account/partition combination specified",
		  { OPTION_PARTITION, OPTION_ACCOUNT, OPTION_COUNT } },
		{ "Invalid qos specification", { OPTION_QOS, OPTION_COUNT } },
		{ "Requested time limit is invalid (missing or exceeds some "
		  "limit)", { OPTION_TIME, OPTION_COUNT } },
		{ "More processors requested than permitted",
		  { OPTION_NODES, OPTION_NTASKS, OPTION_CPUS_PER_TASK,
		    OPTION_COUNT } },
		{ "Memory required by task is not available",
		  { OPTION_MEM, OPTION_COUNT } },
		{ "Invalid feature specification",
		  { OPTION_CONSTRAINT, OPTION_COUNT } },
		{ "Invalid generic resource (gres) specification",
		  { OPTION_GPUS, OPTION_GRES, OPTION_COUNT } },
		{ "it can never run (QOSMaxWallDurationPerJobLimit)",
		  { OPTION_TIME, OPTION_QOS, OPTION_COUNT } },
		{ "it can never run (AssocMaxCpuPerJobLimit)",
		  { OPTION_NTASKS, OPTION_CPUS_PER_TASK, OPTION_COUNT } },
		{ "Access/permission denied", { OPTION_COUNT } },
	};
	static const char *const nodes[] = {
		"Requested node configuration is not available",
		"it can never run (BadConstraints)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const enum option_id *next = cases[i].options;

		for (int id = 0; id < OPTION_COUNT; id++) {
			bool meant = *next == (enum option_id)id;

			next += meant;
			if (options_is_blamed((enum option_id)id,
			                      cases[i].words) != meant)
				fail_msg("%s: %s", cases[i].words,
				         options_name((enum option_id)id));
		}
	}
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
		for (size_t k = 0; node[k] != OPTION_COUNT; k++)
			assert_true(options_is_blamed(node[k], nodes[i]));
		assert_false(options_is_blamed(OPTION_TIME, nodes[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_and_letter_means_one_option),
		cmocka_unit_test(each_option_takes_its_example),
		cmocka_unit_test(
			each_option_says_whether_it_decides_where_a_job_runs),
		cmocka_unit_test(values_keep_what_they_mean),
		cmocka_unit_test(words_of_a_refusal_name_options),
		cmocka_unit_test(flags_of_sbatch_need_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
