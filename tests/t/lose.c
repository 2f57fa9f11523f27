/*
 * lose.c - a network that loses a submission: preloaded into latsub, it stands
 * before libslurm's slurm_submit_batch_job.
 *
 *   LOSE_ANSWER="N..."   these calls (from 1) go through, and then fail as if
 *                        the answer had been lost
 *   LOSE_REQUEST="N..."  these calls fail, and Slurm never hears of them
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
is_named(const char *variable)
{
	const char *text = getenv(variable);
	char *end;

	while (text && *text) {
		long number = strtol(text, &end, 10);

		if (end == text)
			return false;
		if (number == calls)
			return true;
		text = end;
	}
	return false;
}

static int
fail(const char *what, int number)
{
	void (*set)(int) = NULL;
	FILE *log = fopen(getenv("LOSE_LOG"), "a"); /* set by who preloads */

	if (!log || fprintf(log, "%s %ld is lost\n", what, calls) < 0
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
	if (is_named("LOSE_AT") && getenv("LOSE_COMMAND")
	    && system(getenv("LOSE_COMMAND")) != 0)
		abort();
	if (is_named("LOSE_REQUEST"))
		return fail("request", SLURM_COMMUNICATIONS_SEND_ERROR);
	*(void **)&real = dlsym(RTLD_NEXT, "slurm_submit_batch_job");
	if (!real)
		abort();
	rc = real(desc, response);
	if (rc || !is_named("LOSE_ANSWER"))
		return rc;
	*response = NULL; /* it leaks: nobody has it */
	return fail("answer", SLURM_COMMUNICATIONS_RECEIVE_ERROR);
}
