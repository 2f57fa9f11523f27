/*
 * checkpoint.h - which file is the newest checkpoint.
 */
#ifndef LATSUB_CHECKPOINT_H
#define LATSUB_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* The newest match of the pattern under dir, or NULL; caller frees.  Never a
 * temporary name, an empty file, a directory with a temporary name in it.  Of
 * the same time the one whose name counts higher.  not_after (0: whenever)
 * passes over what was written to later: it may be half-written. */
char *checkpoint_newest(const char *dir, const char *pattern, time_t not_after);

/* Is there anything under dir that the pattern matches? */
bool checkpoint_has_match(const char *dir, const char *pattern);

/* A number that changes while anything of the checkpoint is written, or once it
 * is replaced; 0 when there is none. */
uint64_t checkpoint_fingerprint(const char *path);

/* The number in a checkpoint's name ("epoch23" -> "23"), or NULL. */
char *checkpoint_epoch(const char *path);

#endif
