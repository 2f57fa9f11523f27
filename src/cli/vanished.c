/*
 * vanished.c - what a run has and its experiment has no more: said, and dropped
 * only where that was asked for.
 *
 * A value that is missing in a shell's variable, or a line that an editor lost,
 * must not end work that someone waits for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "road.h"

#define NAMED_MAX 5 /* tasks that are named by their values */

static void
add_values(struct strbuf *text, const struct sweep *sweep, uint32_t task)
{
	for (size_t k = 0; k < sweep->count; k++) {
		char *value = text_shell_quote(sweep_value(sweep, task, k));

		strbuf_printf(text, "%s%s=%.60s", k ? "," : "",
		              sweep->keys[k].name, value);
		free(value);
	}
}

/* Tasks of a phase that is still there, by their values; how many. */
static uint32_t
find_tasks(const struct phase_state *known, const struct spec_phase *phase,
           struct strbuf *names)
{
	const struct sweep *sweep = phase_sweep_now(known);
	uint32_t *map, count = 0;

	if (sweep_equal(sweep, &phase->sweep))
		return 0;
	map = xcalloc(known->total, sizeof *map);
	sweep_map(sweep, &phase->sweep, map);
	for (uint32_t t = 0; t < known->total; t++) {
		if (map[t] != UINT32_MAX || ++count > NAMED_MAX)
			continue;
		strbuf_puts(names, names->len ? ", " : ": ");
		add_values(names, sweep, t);
		strbuf_printf(names, " (%s)", task_state_name(
			(enum task_state)phase_task(known, t)->state));
	}
	if (count > NAMED_MAX)
		strbuf_puts(names, ", ...");
	free(map);
	return count;
}

static void
say_tasks(const struct phase_state *known, uint32_t count,
          const struct strbuf *names)
{
	fprintf(stderr, "latsub: %s: %u of %u tasks %s not in the experiment any "
	        "more%s\n", known->name, count, known->total,
	        count == 1 ? "is" : "are", names->len ? names->data : "");
}

/* Does anything of it matter to someone?  A phase that is completed has given
 * what it was for; one that was never to be submitted is of an old state file. */
static bool
is_missed(const struct phase_state *known)
{
	return phase_was_intended(known) && !phase_is_excluded(known)
		&& phase_word(known) != WORD_COMPLETED;
}

static size_t
find_phases(const struct spec *spec, const struct state *state)
{
	size_t count = 0;

	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *known = state->phases[i];

		if (spec_find(spec, known->name) >= 0 || !is_missed(known))
			continue;
		fprintf(stderr, "latsub: phase %s (%s) is not in the experiment "
		        "any more\n", known->name,
		        phase_word_name(phase_word(known)));
		count++;
	}
	return count;
}

/* Are there values that only this shell has? */
static bool
from_environment(const struct reading *reading)
{
	const struct variables *env = &reading->experiment->spec->env;

	for (size_t i = 0; i < env->count; i++) {
		const struct variable *then = variables_find(&reading->then,
			env->items[i].name);

		if (then && env->items[i].source == VARIABLE_ENVIRONMENT
		    && strcmp(then->value, env->items[i].value) != 0)
			return true;
	}
	return false;
}

/* A phase that is dropped must not run on. */
static int
check_live(const struct live_jobs *live, const struct run *run,
           struct latsub_error *err)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct live_job *job = &live->items[i];

		if (job->phase == SIZE_MAX)
			return latsub_error_set(err, LATSUB_USAGE, "phase %s is "
				"to be dropped, and job %u of it is in Slurm; "
				"'latsub cancel --phase %s %s' first",
				job->phase_name, job->job, job->phase_name,
				run->dir);
	}
	return 0;
}

int
road_check_vanished(const struct run *run, const struct reading *reading,
                    const struct live_jobs *live, bool drop,
                    struct latsub_error *err)
{
	const struct spec *spec = reading->experiment->spec;
	const struct state *state = run->state;
	size_t count;

	count = find_phases(spec, state);
	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct phase_state *known = state_find(state,
			spec->phases[i].name);
		struct strbuf names = { 0 };
		uint32_t tasks = phase_has_tasks(known) && phase_intended_gen(known)
			? find_tasks(known, &spec->phases[i], &names) : 0;

		if (tasks)
			say_tasks(known, tasks, &names);
		count += tasks;
		strbuf_clear(&names);
	}
	if (count == 0)
		return 0;
	if (drop)
		return check_live(live, run, err);
	return latsub_error_set(err, LATSUB_USAGE, "%s: the experiment has less "
		"than this run; bring back what is missing%s, or say --drop to go "
		"on without it", run->dir, from_environment(reading)
		? " (--keep-env has the values that the run has)" : "");
}
