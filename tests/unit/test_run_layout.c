/*
 * test_run_layout.c - where a run's files are, and which file is a run's copy.
 */
#include "unit.h"

#include "latsub/run_layout.h"
#include "latsub/text.h"

static void
check_path(char *path, const char *expected)
{
	assert_string_equal(path, expected);
	free(path);
}

static void
each_part_has_a_place_of_its_own(void **unused)
{
	(void)unused;
	for (int i = 0; i < RUN_PART_COUNT; i++) {
		assert_non_null(run_part_name((enum run_part)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(run_part_name((enum run_part)i),
				run_part_name((enum run_part)k));
	}
	check_path(run_path_in("/r", RUN_JOURNAL), "/r/.latsub/journal");
	check_path(run_path_in("r", RUN_STATE), "r/.experiment_state");
}

static void
the_newest_copy_is_the_run_s(void **unused)
{
	(void)unused;
	check_path(run_copy_path("/r", "a1", RUN_COPY_EXPERIMENT),
	           "/r/.latsub/copies/a1/experiment.ini");
	check_path(run_copy_path("/r", "a1", RUN_COPY_DIRECTORY),
	           "/r/.latsub/copies/a1");
	check_path(run_copy_name("a1", RUN_COPY_TEMPLATES),
	           ".latsub/copies/a1/slurm_templates");
	check_path(run_copy_name(NULL, RUN_COPY_EXPERIMENT),
	           run_part_name(RUN_EXPERIMENT));
	check_path(run_copy_name(NULL, RUN_COPY_TEMPLATES),
	           run_part_name(RUN_TEMPLATES));
	check_path(run_copy_name(NULL, RUN_COPY_DIRECTORY),
	           run_part_name(RUN_HIDDEN));
}

static void
a_copy_is_told_from_a_source(void **unused)
{
	(void)unused;
	assert_true(run_is_copy("/r/.latsub/experiment.ini"));
	assert_true(run_is_copy(".latsub/experiment.ini"));
	assert_false(run_is_copy("/r/experiment.ini"));
	assert_false(run_is_copy("/r/x.latsub/experiment.ini"));
	assert_false(run_is_copy("/r/.latsub/experiment.ini.old"));
	assert_false(run_is_copy("/r/.latsub/experiment.ini/x"));
	assert_false(run_is_copy("/r/.latsub/copies/a1/experiment.ini"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_has_a_place_of_its_own),
		cmocka_unit_test(the_newest_copy_is_the_run_s),
		cmocka_unit_test(a_copy_is_told_from_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
