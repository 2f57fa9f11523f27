/*
 * test_state.c - the fold: any order, any repetition, the same state; and
 * the state file there and back.
 */
#include "unit.h"

#include <time.h>
#include <unistd.h>

#include "latsub/error.h"
#include "latsub/file.h"
#include "latsub/run.h"
#include "store/state_file.h"
#include "store/state_keys.h"
#include "latsub/state.h"

static struct event
event(enum event_kind kind, const char *phase, uint32_t gen, uint32_t attempt,
      const char *tasks)
{
	struct event e = { .kind = kind, .phase = xstrdup(phase), .gen = gen,
		.attempt = attempt, .all = tasks == NULL, .time = 1000 + gen };

	if (tasks)
		rangeset_parse(&e.tasks, tasks);
	return e;
}

/* A life with requeues, failures, an edit, a changed sweep, a move. */
static size_t
make_life(struct event *events)
{
	static const char *const places[] = { "runs/x", "z/of/old", "new" };
	size_t n = 0;

	for (uint32_t i = 0; i < 3; i++) {
		events[n] = event(EVENT_RUN, NULL, 0, 0, NULL);
		event_add_pair(&events[n], "run_dir", places[i]);
		if (i == 0)
			event_add_pair(&events[n], "cluster", "one");
		events[n++].seq = i + 1;
	}
	/* of two that did not see each other */
	events[n] = event(EVENT_RUN, NULL, 0, 0, NULL);
	event_add_pair(&events[n], "run_dir", "a/lesser/one");
	events[n++].seq = 3;
	events[n] = event(EVENT_PHASE, "train", 0, 0, NULL);
	events[n++].total = 1;
	events[n] = event(EVENT_PHASE, "eval", 0, 0, NULL);
	events[n].order = 1;
	events[n++].sweep = xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
	events[n++] = event(EVENT_INTENDED, "train", 1, 0, NULL);
	events[n] = event(EVENT_SUBMITTED, "train", 1, 0, "0");
	events[n++].job = 10;
	events[n++] = event(EVENT_STARTED, "train", 1, 0, "0");
	events[n] = event(EVENT_REQUEUED, "train", 1, 0, "0");
	events[n++].requeue.reason = REASON_PREEMPTED;
	events[n] = event(EVENT_STARTED, "train", 1, 1, "0");
	events[n].from = xstrdup("epoch2");
	events[n++].mark = xstrdup("00000000000000a1");
	events[n] = event(EVENT_REFUSED, "train", 1, 7, "0");
	events[n].path = xstrdup("epoch4"); /* and is not on record by that */
	events[n++].mark = xstrdup("00000000000000a2");
	events[n] = event(EVENT_COMPLETED, "train", 1, 1, "0");
	events[n].path = xstrdup("runs/x/epoch3");
	events[n++].epoch = xstrdup("3");
	events[n++] = event(EVENT_INTENDED, "eval", 1, 0, "0-2");
	events[n++] = event(EVENT_COMPLETED, "eval", 1, 0, "0");
	events[n] = event(EVENT_FAILED, "eval", 1, 0, "1");
	events[n++].reason = xstrdup("exit code 3");
	events[n++] = event(EVENT_CANCELLED, "eval", 1, 0, "2");
	events[n] = event(EVENT_EDITED, "eval", 2, 0, NULL);
	events[n++].word = WORD_PENDING;
	events[n] = event(EVENT_PHASE, "eval", 3, 0, NULL);
	events[n].order = 1;
	events[n++].sweep = xstrdup("{\"S\":[\"0\",\"1\",\"2\"]}");
	events[n] = event(EVENT_INTENDED, "eval", 3, 0, "0,2");
	events[n++].seq = 4; /* in the sweep since generation 3 */
	events[n++] = event(EVENT_COMPLETED, "eval", 3, 0, "2");
	return n;
}

static char *
describe(const struct state *state)
{
	struct strbuf out = { 0 };

	strbuf_printf(&out, "%s on %s, %u\n", state_metadata(state, "run_dir"),
	              state_metadata(state, "cluster"), state->revision);
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		strbuf_printf(&out, "%s %s gen %u ckpt %s marks %llu %llu:",
			phase->name, phase_word_name(phase_word(phase)),
			phase->gen, phase->checkpoint ? phase->checkpoint : "-",
			(unsigned long long)phase_marks(phase, MARK_REQUEUED,
			                                0, 0),
			(unsigned long long)phase_marks(phase, MARK_FAILED,
			                                0, 0));
		for (uint32_t t = 0; t < phase->total; t++)
			strbuf_printf(&out, " %u.%u.%s%s", phase->cells[t].gen,
				phase->cells[t].attempt, task_state_name(
				(enum task_state)phase->cells[t].state),
				phase->cells[t].done ? "+" : "");
		strbuf_putc(&out, '\n');
	}
	return strbuf_steal(&out);
}

/* Deliver until all is taken, as the journal's reader does. */
static struct state *
deliver(const struct event *events, const size_t *order, size_t count)
{
	struct state *state = state_create();
	bool *taken = xcalloc(count, sizeof *taken);
	size_t left = count;

	while (left) {
		size_t before = left;

		for (size_t i = 0; i < count; i++) {
			if (taken[i] || state_apply(state, &events[order[i]])
			    == STATE_LATER)
				continue;
			taken[i] = true;
			left--;
		}
		assert_true(left < before);
	}
	free(taken);
	state_sort(state);
	return state;
}

