/*
 * fake_slurm.c - jobs in memory, answers by script.
 */
#include "fake_slurm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/rangeset.h"
#include "latsub/text.h"

#define FIRST_JOB 100

static struct slurm_jobs jobs;
static const char *cluster_name;
static uint32_t next_id;
static size_t room;
static const char *site_comment;
static bool site_no_command;
static const char *judged, *verdict; /* the reason of what is released */

static struct {
	unsigned calls, first, count;
	enum slurm_answer answer;
	enum fake_moment moment;
} script[FAKE_CALL_COUNT];

void
fake_reset(void)
{
	slurm_jobs_clear(&jobs);
	memset(script, 0, sizeof script);
	cluster_name = "fake";
	next_id = FIRST_JOB;
	room = 0;
	site_comment = NULL;
	site_no_command = false;
	judged = verdict = NULL;
}

void
fake_fail(enum fake_call call, unsigned nth, unsigned count,
          enum slurm_answer answer, enum fake_moment moment)
{
	script[call].first = script[call].calls + nth;
	script[call].count = count;
	script[call].answer = answer;
	script[call].moment = moment;
}

unsigned
fake_calls(enum fake_call call)
{
	return script[call].calls;
}

/* Count a call.  True: it fails, and *answer is what it says. */
static bool
fails(enum fake_call call, enum slurm_answer *answer, bool *carried_out,
      struct latsub_error *err)
{
	unsigned n = ++script[call].calls;
	bool fail = script[call].count && n >= script[call].first
		&& n - script[call].first < script[call].count;

	*answer = fail ? script[call].answer : SLURM_YES;
	*carried_out = !fail || script[call].moment == FAKE_AFTER;
	if (fail)
		latsub_error_set(err, LATSUB_SLURM, "fake: call %u: %s", n,
		                 *answer == SLURM_SILENT ? "no answer"
		                 : *answer == SLURM_REFUSED ? "refused"
		                 : "no such job");
	return fail;
}

static int
fake_open(struct latsub_error *err)
{
	(void)err;
	return 0;
}

static void
fake_close(void)
{
}

static enum slurm_answer
fake_cluster(struct slurm_cluster *out, struct latsub_error *err)
{
	enum slurm_answer answer;
	bool carried_out;

	*out = (struct slurm_cluster){ 0 };
	if (fails(FAKE_CLUSTER, &answer, &carried_out, err))
		return answer;
	out->name = xstrdup(cluster_name);
	out->max_array_size = 1001;
	out->next_job_id = next_id;
	return SLURM_YES;
}

struct slurm_job *
fake_add(uint32_t id, const char *comment)
{
	struct slurm_job *job;

	GROW(jobs.items, jobs.count);
	job = &jobs.items[jobs.count++];
	*job = (struct slurm_job){ .job_id = id,
		.array_task_id = SLURM_NO_TASK, .name = xstrdup("other"),
		.comment = xstrdup(comment ? comment : ""),
		.command = xstrdup(""), .user_id = geteuid(),
		.submit_time = time(NULL),
		.state = SLURM_PENDING, .reason = xstrdup("Priority"),
		.nodes = xstrdup(""), .partition = xstrdup("p"),
		.dependency = xstrdup(""), .time_limit_sec = -1, .mem_mib = -1 };
	return job;
}

static enum slurm_why
why_of(const char *reason)
{
	static const struct { const char *reason; enum slurm_why why; } table[] = {
		{ "None", SLURM_WHY_UNSEEN },
		{ "Dependency", SLURM_WHY_DEPENDENCY },
		{ "DependencyNeverSatisfied", SLURM_WHY_NEVER },
		{ "JobHeldUser", SLURM_WHY_HELD_USER },
		{ "JobHeldAdmin", SLURM_WHY_HELD_ADMIN },
		{ "BadConstraints", SLURM_WHY_IMPOSSIBLE },
		{ "PartitionNodeLimit", SLURM_WHY_UNFIT },
		{ "JobLaunchFailure", SLURM_WHY_LAUNCH },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strcmp(table[i].reason, reason) == 0)
			return table[i].why;
	}
	return SLURM_WHY_OTHER;
}

