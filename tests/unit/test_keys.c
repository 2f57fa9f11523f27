/*
 * test_keys.c - the keys of an experiment: each row of the tables is whole, and
 * latsub-experiment(5) has what the tables have, and nothing else.
 *
 * In: top_srcdir, the tree.
 */
#include "unit.h"

#include "latsub/edge.h"
#include "latsub/file.h"
#include "latsub/options.h"
#include "latsub/spec.h"
#include "latsub/text.h"
#include "model/experiment_keys.h"
#include "model/phase_keys.h"

static struct strlist page; /* the lines of latsub-experiment.5 */

static int
read_page(void **state)
{
	const char *top = getenv("top_srcdir");
	char *path = file_join(top ? top : ".", "docs/latsub-experiment.5");
	struct latsub_error err;
	char *text = NULL, *rest, *line;
	size_t len;

	(void)state;
	if (file_read(path, 1 << 20, &text, &len, NULL, &err))
		print_message("# %s\n", err.text);
	rest = text;
	while (rest && (line = strsep(&rest, "\n")))
		strlist_add(&page, line);
	free(text);
	free(path);
	return page.count == 0;
}

static int
forget_page(void **state)
{
	(void)state;
	strlist_clear(&page);
	return 0;
}

/* The section ".Sh TITLE": its first line, and the line that ends it. */
static void
find_section(const char *title, size_t *first, size_t *end)
{
	char *head = xasprintf(".Sh %s", title);

	for (*first = 0; *first < page.count
	     && strcmp(page.items[*first], head) != 0; (*first)++)
		;
	free(head);
	assert_true(*first < page.count);
	for (*end = *first + 1; *end < page.count
	     && !text_starts(page.items[*end], ".Sh "); (*end)++)
		;
}

/* The name of ".It Ic NAME ...", or NULL; caller frees. */
static char *
item_name(const char *line)
{
	return text_starts(line, ".It Ic ") ? xstrndup(line + 7,
		strcspn(line + 7, " ")) : NULL;
}

/* The line of a name's item, or NULL. */
static const char *
find_item(const char *title, const char *name)
{
	size_t first, end;

	for (find_section(title, &first, &end); first < end; first++) {
		char *item = item_name(page.items[first]);
		bool found = item && strcmp(item, name) == 0;

		free(item);
		if (found)
			return page.items[first];
	}
	return NULL;
}

static void
expect_documented(const char *title, const char *name)
{
	if (!find_item(title, name))
		fail_msg("%s is not in latsub-experiment.5, %s", name, title);
}

/* Each item of the section is one that is_known. */
static void
expect_known(const char *title, bool (*is_known)(const char *name))
{
	size_t first, end, count = 0;

	for (find_section(title, &first, &end); first < end; first++) {
		char *item = item_name(page.items[first]);

		if (item && !is_known(item))
			fail_msg("%s is in latsub-experiment.5, %s, only", item,
			         title);
		count += item != NULL;
		free(item);
	}
	assert_true(count > 0);
}

static bool
is_option(const char *name)
{
	return options_find(name) >= 0;
}

static void
the_page_has_each_option_of_sbatch(void **state)
{
	(void)state;
	for (int id = 0; id < OPTION_COUNT; id++)
		expect_documented("OPTIONS OF SBATCH",
		                  options_name((enum option_id)id));
	expect_known("OPTIONS OF SBATCH", is_option);
}

#define ARRAY_KEY "array.\\&" /* of array.NAME, as the page writes it */

static bool
is_phase_key(const char *name)
{
	if (edge_find(name) >= 0 || strcmp(name, ARRAY_KEY) == 0)
		return true;
	for (size_t i = 0; phase_keys_name(i); i++) {
		if (strcmp(phase_keys_name(i), name) == 0)
			return true;
	}
	return false;
}

static void
the_page_has_each_key_of_a_phase(void **state)
{
	(void)state;
	expect_documented("PHASES", ARRAY_KEY);
	for (int kind = 0; kind < EDGE_KIND_COUNT; kind++)
		expect_documented("PHASES", edge_name((enum edge_kind)kind));
	for (size_t i = 0; phase_keys_name(i); i++) {
		const char *name = phase_keys_name(i);

		expect_documented("PHASES", name);
		if ((strstr(find_item("PHASES", name), "also in Bq defaults")
		     != NULL) != phase_keys_in_defaults(i))
			fail_msg("%s: does the page say whether [defaults] may "
			         "have it?", name);
	}
	expect_known("PHASES", is_phase_key);
}

static bool
is_experiment_key(const char *name)
{
	for (size_t i = 0; experiment_keys_name(i); i++) {
		if (strcmp(experiment_keys_name(i), name) == 0)
			return true;
	}
	return false;
}

