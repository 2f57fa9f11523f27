/*
 * inject.c - functions of libc that fail when they are told to.
 *
 * Each stands before libc's own, which is found by dlsym.  An operation
 * counts if its path, or what its descriptor is open on, lies under the
 * directory, and if it can fail in the way that is asked for.
 */
#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READS = 1, MAKES = 2, WRITES = 4, SYNCS = 8, LOCKS = 16, OTHER = 32,
       ANY = 63 };

static const struct way {
	const char *name;
	int error;
	unsigned kinds;
	bool stays, cuts; /* all later ones fail, too; writes are cut short */
	bool lockless;
} ways[] = {
	{ .name = "EIO", .error = EIO, .kinds = ANY },
	{ .name = "DEAD", .error = EIO, .kinds = ANY, .stays = true },
	{ .name = "ESTALE", .error = ESTALE, .kinds = READS },
	{ .name = "ENOSPC", .error = ENOSPC, .kinds = MAKES | WRITES | SYNCS },
	{ .name = "EDQUOT", .error = EDQUOT, .kinds = MAKES | WRITES | SYNCS },
	{ .name = "FULL", .error = ENOSPC, .kinds = MAKES | WRITES,
	  .stays = true, .cuts = true },
	{ .name = "UNSYNCED", .error = EIO, .kinds = SYNCS },
	{ .name = "UNSYNCABLE", .error = EIO, .kinds = SYNCS, .stays = true },
	{ .name = "SHORT", .kinds = WRITES, .cuts = true },
	{ .name = "UNLOCKED", .kinds = WRITES, .cuts = true, .lockless = true },
	{ .name = "ENOLCK", .error = ENOLCK, .kinds = LOCKS },
};

static char root[PATH_MAX], what_failed[4096], log_path[PATH_MAX];
static char while_path[PATH_MAX]; /* nothing fails while this is not there */
static const struct way *way;
static long left, failures;

void (*inject_between)(void);

void
inject_arm(const char *dir, long at, const char *how)
{
	way = NULL;
	snprintf(root, sizeof root, "%s", dir);
	what_failed[0] = '\0';
	failures = 0;
	left = at;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (strcmp(ways[i].name, how) == 0)
			way = &ways[i];
	}
	if (!way) {
		fprintf(stderr, "inject: no way to fail is called %s\n", how);
		abort();
	}
}

const char *
inject_disarm(void)
{
	way = NULL;
	return failures ? what_failed : NULL;
}

__attribute__((constructor))
static void
read_environment(void)
{
	const char *dir = getenv("INJECT_DIR"), *at = getenv("INJECT_AT");
	const char *how = getenv("INJECT_HOW"), *to = getenv("INJECT_LOG");
	const char *during = getenv("INJECT_WHILE");

	if (!dir || !at || !how)
		return;
	snprintf(log_path, sizeof log_path, "%s", to ? to : "");
	snprintf(while_path, sizeof while_path, "%s", during ? during : "");
	inject_arm(dir, atol(at), how);
	unsetenv("INJECT_DIR");
	unsetenv("INJECT_AT");
	unsetenv("INJECT_HOW");
	unsetenv("INJECT_LOG");
	unsetenv("INJECT_WHILE");
	unsetenv("LD_PRELOAD");
}

static bool
is_time(void)
{
	int saved = errno;
	bool is = !*while_path || syscall(SYS_faccessat, AT_FDCWD, while_path,
	                                  F_OK) == 0;

	errno = saved;
	return is;
}

static bool
is_under(const char *path)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0
		&& (path[len] == '/' || path[len] == '\0');
}

/* Without any of the functions that stand below. */
static void
note(const char *operation, const char *path)
{
	int fd;

	if (failures++ > 0)
		return;
	snprintf(what_failed, sizeof what_failed, "%.20s %.4000s",
	         operation, path);
	if (!*log_path)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, log_path,
	                  O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd < 0)
		return;
	syscall(SYS_write, fd, what_failed, strlen(what_failed));
	syscall(SYS_write, fd, "\n", (size_t)1);
	syscall(SYS_close, fd);
}

