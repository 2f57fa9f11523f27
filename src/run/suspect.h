/*
 * suspect.h - is a checkpoint the cause of what began from it and failed?  Pure.
 */
#ifndef LATSUB_SUSPECT_H
#define LATSUB_SUSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUSPECT_SEC 60 /* a failure so soon after the start is a quick one */

/* An attempt whose command failed by itself, quickly, and what it began from. */
struct suspect_failure {
	uint32_t gen, attempt;
	char *from, *mark;
};

struct suspect_failures { /* zero-initialise; in any order, with repetitions */
	struct suspect_failure *items;
	size_t count;
};

/* Did two attempts that began from it fail quickly, and none later that began from
 * another one?  If one did, the checkpoint is not the cause. */
bool suspect_is(const struct suspect_failures *failures, const char *name,
                const char *mark);

void suspect_add(struct suspect_failures *failures, uint32_t gen,
                 uint32_t attempt, const char *from, const char *mark);
void suspect_clear(struct suspect_failures *failures);

#endif
