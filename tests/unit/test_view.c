/*
 * test_view.c - what else is shown of experiments and runs: the graph, a plan, variables,
 * an audit.
 */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "latsub/audit.h"
#include "latsub/view.h"
#include "scene.h"

/* What was printed since; caller frees. */
struct paper {
	char *text;
	size_t len;
	FILE *out;
};

static FILE *
begin(struct paper *paper)
{
	*paper = (struct paper){ 0 };
	paper->out = open_memstream(&paper->text, &paper->len);
	return paper->out;
}

static char *
end(struct paper *paper)
{
	fclose(paper->out);
	return paper->text;
}

static void
assert_text(struct paper *paper, const char *expected)
{
	assert_string_equal(end(paper), expected);
	free(paper->text);
}

static void
assert_has(const char *text, const char *expected)
{
	if (!strstr(text, expected))
		fail_msg("'%s' is not in:\n%s", expected, text);
}

/* ---- an experiment's graph ---- */

static const char experiment[] = "[experiment]\nname = e\n"
	"[phase prepare]\ncommand = c\n"
	"[phase train]\ncommand = c\nafter = prepare\narray.SEED = 1 2 3\n"
	"[phase eval]\ncommand = c\nafter_each = train\narray.SEED = 1 2 3\n"
	"[phase report]\ncommand = c\nafter = eval\nafter_any = prepare train\n";

static struct spec *
parse(const char *text)
{
	static const struct variable_sources none;
	struct latsub_errlist errors = { 0 };
	struct inifile *ini = inifile_parse("e.ini", text, strlen(text),
	                                    INI_PLAIN, &errors);
	struct spec_item items[64];
	struct spec *spec;
	size_t n = 0;

	for (size_t i = 0; i < inifile_section_count(ini); i++)
		items[n++] = (struct spec_item){
			.section = inifile_section(ini, i)->name,
			.line = inifile_section(ini, i)->line };
	for (size_t i = 0; i < inifile_count(ini); i++) {
		const struct inifile_entry *entry = inifile_entry(ini, i);

		items[n++] = (struct spec_item){ entry->section, entry->key,
			entry->value, entry->line };
	}
	spec = spec_create("e.ini", items, n, &none, &errors);
	if (errors.count)
		fail_msg("%s", errors.texts[0]);
	inifile_destroy(ini);
	return spec;
}

static void
a_graph_as_text(void **state)
{
	struct spec *spec = parse(experiment);
	struct paper paper;

	(void)state;
	view_print_graph(spec, VIEW_TEXT, begin(&paper));
	assert_text(&paper,
		"prepare\n"
		"train [3 tasks]  <- after prepare\n"
		"eval [3 tasks]  <- after_each train\n"
		"report  <- after eval, after_any prepare, after_any train\n");
	spec_destroy(spec);
}

static void
a_graph_as_dot(void **state)
{
	struct spec *spec = parse(experiment);
	struct paper paper;
	char *text;

	(void)state;
	view_print_graph(spec, VIEW_DOT, begin(&paper));
	text = end(&paper);
	assert_has(text, "digraph latsub {\n");
	assert_has(text, "\t\"prepare\" [label=\"prepare\"];\n");
	assert_has(text, "\t\"train\" [label=\"train\\n3 tasks\"];\n");
	assert_has(text, "\t\"prepare\" -> \"train\";\n");
	assert_has(text, "\t\"train\" -> \"eval\" [style=bold];\n");
	assert_has(text, "\t\"prepare\" -> \"report\" [style=dashed];\n");
	free(text);
	spec_destroy(spec);
}

static void
a_graph_as_mermaid(void **state)
{
	struct spec *spec = parse(experiment);
	struct paper paper;

	(void)state;
	view_print_graph(spec, VIEW_MERMAID, begin(&paper));
	assert_text(&paper, "graph LR\n"
		"    p0[\"prepare\"]\n"
		"    p1[\"train [3 tasks]\"]\n"
		"    p0 --> p1\n"
		"    p2[\"eval [3 tasks]\"]\n"
		"    p1 ==> p2\n"
		"    p3[\"report\"]\n"
		"    p2 --> p3\n"
		"    p0 -.-> p3\n"
		"    p1 -.-> p3\n");
	spec_destroy(spec);
}

/* ---- a plan ---- */

