/*
 * variables.c - what is said about the values of variables before anything is
 * submitted with them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/view.h"
#include "request.h"

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
            const struct request *r)
{
	bool new_file = r->config || r->file;

	char *value = view_value(now->value), *old = view_value(then->value);

	if (strcmp(now->value, then->value) != 0)
		fprintf(stderr, "latsub: %s = %s from %s now; this run had %s, "
		        "from %s%s\n", now->name, value,
		        variable_source_text(now->source), old,
		        variable_source_text(then->source), r->live.count
		        ? "; jobs that are in Slurm keep that" : "");
	else if (new_file && now->in_file && now->source != VARIABLE_FILE
	         && strcmp(now->in_file, now->value) != 0
	         && then->source != VARIABLE_FILE)
		fprintf(stderr, "latsub: %s = %s is kept, as this run had it "
		        "from %s\n", now->name, value,
		        variable_source_text(then->source));
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

void
request_note_variables(const struct request *r)
{
	const struct spec *spec = r->engine.experiment->spec;

	for (size_t i = 0; i < spec->env.count; i++) {
		const struct variable *now = &spec->env.items[i];
		const struct variable *then = variables_find(&r->variables,
		                                             now->name);

		if (then)
			note_change(now, then, r);
		else
			note_new(now, spec->file);
		if (r->keep_env)
			note_ignored(now);
	}
}
