/*
 * checkpoint.c - the matches of a pattern, and what each of them is like.
 *
 * A file that is being written has a temporary name in every code that
 * writes checkpoints safely; those are passed over.  Of other codes' files the
 * fingerprint and the time of the last change tell who is still writing.
 */
#include "checkpoint.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/clock.h"
#include "latsub/file.h"
#include "latsub/spec.h"
#include "latsub/text.h"

/* Wildcards match no hidden name; a pattern that names one means it. */
static bool
is_temporary(const char *path)
{
	const char *name = file_basename(path);

	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0
		|| spec_is_temporary(name);
}

static bool
is_newer(const struct timespec *a, const char *a_name,
         const struct timespec *b, const char *b_name)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec > b->tv_sec;
	if (a->tv_nsec != b->tv_nsec)
		return a->tv_nsec > b->tv_nsec;
	return strverscmp(a_name, b_name) > 0;
}

/* ---- one candidate, with all that is below it ---- */

static struct checkpoint_look looking; /* nftw() passes nothing on */
static size_t looking_base;            /* the length of the candidate's path */
static bool looking_closely;
static double looking_until;           /* 0: for as long as it takes */

static uint64_t
hash(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++) { /* FNV-1a */
		hash ^= bytes[i];
		hash *= 0x100000001b3u;
	}
	return hash;
}

#define HASH_START 0xcbf29ce484222325u

static bool
is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec
		|| (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* A file of another node's is on NFS as it was some time ago, until it is
 * opened. */
static struct stat
stat_now(const char *path, const struct stat *known)
{
	struct stat st = *known;
	int fd = looking_closely && S_ISREG(known->st_mode)
		? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
		: -1;

	if (fd < 0)
		return st;
	if (fstat(fd, &st))
		st = *known;
	close(fd);
	return st;
}

/* Sums, so that whatever order they come in is the same. */
static void
add_fingerprints(const char *path, const struct stat *st)
{
	uint64_t parts[] = { (uint64_t)st->st_ino, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec };
	const char *name = path + looking_base;
	uint64_t mark = hash(HASH_START, name, strlen(name));

	looking.fingerprint += hash(HASH_START, parts, sizeof parts);
	if (!S_ISDIR(st->st_mode)) /* and no inodes: a run may be moved */
		looking.mark += hash(mark, parts + 1,
		                     sizeof parts - sizeof parts[0]);
}

static int
look_at_one(const char *path, const struct stat *known, int type,
            struct FTW *ftw)
{
	struct stat st;

	looking.late = looking_until > 0 && clock_now() >= looking_until;
	if (looking.late)
		return 1;
	st = stat_now(path, known);
	/* a hidden file in a directory may well be a part of it; not what NFS
	 * calls a file that was removed while it was open */
	if (ftw->level > 0 && text_starts(path + ftw->base, ".nfs"))
		return 0;
	if (ftw->level > 0 && spec_is_temporary(path + ftw->base))
		looking.complete = false;
	if (type == FTW_F && ftw->level == 0 && st.st_size == 0)
		looking.complete = false;
	if (is_later(&st.st_mtim, &looking.changed))
		looking.changed = st.st_mtim;
	if (ftw->level == 0) {
		looking.renamed = is_later(&st.st_ctim, &st.st_mtim);
		looking.renamed_at = st.st_ctim;
	}
	add_fingerprints(path, &st);
	return 0;
}

struct checkpoint_look
checkpoint_look(const char *path, bool closely, double deadline)
{
	char *real = realpath(path, NULL); /* "last" may be a link */

	looking = (struct checkpoint_look){ .complete = real != NULL };
	looking_base = real ? strlen(real) : 0;
	looking_closely = closely;
	looking_until = deadline;
	if (real && nftw(real, look_at_one, 16, FTW_PHYS))
		looking.complete = false;
	if (is_later(&looking.changed, &looking.renamed_at))
		looking.renamed = false;
	free(real);
	return looking;
}

/* ---- all of them ---- */

struct candidate {
	const char *path;
	struct timespec when; /* of a directory: its last entry made or renamed */
};

static int
compare_newest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return is_newer(&x->when, x->path, &y->when, y->path) ? -1 : 1;
}

