/*
 * spec.c - from the items of experiment.ini to a checked DAG of phases.
 *
 * Everything wrong is reported at once; the passes go on with what they
 * understood, so that one mistake does not hide the next.
 */
#include "latsub/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dag.h"
#include "experiment_keys.h"
#include "phase_keys.h"
#include "spec_reading.h"

#define VARIABLE_MAX (128 * 1024) /* MAX_ARG_STRLEN: name, '=', value, NUL */

const char *
spec_at(struct reading *r, int line)
{
	if (line > 0)
		snprintf(r->where, sizeof r->where, "%.500s:%d", r->spec->file,
		         line);
	else /* no line of the file has it */
		snprintf(r->where, sizeof r->where, "%.500s, --set",
		         r->spec->file);
	return r->where;
}

static bool
in_section(const struct spec_item *item, const char *name)
{
	return item->key && item->value && strcmp(item->section, name) == 0;
}

/* ---- [experiment] and [env] ---- */

static void
read_experiment(struct reading *r, const struct spec_item *item)
{
	const char *nearest;
	char *all;

	if (experiment_keys_set(r->spec, item->key, item->value,
	                        spec_at(r, item->line), r->errors))
		return;
	nearest = experiment_keys_nearest(item->key);
	all = experiment_keys_list();
	latsub_errlist_add(r->errors, "%s: [experiment] has no key '%.60s'; %s%s",
	                   spec_at(r, item->line), item->key,
	                   nearest ? "did you mean " : "it has: ",
	                   nearest ? nearest : all);
	free(all);
}

void
spec_check_variable(struct reading *r, const char *name, int line)
{
	if (!variable_is_name(name, strlen(name)))
		latsub_errlist_add(r->errors, "%s: '%.60s' cannot name a "
		                   "variable: letters, digits and '_' only",
		                   spec_at(r, line), name);
	else if (text_starts(name, "LATSUB_") || text_starts(name, "SLURM_"))
		latsub_errlist_add(r->errors, "%s: %s: variables that begin "
		                   "LATSUB_ or SLURM_ are not yours to set; "
		                   "take another name", spec_at(r, line), name);
}

/* Longer, and no program could be started with it. */
void
spec_check_length(struct reading *r, const char *name, const char *value, int line)
{
	if (strlen(name) + strlen(value) + 2 > VARIABLE_MAX)
		latsub_errlist_add(r->errors, "%s: %.60s: a value of %zu bytes; "
		                   "Linux takes no variable of 128 KiB, put it "
		                   "into a file", spec_at(r, line), name,
		                   strlen(value));
}

static void
read_env(struct reading *r, const struct spec_item *item)
{
	struct variable variable;

	spec_check_variable(r, item->key, item->line);
	variable_choose(r->sources, item->key, item->value, &variable);
	spec_check_length(r, item->key, variable.value, item->line);
	variables_add(&r->spec->env, &variable);
	variable_clear(&variable);
}

/* ---- sections ---- */

static void
check_phase_name(struct reading *r, const char *name, int line)
{
	size_t len = strlen(name);

	if (len >= 1 && len <= SPEC_NAME_MAX
	    && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
	                   "nopqrstuvwxyz0123456789_.-")] == '\0')
		return;
	latsub_errlist_add(r->errors, "%s: '%.60s' (%zu bytes) cannot name a "
	                   "phase: 1 to %d letters, digits, '_', '.' or '-'",
	                   spec_at(r, line), name, len, SPEC_NAME_MAX);
}

static void
add_phase(struct reading *r, const char *name, int line)
{
	struct spec *spec = r->spec;
	struct spec_phase *phase;

	check_phase_name(r, name, line);
	if (spec_find(spec, name) >= 0) {
		latsub_errlist_add(r->errors, "%s: a second [phase %s]; the first "
		                   "is in line %d", spec_at(r, line), name,
		                   spec->phases[spec_find(spec, name)].line);
		return;
	}
	GROW(spec->phases, spec->phase_count);
	strmap_set_number(spec->by_name, name, spec->phase_count);
	phase = &spec->phases[spec->phase_count++];
	*phase = (struct spec_phase){
		.name = xstrdup(name), .line = line, .tasks = 1,
		.checkpoint_grace_sec = -1,
		.requeue_on = REQUEUE_PREEMPT | REQUEUE_TIMEOUT
			| REQUEUE_REQUEST | REQUEUE_NODE_FAIL,
		.max_requeues = 100, .max_stalled_requeues = 3,
	};
}

