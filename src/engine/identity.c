/*
 * identity.c - whose job is this?  Its comment says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/plan.h"

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
add_tasks(struct live_job *job, const struct slurm_job *record)
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
		rangeset_add(&job->tasks, job->base + ids.items[i].first,
		             job->base + ids.items[i].last);
	rangeset_clear(&ids);
}

static int
compare_phase(const void *a, const void *b)
{
	const struct live_job *x = a, *y = b;

	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	return x->job < y->job ? -1 : x->job > y->job;
}

void
live_join(struct live_jobs *live, const struct spec *spec,
          const char *run_id, const struct slurm_jobs *jobs)
{
	struct strmap *by_job = strmap_create(); /* id -> index + 1 */

	*live = (struct live_jobs){ 0 };
	for (size_t i = 0; i < jobs->count; i++) {
		const struct slurm_job *record = &jobs->items[i];
		uint32_t id = record->array_job_id ? record->array_job_id
			: record->job_id;
		struct live_job *job;
		char *phase = NULL;
		uint32_t gen, base;
		size_t known;
		char key[16];
		long index;

		if (!slurm_state_is_live(record)
		    || !identity_parse(record->comment, run_id, &phase, &gen,
		                       &base))
			continue;
		snprintf(key, sizeof key, "%u", id);
		known = (size_t)(uintptr_t)strmap_get(by_job, key);
		job = known ? &live->items[known - 1] : NULL;
		if (!job) {
			live->items = xrealloc(live->items, (live->count + 1)
			                       * sizeof *live->items);
			job = &live->items[live->count++];
			index = spec ? spec_find(spec, phase) : -1;
			*job = (struct live_job){
				.phase = index < 0 ? SIZE_MAX : (size_t)index,
				.phase_name = phase, .gen = gen, .job = id,
				.base = base, .waiting = true,
				.record = record };
			strmap_set(by_job, key,
			           (void *)(uintptr_t)live->count);
		} else {
			free(phase);
		}
		job->held |= record->held;
		job->waiting &= record->state == SLURM_PENDING
			&& !record->completing && record->restarts == 0;
		job->running |= record->state == SLURM_RUNNING;
		job->ending |= record->completing
			&& record->state > SLURM_SUSPENDED;
		add_tasks(job, record);
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
	}
	free(live->items);
	*live = (struct live_jobs){ 0 };
}
