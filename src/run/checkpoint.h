/*
 * checkpoint.h - which file is the newest checkpoint.
 */
#ifndef LATSUB_CHECKPOINT_H
#define LATSUB_CHECKPOINT_H

/* The newest match of the pattern under dir, or NULL; caller frees.  Never a
 * temporary name.  Of the same time the one whose name counts higher. */
char *checkpoint_newest(const char *dir, const char *pattern);

/* The number in a checkpoint's name ("epoch23" -> "23"), or NULL. */
char *checkpoint_epoch(const char *path);

#endif
