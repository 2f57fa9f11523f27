/*
 * graph.c - the phases of an experiment and what each waits for: text, DOT or Mermaid.
 */
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
