/*
 * prune_remove.c - a checkpoint is removed.
 *
 * Beware: a directory is given a temporary name first, so that a part of one is
 * never taken for a checkpoint; whoever is killed meanwhile leaves that name, for
 * the next one to remove.
 */
#include "prune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/clock.h"
#include "latsub/file.h"

struct removal {
	dev_t device;
	double deadline; /* 0: none */
};

static int remove_in(const struct removal *removal, int dir, const char *name);

static bool
is_late(const struct removal *removal)
{
	if (removal->deadline <= 0 || clock_now() < removal->deadline)
		return false;
	errno = ETIMEDOUT;
	return true;
}

/* NOLINTBEGIN(misc-no-recursion): each level holds a file descriptor, so it is
 * the limit of open files that bounds it. */
static int
remove_entries(const struct removal *removal, int dir)
{
	DIR *stream = fdopendir(dir); /* which closes it */
	struct dirent *entry;
	bool late;
	int rc = 0;

	if (!stream) {
		close(dir);
		return -1;
	}
	while ((late = is_late(removal)) == false && (entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") != 0
		    && strcmp(entry->d_name, "..") != 0
		    && remove_in(removal, dirfd(stream), entry->d_name))
			rc = -1;
	}
	closedir(stream);
	if (late)
		errno = ETIMEDOUT;
	return late ? -1 : rc;
}

static int
remove_in(const struct removal *removal, int dir, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (!S_ISDIR(st.st_mode)) /* of a link, the link */
		return unlinkat(dir, name, 0);
	if (st.st_dev != removal->device) {
		errno = EXDEV;
		return -1;
	}
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || remove_entries(removal, fd))
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}
/* NOLINTEND(misc-no-recursion) */

/* Is it the name that a directory got here before? */
static bool
is_aside(const char *name)
{
	return *name == '.' && text_ends(name, PRUNE_ASIDE_END);
}

/* Give a directory a name that no pattern matches; then it is removed. */
static int
remove_last(int dir, const char *name, double deadline)
{
	char *aside = is_aside(name) ? xstrdup(name)
		: xasprintf(".%s" PRUNE_ASIDE_END, name);
	struct removal removal = { .deadline = deadline };
	struct stat st, own;
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || fstat(dir, &own)) {
		rc = -1;
	} else if (S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		rc = -1;
	} else if (!S_ISDIR(st.st_mode)) {
		rc = unlinkat(dir, name, 0);
	} else if (st.st_dev != own.st_dev) {
		errno = EXDEV;
		rc = -1;
	} else {
		removal.device = own.st_dev;
		rc = is_late(&removal) ? -1 : renameat(dir, name, dir, aside);
		if (rc == 0)
			rc = remove_in(&removal, dir, aside);
	}
	free(aside);
	return rc;
}

int
prune_remove(const char *dir, const char *name, double deadline)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), next, rc = -1;
	char *copy = xstrdup(name), *at = copy;

	for (char *slash; fd >= 0 && (slash = strchr(at, '/')); at = slash + 1) {
		*slash = '\0';
		if (strcmp(at, "..") == 0) {
			errno = EINVAL;
			next = -1;
		} else {
			next = openat(fd, *at ? at : ".", O_RDONLY | O_DIRECTORY
			              | O_NOFOLLOW | O_CLOEXEC);
		}
		close(fd);
		fd = next;
	}
	if (fd >= 0 && *at && strcmp(at, ".") != 0 && strcmp(at, "..") != 0)
		rc = remove_last(fd, at, deadline);
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}
