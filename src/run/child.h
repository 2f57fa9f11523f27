/*
 * child.h - the phase's command, in a process group of its own.
 */
#ifndef LATSUB_CHILD_H
#define LATSUB_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child_command {
	const char *command;  /* for "/bin/bash -c" */
	const char *prologue; /* a file of shell lines to come before; or NULL */
	const sigset_t *mask; /* the signal mask to give it */
	bool shield_term;     /* TERM ignored from the beginning */
	/* sets up its environment, in its own process: ours stays the job's */
	void (*prepare)(const void *what);
	const void *what;
};

/* Become a bash with that command; returns where that failed. */
void child_exec(const char *command, const char *prologue);

/* Returns the pid, or -1 with errno of what failed, a failed exec included. */
pid_t child_start(const struct child_command *start);

#endif
