/*
 * spec_pattern.c - patterns of files: what can match, and what stands in them for
 * a task's own values.
 *
 * In: the text of "checkpoint" or "outputs".  Beware: values are the user's data
 * and may hold characters that glob(7) takes for its own.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/spec.h"

/* ---- what can never match ---- */

bool
spec_is_temporary(const char *name)
{
	static const char *const ends[] = { ".tmp", ".temp", ".part",
		".partial", ".new", ".swp", "~" };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t end = strlen(ends[i]);

		if (len >= end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return strstr(name, ".tmp.") || strstr(name, ".new.");
}

/* Where a $NAME, a ${NAME}, a [set] or an escaped character ends; or the next
 * character. */
static const char *
skip_one(const char *at)
{
	const char *end = NULL;

	if (at[0] == '$' && at[1] == '{')
		end = strchr(at, '}');
	else if (at[0] == '[' && at[1])
		end = strchr(at + 2, ']');
	else if (at[0] == '\\' && at[1])
		end = at + 1;
	return (end ? end : at) + 1;
}

static bool
has_braces(const char *pattern)
{
	for (; *pattern; pattern = skip_one(pattern)) {
		if (*pattern == '{' || *pattern == '}')
			return true;
	}
	return false;
}

bool
spec_leads_out(const char *pattern)
{
	for (const char *at = pattern; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (at[0] == '.' && at[1] == '.' && (!at[2] || at[2] == '/'))
			return true;
	}
	return *pattern == '/';
}

/* The NAME of a $NAME or ${NAME} at text, and its length; *end is what follows.
 * 0: there is none. */
static size_t
variable_at(const char *text, const char **name, const char **end)
{
	bool braces = text[0] == '$' && text[1] == '{';
	size_t len = 0;

	*name = text + 1 + braces;
	if (*text != '$')
		return 0;
	while (isalnum((unsigned char)(*name)[len]) || (*name)[len] == '_')
		len++;
	if (braces && (*name)[len] != '}')
		return 0;
	*end = *name + len + braces;
	return len;
}

static bool
is_named(const char *known, const char *name, size_t len)
{
	return strlen(known) == len && strncmp(known, name, len) == 0;
}

/* The first $NAME that stands for nothing; the caller frees it. */
char *
spec_pattern_unknown(const char *pattern, const struct sweep *sweep)
{
	const char *name, *end;

	for (; *pattern; pattern++) {
		size_t len = variable_at(pattern, &name, &end);
		bool known = len && sweep->count > 0
			&& is_named("LATSUB_TASK", name, len);

		for (size_t i = 0; len && i < sweep->count; i++)
			known |= is_named(sweep->keys[i].name, name, len);
		if (len && !known)
			return xstrndup(name, len);
	}
	return NULL;
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Does one of the values begin another?  *longer is that one. */
static const char *
one_begins_another(const struct strlist *values, const char **longer)
{
	const char **sorted = xcalloc(values->count + 1, sizeof *sorted);
	const char *found = NULL;

	for (size_t i = 0; i < values->count; i++)
		sorted[i] = values->items[i];
	qsort(sorted, values->count, sizeof *sorted, compare_text);
	/* the shortest that begins a value stands before it, and so do all
	 * others that it begins */
	for (size_t i = 0; i + 1 < values->count && !found; i++) {
		if (text_starts(sorted[i + 1], sorted[i])) {
			found = sorted[i];
			*longer = sorted[i + 1];
		}
	}
	free(sorted);
	return found;
}

static char *
clash(const char *name, const char *shorter, const char *longer, char wildcard)
{
	return xasprintf("where %s is %s it also matches the files of %s = %s; "
	                 "put another character between $%s and '%c'", name,
	                 shorter, name, longer, name, wildcard);
}

char *
spec_pattern_ambiguous(const char *pattern, const struct sweep *sweep)
{
	const char *name, *end, *shorter, *longer = NULL;

	for (; *pattern; pattern++) {
		size_t len = variable_at(pattern, &name, &end);

		if (!len || !*end || !strchr("*?[", *end))
			continue;
		if (is_named("LATSUB_TASK", name, len)
		    && sweep_size(sweep) > 10)
			return clash("LATSUB_TASK", "1", "10", *end);
		for (size_t i = 0; i < sweep->count; i++) {
			if (!is_named(sweep->keys[i].name, name, len))
				continue;
			shorter = one_begins_another(&sweep->keys[i].values,
			                             &longer);
			if (shorter)
				return clash(sweep->keys[i].name, shorter,
				             longer, *end);
		}
	}
	return NULL;
}

const char *
spec_check_pattern(const char *pattern)
{
	const char *slash = strrchr(pattern, '/');
	const char *name = slash ? slash + 1 : pattern;

	if (!*name || spec_leads_out(pattern))
		return "a pattern under the run directory, such as "
			"checkpoint/epoch*";
	if (strpbrk(pattern, "\"'"))
		return "the pattern with no quotes, and '?' for a space or a "
			"quote in a file's name";
	if (strpbrk(pattern, " \t\n"))
		return "one pattern, and '?' for a space in a file's name";
	if (has_braces(pattern))
		return "one pattern, which knows *, ? and [...] but no {a,b}; "
			"'?' stands for a brace in a file's name";
	if (spec_is_temporary(name))
		return "a pattern of whole checkpoints: this name is a temporary "
			"one, and is passed over";
	return NULL;
}

/* ---- a task's own values ---- */

static bool
uses(const char *pattern, const char *known)
{
	const char *name, *end;

	for (; *pattern; pattern++) {
		size_t len = variable_at(pattern, &name, &end);

		if (len && is_named(known, name, len))
			return true;
	}
	return false;
}

const char *
spec_pattern_lacks(const char *pattern, const struct sweep *sweep)
{
	const char *lacking = NULL;
	size_t used = 0;

	if (uses(pattern, "LATSUB_TASK"))
		return NULL;
	for (size_t i = 0; i < sweep->count; i++) {
		if (uses(pattern, sweep->keys[i].name))
			used++;
		else if (sweep->keys[i].values.count > 1)
			lacking = sweep->keys[i].name;
	}
	return used ? lacking : "";
}

bool
spec_pattern_uses(const char *pattern, const char *variable)
{
	return uses(pattern, variable);
}

static bool
has_slash(const struct sweep *sweep, const char *name, size_t len)
{
	for (size_t i = 0; i < sweep->count; i++) {
		const struct strlist *values = &sweep->keys[i].values;

		for (size_t j = 0; is_named(sweep->keys[i].name, name, len)
		     && j < values->count; j++) {
			if (strchr(values->items[j], '/'))
				return true;
		}
	}
	return false;
}

char *
spec_pattern_any_task(const char *pattern, const struct sweep *sweep)
{
	struct strbuf out = { 0 };

	while (*pattern) {
		const char *name, *end;
		size_t len = sweep->count ? variable_at(pattern, &name, &end) : 0;

		strbuf_putc(&out, len ? '*' : *pattern);
		if (len && has_slash(sweep, name, len))
			break;
		pattern = len ? end : pattern + 1;
	}
	return strbuf_steal(&out);
}

static const char *
task_variable(const struct sweep *sweep, uint32_t task, const char *index,
              const char *name, size_t len)
{
	if (is_named("LATSUB_TASK", name, len))
		return index;
	for (size_t i = 0; i < sweep->count; i++) {
		if (is_named(sweep->keys[i].name, name, len))
			return sweep_value(sweep, task, i);
	}
	return NULL;
}

static char *
expand(const char *text, const struct sweep *sweep, uint32_t task, bool escape)
{
	struct strbuf out = { 0 };
	char index[16];

	snprintf(index, sizeof index, "%u", task);
	while (*text) {
		const char *name, *end, *value = NULL;
		size_t len = variable_at(text, &name, &end);

		if (len)
			value = task_variable(sweep, task, index, name, len);
		if (!value) {
			strbuf_putc(&out, *text++);
			continue;
		}
		for (; *value; value++) {
			if (escape && strchr("*?[]\\", *value))
				strbuf_putc(&out, '\\');
			strbuf_putc(&out, *value);
		}
		text = end;
	}
	return strbuf_steal(&out);
}

char *
spec_expand_pattern(const char *pattern, const struct sweep *sweep,
                    uint32_t task)
{
	return expand(pattern, sweep, task, true);
}

char *
spec_expand_name(const char *name, const struct sweep *sweep, uint32_t task)
{
	return expand(name, sweep, task, false);
}
