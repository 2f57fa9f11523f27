/*
 * claims.c - which files the patterns of an experiment claim.
 *
 * In: the experiment's patterns and a path.  Beware: an array may have a million
 * tasks.  Another phase's are asked for once, with '*' for a task's own values; of
 * the own phase's only those whose values stand in the path.
 */
#include "claims.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one pattern ---- */

/* The next part of a path, without "." and repeated slashes; NULL: none is left.
 * Caller frees. */
static char *
next_part(const char **path)
{
	const char *at = *path;
	size_t len;

	for (;;) {
		at += strspn(at, "/");
		len = strcspn(at, "/");
		if (len != 1 || *at != '.')
			break;
		at += len;
	}
	*path = at + len;
	return len ? xstrndup(at, len) : NULL;
}

bool
claims_meets(const char *pattern, const char *path)
{
	bool meets = true, more = true;

	while (meets && more) {
		char *want = next_part(&pattern), *have = next_part(&path);

		more = want && have;
		meets = !more || strcmp(want, have) == 0
			|| fnmatch(want, have, 0) == 0;
		free(want);
		free(have);
	}
	return meets;
}

static size_t
count_parts(const char *path)
{
	size_t count = 0;
	char *part;

	for (; (part = next_part(&path)); count++)
		free(part);
	return count;
}

bool
claims_is_own(const char *pattern, const char *path)
{
	return text_is_plain_path(path) && *path != '/'
		&& count_parts(path) >= count_parts(pattern)
		&& claims_meets(pattern, path);
}

void
claims_mark(const char *pattern, char *mark)
{
	snprintf(mark, CLAIMS_MARK_SIZE, "%08x", text_hash(pattern));
}

/* ---- the tasks of the own phase ---- */

static bool
meets_for(const char *pattern, const struct sweep *sweep, uint32_t task,
          const char *path)
{
	char *as_pattern = spec_expand_pattern(pattern, sweep, task);
	char *as_name = spec_expand_name(pattern, sweep, task);
	bool meets = claims_meets(as_pattern, path)
		|| claims_meets(as_name, path);

	free(as_name);
	free(as_pattern);
	return meets;
}

/* Do all values of the task that the pattern names stand in the path?  Those that a
 * path may spell in another way ("a//b") may. */
static bool
has_values(const char *path, const struct sweep *sweep, const bool *used,
           bool uses_index, uint32_t task)
{
	char index[16];
	bool has = true;

	snprintf(index, sizeof index, "%u", task);
	if (uses_index)
		has = strstr(path, index) != NULL;
	for (size_t i = 0; has && i < sweep->count; i++)
		has = !used[i]
			|| !text_is_plain_path(sweep_value(sweep, task, i))
			|| strstr(path, sweep_value(sweep, task, i));
	return has;
}

/* except: a task that is not to be asked, or UINT32_MAX. */
static bool
some_task_meets(const char *pattern, const struct sweep *sweep, uint32_t except,
                const char *path)
{
	char *any = spec_pattern_any_task(pattern, sweep);
	bool *used = xcalloc(sweep->count + 1, sizeof *used);
	bool meets = sweep->count == 0 || claims_meets(any, path), found = false;
	bool uses_index = spec_pattern_uses(pattern, "LATSUB_TASK");
	uint64_t tasks = meets ? sweep_size(sweep) : 0;

	for (size_t i = 0; i < sweep->count; i++)
		used[i] = spec_pattern_uses(pattern, sweep->keys[i].name);
	/* what is still to come in the pattern may be anybody's */
	if (meets && sweep->count && count_parts(any) > count_parts(path))
		found = true;
	for (uint32_t task = 0; !found && task < tasks; task++)
		found = task != except
			&& has_values(path, sweep, used, uses_index, task)
			&& meets_for(pattern, sweep, task, path);
	free(used);
	free(any);
	return found;
}

static bool
own_phase_has(const struct claims *claims, const struct spec_phase *phase,
              const char *path)
{
	bool has = phase->checkpoint
		&& some_task_meets(phase->checkpoint, claims->sweep,
		                   claims->task, path);

	for (size_t i = 0; !has && i < phase->outputs.count; i++)
		has = some_task_meets(phase->outputs.items[i], claims->sweep,
		                      UINT32_MAX, path);
	return has;
}

/* ---- other phases ---- */

static bool
any_task_meets(const char *pattern, const struct sweep *sweep, const char *path)
{
	char *any = spec_pattern_any_task(pattern, sweep);
	bool meets = claims_meets(any, path);

	free(any);
	return meets;
}

static bool
other_phase_has(const struct spec_phase *phase, const char *path)
{
	bool has = phase->checkpoint
		&& any_task_meets(phase->checkpoint, &phase->sweep, path);

	for (size_t i = 0; !has && i < phase->outputs.count; i++)
		has = any_task_meets(phase->outputs.items[i], &phase->sweep,
		                     path);
	return has;
}

bool
claims_has(const struct claims *claims, const char *name)
{
	const struct spec *spec = claims->spec;
	bool has = false;

	for (size_t i = 0; !has && i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];

		has = strcmp(phase->name, claims->phase) == 0
			? own_phase_has(claims, phase, name)
			: other_phase_has(phase, name);
	}
	return has;
}
