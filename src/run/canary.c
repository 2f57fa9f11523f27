/*
 * canary.c - a process that stands beside the command and keeps its signals.
 */
#include "canary.h"

#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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
		prctl(PR_SET_NAME, "latsub-canary");
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
