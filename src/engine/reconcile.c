/*
 * reconcile.c - what Slurm knows and the journal does not.
 *
 * Each task that the journal has under way and that Slurm does not have live is
 * brought together with its record by identity, and decided by the table of
 * reconcile_decide.c; here events are gathered, waited for, journalled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/clock.h"
#include "latsub/engine.h"
#include "latsub/reconcile.h"

#define WAIT_TRIES 20 /* of half a second: a slow file system's delay */

/* ---- Slurm's records, by identity ---- */

static void
index_record(struct strmap *map, char *key, const struct slurm_job *record)
{
	strmap_set(map, key, (void *)(uintptr_t)record);
	free(key);
}

/* Under which keys a record is found:
 *   "#JOB"            whoever has that number
 *   "?JOB", "~JOB"    the same, where whose it is is unclear: live, ended
 *   "#JOB PHASE GEN"  and is ours
 * and once it has ended:
 *   "PHASE GEN TASK", "PHASE GEN TASK #JOB"
 *   "PHASE GEN +BASE", "PHASE GEN +BASE #JOB" for elements of an array that
 *                     ended without having become records of their own */
static void
index_ended(struct strmap *map, const struct slurm_job *record, uint32_t id,
            const struct identity *of)
{
	uint32_t task = of->base + (record->array_task_id == SLURM_NO_TASK ? 0
	                            : record->array_task_id);
	bool rest = record->array_job_id
		&& record->array_task_id == SLURM_NO_TASK;
	const char *sign = rest ? "+" : "";
	uint32_t number = rest ? of->base : task;

	index_record(map, xasprintf("%s %u %s%u", of->phase, of->gen, sign,
	                            number), record);
	index_record(map, xasprintf("%s %u %s%u #%u", of->phase, of->gen, sign,
	                            number, id), record);
}

static void
index_job(struct strmap *map, const struct slurm_job *record,
          const struct identities *ids)
{
	uint32_t id = record->array_job_id ? record->array_job_id
		: record->job_id;
	struct identity of;
	enum identity_whose whose = identities_judge(ids, record, &of);

	index_record(map, xasprintf("%c%u", whose != IDENTITY_UNCLEAR ? '#'
		: slurm_state_is_live(record) ? '?' : '~', id), record);
	if (whose != IDENTITY_OURS)
		return;
	index_record(map, xasprintf("#%u %s %u", id, of.phase, of.gen), record);
	if (!slurm_state_is_live(record))
		index_ended(map, record, id, &of);
}

static struct strmap *
index_records(const struct engine *engine, const struct slurm_jobs *jobs)
{
	const char *run_id = run_job_id(engine->run);
	struct identities *ids = identities_create(run_id, engine->run->state,
	                                           engine->cluster.name);
	struct strmap *map = strmap_create();

	for (size_t i = 0; run_id && i < jobs->count; i++)
		index_job(map, &jobs->items[i], ids);
	identities_destroy(ids);
	return map;
}

static const struct slurm_job *
find_record(const struct strmap *map, char *key)
{
	const struct slurm_job *record = strmap_get(map, key);

	free(key);
	return record;
}

/* then: the task's index at the time of its generation.  Where its job is known
 * another one's record does not count: of two jobs for one task one steps back,
 * and that is COMPLETED to Slurm. */
static const struct slurm_job *
record_of(const struct strmap *map, const struct phase_state *phase,
          uint32_t task, uint32_t then, const struct phase_job *job)
{
	const struct slurm_job *record;
	uint32_t gen = phase_task(phase, task)->gen;
	char of[24] = "";

	if (job)
		snprintf(of, sizeof of, " #%u", job->job);
	record = find_record(map, xasprintf("%s %u %u%s", phase->name, gen,
	                                    then, of));
	if (!record)
		record = find_record(map, xasprintf("%s %u +%u%s", phase->name,
			gen, job ? job->base : 0, of));
	return record;
}

static bool
is_reused(const struct strmap *map, const struct phase_state *phase,
          uint32_t task, const struct phase_job *job)
{
	return job && find_record(map, xasprintf("#%u", job->job))
		&& !find_record(map, xasprintf("#%u %s %u", job->job,
			phase->name, phase_task(phase, task)->gen));
}

static const struct slurm_job *
unclear_record(const struct strmap *map, const struct phase_job *job,
               char sign)
{
	return job ? find_record(map, xasprintf("%c%u", sign, job->job)) : NULL;
}

/* Another cluster answers, or this one counts its jobs from the beginning. */
static bool
is_renewed(const struct engine *engine, const struct phase_job *job)
{
	const char *then = state_metadata(engine->run->state, "cluster");
	const struct slurm_cluster *now = &engine->cluster;

	return job && ((then && now->name && strcmp(then, now->name) != 0)
		|| (now->next_job_id && now->next_job_id <= job->job));
}

