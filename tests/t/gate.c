/*
 * gate.c - a process that is slow at the wrong moment: preloaded into latsub, it
 * stands before its first look for a lock (flock() with LOCK_NB).
 *
 *   GATE=PATH  there PATH.closed is made, and PATH.open waited for
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Not in what latsub starts. */
__attribute__((constructor)) static void
stay_alone(void)
{
	unsetenv("LD_PRELOAD");
}

static void
wait_at(const char *gate)
{
	char path[4096];

	snprintf(path, sizeof path, "%s.closed", gate);
	close(open(path, O_CREAT | O_WRONLY, 0644));
	snprintf(path, sizeof path, "%s.open", gate);
	while (access(path, F_OK) != 0) /* who preloads bounds it */
		usleep(20000);
}

int
flock(int fd, int operation)
{
	int (*real)(int, int) = NULL;
	const char *gate = getenv("GATE");

	*(void **)&real = dlsym(RTLD_NEXT, "flock");
	if (!real)
		abort();
	if (gate && (operation & LOCK_NB)) {
		wait_at(gate);
		unsetenv("GATE");
	}
	return real(fd, operation);
}