void
fake_set_reason(struct slurm_job *job, const char *reason)
{
	free(job->reason);
	job->reason = xstrdup(reason);
	job->why = why_of(reason);
}

void
fake_set_verdict(const char *name, const char *reason)
{
	judged = name;
	verdict = reason;
}

void
fake_set_room(size_t tasks)
{
	room = tasks;
}

static size_t
tasks_of(const char *array)
{
	struct rangeset set = { 0 };
	size_t count = 1;

	if (array && rangeset_parse(&set, array) == 0)
		count = (size_t)rangeset_count(&set);
	rangeset_clear(&set);
	return count;
}

static bool
has_room(const struct slurm_request *request)
{
	size_t count = tasks_of(request->array);

	for (size_t i = 0; i < jobs.count; i++) {
		if (slurm_state_is_live(&jobs.items[i]))
			count += tasks_of(jobs.items[i].array_tasks);
	}
	return room == 0 || count <= room;
}

static enum slurm_answer
fake_submit(const struct slurm_request *request, uint32_t *job_id,
            struct latsub_error *err)
{
	enum slurm_answer answer;
	struct slurm_job *job;
	bool carried_out;

	fails(FAKE_SUBMIT, &answer, &carried_out, err);
	if (!carried_out)
		return answer;
	if (!has_room(request)) {
		latsub_error_set(err, LATSUB_SLURM, "fake: the queue is full");
		return SLURM_FULL;
	}
	job = fake_add(next_id++, site_comment ? site_comment
	               : request->comment);
	if (!site_no_command) {
		free(job->command);
		job->command = xasprintf("latsub %s", request->identity);
	}
	free(job->name);
	free(job->dependency);
	job->name = xstrdup(request->name);
	job->dependency = xstrdup(request->dependency ? request->dependency
	                          : "");
	job->held = request->hold;
	fake_set_reason(job, request->hold ? "JobHeldUser" : "Dependency");
	if (request->array) {
		job->array_job_id = job->job_id;
		job->array_tasks = xstrndup(request->array,
		                            strcspn(request->array, "%"));
	}
	if (answer == SLURM_YES)
		*job_id = job->job_id;
	return answer;
}

static void
copy_job(struct slurm_job *to, const struct slurm_job *from)
{
	*to = *from;
	to->array_tasks = xstrdup(from->array_tasks);
	to->name = xstrdup(from->name);
	to->comment = xstrdup(from->comment);
	to->command = xstrdup(from->command);
	to->reason = xstrdup(from->reason);
	to->nodes = xstrdup(from->nodes);
	to->partition = xstrdup(from->partition);
	to->dependency = xstrdup(from->dependency);
}

static enum slurm_answer
fake_jobs_of_user(uid_t uid, struct slurm_jobs *out, struct latsub_error *err)
{
	enum slurm_answer answer;
	bool carried_out;

	(void)uid;
	*out = (struct slurm_jobs){ 0 };
	if (fails(FAKE_JOBS, &answer, &carried_out, err))
		return answer;
	out->items = xcalloc(jobs.count + 1, sizeof *out->items);
	for (; out->count < jobs.count; out->count++)
		copy_job(&out->items[out->count], &jobs.items[out->count]);
	return SLURM_YES;
}

static enum slurm_answer
fake_one_job(uint32_t job_id, struct slurm_jobs *out, struct latsub_error *err)
{
	enum slurm_answer answer;
	bool carried_out;

	*out = (struct slurm_jobs){ 0 };
	if (fails(FAKE_JOB, &answer, &carried_out, err))
		return answer;
	out->items = xcalloc(jobs.count + 1, sizeof *out->items);
	for (size_t i = 0; i < jobs.count; i++) {
		if (jobs.items[i].job_id == job_id
		    || jobs.items[i].array_job_id == job_id)
			copy_job(&out->items[out->count++], &jobs.items[i]);
	}
	return SLURM_YES;
}

static bool
is_of(const struct slurm_job *job, const char *id)
{
	uint32_t number = (uint32_t)strtoul(id, NULL, 10);

	return job->job_id == number || job->array_job_id == number;
}

