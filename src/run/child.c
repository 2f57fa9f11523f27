/*
 * child.c - fork, own process group, exec; a failed exec comes back as errno.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char with_prologue[] =
	". \"$1\"\nexec /bin/bash -c \"$2\"\n";

void
child_exec(const char *command, const char *prologue)
{
	/* execv takes char *const[] and does not write */
	char *plain[] = { "/bin/bash", "-c", NULL, NULL };
	char *both[] = { "/bin/bash", "-c", NULL, "latsub", NULL, NULL, NULL };

	if (prologue) {
		both[2] = (char *)(size_t)with_prologue;
		both[4] = (char *)(size_t)prologue;
		both[5] = (char *)(size_t)command;
		execv(both[0], both);
	} else {
		plain[2] = (char *)(size_t)command;
		execv(plain[0], plain);
	}
}

pid_t
child_start(const struct child_command *start)
{
	int fds[2], failure = 0;
	pid_t pid, parent = getpid();
	ssize_t got;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		/* a command without its runner would run on unrecorded, and
		 * a second time after the next resume */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		signal(SIGPIPE, SIG_DFL);
		if (start->shield_term)
			signal(SIGTERM, SIG_IGN);
		start->prepare(start->what);
		sigprocmask(SIG_SETMASK, start->mask, NULL);
		child_exec(start->command, start->prologue);
		failure = errno;
		(void)!write(fds[1], &failure, sizeof failure);
		_exit(127);
	}
	failure = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		errno = failure;
		return -1;
	}
	setpgid(pid, pid); /* both do it, so that it is done for both */
	do
		got = read(fds[0], &failure, sizeof failure);
	while (got < 0 && errno == EINTR);
	close(fds[0]);
	if (got != sizeof failure)
		return pid;
	waitpid(pid, NULL, 0);
	errno = failure;
	return -1;
}
