/*
 * slurm.h - everything latsub asks of Slurm, as one table of functions.
 *
 * The only code that includes <slurm/slurm.h> is the module behind this
 * table (src/slurm), a shared object loaded at run time: a machine without
 * libslurm runs check, graph and status all the same.  A scripted fake
 * serves the unit tests.
 */
#ifndef LATSUB_SLURM_H
#define LATSUB_SLURM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "latsub/error.h"
#include "latsub/options.h"

/* The module is a file of its own: one that was built with other options, or other
 * values, is not taken. */
#define SLURM_OPS_VERSION (8 * 100000 + (int)sizeof(struct job_options))
#define SLURM_NO_TASK UINT32_MAX

/* What a call may answer.  Silence is never taken for no. */
enum slurm_answer {
	SLURM_YES = 0,
	SLURM_REFUSED = -1,  /* Slurm said no; the error has its own words */
	SLURM_SILENT = -2,   /* no answer: it may or may not have happened */
	SLURM_UNKNOWN_JOB = -3,
	SLURM_FULL = -4,     /* no room in the queue: MaxJobCount, or a limit on
	                      * submitted jobs */
	/* and the runner's own, of a requeue: */
	SLURM_CANCELLED_JOB = -5, /* a person has cancelled it */
	SLURM_TOO_MUCH = -6  /* the next attempt would ask for what no partition
	                      * or node has (retry_time, retry_mem) */
};

/* Base states, as Slurm's own enum job_states, by their names. */
enum slurm_state {
	SLURM_PENDING, SLURM_RUNNING, SLURM_SUSPENDED, SLURM_COMPLETE,
	SLURM_CANCELLED, SLURM_FAILED, SLURM_TIMEOUT, SLURM_NODE_FAIL,
	SLURM_PREEMPTED, SLURM_BOOT_FAIL, SLURM_DEADLINE, SLURM_OOM,
	SLURM_STATE_OTHER
};

/* Why a job waits, or failed, as far as latsub acts on it: of Slurm's own enum
 * job_state_reason (src/slurm/reason.c has the table). */
enum slurm_why {
	SLURM_WHY_OTHER,        /* Resources, Priority, ..., or none is known */
	SLURM_WHY_UNSEEN,       /* it waits, and Slurm has not looked at it yet */
	SLURM_WHY_DEPENDENCY,
	SLURM_WHY_NEVER,        /* its dependency can never be satisfied */
	SLURM_WHY_HELD_USER,
	SLURM_WHY_HELD,         /* by Slurm, or it is not known by whom */
	SLURM_WHY_IMPOSSIBLE,   /* it can never run, as the cluster is now */
	SLURM_WHY_UNFIT,        /* the same for one of its several partitions; Slurm
	                         * does not say which */
	SLURM_WHY_LAUNCH,       /* Slurm could not start its batch script */
	SLURM_WHY_HELD_ADMIN    /* by an administrator: others cannot release it */
};

/* One record of slurmctld: a job, an element of an array, or the elements of
 * an array that still wait together (tasks is then "0-9", task is NONE). */
struct slurm_job {
	uint32_t job_id;
	uint32_t array_job_id; /* 0: not an array */
	uint32_t array_task_id;/* SLURM_NO_TASK unless one element */
	char *array_tasks;     /* pending elements "3-9", without "%4"; or NULL */
	uid_t user_id;
	char *name;
	char *comment;
	char *command;         /* with its arguments, as submitted: nobody can
	                        * change it; "" where that is not told */
	enum slurm_state state;
	bool completing, requeued, held;
	enum slurm_why why;
	char *reason;          /* the same for people, in Slurm's words as squeue
	                        * has them: "Priority", "JobHeldUser", "launch
	                        * failed requeued held", ... */
	char *nodes;
	char *partition;
	char *dependency;
	uint32_t restarts;
	time_t submit_time, start_time, end_time, preempt_time;
	int64_t time_limit_sec; /* -1: unlimited or the partition's */
	int64_t mem_mib;       /* for a node; -1: not asked for */
	int exit_code;         /* as waitpid's status */
	bool step_out_of_memory; /* one of its steps (srun) was */
};

struct slurm_jobs {
	struct slurm_job *items;
	size_t count;
};

struct slurm_partition {
	char *name;
	bool is_default, up;
	bool may_preempt;     /* its jobs may be preempted, for all we know */
	int64_t max_time_sec; /* -1: unlimited */
	uint32_t max_nodes;   /* of one job; 0: not known */
};

struct slurm_cluster {
	char *name;
	char *version;            /* "22.05.8" */
	uint32_t max_array_size;  /* task ids are below it */
	uint32_t max_jobs;
	uint32_t next_job_id;     /* the number of the next job; 0: not told */
	uint32_t kill_wait_sec;
	char *requeue_exit;       /* "3,5-7": exit codes at which it requeues or
	                           * holds a job (RequeueExit, RequeueExitHold) */
	struct slurm_partition *partitions;
	size_t partition_count;
};