static void
any_order_folds_to_the_same(void **unused)
{
	struct event events[32];
	size_t count = make_life(events), order[64];
	struct state *state;
	unsigned seed = 1;
	char *expected;

	(void)unused;
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	state = deliver(events, order, count);
	expected = describe(state);
	assert_string_equal(expected,
		"new on one, 3\n"
		"train completed gen 1 ckpt runs/x/epoch3 marks 1 0: "
		"1.1.completed+\n"
		"eval in_progress gen 3 ckpt - marks 0 1: 3.0.intended "
		"2.0.none+ 3.0.completed+\n");
	state_destroy(state);
	for (int round = 0; round < 3000; round++) {
		size_t total = count + 10;
		char *got;

		for (size_t i = 0; i < total; i++) /* ten come twice */
			order[i] = i < count ? i
				: (size_t)rand_r(&seed) % count;
		for (size_t i = total - 1; i > 0; i--) {
			size_t j = (size_t)rand_r(&seed) % (i + 1), swap;

			swap = order[i];
			order[i] = order[j];
			order[j] = swap;
		}
		state = deliver(events, order, total);
		got = describe(state);
		assert_string_equal(got, expected);
		free(got);
		state_destroy(state);
	}
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(expected);
}

static void
apply_pair(struct state *state, uint32_t seq, const char *key,
           const char *value)
{
	struct event e = event(EVENT_RUN, NULL, 0, 0, NULL);

	e.seq = seq;
	event_add_pair(&e, key, value);
	state_apply(state, &e);
	event_clear(&e);
}

/* Also once there is a snapshot in between. */
static void
a_late_change_is_told_from_a_newer_one(void **unused)
{
	struct latsub_errlist errors = { 0 };
	struct journal_offsets offsets = { 0 };
	struct state_words words = { 0 };
	struct inifile *doc = inifile_parse("s", "[metadata]\n", 11,
	                                    INI_JSON_STRINGS, &errors);
	struct state *state = state_create(), *again = state_create();
	bool notes;

	(void)unused;
	apply_pair(state, 1, "cluster", "one");
	apply_pair(state, 2, "run_dir", "runs/x");
	state_file_store(doc, state, &offsets);
	assert_true(state_file_load(doc, "s", again, &offsets, &words, &notes,
	                            &errors));
	assert_int_equal(errors.count, 0);
	assert_int_equal(again->revision, 2);
	apply_pair(again, 2, "run_dir", "a/lesser/one");
	assert_string_equal(state_metadata(again, "run_dir"), "runs/x");
	apply_pair(again, 2, "run_dir", "z/greater");
	assert_string_equal(state_metadata(again, "run_dir"), "z/greater");
	apply_pair(again, 2, "cluster", "after one");
	assert_string_equal(state_metadata(again, "cluster"), "after one");
	apply_pair(again, 1, "cluster", "z");
	assert_string_equal(state_metadata(again, "cluster"), "after one");
	state_words_clear(&words);
	inifile_destroy(doc);
	state_destroy(again);
	state_destroy(state);
}

static int64_t
submitted_at(const struct state *state, uint32_t job)
{
	const struct phase_state *phase = state_find(state, "p");

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].job == job)
			return phase->jobs[i].submitted;
	}
	return -1;
}

/* The earliest that is told; one of an older latsub's snapshot has none. */
static void
when_a_job_was_submitted_is_kept(void **unused)
{
	struct latsub_errlist errors = { 0 };
	struct journal_offsets offsets = { 0 };
	struct state_words words = { 0 };
	struct inifile *doc = inifile_parse("s", "[metadata]\n", 11,
	                                    INI_JSON_STRINGS, &errors);
	struct state *state = state_create(), *again = state_create();
	struct event e = event(EVENT_PHASE, "p", 0, 0, NULL);
	bool notes;

	(void)unused;
	state_apply(state, &e);
	e.kind = EVENT_INTENDED;
	e.gen = 1;
	rangeset_add(&e.tasks, 0, 0);
	state_apply(state, &e);
	e.kind = EVENT_SUBMITTED;
	for (int i = 0; i < 4; i++) {
		static const int64_t times[] = { 1700000007, 1700000005,
			1700000009, 0 };

		e.job = i < 3 ? 10 : 11;
		e.time = times[i];
		state_apply(state, &e);
	}
	state_file_store(doc, state, &offsets);
	assert_true(state_file_load(doc, "s", again, &offsets, &words, &notes, &errors));
	assert_int_equal(submitted_at(again, 10), 1700000005);
	assert_int_equal(submitted_at(again, 11), 0);
	event_clear(&e);
	state_words_clear(&words);
	inifile_destroy(doc);
	state_destroy(again);
	state_destroy(state);
}

static void
a_run_without_phases_is_not_done(void **unused)
{
	struct state *state = state_create();

	(void)unused;
	assert_int_equal(state_outcome(state), LATSUB_UNFINISHED);
	state_destroy(state);
}

