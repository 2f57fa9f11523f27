/*
 * child.h - the phase's command, in a process group of its own.
 */
#ifndef LATSUB_CHILD_H
#define LATSUB_CHILD_H

#include <signal.h>
#include <sys/types.h>

/* Start "/bin/bash -c command", after the shell lines of prologue (a file,
 * or NULL).  mask is the signal mask to give it; shield_term: TERM ignored
 * from the beginning.  Returns the pid, or -1 with errno of what failed, a
 * failed exec included. */
pid_t child_start(const char *command, const char *prologue,
                  const sigset_t *mask, int shield_term);

#endif
