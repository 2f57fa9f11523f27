/*
 * ask.c - what the runner asks of Slurm, each by an agent: the module where it
 * loads, scontrol where it does not.
 */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/clock.h"
#include "latsub/process.h"
#include "latsub/text.h"

#define VIEW_SEC 10
#define COMMENT_SEC 30

const struct slurm_ops *
ask_open_slurm(struct agent_answer *answer)
{
	struct latsub_error err = { 0 };
	const struct slurm_ops *ops = slurm_load(&err);

	if (ops && ops->open(&err))
		ops = NULL;
	snprintf(answer->text, sizeof answer->text, "%.500s", err.text);
	return ops;
}

/* ---- scontrol, where the module does not load ---- */

/* The output of a command, or NULL with what it said when it failed. */
static char *
run_command(char *const argv[], char *text, size_t size)
{
	bool ok;
	char *output = process_output(argv, true, &ok);

	if (ok)
		return output;
	snprintf(text, size, "%s: %.300s", argv[0], output);
	free(output);
	return NULL;
}

/* scontrol shows COMPLETING where libslurm tells the base state; the count of
 * restarts, the reason and times tell the cases apart.  Of a job that was
 * requeued it does not show whether that was a preemption. */
static void
view_from_scontrol(const char *text, struct slurm_view *view)
{
	const char *restarts = strstr(text, " Restarts=");
	const char *preempt = strstr(text, " PreemptTime=");
	const char *submit = strstr(text, " SubmitTime=");
	const char *own = getenv("SLURM_RESTART_COUNT");
	struct tm tm = { .tm_isdst = -1 };

	view->answered = true;
	if (submit && strptime(submit + 12, "%Y-%m-%dT%H:%M:%S", &tm))
		view->submitted = (int64_t)mktime(&tm);
	view->restarts = restarts ? (uint32_t)atoi(restarts + 10) : 0;
	view->preempting = preempt && strncmp(preempt + 13, "None", 4) != 0;
	if (strstr(text, " JobState=RUNNING"))
		view->state = SLURM_RUNNING;
	else if (strstr(text, " Reason=TimeLimit"))
		view->state = SLURM_TIMEOUT;
	else if (strstr(text, " JobState=PENDING")
	         || view->restarts > (own ? (uint32_t)atoi(own) : 0))
		view->state = SLURM_PENDING;
	else if (view->preempting)
		view->state = SLURM_PREEMPTED;
	else
		view->state = SLURM_CANCELLED;
}

static enum slurm_answer
answer_of_failure(const char *text)
{
	return strstr(text, "contact") || strstr(text, "timed out")
		? SLURM_SILENT : SLURM_REFUSED;
}

static void
scontrol_view(uint32_t job, struct agent_answer *answer)
{
	char id[16], *text;
	char *argv[] = { "scontrol", "-o", "show", "job", id, NULL };

	snprintf(id, sizeof id, "%u", job);
	text = run_command(argv, answer->text, sizeof answer->text);
	answer->answer = text ? SLURM_YES : answer_of_failure(answer->text);
	if (text)
		view_from_scontrol(text, &answer->view);
	free(text);
}

static enum slurm_answer
scontrol_requeue(const char *id, struct agent_answer *answer)
{
	char *argv[] = { "scontrol", "requeue", (char *)(uintptr_t)id, NULL };
	char *text = run_command(argv, answer->text, sizeof answer->text);
	bool done = text || strstr(answer->text, "pending execution");

	free(text);
	return done ? SLURM_YES : answer_of_failure(answer->text);
}

/* ---- the work, in the child ---- */

static void
view_of(const struct slurm_ops *ops, uint32_t job, struct agent_answer *answer)
{
	struct latsub_error err = { 0 };
	struct slurm_jobs jobs;

	answer->answer = ops->job(job, &jobs, &err);
	if (answer->answer != SLURM_YES)
		return;
	for (size_t i = 0; i < jobs.count; i++) {
		if (jobs.items[i].job_id != job)
			continue;
		answer->view = (struct slurm_view){
			.answered = true, .state = jobs.items[i].state,
			.preempting = jobs.items[i].preempt_time != 0,
			.restarts = jobs.items[i].restarts,
			.time_limit_sec = jobs.items[i].time_limit_sec,
			.submitted = jobs.items[i].submit_time,
			.step_out_of_memory =
				jobs.items[i].step_out_of_memory };
	}
	slurm_jobs_clear(&jobs);
}

/* Slurm requeues a job of several nodes when it has lost one of them, and keeps no
 * word of why.  The runner's own node is there. */
static void
look_for_lost_node(const struct slurm_ops *ops, struct slurm_view *view)
{
	const char *nodes = getenv("SLURM_JOB_NODELIST");
	const char *own = getenv("SLURM_RESTART_COUNT");
	struct latsub_error ignored;

	if (!nodes || !strpbrk(nodes, ",[") || view->preempting
	    || !decide_is_requeued(view, own ? (uint32_t)atoi(own) : 0))
		return;
	if (ops->node_lost(nodes, &view->node_lost, &ignored) != SLURM_YES)
		view->node_lost = false;
}

