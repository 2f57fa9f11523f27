/*
 * inquiry.h - what Slurm says of this job, asked again until it answers.
 */
#ifndef LATSUB_INQUIRY_H
#define LATSUB_INQUIRY_H

#include "agent.h"
#include "attempt.h"

struct inquiry {
	const struct attempt *attempt;
	struct agent agent;     /* agent.fd: readable when there is news */
	struct slurm_view view; /* not answered until has_view */
	bool has_view;
	bool is_over;           /* there is one, or Slurm will not give one */
	bool is_silent;         /* slurmctld did not answer the last question:
	                         * else nothing can be asked from here */
	double ask_at;          /* when to ask again, 0: not (clock_now) */
	unsigned tries;
};

void inquiry_init(struct inquiry *inquiry, const struct attempt *attempt);
/* Ask anew: an answer to an earlier question would be of another moment. */
void inquiry_begin(struct inquiry *inquiry);
/* After agent.fd became readable.  True: has_view. */
bool inquiry_read(struct inquiry *inquiry);
/* Ask again once it is time. */
void inquiry_keep_time(struct inquiry *inquiry, double now);
void inquiry_end(struct inquiry *inquiry);

#endif
