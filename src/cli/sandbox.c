/*
 * sandbox.c - latsub sandbox: the script that is a private Slurm; and --local.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/process.h"
#include "latsub/program.h"

#ifndef LATSUB_LIBEXECDIR
#define LATSUB_LIBEXECDIR "/usr/local/libexec/latsub"
#endif

/* Where it is; caller frees.  NULL: nowhere. */
static char *
find_script(void)
{
	char *places[3], *found = NULL;

	places[0] = program_beside("../libexec/latsub/latsub-sandbox");
	places[1] = xstrdup(LATSUB_LIBEXECDIR "/latsub-sandbox");
	places[2] = program_beside("libexec/latsub-sandbox");
	for (size_t i = 0; i < 3; i++) {
		if (!found && access(places[i], X_OK) == 0)
			found = places[i];
		else
			free(places[i]);
	}
	return found;
}

/* Run the script with one word; its output, or NULL. */
static char *
sandbox_output(char *script, const char *what)
{
	char *word = xstrdup(what), *argv[] = { script, word, NULL }, *output;
	bool ok;

	output = process_output(argv, false, &ok);
	free(word);
	if (ok)
		return output;
	free(output);
	return NULL;
}

int
cli_start_sandbox(struct latsub_error *err)
{
	char *script = find_script();
	char *text = NULL, *conf = NULL;
	int rc = -1;

	if (!script) {
		latsub_error_set(err, LATSUB_SYSTEM, "--local: latsub's sandbox "
		                 "script is not installed");
		return -1;
	}
	text = sandbox_output(script, "start");
	conf = text ? sandbox_output(script, "conf") : NULL;
	if (!conf) {
		latsub_error_set(err, LATSUB_SLURM, "--local: the sandbox does "
		                 "not start; the reason stands above");
	} else {
		setenv("SLURM_CONF", text_trim(conf), 1);
		rc = 0;
	}
	free(conf);
	free(text);
	free(script);
	return rc;
}

static int
execute_sandbox(const struct args *args)
{
	struct latsub_error err = { 0 };
	char **argv, *script;

	if (args->word_count == 0) {
		command_print_help(args->command, stderr);
		return LATSUB_USAGE;
	}
	script = find_script();
	if (!script) {
		latsub_error_set(&err, LATSUB_SYSTEM, "sandbox: its script "
		                 "(latsub-sandbox) is not installed");
		return cli_fail(&err);
	}
	argv = xcalloc(args->word_count + 2, sizeof *argv);
	argv[0] = script;
	for (size_t i = 0; i < args->word_count; i++)
		argv[i + 1] = args->words[i];
	if (strcmp(argv[1], "help") == 0)
		argv[1] = xstrdup("--help");
	execv(script, argv);
	latsub_error_errno(&err, "%s", script);
	return cli_fail(&err);
}

const struct command command_sandbox = {
	.name = "sandbox",
	.summary = "a private Slurm on this machine",
	.usage = "sandbox start|stop|status|env|conf [OPTION]...",
	.text =
	"A real, private, multi-node Slurm on this machine's loopback, as any\n"
	"user.  'latsub sandbox help' lists its options.\n\n"
	"  start    start it, or say that it runs\n"
	"  stop     stop it; no process stays\n"
	"  status   does it run? (exit code 3: no)\n"
	"  env      shell line that points sbatch, squeue, ... to it:\n"
	"           eval \"$(latsub sandbox env)\"\n"
	"  conf     the path of its slurm.conf\n",
	.is_plain = true,
	.execute = execute_sandbox,
};
