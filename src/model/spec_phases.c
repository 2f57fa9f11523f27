/*
 * spec_phases.c - an experiment that was read: its phases by name and number, and
 * its end.
 */
#include "latsub/spec.h"

#include <stdlib.h>
#include <string.h>

void
spec_phase_clear(struct spec_phase *phase)
{
	free(phase->name);
	free(phase->command);
	free(phase->number);
	free(phase->edges);
	free(phase->template);
	free(phase->checkpoint);
	free(phase->checkpoint_verify);
	sweep_clear(&phase->sweep);
	strlist_clear(&phase->outputs);
	options_clear(&phase->options);
	rangeset_clear(&phase->requeue_exit_codes);
	*phase = (struct spec_phase){ 0 };
}

void
spec_destroy(struct spec *spec)
{
	if (!spec)
		return;
	for (size_t i = 0; i < spec->phase_count; i++)
		spec_phase_clear(&spec->phases[i]);
	variables_clear(&spec->env);
	free(spec->phases);
	free(spec->order);
	strmap_destroy(spec->by_name);
	free(spec->file);
	free(spec->name);
	free(spec->workdir);
	free(spec->output_root);
	free(spec->checkpoint_phase);
	free(spec);
}

long
spec_find(const struct spec *spec, const char *name)
{
	size_t index;

	return strmap_get_number(spec->by_name, name, &index) ? (long)index : -1;
}

long
spec_select(const struct spec *spec, const char *what,
            struct latsub_error *err)
{
	char *prefix = xasprintf("phase%s_", what);
	const char **names = xcalloc(spec->phase_count, sizeof *names);
	long found = spec_find(spec, what);
	const char *nearest;

	for (size_t i = 0; found < 0 && i < spec->phase_count; i++) {
		if (spec->phases[i].number
		    && strcmp(spec->phases[i].number, what) == 0)
			found = (long)i;
	}
	for (size_t i = 0; found < 0 && i < spec->phase_count; i++) {
		if (text_starts(spec->phases[i].name, prefix))
			found = (long)i;
		names[i] = spec->phases[i].name;
	}
	if (found < 0) {
		nearest = text_nearest(what, names, spec->phase_count);
		latsub_error_set(err, LATSUB_USAGE, "--phase %.60s: %s has no "
		                 "such phase%s%s%s", what, spec->file,
		                 nearest ? "; did you mean '" : "",
		                 nearest ? nearest : "", nearest ? "'?" : "");
	}
	free(names);
	free(prefix);
	return found;
}

int64_t
spec_grow(const struct spec_growth *growth, int64_t value)
{
	double grown = (double)value * growth->factor + (double)growth->add;

	return grown > (double)value ? (int64_t)(grown + 0.5) : value + 1;
}

void
spec_apply_template(struct spec *spec, const char *template,
                    const struct job_options *options)
{
	for (size_t i = 0; i < spec->phase_count; i++) {
		if (spec->phases[i].template
		    && strcmp(spec->phases[i].template, template) == 0)
			options_inherit(&spec->phases[i].options, options);
	}
}
