/*
 * records.c - what the calls of the Slurm module fill: names and release.
 * In both the main binary and the module.
 */
#include <stdlib.h>

#include "latsub/slurm.h"
#include "latsub/text.h"

const char *
slurm_state_name(enum slurm_state state)
{
	static const char *const names[] = {
		[SLURM_PENDING] = "PENDING", [SLURM_RUNNING] = "RUNNING",
		[SLURM_SUSPENDED] = "SUSPENDED",
		[SLURM_COMPLETE] = "COMPLETED",
		[SLURM_CANCELLED] = "CANCELLED", [SLURM_FAILED] = "FAILED",
		[SLURM_TIMEOUT] = "TIMEOUT", [SLURM_NODE_FAIL] = "NODE_FAIL",
		[SLURM_PREEMPTED] = "PREEMPTED",
		[SLURM_BOOT_FAIL] = "BOOT_FAIL",
		[SLURM_DEADLINE] = "DEADLINE", [SLURM_OOM] = "OUT_OF_MEMORY",
		[SLURM_STATE_OTHER] = "OTHER",
	};

	return names[state];
}

char *
slurm_held_text(const struct slurm_job *job, const char *id)
{
	if (job->why == SLURM_WHY_HELD_ADMIN)
		return xasprintf("is held by an administrator (%s), who can "
		                 "'scontrol release %s'", job->reason, id);
	return xasprintf("is held (%s); 'scontrol release %s' when it may run",
	                 job->reason, id);
}

bool
slurm_state_is_live(const struct slurm_job *job)
{
	return job->state <= SLURM_SUSPENDED || job->completing
		|| job->state == SLURM_STATE_OTHER;
}

void
slurm_jobs_clear(struct slurm_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		free(jobs->items[i].array_tasks);
		free(jobs->items[i].name);
		free(jobs->items[i].comment);
		free(jobs->items[i].command);
		free(jobs->items[i].reason);
		free(jobs->items[i].nodes);
		free(jobs->items[i].partition);
		free(jobs->items[i].dependency);
	}
	free(jobs->items);
	*jobs = (struct slurm_jobs){ 0 };
}

void
slurm_cluster_clear(struct slurm_cluster *cluster)
{
	for (size_t i = 0; i < cluster->partition_count; i++)
		free(cluster->partitions[i].name);
	free(cluster->partitions);
	free(cluster->name);
	free(cluster->version);
	free(cluster->requeue_exit);
	*cluster = (struct slurm_cluster){ 0 };
}
