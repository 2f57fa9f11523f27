/*
 * log_dir.c - where the logs of a phase go.
 *
 * Slurm replaces patterns in the whole path, and makes no directories.
 */
#include "log_dir.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"
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
		strbuf_printf(&out, "/%s/%s-%s.log", run_part_name(RUN_LOGS),
		              phase->name, phase->array ? "%A_%a" : "%j");
	return strbuf_steal(&out);
}

/* What a pattern stands for, where that is known before there is a job; or NULL. */
static const char *
value_of(char pattern, const struct spec_phase *phase)
{
	const struct passwd *user;

	switch (pattern) {
	case '%': return "%";
	case 'x': return phase->name; /* the job's name */
	case 'u':
		user = getpwuid(getuid());
		return user ? user->pw_name : NULL;
	default: return NULL;
	}
}

/* NULL: there is a pattern in it that is not known yet.  Caller frees. */
static char *
replace_patterns(const char *text, const struct spec_phase *phase)
{
	struct strbuf out = { 0 };

	for (const char *p = text; *p; p++) {
		const char *value = NULL;

		if (*p != '%') {
			strbuf_putc(&out, *p);
			continue;
		}
		value = value_of(*++p, phase);
		if (!value) {
			strbuf_clear(&out);
			return NULL;
		}
		strbuf_printf(&out, "%s", value);
	}
	return strbuf_steal(&out);
}

/* The directory of the log that the phase asked for; NULL: its name is not known
 * yet, or nothing was asked for.  Caller frees. */
static char *
asked_directory(const char *run_dir, const struct spec_phase *phase)
{
	const char *asked = options_get(&phase->options, OPTION_OUTPUT);
	char *below = asked ? file_directory(asked) : NULL;
	char *known = below ? replace_patterns(below, phase) : NULL;
	char *dir = known ? file_join(run_dir, known) : NULL;

	free(below);
	free(known);
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
			"only when the job runs (%%u and %%x are known); "
			"write the pattern into the name of the file", asked->where, phase->name,
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
	/* what is the user's own, elsewhere, has the umask's mode */
	mode_t mode = dir && file_relative(run_dir, dir) != dir
		? run_dir_mode(run_dir) : 0777;
	int rc = dir ? file_mkdirs(dir, mode, &err) : 0;

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
