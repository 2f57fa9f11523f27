/*
 * state_tasks.c - the tasks of phases in the state file: sweeps, and cells as sets.
 *
 * A phase that is no array has its one cell in [jobs].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_keys.h"

/* ---- sweeps ---- */

void
state_write_total(struct state_writing *writing, const struct state_key *key,
                  const struct phase_state *phase)
{
	state_put(writing, key, phase, "", "%u", phase->total);
}

/* rest: the generation it holds from */
void
state_read_sweep(struct state_reading *reading, const struct state_line *line)
{
	struct phase_state *phase = line->phase;
	struct sweep sweep = { 0 };
	int64_t since = 0;

	(void)reading;
	if (*line->rest && text_parse_int(line->rest, 0, UINT32_MAX, &since))
		return;
	if (sweep_parse(&sweep, line->value) == 0
	    && sweep_size(&sweep) <= SWEEP_MAX_TASKS) {
		phase->known = true;
		phase_set_sweep(phase, (uint32_t)since, true,
		                (uint32_t)sweep_size(&sweep), &sweep);
	}
	sweep_clear(&sweep);
}

void
state_write_sweeps(struct state_writing *writing, const struct state_key *key,
                   const struct phase_state *phase)
{
	for (size_t i = 0; i < phase->sweep_count; i++) {
		char *json = sweep_print(&phase->sweeps[i].sweep);
		char rest[16] = "";

		if (phase->sweeps[i].since)
			snprintf(rest, sizeof rest, ".%u",
			         phase->sweeps[i].since);
		state_put(writing, key, phase, rest, "%s", json);
		free(json);
	}
}

/* ---- cells, from sets ---- */

/* What a line says of each task in its set. */
struct told {
	enum { TOLD_STATE, TOLD_DONE, TOLD_GENERATION, TOLD_ATTEMPT } what;
	uint32_t number;
};

static void
tell_cell(struct task_cell *cell, struct told told)
{
	switch (told.what) {
	case TOLD_STATE:
		cell->state = (uint8_t)told.number;
		cell->done |= told.number == TASK_COMPLETED;
		break;
	case TOLD_DONE:
		cell->done = 1;
		break;
	case TOLD_GENERATION:
		cell->gen = told.number;
		break;
	case TOLD_ATTEMPT:
		cell->attempt = (uint16_t)told.number;
		break;
	}
}

static void
tell_cells(const struct state_line *line, struct told told)
{
	struct phase_state *phase = line->phase;
	struct rangeset set = { 0 };

	if (rangeset_parse(&set, line->value))
		set.count = 0;
	rangeset_for_each_below(&set, phase->total, t)
		tell_cell(&phase->cells[t], told);
	rangeset_clear(&set);
}

void
state_read_state(struct state_reading *reading, const struct state_line *line)
{
	int state = task_state_find(line->rest);

	(void)reading;
	if (state >= 0)
		tell_cells(line, (struct told){ TOLD_STATE, (uint32_t)state });
}

void
state_read_generation(struct state_reading *reading,
                      const struct state_line *line)
{
	(void)reading;
	tell_cells(line, (struct told){ TOLD_GENERATION,
	                                state_number_of(line->rest) });
}

void
state_read_attempt(struct state_reading *reading, const struct state_line *line)
{
	(void)reading;
	tell_cells(line, (struct told){ TOLD_ATTEMPT,
	                                state_number_of(line->rest) });
}

void
state_read_done(struct state_reading *reading, const struct state_line *line)
{
	(void)reading;
	tell_cells(line, (struct told){ TOLD_DONE, 0 });
}

/* ---- cells, to sets ---- */

void
state_write_states(struct state_writing *writing, const struct state_key *key,
                   const struct phase_state *phase)
{
	for (int state = 1; state < TASK_STATE_COUNT; state++) {
		struct rangeset set = { 0 };

		phase_tasks_in(phase, 1u << state, &set);
		if (set.count)
			state_put_set(writing, key, phase, task_state_name(
				(enum task_state)state), &set);
		rangeset_clear(&set);
	}
}

