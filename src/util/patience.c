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
#define SLICE_SEC 0.5 /* of a pause: so late is it seen that it is to end */
#define MOMENT_SEC 3.0

static double patience_sec = MOMENT_SEC;
static double shared_until; /* by CLOCK_MONOTONIC; 0: it is not shared */
static bool (*patience_goes_on)(void);

void
file_set_patience(double seconds, bool (*go_on)(void))
{
	patience_sec = seconds;
	patience_goes_on = go_on;
	shared_until = 0;
}

/* On NFS, Lustre, GPFS and the like; EIO may. */
bool
file_error_passes(int error)
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

void
file_share_patience(void)
{
	shared_until = seconds_now() + patience_sec;
}

static double
patience_until(double now)
{
	double moment = patience_sec < MOMENT_SEC ? patience_sec : MOMENT_SEC;

	if (shared_until <= 0)
		return now + patience_sec;
	return shared_until > now + moment ? shared_until : now + moment;
}

static void
pause_slice(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL);
}

/* False: somebody wants it to end. */
static bool
pause_for(double seconds)
{
	bool go_on = !patience_goes_on || patience_goes_on();

	while (go_on && seconds > 0) {
		pause_slice(seconds < SLICE_SEC ? seconds : SLICE_SEC);
		seconds -= SLICE_SEC;
		go_on = seconds <= 0 || !patience_goes_on
			|| patience_goes_on();
	}
	return go_on;
}

bool
file_try_again(struct file_tries *tries)
{
	double pause = FIRST_PAUSE_SEC, now = seconds_now();
	int saved = errno;
	bool go_on;

	if (!file_error_passes(errno))
		return false;
	if (tries->count++ == 0)
		tries->until = patience_until(now);
	/* another file has the name now, most often: open that, at once */
	if (saved == ESTALE && tries->count <= 2)
		return true;
	for (unsigned i = 1; i < tries->count && pause < LONGEST_PAUSE_SEC; i++)
		pause *= 2;
	go_on = now + pause <= tries->until && pause_for(pause);
	errno = saved;
	return go_on;
}
