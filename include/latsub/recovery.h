/*
 * recovery.h - the instructions that users find when an experiment failed.
 */
#ifndef LATSUB_RECOVERY_H
#define LATSUB_RECOVERY_H

#include "latsub/text.h"

/* The guide's words, with the command to resume this state. */
void recovery_print(const char *state_path, struct strbuf *out);

#endif