struct span { /* of tasks, side by side, of one number */
	uint32_t number, first, last;
};

static int
compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static uint32_t
generation_of(const struct task_cell *cell)
{
	return cell->gen;
}

static uint32_t
attempt_of(const struct task_cell *cell)
{
	return cell->attempt;
}

static struct span *
find_spans(const struct phase_state *phase,
           uint32_t (*number_of)(const struct task_cell *cell), size_t *count)
{
	struct span *spans = xcalloc(phase->total, sizeof *spans);

	*count = 0;
	for (uint32_t i = 0; i < phase->total; i++) {
		uint32_t number = number_of(&phase->cells[i]);

		if (*count && spans[*count - 1].number == number)
			spans[*count - 1].last = i;
		else
			spans[(*count)++] = (struct span){ number, i, i };
	}
	qsort(spans, *count, sizeof *spans, compare_spans);
	return spans;
}

/* The distinct numbers of the cells, each with its set. */
static void
write_numbers(struct state_writing *writing, const struct state_key *key,
              const struct phase_state *phase,
              uint32_t (*number_of)(const struct task_cell *cell))
{
	size_t count;
	struct span *spans = find_spans(phase, number_of, &count);
	struct rangeset set = { 0 };

	for (size_t i = 0; i < count; i++) {
		char rest[16];

		rangeset_add(&set, spans[i].first, spans[i].last);
		if (i + 1 < count && spans[i + 1].number == spans[i].number)
			continue;
		snprintf(rest, sizeof rest, "%u", spans[i].number);
		if (spans[i].number)
			state_put_set(writing, key, phase, rest, &set);
		rangeset_clear(&set);
	}
	free(spans);
}

void
state_write_generations(struct state_writing *writing,
                        const struct state_key *key,
                        const struct phase_state *phase)
{
	write_numbers(writing, key, phase, generation_of);
}

void
state_write_attempts(struct state_writing *writing, const struct state_key *key,
                     const struct phase_state *phase)
{
	write_numbers(writing, key, phase, attempt_of);
}

/* Tasks that completed once and are to run again. */
void
state_write_done(struct state_writing *writing, const struct state_key *key,
                 const struct phase_state *phase)
{
	struct rangeset set = { 0 };

	for (uint32_t i = 0; i < phase->total; i++) {
		if (phase->cells[i].done
		    && phase->cells[i].state != TASK_COMPLETED)
			rangeset_add(&set, i, i);
	}
	if (set.count)
		state_put_set(writing, key, phase, "", &set);
	rangeset_clear(&set);
}

/* ---- the cell of a phase that is no array ---- */

static void
make_single_cell(struct phase_state *phase)
{
	static const struct sweep none;

	if (!phase->cells)
		phase_set_sweep(phase, 0, false, 1, &none);
	phase->known = true;
}

/* "GENERATION.ATTEMPT STATE" */
void
state_read_single(struct state_reading *reading, const struct state_line *line)
{
	struct phase_state *phase = line->phase;
	unsigned gen, attempt;
	char word[16];
	int state;

	(void)reading;
	make_single_cell(phase);
	if (phase->array || sscanf(line->value, "%u.%u %15s", &gen, &attempt,
	                           word) != 3)
		return;
	phase->cells[0].gen = gen;
	phase->cells[0].attempt = (uint16_t)attempt;
	state = task_state_find(word);
	if (state >= 0)
		tell_cell(&phase->cells[0],
		          (struct told){ TOLD_STATE, (uint32_t)state });
}

void
state_write_single(struct state_writing *writing, const struct state_key *key,
                   const struct phase_state *phase)
{
	const struct task_cell *cell = &phase->cells[0];

	state_put(writing, key, phase, "", "%u.%u %s", cell->gen, cell->attempt,
	          task_state_name((enum task_state)cell->state));
}

void
state_read_single_done(struct state_reading *reading,
                       const struct state_line *line)
{
	(void)reading;
	make_single_cell(line->phase);
	tell_cell(&line->phase->cells[0], (struct told){ TOLD_DONE, 0 });
}
