/*
 * change.c - hold, release, re-point, cancel, requeue.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "latsub/text.h"
#include "module.h"

/* An array answers for each of its tasks: the first real error counts. */
static int
array_error(job_array_resp_msg_t *response)
{
	int number = 0;

	if (!response)
		return 0;
	for (uint32_t i = 0; i < response->job_array_count && !number; i++) {
		int code = (int)response->error_code[i];

		if (code && code != ESLURM_ALREADY_DONE
		    && code != ESLURM_JOB_PENDING)
			number = code;
	}
	slurm_free_job_array_resp(response);
	return number;
}

enum slurm_answer
module_update(const char *id, const struct slurm_update *update,
              struct latsub_error *err)
{
	job_desc_msg_t desc;
	job_array_resp_msg_t *response = NULL;
	char *what = xasprintf("changing job %s", id);
	char *dependency = xstrdup(update->dependency);
	char *comment = xstrdup(update->comment), *id_text = xstrdup(id);
	enum slurm_answer answer = SLURM_YES;
	int number;

	slurm_init_job_desc_msg(&desc);
	desc.job_id_str = id_text;
	desc.dependency = dependency;
	desc.comment = comment;
	if (update->time_limit_sec > 0)
		desc.time_limit = (uint32_t)((update->time_limit_sec + 59) / 60);
	if (update->mem_mib > 0)
		desc.pn_min_memory = (uint64_t)update->mem_mib;
	if (update->hold == 0)
		desc.priority = INFINITE;
	else if (update->hold > 0)
		desc.priority = 0;
	if (slurm_update_job2(&desc, &response)) {
		answer = module_failed(what, err);
	} else if ((number = array_error(response))) {
		slurm_seterrno(number);
		answer = module_failed(what, err);
	}
	free(what);
	free(dependency);
	free(comment);
	free(id_text);
	return answer;
}

enum slurm_answer
module_cancel(const char *id, struct latsub_error *err)
{
	char *what;
	enum slurm_answer answer;

	if (slurm_kill_job2(id, SIGKILL, 0, NULL) == 0
	    || module_errno() == ESLURM_ALREADY_DONE)
		return SLURM_YES;
	what = xasprintf("cancelling job %s", id);
	answer = module_failed(what, err);
	free(what);
	return answer;
}

enum slurm_answer
module_requeue(const char *id, struct latsub_error *err)
{
	job_array_resp_msg_t *response = NULL;
	char *id_text = xstrdup(id), *what;
	enum slurm_answer answer = SLURM_YES;
	int number = 0;

	if (slurm_requeue2(id_text, 0, &response))
		number = module_errno();
	else
		number = array_error(response);
	if (number && number != ESLURM_JOB_PENDING) {
		slurm_seterrno(number);
		what = xasprintf("requeueing job %s", id);
		answer = module_failed(what, err);
		free(what);
	}
	free(id_text);
	return answer;
}
