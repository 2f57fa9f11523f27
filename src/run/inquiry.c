/*
 * inquiry.c - asking, and when to ask again.
 */
#include "inquiry.h"

#include "ask.h"
#include "latsub/clock.h"

#define PAUSE_SEC 1.0
#define DOUBLINGS 2 /* of the pause */

/* Longer from time to time, and another for each task: many may ask at once. */
static double
next_pause(struct inquiry *inquiry)
{
	unsigned doublings = inquiry->tries < DOUBLINGS ? inquiry->tries
		: DOUBLINGS;

	inquiry->tries++;
	return PAUSE_SEC * (double)(1u << doublings)
		* (0.5 + attempt_chance(inquiry->attempt, inquiry->tries) / 2);
}

static void
ask(struct inquiry *inquiry)
{
	inquiry->ask_at = 0;
	if (inquiry->agent.fd < 0
	    && ask_view(&inquiry->agent, inquiry->attempt->job))
		inquiry->ask_at = clock_now() + next_pause(inquiry);
}

void
inquiry_init(struct inquiry *inquiry, const struct attempt *attempt)
{
	*inquiry = (struct inquiry){ .attempt = attempt, .agent = { .fd = -1 } };
}

void
inquiry_begin(struct inquiry *inquiry)
{
	inquiry_end(inquiry);
	inquiry->has_view = inquiry->is_over = false;
	inquiry->view = (struct slurm_view){ 0 };
	ask(inquiry);
}

bool
inquiry_read(struct inquiry *inquiry)
{
	struct agent_answer answer;

	agent_finish(&inquiry->agent, &answer);
	inquiry->view = answer.view;
	inquiry->has_view = answer.view.answered;
	inquiry->is_silent = !inquiry->has_view
		&& answer.answer == SLURM_SILENT && !answer.died;
	inquiry->is_over = inquiry->has_view
		|| (answer.answer != SLURM_SILENT && !answer.died);
	if (!inquiry->is_over)
		inquiry->ask_at = clock_now() + next_pause(inquiry);
	return inquiry->has_view;
}

void
inquiry_keep_time(struct inquiry *inquiry, double now)
{
	if (inquiry->ask_at > 0 && now >= inquiry->ask_at)
		ask(inquiry);
}

void
inquiry_end(struct inquiry *inquiry)
{
	agent_drop(&inquiry->agent);
	inquiry->ask_at = 0;
}
