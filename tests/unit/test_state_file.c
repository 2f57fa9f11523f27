/*
 * test_state_file.c - the state file's keys: what is written is read again, all of it, in
 * whatever order the lines stand.
 */
#include "unit.h"

#include "store/run_edits.h"
#include "store/state_file.h"
#include "store/state_keys.h"

#define FRESH "[metadata]\n\n[phases]\n\n[checkpoints]\n\n[failures]\n"
#define PARENTS 12 /* so many that they are written by number */

static struct rangeset
set_of(const char *text)
{
	struct rangeset set = { 0 };

	assert_int_equal(rangeset_parse(&set, text), 0);
	return set;
}

static void
add_mark(struct phase_state *phase, enum mark_kind kind, uint32_t attempt,
         const char *tasks)
{
	struct phase_mark mark = { .kind = kind, .gen = 2, .attempt = attempt,
		.seconds = kind == MARK_RAN ? 61 : 0, .tasks = set_of(tasks) };

	if (kind == MARK_REQUEUED && attempt == 0)
		mark.requeue.reason = REASON_TIME_LIMIT;
	phase_add_mark(phase, &mark);
	rangeset_clear(&mark.tasks);
}

static void
add_late(struct phase_state *phase, uint64_t second)
{
	struct rangeset set = set_of("1");

	phase_add_late(phase, 3, 1, second, &set);
	rangeset_clear(&set);
}

static void
add_note(struct phase_state *phase, enum phase_note_kind kind, const char *name,
         const char *mark)
{
	struct rangeset set = set_of("1");

	phase_add_note(phase, kind, 3, 1, name, mark, &set);
	rangeset_clear(&set);
}

static void
add_job(struct phase_state *phase, uint32_t gen, uint32_t attempt, uint32_t job,
        const char *tasks)
{
	struct rangeset set = set_of(tasks);

	phase_add_job(phase, gen, attempt, job, 1, &set);
	phase_set_submitted(phase, gen, job, 1700000000 + job);
	rangeset_clear(&set);
}

static void
set_sweep(struct phase_state *phase, uint32_t since, const char *json)
{
	struct sweep sweep = { 0 };

	assert_int_equal(sweep_parse(&sweep, json), 0);
	phase_set_sweep(phase, since, true, (uint32_t)sweep_size(&sweep),
	                &sweep);
	sweep_clear(&sweep);
}

/* Each state, and one task more, which completed before. */
static void
fill_array(struct phase_state *phase)
{
	phase->known = true;
	set_sweep(phase, 0, "{\"S\":[[0,7]]}");
	set_sweep(phase, 3, "{\"S\":[[0,9]],\"T\":[\"a b\"]}");
	for (uint32_t i = 0; i < phase->total; i++)
		phase->cells[i] = (struct task_cell){ .gen = 2 + i % 2,
			.attempt = (uint16_t)(i / 4), .state = (uint8_t)i,
			.done = i == TASK_COMPLETED };
	phase->cells[TASK_LOST].done = 1;
	add_job(phase, 2, 0, 10, "0-9");
	add_job(phase, 3, 4, 11, "1,3,5");
	add_mark(phase, MARK_REQUEUED, 0, "0-3");
	add_mark(phase, MARK_REQUEUED, 1, "5");
	add_mark(phase, MARK_RAN, 0, "0-3");
	add_mark(phase, MARK_FAILED, 0, "6");
	add_mark(phase, MARK_LOST, 0, "7");
	add_mark(phase, MARK_CANCELLED, 0, "8-9");
	add_note(phase, NOTE_REFUSED, "a dir/epoch=4", "00000000000000a2");
	add_late(phase, 17);
	add_note(phase, NOTE_QUICK, "epoch3", "00000000000000a3");
	trail_lose(&phase->trail, phase->total, 2);
	phase_add_path(phase, STRAY_REPORTED, "", "00000000000000a4");
	phase_add_path(phase, STRAY_REPORTED, "/else/where/1", NULL);
	phase_add_path(phase, STRAY_BEGUN_FROM, "/from/here/1", NULL);
}

