/*
 * process.c - a program's output, through a pipe.
 */
#include "latsub/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "latsub/text.h"

static void
read_all(int fd, struct strbuf *out)
{
	char chunk[4096];
	ssize_t got;

	do {
		got = read(fd, chunk, sizeof chunk);
		if (got > 0)
			strbuf_add(out, chunk, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
}

char *
process_output(char *const argv[], bool with_stderr, bool *ok)
{
	struct strbuf out = { 0 };
	int fds[2], status = -1;
	pid_t pid;

	*ok = false;
	if (pipe2(fds, O_CLOEXEC))
		return strbuf_steal(&out);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		if (with_stderr)
			dup2(fds[1], STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	read_all(fds[0], &out);
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*ok = pid > 0 && status == 0;
	return strbuf_steal(&out);
}
