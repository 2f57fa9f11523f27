/*
 * ask.h - what the runner asks of Slurm.
 *
 * id is the job as scontrol takes it ("123", "123_4"), job its own number.
 * deadline is CLOCK_MONOTONIC seconds, 0: as long as it takes.  text gets
 * Slurm's words.
 */
#ifndef LATSUB_ASK_H
#define LATSUB_ASK_H

#include "agent.h"
#include "latsub/slurm.h"
#include "latsub/spec.h"

/* In an agent: Slurm, ready to be asked; NULL where its library does not load. */
const struct slurm_ops *ask_open_slurm(struct agent_answer *answer);

/* Begin to ask for this job's view; the answer is in agent_answer. */
int ask_view(struct agent *agent, uint32_t job);
/* The same, and wait for it for ten seconds; not answered on failure. */
void ask_view_now(uint32_t job, struct slurm_view *view);

/* What a requeued job asks for anew; 0 and NULL leave it as it is. */
struct ask_request {
	int64_t time_limit_sec;                 /* set */
	const struct spec_growth *time, *mem;   /* or grown */
};

/* Requeue, with the request changed, trying until Slurm answers or until the
 * deadline. */
enum slurm_answer ask_requeue(const char *id, uint32_t job,
                              const struct ask_request *request,
                              double deadline, char *text, size_t size);

/* Cancel it, with the same patience. */
enum slurm_answer ask_cancel(const char *id, double deadline, char *text,
                             size_t size);

/* Set the job's comment (the progress that squeue shows). */
enum slurm_answer ask_comment(const char *id, uint32_t job,
                              const char *progress, char *text, size_t size);

#endif
