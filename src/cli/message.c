/*
 * message.c - the messages of all commands.
 */
#include "message.h"

#include <stdio.h>

int
cli_fail(const struct latsub_error *err)
{
	bool lacks_how = err->code == LATSUB_SYSTEM && !err->says_how;

	fprintf(stderr, "latsub: %s%s\n", err->text, lacks_how
	        ? "; mend that, then do this again" : "");
	return err->code;
}

int
cli_said(struct latsub_error *err, int code)
{
	err->code = (enum latsub_exit)code;
	err->text[0] = '\0';
	return -1;
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
