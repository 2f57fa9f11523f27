/*
 * message.h - the messages of all commands.
 */
#ifndef LATSUB_MESSAGE_H
#define LATSUB_MESSAGE_H

#include "latsub/error.h"

/* "latsub: what: why" on stderr; returns the code. */
int cli_fail(const struct latsub_error *err);
/* All is said already: *err has the exit code, and no text.  Returns -1. */
int cli_said(struct latsub_error *err, int code);
/* Every complaint, and how many; returns LATSUB_USAGE, or LATSUB_SYSTEM where one of
 * them is the system's. */
int cli_complain(const struct latsub_errlist *errors);

#endif
