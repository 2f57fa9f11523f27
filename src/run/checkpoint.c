/*
 * checkpoint.c - newest match of a pattern, never a half-written one.
 *
 * A file that is being written has a temporary name in every code that
 * writes checkpoints safely; those are passed over.  Of other codes' files the
 * fingerprint and the time of the last change tell who is still writing.
 */
#include "checkpoint.h"

#include <ctype.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

struct look {
	bool complete;
	time_t changed;       /* the last change of anything in it */
	uint64_t fingerprint;
};

static struct look looking; /* nftw() passes nothing to its function */

static int
look_at_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	uint64_t parts[] = { (uint64_t)st->st_ino, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec };
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	/* a hidden file in a directory may well be a part of it */
	if (ftw->level > 0 && spec_is_temporary(path + ftw->base))
		looking.complete = false;
	if (type == FTW_F && ftw->level == 0 && st->st_size == 0)
		looking.complete = false;
	if (st->st_mtim.tv_sec > looking.changed)
		looking.changed = st->st_mtim.tv_sec;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		hash ^= parts[i];
		hash *= 0x100000001b3u;
	}
	looking.fingerprint += hash; /* whatever order they come in */
	return 0;
}

static struct look
look_at(const char *path)
{
	char *real = realpath(path, NULL); /* "last" may be a link */

	looking = (struct look){ .complete = real != NULL };
	if (real && nftw(real, look_at_one, 16, FTW_PHYS))
		looking.complete = false;
	free(real);
	return looking;
}

uint64_t
checkpoint_fingerprint(const char *path)
{
	struct look look;

	if (!path || !file_exists(path))
		return 0;
	look = look_at(path);
	return look.fingerprint ? look.fingerprint : 1;
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

/* Matches that are no temporary names, the newest first. */
static size_t
list_candidates(const glob_t *found, struct candidate *candidates)
{
	size_t count = 0;

	for (size_t i = 0; i < found->gl_pathc; i++) {
		const char *path = found->gl_pathv[i];
		struct stat st;

		if (!is_temporary(path) && stat(path, &st) == 0)
			candidates[count++] = (struct candidate){ path,
				st.st_mtim };
	}
	if (count)
		qsort(candidates, count, sizeof *candidates,
		      compare_newest_first);
	return count;
}

bool
checkpoint_has_match(const char *dir, const char *pattern)
{
	char *escaped = escape(dir), *whole = file_join(escaped, pattern);
	glob_t found;
	bool has = glob(whole, GLOB_NOSORT, NULL, &found) == 0;

	if (has)
		globfree(&found);
	free(whole);
	free(escaped);
	return has;
}

char *
checkpoint_newest(const char *dir, const char *pattern, time_t not_after)
{
	char *escaped = escape(dir), *whole = file_join(escaped, pattern);
	struct candidate *candidates = NULL;
	char *newest = NULL;
	glob_t found;
	size_t count = 0;

	if (glob(whole, GLOB_NOSORT, NULL, &found) == 0) {
		candidates = xcalloc(found.gl_pathc, sizeof *candidates);
		count = list_candidates(&found, candidates);
	}
	for (size_t i = 0; i < count && !newest; i++) {
		struct look look = look_at(candidates[i].path);

		if (look.complete && (!not_after || look.changed <= not_after))
			newest = xstrdup(candidates[i].path);
	}
	if (candidates)
		globfree(&found);
	free(candidates);
	free(whole);
	free(escaped);
	return newest;
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