/* A batch job to submit.  Everything is the caller's. */
struct slurm_request {
	const char *name;
	const char *script;      /* text of the batch script */
	const char *workdir;
	const char *output;      /* with %A %a %j; '%' itself as "%%" */
	const char *comment;
	const char *identity;    /* an argument of the batch script, which Slurm
	                          * shows as part of the job's command */
	const char *dependency;  /* "afterok:1:2,afterany:3" or NULL */
	const char *array;       /* "0-41,43%4" or NULL */
	const char *const *env;  /* "NAME=value", NULL-terminated; the module
	                          * adds the SLURM_* variables sbatch adds */
	unsigned patience;       /* tries more while the queue is full */
	bool hold;               /* submit with priority 0 */
	bool append;             /* open-mode=append unless options say else */
	const struct job_options *options;
};

/* What may be changed on a job; NULL or -1 means leave. */
struct slurm_update {
	const char *dependency;  /* "" removes */
	const char *comment;
	int64_t time_limit_sec;
	int64_t mem_mib;
	int hold;                /* 1 hold, 0 release */
};

struct slurm_ops {
	int version; /* SLURM_OPS_VERSION */
	/* Read the configuration (SLURM_CONF); -1 when there is none. */
	int (*open)(struct latsub_error *err);
	void (*close)(void);
	enum slurm_answer (*cluster)(struct slurm_cluster *out,
	                             struct latsub_error *err);
	/* Retries by itself, as sbatch does, when the queue is full: after 1, 2,
	 * 3 ... s.  A time-out is SLURM_SILENT. */
	enum slurm_answer (*submit)(const struct slurm_request *request,
	                            uint32_t *job_id,
	                            struct latsub_error *err);
	/* All jobs of a user, by one request.  Which of them belong to a run is for
	 * the caller to find out. */
	enum slurm_answer (*jobs_of_user)(uid_t uid, struct slurm_jobs *out,
	                                  struct latsub_error *err);
	/* One job id, or all the records of an array by its array_job_id. */
	enum slurm_answer (*job)(uint32_t job_id, struct slurm_jobs *out,
	                         struct latsub_error *err);
	/* id: "123" or "123_4".  An update of an array id changes all its
	 * pending elements. */
	enum slurm_answer (*update)(const char *id,
	                            const struct slurm_update *update,
	                            struct latsub_error *err);
	/* Cancel: already finished counts as done. */
	enum slurm_answer (*cancel)(const char *id, struct latsub_error *err);
	/* Requeue: "pending execution" counts as done. */
	enum slurm_answer (*requeue)(const char *id, struct latsub_error *err);
	/* Would Slurm refuse this if it were not held?  REFUSED: yes, with its
	 * words.  It submits nothing.  Nodes that are only down count as if
	 * they were up. */
	enum slurm_answer (*can_run)(const struct slurm_request *request,
	                             struct latsub_error *err);
	/* The most memory that a job may ask for on a node of a partition (or of
	 * one of "a,b"); -1: no node of it is known. */
	enum slurm_answer (*largest_memory)(const char *partition,
	                                    int64_t *mem_mib,
	                                    struct latsub_error *err);
	/* Is one of these nodes ("n[1-3]") down, or does it not answer? */
	enum slurm_answer (*node_lost)(const char *nodes, bool *lost,
	                               struct latsub_error *err);
};

/* What the module exports. */
#define SLURM_OPS_SYMBOL "latsub_slurm_ops"
const struct slurm_ops *latsub_slurm_ops(void);

/* Load the module (src/slurm/load.c, in the main binary).  NULL when it or
 * libslurm is missing; *err says what and where it was looked for. */
const struct slurm_ops *slurm_load(struct latsub_error *err);

/* The environment's SLURM_CONF, absolute, or "" if it is the machine's default.
 * Caller frees. */
char *slurm_conf_to_remember(void);
/* Is it slurmd's own copy of the site's file (configless)?  Each node has one of its
 * own, and it does not last. */
bool slurm_conf_is_cache(const char *conf);

/* Owned members of what the calls fill. */
void slurm_jobs_clear(struct slurm_jobs *jobs);
void slurm_cluster_clear(struct slurm_cluster *cluster);
/* The message about a job that is held: "is held (REASON)" and who can release it.
 * id: as scontrol takes it.  Caller frees. */
char *slurm_held_text(const struct slurm_job *job, const char *id);
const char *slurm_state_name(enum slurm_state state); /* "PENDING" ... */
bool slurm_state_is_live(const struct slurm_job *job); /* pending..suspended */

#endif
