/*
 * test_state_size.c - what the fold costs: it must not grow with the square
 * of the number of events.
 */
#include "state_fixture.h"

#define MANY 200000u

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_quadratic),
		cmocka_unit_test(a_chain_of_any_length_is_followed),
		cmocka_unit_test(what_many_ways_lead_to_is_doomed_once),
		cmocka_unit_test(sets_of_many_ranges_are_gone_through_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
