/*
 * process.h - run a program and take what it prints.
 */
#ifndef LATSUB_PROCESS_H
#define LATSUB_PROCESS_H

#include <stdbool.h>

/* Run argv (found in PATH) and return its output, with its standard error if
 * with_stderr; else that goes to the caller's.  Never NULL; caller frees.  *ok: it
 * ran and exited with 0. */
char *process_output(char *const argv[], bool with_stderr, bool *ok);

/* The same, but after so many seconds the program and its children are killed, and
 * *ok is false. */
char *process_output_within(char *const argv[], bool with_stderr,
                            unsigned seconds, bool *ok);

#endif
