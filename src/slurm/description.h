/*
 * description.h - the job description that libslurm takes, and what it owns.
 *
 * description_fill.h makes one of a request.
 */
#ifndef LATSUB_SLURM_DESCRIPTION_H
#define LATSUB_SLURM_DESCRIPTION_H

#include <slurm/slurm.h>

#include "latsub/slurm.h"
#include "latsub/text.h"

struct description {
	job_desc_msg_t desc;
	const struct slurm_request *request;
	struct strlist env;   /* the job's */
	struct strlist owned; /* strings that desc points to */
	char *argv[3];
};

void description_clear(struct description *d);

/* text becomes the description's. */
char *description_own(struct description *d, char *text);
/* "NAME=value" for the job's environment. */
__attribute__((format(printf, 2, 3)))
void description_add_env(struct description *d, const char *fmt, ...);

#endif
