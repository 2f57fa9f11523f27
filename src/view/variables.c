/*
 * variables.c - the variables of a run, for people.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/error.h"
#include "latsub/view.h"

#define VALUE_MAX 60 /* bytes of a value that are shown */

char *
view_value(const char *value)
{
	size_t len = strlen(value), cut = len > VALUE_MAX ? VALUE_MAX : len;
	struct strbuf line = { 0 };
	char *clean, *shown;

	while (cut < len && cut > 0 && ((unsigned char)value[cut] & 0xc0) == 0x80)
		cut--; /* not within a character */
	clean = text_sanitise(value, cut);
	for (const char *c = clean; *c; c++) {
		if (*c == '\n')
			strbuf_puts(&line, "\\n");
		else
			strbuf_putc(&line, iscntrl((unsigned char)*c) ? '?' : *c);
	}
	shown = xasprintf("\"%s\"%s", strbuf_str(&line), cut < len ? "..." : "");
	strbuf_clear(&line);
	free(clean);
	return shown;
}

static void
print_one(const struct variable *variable, int width, FILE *out)
{
	char *value = view_value(variable->value);

	text_print(out, "  %-*s = %s  from %s\n", width, variable->name, value,
	           variable_source_text(variable->source));
	free(value);
}

void
view_print_variables(const struct variables *variables, FILE *out)
{
	int width = 1;

	for (size_t i = 0; i < variables->count; i++) {
		int len = (int)strnlen(variables->items[i].name, 32);

		width = len > width ? len : width;
	}
	if (variables->count)
		fprintf(out, "Variables:\n");
	for (size_t i = 0; i < variables->count; i++)
		print_one(&variables->items[i], width, out);
}

/* What a set has that the newest has not, or has otherwise. */
static void
print_difference(const struct variables *old, const struct variables *now,
                 FILE *out)
{
	for (size_t i = 0; i < old->count; i++) {
		const struct variable *then = &old->items[i];
		const struct variable *other = variables_find(now, then->name);

		if (!other || strcmp(other->value, then->value) != 0)
			print_one(then, 1, out);
	}
}

/* The tasks of a phase whose newest attempt had a set that is not the newest. */
static void
print_phase(const struct run *run, const struct phase_state *phase,
            const struct variables *now, const char *newest, FILE *out)
{
	const struct phase_variables *set = phase_next_variables(phase, NULL), *next;

	for (; set; set = next) {
		uint32_t end = UINT32_MAX;
		struct variables old = { 0 };
		struct latsub_error err;
		uint32_t tasks = 0;

		next = phase_next_variables(phase, set);
		if (next)
			end = next->gen;
		for (uint32_t t = 0; t < phase->total; t++)
			tasks += phase_task(phase, t)->gen >= set->gen
				&& phase_task(phase, t)->gen < end;
		if (tasks == 0 || strcmp(set->mark, newest) == 0
		    || run_variables(run, set->mark, &old, &err))
			continue;
		text_print(out, "%s (%u of %u tasks, generation %u) had:\n",
		           phase->name, tasks, phase->total, set->gen);
		print_difference(&old, now, out);
		variables_clear(&old);
	}
}

int
view_print_run_variables(const struct run *run, FILE *out,
                         struct latsub_error *err)
{
	const char *newest = run_variables_mark(run);
	struct variables now = { 0 };
	int rc = run_variables(run, NULL, &now, err);

	if (rc == 0)
		view_print_variables(&now, out);
	for (size_t i = 0; rc == 0 && newest && i < run->state->count; i++) {
		if (phase_has_tasks(run->state->phases[i]))
			print_phase(run, run->state->phases[i], &now, newest,
			            out);
	}
	variables_clear(&now);
	return rc;
}
