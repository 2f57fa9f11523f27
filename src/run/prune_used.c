/*
 * prune_used.c - which checkpoints are in use.
 *
 * In: links, and what is on record of other tasks.  Beware: a run may have a hundred
 * thousand tasks, and each may come here.  The journal is read only where a task may
 * have named something that no pattern claims; and of their checkpoints only those
 * are looked up on the file system that lie where this task's own do.
 */
#include "prune.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checkpoint.h"
#include "claims.h"
#include "latsub/clock.h"
#include "latsub/file.h"

struct finding {
	struct prune_used *used;
	const struct attempt *attempt;
	const struct spec *spec;
	char *prefix; /* of all that the own pattern matches, below the run */
	double deadline;
	bool late;
};

static bool
is_late(struct finding *finding)
{
	finding->late |= finding->deadline > 0
		&& clock_now() >= finding->deadline;
	return finding->late;
}

static bool
is_new(struct prune_used *used, const char *path)
{
	if (!used->seen)
		used->seen = strmap_create();
	if (strmap_get(used->seen, path))
		return false;
	strmap_set(used->seen, path, used);
	return true;
}

static void
add(struct prune_used *used, const char *path)
{
	char *real = is_new(used, path) ? realpath(path, NULL) : NULL;

	if (real)
		strlist_add_owned(&used->paths, real);
}

/* ---- what is on record ---- */

static char *
prefix_of(const char *pattern)
{
	return !text_is_plain_path(pattern) ? xstrdup("")
		: xstrndup(pattern, strcspn(pattern, "*?[\\"));
}

/* May it lie where the own checkpoints do, or they in it? */
static bool
may_concern(const struct finding *finding, const char *path)
{
	const char *name = file_relative(finding->attempt->run->dir, path);

	return name == path || !text_is_plain_path(name)
		|| text_starts(name, finding->prefix)
		|| text_starts(finding->prefix, name);
}

/* A path as the journal has it: checkpoints as seen from the working directory,
 * what an attempt began from as seen from the run's. */
static void
add_recorded(struct finding *finding, const char *dir, const char *path)
{
	char *whole = file_join(dir, path);

	if (may_concern(finding, whole) && !is_late(finding))
		add(finding->used, whole);
	free(whole);
}

static bool
is_own_alone(const struct attempt *attempt, const struct event *event)
{
	struct rangeset tasks = { 0 };
	bool own = false;

	if (strcmp(event->phase, attempt->phase) == 0) {
		phase_tasks_of(attempt_state(attempt), event, &tasks);
		own = rangeset_count(&tasks) == 1
			&& rangeset_has(&tasks, attempt->task);
	}
	rangeset_clear(&tasks);
	return own;
}

static void
add_report(struct finding *finding, const struct event *event)
{
	if (event->phase && event->path
	    && !is_own_alone(finding->attempt, event))
		add_recorded(finding, finding->attempt->experiment->workdir,
		             event->path);
}

/* Does an attempt that began from one still run, as far as is known? */
static void
add_start(struct finding *finding, const struct event *event)
{
	const struct run *run = finding->attempt->run;
	const struct phase_state *phase = event->phase && event->from
		? state_find(run->state, event->phase) : NULL;
	struct rangeset tasks = { 0 };

	if (!phase_has_tasks(phase))
		return;
	phase_tasks_of(phase, event, &tasks);
	rangeset_for_each_below(&tasks, phase->total, t) {
		const struct task_cell *cell = phase_task(phase, t);

		if (cell->state == TASK_STARTED && cell->gen == event->gen
		    && cell->attempt == event->attempt)
			add_recorded(finding, run->dir, event->from);
	}
	rangeset_clear(&tasks);
}

static void
add_event(const struct event *event, void *user)
{
	if (event->kind == EVENT_CHECKPOINT)
		add_report(user, event);
	else
		add_start(user, event);
}

static const char *
pattern_of(const struct spec *spec, const char *phase)
{
	for (size_t i = 0; i < spec->phase_count; i++) {
		if (strcmp(spec->phases[i].name, phase) == 0)
			return spec->phases[i].checkpoint;
	}
	return NULL;
}

/* Is all that its tasks have named by its pattern known by the pattern that it has
 * now, and by the values? */
static bool
is_claimed(const struct finding *finding, const struct phase_state *phase)
{
	const char *pattern = pattern_of(finding->spec, phase->name);
	char mark[CLAIMS_MARK_SIZE] = "";

	if (phase->own_marks.count == 0)
		return true;
	if (pattern)
		claims_mark(pattern, mark);
	return phase->own_marks.count == 1 && !phase_values_changed(phase)
		&& strcmp(phase->own_marks.items[0], mark) == 0;
}

