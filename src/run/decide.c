/*
 * decide.c - the table of signals, Slurm's view and configuration.
 */
#include "decide.h"

#include <stdio.h>

#define EXIT_REQUEST 75 /* EX_TEMPFAIL: "try again later" */

enum end_cause
decide_cause(enum decide_moment moment, const struct slurm_view *view,
             uint32_t restarts)
{
	if (!view->answered)
		return moment == AT_END ? END_EXIT : END_UNKNOWN;
	switch (view->state) {
	case SLURM_CANCELLED:
		return END_CANCELLED;
	case SLURM_TIMEOUT:
	case SLURM_DEADLINE:
		return END_TIMEOUT;
	case SLURM_PREEMPTED:
		return END_PREEMPTED;
	case SLURM_NODE_FAIL:
	case SLURM_BOOT_FAIL:
		return END_NODE_LOST;
	case SLURM_PENDING: /* Slurm has requeued it */
		return view->preempting ? END_PREEMPTED
			: view->node_lost ? END_NODE_LOST : END_OPERATOR;
	case SLURM_COMPLETE:
	case SLURM_FAILED:
	case SLURM_OOM: /* over, while the command runs or just has ended */
		return END_UNKNOWN;
	default:
		break;
	}
	if (view->preempting)
		return END_PREEMPTED;
	if (view->restarts > restarts)
		return view->node_lost ? END_NODE_LOST : END_OPERATOR;
	return moment == AT_TERM ? END_FORWARDED
		: moment == AT_WARNING ? END_TIMEOUT : END_EXIT;
}

bool
decide_is_requeued(const struct slurm_view *view, uint32_t restarts)
{
	return view->answered && (view->state == SLURM_PENDING
	                          || view->restarts > restarts);
}

enum decide_tell
decide_tell(const struct decide_term *in)
{
	if (in->cause == END_FORWARDED) /* a plain TERM: its own affair */
		return in->command_has_it ? TELL_NOTHING : TELL_TERM;
	if (in->told)
		return TELL_NOTHING; /* it is saving, and a TERM may end that */
	if (in->phase->shield_term)
		return TELL_CHECKPOINT;
	if (in->command_has_it)
		return TELL_NOTHING; /* many programs abort on a second TERM */
	return in->signal_is_set ? TELL_CHECKPOINT : TELL_TERM;
}

#define EXIT_CODE_MAX 125 /* the shell's own codes are above */

int
decide_exit_code(int code, const struct rangeset *requeue_exit)
{
	if (code == 0 || !rangeset_has(requeue_exit, (uint32_t)code))
		return code;
	for (uint32_t other = 1; other <= EXIT_CODE_MAX; other++) {
		if (!rangeset_has(requeue_exit, other))
			return (int)other;
	}
	return code;
}

static struct decide_out
fail(const char *fmt, unsigned number)
{
	struct decide_out out = { .action = DECIDE_FAIL };

	snprintf(out.text, sizeof out.text, fmt, number);
	return out;
}

static struct decide_out
act(enum decide_action action)
{
	return (struct decide_out){ .action = action };
}

static struct decide_out
act_for(enum decide_action action, enum requeue_reason reason, bool stalled)
{
	return (struct decide_out){ .action = action,
		.why = { .reason = reason, .stalled = stalled } };
}

/* What forbids any requeue; or action COMPLETE for "nothing does". */
static struct decide_out
check_limits(const struct decide_in *in)
{
	if (in->budget_spent || in->cause == END_BUDGET)
		return fail("time_budget is spent", 0);
	if (in->requeues >= in->phase->max_requeues)
		return fail("max_requeues = %u is reached",
		            in->phase->max_requeues);
	return act(DECIDE_COMPLETE);
}

/* A requeue that needs progress: for the time limit, or by request. */
static struct decide_out
requeue_with_progress(const struct decide_in *in, enum requeue_reason reason)
{
	struct decide_out limit = check_limits(in);

	if (limit.action == DECIDE_FAIL)
		return limit;
	if (!in->progressed && in->stalled >= in->phase->max_stalled_requeues)
		return fail("%u requeues in a row brought no new checkpoint "
		            "(max_stalled_requeues)", in->stalled);
	return act_for(DECIDE_REQUEUE, reason, !in->progressed);
}

static struct decide_out
requeue(const struct decide_in *in, enum requeue_reason reason)
{
	struct decide_out limit = check_limits(in);

	return limit.action == DECIDE_FAIL ? limit
		: act_for(DECIDE_REQUEUE, reason, false);
}

static bool
allows(const struct decide_in *in, enum requeue_on cause)
{
	return (in->phase->requeue_on & cause) != 0;
}

bool
decide_is_request(const struct spec_phase *phase, int exit_code)
{
	return exit_code == EXIT_REQUEST
		|| rangeset_has(&phase->requeue_exit_codes,
		                (uint32_t)exit_code);
}

static struct decide_out
after_exit(const struct decide_in *in)
{
	enum requeue_reason again = in->out_of_memory ? REASON_OUT_OF_MEMORY
		: REASON_RETRY;
	bool asks = decide_is_request(in->phase, in->exit_code);

	if (in->exit_code == 0 && !in->outputs_missing && !in->out_of_memory)
		return act(DECIDE_COMPLETE);
	if (asks && allows(in, REQUEUE_REQUEST))
		return requeue_with_progress(in, REASON_REQUESTED);
	if (in->retries < in->phase->retries)
		return requeue(in, again);
	if (allows(in, REQUEUE_FAILURE))
		return requeue_with_progress(in, again);
	if (in->exit_code == 0 && in->out_of_memory)
		return fail("exit code 0, but the kernel killed one of its "
		            "processes", 0);
	if (in->exit_code == 0)
		return fail("exit code 0, but an output is missing", 0);
	if (in->exit_code > 128)
		return fail("killed by signal %u",
		            (unsigned)in->exit_code - 128);
	return fail("exit code %u", (unsigned)in->exit_code);
}

struct decide_out
decide_end(const struct decide_in *in)
{
	if (in->cause == END_EXIT || in->cause == END_FORWARDED)
		return after_exit(in);
	if (in->cause == END_CANCELLED)
		return act(DECIDE_CANCEL);
	/* told to stop just when all was done: there is nothing to go on with */
	if (in->exit_code == 0 && in->outputs_exist && !in->out_of_memory)
		return act(DECIDE_COMPLETE);
	switch (in->cause) {
	case END_OPERATOR:
		return act_for(DECIDE_AWAIT, REASON_OPERATOR, false);
	case END_PREEMPTED:
		return allows(in, REQUEUE_PREEMPT)
			? requeue(in, REASON_PREEMPTED)
			: fail("preempted, and requeue_on leaves preempt out", 0);
	case END_NODE_LOST:
		return allows(in, REQUEUE_NODE_FAIL)
			? requeue(in, REASON_NODE_FAILURE)
			: fail("its node was lost, and requeue_on leaves "
			       "node_fail out", 0);
	case END_TIMEOUT:
		return allows(in, REQUEUE_TIMEOUT)
			? requeue_with_progress(in, REASON_TIME_LIMIT)
			: fail("the time limit was reached", 0);
	default:
		return requeue(in, REASON_UNKNOWN);
	}
}
