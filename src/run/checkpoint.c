/*
 * checkpoint.c - newest match of a pattern, never a half-written one.
 *
 * A file that is being written has a temporary name in every code that
 * writes checkpoints safely; those are passed over.
 */
#include "checkpoint.h"

#include <ctype.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "latsub/file.h"
#include "latsub/text.h"

static bool
is_temporary(const char *path)
{
	static const char *const ends[] = { ".tmp", ".temp", ".part",
		".partial", ".new", ".swp", "~" };
	const char *name = file_basename(path);
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t end = strlen(ends[i]);

		if (len >= end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return name[0] == '.' || strstr(name, ".tmp.")
		|| strstr(name, ".new.");
}

/* A directory is as new as its last entry made or renamed; a temporary entry
 * in it means that it is not complete. */
static bool
look_at(const char *path, struct timespec *when)
{
	struct stat st;
	char *pattern;
	glob_t inside;
	bool complete = true;

	if (stat(path, &st))
		return false;
	*when = st.st_mtim;
	if (!S_ISDIR(st.st_mode))
		return st.st_size > 0;
	pattern = file_join(path, "*");
	if (glob(pattern, GLOB_NOSORT, NULL, &inside) == 0) {
		for (size_t i = 0; i < inside.gl_pathc; i++)
			complete &= !is_temporary(inside.gl_pathv[i]);
		globfree(&inside);
	}
	free(pattern);
	return complete;
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

char *
checkpoint_newest(const char *dir, const char *pattern)
{
	char *escaped = escape(dir), *whole = file_join(escaped, pattern);
	struct timespec best = { 0 };
	char *newest = NULL;
	glob_t found;

	if (glob(whole, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *path = found.gl_pathv[i];
			struct timespec when;

			if (is_temporary(path) || !look_at(path, &when)
			    || (newest && !is_newer(&when, path, &best,
			                            newest)))
				continue;
			free(newest);
			newest = xstrdup(path);
			best = when;
		}
		globfree(&found);
	}
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
