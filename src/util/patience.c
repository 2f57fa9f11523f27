/*
 * patience.c - file systems that are sick for a moment: what is tried again, and
 * for how long.
 */
#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "latsub/file.h"

#define FIRST_PAUSE_SEC 0.02
#define LONGEST_PAUSE_SEC 5

static double patience_sec = 3;
static bool (*patience_goes_on)(void);

void
file_set_patience(double seconds, bool (*go_on)(void))
{
	patience_sec = seconds;
	patience_goes_on = go_on;
}

/* Those that pass, on NFS, Lustre, GPFS and the like; EIO may. */
static bool
is_sick(int error)
{
	static const int passing[] = { ESTALE, EIO, ETIMEDOUT, EAGAIN,
		ENOTCONN, ESHUTDOWN, EHOSTDOWN, EHOSTUNREACH, ENETDOWN,
		ENETUNREACH, ECONNREFUSED, ECONNRESET, EREMOTEIO };

	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
		if (passing[i] == error)
			return true;
	}
	return false;
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
pause_for(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL);
}

bool
file_try_again(struct file_tries *tries)
{
	double pause = FIRST_PAUSE_SEC, now = seconds_now();
	int saved = errno;

	if (!is_sick(errno))
		return false;
	if (tries->count++ == 0)
		tries->until = now + patience_sec;
	/* another file has the name now, most often: open that, at once */
	if (saved == ESTALE && tries->count <= 2)
		return true;
	for (unsigned i = 1; i < tries->count && pause < LONGEST_PAUSE_SEC; i++)
		pause *= 2;
	if (now + pause > tries->until
	    || (patience_goes_on && !patience_goes_on()))
		return false;
	pause_for(pause);
	errno = saved;
	return true;
}
