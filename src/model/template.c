/*
 * template.c - the "#SBATCH" lines of a template, through the same table as
 * the keys of a phase.
 *
 * sbatch reads them up to the first line that is neither blank nor a comment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/options.h"
#include "latsub/text.h"

struct reading {
	struct job_options *options;
	struct latsub_errlist *errors;
	char where[600];
};

/* Cut the line at a " #" outside of quotes, as sbatch does. */
static void
cut_comment(char *line)
{
	char quote = '\0';

	for (char *p = line; *p; p++) {
		if (quote) {
			if (*p == quote)
				quote = '\0';
		} else if (*p == '\'' || *p == '"') {
			quote = *p;
		} else if (*p == '#' && p > line && strchr(" \t", p[-1])) {
			*p = '\0';
			return;
		}
	}
}

static const char *
nearest_option(const char *name)
{
	const char *names[OPTION_COUNT];

	for (int i = 0; i < OPTION_COUNT; i++)
		names[i] = options_name((enum option_id)i);
	return text_nearest(name, names, OPTION_COUNT);
}

static void
refuse(struct reading *r, const char *name)
{
	const char *nearest = nearest_option(name);
	enum option_refusal refusal = options_refusal(name);

	if (refusal == OPTION_OWN)
		latsub_errlist_add(r->errors, "%s: --%s is set by latsub "
		                   "itself; take it out of the template",
		                   r->where, name);
	else if (refusal == OPTION_FUTURE)
		latsub_errlist_add(r->errors, "%s: --%s: this version of latsub "
		                   "cannot set yet; take the line out or "
		                   "use another option", r->where, name);
	else
		latsub_errlist_add(r->errors, "%s: --%.60s is no option of "
		                   "sbatch%s%s%s", r->where, name,
		                   nearest ? "; did you mean --" : "",
		                   nearest ? nearest : "", nearest ? "?" : "");
}

/* "--name=value" or "--name" "value"; returns the words used up. */
static size_t
take_long(struct reading *r, const char *word, const char *next)
{
	const char *equals = strchr(word, '=');
	char *name = equals ? xstrndup(word, (size_t)(equals - word))
		: xstrdup(word);
	int id = options_find(name), negated = options_find_negation(name);
	size_t used = 1;

	if (negated >= 0) {
		options_set(r->options, negated, "no", r->where, r->errors);
	} else if (id >= 0 && options_flag(id) && !equals) {
		options_set(r->options, id, options_flag(id), r->where,
		            r->errors);
	} else if (id < 0) {
		refuse(r, name);
		used = !equals && next && next[0] != '-' ? 2 : 1;
	} else if (equals || next) {
		options_set(r->options, id, equals ? equals + 1 : next,
		            r->where, r->errors);
		used = equals ? 1 : 2;
	} else {
		latsub_errlist_add(r->errors, "%s: --%s needs a value",
		                   r->where, name);
	}
	free(name);
	return used;
}

static size_t
take_short(struct reading *r, const char *word, const char *next)
{
	int id = options_find_letter(word[0]);
	const char *value = word[1] ? word + 1 : next;

	if (word[1] == '=')
		value = word + 2;
	if (options_own_letter(word[0])) {
		refuse(r, options_own_letter(word[0]));
	} else if (id < 0) {
		latsub_errlist_add(r->errors, "%s: -%c is not an option that "
		                   "latsub can set; use the long name",
		                   r->where, word[0]);
	} else if (!value) {
		latsub_errlist_add(r->errors, "%s: -%c needs a value",
		                   r->where, word[0]);
	} else {
		options_set(r->options, id, value, r->where, r->errors);
	}
	return word[1] || !next ? 1 : 2;
}

static void
take_words(struct reading *r, const struct strlist *words)
{
	for (size_t i = 0; i < words->count; ) {
		const char *word = words->items[i];
		const char *next = i + 1 < words->count ? words->items[i + 1]
			: NULL;

		if (text_starts(word, "--") && word[2])
			i += take_long(r, word + 2, next);
		else if (word[0] == '-' && word[1] && word[1] != '-')
			i += take_short(r, word + 1, next);
		else {
			latsub_errlist_add(r->errors, "%s: '%.60s' is not an "
			                   "option", r->where, word);
			i++;
		}
	}
}

static void
take_line(struct reading *r, const char *text)
{
	char *line = xstrdup(text);
	struct strlist words = { 0 };

	cut_comment(line);
	if (text_split_words(line, &words))
		latsub_errlist_add(r->errors, "%s: a quote is not closed",
		                   r->where);
	else
		take_words(r, &words);
	strlist_clear(&words);
	free(line);
}

int
options_read_template(struct job_options *options, const char *name,
                      const char *text, struct latsub_errlist *errors)
{
	struct reading r = { .options = options, .errors = errors };
	size_t before = errors->count + errors->dropped;

	for (int number = 1; *text; number++) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		bool stop = line[0] != '#' && *text_trim(line) != '\0';

		snprintf(r.where, sizeof r.where, "%.500s:%d", name, number);
		if (text_starts(line, "#SBATCH") && strchr(" \t", line[7]))
			take_line(&r, line + 7);
		free(line);
		if (stop)
			break;
		text += len + (text[len] == '\n');
	}
	return errors->count + errors->dropped > before ? -1 : 0;
}
