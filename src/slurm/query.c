/*
 * query.c - what slurmctld knows: the cluster, jobs of a user, one job.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "latsub/text.h"
#include "module.h"

/* What Slurm puts into an exit code in the place of a signal when a step ran out
 * of memory (its SIG_OOM: 125, in newer releases 253, of which seven bits are
 * left); shown as "0:125". */
#define OOM_SIGNAL 125

static enum slurm_state
state_of(uint32_t state)
{
	switch (state & JOB_STATE_BASE) {
	case JOB_PENDING: return SLURM_PENDING;
	case JOB_RUNNING: return SLURM_RUNNING;
	case JOB_SUSPENDED: return SLURM_SUSPENDED;
	case JOB_COMPLETE: return SLURM_COMPLETE;
	case JOB_CANCELLED: return SLURM_CANCELLED;
	case JOB_FAILED: return SLURM_FAILED;
	case JOB_TIMEOUT: return SLURM_TIMEOUT;
	case JOB_NODE_FAIL: return SLURM_NODE_FAIL;
	case JOB_PREEMPTED: return SLURM_PREEMPTED;
	case JOB_BOOT_FAIL: return SLURM_BOOT_FAIL;
	case JOB_DEADLINE: return SLURM_DEADLINE;
	case JOB_OOM: return SLURM_OOM;
	default: return SLURM_STATE_OTHER;
	}
}

static char *
tasks_text(const char *text)
{
	return text ? xstrndup(text, strcspn(text, "%")) : NULL;
}

/* What can never run has priority 0, too, and no release helps it. */
static bool
is_held(const slurm_job_info_t *job)
{
	return job->priority == 0 && state_of(job->job_state) == SLURM_PENDING
		&& module_why(job) != SLURM_WHY_IMPOSSIBLE;
}

static void
copy_job(struct slurm_job *to, const slurm_job_info_t *from)
{
	*to = (struct slurm_job){
		.job_id = from->job_id,
		.array_job_id = from->array_job_id,
		.array_task_id = from->array_task_id == NO_VAL
			|| from->array_job_id == 0 ? SLURM_NO_TASK
			: from->array_task_id,
		.array_tasks = from->array_job_id
			&& from->array_task_id == NO_VAL
			? tasks_text(from->array_task_str) : NULL,
		.user_id = (uid_t)from->user_id,
		.name = xstrdup(from->name),
		.comment = xstrdup(from->comment ? from->comment : ""),
#ifdef HAVE_SLURM_JOB_INFO_T_COMMAND
		.command = xstrdup(from->command ? from->command : ""),
#else
		.command = xstrdup(""),
#endif
		.state = state_of(from->job_state),
		.completing = (from->job_state & JOB_COMPLETING) != 0,
		.requeued = (from->job_state & JOB_REQUEUE) != 0,
		.held = is_held(from),
		.why = module_why(from),
		.reason = module_reason(from),
		.nodes = xstrdup(from->nodes ? from->nodes : ""),
		.partition = xstrdup(from->partition ? from->partition : ""),
		.dependency = xstrdup(from->dependency ? from->dependency : ""),
		.restarts = from->restart_cnt,
		.submit_time = from->submit_time,
		.start_time = from->start_time,
		.end_time = from->end_time,
#ifdef HAVE_SLURM_JOB_INFO_T_PREEMPT_TIME
		.preempt_time = from->preempt_time,
#endif
		.time_limit_sec = from->time_limit == INFINITE
			|| from->time_limit == NO_VAL ? -1
			: (int64_t)from->time_limit * 60,
		.mem_mib = from->pn_min_memory == 0
			|| (from->pn_min_memory & MEM_PER_CPU) ? -1
			: (int64_t)from->pn_min_memory,
		.exit_code = (int)from->exit_code,
		.step_out_of_memory = WIFSIGNALED((int)from->derived_ec)
			&& WTERMSIG((int)from->derived_ec) == OOM_SIGNAL,
	};
}

static void
copy_jobs(struct slurm_jobs *out, const job_info_msg_t *message)
{
	out->items = xcalloc(message->record_count, sizeof *out->items);
	out->count = message->record_count;
	for (size_t i = 0; i < out->count; i++)
		copy_job(&out->items[i], &message->job_array[i]);
}

enum slurm_answer
module_jobs_of_user(uid_t uid, struct slurm_jobs *out,
                    struct latsub_error *err)
{
	job_info_msg_t *message = NULL;

	*out = (struct slurm_jobs){ 0 };
	if (slurm_load_job_user(&message, uid, SHOW_ALL))
		return module_failed("asking for your jobs", err);
	copy_jobs(out, message);
	slurm_free_job_info_msg(message);
	return SLURM_YES;
}