static const char *
phase_of_section(const char *section)
{
	if (!text_starts(section, "phase") || !strchr(" \t", section[5])
	    || !section[5])
		return NULL;
	return section + 5 + strspn(section + 5, " \t");
}

static void
read_section(struct reading *r, const struct spec_item *item)
{
	static const char *const names[] = { "experiment", "env", "defaults",
	                                     "phase" };
	const char *phase = phase_of_section(item->section), *nearest;

	if (phase) {
		add_phase(r, phase, item->line);
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(item->section, names[i]) == 0)
			return;
	}
	if (!*item->section)
		return;
	nearest = text_nearest(item->section, names, 4);
	latsub_errlist_add(r->errors, "%s: no section is called [%.60s]; %s%s%s",
	                   spec_at(r, item->line), item->section,
	                   nearest ? "did you mean [" : "there are [experiment] "
	                   "[env] [defaults] [phase NAME", nearest ? nearest : "",
	                   nearest && strcmp(nearest, "phase") == 0 ? " NAME]?"
	                   : nearest ? "]?" : "]");
}

/* ---- phases ---- */

static void
unknown_key(struct reading *r, const struct spec_item *item, bool defaults)
{
	const char *nearest = phase_keys_nearest(item->key);
	const char *where = spec_at(r, item->line);

	if (options_own_instead(item->key))
		latsub_errlist_add(r->errors, "%s: '%s' is set by latsub itself; "
		                   "%s", where, item->key,
		                   options_own_instead(item->key));
	else if (options_refusal(item->key) != OPTION_UNKNOWN)
		latsub_errlist_add(r->errors, "%s: '%s' is an option of sbatch "
		                   "that this version of latsub cannot set yet; "
		                   "take the line out", where, item->key);
	else if (defaults && phase_keys_is_key(item->key))
		latsub_errlist_add(r->errors, "%s: '%.60s' is for one phase; put "
		                   "it into [phase NAME], not into [defaults]",
		                   where, item->key);
	else
		latsub_errlist_add(r->errors, "%s: [%s] has no key '%.60s'%s%s%s",
		                   where, item->section, item->key,
		                   nearest ? "; did you mean '" : defaults
		                   ? "; see latsub-experiment(5)" : "",
		                   nearest ? nearest : "", nearest ? "'?" : "");
}

static void
read_key(struct reading *r, struct spec_phase *phase,
         const struct spec_item *item, bool defaults)
{
	const char *where = spec_at(r, item->line);
	int id = options_find(item->key);

	if (id >= 0)
		options_set(&phase->options, (enum option_id)id, item->value,
		            where, r->errors);
	else if (!defaults && text_starts(item->key, "array."))
		spec_read_array(r, phase, item);
	else if (!defaults && edge_find(item->key) >= 0)
		return; /* when all names are known */
	else if (!phase_keys_set(phase, item->key, item->value, defaults,
	                         where, r->errors))
		unknown_key(r, item, defaults);
}

static struct spec_phase *
phase_of_item(struct reading *r, const struct spec_item *item)
{
	const char *name = phase_of_section(item->section);
	long i = item->key && item->value && name ? spec_find(r->spec, name)
		: -1;

	return i < 0 ? NULL : &r->spec->phases[i];
}

/* Every key of [defaults], for every phase: silently, it was checked once. */
static void
apply_defaults(struct reading *r)
{
	struct latsub_errlist ignored = { 0 };

	for (size_t i = 0; i < r->count; i++) {
		const struct spec_item *item = &r->items[i];
		int id;

		if (!in_section(item, "defaults"))
			continue;
		read_key(r, &r->defaults, item, true);
		id = options_find(item->key);
		for (size_t p = 0; p < r->spec->phase_count; p++) {
			struct spec_phase *phase = &r->spec->phases[p];

			if (id >= 0)
				options_set(&phase->options, (enum option_id)id,
				            item->value, spec_at(r, item->line),
				            &ignored);
			else
				phase_keys_set(phase, item->key, item->value,
				               true, "", &ignored);
		}
	}
	latsub_errlist_clear(&ignored);
}

static void
check_each(struct reading *r, const struct spec_phase *phase)
{
	for (size_t e = 0; e < phase->edge_count; e++) {
		const struct spec_phase *parent =
			&r->spec->phases[phase->edges[e].parent];

		if (phase->edges[e].kind == EDGE_AFTER_EACH
		    && !(phase->array && sweep_equal(&phase->sweep,
		                                     &parent->sweep)))
			latsub_errlist_add(r->errors, "%s: after_each = %s ties "
				"task to task: give '%s' the same array.* keys "
				"and values as '%s', or use after",
				spec_at(r, phase->line), parent->name, phase->name,
				parent->name);
	}
}

