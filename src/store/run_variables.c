/*
 * run_variables.c - the variables that a run's submissions were made with.
 *
 * Each set is metadata of its own, "variables.MARK", by a mark made of its text;
 * "variables" is the mark of the newest.  So nothing ever overwrites a set, and a
 * phase says of each generation which one it had.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define KEY "variables"
#define FROM_SET "# from --set"
#define FROM_CALLER "# from the caller's environment"

/* How long is a word as text_shell_quote() writes it? */
static size_t
word_length(const char *text)
{
	size_t len = 0;
	bool quoted = false;

	while (text[len] && (quoted || !strchr(" \n", text[len]))) {
		if (text[len] == '\'')
			quoted = !quoted;
		len += text[len] == '\\' && !quoted && text[len + 1] ? 2 : 1;
	}
	return len;
}

/* NAME='value' */
static void
read_word(char *text, const char *comment, struct variables *out)
{
	char *equals = strchr(text, '=');
	struct strlist words = { 0 };
	struct variable variable = { .source = strstr(comment, FROM_SET)
		? VARIABLE_SET : *comment ? VARIABLE_ENVIRONMENT : VARIABLE_FILE };

	if (equals && variable_is_name(text, (size_t)(equals - text))
	    && text_split_words(equals + 1, &words) == 0) {
		*equals = '\0';
		variable.name = text;
		variable.value = words.count ? words.items[0]
			: equals + strlen(equals);
		variables_add(out, &variable);
	}
	strlist_clear(&words);
}

/* Of a run that was made before there were sets, or whose set cannot be read: a
 * variable in each line, and behind some of them from where it is. */
static void
read_lines(char *text, struct variables *out)
{
	while (*text) {
		size_t len = *text == '#' ? 0 : word_length(text);
		char *end = text + len + strcspn(text + len, "\n");
		bool more = *end != '\0';
		char *comment;

		*end = '\0';
		comment = xstrdup(text + len);
		text[len] = '\0';
		read_word(text, comment, out);
		free(comment);
		text = end + more;
	}
}

static int
read_file(const struct run *run, struct variables *out,
          struct latsub_error *err)
{
	char *path = run_path_in(run->dir, RUN_ENVIRONMENT);
	char *text = NULL;
	size_t len;
	bool exists;
	int rc = file_look(path, &exists, err);

	if (rc == 0 && exists)
		rc = file_read(path, RUN_FILE_MAX, &text, &len, NULL, err);
	if (text)
		read_lines(text, out);
	free(text);
	free(path);
	return rc;
}

static const char *
metadata_of(const struct run *run, const char *what, const char *mark)
{
	char *key = xasprintf("%s.%s", what, mark);
	const char *value = state_metadata(run->state, key);

	free(key);
	return value;
}

int
run_variables(const struct run *run, const char *mark, struct variables *out,
              struct latsub_error *err)
{
	const char *newest = state_metadata(run->state, KEY);
	const char *wanted = mark ? mark : newest;
	const char *json = wanted ? metadata_of(run, KEY, wanted) : NULL;

	if (json && variables_parse(out, json) == 0)
		return 0;
	/* the file has the newest ones, and no others */
	if (mark && (!newest || strcmp(mark, newest) != 0))
		return latsub_error_set(err, LATSUB_USAGE, "%s: the variables of "
			"an earlier submission are not on record (" KEY ".%s of "
			"[metadata]); take the file away, and it is written anew "
			"from the journal", run->state_path, mark);
	/* another's file may be anything */
	return run_is_others(run) ? 0 : read_file(run, out, err);
}

static void
add_set(const struct run *run, const char *mark, const char *json,
        struct event *event)
{
	char *key = xasprintf(KEY ".%s", mark);

	if (!state_metadata(run->state, key))
		event_add_pair(event, key, json);
	free(key);
}

char *
run_variables_pairs(const struct run *run, const struct variables *variables,
                    const char *copy, struct event *event)
{
	const char *old = state_metadata(run->state, KEY);
	char *json = variables_print(variables);
	char *both = xasprintf("%s\n%s", json, copy), *mark = variables_mark(both);
	char *key = xasprintf("copy.%s", mark);

	add_set(run, mark, json, event);
	if (!state_metadata(run->state, key))
		event_add_pair(event, key, copy);
	if (!old || strcmp(old, mark) != 0)
		event_add_pair(event, KEY, mark);
	free(key);
	free(both);
	free(json);
	return mark;
}

void
run_first_variables_pairs(const struct run *run,
                          const struct variables *variables,
                          struct event *event)
{
	char *json = variables_print(variables), *mark = variables_mark(json);

	add_set(run, mark, json, event);
	event_add_pair(event, RUN_FIRST_VARIABLES, mark);
	free(mark);
	free(json);
}

void
run_sets(const struct run *run, struct strlist *out)
{
	const char *text = state_metadata(run->state, "sets");
	json_t *list = text ? json_loads(text, 0, NULL) : NULL, *set;
	size_t i;

	json_array_foreach(list, i, set) {
		if (json_is_string(set))
			strlist_add(out, json_string_value(set));
	}
	json_decref(list);
}

void
run_sets_pair(const struct run *run, const struct strlist *sets,
              struct event *event)
{
	const char *old = state_metadata(run->state, "sets");
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < sets->count; i++)
		json_array_append_new(list, json_string(sets->items[i]));
	text = json_dumps(list, JSON_COMPACT);
	if (sets->count && (!old || strcmp(old, text) != 0))
		event_add_pair(event, "sets", text);
	free(text);
	json_decref(list);
}

const char *
run_copy_of(const struct run *run, const char *mark)
{
	return mark ? metadata_of(run, "copy", mark) : NULL;
}

const char *
run_variables_mark(const struct run *run)
{
	return state_metadata(run->state, KEY);
}

char *
run_variables_text(const struct variables *variables)
{
	struct strbuf text = { 0 };

	strbuf_puts(&text, "# Variables of this run as it took them.\n");
	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *variable = &variables->items[i];
		char *quoted = text_shell_quote(variable->value);

		strbuf_printf(&text, "%s=%s%s\n", variable->name, quoted,
		              variable->source == VARIABLE_ENVIRONMENT
		              ? " " FROM_CALLER
		              : variable->source == VARIABLE_SET
		              ? " " FROM_SET : "");
		free(quoted);
	}
	return strbuf_steal(&text);
}
