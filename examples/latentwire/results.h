/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Result files: lines of "key value" under <run_dir>/results.
 *
 * A phase writes its file in memory and puts it in place in one piece, so a
 * reader never meets half of one and a repeated task leaves the same file.
 */
#ifndef LATENTWIRE_RESULTS_H
#define LATENTWIRE_RESULTS_H

#include <stdio.h>

#include "error.h"
#include "options.h"

struct report {
    FILE *stream; /* print here */
    char *text;
    size_t size;
};

int report_open(struct report *report, struct error *error);
void report_discard(struct report *report);

/* Write the report to <run_dir>/results/NAME and discard it.  NAME is a format. */
int report_commit(struct report *report, const struct options *options,
                  struct error *error, const char *name, ...)
    __attribute__((format(printf, 4, 5)));

/* The content of <run_dir>/results/NAME, or NULL if it cannot be read. */
char *result_read(const struct options *options, const char *name, ...)
    __attribute__((format(printf, 2, 3)));

/* The number on the line "KEY number" of TEXT; 0 if it is there, else -1. */
int result_number(const char *text, const char *key, double *number);

/* Copy the next word of *WORDS and move on; 0 when there is none.  A word that
 * has no room is cut. */
int word_next(const char **words, char *word, size_t size);

#endif