/* The state file writes "PHASE.what": a phase must not be called that. */
static void
check_dotted(struct reading *r, const struct spec_phase *phase)
{
	for (const char *dot = strchr(phase->name, '.'); dot;
	     dot = strchr(dot + 1, '.')) {
		char *prefix = xstrndup(phase->name,
		                        (size_t)(dot - phase->name));

		if (spec_find(r->spec, prefix) >= 0)
			latsub_errlist_add(r->errors, "%s: '%s' begins with "
			                   "the name of phase '%s' and a dot; "
			                   "write '_' for the dot",
			                   spec_at(r, phase->line), phase->name,
			                   prefix);
		free(prefix);
	}
}

static void
read_phases(struct reading *r)
{
	struct spec *spec = r->spec;

	for (size_t i = 0; i < r->count; i++) {
		struct spec_phase *phase = phase_of_item(r, &r->items[i]);

		if (phase)
			read_key(r, phase, &r->items[i], false);
	}
	for (size_t i = 0; i < r->count; i++) {
		struct spec_phase *phase = phase_of_item(r, &r->items[i]);

		int kind = phase ? edge_find(r->items[i].key) : -1;

		if (kind >= 0)
			dag_add_edges(spec, (size_t)(phase - spec->phases),
				(enum edge_kind)kind, r->items[i].value,
				spec_at(r, r->items[i].line), r->errors);
	}
	for (size_t i = 0; i < spec->phase_count; i++) {
		if (!spec->phases[i].command)
			latsub_errlist_add(r->errors, "%s: phase '%s' has no "
			                   "command", spec_at(r, spec->phases[i].line),
			                   spec->phases[i].name);
		spec_finish_array(r, &spec->phases[i]);
	}
	for (size_t i = 0; i < spec->phase_count; i++) {
		check_each(r, &spec->phases[i]);
		check_dotted(r, &spec->phases[i]);
	}
}

/* Of a key of [experiment]. */
static int
line_of(const struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].key
		    && strcmp(r->items[i].section, "experiment") == 0
		    && strcmp(r->items[i].key, key) == 0)
			return r->items[i].line;
	}
	return 1;
}

static void
check_whole(struct reading *r)
{
	struct spec *spec = r->spec;

	if (!spec->name)
		latsub_errlist_add(r->errors, "%s:1: [experiment] needs "
		                   "'name = ...'", spec->file);
	if (spec->phase_count == 0)
		latsub_errlist_add(r->errors, "%s:1: there is no [phase NAME]",
		                   spec->file);
	if (spec->checkpoint_phase
	    && spec_find(spec, spec->checkpoint_phase) < 0)
		latsub_errlist_add(r->errors, "%s: checkpoint_phase = %.60s: "
		                   "no phase has that name",
		                   spec_at(r, line_of(r, "checkpoint_phase")),
		                   spec->checkpoint_phase);
}

struct spec *
spec_create(const char *file, const struct spec_item *items, size_t count,
            const struct variable_sources *sources,
            struct latsub_errlist *errors)
{
	struct spec *spec = xcalloc(1, sizeof *spec);
	struct reading r = { .spec = spec, .items = items, .count = count,
	                     .sources = sources, .errors = errors };

	spec->file = xstrdup(file);
	spec->umask = SPEC_UMASK;
	spec->by_name = strmap_create();
	for (size_t i = 0; i < count; i++) {
		if (!items[i].key)
			read_section(&r, &items[i]);
		else if (!*items[i].section)
			latsub_errlist_add(errors, "%s: '%.60s' stands before "
			                   "the first [section]",
			                   spec_at(&r, items[i].line), items[i].key);
		else if (in_section(&items[i], "experiment"))
			read_experiment(&r, &items[i]);
		else if (in_section(&items[i], "env"))
			read_env(&r, &items[i]);
	}
	if (!spec->workdir)
		spec->workdir = xstrdup(".");
	if (!spec->output_root)
		spec->output_root = xstrdup("runs");
	apply_defaults(&r);
	read_phases(&r);
	check_whole(&r);
	dag_order(spec, errors);
	spec_phase_clear(&r.defaults);
	return spec;
}
