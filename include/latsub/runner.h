/*
 * runner.h - what each job executes: "latsub run".
 *
 * In: the environment that the submission and Slurm set.  Out: the phase's command
 * has run once, its end is in the journal, its log has a heading, and the exit code
 * is the job's.
 */
#ifndef LATSUB_RUNNER_H
#define LATSUB_RUNNER_H

#include "latsub/slurm.h"

/* An attempt that must go on, and whose job Slurm does not requeue. */
struct runner_ended {
	const char *state_path, *phase;
	uint32_t gen, attempt, task, base;
	uint32_t job, element; /* the array's id (or the job's), its own */
	bool is_array;
	bool more_time, more_mem; /* what it ran out of */
};

/* What the runner cannot do, since plans and submissions are not its room's; cli/
 * provides it.  Each is called in a forked process that may be killed at any time,
 * and called again after SLURM_SILENT.  text gets the message for people. */
struct runner_hooks {
	/* Submit a successor: another job that goes on with the task. */
	enum slurm_answer (*succeed)(const struct runner_ended *ended,
	                             char *text, size_t size);
	/* Submit the tasks for which the queue had no room.  element: the id of the
	 * job that asks, which is about to end; waited_sec: how long it has waited
	 * for room. */
	enum slurm_answer (*submit_rest)(const char *state_path,
	                                 uint32_t element, unsigned waited_sec,
	                                 char *text, size_t size);
};

/* Returns when the command has ended, or must not run; the result is the job's exit
 * code. */
int runner_main(const struct runner_hooks *hooks);

/* "latsub checkpoint PATH [--epoch N]" and "latsub progress TEXT", from
 * inside a phase.  enum latsub_exit. */
int runner_report_checkpoint(const char *path, const char *epoch);
int runner_report_progress(const char *text);

#endif
