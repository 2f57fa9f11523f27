/*
 * test_run_list.c - which run is the newest, without opening all.
 */
#include "state_fixture.h"

static void
names_of_runs_have_a_time_at_their_end(void **unused)
{
	(void)unused;
	assert_int_equal(run_name_prefix("e_20260102_030405"), 1);
	assert_int_equal(run_name_prefix("a_b_20260102_030405"), 3);
	assert_int_equal(run_name_prefix("_20260102_030405"), 0);
	assert_int_equal(run_name_prefix("e_2026010x_030405"), 0);
	assert_int_equal(run_name_prefix("e_20260102-030405"), 0);
	assert_int_equal(run_name_prefix("e"), 0);
	assert_int_equal(run_name_prefix(""), 0);
}

static void
submit_run(const char *name)
{
	struct event events[2] = {
		{ .kind = EVENT_PHASE, .phase = (char *)(uintptr_t)"p",
		  .total = 1, .all = true },
		{ .kind = EVENT_INTENDED, .phase = (char *)(uintptr_t)"p",
		  .gen = 1, .all = true } };
	char *path = file_join(dir, name);
	struct run *run;

	assert_int_equal(run_make(path, &err), 0);
	run = run_open(path, &err);
	assert_non_null(run);
	assert_int_equal(run_record(run, events, 2, true, &err), 0);
	run_close(run);
	free(path);
}

static void
assert_newest(struct run_choice choice, const char *name)
{
	struct latsub_error none = { 0 };
	struct run *run = run_open_newest(dir, &choice, &none);

	assert_string_equal(none.text, "");
	assert_non_null(run);
	assert_string_equal(file_basename(run->dir), name);
	run_close(run);
}

/* Of a thousand runs only those are opened that may be meant, from the newest back:
 * each of the others would be an error. */
static void
older_runs_are_not_opened(void **unused)
{
	struct run_choice any = { 0 }, of_e = { .name = "e", .file = "/e.ini" };
	struct latsub_error none = { 0 };
	char command[400], *path;

	(void)unused;
	snprintf(command, sizeof command, "cd %s && for i in $(seq 100 600); do mkdir "
	         "e_20250101_000$i && ln -s loop e_20250101_000$i/.experiment_state "
	         "&& ln -s loop e_20250101_000$i/loop; done", dir);
	assert_int_equal(system(command), 0);
	submit_run("e_20260101_000000");
	submit_run("f_20260101_000001");
	path = file_join(dir, "e_20260102_000000");
	assert_int_equal(run_make(path, &err), 0); /* never submitted */
	free(path);
	assert_newest(any, "f_20260101_000001");
	assert_newest(of_e, "e_20260101_000000");
	of_e.name = "g";
	assert_null(run_open_newest(dir, &of_e, &none));
	assert_string_equal(none.text, "");
	/* what cannot be read is not passed over for an older one */
	snprintf(command, sizeof command, "cd %s && mkdir h_20260101_000002 && ln -s "
	         "loop h_20260101_000002/loop && ln -s loop "
	         "h_20260101_000002/.experiment_state", dir);
	assert_int_equal(system(command), 0);
	assert_null(run_open_newest(dir, &any, &none));
	assert_string_not_equal(none.text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_runs_have_a_time_at_their_end),
		DISK(older_runs_are_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
