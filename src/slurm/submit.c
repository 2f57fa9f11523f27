/*
 * submit.c - a job is submitted, or only tried.
 *
 * Beware: libslurm does less than sbatch: a full queue is ours to wait for.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "description_fill.h"
#include "module.h"

static bool
is_busy(int number)
{
	return number == EAGAIN || number == ESLURM_NODES_BUSY
		|| number == ESLURM_ERROR_ON_DESC_TO_RECORD_COPY
#ifdef ESLURM_PORTS_BUSY
		|| number == ESLURM_PORTS_BUSY
#endif
		;
}

/* A limit of an association or a QOS on submitted jobs.  The number is that of
 * all their limits; which one it is libslurm prints, in newer releases. */
static bool
is_limit(int number, const char *said)
{
	return number == ESLURM_ACCOUNTING_POLICY
		&& (!strstr(said, "Limit") || strstr(said, "Submit"));
}

/* Slurm's words for a refusal, with what libslurm printed: one line. */
static enum slurm_answer
refused(int number, const char *said, struct latsub_error *err)
{
	enum slurm_answer answer = module_failed("submission", err);
	size_t len = strlen(err->text);

	if (*said)
		snprintf(err->text + len, sizeof err->text - len, " (%.300s",
		         said);
	for (char *p = err->text + len; *said && *p; p++) {
		if (*p == '\n')
			*p = p[1] ? ';' : ')';
	}
	return is_busy(number) || is_limit(number, said) ? SLURM_FULL : answer;
}

static enum slurm_answer
submit_patiently(struct description *d, uint32_t *job_id,
                 struct latsub_error *err)
{
	submit_response_msg_t *response = NULL;
	struct module_capture capture;
	char said[1024];

	for (unsigned i = 1; ; i++) {
		int number;

		module_capture_begin(&capture);
		number = slurm_submit_batch_job(&d->desc, &response)
			? module_errno() : SLURM_SUCCESS;
		module_capture_end(&capture, said, sizeof said);
		if (number == SLURM_SUCCESS && response) {
			fputs(said, stderr); /* a site's words on the job */
			*job_id = response->job_id;
			slurm_free_submit_response_response_msg(response);
			return SLURM_YES;
		}
		slurm_seterrno(number);
		if (!is_busy(number) || i > d->request->patience)
			return refused(number, said, err);
		sleep(i);
	}
}

enum slurm_answer
module_submit(const struct slurm_request *request, uint32_t *job_id,
              struct latsub_error *err)
{
	enum slurm_answer answer = SLURM_REFUSED;
	struct description d;

	if (description_fill(&d, request, err) == 0)
		answer = submit_patiently(&d, job_id, err);
	description_clear(&d);
	return answer;
}

/* What sbatch --test-only does: the number of the error that it gives. */
static int
test_only(struct description *d)
{
	int number = ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE;
#ifdef HAVE_SLURM_JOB_WILL_RUN
	struct module_capture capture;
	char said[1024];

	module_capture_begin(&capture); /* it prints when and where */
	number = slurm_job_will_run(&d->desc) ? module_errno() : SLURM_SUCCESS;
	module_capture_end(&capture, said, sizeof said);
#else
	(void)d;
#endif
	return number;
}

/* Slurm says that its nodes cannot run it while some are down, too, and that a
 * partition cannot, while that is down.  What it has against it besides, it says of
 * the job that is submitted. */
static bool
is_never(const struct description *d, int number)
{
	bool all_up;

	if (number == ESLURM_INVALID_FEATURE || number == ESLURM_INVALID_GRES)
		return true;
	return (number == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE
	        || number == ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE)
		&& (!module_may_fit(&d->desc, &all_up)
		    || (all_up
		        && number == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE));
}

enum slurm_answer
module_can_run(const struct slurm_request *request, struct latsub_error *err)
{
	struct slurm_request released = *request;
	struct description d;
	enum slurm_answer answer = SLURM_REFUSED;
	int number;

	released.dependency = released.array = NULL;
	released.hold = false;
	if (description_fill(&d, &released, err))
		goto done;
	answer = SLURM_YES;
	number = test_only(&d);
	if (is_never(&d, number)) {
		slurm_seterrno(number);
		answer = module_failed("submission", err);
	}
done:
	description_clear(&d);
	return answer;
}
