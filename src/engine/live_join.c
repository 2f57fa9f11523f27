/*
 * live_join.c - the jobs of the run that Slurm still has: records that belong
 * together become one.
 *
 * Pure: from what Slurm and the journal say.
 */
#include <stdio.h>
#include <stdlib.h>

#include "latsub/plan.h"
#include "latsub/reconcile.h"

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
	rangeset_add_shifted(tasks, &ids, base);
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

/* The entry of the record's job, made when it is the first. */
static struct live_job *
entry_for(struct live_jobs *live, struct strmap *by_job,
          const struct spec *spec, const struct slurm_job *record,
          const char *phase)
{
	uint32_t id = record->array_job_id ? record->array_job_id
		: record->job_id;
	bool dead = reconcile_live_action(record) == RECONCILE_DROP;
	struct live_job *job;
	size_t at = live->count;
	char key[24];
	long index;

	snprintf(key, sizeof key, "%u%s", id, dead ? " dead" : "");
	if (strmap_get_number(by_job, key, &at))
		return &live->items[at];
	GROW(live->items, live->count);
	job = &live->items[live->count++];
	index = spec ? spec_find(spec, phase) : -1;
	*job = (struct live_job){
		.phase = index < 0 ? SIZE_MAX : (size_t)index,
		.phase_name = xstrdup(phase), .job = id, .waiting = true, .dead = dead };
	strmap_set_number(by_job, key, at);
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
          const struct identities *ids, const struct slurm_jobs *jobs)
{
	struct strmap *by_job = strmap_create(); /* id -> index */

	*live = (struct live_jobs){ 0 };
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *record = &jobs->items[i];
		struct identity identity;
		struct live_job *job;

		if (!slurm_state_is_live(record)
		    || identities_judge(ids, record, &identity)
		    != IDENTITY_OURS)
			continue;
		job = entry_for(live, by_job, spec, record, identity.phase);
		job->gen = identity.gen;
		job->base = identity.base;
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
