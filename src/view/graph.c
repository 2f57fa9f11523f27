/*
 * graph.c - the DAG as text, DOT or Mermaid; a plan as a table.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/view.h"

static void
print_tasks(const struct spec_phase *phase, FILE *out)
{
	if (phase->array)
		fprintf(out, " [%u tasks]", phase->tasks);
}

static void
print_text(const struct spec *spec, FILE *out)
{
	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[spec->order[i]];

		fprintf(out, "%s", phase->name);
		print_tasks(phase, out);
		for (size_t e = 0; e < phase->edge_count; e++)
			fprintf(out, "%s%s %s", e ? ", " : "  <- ",
			        edge_name(phase->edges[e].kind),
			        spec->phases[phase->edges[e].parent].name);
		fputc('\n', out);
	}
}

static void
print_dot(const struct spec *spec, FILE *out)
{
	static const char *const styles[EDGE_KIND_COUNT] = {
		[EDGE_AFTER] = "", [EDGE_AFTER_ANY] = " [style=dashed]",
		[EDGE_AFTER_EACH] = " [style=bold]" };

	fprintf(out, "digraph latsub {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];

		fprintf(out, "\t\"%s\" [label=\"%s", phase->name, phase->name);
		if (phase->array)
			fprintf(out, "\\n%u tasks", phase->tasks);
		fprintf(out, "\"];\n");
		for (size_t e = 0; e < phase->edge_count; e++)
			fprintf(out, "\t\"%s\" -> \"%s\"%s;\n",
			        spec->phases[phase->edges[e].parent].name,
			        phase->name, styles[phase->edges[e].kind]);
	}
	fprintf(out, "}\n");
}

static void
print_mermaid(const struct spec *spec, FILE *out)
{
	static const char *const arrows[EDGE_KIND_COUNT] = {
		[EDGE_AFTER] = "-->", [EDGE_AFTER_ANY] = "-.->",
		[EDGE_AFTER_EACH] = "==>" };

	fprintf(out, "graph LR\n");
	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];

		fprintf(out, "    p%zu[\"%s", i, phase->name);
		print_tasks(phase, out);
		fprintf(out, "\"]\n");
		for (size_t e = 0; e < phase->edge_count; e++)
			fprintf(out, "    p%zu %s p%zu\n",
			        phase->edges[e].parent,
			        arrows[phase->edges[e].kind], i);
	}
}

void
view_print_graph(const struct spec *spec, enum view_graph kind, FILE *out)
{
	if (kind == VIEW_DOT)
		print_dot(spec, out);
	else if (kind == VIEW_MERMAID)
		print_mermaid(spec, out);
	else
		print_text(spec, out);
}

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
