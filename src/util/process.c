/*
 * process.c - a program's output, through a pipe.
 */
#include "latsub/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "latsub/text.h"

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Is there something to read before the deadline (0: none)? */
static bool
wait_for_output(int fd, int64_t deadline)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	int64_t left;
	int ready;

	do {
		left = deadline ? deadline - now_ms() : -1;
		if (deadline && left <= 0)
			return false;
		ready = poll(&wanted, 1, (int)left);
	} while (ready < 0 && errno == EINTR);
	return ready != 0;
}

/* False: the deadline came first. */
static bool
read_all(int fd, struct strbuf *out, int64_t deadline)
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
await(pid_t pid, bool in_time, int64_t deadline)
{
	struct timespec moment = { 0, 10000000 };
	int status = -1;
	pid_t got;

	for (;;) {
		if (deadline && (!in_time || now_ms() >= deadline)) {
			kill(-pid, SIGKILL);
			deadline = 0;
		}
		got = waitpid(pid, &status, deadline ? WNOHANG : 0);
		if (got == pid || (got < 0 && errno != EINTR))
			return in_time ? status : -1;
		if (got == 0)
			nanosleep(&moment, NULL);
	}
}

static char *
run(char *const argv[], bool with_stderr, int64_t deadline, bool *ok)
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
		if (deadline)
			setpgid(0, 0);
		dup2(fds[1], STDOUT_FILENO);
		if (with_stderr)
			dup2(fds[1], STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid > 0 && deadline)
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
	return run(argv, with_stderr, now_ms() + (int64_t)seconds * 1000, ok);
}
