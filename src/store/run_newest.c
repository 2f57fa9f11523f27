/*
 * run_newest.c - the run that a command without an argument means.
 *
 * In: the runs under an output root, and what is asked for.  Out: the newest that
 * was submitted.  Beware: there may be a thousand of them on a slow file system, so
 * they are ordered by their names, and opened from the newest back until one fits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define HEAD_BYTES 8192 /* of a state file: [metadata] comes first */

struct entry {
	char *name;
	size_t prefix; /* the length of NAME in NAME_YYYYMMDD_HHMMSS, else 0 */
	char when[16]; /* "YYYYMMDD_HHMMSS" */
};

struct entries {
	struct entry *items;
	size_t count;
};

size_t
run_name_prefix(const char *name)
{
	static const char shape[] = "_dddddddd_dddddd";
	size_t len = strlen(name), tail = sizeof shape - 1;

	if (len <= tail)
		return 0;
	for (size_t i = 0; i < tail; i++) {
		char c = name[len - tail + i];

		if (shape[i] == 'd' ? c < '0' || c > '9' : c != shape[i])
			return 0;
	}
	return len - tail;
}

/* Of a run whose directory was named by its user. */
static int64_t
start_time(const char *dir)
{
	char *path = file_join(dir, RUN_STATE_NAME), head[HEAD_BYTES + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st = { 0 };
	ssize_t got = -1;
	char *at;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		got = read(fd, head, HEAD_BYTES);
	if (fd >= 0)
		close(fd);
	free(path);
	head[got > 0 ? got : 0] = '\0';
	at = strstr(head, "\nstart_time=");
	if (at)
		return strtoll(at + strlen("\nstart_time="), NULL, 10);
	return stat(dir, &st) ? 0 : st.st_mtime;
}

static void
add_entry(struct entries *entries, const char *root, const char *name)
{
	struct entry entry = { .prefix = run_name_prefix(name) };
	char *path = file_join(root, name);
	time_t when = entry.prefix ? 0 : (time_t)start_time(path);
	struct tm tm;

	free(path);
	if (entry.prefix)
		memcpy(entry.when, name + entry.prefix + 1, sizeof entry.when);
	else if (localtime_r(&when, &tm))
		strftime(entry.when, sizeof entry.when, "%Y%m%d_%H%M%S", &tm);
	entry.name = xstrdup(name);
	if ((entries->count & (entries->count - 1)) == 0)
		entries->items = xrealloc(entries->items, (entries->count
			? entries->count * 2 : 1) * sizeof entry);
	entries->items[entries->count++] = entry;
}

static int
newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(y->when, x->when);

	return order ? order : strcmp(y->name, x->name);
}

static int
read_entries(struct entries *entries, const char *root,
             struct latsub_error *err)
{
	DIR *dir = opendir(root);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : latsub_error_errno(err, "%s", root);
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && entry->d_type != DT_REG)
			add_entry(entries, root, entry->d_name);
	}
	if (errno)
		rc = latsub_error_errno(err, "%s", root);
	closedir(dir);
	if (entries->count)
		qsort(entries->items, entries->count, sizeof *entries->items,
		      newest_first);
	return rc;
}

/* By its name alone: 1 yes, 0 no, -1 it cannot be told. */
static int
is_named(const struct entry *entry, const struct run_choice *choice)
{
	if (!choice->name)
		return 1;
	if (!entry->prefix)
		return -1;
	return strlen(choice->name) == entry->prefix
		&& strncmp(choice->name, entry->name, entry->prefix) == 0;
}

/* By where it has its experiment from; that may have been moved with it. */
static bool
is_of(const struct run *run, const struct run_choice *choice)
{
	const char *file = state_metadata(run->state, "experiment");

	return file && (strcmp(file, choice->file) == 0
		|| (!file_exists(file) && strcmp(file_basename(file),
		                                 file_basename(choice->file)) == 0));
}

bool
run_was_submitted(const struct run *run)
{
	if (!run->has_journal)
		return run->doc_exists; /* of the script before latsub */
	for (size_t i = 0; i < run->state->count; i++) {
		const struct phase_state *phase = run->state->phases[i];

		if (phase->parents_gen || phase->job_count)
			return true;
	}
	return false;
}

/* 1: *run is it; 0: it is not; -1: it cannot be told, so no older one will do. */
static int
try_entry(const char *path, int named, struct run_choice *choice,
          struct run **run, struct latsub_error *err)
{
	struct latsub_error why = { 0 };
	struct run *found = run_open(path, &why);
	struct stat st;
	bool fits;

	if (!found && (why.code == LATSUB_USAGE || lstat(path, &st)
	               || file_is_others(&st)))
		return 0;
	if (!found) {
		*err = why;
		return -1;
	}
	fits = (named > 0 || is_of(found, choice)) && run_was_submitted(found);
	if (fits && choice->own && run_is_others(found)) {
		if (!choice->passed)
			choice->passed = xstrdup(path);
		fits = false;
	}
	if (!fits)
		run_close(found);
	else
		*run = found;
	return fits;
}

/* Are there runs of more than one experiment, as far as names tell? */
static bool
have_several(const struct entries *entries)
{
	const struct entry *first = entries->items;

	for (size_t i = 1; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];

		if (!first->prefix || entry->prefix != first->prefix
		    || strncmp(entry->name, first->name, first->prefix) != 0)
			return true;
	}
	return false;
}

struct run *
run_open_newest(const char *root, struct run_choice *choice,
                struct latsub_error *err)
{
	struct entries entries = { 0 };
	struct run *run = NULL;
	int rc = read_entries(&entries, root, err);

	for (size_t i = 0; rc == 0 && i < entries.count; i++) {
		int named = is_named(&entries.items[i], choice);
		char *path = file_join(root, entries.items[i].name);

		if (named)
			rc = try_entry(path, named, choice, &run, err);
		free(path);
	}
	choice->several = !choice->name && have_several(&entries);
	for (size_t i = 0; i < entries.count; i++)
		free(entries.items[i].name);
	free(entries.items);
	return run;
}