/* Of one task two, in two of the journal's files. */
static void
add_places(struct state *state, struct phase_state *phase)
{
	trail_add(&phase->trail, phase->total, 1,
	          state_trail_file(state, "n1-boot"), 700);
	trail_add(&phase->trail, phase->total, 1,
	          state_trail_file(state, "n2-boot"), 800);
	trail_add(&phase->trail, phase->total, 3,
	          state_trail_file(state, "n1-boot"), 900);
}

/* A phase in which each member that has a key is set. */
static void
fill_single(struct phase_state *phase)
{
	static const struct sweep none;

	phase->known = true;
	phase_set_sweep(phase, 0, false, 1, &none);
	phase->cells[0] = (struct task_cell){ .gen = 7, .attempt = 2,
		.state = TASK_FAILED, .done = 1 };
	phase->gen = 8;
	phase->edit_gen = 5;
	phase->excluded_seq = 3;
	phase->facts = (struct phase_facts){ .gen = 7, .attempt = 2, .code = 9,
		.signal = 15, .started = 1700000001, .ended = 1700000002,
		.node = xstrdup("node 7") };
	phase->parents_gen = 7;
	phase->ran_without_gen = 6;
	strlist_add(&phase->ran_without, "p1");
	phase_set_variables(phase, 1, "aa");
	phase_set_variables(phase, 7, "bb");
	phase->checkpoint = xstrdup("runs/x/epoch 4 ");
	phase->epoch = xstrdup("4");
	phase->checkpoint_gen = 7;
	phase->checkpoint_attempt = 1;
	phase->checkpoint_seq = 2;
}

static struct state *
make_state(void)
{
	struct state *state = state_create();

	state_set_metadata(state, "run_dir", "/runs/x");
	state_set_metadata_seq(state, "run_dir", 4);
	state_set_metadata(state, "checkpoint_phase", "one.single");
	state->failure = (struct state_failure){ .phase = xstrdup("a"),
		.error = xstrdup("exit \"3\"\n"), .time = 1700000003 };
	fill_array(state_add(state, "a"));
	add_places(state, state_find(state, "a"));
	fill_single(state_add(state, "one.single"));
	for (uint32_t i = 0; i < PARENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "p%u", i);
		set_sweep(state_add(state, name), 0, "{\"S\":[\"1\"]}");
		state_find(state, name)->known = true;
		parents_add(&state_find(state, "one.single")->parents,
		            i % 2 ? EDGE_AFTER_ANY : EDGE_AFTER, name);
	}
	return state;
}

/* ---- compare ---- */

static void
compare_texts(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_true(!a && !b);
}

/* In any order. */
static void
compare_lists(const struct strlist *a, const struct strlist *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_true(strlist_has(b, a->items[i]));
}

static void
compare_cells(const struct phase_state *a, const struct phase_state *b)
{
	assert_int_equal(a->array, b->array);
	assert_int_equal(a->total, b->total);
	assert_int_equal(a->sweep_count, b->sweep_count);
	for (size_t i = 0; i < a->sweep_count; i++) {
		assert_int_equal(a->sweeps[i].since, b->sweeps[i].since);
		assert_true(sweep_equal(&a->sweeps[i].sweep,
		                        &b->sweeps[i].sweep));
	}
	for (uint32_t i = 0; i < a->total; i++) {
		assert_int_equal(a->cells[i].gen, b->cells[i].gen);
		assert_int_equal(a->cells[i].attempt, b->cells[i].attempt);
		assert_int_equal(a->cells[i].state, b->cells[i].state);
		assert_int_equal(a->cells[i].done, b->cells[i].done);
	}
}

static bool
same_job(const struct phase_job *a, const struct phase_job *b)
{
	return a->gen == b->gen && a->attempt == b->attempt && a->job == b->job
		&& a->base == b->base && a->submitted == b->submitted
		&& rangeset_equal(&a->tasks, &b->tasks);
}

static bool
same_mark(const struct phase_mark *a, const struct phase_mark *b)
{
	return a->kind == b->kind && a->gen == b->gen
		&& a->attempt == b->attempt && a->seconds == b->seconds
		&& a->requeue.reason == b->requeue.reason
		&& rangeset_equal(&a->tasks, &b->tasks);
}

