/*
 * lose.c - a network that loses a submission or a cancel: preloaded into latsub, it
 * stands before libslurm's slurm_submit_batch_job and slurm_kill_job2.
 *
 *   LOSE_ANSWER="N..."   these calls (from 1) go through, and then fail as if
 *                        the answer had been lost
 *   LOSE_REQUEST="N..."  these calls fail, and Slurm never hears of them
 *   LOSE_CANCEL="N..."   the same of cancels, which Slurm never hears of;
 *   LOSE_CANCELLED="N..."  or which go through
 *   LOSE_AT=N, LOSE_COMMAND=...  run the command before the Nth call
 *
 * What is lost is said in the file that LOSE_LOG names: standard error is
 * latsub's during such a call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

static long calls;

/* Not in the jobs that latsub submits, nor in what it starts. */
__attribute__((constructor)) static void
stay_alone(void)
{
	unsetenv("LD_PRELOAD");
}

static bool
is_named(const char *variable, long call)
{
	const char *text = getenv(variable);
	char *end;

	while (text && *text) {
		long number = strtol(text, &end, 10);

		if (end == text)
			return false;
		if (number == call)
			return true;
		text = end;
	}
	return false;
}

static int
fail(const char *what, long call, int number)
{
	void (*set)(int) = NULL;
	FILE *log = fopen(getenv("LOSE_LOG"), "a"); /* set by who preloads */

	if (!log || fprintf(log, "%s %ld is lost\n", what, call) < 0
	    || fclose(log))
		abort();
	*(void **)&set = dlsym(RTLD_DEFAULT, "slurm_seterrno");
	if (set)
		set(number);
	return SLURM_ERROR;
}

int
slurm_submit_batch_job(job_desc_msg_t *desc, submit_response_msg_t **response)
{
	int (*real)(job_desc_msg_t *, submit_response_msg_t **) = NULL;
	int rc;

	calls++;
	if (is_named("LOSE_AT", calls) && getenv("LOSE_COMMAND")
	    && system(getenv("LOSE_COMMAND")) != 0)
		abort();
	if (is_named("LOSE_REQUEST", calls))
		return fail("request", calls, SLURM_COMMUNICATIONS_SEND_ERROR);
	*(void **)&real = dlsym(RTLD_NEXT, "slurm_submit_batch_job");
	if (!real)
		abort();
	rc = real(desc, response);
	if (rc || !is_named("LOSE_ANSWER", calls))
		return rc;
	*response = NULL; /* it leaks: nobody has it */
	return fail("answer", calls, SLURM_COMMUNICATIONS_RECEIVE_ERROR);
}

int
slurm_kill_job2(const char *id, uint16_t signal, uint16_t flags,
                const char *sibling)
{
	static long cancels;
	int (*real)(const char *, uint16_t, uint16_t, const char *) = NULL;
	int rc;

	cancels++;
	if (is_named("LOSE_CANCEL", cancels))
		return fail("cancel", cancels, SLURM_COMMUNICATIONS_SEND_ERROR);
	*(void **)&real = dlsym(RTLD_NEXT, "slurm_kill_job2");
	if (!real)
		abort();
	rc = real(id, signal, flags, sibling);
	return rc || !is_named("LOSE_CANCELLED", cancels) ? rc
		: fail("cancel's answer", cancels,
		       SLURM_COMMUNICATIONS_RECEIVE_ERROR);
}
