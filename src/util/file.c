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
#include <grp.h>
#include <pwd.h>
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

bool
file_is_others(const struct stat *st)
{
	return st->st_uid != geteuid() && st->st_uid != 0;
}

static int
refuse_owner(const char *path, uid_t owner, struct latsub_error *err)
{
	return latsub_error_set(err, LATSUB_USAGE,
		"%s: belongs to user %u, not to you: latsub runs commands only "
		"from a run of your own", path, (unsigned)owner);
}

/* Whose path is; *st is what it leads to. */
static int
check_uid(const char *path, struct stat *st, struct latsub_error *err)
{
	struct file_tries tries = { 0 };
	struct stat link;
	int rc;

	do
		rc = lstat(path, &link) || stat(path, st);
	while (rc && file_try_again(&tries));
	if (rc)
		return latsub_error_errno(err, "%s", path);
	if (file_is_others(&link))
		return refuse_owner(path, link.st_uid, err);
	return file_is_others(st) ? refuse_owner(path, st->st_uid, err) : 0;
}

int
file_check_uid(const char *path, struct latsub_error *err)
{
	struct stat st;

	return check_uid(path, &st, err);
}

int
file_check_owner(const char *path, struct latsub_error *err)
{
	struct stat st;

	if (check_uid(path, &st, err))
		return -1;
	/* in a sticky directory, too, others may put what is not there yet */
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return latsub_error_set(err, LATSUB_USAGE,
			"%s: others may write to it; 'chmod go-w' it, since "
			"latsub runs commands from there", path);
	return 0;
}

/* ---- the way to a file ---- */

#define LINKS_MAX 40 /* as the kernel has it */

/* Is the file's group the caller's private one, as many systems make one for each
 * user, with a umask of 002?  Beware: a group does not tell who has it for a primary
 * one.  So it must have the user's name, be his primary one, and list nobody else;
 * what cannot be looked up is not private.  Root's is not: some systems have accounts
 * of their own in it. */
static bool
is_private_group(const struct stat *st)
{
	const struct passwd *user = st->st_uid && st->st_uid == geteuid()
		? getpwuid(st->st_uid) : NULL;
	const struct group *group = user && user->pw_gid == st->st_gid
		? getgrgid(st->st_gid) : NULL;

	if (!group || !group->gr_name || strcmp(group->gr_name, user->pw_name))
		return false;
	for (char **member = group->gr_mem; member && *member; member++) {
		if (strcmp(*member, user->pw_name) != 0)
			return false;
	}
	return true;
}

static int
check_step(const char *path, const struct stat *st, struct latsub_error *err)
{
	/* in a sticky one nobody replaces what is ours, and that is looked at */
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);
	mode_t open = st->st_mode & (S_IWGRP | S_IWOTH);
	char *quoted;

	if (file_is_others(st))
		return latsub_error_set(err, LATSUB_USAGE, "%s: belongs to "
			"user %u", path, (unsigned)st->st_uid);
	if (S_ISLNK(st->st_mode) || sticky || !open
	    || (open == S_IWGRP && is_private_group(st)))
		return 0;
	quoted = text_shell_quote(path);
	latsub_error_set(err, LATSUB_USAGE, "%s: others may write to it; 'chmod "
	                 "go-w %s' ends that", path, quoted);
	free(quoted);
	return -1;
}

/* Go on at the link's target, and then the rest of the way. */
static int
follow(const char *link, const char *dir, char **next, char **rest,
       int *links, struct latsub_error *err)
{
	char target[4096];
	ssize_t len = readlink(link, target, sizeof target - 1);
	char *way;

	if (len >= 0 && ++*links > LINKS_MAX) {
		errno = ELOOP;
		len = -1;
	}
	if (len < 0)
		return latsub_error_errno(err, "%s", link);
	target[len] = '\0';
	way = xasprintf("%s/%s", target, *rest);
	free(*rest);
	free(*next);
	*rest = way;
	*next = xstrdup(*target == '/' ? "/" : dir);
	return 0;
}

/* One component on: *rest loses it, *done has it; or it was a link. */
static int
take_step(char **done, char **rest, int *links, struct latsub_error *err)
{
	char *start = *rest + strspn(*rest, "/");
	size_t len = strcspn(start, "/");
	char *name = xstrndup(start, len), *way = xstrdup(start + len), *next;
	struct stat st;
	int rc;

	next = strcmp(name, "..") == 0 ? file_directory(*done)
		: strcmp(name, ".") == 0 ? xstrdup(*done)
		: xasprintf("%s/%s", strcmp(*done, "/") ? *done : "", name);
	if (lstat(next, &st))
		rc = latsub_error_errno(err, "%s", next);
	else
		rc = check_step(next, &st, err);
	if (rc == 0 && S_ISLNK(st.st_mode))
		rc = follow(next, *done, &next, &way, links, err);
	free(name);
	free(*done);
	free(*rest);
	*done = next;
	*rest = way;
	return rc;
}

int
file_check_way(const char *path, struct latsub_error *err)
{
	char *rest = *path == '/' ? xstrdup(path) : NULL, *done = xstrdup("/");
	char *cwd = rest ? NULL : getcwd(NULL, 0);
	int links = 0, rc = 0;

	if (!rest)
		rest = xasprintf("%s/%s", cwd ? cwd : "", path);
	while (rc == 0 && rest[strspn(rest, "/")])
		rc = take_step(&done, &rest, &links, err);
	free(cwd);
	free(rest);
	free(done);
	return rc;
}

int
file_check_inside(const char *dir, const char *name, struct latsub_error *err)
{
	char *path = file_join(dir, name), *top = NULL, *target = NULL;
	struct stat st;
	size_t len;
	int rc = 0;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
		top = realpath(dir, NULL);
		target = realpath(path, NULL);
		len = top ? strlen(top) : 0;
		if (!top || !target || strncmp(target, top, len) != 0
		    || target[len] != '/')
			rc = latsub_error_set(err, LATSUB_USAGE, "%s: a symbolic "
				"link out of the run%s%s, which latsub does not "
				"follow; put there what it leads to", path,
				target ? ", to " : "", target ? target : "");
	}
	free(target);
	free(top);
	free(path);
	return rc;
}
