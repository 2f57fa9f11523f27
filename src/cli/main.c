/*
 * main.c - which command is meant.
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const char exit_codes[] =
	"Exit codes: 0 done, all completed; 1 a phase failed; 2 usage or bad\n"
	"input; 3 unfinished; 4 Slurm refused or does not answer; 5 a system\n"
	"error (disk, memory).\n";

static void
print_usage(FILE *out)
{
	fprintf(out, "Usage: latsub COMMAND [OPTION]... [ARGUMENT]...\n"
	        "       latsub --resume STATE\n\n"
	        "Run experiments, DAGs of phases, as Slurm jobs and arrays.\n\n"
	        "Commands:\n");
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-11s %s\n", commands[i]->name,
		        commands[i]->summary);
	fprintf(out, "\n'latsub COMMAND --help' says more; so do latsub(1) and "
	        "latsub-experiment(5).\n\n%s", exit_codes);
}

static int
unknown_command(const char *name)
{
	const char *nearest = commands_nearest(name);

	fprintf(stderr, "latsub: %s: no such command%s%s%s; 'latsub --help' "
	        "lists them\n", name, nearest ? "; did you mean '" : "",
	        nearest ? nearest : "", nearest ? "'?" : "");
	return LATSUB_USAGE;
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *command;

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
	command = commands_find(name);
	if (!command)
		return unknown_command(name);
	if (strcmp(name, command->name) != 0) /* its option, which it takes, too */
		return command_execute(command, argc, argv);
	return command_execute(command, argc - 1, argv + 1);
}
