/*
 * verify.c - checkpoint_verify: the user's own look at a checkpoint.
 *
 * Beware: the runner blocks its signals and is the subreaper.  What is started
 * here gets none of the one, and what it leaves behind is killed and buried.
 */
#include "verify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "latsub/clock.h"

#define LOOK_SEC 0.02
#define BURIAL_LOOKS 50 /* at what is dead: a broken file system may hold it */

static void
become_command(const struct attempt *attempt, const char *path, pid_t runner)
{
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	attempt_set_environment(attempt);
	setenv("LATSUB_CHECKPOINT", path, 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_exec(attempt->spec->checkpoint_verify, attempt->prologue);
	_exit(127);
}

/* Signals are taken elsewhere, and wait meanwhile. */
static bool
slurm_calls(const struct attempt *attempt)
{
	sigset_t pending;

	return sigpending(&pending) == 0
		&& (sigismember(&pending, SIGTERM) == 1
		    || sigismember(&pending, attempt->warn_signal) == 1);
}

static void
bury(pid_t group)
{
	kill(-group, SIGKILL);
	for (int i = 0; i < BURIAL_LOOKS; i++) {
		pid_t pid = waitpid(-group, NULL, WNOHANG);

		if (pid < 0)
			return;
		if (pid == 0)
			clock_pause(LOOK_SEC);
	}
}

/* A signal that others send for their own reasons says nothing of the checkpoint;
 * one that the command brought about, as a crash does, says no. */
static enum verify_answer
read_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 ? VERIFY_GOOD
			: WEXITSTATUS(status) == 127
			|| WEXITSTATUS(status) == 126 ? VERIFY_ABSENT : VERIFY_BAD;
	switch (WTERMSIG(status)) {
	case SIGSEGV: case SIGBUS: case SIGFPE: case SIGILL: case SIGABRT:
		return VERIFY_BAD;
	default:
		return VERIFY_NONE;
	}
}

void
verify_say(enum verify_answer answer, const char *path)
{
	static const char *const words[] = {
		[VERIFY_BAD] = "is not good, says checkpoint_verify; it is not "
			"taken",
		[VERIFY_NONE] = "could not be verified in time",
		[VERIFY_ABSENT] = "is taken unverified: the command of "
			"checkpoint_verify cannot be run (exit code 126 or 127)",
	};

	if (answer != VERIFY_GOOD)
		printf("latsub: %s %s\n", path, words[answer]);
	fflush(stdout);
}

enum verify_answer
verify_checkpoint(const struct attempt *attempt, const char *path,
                  double deadline)
{
	enum verify_answer answer = VERIFY_NONE;
	pid_t runner = getpid(), pid, ended;
	int status = 0;

	if (!attempt->spec->checkpoint_verify)
		return VERIFY_GOOD;
	if (deadline > 0 && clock_now() >= deadline)
		return VERIFY_NONE;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return VERIFY_NONE;
	if (pid == 0)
		become_command(attempt, path, runner);
	setpgid(pid, pid);
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0
	       && !(deadline > 0 && clock_now() >= deadline)
	       && !slurm_calls(attempt))
		clock_pause(LOOK_SEC);
	if (ended == pid)
		answer = read_status(status);
	/* Slurm's TERM may have reached it, too, and made it leave anyhow */
	if (answer == VERIFY_BAD && slurm_calls(attempt))
		answer = VERIFY_NONE;
	bury(pid);
	return answer;
}
