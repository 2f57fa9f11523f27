/*
 * slow.c - preloaded: a file server that takes LATSUB_SLOW_MSEC to open a file whose
 * path has "/ck/" in it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int
open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	const char *slow = getenv("LATSUB_SLOW_MSEC");
	struct timespec pause = { 0 };
	mode_t mode = 0;
	va_list ap;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "open");
	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, int);
		va_end(ap);
	}
	if (slow && strstr(path, "/ck/")) {
		pause.tv_nsec = atol(slow) * 1000000;
		nanosleep(&pause, NULL);
	}
	return real(path, flags, mode);
}
