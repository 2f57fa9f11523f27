/*
 * variables.c - what is said about the values of variables before anything is
 * submitted with them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/view.h"
#include "road.h"

/* A new run: what it has that its file does not say. */
static void
note_new(const struct variable *variable, const char *file)
{
	char *value = view_value(variable->value);
	char *in_file = variable->in_file ? view_value(variable->in_file) : NULL;

	if (variable->source == VARIABLE_ENVIRONMENT && !in_file)
		fprintf(stderr, "latsub: %s = %s is from the environment\n",
		        variable->name, value);
	else if (variable->source == VARIABLE_ENVIRONMENT)
		fprintf(stderr, "latsub: %s = %s is from the environment (%s has "
		        "%s)\n", variable->name, value, file_basename(file),
		        in_file);
	free(in_file);
	free(value);
}

/* A run that goes on: which values are other ones now, and which were kept though
 * the file says otherwise. */
static void
note_change(const struct variable *now, const struct variable *then,
            const char *new_file, bool has_jobs)
{
	char *value = view_value(now->value), *old = view_value(then->value);
	char *in_file = view_value(now->in_file ? now->in_file : "");

	if (strcmp(now->value, then->value) != 0)
		fprintf(stderr, "latsub: %s = %s from %s now; this run had %s, "
		        "from %s%s\n", now->name, value,
		        variable_source_text(now->source), old,
		        variable_source_text(then->source), has_jobs
		        ? "; jobs that are in Slurm keep that" : "");
	else if (new_file && now->in_file && now->source != VARIABLE_FILE
	         && strcmp(now->in_file, now->value) != 0
	         && then->source != VARIABLE_FILE)
		fprintf(stderr, "latsub: %s = %s is kept: this run had it from "
		        "%s (%s has %s; --set takes another value)\n",
		        now->name, value, variable_source_text(then->source),
		        file_basename(new_file), in_file);
	free(in_file);
	free(value);
	free(old);
}

/* --keep-env: what the environment would have changed. */
static void
note_ignored(const struct variable *now)
{
	const char *given = getenv(now->name);
	char *value;

	if (!given || strcmp(given, now->value) == 0)
		return;
	value = view_value(given);
	fprintf(stderr, "latsub: %s = %s of the environment does not count "
	        "(--keep-env)\n", now->name, value);
	free(value);
}

/* Phases that were submitted last with one set, and are to be run. */
struct same_set {
	const char *mark;
	char *names[3];
	size_t count;
};

struct same_sets {
	struct same_set *items;
	size_t count;
	struct strmap *by_mark; /* -> index */
};

static void
add_to_set(struct same_sets *sets, const char *mark, char *name)
{
	size_t at = sets->count;
	struct same_set *set;

	if (!strmap_get_number(sets->by_mark, mark, &at)) {
		GROW(sets->items, sets->count);
		sets->items[sets->count++] = (struct same_set){ .mark = mark };
		strmap_set_number(sets->by_mark, mark, at);
	}
	set = &sets->items[at];
	if (set->count < 3)
		set->names[set->count] = name;
	set->count++;
}

static char *
names_of(const struct same_set *set)
{
	struct strbuf text = { 0 };

	for (size_t i = 0; i < set->count && i < 3; i++)
		strbuf_printf(&text, "%s%s", i ? ", " : "", set->names[i]);
	if (set->count > 3)
		strbuf_printf(&text, " and %zu more", set->count - 3);
	return strbuf_steal(&text);
}

static void
note_set(const struct run *run, const struct variables *env,
         const struct same_set *set)
{
	struct variables then = { 0 };
	struct latsub_error err = { 0 };
	char *names = names_of(set);

	if (run_variables(run, set->mark, &then, &err))
		cli_fail(&err);
	for (size_t i = 0; i < then.count; i++) {
		const struct variable *old = &then.items[i];
		const struct variable *now = variables_find(env, old->name);
		char *value = view_value(old->value);
		char *new_value = now ? view_value(now->value) : NULL;

		if (!now || strcmp(now->value, old->value) != 0)
			fprintf(stderr, "latsub: %s: %s was %s when it was "
			        "submitted last, and is %s now\n", names,
			        old->name, value, now ? new_value : "not set");
		free(new_value);
		free(value);
	}
	variables_clear(&then);
	free(names);
}

void
road_note_phases(const struct run *run, const struct spec *spec,
                 const struct plan *plan)
{
	const char *newest = run ? run_variables_mark(run) : NULL;
	struct same_sets sets = { .by_mark = strmap_create() };

	for (size_t i = 0; newest && i < plan->count; i++) {
		const struct phase_state *state = state_find(run->state,
			spec->phases[i].name);
		const char *mark = state ? phase_variables_of(state, UINT32_MAX)
			: NULL;

		if (mark && strcmp(mark, newest) != 0
		    && plan->phases[i].action == PLAN_RUN)
			add_to_set(&sets, mark, spec->phases[i].name);
	}
	for (size_t i = 0; i < sets.count; i++)
		note_set(run, &spec->env, &sets.items[i]);
	free(sets.items);
	strmap_destroy(sets.by_mark);
}

/* What the file gave once, and does not give any more: it goes with the file. */
static void
note_lost(const struct variables *env, const struct variables *had)
{
	for (size_t i = 0; i < had->count; i++) {
		const struct variable *then = &had->items[i];
		char *value = view_value(then->value);

		if (!variables_find(env, then->name))
			fprintf(stderr, "latsub: %s is not in the experiment any "
			        "more; this run had %s, from %s\n", then->name,
			        value, variable_source_text(then->source));
		free(value);
	}
}

/* Keys that --set changed once, against another file now. */
static void
note_kept_sets(const struct reading *reading)
{
	for (size_t i = 0; i < reading->kept_sets.count; i++) {
		const char *set = reading->kept_sets.items[i];

		if (strlist_has(&reading->experiment->sets, set))
			fprintf(stderr, "latsub: %s is kept, as this run had it "
			        "from --set\n", set);
	}
}

void
road_note_variables(const struct request *request,
                    const struct reading *reading, bool has_jobs)
{
	const struct spec *spec = reading->experiment->spec;
	bool new_file = request->config || request->file;

	for (size_t i = 0; i < spec->env.count; i++) {
		const struct variable *now = &spec->env.items[i];
		const struct variable *then = variables_find(&reading->then,
		                                             now->name);

		if (then)
			note_change(now, then, new_file ? spec->file : NULL,
			            has_jobs);
		else
			note_new(now, spec->file);
		if (request->keep_env)
			note_ignored(now);
	}
	note_lost(&spec->env, &reading->then);
	if (new_file)
		note_kept_sets(reading);
}
