/*
 * plan_table.c - what a submission does with each phase, and why: a table of 80 columns.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/view.h"

#define PLAN_COLUMNS 80
#define PLAN_NAMES_MAX 26 /* longer ones have a line of their own */

/* "evaluation [3 of 12]" */
static char *
plan_name(const struct spec_phase *phase, const struct plan_phase *planned)
{
	uint64_t count = rangeset_count(planned->action == PLAN_RUN
		? &planned->tasks : &planned->live);

	return phase->array && count && planned->action != PLAN_SKIP
		? xasprintf("%s [%llu of %u]", phase->name,
		            (unsigned long long)count, phase->tasks)
		: xstrdup(phase->name);
}

/* Words at a column, on as many lines as that takes. */
static void
print_wrapped(const char *text, size_t indent, FILE *out)
{
	size_t at = indent;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (at > indent && at + 1 + len > PLAN_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		}
		fprintf(out, "%s%.*s", at > indent ? " " : "", (int)len, text);
		at += len + (at > indent);
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

/* What a person should know of it: "failed: exit code 3 <- after training;
 * after_any x, y". */
static char *
plan_text(const struct spec *spec, const struct spec_phase *phase,
          const struct plan_phase *planned)
{
	struct strbuf text = { 0 };
	const char *lead = " <- ";

	strbuf_puts(&text, planned->reason);
	for (int kind = 0; planned->action == PLAN_RUN
	     && kind < EDGE_KIND_COUNT; kind++) {
		bool first = true;

		for (size_t e = 0; e < phase->edge_count; e++) {
			const struct spec_edge *edge = &phase->edges[e];

			if ((int)edge->kind != kind)
				continue;
			if (first)
				strbuf_printf(&text, "%s%s", lead,
				              edge_name((enum edge_kind)kind));
			strbuf_printf(&text, "%s %s", first ? "" : ",",
			              spec->phases[edge->parent].name);
			lead = "; ";
			first = false;
		}
	}
	return strbuf_steal(&text);
}

static size_t
plan_width(const struct spec *spec, const struct plan *plan)
{
	size_t width = 0;

	for (size_t i = 0; i < spec->phase_count; i++) {
		char *name = plan_name(&spec->phases[i], &plan->phases[i]);
		size_t len = strlen(name);

		if (len > width && len <= PLAN_NAMES_MAX)
			width = len;
		free(name);
	}
	return width;
}

static void
print_planned(const struct spec *spec, const struct spec_phase *phase,
              const struct plan_phase *planned, size_t width, FILE *out)
{
	static const char *const actions[] = { "skip", "adopt", "run", "leave" };
	char *name = plan_name(phase, planned);
	char *text = plan_text(spec, phase, planned);
	size_t indent = 6 + width + 2;

	fprintf(out, "%-5s %-*s", actions[planned->action], (int)width, name);
	if (strlen(name) > width)
		fprintf(out, "\n%*s", (int)indent, "");
	else
		fputs("  ", out);
	print_wrapped(text, indent, out);
	free(text);
	free(name);
}

void
view_print_plan(const struct spec *spec, const struct plan *plan, FILE *out)
{
	size_t width = plan_width(spec, plan);

	for (size_t i = 0; i < spec->phase_count; i++)
		print_planned(spec, &spec->phases[spec->order[i]],
		              &plan->phases[spec->order[i]], width, out);
}