static void
change(struct slurm_job *job, const struct slurm_update *update)
{
	if (update->dependency) {
		free(job->dependency);
		job->dependency = xstrdup(update->dependency);
	}
	if (update->time_limit_sec >= 0)
		job->time_limit_sec = update->time_limit_sec;
	if (update->mem_mib >= 0)
		job->mem_mib = update->mem_mib;
	if (update->hold < 0)
		return;
	job->held = update->hold > 0;
	fake_set_reason(job, update->hold > 0 ? "JobHeldUser"
	                : judged && strcmp(judged, job->name) == 0 ? verdict
	                : "Priority");
}

static enum slurm_answer
fake_update(const char *id, const struct slurm_update *update,
            struct latsub_error *err)
{
	enum slurm_answer answer;
	bool carried_out;

	fails(FAKE_UPDATE, &answer, &carried_out, err);
	for (size_t i = 0; carried_out && i < jobs.count; i++) {
		if (is_of(&jobs.items[i], id))
			change(&jobs.items[i], update);
	}
	return answer;
}

static enum slurm_answer
fake_cancel(const char *id, struct latsub_error *err)
{
	enum slurm_answer answer;
	bool carried_out;

	fails(FAKE_CANCEL, &answer, &carried_out, err);
	for (size_t i = 0; carried_out && i < jobs.count; i++) {
		if (is_of(&jobs.items[i], id)
		    && slurm_state_is_live(&jobs.items[i]))
			jobs.items[i].state = SLURM_CANCELLED;
	}
	return answer;
}

static enum slurm_answer
fake_can_run(const struct slurm_request *request, struct latsub_error *err)
{
	enum slurm_answer answer;
	bool carried_out;

	(void)request;
	fails(FAKE_TRY, &answer, &carried_out, err);
	return answer;
}

static enum slurm_answer
fake_requeue(const char *id, struct latsub_error *err)
{
	latsub_error_set(err, LATSUB_SLURM, "fake: %s: not asked for by the "
	                 "engine", id);
	return SLURM_REFUSED;
}

const struct slurm_ops *
fake_slurm(void)
{
	static const struct slurm_ops ops = {
		.version = SLURM_OPS_VERSION, .open = fake_open,
		.close = fake_close, .cluster = fake_cluster,
		.submit = fake_submit, .jobs_of_user = fake_jobs_of_user,
		.job = fake_one_job, .update = fake_update,
		.cancel = fake_cancel, .requeue = fake_requeue,
		.can_run = fake_can_run,
	};

	return &ops;
}

struct slurm_jobs *
fake_jobs(void)
{
	return &jobs;
}

struct slurm_job *
fake_find(const char *name)
{
	for (size_t i = jobs.count; i-- > 0; ) {
		if (strcmp(jobs.items[i].name, name) == 0)
			return &jobs.items[i];
	}
	return NULL;
}

struct slurm_job *
fake_element(uint32_t array, uint32_t task)
{
	struct slurm_job *job = fake_add(next_id++, NULL);

	for (size_t i = 0; i < jobs.count; i++) {
		if (jobs.items[i].job_id != array)
			continue;
		free(job->name);
		free(job->comment);
		free(job->command);
		job->command = xstrdup(jobs.items[i].command);
		job->submit_time = jobs.items[i].submit_time;
		job->name = xstrdup(jobs.items[i].name);
		job->comment = xstrdup(jobs.items[i].comment);
	}
	job->array_job_id = array;
	job->array_task_id = task;
	return job;
}

void
fake_set_site(const char *comment, bool no_command)
{
	site_comment = comment;
	site_no_command = no_command;
}

size_t
fake_live(void)
{
	size_t count = 0;

	for (size_t i = 0; i < jobs.count; i++)
		count += slurm_state_is_live(&jobs.items[i]);
	return count;
}

size_t
fake_held(void)
{
	size_t count = 0;

	for (size_t i = 0; i < jobs.count; i++)
		count += slurm_state_is_live(&jobs.items[i])
			&& jobs.items[i].held;
	return count;
}

void
fake_set_cluster(const char *name, uint32_t next_job_id)
{
	cluster_name = name;
	next_id = next_job_id;
}
