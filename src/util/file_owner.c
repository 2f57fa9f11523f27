/*
 * file_owner.c - whose a file is, and who can put another in its place.
 *
 * What a run names may become code that runs as whoever looks at it: so its owner
 * and its modes are looked at first, of the file and of all that leads to it.
 */
#include "latsub/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/text.h"

bool
file_is_others(const struct stat *st)
{
	return st->st_uid != geteuid() && st->st_uid != 0;
}

static int
refuse_owner(const char *path, uid_t owner, struct latsub_error *err)
{
	const struct passwd *user = getpwuid(owner);

	return latsub_error_set(err, LATSUB_USAGE,
		"%s: belongs to user %u%s%s%s, not to you: latsub changes, and "
		"runs commands of, your own runs only", path, (unsigned)owner,
		user ? " (" : "", user ? user->pw_name : "", user ? ")" : "");
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
			"%s: others may write to it; 'chmod go-w' it ('chmod -R "
			"go-w' the run for all of it), since "
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
