/*
 * agent.c - questions to Slurm in a forked process: the module where it
 * loads, scontrol where it does not.
 *
 * Beware: a controller that is away makes libslurm wait for many seconds,
 * and a broken configuration makes it end the process.  Both happen here to
 * a child that nobody needs.
 */
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "latsub/process.h"
#include "latsub/text.h"

struct answer {
	enum slurm_answer answer;
	struct slurm_view view;
	char text[512];
};

typedef void work_f(const void *what, struct answer *answer);

static const struct slurm_ops *
open_slurm(struct answer *answer)
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

static void
scontrol_view(uint32_t job, struct answer *answer)
{
	char id[16], *text;
	char *argv[] = { "scontrol", "-o", "show", "job", id, NULL };

	snprintf(id, sizeof id, "%u", job);
	text = run_command(argv, answer->text, sizeof answer->text);
	if (text)
		view_from_scontrol(text, &answer->view);
	free(text);
}

static enum slurm_answer
scontrol_requeue(const char *id, struct answer *answer)
{
	char *argv[] = { "scontrol", "requeue", (char *)(uintptr_t)id, NULL };
	char *text = run_command(argv, answer->text, sizeof answer->text);
	bool done = text || strstr(answer->text, "pending execution");

	free(text);
	return done ? SLURM_YES : strstr(answer->text, "contact")
		|| strstr(answer->text, "timed out") ? SLURM_SILENT
		: SLURM_REFUSED;
}

/* ---- the work, in the child ---- */

static void
work_view(const void *what, struct answer *answer)
{
	uint32_t job = *(const uint32_t *)what;
	const struct slurm_ops *ops = open_slurm(answer);
	struct latsub_error err = { 0 };
	struct slurm_jobs jobs;

	if (!ops) {
		scontrol_view(job, answer);
		return;
	}
	if (ops->job(job, &jobs, &err) != SLURM_YES)
		return;
	for (size_t i = 0; i < jobs.count; i++) {
		if (jobs.items[i].job_id != job)
			continue;
		answer->view = (struct slurm_view){
			.answered = true, .state = jobs.items[i].state,
			.preempting = jobs.items[i].preempt_time != 0,
			.restarts = jobs.items[i].restarts,
			.submitted = jobs.items[i].submit_time,
			.step_out_of_memory =
				jobs.items[i].step_out_of_memory };
	}
	slurm_jobs_clear(&jobs);
}

struct requeue_work {
	const char *id;
	uint32_t job;
	const struct agent_request *request;
};

/* Would the partition allow it?  Slurm takes any limit from the owner of a
 * pending job, and then never starts it. */
static bool
fits_partition(const struct slurm_ops *ops, const struct slurm_job *job,
               int64_t seconds, struct answer *answer)
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
           int64_t mem_mib, struct answer *answer)
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
            struct slurm_update *update, struct answer *answer)
{
	const struct agent_request *request = work->request;
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
               struct slurm_update *update, struct answer *answer)
{
	struct timespec pause = { 0, 200000000 };
	enum slurm_answer changed = SLURM_REFUSED;
	struct latsub_error err = { 0 };

	for (int i = 0; i < 10 && changed != SLURM_YES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		changed = ops->update(work->id, update, &err);
	}
	if (changed != SLURM_YES)
		snprintf(answer->text, sizeof answer->text, "the next attempt "
		         "asks for the same: %.400s", err.text);
}

static void
work_requeue(const void *what, struct answer *answer)
{
	const struct requeue_work *work = what;
	const struct slurm_ops *ops = open_slurm(answer);
	struct latsub_error err = { 0 };
	struct slurm_update update;

	if (!ops) {
		answer->answer = scontrol_requeue(work->id, answer);
		return;
	}
	if (!plan_update(ops, work, &update, answer)) {
		answer->answer = SLURM_REFUSED;
		return;
	}
	answer->answer = ops->requeue(work->id, &err);
	snprintf(answer->text, sizeof answer->text, "%.500s", err.text);
	if (answer->answer == SLURM_YES
	    && (update.time_limit_sec > 0 || update.mem_mib > 0))
		change_request(ops, work, &update, answer);
}

