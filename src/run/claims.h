/*
 * claims.h - whose file is it?  Pure.
 */
#ifndef LATSUB_CLAIMS_H
#define LATSUB_CLAIMS_H

#include "latsub/spec.h"

struct claims {
	const struct spec *spec;   /* the whole experiment */
	const char *phase;         /* who asks */
	const struct sweep *sweep; /* that phase's, as its jobs know it */
	uint32_t task;
};

/* May name, a path below the run's directory, belong to another task or phase?  It may
 * if it matches the checkpoint pattern of another task or phase, or the outputs of any;
 * also if it lies in such a match, or such a match lies in it.  In doubt, with phases of
 * many tasks, the answer is yes. */
bool claims_has(const struct claims *claims, const char *name);

/* Does the pattern, as it is expanded for a task, match the path or a directory above
 * it?  Then claims_has() knows whose it is, while the pattern stays as it is. */
bool claims_is_own(const char *pattern, const char *path);
#define CLAIMS_MARK_SIZE 9
/* A mark that tells one pattern of an experiment from another, for event.own. */
void claims_mark(const char *pattern, char *mark);

/* Does a pattern match the path, or a directory above it, or may it match what is
 * below it? */
bool claims_meets(const char *pattern, const char *path);

#endif
