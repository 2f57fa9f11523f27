/*
 * checkpoint.h - which files are checkpoints, and what can be seen of them.
 */
#ifndef LATSUB_CHECKPOINT_H
#define LATSUB_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "latsub/error.h"
#include "latsub/text.h"

/* The matches of the pattern under dir, absolute, the newest first; of the same
 * time the one whose name counts higher.  Never a temporary name.  0, or -1: the
 * deadline (CLOCK_MONOTONIC seconds, 0: none) came first, or the file system is sick
 * in spite of all patience, and there is no list. */
int checkpoint_list(const char *dir, const char *pattern, struct strlist *paths,
                    double deadline);

/* All that the pattern matches under dir, in no order, whatever its name. */
void checkpoint_glob(const char *dir, const char *pattern,
                     struct strlist *paths);

/* Is there anything under dir that the pattern matches?  -1, with errno: it cannot
 * be told. */
int checkpoint_has_match(const char *dir, const char *pattern, bool *has,
                         struct latsub_error *err);

struct checkpoint_look {
	bool late;               /* the deadline came first: nothing is known */
	bool complete;           /* not empty, nothing temporary in it */
	struct timespec changed; /* the last change of anything in it */
	bool renamed;            /* it was renamed, or its times were set, after
	                          * that: nobody was writing to it any more */
	struct timespec renamed_at;
	uint64_t fingerprint;    /* changes whenever anything is written, or it
	                          * is replaced by another file */
	uint64_t mark;           /* the same without inodes: of names, sizes and
	                          * times, which a move leaves alone */
};
/* closely: open each file, since until then NFS may show a file of another node as it
 * was some time ago.  With many files that takes a while. */
struct checkpoint_look checkpoint_look(const char *path, bool closely,
                                       double deadline);

/* The number in a checkpoint's name ("epoch23" -> "23"), or NULL. */
char *checkpoint_epoch(const char *path);

#endif
