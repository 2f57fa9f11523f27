/*
 * spec_array.c - array phases: value lists, and variables in them.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec_reading.h"

/* One that [env] does not have is a variable of the run all the same: a resume
 * from another shell has to find the value that the array was made of. */
static const char *
variable_value(struct reading *r, const char *name)
{
	const struct variable *known = variables_find(&r->spec->env, name);
	struct variable variable;

	if (known)
		return known->value;
	if (!variable_choose(r->sources, name, NULL, &variable))
		return NULL;
	variables_add(&r->spec->env, &variable);
	variable_clear(&variable);
	return variables_find(&r->spec->env, name)->value;
}

/* Replace $NAME and ${NAME}; a '$' before anything else, in single quotes or
 * after a backslash stays. */
static char *
expand_variables(struct reading *r, const char *text, int line)
{
	struct strbuf out = { 0 };
	char quote = '\0';

	while (*text) {
		bool braces = text[0] == '$' && text[1] == '{';
		const char *start = text + 1 + braces, *end = start;
		bool escaped = *text == '\\' && text[1] && quote != '\'';
		const char *value;
		char *name;

		if (quote ? *text == quote : *text == '\'' || *text == '"')
			quote = quote ? '\0' : *text;
		while (isalnum((unsigned char)*end) || *end == '_')
			end++;
		if (*text != '$' || quote == '\'' || end == start
		    || (braces && *end != '}')) {
			strbuf_add(&out, text, escaped ? 2 : 1);
			text += escaped ? 2 : 1;
			continue;
		}
		name = xstrndup(start, (size_t)(end - start));
		value = variable_value(r, name);
		if (value)
			strbuf_puts(&out, value);
		else
			latsub_errlist_add(r->errors, "%s: $%s is set neither "
			                   "in [env] nor in your environment",
			                   spec_at(r, line), name);
		free(name);
		text = end + braces;
	}
	return strbuf_steal(&out);
}

void
spec_read_array(struct reading *r, struct spec_phase *phase,
           const struct spec_item *item)
{
	const char *name = item->key + strlen("array.");
	struct sweep_key *key = sweep_add(&phase->sweep, name);
	size_t before = r->errors->count;
	char *text;

	spec_check_variable(r, name, item->line);
	text = expand_variables(r, item->value, item->line);
	if (text_split_words(text, &key->values))
		latsub_errlist_add(r->errors, "%s: %s: a quote is not closed",
		                   spec_at(r, item->line), item->key);
	if (key->values.count == 0) {
		if (r->errors->count == before)
			latsub_errlist_add(r->errors, "%s: %s is an empty "
			                   "array; write at least one value",
			                   spec_at(r, item->line), item->key);
		strlist_add(&key->values, ""); /* keep the product whole */
	}
	phase->array = true;
	free(text);
}

static void
check_values(struct reading *r, const struct spec_phase *phase)
{
	for (size_t k = 0; k < phase->sweep.count; k++) {
		const struct strlist *values = &phase->sweep.keys[k].values;
		struct strmap *seen = strmap_create();

		for (size_t i = 0; i < values->count; i++) {
			if (strmap_get(seen, values->items[i]))
				latsub_errlist_add(r->errors, "%s: array.%s has "
					"the value '%.60s' twice; a task is "
					"known by its values, write each once",
					spec_at(r, phase->line),
					phase->sweep.keys[k].name,
					values->items[i]);
			spec_check_length(r, phase->sweep.keys[k].name,
			             values->items[i], phase->line);
			if (!text_is_utf8(values->items[i],
			                  strlen(values->items[i])))
				latsub_errlist_add(r->errors, "%s: array.%s has "
					"a value that is not UTF-8",
					spec_at(r, phase->line),
					phase->sweep.keys[k].name);
			strmap_set(seen, values->items[i], seen);
		}
		strmap_destroy(seen);
	}
}

/* Each task has files of its own: else one goes on from another's checkpoint, or
 * is taken for completed by another's output. */
static void
check_own_files(struct reading *r, const struct spec_phase *phase,
                const char *key, const char *pattern)
{
	const char *lacking = spec_pattern_lacks(pattern, &phase->sweep);

	if (lacking && !*lacking)
		latsub_errlist_add(r->errors, "%s: %s = %.100s is the same for "
		                   "all tasks of the array; put $LATSUB_TASK "
		                   "or its array.* variables into it",
		                   spec_at(r, phase->line), key, pattern);
	else if (lacking)
		latsub_errlist_add(r->errors, "%s: %s = %.100s is the same for "
		                   "tasks that differ in $%s alone; put $%s or "
		                   "$LATSUB_TASK into it",
		                   spec_at(r, phase->line), key, pattern, lacking,
		                   lacking);
}

/* Does it match what is meant, and nothing else? */
static void
check_variables(struct reading *r, const struct spec_phase *phase,
                const char *key, const char *pattern)
{
	char *unknown = spec_pattern_unknown(pattern, &phase->sweep);
	char *clash = spec_pattern_ambiguous(pattern, &phase->sweep);

	if (unknown)
		latsub_errlist_add(r->errors, "%s: %s = %.100s: $%s stands for "
		                   "nothing here; a pattern is under the run's "
		                   "directory already, in an array it may have "
		                   "the array.* variables and $LATSUB_TASK, and "
		                   "'?' stands for a '$' in a file's name",
		                   spec_at(r, phase->line), key, pattern,
		                   unknown);
	if (clash)
		latsub_errlist_add(r->errors, "%s: %s = %.100s: %s",
		                   spec_at(r, phase->line), key, pattern, clash);
	free(unknown);
	free(clash);
}

static void
check_patterns(struct reading *r, const struct spec_phase *phase)
{
	if (phase->checkpoint)
		check_variables(r, phase, "checkpoint", phase->checkpoint);
	for (size_t i = 0; i < phase->outputs.count; i++)
		check_variables(r, phase, "outputs", phase->outputs.items[i]);
}

void
spec_finish_array(struct reading *r, struct spec_phase *phase)
{
	uint64_t size = sweep_size(&phase->sweep);

	if (size > SWEEP_MAX_TASKS) {
		latsub_errlist_add(r->errors, "%s: phase '%s' has more than %d "
		                   "tasks", spec_at(r, phase->line), phase->name,
		                   SWEEP_MAX_TASKS);
		size = 1;
	}
	phase->tasks = (uint32_t)size;
	check_values(r, phase);
	if (phase->array && phase->checkpoint)
		check_own_files(r, phase, "checkpoint", phase->checkpoint);
	for (size_t i = 0; phase->array && i < phase->outputs.count; i++)
		check_own_files(r, phase, "outputs", phase->outputs.items[i]);
	check_patterns(r, phase);
	if (phase->max_parallel && !phase->array)
		phase->max_parallel = 0; /* from [defaults], or harmless */
}