static int
load_job(job_info_msg_t **message, uint32_t job_id)
{
#ifdef SLURM_LOAD_JOB_TAKES_ID
	return slurm_load_job(message, job_id, SHOW_ALL);
#else
	slurm_step_id_t id = { 0 };

	id.job_id = job_id;
	id.step_id = NO_VAL;
	id.step_het_comp = NO_VAL;
	return slurm_load_job(message, id, SHOW_ALL);
#endif
}

enum slurm_answer
module_job(uint32_t job_id, struct slurm_jobs *out, struct latsub_error *err)
{
	job_info_msg_t *message = NULL;

	*out = (struct slurm_jobs){ 0 };
	if (load_job(&message, job_id))
		return module_failed("asking for a job", err);
	copy_jobs(out, message);
	slurm_free_job_info_msg(message);
	return SLURM_YES;
}

static uint32_t
nodes_of_one_job(const partition_info_t *partition)
{
	return partition->max_nodes < partition->total_nodes
		? partition->max_nodes : partition->total_nodes;
}

static void
copy_partitions(struct slurm_cluster *out, const partition_info_msg_t *message)
{
	out->partition_count = message->record_count;
	out->partitions = xcalloc(out->partition_count,
	                          sizeof *out->partitions);
	for (size_t i = 0; i < out->partition_count; i++) {
		const partition_info_t *from = &message->partition_array[i];

		out->partitions[i] = (struct slurm_partition){
			.name = xstrdup(from->name),
			.is_default = (from->flags & PART_FLAG_DEFAULT) != 0,
			.up = (from->state_up & PARTITION_SUBMIT) != 0,
			.max_time_sec = from->max_time == INFINITE ? -1
				: (int64_t)from->max_time * 60,
			.max_nodes = nodes_of_one_job(from),
		};
	}
}

enum preemption { NO_PREEMPTION, BY_PARTITION, BY_OTHERS };

static enum preemption
preemption_of(const slurm_conf_t *conf)
{
#ifdef HAVE_SLURM_CONF_T_PREEMPT_TYPE
	const char *type = conf->preempt_type;

	if (!type || !*type || strcmp(type, "preempt/none") == 0)
		return NO_PREEMPTION;
	return strcmp(type, "preempt/partition_prio") == 0 ? BY_PARTITION
		: BY_OTHERS;
#else
	(void)conf;
	return BY_OTHERS;
#endif
}

/* By priorities of partitions a partition's own mode counts, else the cluster's;
 * a QOS may have one of its own. */
static bool
may_preempt(enum preemption preemption, uint16_t mode, uint16_t cluster_mode)
{
	if (preemption != BY_PARTITION)
		return preemption != NO_PREEMPTION;
	if (mode == NO_VAL16)
		mode = cluster_mode;
	return (mode & ~PREEMPT_MODE_GANG) != PREEMPT_MODE_OFF;
}

static char *
exit_codes(const slurm_conf_t *conf)
{
	const char *requeue = conf->requeue_exit, *hold = conf->requeue_exit_hold;

	return xasprintf("%s%s%s", requeue ? requeue : "",
	                 requeue && hold ? "," : "", hold ? hold : "");
}

enum slurm_answer
module_cluster(struct slurm_cluster *out, struct latsub_error *err)
{
	slurm_conf_t *conf = NULL;
	partition_info_msg_t *partitions = NULL;
	enum preemption preemption;
	uint16_t preempt_mode;

	*out = (struct slurm_cluster){ 0 };
	if (slurm_load_ctl_conf(0, &conf))
		return module_failed("asking Slurm for its configuration", err);
	out->name = xstrdup(conf->cluster_name);
	out->version = xstrdup(conf->version);
	out->max_array_size = conf->max_array_sz;
	out->max_jobs = conf->max_job_cnt;
	out->next_job_id = conf->next_job_id;
	out->kill_wait_sec = conf->kill_wait;
	preemption = preemption_of(conf);
	preempt_mode = conf->preempt_mode;
	out->requeue_exit = exit_codes(conf);
	slurm_free_ctl_conf(conf);
	if (slurm_load_partitions(0, &partitions, SHOW_ALL)) {
		slurm_cluster_clear(out);
		return module_failed("asking Slurm for its partitions", err);
	}
	copy_partitions(out, partitions);
	for (size_t i = 0; i < out->partition_count; i++)
		out->partitions[i].may_preempt = may_preempt(preemption,
			partitions->partition_array[i].preempt_mode,
			preempt_mode);
	slurm_free_partition_info_msg(partitions);
	return SLURM_YES;
}