/* The run's directory may hold characters that glob takes for its own. */
static char *
escape(const char *dir)
{
	struct strbuf out = { 0 };

	for (; *dir; dir++) {
		if (strchr("*?[]\\{}~", *dir))
			strbuf_putc(&out, '\\');
		strbuf_putc(&out, *dir);
	}
	return strbuf_steal(&out);
}

/* Matches that are no temporary names, the newest first.  -1: not in time (errno is
 * 0), or one of them cannot be looked at. */
static int
list_candidates(const glob_t *found, double deadline,
                struct candidate *candidates, size_t *all)
{
	size_t count = 0;

	for (size_t i = 0; i < found->gl_pathc; i++) {
		const char *path = found->gl_pathv[i];
		struct stat st;

		errno = 0;
		if (deadline > 0 && clock_now() >= deadline)
			return -1;
		if (is_temporary(path))
			continue;
		if (stat(path, &st) == 0)
			candidates[count++] = (struct candidate){ path,
				st.st_mtim };
		else if (file_error_passes(errno))
			return -1;
	}
	if (count)
		qsort(candidates, count, sizeof *candidates,
		      compare_newest_first);
	*all = count;
	return 0;
}

void
checkpoint_glob(const char *dir, const char *pattern, struct strlist *paths)
{
	char *escaped = escape(dir), *whole = file_join(escaped, pattern);
	glob_t found;

	if (glob(whole, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			strlist_add(paths, found.gl_pathv[i]);
		globfree(&found);
	}
	free(whole);
	free(escaped);
}

/* Of glob(): what cannot be read is no "no match". */
static int
stop_if_sick(const char *path, int error)
{
	(void)path;
	errno = error;
	return file_error_passes(error);
}

int
checkpoint_has_match(const char *dir, const char *pattern, bool *has,
                     struct latsub_error *err)
{
	char *escaped = escape(dir), *whole = file_join(escaped, pattern);
	glob_t found = { 0 };
	int rc = glob(whole, GLOB_NOSORT, stop_if_sick, &found), saved = errno;

	*has = rc == 0;
	globfree(&found);
	errno = saved;
	rc = rc == GLOB_ABORTED ? latsub_error_errno(err, "%s/%s", dir, pattern)
		: 0;
	free(whole);
	free(escaped);
	errno = saved;
	return rc;
}

static int
list_once(const char *whole, struct strlist *paths, double deadline)
{
	struct candidate *candidates;
	size_t count = 0;
	glob_t found = { 0 };
	int rc = glob(whole, GLOB_NOSORT, stop_if_sick, &found), saved = errno;

	rc = rc == GLOB_ABORTED ? -1 : 0;
	if (rc == 0 && found.gl_pathc) {
		candidates = xcalloc(found.gl_pathc, sizeof *candidates);
		rc = list_candidates(&found, deadline, candidates, &count);
		saved = errno;
		for (size_t i = 0; i < count; i++)
			strlist_add(paths, candidates[i].path);
		free(candidates);
	}
	globfree(&found);
	errno = saved;
	return rc;
}

int
checkpoint_list(const char *dir, const char *pattern, struct strlist *paths,
                double deadline)
{
	char *escaped = escape(dir), *whole = file_join(escaped, pattern);
	struct file_tries tries = { 0 };
	int rc;

	do
		rc = list_once(whole, paths, deadline);
	while (rc && file_try_again(&tries));
	free(whole);
	free(escaped);
	return rc;
}

char *
checkpoint_epoch(const char *path)
{
	const char *name = file_basename(path);
	size_t len;

	while (*name && !isdigit((unsigned char)*name))
		name++;
	len = strspn(name, "0123456789");
	return len ? xstrndup(name, len) : NULL;
}
