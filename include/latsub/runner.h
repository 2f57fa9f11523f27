/*
 * runner.h - what each job executes: "latsub run".
 *
 * In: the environment that submission and Slurm set.  Out: the phase's
 * command run once, journalled, its log headed, the right exit code.
 */
#ifndef LATSUB_RUNNER_H
#define LATSUB_RUNNER_H

#include "latsub/slurm.h"

/* An attempt that is to go on, and that Slurm does not take back. */
struct runner_ended {
	const char *state_path, *phase;
	uint32_t gen, attempt, task, base;
	uint32_t job, element; /* the array's id (or the job's), its own */
	bool is_array;
	bool more_time, more_mem; /* what it ran out of */
};

/* What the runner has others do, who know of plans and submissions.  Called
 * in a process of its own that may be killed at any time, and again after
 * SLURM_SILENT; text gets words for people. */
struct runner_hooks {
	/* Another job goes on for it. */
	enum slurm_answer (*succeed)(const struct runner_ended *ended,
	                             char *text, size_t size);
	/* Submit what the queue had no room for when the run was submitted.
	 * element: the job that asks, which is about to end; it has waited so
	 * long. */
	enum slurm_answer (*submit_rest)(const char *state_path,
	                                 uint32_t element, unsigned waited_sec,
	                                 char *text, size_t size);
};

/* Never returns before the command has ended or must not run; the result is
 * the job's exit code. */
int runner_main(const struct runner_hooks *hooks);

/* "latsub checkpoint PATH [--epoch N]" and "latsub progress TEXT", from
 * inside a phase.  enum latsub_exit. */
int runner_report_checkpoint(const char *path, const char *epoch);
int runner_report_progress(const char *text);

#endif
