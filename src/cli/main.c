/*
 * main.c - the table of commands.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <locale.h>

#include "cli.h"
#include "latsub/text.h"

static const struct command commands[] = {
	{ "experiment", command_experiment, "run an experiment, or resume one",
	  help_experiment },
	{ "status", command_status, "phases, joined with what Slurm says",
	  help_status },
	{ "logs", command_logs, "show a phase's logs", help_logs },
	{ "cancel", command_cancel, "cancel a run's jobs", help_cancel },
	{ "audit", command_audit, "hold a run's journal against itself and Slurm",
	  help_audit },
	{ "list", command_list, "the runs under an output root", help_list },
	{ "reset", command_reset, "have a phase run again", help_reset },
	{ "skip", command_skip, "take a phase for completed", help_skip },
	{ "check", command_check, "validate an experiment", help_check },
	{ "graph", command_graph, "draw an experiment's phases", help_graph },
	{ "init", command_init, "write a starter experiment.ini", help_init },
	{ "checkpoint", command_checkpoint,
	  "inside a phase: report a checkpoint", help_checkpoint },
	{ "progress", command_progress,
	  "inside a phase: show progress in squeue", help_progress },
	{ "sandbox", command_sandbox,
	  "a private Slurm on this machine", help_sandbox },
	{ "run", command_run, "the runner: what each job executes", help_run },
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const char exit_codes[] =
	"Exit codes: 0 done, all completed; 1 a phase failed; 2 usage or bad\n"
	"input; 3 unfinished; 4 Slurm refused or does not answer; 5 the system\n"
	"failed us (disk, memory).\n";

static void
print_usage(FILE *out)
{
	fprintf(out, "Usage: latsub COMMAND [OPTION]... [ARGUMENT]...\n"
	        "       latsub --resume STATE\n\n"
	        "Run experiments, DAGs of phases, as Slurm jobs and arrays.\n\n"
	        "Commands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-11s %s\n", commands[i].name,
		        commands[i].summary);
	fprintf(out, "\n'latsub COMMAND --help' says more; so do latsub(1) and "
	        "latsub-experiment(5).\n\n%s", exit_codes);
}

static int
unknown_command(const char *name)
{
	const char *names[COMMAND_COUNT], *nearest;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	nearest = text_nearest(name, names, COMMAND_COUNT);
	fprintf(stderr, "latsub: %s: no such command%s%s%s; 'latsub --help' "
	        "lists them\n", name, nearest ? "; did you mean '" : "",
	        nearest ? nearest : "", nearest ? "'?" : "");
	return LATSUB_USAGE;
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	setlocale(LC_CTYPE, "");
	if (!name) {
		print_usage(stderr);
		return LATSUB_USAGE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0
	    || strcmp(name, "help") == 0) {
		print_usage(stdout);
		return LATSUB_OK;
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		printf("latsub %s\n", PACKAGE_VERSION);
		return LATSUB_OK;
	}
	cli_set_arguments(text_starts(name, "--resume") ? argv : argv + 1);
	if (text_starts(name, "--resume")) /* as "experiment --resume" */
		return command_experiment(argc, argv);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	return unknown_command(name);
}
