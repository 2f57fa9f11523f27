/*
 * common.c - messages, the options of all commands, the sandbox.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"
#include "latsub/process.h"
#include "latsub/program.h"

#ifndef LATSUB_LIBEXECDIR
#define LATSUB_LIBEXECDIR "/usr/local/libexec/latsub"
#endif

int
cli_fail(const struct latsub_error *err)
{
	bool lacks_how = err->code == LATSUB_SYSTEM && !err->says_how;

	fprintf(stderr, "latsub: %s%s\n", err->text, lacks_how
	        ? "; mend that, then do this again" : "");
	return err->code;
}

int
cli_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "latsub: %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see 'latsub %s --help'\n", command);
	return LATSUB_USAGE;
}

int
cli_complain(const struct latsub_errlist *errors)
{
	size_t count = errors->count + errors->dropped;

	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "latsub: %s\n", errors->texts[i]);
	if (errors->dropped)
		fprintf(stderr, "latsub: ... and %zu more\n", errors->dropped);
	fprintf(stderr, "latsub: %zu error%s; nothing is submitted\n", count,
	        count == 1 ? "" : "s");
	return errors->system ? LATSUB_SYSTEM : LATSUB_USAGE;
}

static char **arguments;

void
cli_set_arguments(char **argv)
{
	arguments = argv;
	opterr = 0; /* cli_option says it, beginning as all messages do */
}

int
cli_option(const char *help, const char *command, int option)
{
	const char *word = arguments && optind > 0 ? arguments[optind - 1] : "";
	bool is_long = optopt == 0 || text_starts(word, "--");

	if (option == 'h') {
		fputs(help, stdout);
		return LATSUB_OK;
	}
	if (is_long && optopt == 0)
		return cli_usage(command, "there is no option '%s'", word);
	if (is_long)
		return cli_usage(command, "option '%s' needs a value, or takes "
		                 "none", word);
	return cli_usage(command, "option '-%c' is none, or needs a value",
	                 optopt);
}

char *
cli_sandbox_script(void)
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
	char *script = cli_sandbox_script();
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
