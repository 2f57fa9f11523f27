/*
 * log_dir.c - where the logs of a phase go.
 *
 * Slurm replaces patterns in the whole path, and makes no directories.
 */
#include "log_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/text.h"

char *
log_path(const char *run_dir, const struct spec_phase *phase)
{
	const char *asked = options_get(&phase->options, OPTION_OUTPUT);
	struct strbuf out = { 0 };

	if (asked && asked[0] == '/')
		return xstrdup(asked);
	/* a directory's own '%' must be doubled, and a backslash would switch
	 * all of that off */
	for (const char *p = run_dir; *p; p++) {
		strbuf_putc(&out, *p);
		if (*p == '%')
			strbuf_putc(&out, '%');
	}
	if (asked)
		strbuf_printf(&out, "/%s", asked);
	else
		strbuf_printf(&out, "/logs/%s-%s.log", phase->name,
		              phase->array ? "%A_%a" : "%j");
	return strbuf_steal(&out);
}

/* "%%" is a percent sign.  False: there is a pattern in it. */
static bool
replace_percents(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '%' && *++p != '%')
			return false;
		*to++ = *p;
	}
	*to = '\0';
	return true;
}

/* The directory of the log that the phase asked for; NULL: it has a pattern, or
 * nothing was asked for.  Caller frees. */
static char *
asked_directory(const char *run_dir, const struct spec_phase *phase)
{
	const char *asked = options_get(&phase->options, OPTION_OUTPUT);
	char *below = asked ? file_directory(asked) : NULL;
	char *dir = below && replace_percents(below) ? file_join(run_dir, below)
		: NULL;

	free(below);
	return dir;
}

void
log_check_directory(const char *run_dir, const struct spec_phase *phase,
                    struct latsub_errlist *errors)
{
	const struct option_value *asked = &phase->options.values[OPTION_OUTPUT];
	char *dir = asked_directory(run_dir, phase);

	if (asked->text && !dir)
		latsub_errlist_add(errors, "%s: phase %s: output = %s: Slurm "
			"makes no directories, and this one's name is known "
			"only when the job runs; write the pattern into the "
			"name of the file", asked->where, phase->name,
			asked->text);
	free(dir);
}

void
log_make_directory(const char *run_dir, const struct spec_phase *phase,
                   struct latsub_errlist *errors)
{
	const struct option_value *asked = &phase->options.values[OPTION_OUTPUT];
	char *dir = asked_directory(run_dir, phase);
	struct latsub_error err;
	struct stat st;
	int rc = dir ? file_mkdirs(dir, 0777, &err) : 0;

	if (dir && rc == 0 && stat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		rc = latsub_error_errno(&err, "%s", dir);
	}
	if (rc)
		latsub_errlist_add(errors, "%s: phase %s: output = %s: its "
			"directory cannot be made: %s", asked->where,
			phase->name, asked->text, err.text);
	free(dir);
}

void
log_remove_directory(const char *run_dir, const struct spec_phase *phase)
{
	char *dir = asked_directory(run_dir, phase), *slash;
	size_t len = strlen(run_dir);

	while (dir && strncmp(dir, run_dir, len) == 0 && dir[len] == '/'
	       && rmdir(dir) == 0 && (slash = strrchr(dir, '/')))
		*slash = '\0';
	free(dir);
}
