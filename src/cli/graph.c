/*
 * graph.c - latsub graph: an experiment, drawn.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "latsub/view.h"

static const struct {
	const char *name;
	enum view_graph graph;
} formats[] = {
	{ "text", VIEW_TEXT },
	{ "dot", VIEW_DOT },
	{ "mermaid", VIEW_MERMAID },
};
#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

static int
execute_graph(const struct args *args)
{
	const char *name = args_value(args, 'f');
	enum view_graph graph = VIEW_TEXT;
	struct experiment *experiment;
	int code = LATSUB_OK;
	size_t i;

	for (i = 0; name && i < FORMAT_COUNT; i++) {
		if (strcmp(formats[i].name, name) == 0)
			break;
	}
	if (name && i == FORMAT_COUNT)
		return cli_usage(args, "--format %s: there are text, dot and "
		                 "mermaid", name);
	if (name)
		graph = formats[i].graph;
	experiment = cli_load_experiment(args, &code);
	if (experiment)
		view_print_graph(experiment->spec, graph, stdout);
	experiment_destroy(experiment);
	return code;
}

static const struct command_option options[] = {
	{ .key = 'f', .name = "format", .argument = "FORMAT",
	  .help = "text (the default), dot or mermaid" },
	CLI_OPTION_SET,
	{ .name = NULL }
};

const struct command command_graph = {
	.name = "graph",
	.summary = "draw an experiment's phases",
	.usage = "graph [--format text|dot|mermaid] [--set KEY=VALUE]... [FILE]",
	.text =
	"Draw the phases of an experiment (./experiment.ini); needs no Slurm.\n",
	.options = options,
	.most = 1,
	.count_error = "one experiment at a time",
	.execute = execute_graph,
};