/* Shall this one fail?  errno is set then. */
static bool
fails(unsigned kind, const char *operation, const char *path)
{
	char absolute[2 * PATH_MAX], cwd[PATH_MAX];

	if (!way || !(way->kinds & kind))
		return false;
	if (*path != '/' && syscall(SYS_getcwd, cwd, sizeof cwd) > 0) {
		snprintf(absolute, sizeof absolute, "%s/%s", cwd, path);
		path = absolute;
	}
	if (!is_under(path) || left == 0 || !is_time())
		return false;
	if (left > 1) {
		left--;
		return false;
	}
	if (!way->stays)
		left = 0;
	note(operation, path);
	errno = way->error;
	return true;
}

static bool
fails_fd(unsigned kind, const char *operation, int fd)
{
	char link[40], path[PATH_MAX];
	int saved = errno;
	ssize_t len;

	if (!way || !(way->kinds & kind))
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
	errno = saved;
	if (len < 0)
		return false;
	path[len] = '\0';
	return fails(kind, operation, path);
}

#define REAL(name) \
	static __typeof__(&name) real; \
	if (!real) \
		real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define ON_PATH(kind, type, bad, name, params, path, args) \
	type name params; \
	type name params \
	{ \
		REAL(name); \
		return fails(kind, #name, path) ? bad : real args; \
	}

#define ON_FD(kind, type, name, params, fd, args) \
	type name params; \
	type name params \
	{ \
		REAL(name); \
		return fails_fd(kind, #name, fd) ? -1 : real args; \
	}

ON_PATH(MAKES, int, -1, mkdir, (const char *path, mode_t mode), path,
        (path, mode))
ON_PATH(MAKES, int, -1, mkostemp, (char *path, int flags), path, (path, flags))
ON_PATH(MAKES, int, -1, rename, (const char *path, const char *to), path,
        (path, to))
ON_PATH(OTHER, int, -1, unlink, (const char *path), path, (path))
ON_PATH(READS, DIR *, NULL, opendir, (const char *path), path, (path))
ON_PATH(READS, int, -1, stat, (const char *path, struct stat *st), path,
        (path, st))
ON_PATH(READS, int, -1, lstat, (const char *path, struct stat *st), path,
        (path, st))
ON_FD(READS, int, fstat, (int fd, struct stat *st), fd, (fd, st))
ON_FD(READS, ssize_t, read, (int fd, void *data, size_t len), fd,
      (fd, data, len))
ON_FD(READS, ssize_t, pread, (int fd, void *data, size_t len, off_t at), fd,
      (fd, data, len, at))
ON_FD(WRITES, ssize_t, pwrite, (int fd, const void *data, size_t len, off_t at),
      fd, (fd, data, len, at))
ON_FD(SYNCS, int, fsync, (int fd), fd, (fd))
ON_FD(SYNCS, int, fdatasync, (int fd), fd, (fd))
ON_FD(OTHER, int, ftruncate, (int fd, off_t len), fd, (fd, len))
ON_FD(OTHER, int, fchmod, (int fd, mode_t mode), fd, (fd, mode))

struct dirent *
readdir(DIR *dir)
{
	REAL(readdir);
	return fails_fd(READS, "readdir", dirfd(dir)) ? NULL : real(dir);
}

/* What is open is closed all the same, as Linux does. */
int
close(int fd)
{
	bool bad = fails_fd(SYNCS, "close", fd);
	int error = errno;
	REAL(close);
	int rc = real(fd);

	if (!bad)
		return rc;
	errno = error;
	return -1;
}

int
flock(int fd, int operation)
{
	REAL(flock);
	if (fails_fd(LOCKS, "flock", fd))
		return -1;
	if (!way || !way->lockless)
		return real(fd, operation);
	errno = ENOLCK;
	return -1;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	bool first = failures == 0;
	ssize_t put;
	REAL(write);

	if (!fails_fd(WRITES, "write", fd))
		return real(fd, data, len);
	if (!way->cuts || !first || len < 2)
		return way->error ? -1 : real(fd, data, len);
	put = real(fd, data, len / 2);
	if (inject_between)
		inject_between();
	return put;
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	REAL(open);

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (fails(flags & O_CREAT ? MAKES : READS, "open", path))
		return -1;
	return real(path, flags, mode);
}