/* ---- gathering ---- */

struct gathering {
	const struct engine *engine;
	const struct strmap *records;
	struct accounting accounting;
	struct event *events;
	size_t count;
	bool awaited; /* a runner's event should still arrive */
	bool patience;
	/* the first job of which it is unclear whose it is, and its phase */
	const struct slurm_job *unclear;
	const struct phase_state *unclear_phase;
	struct rangeset forgotten; /* jobs of which Slurm has no record */
	/* where the values of an array were changed: from its indices of now
	 * to those of a generation */
	const struct phase_state *mapped;
	uint32_t mapped_gen, *map;
};

/* The task's index in its generation's values, by which its job and its events
 * count; UINT32_MAX: it was not among them. */
static uint32_t
index_then(struct gathering *g, const struct phase_state *phase,
           uint32_t task)
{
	uint32_t gen = phase_task(phase, task)->gen;
	const struct sweep *then = phase_sweep_of(phase, gen);

	if (then == phase_sweep_now(phase))
		return task;
	if (g->mapped != phase || g->mapped_gen != gen) {
		free(g->map);
		g->map = xcalloc(phase->total, sizeof *g->map);
		sweep_map(phase_sweep_now(phase), then, g->map);
		g->mapped = phase;
		g->mapped_gen = gen;
	}
	return g->map[task];
}

/* One event for each reason of a phase; tasks are added to it. */
static struct event *
event_for(struct gathering *g, const struct phase_state *phase,
          uint32_t gen, const struct reconcile_out *out)
{
	struct event *event;

	for (size_t i = g->count; i-- > 0; ) {
		event = &g->events[i];
		if (strcmp(event->phase, phase->name) != 0)
			break;
		if (event->kind == out->event && event->gen == gen
		    && event->attempt == out->attempt
		    && strcmp(event->reason, out->reason) == 0)
			return event;
	}
	GROW(g->events, g->count);
	event = &g->events[g->count++];
	*event = (struct event){ .kind = out->event, .time = time(NULL),
		.phase = xstrdup(phase->name), .gen = gen,
		.attempt = out->attempt, .code = out->code,
		.reason = xstrdup(out->reason) };
	return event;
}

static const struct accounting_fact *
fact_of(struct gathering *g, const struct phase_state *phase, uint32_t then,
        const struct phase_job *job)
{
	if (!job)
		return NULL;
	rangeset_add(&g->forgotten, job->job, job->job);
	return accounting_find(&g->accounting, job->job,
	                       phase->array ? then - job->base : SLURM_NO_TASK);
}

/* job: of the cell's generation; or NULL: it is of before an edit by hand, or its
 * number never reached the journal. */
static void
gather_task(struct gathering *g, const struct phase_state *phase,
            uint32_t task, const struct phase_job *job)
{
	const struct task_cell *cell = phase_task(phase, task);
	uint32_t then = index_then(g, phase, task);
	const struct slurm_job *unclear = unclear_record(g->records, job, '?');
	struct reconcile_in in = { .state = cell->state,
		.attempt = cell->attempt, .patient = g->patience,
		.first = job ? job->attempt : 0, .unclear = unclear != NULL,
		.unclear_ended = unclear_record(g->records, job, '~') != NULL,
		.record = record_of(g->records, phase, task, then, job),
		.reused = is_reused(g->records, phase, task, job),
		.renewed = is_renewed(g->engine, job) };
	struct reconcile_out out;

	if (!in.record && !in.reused && !in.renewed && !in.unclear
	    && !in.unclear_ended)
		in.fact = fact_of(g, phase, then, job);
	reconcile_decide(&in, &out);
	g->awaited |= out.action == RECONCILE_AWAIT;
	if (out.action == RECONCILE_RECORD)
		rangeset_add(&event_for(g, phase, cell->gen, &out)->tasks, then,
		             then);
	if (out.action == RECONCILE_STOP && !g->unclear) {
		g->unclear = unclear;
		g->unclear_phase = phase;
	}
}

static void
gather_phase(struct gathering *g, const struct phase_state *phase,
             const struct rangeset *live)
{
	const struct phase_job **jobs = phase_jobs_by_task(phase);

	for (uint32_t t = 0; t < phase->total; t++) {
		const struct task_cell *cell = phase_task(phase, t);

		if ((TASKS_UNDER_WAY & (1u << cell->state))
		    && !rangeset_has(live, t))
			gather_task(g, phase, t, jobs[t] && jobs[t]->gen
			            == cell->gen ? jobs[t] : NULL);
	}
	free(jobs);
}

