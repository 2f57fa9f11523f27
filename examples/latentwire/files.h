/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that are whole or absent, whatever interrupts their writer.
 *
 * Paths that are returned are the caller's to free.  Every failed system call
 * ends in the error's text with the path and the reason.
 */
#ifndef LATENTWIRE_FILES_H
#define LATENTWIRE_FILES_H

#include <stddef.h>

#include "error.h"

/* printf into fresh memory; NULL only without memory, with ERROR filled. */
char *file_path(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Create the directory PATH, or the one PATH is in, and what is missing above. */
int directory_make(const char *path, struct error *error);
int directory_make_above(const char *path, struct error *error);

/* Write DATA beside PATH under a name beginning with ".", sync it, rename it
 * over PATH and sync the directory.  The directory must exist. */
int file_replace(const char *path, const void *data, size_t size,
                 struct error *error);

/* Append LINE (with its newline) by a single O_APPEND write. */
int file_append_line(const char *path, const char *line, struct error *error);

/* The content of PATH with a terminating NUL that SIZE does not count. */
char *file_read(const char *path, size_t *size, struct error *error);

#endif
