/*
 * run_newest.c - the run that a command without an argument means.
 *
 * In: the runs under an output root, and what is asked for.  Out: the newest that
 * was submitted.  Beware: there may be a thousand of them on a slow file system, so
 * they are ordered by their names, and opened from the newest back until one fits.
 * Where others may write above them, they may have given one another name: then its
 * time is that in its state.
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
	bool settled;  /* whatever its name is, that is when */
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

/* The beginning of its state file, where the metadata is. */
static void
read_head(const char *dir, char head[HEAD_BYTES + 1])
{
	char *path = run_path_in(dir, RUN_STATE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	ssize_t got = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		got = read(fd, head, HEAD_BYTES);
	if (fd >= 0)
		close(fd);
	free(path);
	head[got > 0 ? got : 0] = '\0';
}

/* The value of a key there, or NULL; it ends where the line does. */
static const char *
value_in(const char *head, const char *key)
{
	const char *at = strstr(head, key);

	return at ? at + strlen(key) : NULL;
}

/* When was it begun, by its state; -1: that does not say. */
static int64_t
start_time(const char *head)
{
	const char *start = value_in(head, "\nstart_time=");

	return start ? strtoll(start, NULL, 10) : -1;
}

static void
set_when(struct entry *entry, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (localtime_r(&when, &tm))
		strftime(entry->when, sizeof entry->when, "%Y%m%d_%H%M%S", &tm);
}

/* Of a run whose directory was named by its user. */
static void
set_by_state(struct entry *entry, const char *root, const char *name)
{
	char head[HEAD_BYTES + 1], *path = file_join(root, name);
	struct stat st;
	int64_t start;

	read_head(path, head);
	start = start_time(head);
	if (start < 0)
		start = stat(path, &st) ? 0 : st.st_mtime;
	set_when(entry, start);
	entry->settled = true;
	free(path);
}

static void
add_entry(struct entries *entries, const char *root, const char *name)
{
	struct entry entry = { .prefix = run_name_prefix(name) };

	if (entry.prefix)
		memcpy(entry.when, name + entry.prefix + 1, sizeof entry.when);
	else
		set_by_state(&entry, root, name);
	entry.name = xstrdup(name);
	GROW(entries->items, entries->count);
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
	return rc;
}

/* Does the state say that it was made with another name? */
static bool
has_another_name(const struct entry *entry, const char *head)
{
	const char *dir = value_in(head, "\nrun_dir=");
	char *was = dir ? xstrndup(dir, strcspn(dir, "\n")) : NULL;
	const char *base = was ? file_basename(was) : NULL;
	size_t len = base ? strcspn(base, "\"") : 0; /* the value may be quoted */
	bool another = base && (len != strlen(entry->name)
		|| strncmp(base, entry->name, len) != 0);

	free(was);
	return another;
}

/* One whose name was changed is as old as its state says: true, it has moved in the
 * order. */
static bool
settle(struct entry *entry, const char *path)
{
	char head[HEAD_BYTES + 1], named[sizeof entry->when];
	int64_t start;

	if (entry->settled)
		return false;
	entry->settled = true;
	read_head(path, head);
	start = start_time(head);
	if (start < 0 || !has_another_name(entry, head))
		return false;
	memcpy(named, entry->when, sizeof named);
	set_when(entry, start);
	return strcmp(named, entry->when) != 0;
}

static void
sort_from(struct entries *entries, size_t first)
{
	if (first < entries->count)
		qsort(entries->items + first, entries->count - first,
		      sizeof *entries->items, newest_first);
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

/* Where a file of its project is now, if all of that was moved or copied, or NULL. */
static char *
moved_with_project(const struct run *run, const char *file)
{
	const char *then = state_metadata(run->state, "workdir");
	const char *rest = then ? file_relative(then, file) : file;
	char *now = rest != file ? run_workdir(run) : NULL;
	char *path = now ? file_join(now, rest) : NULL;

	free(now);
	return path;
}

/* Another name for it, or it has moved: with the project, in which the run is; or
 * else it is gone and has the same text. */
static bool
is_same_elsewhere(const struct run *run, const char *file,
                  const struct run_choice *choice)
{
	const char *check = state_metadata(run->state, "experiment_check");
	char *moved = moved_with_project(run, file);
	struct stat there, here;
	bool same = moved && strcmp(moved, choice->file) == 0;

	free(moved);
	if (!same && stat(file, &there) == 0)
		return stat(choice->file, &here) == 0
			&& there.st_dev == here.st_dev
			&& there.st_ino == here.st_ino;
	return same || (!file_exists(file) && check && choice->check
		&& strcmp(check, choice->check) == 0
		&& strcmp(file_basename(file), file_basename(choice->file)) == 0);
}

/* By where it has its experiment from; what the script before latsub has made knows
 * that by its name alone.  Of another's run no file that it names is looked at. */
static bool
is_of(const struct run *run, int named, const struct run_choice *choice)
{
	const char *file = state_metadata(run->state, "experiment");

	if (!choice->file)
		return true;
	if (!file)
		return named > 0;
	return strcmp(file, choice->file) == 0
		|| (run_check_uids(run, NULL) == 0
		    && is_same_elsewhere(run, file, choice));
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

/* Something with its name, be it a link that leads nowhere. */
static bool
has(const char *dir, enum run_part part, bool link)
{
	char *path = run_path_in(dir, part);
	struct stat st;
	bool found = lstat(path, &st) ? errno != ENOENT && errno != ENOTDIR
		: !link || S_ISLNK(st.st_mode);

	free(path);
	return found;
}

/* May what cannot be opened be left out?  Not the caller's own run: an older one would
 * be taken for it. */
static bool
may_be_passed(const char *path)
{
	struct stat st;

	if (lstat(path, &st) || (st.st_uid == geteuid() && stat(path, &st)))
		return errno == ENOENT || errno == ENOTDIR;
	if (st.st_uid != geteuid() || !S_ISDIR(st.st_mode))
		return true;
	return !has(path, RUN_STATE, false) && !has(path, RUN_JOURNAL, false)
		&& !has(path, RUN_HIDDEN, true);
}

/* Is it the caller's alone?  1, -1 with why it is not, or 0: it is another's. */
static int
check_own(const char *path, const struct run *run, struct run_choice *choice,
          struct latsub_error *err)
{
	struct latsub_error why = { 0 };
	struct stat st;

	if (run_check_owner(run, &why) == 0)
		return 1;
	if (lstat(path, &st) || st.st_uid == geteuid()) {
		*err = why;
		return -1;
	}
	if (!choice->passed)
		choice->passed = xstrdup(path);
	return 0;
}

/* 1: *run is it; 0: it is not; -1: it cannot be told, so no older one will do. */
static int
try_entry(const char *path, int named, struct run_choice *choice,
          struct run **run, struct latsub_error *err)
{
	struct latsub_error why = { 0 };
	struct stat st;
	struct run *found;
	int rc = 0;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return 0;
	found = run_open(path, &why);
	if (!found && may_be_passed(path))
		return 0;
	if (!found) {
		*err = why;
		return -1;
	}
	if (run_was_submitted(found) && is_of(found, named, choice))
		rc = choice->own ? check_own(path, found, choice, err) : 1;
	if (rc > 0)
		*run = found;
	else
		run_close(found);
	return rc;
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

/* The newest may have got an old name: before something is changed, each is looked
 * at. */
static void
settle_all(struct entries *entries, const char *root,
           const struct run_choice *choice)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		char *path = file_join(root, entry->name);

		if (is_named(entry, choice))
			settle(entry, path);
		free(path);
	}
}

/* From the newest back.  One that turns out to be older goes to its place. */
static struct run *
find_newest(struct entries *entries, const char *root,
            struct run_choice *choice, struct latsub_error *err)
{
	struct run *run = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < entries->count; i++) {
		struct entry *entry = &entries->items[i];
		int named = is_named(entry, choice);
		char *path = file_join(root, entry->name);

		if (named && settle(entry, path))
			sort_from(entries, i--); /* again, in its place */
		else if (named)
			rc = try_entry(path, named, choice, &run, err);
		free(path);
	}
	return run;
}

struct run *
run_open_newest(const char *root, struct run_choice *choice,
                struct latsub_error *err)
{
	struct entries entries = { 0 };
	struct run *run = NULL;

	if (read_entries(&entries, root, err) == 0) {
		if (choice->own)
			settle_all(&entries, root, choice);
		sort_from(&entries, 0);
		run = find_newest(&entries, root, choice, err);
	}
	choice->several = !choice->name && have_several(&entries);
	for (size_t i = 0; i < entries.count; i++)
		free(entries.items[i].name);
	free(entries.items);
	return run;
}
