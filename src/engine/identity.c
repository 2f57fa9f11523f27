/*
 * identity.c - whose job is this?  Its comment says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/plan.h"
#include "latsub/reconcile.h"

/* Unique wherever the run is copied to, and short in squeue's comments. */
char *
identity_new_run(const char *dir)
{
	const char *name = file_basename(dir);
	size_t len = strlen(name);
	unsigned char bytes[4] = { 0 };

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
		bytes[0] = (unsigned char)getpid();
		bytes[1] = (unsigned char)time(NULL);
	}
	if (len > 16)
		name += len - 15;
	return xasprintf("%s-%02x%02x%02x%02x",
	                 strspn(name, "0123456789_") == 15 ? name : "run",
	                 bytes[0], bytes[1], bytes[2], bytes[3]);
}

char *
identity_print(const char *run_id, const char *phase, uint32_t gen,
               uint32_t base)
{
	return base ? xasprintf("[latsub %s %s %u+%u]", run_id, phase, gen, base)
		: xasprintf("[latsub %s %s %u]", run_id, phase, gen);
}

bool
identity_parse(const char *comment, const char *run_id, char **phase,
               uint32_t *gen, uint32_t *base)
{
	char id[128], name[SPEC_NAME_MAX + 1];
	const char *start = comment ? strstr(comment, "[latsub ") : NULL;
	unsigned number, first = 0;
	int used = 0;

	/* the last one: a user's own comment stands before ours */
	for (const char *next = start; next; next = strstr(next + 1, "[latsub "))
		start = next;
	if (!start || ((sscanf(start, "[latsub %127s %40s %u]%n", id, name,
	                       &number, &used) != 3 || !used)
	               && (sscanf(start, "[latsub %127s %40s %u+%u]%n", id,
	                          name, &number, &first, &used) != 4 || !used))
	    || strcmp(id, run_id) != 0)
		return false;
	if (base)
		*base = first;
	*phase = xstrdup(name);
	*gen = number;
	return true;
}

static void
add_tasks(struct rangeset *tasks, uint32_t base, const struct slurm_job *record)
{
	struct rangeset ids = { 0 };

	if (record->array_task_id != SLURM_NO_TASK)
		rangeset_add(&ids, record->array_task_id,
		             record->array_task_id);
	else if (!record->array_job_id)
		rangeset_add(&ids, 0, 0);
	else if (record->array_tasks)
		rangeset_parse(&ids, record->array_tasks);
	for (size_t i = 0; i < ids.count; i++)
		rangeset_add(tasks, base + ids.items[i].first,
		             base + ids.items[i].last);
	rangeset_clear(&ids);
}

static int
compare_phase(const void *a, const void *b)
{
	const struct live_job *x = a, *y = b;

	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	return x->job != y->job ? (x->job < y->job ? -1 : 1)
		: x->dead - y->dead;
}

/* Of several records, the one that a person should hear of. */
static int
telling(const struct slurm_job *record)
{
	enum reconcile_action action = reconcile_live_action(record);

	return action == RECONCILE_TELL ? 3 : action == RECONCILE_RELEASE ? 2
		: record->state == SLURM_RUNNING;
}

/* The entry of the record's job, made when it is the first; takes phase. */
static struct live_job *
entry_for(struct live_jobs *live, struct strmap *by_job,
          const struct spec *spec, const struct slurm_job *record,
          char *phase)
{
	uint32_t id = record->array_job_id ? record->array_job_id
		: record->job_id;
	bool dead = reconcile_live_action(record) == RECONCILE_DROP;
	struct live_job *job;
	size_t known;
	char key[24];
	long index;

	snprintf(key, sizeof key, "%u%s", id, dead ? " dead" : "");
	known = (size_t)(uintptr_t)strmap_get(by_job, key);
	if (known) {
		free(phase);
		return &live->items[known - 1];
	}
	live->items = xrealloc(live->items, (live->count + 1)
	                       * sizeof *live->items);
	job = &live->items[live->count++];
	index = spec ? spec_find(spec, phase) : -1;
	*job = (struct live_job){
		.phase = index < 0 ? SIZE_MAX : (size_t)index,
		.phase_name = phase, .job = id, .waiting = true, .dead = dead };
	strmap_set(by_job, key, (void *)(uintptr_t)live->count);
	return job;
}

static void
add_record(struct live_job *job, const struct slurm_job *record)
{
	if (!job->record || telling(record) > telling(job->record))
		job->record = record;
	job->held |= record->held;
	job->waiting &= record->state == SLURM_PENDING && !record->completing
		&& record->restarts == 0;
	job->running |= record->state == SLURM_RUNNING;
	job->ending |= record->completing && record->state > SLURM_SUSPENDED;
	add_tasks(&job->tasks, job->base, record);
	if (record->state == SLURM_SUSPENDED)
		add_tasks(&job->suspended, job->base, record);
}

void
live_join(struct live_jobs *live, const struct spec *spec,
          const char *run_id, const struct slurm_jobs *jobs)
{
	struct strmap *by_job = strmap_create(); /* id -> index + 1 */

	*live = (struct live_jobs){ 0 };
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *record = &jobs->items[i];
		struct live_job *job;
		char *phase = NULL;
		uint32_t gen, base;

		if (!slurm_state_is_live(record)
		    || !identity_parse(record->comment, run_id, &phase, &gen,
		                       &base))
			continue;
		job = entry_for(live, by_job, spec, record, phase);
		job->gen = gen;
		job->base = base;
		add_record(job, record);
	}
	strmap_destroy(by_job);
	if (live->count)
		qsort(live->items, live->count, sizeof *live->items,
		      compare_phase);
}

size_t
live_first(const struct live_jobs *live, size_t phase)
{
	size_t low = 0, high = live->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (live->items[middle].phase < phase)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
live_clear(struct live_jobs *live)
{
	for (size_t i = 0; i < live->count; i++) {
		free(live->items[i].phase_name);
		rangeset_clear(&live->items[i].tasks);
		rangeset_clear(&live->items[i].suspended);
	}
	free(live->items);
	*live = (struct live_jobs){ 0 };
}
