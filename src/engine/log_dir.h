/*
 * log_dir.h - where the logs of a phase go.
 */
#ifndef LATSUB_LOG_DIR_H
#define LATSUB_LOG_DIR_H

#include "latsub/spec.h"

/* What Slurm is asked for, with its patterns (%j, ...); caller frees. */
char *log_path(const char *run_dir, const struct spec_phase *phase);

/* The directory of a log that the phase asked for: where it is missing, Slurm
 * cannot launch the job.  *errors says what cannot be made, with the line.  Check
 * what can be known without making it; make it; take it away if it is empty and
 * below the run. */
void log_check_directory(const char *run_dir, const struct spec_phase *phase,
                         struct latsub_errlist *errors);
void log_make_directory(const char *run_dir, const struct spec_phase *phase,
                        struct latsub_errlist *errors);
void log_remove_directory(const char *run_dir, const struct spec_phase *phase);

#endif
