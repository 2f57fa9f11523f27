/*
 * file.c - whole reads, atomic replacement, paths.
 *
 * Beware: a rename is durable only after an fsync of its directory, and a
 * write may be short or fail late (ENOSPC at fsync or close on NFS): every
 * result is looked at before the rename.
 */
#include "latsub/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/fault.h"
#include "latsub/text.h"

/* Read at most max + 1 bytes, so that the caller can tell "too long". */
static int
read_all(int fd, size_t max, struct strbuf *out)
{
	char chunk[65536];

	for (;;) {
		ssize_t got = read(fd, chunk, sizeof chunk);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			return 0;
		strbuf_add(out, chunk, (size_t)got);
		if (out->len > max)
			return 0;
	}
}

static void
close_keeping_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

static int
read_once(const char *path, size_t max, struct strbuf *sb, struct stat *st,
          struct latsub_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;

	if (fd < 0)
		return latsub_error_errno(err, "%s", path);
	if (fstat(fd, st)) {
		latsub_error_errno(err, "%s", path);
	} else if (!S_ISREG(st->st_mode)) {
		latsub_error_set(err, LATSUB_USAGE, "%s: not a regular file",
		                 path);
		errno = EINVAL;
	} else if (read_all(fd, max, sb)) {
		latsub_error_errno(err, "%s", path);
	} else if (sb->len > max) {
		latsub_error_set(err, LATSUB_USAGE,
		                 "%s: longer than the %zu bytes that latsub "
		                 "reads", path, max);
		errno = EFBIG;
	} else {
		rc = 0;
	}
	close_keeping_errno(fd);
	if (rc)
		strbuf_clear(sb);
	return rc;
}

int
file_read(const char *path, size_t max, char **data, size_t *len,
          struct stat *st, struct latsub_error *err)
{
	struct file_tries tries = { 0 };
	struct strbuf sb = { 0 };
	struct stat local;
	int rc;

	do
		rc = read_once(path, max, &sb, st ? st : &local, err);
	while (rc && file_try_again(&tries));
	if (rc)
		return rc;
	*len = sb.len;
	*data = strbuf_steal(&sb);
	return 0;
}

int
file_open_new(const char *path, int flags, mode_t mode)
{
	int fd = open(path, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = open(path, flags | O_CREAT, mode & 0600);
	/* whatever the umask; some file systems have no modes */
	if (fd >= 0 && fchmod(fd, mode))
		errno = 0;
	return fd;
}

int
file_write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

/* Give the new file the mode and, where we may, the owner of the old one. */
static int
keep_identity(int fd, const char *path, mode_t mode)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		mode = st.st_mode & 07777;
		if ((st.st_uid != geteuid() || st.st_gid != getegid())
		    && fchown(fd, st.st_uid, st.st_gid) && errno != EPERM)
			return -1;
	}
	return fchmod(fd, mode);
}

int
file_prepare(const char *path, const char *data, size_t len, mode_t mode,
             char **temp, struct latsub_error *err)
{
	char *name = xasprintf("%s.new.XXXXXX", path);
	int fd = mkostemp(name, O_CLOEXEC);
	int failed;

	if (fd < 0) {
		latsub_error_errno(err, "%s", name);
		free(name);
		return -1;
	}
	failed = keep_identity(fd, path, mode) || file_write_all(fd, data, len)
		|| fsync(fd);
	if (failed)
		latsub_error_errno(err, "%s", path);
	if (close(fd) && !failed) {
		latsub_error_errno(err, "%s", path);
		failed = 1;
	}
	if (failed) {
		unlink(name);
		free(name);
		return -1;
	}
	*temp = name;
	return 0;
}