static void
work_view(const void *what, struct agent_answer *answer)
{
	uint32_t job = *(const uint32_t *)what;
	const struct slurm_ops *ops = ask_open_slurm(answer);

	if (ops) {
		view_of(ops, job, answer);
		look_for_lost_node(ops, &answer->view);
	} else {
		scontrol_view(job, answer);
	}
}

struct requeue_work {
	const char *id;
	uint32_t job;
	const struct ask_request *request;
};

/* Would the partition allow it?  Slurm takes any limit from the owner of a
 * pending job, and then never starts it. */
static bool
fits_partition(const struct slurm_ops *ops, const struct slurm_job *job,
               int64_t seconds, struct agent_answer *answer)
{
	struct slurm_cluster cluster;
	struct latsub_error err;
	bool fits = true;

	if (ops->cluster(&cluster, &err) != SLURM_YES)
		return true; /* it cannot be known: try */
	for (size_t i = 0; i < cluster.partition_count; i++) {
		const struct slurm_partition *p = &cluster.partitions[i];

		if (strcmp(p->name, job->partition) != 0 || p->max_time_sec < 0
		    || seconds <= p->max_time_sec)
			continue;
		fits = false;
		snprintf(answer->text, sizeof answer->text, "retry_time: %lld "
		         "minutes are more than partition %s allows (%lld)",
		         (long long)(seconds + 59) / 60, p->name,
		         (long long)p->max_time_sec / 60);
	}
	slurm_cluster_clear(&cluster);
	return fits;
}

/* Is there a node that has so much?  Else it would wait for ever. */
static bool
fits_nodes(const struct slurm_ops *ops, const struct slurm_job *job,
           int64_t mem_mib, struct agent_answer *answer)
{
	struct latsub_error err;
	int64_t most;

	if (ops->largest_memory(job->partition, &most, &err) != SLURM_YES
	    || most < 0 || mem_mib <= most)
		return true;
	snprintf(answer->text, sizeof answer->text, "retry_mem: %lld MiB are "
	         "more than a job may have on a node of partition %s (%lld)",
	         (long long)mem_mib, job->partition, (long long)most);
	return false;
}

/* The request of the next attempt, from what this one has; false with a text
 * when it cannot be had. */
static bool
plan_update(const struct slurm_ops *ops, const struct requeue_work *work,
            struct slurm_update *update, struct agent_answer *answer)
{
	const struct ask_request *request = work->request;
	struct slurm_jobs jobs;
	struct latsub_error err;
	bool possible = true;

	*update = (struct slurm_update){ .mem_mib = -1, .hold = -1,
		.time_limit_sec = request->time_limit_sec
			? request->time_limit_sec : -1 };
	if ((!request->time && !request->mem)
	    || ops->job(work->job, &jobs, &err) != SLURM_YES)
		return true;
	for (size_t i = 0; i < jobs.count; i++) {
		const struct slurm_job *job = &jobs.items[i];

		if (job->job_id != work->job)
			continue;
		if (request->time && job->time_limit_sec > 0) {
			update->time_limit_sec = spec_grow(request->time,
				job->time_limit_sec);
			possible &= fits_partition(ops, job,
				update->time_limit_sec, answer);
		}
		if (request->mem && job->mem_mib > 0) {
			update->mem_mib = spec_grow(request->mem, job->mem_mib);
			possible &= fits_nodes(ops, job, update->mem_mib,
				answer);
		}
	}
	slurm_jobs_clear(&jobs);
	return possible;
}

/* Slurm lets a requeued job wait for a while, so there is time for this.  It
 * is not held meanwhile: if this process died then, it would stay so. */
static void
change_request(const struct slurm_ops *ops, const struct requeue_work *work,
               struct slurm_update *update, struct agent_answer *answer)
{
	enum slurm_answer changed = SLURM_REFUSED;
	struct latsub_error err = { 0 };

	for (int i = 0; i < 10 && changed != SLURM_YES; i++) {
		if (i)
			clock_pause(0.2);
		changed = ops->update(work->id, update, &err);
	}
	if (changed != SLURM_YES)
		snprintf(answer->text, sizeof answer->text, "the next attempt "
		         "asks for the same: %.400s", err.text);
	else if (update->mem_mib > 0)
		snprintf(answer->text, sizeof answer->text, "the next attempt "
		         "asks for %lld MiB", (long long)update->mem_mib);
	else if (work->request->time)
		snprintf(answer->text, sizeof answer->text, "the next attempt "
		         "asks for %lld minutes",
		         (long long)(update->time_limit_sec + 59) / 60);
}

/* Slurm requeues a cancelled job, too, and then nobody could cancel it: while this
 * one waited, a person may have. */
