/*
 * runner.h - what each job executes: "latsub run".
 *
 * In: the environment that submission and Slurm set.  Out: the phase's
 * command run once, journalled, its log headed, the right exit code.
 */
#ifndef LATSUB_RUNNER_H
#define LATSUB_RUNNER_H

/* Never returns before the command has ended or must not run; the result is
 * the job's exit code. */
int runner_main(void);

/* "latsub checkpoint PATH [--epoch N]" and "latsub progress TEXT", from
 * inside a phase.  enum latsub_exit. */
int runner_report_checkpoint(const char *path, const char *epoch);
int runner_report_progress(const char *text);

#endif
