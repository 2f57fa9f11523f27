/*
 * run_variables.c - the variables that a run's submissions were made with.
 *
 * Each set is metadata of its own, "variables.MARK", by a mark made of its text;
 * "variables" is the mark of the newest.  So nothing ever overwrites a set, and a
 * phase says of each generation which one it had.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/run.h"

#define KEY "variables"
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
read_word(char *text, bool is_given, struct variables *out)
{
	char *equals = strchr(text, '=');
	struct strlist words = { 0 };
	struct variable variable = { .source = is_given ? VARIABLE_ENVIRONMENT
		: VARIABLE_FILE };

	if (equals && text_split_words(equals + 1, &words) == 0) {
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
		bool more = *end != '\0', given = end > text + len;

		text[len] = *end = '\0';
		read_word(text, given, out);
		text = end + more;
	}
}

static int
read_file(const struct run *run, struct variables *out,
          struct latsub_error *err)
{
	char *path = file_join(run->dir, ".latsub/environment");
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

int
run_variables(const struct run *run, const char *mark, struct variables *out,
              struct latsub_error *err)
{
	char *key;
	const char *json = NULL;

	mark = mark ? mark : state_metadata(run->state, KEY);
	if (mark) {
		key = xasprintf(KEY ".%s", mark);
		json = state_metadata(run->state, key);
		free(key);
	}
	if (json && variables_parse(out, json) == 0)
		return 0;
	return read_file(run, out, err);
}

void
run_variables_pairs(const struct run *run, const struct variables *variables,
                    struct event *event)
{
	const char *old = state_metadata(run->state, KEY);
	char *json = variables_print(variables), *mark = variables_mark(json);
	char *key = xasprintf(KEY ".%s", mark);

	if (!state_metadata(run->state, key))
		event_add_pair(event, key, json);
	if (!old || strcmp(old, mark) != 0)
		event_add_pair(event, KEY, mark);
	free(key);
	free(mark);
	free(json);
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
		              ? " # from --set" : "");
		free(quoted);
	}
	return strbuf_steal(&text);
}
