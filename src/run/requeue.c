/*
 * requeue.c - asking for the requeue, alone or together with others.
 */
#include "requeue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "bulk.h"

bool
requeue_for_memory(const struct watch_end *end)
{
	return end->out_of_memory
		|| (end->step_out_of_memory && end->exit_code != 0);
}

struct successor_work {
	const struct runner_hooks *hooks;
	struct runner_ended ended;
};

/* What the next attempt asks for: with time-min the whole limit again, after
 * a time limit or out of memory more, where that was wanted. */
static void
next_request(const struct attempt *attempt, const struct watch_end *end,
             struct ask_request *request)
{
	const struct spec_phase *spec = attempt->spec;
	const struct option_value *limit = options_value(&spec->options,
	                                                 OPTION_TIME);

	*request = (struct ask_request){ 0 };
	if (options_get(&spec->options, OPTION_TIME_MIN) && limit
	    && limit->seconds != OPTION_TIME_UNLIMITED)
		request->time_limit_sec = limit->seconds;
	if (end->cause == END_TIMEOUT && spec->retry_time.set)
		request->time = &spec->retry_time;
	if (requeue_for_memory(end) && spec->retry_mem.set)
		request->mem = &spec->retry_mem;
}

static void
work_succeed(const void *what, struct agent_answer *answer)
{
	const struct successor_work *work = what;

	answer->answer = work->hooks->succeed(&work->ended, answer->text,
	                                      sizeof answer->text);
}

/* Slurm does not take the job back: another goes on for it.  text has why, and
 * gets what came of it. */
static enum slurm_answer
succeed(const struct attempt *attempt, const struct ask_request *request,
        double deadline, char *text, size_t size)
{
	struct successor_work work = { attempt->hooks, {
		.state_path = attempt->run->state_path,
		.phase = attempt->phase, .gen = attempt->gen,
		.attempt = attempt->attempt, .task = attempt->task,
		.base = attempt->base, .job = attempt->array_job,
		.element = attempt->job, .is_array = attempt->spec->array,
		.more_time = request->time != NULL,
		.more_mem = request->mem != NULL } };
	char words[512];
	char *why = xstrdup(text);
	enum slurm_answer answer = agent_do(work_succeed, &work, deadline,
	                                    words, sizeof words);

	snprintf(text, size, "%.200s; %.300s", why, words);
	free(why);
	return answer;
}

/* "requeue = no" is the user's word, not the site's. */
static bool
may_go_on(const struct spec_phase *spec)
{
	const struct option_value *asked = options_value(&spec->options,
	                                                 OPTION_REQUEUE);

	return !asked || asked->flag;
}


/* Slurm had cut the limit (time-min), and has requeued the job by itself: while
 * such a job is ending it lets nobody change its limit. */
static bool
keeps_cut_limit(const struct attempt *attempt, const struct watch_end *end,
                const struct ask_request *request)
{
	return end->requeued && request->time_limit_sec > 0
		&& end->time_limit_sec > 0
		&& end->time_limit_sec < request->time_limit_sec
		&& may_go_on(attempt->spec);
}

/* Another job asks for all of the time; the requeued one goes, or, should it ever
 * start, steps back. */
static enum slurm_answer
replace(const struct attempt *attempt, const struct ask_request *request,
        double deadline, char *words, size_t size)
{
	char ignored[512];
	enum slurm_answer answer;

	snprintf(words, size, "Slurm lets a requeued job have no more time");
	answer = succeed(attempt, request, deadline, words, size);
	if (answer == SLURM_YES)
		ask_cancel(attempt->id, deadline, ignored, sizeof ignored);
	return answer;
}

static bool
is_changed(const struct ask_request *request)
{
	return request->time_limit_sec || request->time || request->mem;
}

bool
requeue_is_shared(const struct attempt *attempt, const struct watch_end *end,
                  const struct requeue_why *why)
{
	struct ask_request request;

	next_request(attempt, end, &request);
	/* others read of it in the journal */
	return !attempt->unrecorded && bulk_is_worth_it(attempt)
		&& !is_changed(&request)
		&& !(requeue_why_is_retry(why)
		     && attempt->spec->retry_delay_sec > 0);
}

enum slurm_answer
requeue_job(struct attempt *attempt, const struct watch_end *end,
            const struct requeue_why *why, double deadline, char *words,
            size_t size)
{
	enum slurm_answer answer = SLURM_REFUSED;
	struct ask_request request;

	next_request(attempt, end, &request);
	if (keeps_cut_limit(attempt, end, &request)
	    && replace(attempt, &request, deadline, words, size) == SLURM_YES)
		return SLURM_YES;
	if (requeue_is_shared(attempt, end, why))
		answer = bulk_requeue(attempt, end, deadline, words, size);
	if (answer == SLURM_REFUSED)
		answer = ask_requeue(attempt->id, attempt->job, &request,
		                     deadline, words, size);
	if (answer == SLURM_REFUSED && may_go_on(attempt->spec))
		answer = succeed(attempt, &request, deadline, words, size);
	return answer;
}