static void
a_plan_as_a_table(void **state)
{
	static char completed[] = "completed", adopted[] = "in Slurm: job 12",
		failed[] = "1 failed: exit code 3", fresh[] = "new";
	struct spec *spec = parse(experiment);
	struct plan_phase phases[] = {
		{ .action = PLAN_SKIP, .reason = completed },
		{ .action = PLAN_ADOPT, .reason = adopted },
		{ .action = PLAN_RUN, .reason = failed },
		{ .action = PLAN_RUN, .reason = fresh },
	};
	struct plan plan = { .phases = phases, .count = 4 };
	struct paper paper;

	(void)state;
	rangeset_add(&phases[1].live, 1, 2);
	rangeset_add(&phases[2].tasks, 0, 0);
	rangeset_add(&phases[3].tasks, 0, 0);
	view_print_plan(spec, &plan, begin(&paper));
	assert_text(&paper,
		"skip  prepare         completed\n"
		"adopt train [2 of 3]  in Slurm: job 12\n"
		"run   eval [1 of 3]   1 failed: exit code 3 <- after_each train\n"
		"run   report          new <- after eval; after_any prepare, train\n");
	rangeset_clear(&phases[1].live);
	rangeset_clear(&phases[2].tasks);
	rangeset_clear(&phases[3].tasks);
	spec_destroy(spec);
}

/* Long texts go on in the lines below, long names have a line of their own. */
static void
a_plan_is_80_columns_wide(void **state)
{
	static char reason[] = "words that go on and on so that there is no room for "
		"all of them in a single line of the table";
	struct spec *spec = parse("[experiment]\nname = e\n"
		"[phase a]\ncommand = c\n"
		"[phase a_name_that_has_more_than_26_letters]\ncommand = c\n");
	struct plan_phase phases[] = {
		{ .action = PLAN_LEAVE, .reason = reason },
		{ .action = PLAN_LEAVE, .reason = reason },
	};
	struct plan plan = { .phases = phases, .count = 2 };
	struct paper paper;

	(void)state;
	view_print_plan(spec, &plan, begin(&paper));
	assert_text(&paper,
		"leave a  words that go on and on so that there is no room for all "
		"of them in a\n"
		"         single line of the table\n"
		"leave a_name_that_has_more_than_26_letters\n"
		"         words that go on and on so that there is no room for all "
		"of them in a\n"
		"         single line of the table\n");
	spec_destroy(spec);
}

/* ---- variables ---- */