static void
journal_lines_survive_anything(void **unused)
{
	struct event e = event(EVENT_FAILED, "a.b-c", 4294967295u, 7, "0-3,9");
	struct event back;
	struct strbuf line = { 0 };

	(void)unused;
	e.text = xstrdup("quote \" newline \n tab \t bad \xff end");
	e.code = -1;
	parents_add(&e.parents, EDGE_AFTER, "x y");
	journal_encode(&e, &line);
	assert_int_equal(journal_decode(line.data, line.len - 1, &back),
	                 JOURNAL_EVENT);
	assert_int_equal(back.gen, e.gen);
	assert_int_equal(back.code, -1);
	assert_true(rangeset_equal(&back.tasks, &e.tasks));
	assert_int_equal(back.parents.items[0].kind, EDGE_AFTER);
	assert_string_equal(back.parents.items[0].phase, "x y");
	assert_non_null(strstr(line.data, "\"parents\":[\"after:x y\"]"));
	assert_non_null(strstr(back.text, "newline \n tab"));
	event_clear(&back);
	for (size_t i = 0; i < line.len - 1; i++) { /* any flipped byte shows */
		line.data[i] ^= 1;
		assert_int_equal(journal_decode(line.data, line.len - 1, &back),
		                 JOURNAL_DAMAGED);
		line.data[i] ^= 1;
	}
	for (size_t cut = 0; cut < line.len - 1; cut++)
		assert_int_equal(journal_decode(line.data, cut, &back),
		                 JOURNAL_DAMAGED);
	strbuf_clear(&line);
	event_clear(&e);
}

/* ---- what grows with the number of events must not grow with its square ---- */

#define MANY 200000u

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct state *
huge_array(void)
{
	struct state *state = state_create();
	struct event phase = event(EVENT_PHASE, "p", 0, 0, NULL);
	struct event intent = event(EVENT_INTENDED, "p", 1, 0, NULL);
	struct strbuf sweep = { 0 };

	strbuf_puts(&sweep, "{\"I\":[\"0\"");
	for (uint32_t i = 1; i < MANY; i++)
		strbuf_printf(&sweep, ",\"%u\"", i);
	strbuf_puts(&sweep, "]}");
	phase.sweep = strbuf_steal(&sweep);
	state_apply(state, &phase);
	state_apply(state, &intent);
	event_clear(&intent);
	/* the same values from generation 2 on, and one more */
	phase.gen = 2;
	strcpy(phase.sweep + strlen(phase.sweep) - 2, ",");
	strbuf_printf(&sweep, "%s\"x\"]}", phase.sweep);
	free(phase.sweep);
	phase.sweep = strbuf_steal(&sweep);
	state_apply(state, &phase);
	event_clear(&phase);
	return state;
}

/* Every task of an old generation, each requeued after a time of its own by a
 * job of its own: each would take minutes if all were gone through for it. */
static void
nothing_is_quadratic(void **unused)
{
	double begin = cpu_seconds();
	struct state *state = huge_array();
	struct phase_state *phase = state_find(state, "p");

	(void)unused;
	assert_int_equal(phase->total, MANY + 1);
	for (uint32_t i = 0; i < MANY; i++) {
		struct event e = event(EVENT_REQUEUED, "p", 1, 0, "");

		rangeset_add(&e.tasks, i, i);
		e.elapsed = i + 1;
		state_apply(state, &e);
		e.kind = EVENT_SUBMITTED;
		e.elapsed = 0;
		e.job = i + 1;
		state_apply(state, &e);
		event_clear(&e);
	}
	assert_int_equal(phase->mark_count, MANY + 1);
	assert_int_equal(phase->job_count, MANY);
	assert_int_equal(phase_marks(phase, MARK_REQUEUED, 0, 0), MANY);
	assert_int_equal(phase_used_sec(phase, 1, 7), 8);
	state_destroy(state);
	assert_true(cpu_seconds() - begin < 30);
}

/* Phases that each wait for the one before; the first has failed. */
static struct state *
long_chain(uint32_t count)
{
	struct state *state = state_create();

	for (uint32_t i = 0; i < count; i++) {
		char name[16], parent[16];
		struct event e;

		snprintf(name, sizeof name, "p%u", i);
		snprintf(parent, sizeof parent, "p%u", i - 1);
		e = event(EVENT_PHASE, name, 0, 0, NULL);
		e.order = i;
		state_apply(state, &e);
		e.kind = EVENT_INTENDED;
		e.gen = 1;
		if (i > 0)
			parents_add(&e.parents, EDGE_AFTER, parent);
		state_apply(state, &e);
		if (i == 0) {
			e.kind = EVENT_FAILED;
			state_apply(state, &e);
		}
		event_clear(&e);
	}
	state_sort(state);
	return state;
}