static void
work_cancel(const void *what, struct answer *answer)
{
	const struct requeue_work *work = what;
	const struct slurm_ops *ops = open_slurm(answer);
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

/* The progress goes before the identity, which must survive. */
static void
work_comment(const void *what, struct answer *answer)
{
	const struct comment_work *work = what;
	const struct slurm_ops *ops = open_slurm(answer);
	struct slurm_update update = { .time_limit_sec = -1, .mem_mib = -1,
	                               .hold = -1 };
	struct latsub_error err = { 0 };
	struct slurm_jobs jobs = { 0 };
	const char *identity;
	char *comment;

	if (!ops || ops->job(work->job, &jobs, &err) != SLURM_YES)
		return;
	for (size_t i = 0; i < jobs.count; i++) {
		identity = strstr(jobs.items[i].comment, "[latsub ");
		if (jobs.items[i].job_id != work->job || !identity)
			continue;
		comment = xasprintf("%s %s", work->progress, identity);
		update.comment = comment;
		answer->answer = ops->update(work->id, &update, &err);
		free(comment);
	}
	slurm_jobs_clear(&jobs);
}

/* ---- the two sides ---- */

static int
start(struct agent *agent, work_f *work, const void *what)
{
	struct answer answer = { .answer = SLURM_SILENT };
	sigset_t none;
	int fds[2];

	if (pipe(fds))
		return -1;
	agent->pid = fork();
	if (agent->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		/* Slurm signals every process of the job: not this one */
		signal(SIGTERM, SIG_IGN);
		signal(SIGUSR1, SIG_IGN);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		work(what, &answer);
		(void)!write(fds[1], &answer, sizeof answer);
		_exit(0);
	}
	close(fds[1]);
	if (agent->pid < 0) {
		close(fds[0]);
		return -1;
	}
	agent->fd = fds[0];
	return 0;
}

static void
end(struct agent *agent)
{
	close(agent->fd);
	if (agent->pid > 0) { /* else it is reaped, and its number free */
		kill(agent->pid, SIGKILL);
		waitpid(agent->pid, NULL, 0);
	}
	agent->fd = -1;
	agent->pid = 0;
}

static void
finish(struct agent *agent, struct answer *answer)
{
	ssize_t got = read(agent->fd, answer, sizeof *answer);

	if (got != sizeof *answer)
		*answer = (struct answer){ .answer = SLURM_SILENT };
	end(agent);
}

int
agent_ask(struct agent *agent, uint32_t job)
{
	return start(agent, work_view, &job);
}

void
agent_view(struct agent *agent, struct slurm_view *view)
{
	struct answer answer;

	finish(agent, &answer);
	*view = answer.view;
}

void
agent_drop(struct agent *agent)
{
	if (agent->fd >= 0)
		end(agent);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Wait for the agent until the deadline (0: as long as it takes). */
static void
wait_for(struct agent *agent, double deadline, struct answer *answer)
{
	struct pollfd poll_fd = { .fd = agent->fd, .events = POLLIN };
	int left = -1;

	do {
		if (deadline > 0)
			left = deadline > now()
				? (int)((deadline - now()) * 1000) + 1 : 0;
	} while (poll(&poll_fd, 1, left) < 0 && errno == EINTR);
	if (poll_fd.revents == 0)
		kill(agent->pid, SIGKILL);
	finish(agent, answer);
}

void
agent_await(struct agent *agent, struct slurm_view *view)
{
	struct answer answer;

	wait_for(agent, now() + 10, &answer);
	*view = answer.view;
}

/* Try until there is an answer, or until the deadline. */
static enum slurm_answer
do_patiently(work_f *work, const void *what, double deadline, char *text,
             size_t size)
{
	struct answer answer = { .answer = SLURM_SILENT };
	struct agent agent;

	for (unsigned i = 1; answer.answer == SLURM_SILENT; i++) {
		if (start(&agent, work, what))
			return SLURM_SILENT;
		wait_for(&agent, deadline, &answer);
		if (deadline > 0 && now() >= deadline)
			break;
		if (answer.answer == SLURM_SILENT)
			sleep(i < 10 ? i : 10);
	}
	snprintf(text, size, "%s", answer.text);
	return answer.answer;
}

enum slurm_answer
agent_requeue(const char *id, uint32_t job,
              const struct agent_request *request, double deadline,
              char *text, size_t size)
{
	struct requeue_work work = { id, job, request };

	return do_patiently(work_requeue, &work, deadline, text, size);
}

enum slurm_answer
agent_cancel(const char *id, double deadline, char *text, size_t size)
{
	struct requeue_work work = { .id = id };

	return do_patiently(work_cancel, &work, deadline, text, size);
}

struct other_work {
	agent_work_f *work;
	const void *what;
};

static void
work_other(const void *what, struct answer *answer)
{
	const struct other_work *other = what;

	answer->answer = other->work(other->what, answer->text,
	                             sizeof answer->text);
}

enum slurm_answer
agent_do(agent_work_f *work, const void *what, double deadline, char *text,
         size_t size)
{
	struct other_work other = { work, what };

	return do_patiently(work_other, &other, deadline, text, size);
}

enum slurm_answer
agent_comment(const char *id, uint32_t job, const char *progress, char *text,
              size_t size)
{
	struct comment_work work = { id, progress, job };
	struct answer answer;
	struct agent agent;

	if (start(&agent, work_comment, &work))
		return SLURM_SILENT;
	wait_for(&agent, now() + 30, &answer);
	snprintf(text, size, "%s", answer.text);
	return answer.answer;
}
