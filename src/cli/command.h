/*
 * command.h - what a command is, and what was written behind its name.
 *
 * A command is one entry in a file of its own, and a line in commands.c.  Its
 * --help, the parsing of its line, the messages about what is wrong there, and
 * tests/unit/test_cli.c all read that entry.
 */
#ifndef LATSUB_COMMAND_H
#define LATSUB_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "latsub/error.h"
#include "latsub/text.h"

#define OPTION_LONG 256 /* keys of options without a letter begin here */

struct command_option {
	int key;              /* the letter, or OPTION_LONG and more */
	const char *name;     /* "phase" of --phase; NULL ends a table */
	const char *argument; /* what it takes, as --help says it; NULL: nothing */
	const char *help;     /* its lines in --help, without the last newline */
	bool alone;           /* it may stand without its argument: as the last
	                       * word, or before another option */
};

struct args;

struct command {
	const char *name;
	const char *opening; /* an option that latsub takes in place of the name,
	                      * and hands over with what follows; or NULL */
	const char *summary; /* its line in "latsub --help" */
	const char *usage;   /* lines, each of what stands after "latsub " */
	const char *text;    /* what it does; ends with a newline */
	const struct command_option *options; /* but --help, which all have; or NULL */
	const char *ending;  /* after the options, as text; or NULL */
	size_t least, most;  /* how many words that are no option */
	const char *count_error; /* what is said when there are fewer, or more;
	                          * NULL: more are passed over */
	bool is_plain;       /* its words are another program's: only a first
	                      * --help is looked at */
	int (*execute)(const struct args *args); /* returns the exit code */
};

/* A line that was parsed.  Its texts are those of argv. */
struct args {
	const struct command *command;
	char **words; /* that are no option, in their order; then NULL */
	size_t word_count;
	struct args_option {
		int key;
		const char *value; /* NULL: it takes none, or stood alone */
	} *options; /* in their order */
	size_t option_count;
	bool wants_help; /* and nothing else counts */
};

/* argv[0] is not looked at; the order of argv changes.  -1: *err has what is wrong,
 * with the code LATSUB_USAGE.  To be cleared in any case. */
int args_parse(struct args *args, const struct command *command, int argc,
               char **argv, struct latsub_error *err);
void args_clear(struct args *args);
bool args_has(const struct args *args, int key);
/* Of an option that stands there twice the last counts.  NULL: there is none. */
const char *args_value(const struct args *args, int key);
/* All of them, copied. */
void args_values(const struct args *args, int key, struct strlist *out);

/* "NAME: what is wrong; see 'latsub NAME --help'"; returns -1. */
int args_error(struct latsub_error *err, const struct command *command,
               const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The line is wrong; *args says whose it is.  Returns LATSUB_USAGE. */
int cli_usage(const struct args *args, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void command_print_help(const struct command *command, FILE *out);
/* Parse and run; an exit code. */
int command_execute(const struct command *command, int argc, char **argv);

/* All commands, in the order of "latsub --help"; then NULL. */
extern const struct command *const commands[];
/* That a word means, by its name or its opening option; or NULL. */
const struct command *commands_find(const char *word);
/* The name that is nearest to a word, or NULL. */
const char *commands_nearest(const char *word);

extern const struct command command_experiment, command_status, command_logs,
	command_cancel, command_audit, command_list, command_reset, command_skip,
	command_check, command_graph, command_init, command_checkpoint,
	command_progress, command_sandbox, command_run;

#endif
