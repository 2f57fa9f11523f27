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

/* May name, a path below the run's directory, be another's: does it match the
 * checkpoint pattern of another phase or another task, or the outputs of anybody?
 * Or lies it in such a thing, or such a thing in it?  Of phases with many tasks
 * rather too much is taken for theirs. */
bool claims_has(const struct claims *claims, const char *name);

/* Does a pattern match the path, or a directory above it, or may it match what is
 * below it? */
bool claims_meets(const char *pattern, const char *path);

#endif
