/*
 * test_slurm_options.c - no option of sbatch is ignored: each has a setter, which
 * changes what Slurm is sent.
 */
#include "config.h"

#include "unit.h"

#include "slurm/description.h"
#include "slurm/description_fill.h"
#include "slurm/option_setters.h"

static struct job_options none, all; /* all: each option's example */
static const char *const environment[] = { "A=b", NULL };
static const struct slurm_request request = {
	.name = "training", .script = "#!/bin/sh\n", .workdir = "/tmp",
	.output = "/tmp/log", .comment = "latsub=1", .identity = "latsub=1",
	.env = environment, .append = true, .options = &none
};

static int
set_examples(void **state)
{
	struct latsub_errlist errors = { 0 };

	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++)
		options_set(&all, (enum option_id)id,
		            options_example((enum option_id)id), "f:1", &errors);
	return (int)errors.count;
}

static int
clear_examples(void **state)
{
	(void)state;
	options_clear(&all);
	return 0;
}

/* Fill for the options "NAME", "value", ..., NULL. */
static void
fill(struct description *d, struct job_options *options,
     struct slurm_request *asked, const char *const *words)
{
	struct latsub_errlist errors = { 0 };
	struct latsub_error err;

	*options = (struct job_options){ 0 };
	*asked = request;
	asked->options = options;
	for (; *words; words += 2) {
		int id = options_find(words[0]);

		assert_true(id >= 0);
		assert_int_equal(options_set(options, (enum option_id)id,
		                             words[1], "f:1", &errors), 0);
	}
	assert_int_equal(description_fill(d, asked, &err), 0);
}

static void
each_option_has_a_setter(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_setter *setter = &option_setters[id];

		if (setter->kind == SETTER_NONE
		    || (setter->kind == SETTER_CALL && !setter->set))
			fail_msg("%s has no setter in src/slurm/option_setters.c",
			         options_name((enum option_id)id));
	}
}

/* A mark is no way round a setter: these two latsub has in the request. */
static void
only_output_and_comment_are_latsubs_own(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		if ((option_setters[id].kind == SETTER_IN_REQUEST)
		    != (id == OPTION_OUTPUT || id == OPTION_COMMENT))
			fail_msg("%s: is it sent?",
			         options_name((enum option_id)id));
	}
}

static void
each_setter_changes_what_slurm_is_sent(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++) {
		struct option_setter one[OPTION_COUNT];
		struct slurm_request full = request;
		struct description d;
		struct latsub_error err = { 0 };
		job_desc_msg_t before;

		if (option_setters[id].kind == SETTER_IN_REQUEST)
			continue;
		for (int i = 0; i < OPTION_COUNT; i++)
			one[i] = i == id ? option_setters[i]
				: (struct option_setter){ .kind = SETTER_IN_REQUEST };
		assert_int_equal(description_fill(&d, &request, &err), 0);
		full.options = &all;
		d.request = &full;
		before = d.desc;
		/* what this Slurm lacks is refused, not ignored */
		if (option_setters_apply(one, &d, &err) == 0
		    && memcmp(&before, &d.desc, sizeof before) == 0)
			fail_msg("%s = %s changes nothing",
			         options_name((enum option_id)id),
			         options_example((enum option_id)id));
		description_clear(&d);
	}
}

static void
no_two_texts_go_to_one_member(void **state)
{
	(void)state;
	for (int a = 0; a < OPTION_COUNT; a++) {
		for (int b = 0; b < a; b++) {
			if (option_setters[a].kind == SETTER_TEXT
			    && option_setters[b].kind == SETTER_TEXT
			    && option_setters[a].member
			       == option_setters[b].member)
				fail_msg("%s and %s",
				         options_name((enum option_id)a),
				         options_name((enum option_id)b));
		}
	}
}

static void
an_option_without_a_setter_is_refused(void **state)
{
	struct option_setter setters[OPTION_COUNT];
	struct slurm_request full = request;
	struct description d;
	struct latsub_error err;

	(void)state;
	for (int i = 0; i < OPTION_COUNT; i++)
		setters[i] = option_setters[i];
	setters[OPTION_QOS] = (struct option_setter){ 0 };
	assert_int_equal(description_fill(&d, &request, &err), 0);
	full.options = &all;
	d.request = &full;
	assert_int_equal(option_setters_apply(setters, &d, &err), -1);
	assert_int_equal(err.code, LATSUB_SLURM);
	assert_non_null(strstr(err.text, "qos = normal: "));
	/* one that is not set does no harm */
	d.request = &request;
	assert_int_equal(option_setters_apply(setters, &d, &err), 0);
	description_clear(&d);
}

static bool
has_variable(const struct description *d, const char *variable)
{
	for (uint32_t i = 0; i < d->desc.env_size; i++) {
		if (strcmp(d->desc.environment[i], variable) == 0)
			return true;
	}
	return false;
}

