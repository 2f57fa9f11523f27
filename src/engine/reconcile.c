/*
 * reconcile.c - what Slurm knows and the journal does not.
 *
 * Tasks that the journal says are under way and that Slurm does not have any
 * more died without a word, or were cancelled before they began; a job that
 * Slurm calls COMPLETED had a runner that journalled first, so its line is
 * waited for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/engine.h"

#define WAIT_TRIES 20 /* of half a second: a slow file system's delay */


/* Records of jobs that have ended, by "PHASE GEN TASK" (arrays) or
 * "PHASE GEN" (whole jobs). */
static struct strmap *
index_records(const struct engine *engine, const struct slurm_jobs *jobs)
{
	const char *run_id = state_metadata(engine->run->state, "run_id");
	struct strmap *map = strmap_create();

	for (size_t i = 0; run_id && i < jobs->count; i++) {
		const struct slurm_job *job = &jobs->items[i];
		char *phase, *key;
		uint32_t gen;

		if (slurm_state_is_live(job)
		    || !identity_parse(job->comment, run_id, &phase, &gen, NULL))
			continue;
		key = job->array_task_id == SLURM_NO_TASK
			? xasprintf("%u", job->array_job_id ? job->array_job_id
			            : job->job_id)
			: xasprintf("%u_%u", job->array_job_id,
			            job->array_task_id);
		strmap_set(map, key, (void *)(uintptr_t)job);
		free(key);
		free(phase);
	}
	return map;
}

static const struct slurm_job *
record_of(const struct strmap *map, const struct phase_state *phase,
          uint32_t task)
{
	const struct slurm_job *record = NULL;
	uint32_t job = phase_job_of(phase, task), base = 0;
	char *key;

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].job != job)
			continue;
		if (phase->jobs[i].gen != phase->cells[task].gen)
			return NULL; /* of before an edit by hand */
		base = phase->jobs[i].base;
	}
	key = xasprintf("%u_%u", job, task - base);
	record = strmap_get(map, key);
	free(key);
	if (!record) {
		key = xasprintf("%u", job);
		record = strmap_get(map, key);
		free(key);
	}
	return record;
}

static const char *
reason_text(const struct slurm_job *record, bool started)
{
	if (!record)
		return started ? "died without a word" : "never started";
	switch (record->state) {
	case SLURM_NODE_FAIL: return "node failure";
	case SLURM_OOM: return "out of memory";
	case SLURM_TIMEOUT: return "time limit";
	case SLURM_PREEMPTED: return "preempted";
	case SLURM_CANCELLED: return started ? "cancelled"
		: "cancelled before it started";
	default: return started ? "died without a word" : "never started";
	}
}

struct gathering {
	const struct engine *engine;
	const struct strmap *records;
	struct event *events;
	size_t count, cap;
	bool awaited; /* a completion should still arrive */
	bool patience;
};

/* One event for each reason of a phase; tasks are added to it. */
static struct event *
event_for(struct gathering *g, const struct phase_state *phase,
          enum event_kind kind, const struct task_cell *cell,
          const char *reason)
{
	struct event *event;

	for (size_t i = g->count; i-- > 0; ) {
		event = &g->events[i];
		if (strcmp(event->phase, phase->name) != 0)
			break;
		if (event->kind == kind && event->gen == cell->gen
		    && event->attempt == cell->attempt
		    && strcmp(event->reason, reason) == 0)
			return event;
	}
	if (g->count == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 16;
		g->events = xrealloc(g->events, g->cap * sizeof *g->events);
	}
	event = &g->events[g->count++];
	*event = (struct event){ .kind = kind, .time = time(NULL),
		.phase = xstrdup(phase->name), .gen = cell->gen,
		.attempt = cell->attempt, .code = -1,
		.reason = xstrdup(reason) };
	return event;
}

static void
gather_task(struct gathering *g, const struct phase_state *phase,
            uint32_t task)
{
	const struct task_cell *cell = &phase->cells[task];
	const struct slurm_job *record = record_of(g->records, phase, task);
	bool started = cell->state == TASK_STARTED;
	enum event_kind kind = started ? EVENT_LOST : EVENT_CANCELLED;

	if (record && record->state == SLURM_COMPLETE) {
		g->awaited = true;
		if (g->patience)
			return;
		kind = EVENT_COMPLETED;
	}
	if (started && record && record->state == SLURM_CANCELLED)
		kind = EVENT_CANCELLED;
	rangeset_add(&event_for(g, phase, kind, cell, kind == EVENT_COMPLETED
	             ? "Slurm says COMPLETED" : reason_text(record, started))
	             ->tasks, task, task);
}

static void
gather_phase(struct gathering *g, const struct phase_state *phase,
             const struct rangeset *live)
{
	const unsigned under_way = 1u << TASK_INTENDED | 1u << TASK_SUBMITTED
		| 1u << TASK_STARTED | 1u << TASK_REQUEUED;

	for (uint32_t t = 0; t < phase->total; t++) {
		if ((under_way & (1u << phase->cells[t].state))
		    && !rangeset_has(live, t))
			gather_task(g, phase, t);
	}
}

/* Live tasks of each phase of the state, in the state's indices. */
static void
live_tasks(const struct live_jobs *live, const char *phase,
           struct rangeset *out)
{
	for (size_t i = 0; i < live->count; i++) {
		if (strcmp(live->items[i].phase_name, phase) == 0)
			rangeset_union(out, &live->items[i].tasks);
	}
}

static void
gather(struct gathering *g, const struct live_jobs *live)
{
	const struct state *state = g->engine->run->state;
	struct strmap *names = strmap_create();

	g->count = 0;
	g->awaited = false;
	for (size_t i = 0; i < live->count; i++)
		strmap_set(names, live->items[i].phase_name, names);
	for (size_t i = 0; i < state->count; i++) {
		struct rangeset tasks = { 0 };

		if (strmap_get(names, state->phases[i]->name))
			live_tasks(live, state->phases[i]->name, &tasks);
		gather_phase(g, state->phases[i], &tasks);
		rangeset_clear(&tasks);
	}
	strmap_destroy(names);
}

static void
forget(struct gathering *g)
{
	for (size_t i = 0; i < g->count; i++)
		event_clear(&g->events[i]);
	free(g->events);
	g->events = NULL;
	g->count = g->cap = 0;
}

int
engine_reconcile(struct engine *engine, const struct slurm_jobs *jobs,
                 const struct live_jobs *live, struct latsub_error *err)
{
	struct strmap *records = index_records(engine, jobs);
	struct gathering g = { .engine = engine, .records = records,
	                       .patience = true };
	struct timespec half = { 0, 500000000 };
	int rc = 0;

	gather(&g, live);
	for (int i = 0; rc == 0 && g.awaited && i < WAIT_TRIES; i++) {
		nanosleep(&half, NULL);
		rc = run_refresh(engine->run, NULL, err);
		forget(&g);
		gather(&g, live);
	}
	if (rc == 0 && g.awaited) {
		g.patience = false;
		forget(&g);
		gather(&g, live);
	}
	if (rc == 0 && g.count)
		rc = run_record(engine->run, g.events, g.count, true, err);
	forget(&g);
	strmap_destroy(records);
	return rc;
}
