/*
 * process.h - run a program and take what it prints.
 */
#ifndef LATSUB_PROCESS_H
#define LATSUB_PROCESS_H

#include <stdbool.h>

/* The output of argv (found in PATH), with its stderr if that is wanted, else
 * stderr is ours.  Never NULL; caller frees.  *ok: it ran and exited with 0. */
char *process_output(char *const argv[], bool with_stderr, bool *ok);

/* The same with a bound: after so many seconds it and its children are killed,
 * and *ok is false. */
char *process_output_within(char *const argv[], bool with_stderr,
                            unsigned seconds, bool *ok);

#endif
