/*
 * rest.c - what the queue had no room for, submitted once a task is over.
 */
#include "rest.h"

#include <stdint.h>

#include "agent.h"
#include "latsub/clock.h"

#define REST_PATIENCE_SEC 900 /* slurmctld forgets ended jobs after MinJobAge */

struct rest_work {
	const struct runner_hooks *hooks;
	const char *state_path;
	uint32_t element;
	double since;
};

static void
work_rest(const void *what, struct agent_answer *answer)
{
	const struct rest_work *work = what;

	answer->answer = work->hooks->submit_rest(work->state_path,
		work->element, (unsigned)(clock_now() - work->since),
		answer->text, sizeof answer->text);
}

static bool
has_rest(const struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		if (phase_has_any(state->phases[i], 1u << TASK_INTENDED))
			return true;
	}
	return false;
}

void
rest_submit(const struct attempt *attempt)
{
	struct rest_work work = { attempt->hooks, attempt->run->state_path,
		attempt->job, clock_now() };
	double deadline = clock_now() + REST_PATIENCE_SEC;
	char words[512] = "";
	enum slurm_answer answer;

	if (!has_rest(attempt->run->state))
		return;
	if (attempt->leave_by > 0 && attempt->leave_by - 0.5 < deadline)
		deadline = attempt->leave_by - 0.5;
	answer = agent_do(work_rest, &work, deadline, words, sizeof words);
	if (answer != SLURM_YES)
		attempt_print(attempt, "the rest of the run is not submitted from "
		           "here; 'latsub --resume' does it", words);
	else if (*words)
		attempt_print(attempt, words, "");
}
