/*
 * fault.h - places where a test makes latsub die.
 *
 * Between any two actions that last (a journal line, a file's replacement, a
 * call that Slurm acts on) stands a fault point.  With LATSUB_FAULT_AT=N the
 * process kills itself at the Nth one that it passes.
 */
#ifndef LATSUB_FAULT_H
#define LATSUB_FAULT_H

void fault_point(void);

#endif
