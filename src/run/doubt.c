/*
 * doubt.c - which checkpoint may be half of one.
 *
 * In: what is seen of a checkpoint, and when its writer was stopped.  Beware: a
 * file's time is the file server's, whose clock may be seconds off ours, and some
 * servers keep whole seconds only.
 */
#include "doubt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "latsub/file.h"

#define DOUBT_SEC 1.0  /* what changed so shortly before may be half */
#define CLOCK_TRIES 3  /* the quickest of them is the most exact */
#define QUICK_SEC 0.05

double
doubt_seconds(struct timespec time)
{
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return doubt_seconds(time);
}

/* The time that a file gets which is written now; 0 if none can be.  There is one
 * for the whole run, which stays: who is killed here leaves nothing, and nobody
 * removes it (NFS) under another who is writing to it. */
static double
time_of_written_file(const char *dir)
{
	char *path = file_join(dir, "clock");
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	double time = 0;

	if (fd >= 0) {
		if (write(fd, "?", 1) == 1 && fsync(fd) == 0
		    && fstat(fd, &st) == 0)
			time = doubt_seconds(st.st_mtim);
		close(fd);
	}
	free(path);
	return time;
}

double
doubt_clock_offset(const char *dir)
{
	double offset = 0, best = -1;

	for (int i = 0; i < CLOCK_TRIES && (best < 0 || best > QUICK_SEC); i++) {
		double before = now(), there = time_of_written_file(dir);
		double after = now();

		if (there <= 0)
			break;
		if (best < 0 || after - before < best) {
			best = after - before;
			offset = there - after;
		}
	}
	return offset;
}

bool
doubt_half(const struct checkpoint_look *look, double stopped_at)
{
	double changed = doubt_seconds(look->changed);

	if (look->renamed)
		return false;
	if (look->changed.tv_nsec == 0) /* of a clock of whole seconds, perhaps */
		changed += 1;
	return changed > stopped_at - DOUBT_SEC;
}
