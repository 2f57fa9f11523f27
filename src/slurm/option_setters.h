/*
 * option_setters.h - the Slurm side of the table of sbatch options.
 *
 * A row for each enum option_id.  The table of names and parsers is
 * src/model/options.c, which knows no Slurm.
 */
#ifndef LATSUB_SLURM_OPTION_SETTERS_H
#define LATSUB_SLURM_OPTION_SETTERS_H

#include "description.h"

enum setter_kind {
	SETTER_NONE,      /* it was forgotten: a job with this option is refused */
	SETTER_CALL,
	SETTER_TEXT,      /* the text as it stands is a member of job_desc_msg_t */
	SETTER_IN_REQUEST /* latsub itself makes a member of slurm_request of it */
};

struct option_setter {
	enum setter_kind kind;
	/* CALL: put the value into the description.  NULL, or what this Slurm
	 * lacks for it: then the job is refused with these words. */
	const char *(*set)(struct description *d,
	                   const struct option_value *value);
	size_t member; /* TEXT: its offset */
};

extern const struct option_setter option_setters[]; /* OPTION_COUNT */

/* Set what the request's options have.  -1: one of them cannot be sent.  That is so
 * for one without a setter, too: no option is ever ignored. */
int option_setters_apply(const struct option_setter setters[OPTION_COUNT],
                         struct description *d, struct latsub_error *err);

#endif