/* The stack that a runner has is not as long as any chain. */
static void
a_chain_of_any_length_is_followed(void **unused)
{
	double begin = cpu_seconds();
	struct state *state = long_chain(MANY);
	struct rangeset failed = { 0 };
	struct event *events;
	char last[16];

	(void)unused;
	snprintf(last, sizeof last, "p%u", MANY - 1);
	assert_string_equal(state_blocked_by(state, state_find(state, last)),
	                    "p0");
	assert_int_equal(state_outcome(state), LATSUB_FAILED);
	rangeset_add(&failed, 0, 0);
	assert_int_equal(state_doomed(state, "p0", &failed, &events), MANY - 1);
	assert_string_equal(events[MANY - 2].phase, last);
	for (uint32_t i = 0; i < MANY - 1; i++)
		event_clear(&events[i]);
	free(events);
	rangeset_clear(&failed);
	state_destroy(state);
	assert_true(cpu_seconds() - begin < 30);
}

/* Each phase waits for all before it; one of them by its tasks. */
static void
what_many_ways_lead_to_is_doomed_once(void **unused)
{
	struct state *state = state_create();
	struct rangeset failed = { 0 };
	struct event *events;

	(void)unused;
	for (uint32_t i = 0; i < 300; i++) {
		char name[16], parent[16];
		struct event e;

		snprintf(name, sizeof name, "p%u", i);
		e = event(EVENT_PHASE, name, 0, 0, NULL);
		e.order = i;
		e.sweep = xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
		state_apply(state, &e);
		e.kind = EVENT_INTENDED;
		e.gen = 1;
		for (uint32_t k = 0; k < i; k++) {
			snprintf(parent, sizeof parent, "p%u", k);
			parents_add(&e.parents, i <= 2 ? EDGE_AFTER_EACH
			            : EDGE_AFTER, parent);
		}
		state_apply(state, &e);
		event_clear(&e);
	}
	rangeset_add(&failed, 1, 1);
	assert_int_equal(state_doomed(state, "p0", &failed, &events), 299);
	for (uint32_t i = 0; i < 299; i++) {
		bool each = strcmp(events[i].phase, "p1") == 0
			|| strcmp(events[i].phase, "p2") == 0;

		assert_int_equal(rangeset_count(&events[i].tasks), each ? 1 : 3);
		event_clear(&events[i]);
	}
	free(events);
	rangeset_clear(&failed);
	state_destroy(state);
}

/* Sets of every other task, and of every fourth. */
static void
sets_of_many_ranges_are_gone_through_once(void **unused)
{
	struct rangeset all = { 0 }, even = { 0 }, fourth = { 0 };
	double begin = cpu_seconds();

	(void)unused;
	rangeset_add(&all, 0, 4 * MANY - 1);
	for (uint32_t i = 0; i < 4 * MANY; i += 2)
		rangeset_add(&even, i, i);
	for (uint32_t i = 0; i < 4 * MANY; i += 4)
		rangeset_add(&fourth, i, i + 1);
	rangeset_subtract(&all, &even);
	assert_int_equal(rangeset_count(&all), 2 * MANY);
	rangeset_subtract(&all, &fourth); /* left: 3, 7, 11 ... */
	assert_int_equal(rangeset_count(&all), MANY);
	assert_true(rangeset_has(&all, 3) && !rangeset_has(&all, 1));
	rangeset_union(&all, &fourth); /* 0, 1, 3, 4, 5, 7 ... */
	assert_int_equal(rangeset_count(&all), 3 * MANY);
	assert_int_equal(all.count, MANY + 1);
	rangeset_union(&all, &even);
	assert_int_equal(all.count, 1);
	assert_true(cpu_seconds() - begin < 10);
	rangeset_clear(&all);
	rangeset_clear(&even);
	rangeset_clear(&fourth);
}

/* ---- a run on disk ---- */

static char dir[64];
static struct latsub_error err;

static int
make_run(void **unused)
{
	(void)unused;
	strcpy(dir, "/tmp/latsub-unit-XXXXXX");
	return mkdtemp(dir) && run_make(dir, &err) == 0 ? 0 : -1;
}

static int
remove_run(void **unused)
{
	char *command = xasprintf("rm -rf %s", dir);
	int rc = system(command);

	(void)unused;
	free(command);
	return rc;
}

