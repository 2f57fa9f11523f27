/*
 * clock.c - see clock.h.
 */
#include "latsub/clock.h"

#include <time.h>

#define SLICE_SEC 0.5 /* so late is it seen that the pause is to end */

double
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
clock_pause(double seconds)
{
	struct timespec pause = { .tv_sec = (time_t)seconds };

	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL);
}

bool
clock_pause_while(double seconds, bool (*go_on)(void))
{
	bool goes_on = !go_on || go_on();

	for (; goes_on && seconds > 0; seconds -= SLICE_SEC) {
		clock_pause(seconds < SLICE_SEC ? seconds : SLICE_SEC);
		goes_on = !go_on || go_on();
	}
	return goes_on;
}