static bool
is_cancelled(const struct slurm_ops *ops, uint32_t job)
{
	struct agent_answer answer = { .answer = SLURM_SILENT };

	if (ops)
		view_of(ops, job, &answer);
	else
		scontrol_view(job, &answer);
	return answer.view.answered && answer.view.state == SLURM_CANCELLED;
}

static void
work_requeue(const void *what, struct agent_answer *answer)
{
	const struct requeue_work *work = what;
	const struct slurm_ops *ops = ask_open_slurm(answer);
	struct latsub_error err = { 0 };
	struct slurm_update update;

	if (is_cancelled(ops, work->job)) {
		answer->answer = SLURM_CANCELLED_JOB;
		return;
	}
	if (!ops) {
		answer->answer = scontrol_requeue(work->id, answer);
		return;
	}
	if (!plan_update(ops, work, &update, answer)) {
		answer->answer = SLURM_TOO_MUCH;
		return;
	}
	answer->answer = ops->requeue(work->id, &err);
	snprintf(answer->text, sizeof answer->text, "%.500s", err.text);
	if (answer->answer == SLURM_YES
	    && (update.time_limit_sec > 0 || update.mem_mib > 0))
		change_request(ops, work, &update, answer);
}

static void
work_cancel(const void *what, struct agent_answer *answer)
{
	const struct requeue_work *work = what;
	const struct slurm_ops *ops = ask_open_slurm(answer);
	struct latsub_error err = { 0 };
	char *argv[] = { "scancel", (char *)(uintptr_t)work->id, NULL };
	char *text;

	if (ops) {
		answer->answer = ops->cancel(work->id, &err);
		snprintf(answer->text, sizeof answer->text, "%.500s", err.text);
		return;
	}
	text = run_command(argv, answer->text, sizeof answer->text);
	answer->answer = text ? SLURM_YES : SLURM_SILENT;
	free(text);
}

struct comment_work {
	const char *id, *progress;
	uint32_t job;
};

/* The last of its kind, to its end; somebody may have written over the comment,
 * and nobody can over the command.  Caller frees. */
static char *
find_identity(const struct slurm_job *job)
{
	const char *texts[] = { job->command, job->comment };

	for (size_t i = 0; i < 2; i++) {
		const char *start = NULL;

		for (const char *next = texts[i]; next && *next
		     && (next = strstr(next, "[latsub ")); next++)
			start = next;
		if (start && strchr(start, ']'))
			return xstrndup(start, strcspn(start, "]") + 1);
	}
	return xstrdup("");
}

/* The progress goes before the identity, which must survive. */
static void
work_comment(const void *what, struct agent_answer *answer)
{
	const struct comment_work *work = what;
	const struct slurm_ops *ops = ask_open_slurm(answer);
	struct slurm_update update = { .time_limit_sec = -1, .mem_mib = -1,
	                               .hold = -1 };
	struct latsub_error err = { 0 };
	struct slurm_jobs jobs = { 0 };
	char *comment, *identity;

	if (!ops || ops->job(work->job, &jobs, &err) != SLURM_YES)
		return;
	for (size_t i = 0; i < jobs.count; i++) {
		if (jobs.items[i].job_id != work->job)
			continue;
		identity = find_identity(&jobs.items[i]);
		comment = xasprintf("%s%s%s", work->progress,
		                    *identity ? " " : "", identity);
		update.comment = comment;
		answer->answer = ops->update(work->id, &update, &err);
		snprintf(answer->text, sizeof answer->text, "%.500s", err.text);
		free(comment);
		free(identity);
	}
	slurm_jobs_clear(&jobs);
}

/* ---- the questions ---- */

int
ask_view(struct agent *agent, uint32_t job)
{
	return agent_start(agent, work_view, &job);
}

void
ask_view_now(uint32_t job, struct slurm_view *view)
{
	struct agent_answer answer = { .answer = SLURM_SILENT };
	struct agent agent;

	if (ask_view(&agent, job) == 0)
		agent_await(&agent, clock_now() + VIEW_SEC, &answer);
	*view = answer.view;
}

enum slurm_answer
ask_requeue(const char *id, uint32_t job, const struct ask_request *request,
            double deadline, char *text, size_t size)
{
	struct requeue_work work = { id, job, request };

	return agent_do(work_requeue, &work, deadline, text, size);
}

enum slurm_answer
ask_cancel(const char *id, double deadline, char *text, size_t size)
{
	struct requeue_work work = { .id = id };

	return agent_do(work_cancel, &work, deadline, text, size);
}

enum slurm_answer
ask_comment(const char *id, uint32_t job, const char *progress, char *text,
            size_t size)
{
	struct comment_work work = { id, progress, job };
	struct agent_answer answer = { .answer = SLURM_SILENT };
	struct agent agent;

	if (agent_start(&agent, work_comment, &work) == 0)
		agent_await(&agent, clock_now() + COMMENT_SEC, &answer);
	snprintf(text, size, "%s", answer.text);
	return answer.answer;
}
