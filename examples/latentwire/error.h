/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What went wrong, as text for a person.
 *
 * A function that can fail takes a struct error, fills it and returns -1 or
 * NULL.  Only main.c prints it.
 */
#ifndef LATENTWIRE_ERROR_H
#define LATENTWIRE_ERROR_H

struct error {
    char text[512];
};

/* Fill ERROR from FORMAT and return -1, so that callers can return the call. */
int error_set(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
