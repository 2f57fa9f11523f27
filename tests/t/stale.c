/*
 * stale.c - a file system that remembers: preloaded into latsub, it answers stat
 * and the like as an NFS client does.
 *
 *   STALE_DIR    the files of which it remembers something
 *   STALE_CACHE  a directory: what this "node" remembers, for all its processes
 *   STALE_SEC    for so long; an open of the file ends it (close-to-open), for
 *                what was not there an open of its directory
 *
 * gethostname() is the Slurm node's name, so that nodes on one machine have
 * journal files of their own.
 */
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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct memory {
	time_t at;
	bool absent;
	struct stat st;
};

static char root[PATH_MAX / 2], cache[PATH_MAX / 2], node[65];
static long keep_sec;

__attribute__((constructor)) static void
begin(void)
{
	const char *dir = getenv("STALE_DIR"), *memory = getenv("STALE_CACHE");
	const char *sec = getenv("STALE_SEC"), *name = getenv("SLURMD_NODENAME");

	if (dir && memory && sec) {
		snprintf(root, sizeof root, "%s", dir);
		snprintf(cache, sizeof cache, "%s", memory);
		keep_sec = atol(sec);
		mkdir(cache, 0700);
	}
	snprintf(node, sizeof node, "%s", name ? name : "");
	unsetenv("LD_PRELOAD"); /* not in what latsub starts */
}

#define REAL(name) \
	static __typeof__(&name) real; \
	if (!real) \
		*(void **)&real = dlsym(RTLD_NEXT, #name)

static bool
is_under(const char *path)
{
	size_t len = strlen(root);

	return len && strncmp(path, root, len) == 0
		&& (path[len] == '/' || !path[len]);
}

/* Where it is remembered; what: 'l' of lstat, 's' of stat, 'd' opened. */
static void
place_of(const char *path, char what, char *place, size_t size)
{
	unsigned long long hash = 14695981039346656037ull;

	for (const char *p = path; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211ull;
	snprintf(place, size, "%s/%c%016llx", cache, what, hash);
}

static void
remember(const char *path, char what, const struct memory *memory)
{
	char place[PATH_MAX], temp[PATH_MAX + 32];
	FILE *file;
	REAL(rename);

	place_of(path, what, place, sizeof place);
	snprintf(temp, sizeof temp, "%s.%d", place, (int)getpid());
	file = fopen(temp, "w");
	if (!file || fwrite(memory, sizeof *memory, 1, file) != 1
	    || fclose(file) || real(temp, place))
		abort();
}

static bool
recall(const char *path, char what, struct memory *memory)
{
	char place[PATH_MAX];
	FILE *file;
	bool known;

	place_of(path, what, place, sizeof place);
	file = fopen(place, "r");
	if (!file)
		return false;
	known = fread(memory, sizeof *memory, 1, file) == 1;
	fclose(file);
	return known;
}

/* The directory was opened after that. */
static bool
is_looked_through(const char *path, time_t since)
{
	char dir[PATH_MAX];
	struct memory opened;
	char *slash;

	snprintf(dir, sizeof dir, "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	return recall(dir, 'd', &opened) && opened.at >= since;
}

static void
look(const char *path, char what)
{
	struct memory memory = { .at = time(NULL) };
	int rc = fstatat(AT_FDCWD, path, &memory.st,
	                 what == 'l' ? AT_SYMLINK_NOFOLLOW : 0);

	memory.absent = rc != 0;
	remember(path, what, &memory);
}

/* 0, -1 with errno, or 1: the file system itself is to be asked. */
static int
answer(const char *path, char what, struct stat *st)
{
	int saved = errno;
	struct memory memory;

	if (!is_under(path))
		return 1;
	if (!recall(path, what, &memory) || time(NULL) - memory.at >= keep_sec
	    || (memory.absent && is_looked_through(path, memory.at))) {
		look(path, what);
		if (!recall(path, what, &memory))
			abort();
	}
	errno = memory.absent ? ENOENT : saved;
	*st = memory.st;
	return memory.absent ? -1 : 0;
}

static void
revalidate(const char *path)
{
	struct memory opened = { .at = time(NULL) };
	int saved = errno;

	if (is_under(path)) {
		look(path, 'l');
		look(path, 's');
		remember(path, 'd', &opened);
	}
	errno = saved;
}

int
stat(const char *path, struct stat *st)
{
	int rc = answer(path, 's', st);
	REAL(stat);

	return rc == 1 ? real(path, st) : rc;
}

int
lstat(const char *path, struct stat *st)
{
	int rc = answer(path, 'l', st);
	REAL(lstat);

	return rc == 1 ? real(path, st) : rc;
}

/* What an older glibc has in the place of these. */
int __xstat(int version, const char *path, struct stat *st);
int
__xstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return stat(path, st);
}

int __lxstat(int version, const char *path, struct stat *st);
int
__lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return lstat(path, st);
}

int
access(const char *path, int mode)
{
	struct stat st;
	int rc = answer(path, 's', &st);
	REAL(access);

	return rc == -1 ? -1 : real(path, mode);
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;
	REAL(open);

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	fd = real(path, flags, mode);
	if (fd >= 0)
		revalidate(path);
	return fd;
}

DIR *
opendir(const char *path)
{
	REAL(opendir);
	revalidate(path);
	return real(path);
}

/* What this node does itself it knows. */
ssize_t
write(int fd, const void *data, size_t len)
{
	char link[40], path[PATH_MAX];
	ssize_t put, size;
	int saved;
	REAL(write);

	put = real(fd, data, len);
	saved = errno;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof path - 1);
	if (size > 0) {
		path[size] = '\0';
		revalidate(path);
	}
	errno = saved;
	return put;
}

int
rename(const char *from, const char *to)
{
	REAL(rename);
	int rc = real(from, to);

	revalidate(to);
	return rc;
}

int
gethostname(char *name, size_t size)
{
	REAL(gethostname);

	if (!*node)
		return real(name, size);
	snprintf(name, size, "%s", node);
	return 0;
}