static bool
same_parent(const struct parent *a, const struct parent *b)
{
	return a->kind == b->kind && strcmp(a->phase, b->phase) == 0;
}

static bool
same_note(const struct phase_note *a, const struct phase_note *b)
{
	return a->kind == b->kind && a->gen == b->gen
		&& a->attempt == b->attempt && a->second == b->second
		&& strcmp(a->name, b->name) == 0 && strcmp(a->mark, b->mark) == 0
		&& rangeset_equal(&a->tasks, &b->tasks);
}

/* Each member of a list is in the other, which has as many. */
#define COMPARE_ALL(a, b, items, count, same) do { \
	assert_int_equal((a)->count, (b)->count); \
	for (size_t i_ = 0; i_ < (a)->count; i_++) { \
		size_t k_ = 0; \
		while (k_ < (b)->count \
		       && !same(&(a)->items[i_], &(b)->items[k_])) \
			k_++; \
		assert_true(k_ < (b)->count); \
	} \
} while (0)

/* Has the task the same places, in whatever order? */
static void
compare_trails(const struct state *a, const struct state *b, uint32_t task)
{
	const struct trail *x = &state_find(a, "a")->trail;
	const struct trail *y = &state_find(b, "a")->trail;
	const struct trail_place *p, *q;
	size_t count = 0;

	assert_int_equal(trail_is_lost(x, task), trail_is_lost(y, task));
	for (p = trail_first(x, task); p; p = trail_next(x, p)) {
		const char *file = a->trail_files.items[p->file];

		for (q = trail_first(y, task); q; q = trail_next(y, q)) {
			if (q->offset == p->offset && strcmp(file,
			    b->trail_files.items[q->file]) == 0)
				break;
		}
		assert_non_null(q);
		count++;
	}
	for (q = trail_first(y, task); q; q = trail_next(y, q))
		count--;
	assert_int_equal(count, 0);
}

static void
compare_phases(const struct phase_state *a, const struct phase_state *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->known, b->known);
	compare_cells(a, b);
	assert_int_equal(a->gen, b->gen);
	assert_int_equal(a->edit_gen, b->edit_gen);
	assert_int_equal(a->excluded_seq, b->excluded_seq);
	COMPARE_ALL(a, b, jobs, job_count, same_job);
	COMPARE_ALL(a, b, marks, mark_count, same_mark);
	COMPARE_ALL(a, b, notes, note_count, same_note);
	assert_int_equal(a->facts.gen, b->facts.gen);
	assert_int_equal(a->facts.attempt, b->facts.attempt);
	assert_int_equal(a->facts.code, b->facts.code);
	assert_int_equal(a->facts.signal, b->facts.signal);
	assert_int_equal(a->facts.started, b->facts.started);
	assert_int_equal(a->facts.ended, b->facts.ended);
	compare_texts(a->facts.node, b->facts.node);
	assert_int_equal(a->parents_gen, b->parents_gen);
	COMPARE_ALL(&a->parents, &b->parents, items, count, same_parent);
	assert_int_equal(a->ran_without_gen, b->ran_without_gen);
	compare_lists(&a->ran_without, &b->ran_without);
	assert_int_equal(a->variables_count, b->variables_count);
	for (size_t i = 0; i < a->variables_count; i++) {
		assert_int_equal(a->variables[i].gen, b->variables[i].gen);
		assert_string_equal(a->variables[i].mark, b->variables[i].mark);
	}
	compare_texts(a->checkpoint, b->checkpoint);
	compare_texts(a->epoch, b->epoch);
	compare_lists(&a->own_marks, &b->own_marks);
	for (int i = 0; i < STRAY_SORTS; i++) {
		assert_int_equal(a->strays[i].any, b->strays[i].any);
		compare_texts(a->strays[i].dir, b->strays[i].dir);
	}
	assert_int_equal(a->checkpoint_gen, b->checkpoint_gen);
	assert_int_equal(a->checkpoint_attempt, b->checkpoint_attempt);
	assert_int_equal(a->checkpoint_seq, b->checkpoint_seq);
}

