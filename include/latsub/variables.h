/*
 * variables.h - the variables of a run: their values, and where these are from.
 *
 * A value may come from the experiment's [env], the caller's environment, the
 * command line, or the run that is resumed.  Only variable_choose() decides which
 * of them counts.
 */
#ifndef LATSUB_VARIABLES_H
#define LATSUB_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

enum variable_source {
	VARIABLE_FILE,        /* [env] of the experiment */
	VARIABLE_ENVIRONMENT, /* the caller's */
	VARIABLE_SET,         /* --set */
	VARIABLE_SOURCE_COUNT
};

struct variable {
	char *name, *value;
	enum variable_source source;
	char *beside;  /* what the environment had when --set was given, or NULL */
	char *in_file; /* what [env] has, or NULL; not in the JSON */
};

struct variables {
	struct variable *items;
	size_t count;
	struct strmap *by_name; /* -> index */
};

/* Where values may come from.  All members are the caller's. */
struct variable_sources {
	const struct variables *set;    /* of the command line; or NULL */
	/* the caller's environment; NULL: it does not count */
	const char *(*environment)(const char *name, void *user);
	void *user;
	const struct variables *run;    /* of the run that is resumed; or NULL */
};

/* The value of a variable is the first of these that there is: that of --set; that of
 * the environment; that of the run, unless the run had it from the file; that of the
 * file (in_file; NULL: [env] does not have the variable).  If an earlier --set
 * overrode the environment, and the environment still has the same value, that value
 * does not count.  Returns false if there is no value; else the caller clears *out. */
bool variable_choose(const struct variable_sources *sources, const char *name,
                     const char *in_file, struct variable *out);
void variable_clear(struct variable *variable);
/* May a variable of a shell have this name?  Letters, digits, '_'; no digit first. */
bool variable_is_name(const char *name, size_t len);

/* Copies the variable; it replaces one of the same name. */
void variables_add(struct variables *variables,
                   const struct variable *variable);
const struct variable *variables_find(const struct variables *variables,
                                      const char *name);
void variables_clear(struct variables *variables);

/* As JSON, and back.  The JSON is the same for the same variables, in whatever order
 * they were added; caller frees.  parse: -1 if the text is not such JSON; then nothing
 * is added.  It leaves out what variable_is_name() refuses, since the text may be
 * another user's. */
char *variables_print(const struct variables *variables);
int variables_parse(struct variables *variables, const char *json);

/* A name for a set of variables, made from its text.  Caller frees. */
char *variables_mark(const char *json);

/* For programs: "environment". */
const char *variable_source_word(enum variable_source source);
/* For people: "the environment". */
const char *variable_source_text(enum variable_source source);

#endif
