/*
 * agent.h - work in a forked process: what may take long, or end its process.
 *
 * So the runner never waits for a controller that does not answer, and never
 * loads libslurm itself.
 */
#ifndef LATSUB_AGENT_H
#define LATSUB_AGENT_H

#include <sys/types.h>

#include "decide.h"

struct agent_answer {
	enum slurm_answer answer; /* SLURM_SILENT is tried again */
	bool died;                /* without an answer */
	struct slurm_view view;   /* where that was asked for */
	char text[512];           /* words for people */
};

typedef void agent_work_f(const void *what, struct agent_answer *answer);

struct agent {
	pid_t pid; /* 0: none, or it was reaped by others */
	int fd; /* readable when the answer is there; -1: none under way */
};

int agent_start(struct agent *agent, agent_work_f *work, const void *what);
/* Read the answer after fd became readable; SLURM_SILENT when it died. */
void agent_finish(struct agent *agent, struct agent_answer *answer);
/* Wait for it until the deadline (CLOCK_MONOTONIC seconds; 0: as long as it
 * takes). */
void agent_await(struct agent *agent, double deadline,
                 struct agent_answer *answer);
/* Give up what is under way. */
void agent_drop(struct agent *agent);

/* Work, tried again until there is an answer or until the deadline. */
enum slurm_answer agent_do(agent_work_f *work, const void *what,
                           double deadline, char *text, size_t size);
/* The same, tried once. */
enum slurm_answer agent_try(agent_work_f *work, const void *what,
                            double deadline, char *text, size_t size);

#endif