static void
compare_states(const struct state *a, const struct state *b)
{
	assert_string_equal(state_metadata(a, "run_dir"),
	                    state_metadata(b, "run_dir"));
	assert_int_equal(state_metadata_seq(a, "run_dir"),
	                 state_metadata_seq(b, "run_dir"));
	compare_texts(a->failure.phase, b->failure.phase);
	compare_texts(a->failure.error, b->failure.error);
	assert_int_equal(a->failure.time, b->failure.time);
	assert_int_equal(a->count, b->count);
	for (uint32_t i = 0; i < state_find(a, "a")->total; i++)
		compare_trails(a, b, i);
	for (size_t i = 0; i < a->count; i++)
		compare_phases(a->phases[i],
		               state_find(b, a->phases[i]->name));
}

/* ---- there and back ---- */

static struct inifile *
parse(const char *text, size_t len)
{
	struct latsub_errlist errors = { 0 };
	struct inifile *doc = inifile_parse("s", text, len, INI_JSON_STRINGS,
	                                    &errors);

	assert_int_equal(errors.count, 0);
	return doc;
}

/* What make_state() writes; *len is its length, the caller frees it. */
static char *
written(size_t *len)
{
	struct inifile *doc = parse(FRESH, strlen(FRESH));
	struct journal_offsets offsets = { 0 };
	struct state *state = make_state();
	char *text;

	journal_set_offset(&offsets, "n1-boot.jsonl", 123, "00000000000000ff");
	journal_set_offset(&offsets, "n2-boot.jsonl", 0, "");
	state_file_store(doc, state, &offsets);
	text = inifile_render(doc, len);
	journal_offsets_clear(&offsets);
	state_destroy(state);
	inifile_destroy(doc);
	return text;
}

/* text has the state of make_state(), and a save of it changes nothing. */
static void
check_text(const char *text, size_t len)
{
	struct inifile *doc = parse(text, len);
	struct state *state = make_state(), *again = state_create();
	struct journal_offsets offsets = { 0 };
	struct latsub_errlist errors = { 0 };
	struct state_words words = { 0 };
	bool notes = false;
	char *saved;
	size_t saved_len;

	assert_true(state_file_load(doc, "s", again, &offsets, &words, &notes,
	                            &errors));
	assert_true(notes);
	assert_int_equal(errors.count, 0);
	assert_int_equal(words.count, state->count);
	compare_states(state, again);
	assert_int_equal(offsets.count, 2);
	state_file_store(doc, again, &offsets);
	saved = inifile_render(doc, &saved_len);
	assert_string_equal(saved, text);
	free(saved);
	state_words_clear(&words);
	journal_offsets_clear(&offsets);
	state_destroy(again);
	state_destroy(state);
	inifile_destroy(doc);
}

static void
all_that_is_written_is_read(void **unused)
{
	size_t len;
	char *text = written(&len);

	(void)unused;
	assert_non_null(strstr(text, "one.single.waits_for=7 after#"));
	check_text(text, len);
	free(text);
}

/* Lists need the numbers, cells the sweeps, times the jobs; all stand below.  The order
 * of [phases] is that of the experiment. */
static void
lines_may_stand_in_any_order(void **unused)
{
	size_t len;
	char *text = written(&len);
	struct inifile *doc = parse(text, len), *other = parse("", 0);

	(void)unused;
	free(text);
	for (size_t i = 0; i < inifile_count(doc); i++) {
		const struct inifile_entry *entry = inifile_entry(doc, i);

		if (strcmp(entry->section, "phases") == 0)
			inifile_set(other, "phases", entry->key, entry->value);
	}
	for (size_t i = inifile_count(doc); i-- > 0; ) {
		const struct inifile_entry *entry = inifile_entry(doc, i);

		inifile_set(other, entry->section, entry->key, entry->value);
	}
	text = inifile_render(other, &len);
	check_text(text, len);
	free(text);
	inifile_destroy(other);
	inifile_destroy(doc);
}

/* ---- what a person changed ---- */

