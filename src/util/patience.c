/*
 * patience.c - file systems that are sick for a moment: what is tried again, and
 * for how long.
 */
#include <errno.h>
#include <stddef.h>

#include "latsub/clock.h"
#include "latsub/file.h"

#define FIRST_PAUSE_SEC 0.02
#define LONGEST_PAUSE_SEC 5
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

void
file_share_patience(void)
{
	shared_until = clock_now() + patience_sec;
}

static double
patience_until(double now)
{
	double moment = patience_sec < MOMENT_SEC ? patience_sec : MOMENT_SEC;

	if (shared_until <= 0)
		return now + patience_sec;
	return shared_until > now + moment ? shared_until : now + moment;
}

bool
file_try_again(struct file_tries *tries)
{
	double pause = FIRST_PAUSE_SEC, now = clock_now();
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
	go_on = now + pause <= tries->until
		&& clock_pause_while(pause, patience_goes_on);
	errno = saved;
	return go_on;
}