static void
gather(struct gathering *g, const struct live_jobs *live)
{
	const struct state *state = g->engine->run->state;
	struct rangeset *tasks = xcalloc(state->count + 1, sizeof *tasks);
	struct strmap *places = strmap_create(); /* phase -> member of tasks */

	g->count = 0;
	g->awaited = false;
	g->unclear = NULL;
	for (size_t i = 0; i < state->count; i++)
		strmap_set(places, state->phases[i]->name, &tasks[i]);
	for (size_t i = 0; i < live->count; i++) {
		struct rangeset *of = strmap_get(places,
		                                 live->items[i].phase_name);

		if (of) /* in the state's indices */
			rangeset_union(of, &live->items[i].tasks);
	}
	for (size_t i = 0; i < state->count; i++) {
		gather_phase(g, state->phases[i], &tasks[i]);
		rangeset_clear(&tasks[i]);
	}
	strmap_destroy(places);
	free(tasks);
}

static void
forget(struct gathering *g)
{
	for (size_t i = 0; i < g->count; i++)
		event_clear(&g->events[i]);
	free(g->events);
	rangeset_clear(&g->forgotten);
	g->events = NULL;
	g->count = 0;
}

static void
gather_again(struct gathering *g, const struct live_jobs *live)
{
	forget(g);
	gather(g, live);
}

/* The events, with patience where there is any, and accounting's words. */
static int
gather_all(struct gathering *g, const struct live_jobs *live,
           struct latsub_error *err)
{
	gather(g, live);
	for (int i = 0; g->awaited && i < WAIT_TRIES; i++) {
		clock_pause(0.5);
		if (run_refresh(g->engine->run, NULL, err))
			return -1;
		gather_again(g, live);
	}
	g->patience = false;
	if (g->forgotten.count)
		accounting_ask(&g->accounting, &g->forgotten);
	if (g->awaited || g->accounting.count)
		gather_again(g, live);
	return 0;
}

static void
finish(struct gathering *g, struct strmap *records)
{
	forget(g);
	free(g->map);
	accounting_clear(&g->accounting);
	strmap_destroy(records);
}

/* ---- the cluster ---- */

static void
tell_other_cluster(const struct engine *engine, const char *then)
{
	char *line = xasprintf("this is the cluster %s, and the run's jobs were "
		"submitted to %s: what may be left of them there is not seen "
		"from here", engine->cluster.name, then);

	if (engine->say)
		engine->say(line, engine->user);
	free(line);
}

/* From now on the run's cluster is the one that answers. */
static int
take_cluster(struct engine *engine, struct latsub_error *err)
{
	const char *then = state_metadata(engine->run->state, "cluster");
	struct event event = { .kind = EVENT_RUN, .time = time(NULL) };
	char *numbers;
	int rc;

	if (!engine->cluster.name || !then
	    || strcmp(then, engine->cluster.name) == 0)
		return 0;
	tell_other_cluster(engine, then);
	numbers = identity_numbers(engine->run->state);
	event_add_pair(&event, "cluster", engine->cluster.name);
	event_add_pair(&event, IDENTITY_OTHERS_KEY, numbers);
	rc = run_record(engine->run, &event, 1, true, err);
	event_clear(&event);
	free(numbers);
	return rc;
}

/* Caller frees. */
static char *
unclear_text(const struct gathering *g)
{
	struct identity of = { 0 };

	snprintf(of.phase, sizeof of.phase, "%s", g->unclear_phase->name);
	return identity_unclear_text(g->unclear, &of);
}

/* To take it for gone would run its task a second time. */
static int
refuse_unclear(const struct gathering *g, struct latsub_error *err)
{
	char *text = unclear_text(g);

	latsub_error_set(err, LATSUB_SLURM, "%s; nothing is submitted", text);
	free(text);
	return -1;
}

int
engine_reconcile(struct engine *engine, const struct slurm_jobs *jobs,
                 const struct live_jobs *live, struct latsub_error *err)
{
	struct strmap *records = index_records(engine, jobs);
	struct gathering g = { .engine = engine, .records = records,
	                       .patience = true };
	int rc = gather_all(&g, live, err);

	if (rc == 0 && g.unclear)
		rc = refuse_unclear(&g, err);
	if (rc == 0 && g.count)
		rc = run_record(engine->run, g.events, g.count, true, err);
	if (rc == 0)
		rc = take_cluster(engine, err);
	finish(&g, records);
	return rc;
}

void
engine_reconcile_preview(struct engine *engine, const struct slurm_jobs *jobs,
                         const struct live_jobs *live)
{
	struct strmap *records = index_records(engine, jobs);
	struct gathering g = { .engine = engine, .records = records };
	struct latsub_error ignored;

	gather_all(&g, live, &ignored);
	for (size_t i = 0; i < g.count; i++)
		state_apply(engine->run->state, &g.events[i]);
	if (g.unclear && engine->say) {
		char *text = unclear_text(&g);

		engine->say(text, engine->user);
		free(text);
	}
	finish(&g, records);
}