/* A run whose state file is text, and whose phase p has completed where it is known. */
static struct run
make_run(const char *text, bool has_journal, bool known)
{
	struct run run = { .state = state_create(), .has_journal = has_journal,
		.state_path = xstrdup("/r/.experiment_state"),
		.doc = parse(text, strlen(text)) };

	if (known) {
		fill_single(state_add(run.state, "p"));
		state_find(run.state, "p")->cells[0].state = TASK_COMPLETED;
		state_find(run.state, "p")->parents_gen = 8; /* its intent is known */
	}
	state_set_metadata(run.state, "checkpoint_phase", "p");
	return run;
}

static void
clear_run(struct run *run)
{
	run_edits_forget(run);
	strlist_clear(&run->notes);
	state_destroy(run->state);
	inifile_destroy(run->doc);
	free(run->state_path);
}

static void
a_word_is_an_edit_where_its_details_differ(void **unused)
{
	static const struct {
		bool has_journal, has_base;
		enum phase_word word;
		size_t edits, notes;
	} cases[] = {
		{ true, true, WORD_COMPLETED, 0, 0 },
		{ true, true, WORD_PENDING, 1, 0 },
		{ true, false, WORD_COMPLETED, 0, 0 },
		{ true, false, WORD_PENDING, 0, 1 },
		{ false, false, WORD_PENDING, 0, 0 }, /* the old script's */
		{ false, false, WORD_COMPLETED, 1, 0 },
		{ false, false, WORD_FAILED, 1, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run run = make_run("", cases[i].has_journal,
		                          cases[i].has_journal);
		struct state_word word = { xstrdup("p"), cases[i].word,
			WORD_COMPLETED, cases[i].has_base };
		struct state_words words = { &word, 1 };

		run_edits_take(&run, &words);
		assert_int_equal(run.edit_count, cases[i].edits);
		assert_int_equal(run.notes.count, cases[i].notes);
		assert_true(state_find(run.state, "p")->known);
		if (cases[i].edits)
			assert_int_equal(phase_word(state_find(run.state, "p")),
			                 cases[i].word);
		free(word.phase);
		clear_run(&run);
	}
}

static void
a_checkpoint_is_an_edit_where_its_phase_s_differs(void **unused)
{
	static const struct {
		const char *text;
		size_t edits;
	} cases[] = {
		{ "[checkpoints]\ncheckpoint_path=new\np=old\n", 1 },
		{ "[checkpoints]\ncheckpoint_path=old\np=old\n", 0 },
		{ "[checkpoints]\ncheckpoint_path=\np=old\n", 0 },
		{ "[checkpoints]\np=old\n", 0 },
		{ "[checkpoints]\ncheckpoint_path=new\n", 0 }, /* not told yet */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run run = make_run(cases[i].text, true, true);
		struct state_words words = { 0 };

		run_edits_take(&run, &words);
		assert_int_equal(run.edit_count, cases[i].edits);
		if (cases[i].edits)
			assert_string_equal(state_find(run.state, "p")
			                    ->checkpoint, "new");
		clear_run(&run);
	}
}

/* ---- the table ---- */

static void
a_row_is_found_by_its_name_alone(void **unused)
{
	const char *rest;

	(void)unused;
	for (size_t i = 0; i < state_key_count; i++) {
		const struct state_key *key = &state_keys[i];

		assert_ptr_equal(state_key_find(key->section,
			key->group == GROUP_RUN, key->name, &rest), key);
	}
	assert_null(state_key_find(SECTION_JOBS, false, "generations", &rest));
	assert_null(state_key_find(SECTION_JOBS, false, "job", &rest));
	assert_non_null(state_key_find(SECTION_JOBS, false, "job.7", &rest));
	assert_string_equal(rest, "7");
	assert_null(state_key_find(SECTION_METADATA, true, "run_id", &rest));
	for (int i = 0; i < SECTION_COUNT; i++)
		assert_int_equal(state_section_find(state_sections[i].name), i);
	assert_int_equal(state_section_find("datasets"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_written_is_read),
		cmocka_unit_test(lines_may_stand_in_any_order),
		cmocka_unit_test(a_word_is_an_edit_where_its_details_differ),
		cmocka_unit_test(
			a_checkpoint_is_an_edit_where_its_phase_s_differs),
		cmocka_unit_test(a_row_is_found_by_its_name_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