static void
values_arrive_as_sbatch_sends_them(void **state)
{
	struct slurm_request full = request;
	struct latsub_error err;
	struct description d;

	(void)state;
	full.options = &all;
	assert_int_equal(description_fill(&d, &full, &err), 0);
	assert_int_equal(d.desc.time_limit, 60);
	assert_int_equal(d.desc.time_min, 10);
	assert_string_equal(d.desc.partition, "low");
	assert_string_equal(d.desc.account, "physics");
	assert_string_equal(d.desc.qos, "normal");
	assert_int_equal(d.desc.min_nodes, 2);
	assert_int_equal(d.desc.max_nodes, 4);
	assert_int_equal(d.desc.num_tasks, 8);
	assert_int_equal(d.desc.cpus_per_task, 4);
	assert_int_equal(d.desc.min_cpus, 32);
	assert_int_equal(d.desc.pn_min_memory, 16384);
	assert_string_equal(d.desc.tres_per_job, "gres:gpu:a100:2");
	assert_string_equal(d.desc.tres_per_node, "gres:gpu:2");
	assert_string_equal(d.desc.features, "fast");
	assert_int_equal(d.desc.warn_time, 120);
	assert_int_equal(d.desc.warn_flags, KILL_JOB_BATCH);
	assert_int_equal(d.desc.requeue, 0);
	assert_int_equal(d.desc.open_mode, OPEN_MODE_TRUNCATE);
	assert_int_equal(d.desc.mail_type, MAIL_JOB_END | MAIL_JOB_FAIL);
	assert_string_equal(d.desc.mail_user, "me");
	assert_int_equal(d.desc.nice, NICE_OFFSET + 100);
	/* what latsub has in the request itself */
	assert_string_equal(d.desc.std_out, "/tmp/log");
	assert_string_equal(d.desc.comment, "latsub=1");
	assert_true(has_variable(&d, "SLURM_NNODES=2"));
	assert_true(has_variable(&d, "SLURM_NTASKS=8"));
	assert_true(has_variable(&d, "SLURM_CPUS_PER_TASK=4"));
	assert_true(has_variable(&d, "SLURM_MEM_PER_NODE=16384"));
	assert_true(has_variable(&d, "SLURM_GPUS=a100:2"));
	assert_true(has_variable(&d, "A=b"));
	description_clear(&d);
}

/* libslurm leaves these sums to sbatch, and so to us. */
static void
tasks_and_cpus_are_computed_together(void **state)
{
	static const struct {
		const char *words[7];
		uint32_t num_tasks, min_cpus;
	} cases[] = {
		{ { NULL }, NO_VAL, NO_VAL },
		{ { "nodes", "2-3", NULL }, 2, 2 },
		{ { "ntasks", "6", NULL }, 6, 6 },
		{ { "cpus-per-task", "3", NULL }, NO_VAL, 3 },
		{ { "nodes", "2", "cpus-per-task", "3", NULL }, 2, 6 },
		{ { "nodes", "2", "ntasks", "6", NULL }, 6, 6 },
		{ { "ntasks", "6", "cpus-per-task", "3", "nodes", "2", NULL },
		  6, 18 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct job_options options;
		struct slurm_request asked;
		struct description d;

		fill(&d, &options, &asked, cases[i].words);
		assert_int_equal(d.desc.num_tasks, cases[i].num_tasks);
		assert_int_equal(d.desc.min_cpus, cases[i].min_cpus);
		description_clear(&d);
		options_clear(&options);
	}
}

/* An older Slurm has no mail for a dependency that cannot be satisfied. */
static void
what_this_slurm_lacks_is_refused(void **state)
{
	struct latsub_errlist errors = { 0 };
	struct job_options options = { 0 };
	struct slurm_request asked = request;
	struct latsub_error err;
	struct description d;

	(void)state;
	asked.options = &options;
	options_set(&options, OPTION_MAIL_TYPE, "END,INVALID_DEPEND", "f:1",
	            &errors);
	assert_int_equal(errors.count, 0);
#ifdef MAIL_INVALID_DEPEND
	assert_int_equal(description_fill(&d, &asked, &err), 0);
	assert_int_equal(d.desc.mail_type, MAIL_JOB_END | MAIL_INVALID_DEPEND);
#else
	assert_int_equal(description_fill(&d, &asked, &err), -1);
	assert_non_null(strstr(err.text, "mail-type = END,INVALID_DEPEND: "));
#endif
	description_clear(&d);
	options_clear(&options);
}

static void
without_options_a_job_may_requeue_and_appends(void **state)
{
	static const char *const words[] = { "time", "unlimited", "time-min",
		"unlimited", "gres", "none", "signal", "R:USR2@30", NULL };
	struct job_options options;
	struct slurm_request asked;
	struct latsub_error err;
	struct description d;

	(void)state;
	assert_int_equal(description_fill(&d, &request, &err), 0);
	assert_int_equal(d.desc.requeue, 1);
	assert_int_equal(d.desc.open_mode, OPEN_MODE_APPEND);
	assert_int_equal(d.desc.time_limit, NO_VAL);
	description_clear(&d);
	fill(&d, &options, &asked, words);
	assert_int_equal(d.desc.time_limit, INFINITE);
	assert_int_equal(d.desc.time_min, INFINITE);
	assert_null(d.desc.tres_per_node);
	assert_int_equal(d.desc.warn_flags, KILL_JOB_BATCH | KILL_JOB_RESV);
	description_clear(&d);
	options_clear(&options);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_has_a_setter),
		cmocka_unit_test(only_output_and_comment_are_latsubs_own),
		cmocka_unit_test(each_setter_changes_what_slurm_is_sent),
		cmocka_unit_test(no_two_texts_go_to_one_member),
		cmocka_unit_test(an_option_without_a_setter_is_refused),
		cmocka_unit_test(values_arrive_as_sbatch_sends_them),
		cmocka_unit_test(tasks_and_cpus_are_computed_together),
		cmocka_unit_test(what_this_slurm_lacks_is_refused),
		cmocka_unit_test(without_options_a_job_may_requeue_and_appends),
	};

	return cmocka_run_group_tests(tests, set_examples, clear_examples);
}
