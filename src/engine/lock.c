/*
 * lock.c - one at a time submits, cancels or edits a run: a file that is locked, and in
 * it who holds the lock, for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "latsub/clock.h"
#include "latsub/engine.h"
#include "latsub/file.h"

/* Who holds the lock writes its name next: that may take a moment. */
static void
read_holder(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	for (int i = 0; got == 0 && i < 20; i++) {
		clock_pause(0.05);
		got = pread(fd, text, size - 1, 0);
	}
	text[got > 0 ? got : 0] = '\0';
}

int
engine_lock(const struct run *run, struct latsub_error *err)
{
	char *path = run_path_in(run->dir, RUN_LOCK);
	char text[160] = "", host[64] = "?";
	int fd = file_open_new(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW,
	                       run_file_mode(run->dir));

	if (fd < 0) {
		latsub_error_errno(err, "%s", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		read_holder(fd, text, sizeof text);
		latsub_error_set(err, LATSUB_UNFINISHED, "%s: another latsub is "
			"submitting this run (%s); wait for it, then try again",
			run->dir, text_trim(text));
		close(fd);
		fd = -1;
	} else {
		gethostname(host, sizeof host - 1);
		snprintf(text, sizeof text, "process %d on %s\n", (int)getpid(),
		         host);
		/* for people only: the lock is what counts */
		if (ftruncate(fd, 0)
		    || pwrite(fd, text, strlen(text), 0) < 0)
			errno = 0;
	}
	free(path);
	return fd;
}
