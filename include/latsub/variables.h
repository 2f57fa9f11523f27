/*
 * variables.h - the variables of a run: their values, and where these are from.
 *
 * A value may come from the experiment's [env], the caller's environment, the
 * command line, or the run that goes on: which of them counts is decided here,
 * once for all.
 */
#ifndef LATSUB_VARIABLES_H
#define LATSUB_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

enum variable_source {
	VARIABLE_FILE,        /* [env] of the experiment */
	VARIABLE_ENVIRONMENT, /* of whoever called latsub */
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
	size_t count, size;
	struct strmap *by_name; /* -> index + 1 */
};

/* Where values may come from.  All of it is the caller's. */
struct variable_sources {
	const struct variables *set;    /* of the command line; or NULL */
	/* the caller's environment; NULL: it does not count */
	const char *(*environment)(const char *name, void *user);
	void *user;
	const struct variables *run;    /* of the run that goes on; or NULL */
};

/* The value that a variable has: --set's; the environment's, where that has one;
 * that of the run, unless it is from the file; the file's (in_file, or NULL where
 * [env] does not have it).  Where an earlier --set went against the environment,
 * and the environment is as it was then, that counts as not set.  False: it has no
 * value.  Else the caller clears *out. */
bool variable_choose(const struct variable_sources *sources, const char *name,
                     const char *in_file, struct variable *out);
void variable_clear(struct variable *variable);
/* Letters, digits and '_', not first a digit: what a shell takes for one. */
bool variable_is_name(const char *name, size_t len);

/* Copies; one of that name is replaced. */
void variables_add(struct variables *variables,
                   const struct variable *variable);
const struct variable *variables_find(const struct variables *variables,
                                      const char *name);
void variables_clear(struct variables *variables);

/* As JSON, and back (-1: it is none; nothing is added).  What has no name of a
 * variable is left out: the text may be another user's.  The text is the same for
 * the same variables, in whatever order they were added; the caller frees it. */
char *variables_print(const struct variables *variables);
int variables_parse(struct variables *variables, const char *json);

/* A name for a set of variables, made from its text.  Caller frees. */
char *variables_mark(const char *json);

/* For programs: "environment". */
const char *variable_source_word(enum variable_source source);
/* For people: "the environment". */
const char *variable_source_text(enum variable_source source);

#endif