static void
the_page_has_each_key_of_the_experiment(void **state)
{
	(void)state;
	for (size_t i = 0; experiment_keys_name(i); i++)
		expect_documented("EXPERIMENT SECTION", experiment_keys_name(i));
	expect_known("EXPERIMENT SECTION", is_experiment_key);
}

/* No name is a key of a phase and an option of sbatch. */
static void
each_key_of_a_phase_is_called_by_one_name(void **state)
{
	(void)state;
	for (size_t i = 0; phase_keys_name(i); i++) {
		assert_int_equal(options_find(phase_keys_name(i)), -1);
		assert_true(phase_keys_is_key(phase_keys_name(i)));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(phase_keys_name(i),
			                        phase_keys_name(k));
	}
}

static void
each_key_of_a_phase_sets_something(void **state)
{
	struct latsub_errlist errors = { 0 };

	(void)state;
	for (size_t i = 0; phase_keys_name(i); i++) {
		struct spec_phase phase = { 0 }, before = { 0 };
		const char *name = phase_keys_name(i);

		assert_true(phase_keys_set(&phase, name, phase_keys_example(i),
		                           false, "f:1", &errors));
		if (errors.count)
			fail_msg("%s", errors.texts[0]);
		if (memcmp(&phase, &before, sizeof phase) == 0)
			fail_msg("%s = %s sets nothing", name,
			         phase_keys_example(i));
		spec_phase_clear(&phase);
		assert_int_equal(phase_keys_set(&phase, name,
		                                phase_keys_example(i), true,
		                                "f:1", &errors),
		                 phase_keys_in_defaults(i));
		spec_phase_clear(&phase);
	}
}

/* The words of a value stand for what their enum calls so. */
static void
words_of_a_value_mean_their_enum(void **state)
{
	static const struct {
		const char *key, *value;
		enum checkpoint_mode mode;
		unsigned requeue_on;
	} cases[] = {
		{ "checkpoint_mode", "exit", CHECKPOINT_EXIT, 0 },
		{ "checkpoint_mode", "continue", CHECKPOINT_CONTINUE, 0 },
		{ "checkpoint_mode", "none", CHECKPOINT_NONE, 0 },
		{ "requeue_on", "preempt", 0, REQUEUE_PREEMPT },
		{ "requeue_on", "timeout", 0, REQUEUE_TIMEOUT },
		{ "requeue_on", "request failure", 0,
		  REQUEUE_REQUEST | REQUEUE_FAILURE },
		{ "requeue_on", "node_fail", 0, REQUEUE_NODE_FAIL },
		{ "requeue_on", "none", 0, 0 },
	};
	struct latsub_errlist errors = { 0 };
	struct spec_phase phase = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		phase.requeue_on = 0;
		phase_keys_set(&phase, cases[i].key, cases[i].value, false,
		               "f:1", &errors);
		assert_int_equal(errors.count, 0);
		if (strcmp(cases[i].key, "checkpoint_mode") == 0)
			assert_int_equal(phase.checkpoint_mode, cases[i].mode);
		assert_int_equal(phase.requeue_on, cases[i].requeue_on);
	}
	phase_keys_set(&phase, "requeue_on", "preempt never", false, "f:1",
	               &errors);
	phase_keys_set(&phase, "checkpoint_mode", "stop", false, "f:2", &errors);
	assert_int_equal(errors.count, 2);
	latsub_errlist_clear(&errors);
}

static void
each_key_of_the_experiment_sets_something(void **state)
{
	struct latsub_errlist errors = { 0 };

	(void)state;
	for (size_t i = 0; experiment_keys_name(i); i++) {
		struct spec spec = { 0 }, before = { 0 };

		assert_true(experiment_keys_set(&spec, experiment_keys_name(i),
		                                experiment_keys_example(i),
		                                "f:1", &errors));
		assert_int_equal(errors.count, 0);
		if (memcmp(&spec, &before, sizeof spec) == 0)
			fail_msg("%s sets nothing", experiment_keys_name(i));
		free(spec.name);
		free(spec.workdir);
		free(spec.output_root);
		free(spec.checkpoint_phase);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_has_each_option_of_sbatch),
		cmocka_unit_test(the_page_has_each_key_of_a_phase),
		cmocka_unit_test(the_page_has_each_key_of_the_experiment),
		cmocka_unit_test(each_key_of_a_phase_is_called_by_one_name),
		cmocka_unit_test(each_key_of_a_phase_sets_something),
		cmocka_unit_test(words_of_a_value_mean_their_enum),
		cmocka_unit_test(each_key_of_the_experiment_sets_something),
	};

	return cmocka_run_group_tests(tests, read_page, forget_page);
}
