/*
 * process.c - a program's output, through a pipe.
 */
#include "latsub/clock.h"
#include "latsub/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "latsub/text.h"

/* Is there something to read before the deadline (0: none)? */
static bool
wait_for_output(int fd, double deadline)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	double left;
	int ready;

	do {
		left = deadline > 0 ? deadline - clock_now() : -1;
		if (deadline > 0 && left <= 0)
			return false;
		ready = poll(&wanted, 1, deadline > 0 ? (int)(left * 1e3) + 1 : -1);
	} while (ready < 0 && errno == EINTR);
	return ready != 0;
}

/* False: the deadline came first. */
static bool
read_all(int fd, struct strbuf *out, double deadline)
{
	char chunk[4096];
	ssize_t got;

	do {
		if (!wait_for_output(fd, deadline))
			return false;
		got = read(fd, chunk, sizeof chunk);
		if (got > 0)
			strbuf_add(out, chunk, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return true;
}

/* Its end after the end of its output, before the deadline; or its end by us. */
static int
await(pid_t pid, bool in_time, double deadline)
{
	int status = -1;
	pid_t got;

	for (;;) {
		if (deadline > 0 && (!in_time || clock_now() >= deadline)) {
			kill(-pid, SIGKILL);
			deadline = 0;
		}
		got = waitpid(pid, &status, deadline > 0 ? WNOHANG : 0);
		if (got == pid || (got < 0 && errno != EINTR))
			return in_time ? status : -1;
		if (got == 0)
			clock_pause(0.01);
	}
}

static char *
run(char *const argv[], bool with_stderr, double deadline, bool *ok)
{
	struct strbuf out = { 0 };
	bool in_time;
	int fds[2];
	pid_t pid;

	*ok = false;
	if (pipe2(fds, O_CLOEXEC))
		return strbuf_steal(&out);
	pid = fork();
	if (pid == 0) {
		if (deadline > 0)
			setpgid(0, 0);
		dup2(fds[1], STDOUT_FILENO);
		if (with_stderr)
			dup2(fds[1], STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid > 0 && deadline > 0)
		setpgid(pid, pid); /* whoever comes first */
	close(fds[1]);
	in_time = read_all(fds[0], &out, deadline);
	close(fds[0]);
	*ok = pid > 0 && await(pid, in_time, deadline) == 0;
	return strbuf_steal(&out);
}

char *
process_output(char *const argv[], bool with_stderr, bool *ok)
{
	return run(argv, with_stderr, 0, ok);
}

char *
process_output_within(char *const argv[], bool with_stderr, unsigned seconds,
                      bool *ok)
{
	return run(argv, with_stderr, clock_now() + (double)seconds, ok);
}