static void
a_value_is_one_line(void **state)
{
	static const struct { const char *value, *shown; } rows[] = {
		{ "", "\"\"" }, { "a b", "\"a b\"" }, { "a\nb", "\"a\\nb\"" },
		{ "a\033[2J\tb", "\"a?[2J?b\"" }, { "a\xff", "\"a?\"" },
		{ "123456789.123456789.123456789.123456789.123456789.123456789.",
		  "\"123456789.123456789.123456789.123456789.123456789."
		  "123456789.\"" },
		{ "123456789.123456789.123456789.123456789.123456789.123456789.1",
		  "\"123456789.123456789.123456789.123456789.123456789."
		  "123456789.\"..." },
		/* not cut within a character */
		{ "123456789.123456789.123456789.123456789.123456789.123456789"
		  "\xc3\xa4",
		  "\"123456789.123456789.123456789.123456789.123456789."
		  "123456789\"..." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *shown = view_value(rows[i].value);

		assert_string_equal(shown, rows[i].shown);
		free(shown);
	}
}

static void
add_variable(struct variables *variables, const char *name, const char *value,
             enum variable_source source)
{
	struct variable variable = { .name = xstrdup(name),
		.value = xstrdup(value), .source = source };

	variables_add(variables, &variable);
	free(variable.name);
	free(variable.value);
}

static void
variables_stand_below_each_other(void **state)
{
	struct variables variables = { 0 };
	struct paper paper;

	(void)state;
	view_print_variables(&variables, begin(&paper));
	assert_text(&paper, "");
	add_variable(&variables, "LR", "0.1", VARIABLE_SET);
	add_variable(&variables, "DATA", "/d", VARIABLE_ENVIRONMENT);
	view_print_variables(&variables, begin(&paper));
	end(&paper);
	assert_has(paper.text, "Variables:\n");
	assert_has(paper.text, "  LR   = \"0.1\"  from --set\n");
	assert_has(paper.text, "  DATA = \"/d\"  from the environment\n");
	free(paper.text);
	variables_clear(&variables);
}

/* A submission of some tasks of the last phase with this value of LR. */
static void
submit_with(struct scene *scene, uint32_t gen, const char *tasks,
            const char *value)
{
	struct event run = { .kind = EVENT_RUN, .seq = gen,
		.phase = xstrdup("") };
	struct event intended = { .kind = EVENT_INTENDED, .gen = gen };
	struct variables variables = { 0 };

	rangeset_parse(&intended.tasks, tasks);
	add_variable(&variables, "LR", value, VARIABLE_SET);
	add_variable(&variables, "SAME", "1", VARIABLE_FILE);
	intended.variables = run_variables_pairs(&scene->run, &variables, "copy",
	                                         &run);
	variables_clear(&variables);
	scene_apply(scene, run);
	scene_apply(scene, intended);
}

static void
which_tasks_had_other_variables(void **state)
{
	struct latsub_error err = { 0 };
	struct scene scene;
	struct paper paper;

	(void)state;
	scene_begin(&scene);
	scene_add_phase(&scene, "a", "....", NULL);
	submit_with(&scene, 1, "0-3", "0.1");
	submit_with(&scene, 2, "2", "0.5");
	submit_with(&scene, 3, "3", "0.9");
	assert_int_equal(view_print_run_variables(&scene.run, begin(&paper),
	                                          &err), 0);
	assert_text(&paper, "Variables:\n"
		"  LR   = \"0.9\"  from --set\n"
		"  SAME = \"1\"  from the experiment\n"
		"a (2 of 4 tasks, generation 1) had:\n"
		"  LR = \"0.1\"  from --set\n"
		"a (1 of 4 tasks, generation 2) had:\n"
		"  LR = \"0.5\"  from --set\n");
	scene_end(&scene);
}

/* ---- an audit ---- */

static void
add_event(struct audit *audit, uint32_t line, struct event event)
{
	event.phase = xstrdup("a");
	event.gen = event.kind == EVENT_PHASE ? 0 : 1;
	event.time = 1000000000 + line * 60;
	if (event.kind == EVENT_STARTED || event.kind == EVENT_COMPLETED) {
		event.job = 10;
		event.node = xstrdup("n1");
	}
	audit_add(audit, &event, (struct audit_place){ 0, line });
}

/* Two tasks: one completed twice, the other began and has no end. */
static struct audit *
audit_of_two_tasks(void)
{
	struct audit *audit = audit_create(AUDIT_SLACK_SEC);
	struct event started = { .kind = EVENT_STARTED, .code = -1 };
	struct event again = { .kind = EVENT_STARTED, .code = -1, .attempt = 1 };
	struct event requeued = { .kind = EVENT_REQUEUED, .code = -1,
		.requeue.reason = REASON_PREEMPTED };
	struct event completed = { .kind = EVENT_COMPLETED, .attempt = 1 };
	struct event twice = { .kind = EVENT_COMPLETED, .attempt = 2 };
	struct event other = { .kind = EVENT_STARTED, .code = -1 };

	rangeset_add(&started.tasks, 0, 0);
	rangeset_add(&again.tasks, 0, 0);
	rangeset_add(&requeued.tasks, 0, 0);
	rangeset_add(&completed.tasks, 0, 0);
	rangeset_add(&twice.tasks, 0, 0);
	rangeset_add(&other.tasks, 1, 1);
	add_event(audit, 1, (struct event){ .kind = EVENT_PHASE,
		.sweep = xstrdup("{\"S\":[\"x\",\"y\"]}") });
	add_event(audit, 2, (struct event){ .kind = EVENT_INTENDED, .all = true });
	add_event(audit, 3, (struct event){ .kind = EVENT_SUBMITTED, .job = 10,
		.all = true });
	add_event(audit, 4, started);
	add_event(audit, 5, requeued);
	add_event(audit, 6, again);
	add_event(audit, 7, completed);
	add_event(audit, 8, twice);
	add_event(audit, 9, other);
	audit_finish(audit);
	return audit;
}

static void
an_audit_for_people(void **state)
{
	struct audit *audit = audit_of_two_tasks();
	struct journal_reading reading = { .damaged = 2, .foreign = 1 };
	struct view_audit view = { .audit = audit, .reading = &reading,
		.dir = "/runs/r1" };
	struct paper paper;

	(void)state;
	assert_true(audit->difference_count > 0);
	strlist_add(&reading.damaged_at, "h.jsonl:7");
	strlist_add(&view.notes, "Slurm was not asked");
	setenv("TZ", "UTC", 1);
	view_print_audit(&view, begin(&paper));
	end(&paper);
	assert_int_equal(strncmp(paper.text, "/runs/r1\n", 9), 0);
	assert_has(paper.text, "\na[S=x]: completed-twice: ");
	assert_has(paper.text, "\nnote: Slurm was not asked\n");
	assert_has(paper.text, "\nnote: h.jsonl:7: a damaged line, which says "
	           "nothing\n");
	assert_has(paper.text, "\nnote: 2 damaged lines in all\n");
	assert_has(paper.text, "\nnote: 1 lines of a newer latsub were not "
	           "understood\n");
	assert_has(paper.text, "\n1 phases, 2 tasks, 1 of them completed; ");
	assert_null(strstr(paper.text, "generation 1 attempt"));
	free(paper.text);
	view.verbose = true;
	view_print_audit(&view, begin(&paper));
	end(&paper);
	assert_has(paper.text, "\na[S=x]: completed\n"
		"  generation 1 attempt 1  2001-09-09 01:50:40  2001-09-09 "
		"01:51:40  job 10 on n1  requeued: preempted\n"
		"  generation 1 attempt 2  2001-09-09 01:52:40  2001-09-09 "
		"01:53:40  job 10 on n1  completed\n");
	assert_has(paper.text, "\na[S=y]: started\n"
		"  generation 1 attempt 1  2001-09-09 01:55:40  -"
		"                    job 10 on n1  no end on record\n");
	free(paper.text);
	strlist_clear(&reading.damaged_at);
	strlist_clear(&view.notes);
	audit_destroy(audit);
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

static json_t *
audit_json(const struct view_audit *view)
{
	struct paper paper;
	json_t *root;

	view_print_audit_json(view, begin(&paper));
	root = json_loads(end(&paper), 0, NULL);
	free(paper.text);
	assert_non_null(root);
	return root;
}

static void
an_audit_for_programs(void **state)
{
	struct audit *audit = audit_of_two_tasks();
	struct journal_reading reading = { .damaged = 2 };
	struct view_audit view = { .audit = audit, .reading = &reading,
		.dir = "/runs/r1" };
	json_t *root, *item;

	(void)state;
	strlist_add(&reading.damaged_at, "h.jsonl:7");
	strlist_add(&view.notes, "Slurm was not asked");
	root = audit_json(&view);
	assert_member(root, "run", "\"/runs/r1\"");
	assert_member(root, "tasks", "2");
	assert_member(root, "completed", "1");
	assert_member(root, "damaged_lines", "2");
	assert_member(root, "damaged_at", "[\"h.jsonl:7\"]");
	assert_member(root, "notes", "[\"Slurm was not asked\"]");
	assert_null(json_object_get(root, "history"));
	item = json_array_get(json_object_get(root, "differences"), 0);
	assert_member(item, "kind", "\"completed-twice\"");
	assert_member(item, "phase", "\"a\"");
	assert_member(item, "task", "0");
	assert_member(item, "name", "\"a[S=x]\"");
	json_decref(root);
	view.verbose = true;
	root = audit_json(&view);
	item = json_array_get(json_object_get(root, "history"), 1);
	assert_member(item, "phase", "\"a\"");
	assert_member(item, "task", "1");
	assert_member(item, "state", "\"started\"");
	item = json_array_get(json_object_get(item, "attempts"), 0);
	assert_member(item, "generation", "1");
	assert_member(item, "attempt", "0");
	assert_member(item, "job", "10");
	assert_member(item, "node", "\"n1\"");
	assert_member(item, "started", "1000000540");
	assert_member(item, "ended", "null");
	assert_member(item, "end", "null");
	assert_member(item, "reason", "null");
	json_decref(root);
	strlist_clear(&reading.damaged_at);
	strlist_clear(&view.notes);
	audit_destroy(audit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_graph_as_text),
		cmocka_unit_test(a_graph_as_dot),
		cmocka_unit_test(a_graph_as_mermaid),
		cmocka_unit_test(a_plan_as_a_table),
		cmocka_unit_test(a_plan_is_80_columns_wide),
		cmocka_unit_test(a_value_is_one_line),
		cmocka_unit_test(variables_stand_below_each_other),
		cmocka_unit_test(which_tasks_had_other_variables),
		cmocka_unit_test(an_audit_for_people),
		cmocka_unit_test(an_audit_for_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
