/*
 * fault.c - die at the Nth fault point, as by kill -9.
 */
#include "latsub/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

void
fault_point(void)
{
	static long left = -1;
	const char *text;

	if (left < 0) {
		text = getenv("LATSUB_FAULT_AT");
		left = text ? strtol(text, NULL, 10) : 0;
	}
	if (left > 0 && --left == 0)
		kill(getpid(), SIGKILL);
}
