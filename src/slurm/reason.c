/*
 * reason.c - why a job waits or failed, from enum job_state_reason.
 *
 * Decided by number; the words are for people.  Beware: of a job that may have
 * several partitions the reason is of the one that Slurm looked at last.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"
#include "module.h"

/* exported, though no installed header declares them */
#ifdef HAVE_SLURM_JOB_STATE_REASON_STRING
extern char *slurm_job_state_reason_string(int reason);
#define REASON_STRING slurm_job_state_reason_string
#elif defined HAVE_SLURM_JOB_REASON_STRING
extern char *slurm_job_reason_string(int reason);
#define REASON_STRING slurm_job_reason_string
#endif

/* No end of any other job lets it run: it asks for more than there is, or than
 * one job may have.  Not among them: limits on what a user or a group has at a
 * time, and nodes and partitions that are down. */
static const enum job_state_reason impossible[] = {
	FAIL_BAD_CONSTRAINTS, WAIT_PART_NODE_LIMIT, WAIT_PART_TIME_LIMIT,
	FAIL_ACCOUNT, FAIL_QOS, WAIT_ACCOUNT, WAIT_QOS,
#if HAVE_DECL_WAIT_PN_MEM_LIMIT
	WAIT_PN_MEM_LIMIT,
#endif
#if HAVE_DECL_WAIT_RESV_DELETED
	WAIT_RESV_DELETED,
#endif
#if HAVE_DECL_WAIT_RESV_INVALID
	WAIT_RESV_INVALID,
#endif
	WAIT_ASSOC_MAX_WALL_PER_JOB, WAIT_QOS_MAX_WALL_PER_JOB,
	WAIT_ASSOC_MAX_CPU_PER_JOB, WAIT_QOS_MAX_CPU_PER_JOB,
	WAIT_ASSOC_MAX_CPU_PER_NODE, WAIT_QOS_MAX_CPU_PER_NODE,
	WAIT_ASSOC_MAX_CPU_MINS_PER_JOB, WAIT_QOS_MAX_CPU_MINS_PER_JOB,
	WAIT_ASSOC_MAX_NODE_PER_JOB, WAIT_QOS_MAX_NODE_PER_JOB,
	WAIT_ASSOC_MAX_NODE_MINS_PER_JOB, WAIT_QOS_MAX_NODE_MINS_PER_JOB,
	WAIT_ASSOC_MAX_MEM_PER_JOB, WAIT_QOS_MAX_MEM_PER_JOB,
	WAIT_ASSOC_MAX_MEM_PER_NODE, WAIT_QOS_MAX_MEM_PER_NODE,
	WAIT_ASSOC_MAX_MEM_MINS_PER_JOB, WAIT_QOS_MAX_MEM_MINS_PER_JOB,
	WAIT_ASSOC_MAX_GRES_PER_JOB, WAIT_QOS_MAX_GRES_PER_JOB,
	WAIT_ASSOC_MAX_GRES_PER_NODE, WAIT_QOS_MAX_GRES_PER_NODE,
	WAIT_ASSOC_MAX_GRES_MINS_PER_JOB, WAIT_QOS_MAX_GRES_MINS_PER_JOB,
	WAIT_ASSOC_MAX_BILLING_PER_JOB, WAIT_QOS_MAX_BILLING_PER_JOB,
	WAIT_ASSOC_MAX_BILLING_PER_NODE, WAIT_QOS_MAX_BILLING_PER_NODE,
	WAIT_ASSOC_MAX_BILLING_MINS_PER_JOB,
	WAIT_QOS_MAX_BILLING_MINS_PER_JOB,
	WAIT_ASSOC_MAX_UNK_PER_JOB, WAIT_QOS_MAX_UNK_PER_JOB,
	WAIT_ASSOC_MAX_UNK_PER_NODE, WAIT_QOS_MAX_UNK_PER_NODE,
	WAIT_ASSOC_MAX_UNK_MINS_PER_JOB, WAIT_QOS_MAX_UNK_MINS_PER_JOB,
	WAIT_QOS_MIN_CPU, WAIT_QOS_MIN_MEM, WAIT_QOS_MIN_NODE,
	WAIT_QOS_MIN_GRES, WAIT_QOS_MIN_BILLING, WAIT_QOS_MIN_UNK,
};

static bool
is_impossible(uint32_t reason)
{
	for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
		if (reason == (uint32_t)impossible[i])
			return true;
	}
	return false;
}

/* Of one partition, or of all: Slurm takes the priority of a job that it has
 * given up. */
static enum slurm_why
why_impossible(const slurm_job_info_t *job)
{
	return job->partition && strchr(job->partition, ',') && job->priority
		? SLURM_WHY_UNFIT : SLURM_WHY_IMPOSSIBLE;
}

/* A person's hold has no description.  Slurm's own have one ("job requeued in
 * held state"), or the job's state says that its exit code was a special one. */
static enum slurm_why
why_held(const slurm_job_info_t *job, enum slurm_why by)
{
	return (job->state_desc && *job->state_desc)
		|| (job->job_state & JOB_SPECIAL_EXIT) ? SLURM_WHY_HELD : by;
}

static enum slurm_why
why_waiting(const slurm_job_info_t *job)
{
	if (is_impossible(job->state_reason))
		return why_impossible(job);
	switch (job->state_reason) {
	case WAIT_DEP_INVALID: return SLURM_WHY_NEVER;
	case WAIT_HELD: return why_held(job, SLURM_WHY_HELD_ADMIN);
	case WAIT_HELD_USER: return why_held(job, SLURM_WHY_HELD_USER);
	case WAIT_NO_REASON:
		return job->priority ? SLURM_WHY_UNSEEN : SLURM_WHY_HELD;
	case WAIT_DEPENDENCY:
		return job->priority ? SLURM_WHY_DEPENDENCY : SLURM_WHY_HELD;
	default: return job->priority ? SLURM_WHY_OTHER : SLURM_WHY_HELD;
	}
}

/* Slurm's reason is the same for a batch script that was killed by a signal; the
 * exit status of one that was not started is an error number of Slurm's. */
static bool
is_unlaunched(const slurm_job_info_t *job)
{
	return job->state_reason == FAIL_LAUNCH
		&& (job->exit_code > 0xff || job->exit_code == 0);
}

enum slurm_why
module_why(const slurm_job_info_t *job)
{
	switch (job->job_state & JOB_STATE_BASE) {
	case JOB_PENDING: return why_waiting(job);
	case JOB_FAILED:
		return is_unlaunched(job) ? SLURM_WHY_LAUNCH : SLURM_WHY_OTHER;
	default: return SLURM_WHY_OTHER;
	}
}

/* The description, where there is one, tells more. */
char *
module_reason(const slurm_job_info_t *job)
{
	if (job->state_desc && *job->state_desc)
		return xstrdup(job->state_desc);
#ifdef REASON_STRING
	return xstrdup(REASON_STRING((int)job->state_reason));
#else
	return job->state_reason == WAIT_NO_REASON ? xstrdup("None")
		: xasprintf("Reason%u", (unsigned)job->state_reason);
#endif
}