int
file_sync_directory(const char *path)
{
	char *dir = file_directory(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = -1;

	if (fd >= 0) {
		/* some file systems cannot sync a directory */
		rc = fsync(fd) && errno != EINVAL ? -1 : 0;
		close(fd);
	}
	free(dir);
	return rc;
}

int
file_commit(const char *temp, const char *path, struct latsub_error *err)
{
	fault_point();
	if (rename(temp, path) || file_sync_directory(path))
		return latsub_error_errno(err, "%s", path);
	fault_point();
	return 0;
}

void
file_discard(const char *temp)
{
	int saved = errno;

	unlink(temp);
	errno = saved;
}

int
file_replace(const char *path, const char *data, size_t len, mode_t mode,
             struct latsub_error *err)
{
	char *temp = NULL;
	int rc = file_prepare(path, data, len, mode, &temp, err);

	if (rc == 0) {
		rc = file_commit(temp, path, err);
		if (rc)
			file_discard(temp);
	}
	free(temp);
	return rc;
}

/* With a name that lasts.  Who may not read the directory above cannot sync it. */
static int
make_directory(const char *path, mode_t mode)
{
	int saved;

	if (mkdir(path, mode))
		return errno == EEXIST || (errno == EROFS && file_exists(path))
			? 0 : -1;
	if (file_sync_directory(path) == 0 || errno == EACCES)
		return 0;
	saved = errno;
	rmdir(path);
	errno = saved;
	return -1;
}

int
file_make_directory(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode))
		return -1;
	if (stat(path, &st) == 0 && (st.st_mode & 0777) != mode
	    && chmod(path, (st.st_mode & 07000) | mode))
		errno = 0; /* some file systems have no modes */
	return 0;
}

int
file_mkdirs(const char *path, mode_t mode, struct latsub_error *err)
{
	char *copy = xstrdup(path);
	int rc = 0;

	for (char *p = copy + 1; rc == 0; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (make_directory(copy, mode))
			rc = latsub_error_errno(err, "%s", copy);
		*p = c;
		if (!c)
			break;
	}
	free(copy);
	return rc;
}

int
file_stat_now(const char *path, struct stat *st)
{
	struct file_tries tries = { 0 };
	int fd, rc;

	do {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		rc = fd < 0 || fstat(fd, st) ? -1 : 0;
		if (fd >= 0)
			close_keeping_errno(fd);
	} while (rc && file_try_again(&tries));
	return rc;
}

/* A node remembers for a while that a name was not there.  Once the directory has
 * been opened it asks again (NFS: close-to-open). */
static int
stat_now(const char *path, struct stat *st)
{
	char *dir;
	int fd;

	if (stat(path, st) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	dir = file_directory(path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd >= 0)
		close(fd);
	return stat(path, st);
}

int
file_look(const char *path, bool *exists, struct latsub_error *err)
{
	struct file_tries tries = { 0 };
	struct stat st;

	do
		*exists = stat_now(path, &st) == 0;
	while (!*exists && file_try_again(&tries));
	if (*exists || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return latsub_error_errno(err, "%s", path);
}

bool
file_exists(const char *path)
{
	bool exists;

	return file_look(path, &exists, NULL) == 0 && exists;
}

char *
file_join(const char *dir, const char *name)
{
	if (*name == '/' || strcmp(dir, ".") == 0 || !*dir)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir,
	                 dir[strlen(dir) - 1] == '/' ? "" : "/", name);
}

/* Take "." and ".." and doubled slashes out of an absolute path. */
static char *
normalise(const char *path)
{
	struct strbuf out = { 0 };

	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && strncmp(path, "..", 2) == 0) {
			char *slash = out.data ? strrchr(out.data, '/') : NULL;

			if (slash) {
				*slash = '\0';
				out.len = (size_t)(slash - out.data);
			}
		} else if (len > 0 && !(len == 1 && *path == '.')) {
			strbuf_putc(&out, '/');
			strbuf_add(&out, path, len);
		}
		path += len;
	}
	if (out.len == 0)
		strbuf_putc(&out, '/');
	return strbuf_steal(&out);
}

char *
file_absolute(const char *path)
{
	char *cwd = *path == '/' ? NULL : getcwd(NULL, 0);
	char *joined = cwd ? xasprintf("%s/%s", cwd, path) : xstrdup(path);
	char *result = normalise(joined);

	free(joined);
	free(cwd);
	return result;
}

char *
file_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/")
		: xstrndup(path, (size_t)(slash - path));
}

const char *
file_relative(const char *base, const char *path)
{
	size_t len = strlen(base);

	if (strcmp(base, "/") != 0 && strncmp(path, base, len) == 0
	    && path[len] == '/')
		return path + len + 1;
	return path;
}

const char *
file_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