static struct run *
run_with_life(void)
{
	struct event events[32];
	size_t count = make_life(events);
	struct run *run = run_open(dir, &err);

	assert_non_null(run);
	assert_int_equal(run_record(run, events, count, true, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	return run;
}

static void
edit_file(const char *expression)
{
	char *command = xasprintf("sed -i '%s' %s/.experiment_state",
	                          expression, dir);

	assert_int_equal(system(command), 0);
	free(command);
}

static void
snapshot_and_journal_agree(void **unused)
{
	struct run *run = run_with_life(), *again;
	char *expected = describe(run->state), *got;

	(void)unused;
	again = run_open(dir, &err); /* from the snapshot */
	got = describe(again->state);
	assert_string_equal(got, expected);
	assert_int_equal(again->edit_count, 0);
	free(got);
	run_close(again);
	edit_file("/./d"); /* all lines: emptied, as touch would make it */
	again = run_open(dir, &err);
	got = describe(again->state);
	assert_string_equal(got, expected);
	free(got);
	run_close(again);
	unlink(run->state_path);
	again = run_open(dir, &err);
	got = describe(again->state);
	assert_string_equal(got, expected);
	free(got);
	free(expected);
	run_close(again);
	run_close(run);
}

static void
hand_edits_count(void **unused)
{
	struct run *run = run_with_life(), *again;

	(void)unused;
	edit_file("s/^train=completed/train=pending/");
	again = run_open(dir, &err);
	assert_int_equal(again->edit_count, 1);
	assert_int_equal(phase_word(state_find(again->state, "train")),
	                 WORD_PENDING);
	assert_int_equal(run_save(again, &err), 0); /* now it is journalled */
	run_close(again);
	again = run_open(dir, &err);
	assert_int_equal(again->edit_count, 0);
	assert_int_equal(phase_word(state_find(again->state, "train")),
	                 WORD_PENDING);
	run_close(again);
	edit_file("s/^eval=.*/eval=completed/");
	again = run_open(dir, &err);
	assert_int_equal(phase_word(state_find(again->state, "eval")),
	                 WORD_COMPLETED);
	run_close(again);
	run_close(run);
}

static void
old_file_saved_over_a_newer_loses_nothing(void **unused)
{
	struct run *run = run_with_life(), *again;
	struct event e = event(EVENT_COMPLETED, "eval", 3, 0, "0");
	char *old = NULL;
	size_t len;

	(void)unused;
	assert_int_equal(file_read(run->state_path, 1 << 20, &old, &len, NULL,
	                           &err), 0);
	assert_int_equal(run_record(run, &e, 1, true, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	assert_int_equal(file_replace(run->state_path, old, len, 0644, &err), 0);
	again = run_open(dir, &err);
	assert_int_equal(again->edit_count, 0);
	assert_int_equal(state_find(again->state, "eval")->cells[0].state,
	                 TASK_COMPLETED);
	run_close(again);
	run_close(run);
	event_clear(&e);
	free(old);
}

static void
failures_of_an_array_add_up_over_snapshots(void **unused)
{
	struct run *run = run_with_life(), *again;
	static const char *const tasks[] = { "0", "2" };

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct event e = event(EVENT_FAILED, "eval", 3, 0, tasks[i]);

		e.reason = xasprintf("exit code %zu", i + 1);
		assert_int_equal(run_record(run, &e, 1, true, &err), 0);
		assert_int_equal(run_save(run, &err), 0);
		event_clear(&e);
	}
	again = run_open(dir, &err);
	assert_int_equal(phase_marks(state_find(again->state, "eval"),
	                             MARK_FAILED, 3, 0), 1);
	assert_int_equal(phase_marks(state_find(again->state, "eval"),
	                             MARK_FAILED, 0, 0), 3);
	run_close(again);
	run_close(run);
}

static void
mistyped_words_are_told_with_their_line(void **unused)
{
	struct run *run = run_with_life(), *again;

	(void)unused;
	edit_file("s/^train=completed/train=compelted/");
	again = run_open(dir, &err);
	assert_int_equal(again->complaints.count, 1);
	assert_non_null(strstr(again->complaints.texts[0],
	                       "did you mean 'completed'"));
	assert_non_null(strstr(again->complaints.texts[0],
	                       ".experiment_state:"));
	run_close(again);
	run_close(run);
}

static void
comments_and_strangers_stay(void **unused)
{
	struct run *run = run_with_life(), *again;
	struct event e = event(EVENT_COMPLETED, "eval", 3, 0, "0");
	char *text = NULL;
	size_t len;

	(void)unused;
	edit_file("1i # my note");
	edit_file("$a [datasets]");
	edit_file("$a sst2=pending");
	again = run_open(dir, &err);
	assert_int_equal(run_record(again, &e, 1, true, &err), 0);
	assert_int_equal(run_save(again, &err), 0);
	assert_int_equal(file_read(run->state_path, 1 << 20, &text, &len, NULL,
	                           &err), 0);
	assert_non_null(strstr(text, "# my note\n"));
	assert_non_null(strstr(text, "[datasets]\nsst2=pending\n"));
	assert_non_null(strstr(text, "eval.completed=0,2\n"));
	free(text);
	run_close(again);
	run_close(run);
	event_clear(&e);
}

static void
torn_tails_are_passed_over(void **unused)
{
	struct run *run = run_with_life(), *again;
	char *name = journal_file_name();
	char *path = file_join(run->journal_dir, name);
	struct event e = event(EVENT_COMPLETED, "eval", 3, 0, "0");
	FILE *file = fopen(path, "a");

	(void)unused;
	assert_non_null(file);
	fputs("{\"v\":1,\"e\":\"comp", file);
	fclose(file);
	assert_int_equal(run_record(run, &e, 1, true, &err), 0);
	assert_int_equal(state_find(run->state, "eval")->cells[0].state,
	                 TASK_COMPLETED);
	again = run_open(dir, &err);
	assert_int_equal(state_find(again->state, "eval")->cells[0].state,
	                 TASK_COMPLETED);
	run_close(again);
	run_close(run);
	event_clear(&e);
	free(path);
	free(name);
}

/* Lines of more than a megabyte: 300,000 values, and half of the tasks done. */
static const struct phase_note *
note_of(const struct run *run, enum phase_note_kind kind)
{
	const struct phase_state *phase = state_find(run->state, "p");

	for (size_t i = 0; phase && i < phase->note_count; i++) {
		if (phase->notes[i].kind == kind)
			return &phase->notes[i];
	}
	fail_msg("no note of kind %d", (int)kind);
	return NULL;
}

static void
notes_are_there(struct run *run)
{
	const struct phase_note *note = note_of(run, NOTE_REFUSED);

	assert_int_equal(state_find(run->state, "p")->note_count, 3);
	assert_string_equal(note->name, "a dir/epoch=4 ");
	assert_string_equal(note->mark, "00000000000000a2");
	note = note_of(run, NOTE_LATE);
	assert_int_equal(note->attempt, 1);
	assert_int_equal(note->second, 17);
	assert_string_equal(note->name, "");
	assert_string_equal(note->mark, "");
	note = note_of(run, NOTE_QUICK);
	assert_string_equal(note->name, "epoch3");
	assert_string_equal(note->mark, "00000000000000a3");
	/* in the indices of the newest sweep */
	assert_true(rangeset_has(&note->tasks, 1));
	assert_int_equal(rangeset_count(&note->tasks), 1);
}

/* As a latsub wrote it that had no notes. */
static void
forget_notes(void)
{
	char *path = file_join(dir, RUN_STATE_NAME), *text, *check;
	struct latsub_errlist errors = { 0 };
	struct inifile *doc;
	size_t len;

	assert_int_equal(file_read(path, RUN_FILE_MAX, &text, &len, NULL, &err),
	                 0);
	doc = inifile_parse(path, text, len, INI_JSON_STRINGS, &errors);
	free(text);
	for (size_t i = 0; i < inifile_count(doc); i++) {
		const struct inifile_entry *entry = inifile_entry(doc, i);

		if (entry->value && strcmp(entry->section, "notes") == 0)
			inifile_unset(doc, "notes", entry->key);
	}
	check = state_check(doc);
	inifile_set(doc, "journal", STATE_CHECK_KEY, check);
	text = inifile_render(doc, &len);
	assert_int_equal(file_replace(path, text, len, 0644, &err), 0);
	free(check);
	free(text);
	free(path);
	inifile_destroy(doc);
}

/* What a runner asks for stands in the snapshot: it need not read the journal
 * again.  Of a snapshot of before that it is looked for there. */
static void
what_runners_ask_for_is_in_the_snapshot(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event e[7];

	(void)unused;
	e[0] = event(EVENT_PHASE, "p", 0, 0, NULL);
	e[0].sweep = xstrdup("{\"S\":[\"1\",\"2\"]}");
	e[1] = event(EVENT_INTENDED, "p", 1, 0, NULL);
	e[2] = event(EVENT_REFUSED, "p", 1, 0, "0");
	e[2].path = xstrdup("a dir/epoch=4 ");
	e[2].mark = xstrdup("00000000000000a2");
	e[3] = event(EVENT_REFUSED, "p", 1, 1, "1");
	e[3].late = true;
	e[3].stopped_at = 17.5;
	e[4] = event(EVENT_REQUEUED, "p", 1, 1, "0");
	e[4].requeue.reason = REASON_RETRY;
	e[4].from = xstrdup("epoch3");
	e[4].mark = xstrdup("00000000000000a3");
	e[5] = event(EVENT_FAILED, "p", 1, 2, "0"); /* not quickly */
	e[5].from = xstrdup("epoch3");
	e[6] = event(EVENT_PHASE, "p", 2, 0, NULL);
	e[6].sweep = xstrdup("{\"S\":[\"2\",\"1\"]}");
	assert_int_equal(run_record(run, e, 7, true, &err), 0);
	notes_are_there(run);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	run = run_open(dir, &err);
	notes_are_there(run);
	assert_int_equal(run->offsets.bytes_read, 0);
	run_close(run);
	forget_notes();
	run = run_open(dir, &err);
	assert_int_equal(run->offsets.bytes_read, 0);
	notes_are_there(run);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	for (int i = 0; i < 7; i++)
		event_clear(&e[i]);
}

#define LATE_TASKS 5000

static size_t
count_lines(const struct run *run, const char *words)
{
	size_t count = 0, len;
	char *text = NULL;

	assert_int_equal(file_read(run->state_path, RUN_FILE_MAX, &text, &len,
	                           NULL, &err), 0);
	for (char *at = text; (at = strstr(at, words)); at++)
		count++;
	free(text);
	return count;
}

static struct event
late_event(uint32_t attempt, uint32_t task, double when)
{
	struct event e = event(EVENT_REFUSED, "p", 1, attempt, NULL);

	e.all = false;
	rangeset_add(&e.tasks, task, task);
	e.late = true;
	e.stopped_at = when;
	return e;
}

/* All tasks of an array are killed together, and none has time to look, twice. */
static void
late_tasks_share_their_lines(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event *e = xcalloc(2 + 2 * LATE_TASKS, sizeof *e);
	struct strbuf values = { 0 };

	(void)unused;
	for (int i = 0; i < LATE_TASKS; i++)
		strbuf_printf(&values, "%s\"%d\"", i ? "," : "{\"S\":[", i);
	strbuf_puts(&values, "]}");
	e[0] = event(EVENT_PHASE, "p", 0, 0, NULL);
	e[0].sweep = strbuf_steal(&values);
	e[1] = event(EVENT_INTENDED, "p", 1, 0, NULL);
	for (uint32_t t = 0; t < LATE_TASKS; t++) { /* the newer one first */
		e[2 + t] = late_event(1, t, 2000 + t * 0.001);
		e[2 + LATE_TASKS + t] = late_event(0, t, 1000 + t * 0.001);
	}
	e[2 + LATE_TASKS].attempt = 2; /* and one of them once more */
	assert_int_equal(run_record(run, e, 2 + 2 * LATE_TASKS, false, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	assert_int_equal(count_lines(run, "\np.late."), 6);
	assert_int_equal(count_lines(run, "\np.late.1.2.1000=0 1000\n"), 1);
	assert_int_equal(count_lines(run, "\np.late.1.1.2004=4000-4999 2004\n"),
	                 1);
	run_close(run);
	for (int i = 0; i < 2 + 2 * LATE_TASKS; i++)
		event_clear(&e[i]);
	free(e);
}

/* What was two attempts ago is no reason any more; a refusal stays one. */
static void
old_notes_are_dropped(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event e[5];

	(void)unused;
	e[0] = event(EVENT_PHASE, "p", 0, 0, NULL);
	e[1] = event(EVENT_INTENDED, "p", 1, 0, NULL);
	e[2] = event(EVENT_REQUEUED, "p", 1, 0, "0");
	e[2].requeue.reason = REASON_RETRY;
	e[2].from = xstrdup("epoch3");
	e[2].mark = xstrdup("00000000000000a3");
	e[3] = event(EVENT_REFUSED, "p", 1, 0, "0");
	e[3].path = xstrdup("epoch4");
	e[3].mark = xstrdup("00000000000000a4");
	e[4] = late_event(0, 0, 1000);
	assert_int_equal(run_record(run, e, 5, false, &err), 0);
	for (uint32_t attempt = 0; attempt < 3; attempt++) {
		struct event start = event(EVENT_STARTED, "p", 1, attempt, "0");

		assert_int_equal(run_record(run, &start, 1, false, &err), 0);
		assert_int_equal(run_save(run, &err), 0);
		assert_int_equal(count_lines(run, "\np.late."), attempt < 2);
		assert_int_equal(count_lines(run, "\np.quick."), attempt < 2);
		assert_int_equal(count_lines(run, "\np.refused."), 1);
		event_clear(&start);
	}
	run_close(run);
	for (int i = 0; i < 5; i++)
		event_clear(&e[i]);
}

#define DENSE 2500

/* Every phase waits for all before it: three million edges. */
static void
record_dense_phases(struct run *run)
{
	struct event *events = xcalloc(2 * DENSE, sizeof *events);

	for (uint32_t i = 0; i < DENSE; i++) {
		struct event *intent = &events[2 * i + 1];
		char name[32];

		snprintf(name, sizeof name, "phase_number_%u", i);
		events[2 * i] = event(EVENT_PHASE, name, 0, 0, NULL);
		events[2 * i].order = i;
		*intent = event(EVENT_INTENDED, name, 1, 0, NULL);
		for (uint32_t k = 0; k < i; k++) {
			snprintf(name, sizeof name, "phase_number_%u", k);
			parents_add(&intent->parents, i % 5 == 4 && k < 5
			            ? EDGE_AFTER_EACH : k >= i / 2
			            ? EDGE_AFTER_ANY : EDGE_AFTER, name);
		}
	}
	assert_int_equal(run_record(run, events, 2 * DENSE, false,
	                            &err), 0);
	for (uint32_t i = 0; i < 2 * DENSE; i++)
		event_clear(&events[i]);
	free(events);
}

static int
compare_parents(const void *a, const void *b)
{
	const struct parent *x = a, *y = b;
	int order = strcmp(x->phase, y->phase);

	return order ? order : (int)x->kind - (int)y->kind;
}

static void
same_parents(const struct run *a, const struct run *b, const char *name)
{
	struct parents *x = &state_find(a->state, name)->parents;
	struct parents *y = &state_find(b->state, name)->parents;

	assert_int_equal(x->count, y->count);
	qsort(x->items, x->count, sizeof *x->items, compare_parents);
	qsort(y->items, y->count, sizeof *y->items, compare_parents);
	for (size_t i = 0; i < x->count; i++) {
		assert_int_equal(x->items[i].kind, y->items[i].kind);
		assert_string_equal(x->items[i].phase, y->items[i].phase);
	}
}

/* What is written can be read; and it is not written for each edge. */
static void
dense_phases_are_saved_and_read_again(void **unused)
{
	struct run *run = run_open(dir, &err), *again;
	struct event first = event(EVENT_COMPLETED, "phase_number_0", 1, 0, NULL);
	double begin = cpu_seconds();

	(void)unused;
	record_dense_phases(run);
	assert_int_equal(run_save(run, &err), 0);
	again = run_open(dir, &err);
	if (!again)
		fail_msg("%s", err.text);
	assert_true(again->doc_stat.st_size < 1024 * 1024);
	assert_int_equal(again->offsets.bytes_read, 0);
	assert_int_equal(run_record(again, &first, 1, true, &err), 0);
	assert_int_equal(run_save(again, &err), 0);
	run_close(again);
	again = run_open(dir, &err);
	same_parents(run, again, "phase_number_2499");
	same_parents(run, again, "phase_number_1234");
	same_parents(run, again, "phase_number_3");
	assert_int_equal(again->edit_count, 0);
	run_close(again);
	run_close(run);
	event_clear(&first);
	assert_true(cpu_seconds() - begin < 30);
}

/* A snapshot from before parents had numbers. */
static void
parents_by_name_are_read(void **unused)
{
	struct run *run = run_open(dir, &err);
	struct event events[2] = { event(EVENT_PHASE, "p", 0, 0, NULL),
		event(EVENT_INTENDED, "p", 1, 0, NULL) };
	const struct parents *parents;

	(void)unused;
	parents_add(&events[1].parents, EDGE_AFTER, "a");
	for (int i = 0; i < 20; i++) { /* of an experiment that changed */
		char name[16];

		snprintf(name, sizeof name, "gone_%d", i);
		parents_add(&events[1].parents, EDGE_AFTER_ANY, name);
	}
	assert_int_equal(run_record(run, events, 2, true, &err), 0);
	assert_int_equal(run_save(run, &err), 0);
	run_close(run);
	run = run_open(dir, &err);
	parents = &state_find(run->state, "p")->parents;
	assert_int_equal(parents->count, 21);
	assert_int_equal(parents->items[0].kind, EDGE_AFTER);
	assert_string_equal(parents->items[0].phase, "a");
	assert_int_equal(parents->items[20].kind, EDGE_AFTER_ANY);
	assert_string_equal(parents->items[20].phase, "gone_19");
	run_close(run);
	event_clear(&events[0]);
	event_clear(&events[1]);
}

static void
a_huge_array_is_saved_and_read_again(void **unused)
{
	struct run *run = run_open(dir, &err), *again;
	struct event events[3] = { event(EVENT_PHASE, "p", 0, 0, NULL),
		event(EVENT_INTENDED, "p", 1, 0, NULL),
		event(EVENT_COMPLETED, "p", 1, 0, "") };
	struct strbuf sweep = { 0 };
	double begin;

	(void)unused;
	strbuf_puts(&sweep, "{\"I\":[\"0\"");
	for (uint32_t i = 1; i < 300000; i++)
		strbuf_printf(&sweep, ",\"%u\"", i);
	strbuf_puts(&sweep, "]}");
	events[0].sweep = strbuf_steal(&sweep);
	for (uint32_t i = 0; i < 300000; i += 2)
		rangeset_add(&events[2].tasks, i, i);
	assert_int_equal(run_record(run, events, 3, true, &err), 0);
	for (uint32_t i = 1; i < 300000; i += 2) /* attempts of all numbers */
		state_find(run->state, "p")->cells[i].attempt = (uint16_t)i;
	begin = cpu_seconds();
	assert_int_equal(run_save(run, &err), 0);
	assert_true(cpu_seconds() - begin < 20);
	again = run_open(dir, &err);
	assert_int_equal(again->complaints.count, 0);
	assert_int_equal(again->offsets.bytes_read, 0);
	assert_int_equal(state_find(again->state, "p")->cells[2].state,
	                 TASK_COMPLETED);
	assert_int_equal(state_find(again->state, "p")->cells[3].state,
	                 TASK_INTENDED);
	assert_int_equal(state_find(again->state, "p")->cells[5].attempt, 5);
	assert_int_equal(state_find(again->state, "p")->cells[4].attempt, 0);
	run_close(again);
	run_close(run);
	for (int i = 0; i < 3; i++)
		event_clear(&events[i]);
}

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

#define DISK(test) cmocka_unit_test_setup_teardown(test, make_run, remove_run)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_folds_to_the_same),
		cmocka_unit_test(a_late_change_is_told_from_a_newer_one),
		cmocka_unit_test(a_run_without_phases_is_not_done),
		cmocka_unit_test(when_a_job_was_submitted_is_kept),
		cmocka_unit_test(journal_lines_survive_anything),
		cmocka_unit_test(nothing_is_quadratic),
		cmocka_unit_test(a_chain_of_any_length_is_followed),
		cmocka_unit_test(what_many_ways_lead_to_is_doomed_once),
		cmocka_unit_test(sets_of_many_ranges_are_gone_through_once),
		DISK(snapshot_and_journal_agree),
		DISK(hand_edits_count),
		DISK(old_file_saved_over_a_newer_loses_nothing),
		DISK(failures_of_an_array_add_up_over_snapshots),
		DISK(mistyped_words_are_told_with_their_line),
		DISK(comments_and_strangers_stay),
		DISK(torn_tails_are_passed_over),
		DISK(what_runners_ask_for_is_in_the_snapshot),
		DISK(late_tasks_share_their_lines),
		DISK(old_notes_are_dropped),
		DISK(dense_phases_are_saved_and_read_again),
		DISK(parents_by_name_are_read),
		DISK(a_huge_array_is_saved_and_read_again),
		cmocka_unit_test(names_of_runs_have_a_time_at_their_end),
		DISK(older_runs_are_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
