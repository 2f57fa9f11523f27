/*
 * request.h - what a line of "latsub experiment" asks for.  Once it is read
 * (experiment.c) nothing changes it.
 */
#ifndef LATSUB_REQUEST_H
#define LATSUB_REQUEST_H

#include <stdbool.h>

#include "latsub/text.h"

struct request {
	const char *file, *config; /* the experiment; one of them at most */
	const char *resume;        /* the run that is to go on; NULL: a new one */
	char *newest;              /* what --resume alone means; resume is it */
	const char *output_dir;    /* of a new run */
	const char *checkpoint;    /* with it the training is taken for done */
	struct strlist phases, sets;
	bool dry_run, local, wait;
	bool keep_env, drop, other_cluster;
};

#endif
