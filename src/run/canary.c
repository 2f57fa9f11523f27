/*
 * canary.c - a process that stands beside the command and keeps its signals.
 */
#include "canary.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "latsub-canary"

/* Who looks for the runner, by name or by command line, must not find this one.
 * The C library's pointer is to the first argument, which ps shows. */
static void
rename_itself(void)
{
	size_t size = strlen(program_invocation_name) + 1;

	prctl(PR_SET_NAME, NAME);
	memset(program_invocation_name, 0, size);
	snprintf(program_invocation_name, size, "%s", NAME);
}

pid_t
canary_start(void)
{
	pid_t parent = getpid(), pid;
	sigset_t all, before;

	/* blocked from its first moment on: no signal may be missed */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		rename_itself();
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0)
		setpgid(pid, pid); /* both do it, so that it is done for both */
	return pid;
}

bool
canary_has(pid_t canary, int number)
{
	uint64_t mask, pending = 0;
	char path[64], line[256];
	FILE *file;

	if (canary <= 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/status", (int)canary);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) {
		if (sscanf(line, "ShdPnd: %" SCNx64, &mask) == 1
		    || sscanf(line, "SigPnd: %" SCNx64, &mask) == 1)
			pending |= mask;
	}
	if (file)
		fclose(file);
	return (pending >> (number - 1)) & 1;
}

void
canary_stop(pid_t canary)
{
	if (canary <= 0)
		return;
	kill(canary, SIGKILL);
	waitpid(canary, NULL, 0);
}
