/*
 * recovery.c - how to go on after a failure.
 */
#include "latsub/recovery.h"

#include <stdlib.h>

#include "latsub/program.h"

void
recovery_print(const char *state_path, struct strbuf *out)
{
	char *quoted = text_shell_quote(state_path);

	strbuf_printf(out,
		"FAILURE RECOVERY INSTRUCTIONS\n"
		"========================================\n"
		"The experiment has failed but state has been saved.\n"
		"\n"
		"To resume from where it failed, run:\n"
		"  %s experiment --resume %s\n"
		"\n"
		"This will:\n"
		"  1. Skip already completed phases\n"
		"  2. Re-attempt the failed phase\n"
		"  3. Continue with remaining phases\n",
		program_name(), quoted);
	free(quoted);
}