static bool
may_meet(const struct finding *finding, const char *dir,
         const struct phase_strays *strays)
{
	char *whole = strays->any ? file_join(dir, strays->dir) : NULL;
	/* "": they have nothing in common, and may lie anywhere */
	bool may = whole && (!*strays->dir || may_concern(finding, whole));

	free(whole);
	return may;
}

/* May tasks have named something among the own checkpoints that claims_has() does not
 * tell from these?  The journal alone has it then. */
static bool
must_read_all(const struct finding *finding)
{
	const struct run *run = finding->attempt->run;
	const char *workdir = finding->attempt->experiment->workdir;
	bool must = false;

	for (size_t i = 0; !must && i < run->state->count; i++) {
		const struct phase_state *phase = run->state->phases[i];

		must = !is_claimed(finding, phase)
			|| may_meet(finding, workdir,
			            &phase->strays[STRAY_REPORTED])
			|| may_meet(finding, run->dir,
			            &phase->strays[STRAY_BEGUN_FROM]);
	}
	return must;
}

static int
add_all_recorded(struct finding *finding)
{
	const struct attempt *attempt = finding->attempt;
	const struct state *state = attempt->run->state;
	struct latsub_error err;

	for (size_t i = 0; i < state->count; i++) {
		const char *checkpoint = phase_checkpoint(state->phases[i]);

		if (checkpoint)
			add_recorded(finding, attempt->experiment->workdir,
			             checkpoint);
	}
	if (must_read_all(finding)
	    && journal_scan_kinds(attempt->run->journal_dir, 1u << EVENT_CHECKPOINT
	                       | 1u << EVENT_STARTED, add_event, finding, &err)) {
		printf("latsub: %s\n", err.text);
		return -1;
	}
	return 0;
}

/* ---- what links and outputs lead to ---- */

static bool
is_link(const char *path, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN)
		return type == DT_LNK;
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* "best" or "latest", whatever they are called. */
static void
add_links_in(struct finding *finding, const char *dir)
{
	DIR *stream = is_new(finding->used, dir) ? opendir(dir) : NULL;
	struct dirent *entry;

	while (stream && !is_late(finding) && (entry = readdir(stream))) {
		char *path = file_join(dir, entry->d_name);

		if (is_link(path, entry->d_type))
			add(finding->used, path);
		free(path);
	}
	if (stream)
		closedir(stream);
}

/* In the run's directory, and in all between it and the match. */
static void
add_links_beside(struct finding *finding, const char *match)
{
	const char *run = finding->attempt->run->dir;
	char *dir = xstrdup(match), *slash;

	while ((slash = strrchr(dir, '/')) && slash > dir
	       && text_starts(dir, run) && !is_late(finding)) {
		*slash = '\0';
		add_links_in(finding, dir);
		if (strlen(dir) <= strlen(run))
			break;
	}
	free(dir);
}

void
prune_add_outputs(struct prune_used *used, const char *dir,
                  const struct strlist *outputs, const struct sweep *sweep,
                  uint32_t task)
{
	for (size_t i = 0; i < outputs->count; i++) {
		const char *output = outputs->items[i];
		char *name = spec_expand_name(output, sweep, task);
		char *pattern = spec_expand_pattern(output, sweep, task);
		char *path = file_join(dir, name);
		struct strlist matches = { 0 };

		add(used, path);
		if (strpbrk(pattern, "*?["))
			used->unknown |= checkpoint_list(dir, pattern, &matches,
			                                 0) != 0;
		for (size_t j = 0; j < matches.count; j++)
			add(used, matches.items[j]);
		strlist_clear(&matches);
		free(path);
		free(pattern);
		free(name);
	}
}

/* ---- all of it ---- */

int
prune_find_used(struct prune_used *used, const struct attempt *attempt,
                const struct spec *spec, const char *pattern, const char *newest,
                const struct strlist *paths, double deadline)
{
	struct finding finding = { .used = used, .attempt = attempt,
		.spec = spec, .prefix = prefix_of(pattern), .deadline = deadline };
	int rc;

	add(used, newest);
	if (*attempt->checkpoint)
		add(used, attempt->checkpoint);
	for (size_t i = 0; i < paths->count && !is_late(&finding); i++)
		add_links_beside(&finding, paths->items[i]);
	rc = add_all_recorded(&finding);
	free(finding.prefix);
	return rc || finding.late ? -1 : 0;
}

static bool
is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0
		&& (path[len] == '/' || path[len] == '\0');
}

bool
prune_is_used(const struct prune_used *used, const char *path)
{
	char *real = realpath(path, NULL);
	bool is = real == NULL || used->unknown;

	for (size_t i = 0; !is && i < used->paths.count; i++)
		is = is_below(real, used->paths.items[i])
			|| is_below(used->paths.items[i], real);
	free(real);
	return is;
}

void
prune_used_clear(struct prune_used *used)
{
	strlist_clear(&used->paths);
	strmap_destroy(used->seen);
}
