/*
 * agent.h - Slurm asked from a process of its own, so that the runner never
 * waits for a controller that does not answer, and never links libslurm.
 */
#ifndef LATSUB_AGENT_H
#define LATSUB_AGENT_H

#include <sys/types.h>

#include "decide.h"

struct agent {
	pid_t pid; /* 0: none, or it was reaped by others */
	int fd; /* readable when the answer is there; -1: none under way */
};

/* Ask for this job's view; job is the element's own id. */
int agent_ask(struct agent *agent, uint32_t job);
/* Read the answer after fd became readable.  View not answered on failure. */
void agent_view(struct agent *agent, struct slurm_view *view);

/* Wait for it, for at most ten seconds. */
void agent_await(struct agent *agent, struct slurm_view *view);

/* Give up a question that is under way. */
void agent_drop(struct agent *agent);

/* What a requeued job asks for anew; 0 and NULL leave it as it is. */
struct agent_request {
	int64_t time_limit_sec;                 /* set */
	const struct spec_growth *time, *mem;   /* or grown */
};

/* Requeue, with the request changed, trying until Slurm answers or until the deadline (CLOCK_MONOTONIC
 * seconds; 0: as long as it takes).  text gets Slurm's words on a no. */
enum slurm_answer agent_requeue(const char *id, uint32_t job,
                                const struct agent_request *request,
                                double deadline, char *text, size_t size);

/* Cancel it, with the same patience. */
enum slurm_answer agent_cancel(const char *id, double deadline, char *text,
                               size_t size);

/* Anything else that may take long or end its process: done in a forked one,
 * tried until there is an answer or until the deadline, as a requeue is. */
typedef enum slurm_answer agent_work_f(const void *what, char *text,
                                       size_t size);
enum slurm_answer agent_do(agent_work_f *work, const void *what,
                           double deadline, char *text, size_t size);

/* Set the job's comment (the progress that squeue shows). */
enum slurm_answer agent_comment(const char *id, uint32_t job,
                                const char *progress, char *text,
                                size_t size);

#endif
