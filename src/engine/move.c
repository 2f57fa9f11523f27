/*
 * move.c - a run that is somewhere else now, or twice: from here on it is a run
 * of this place.
 *
 * A copy gets an identity of its own, since the jobs that carry the old one are
 * the other's.  Checkpoints that lie in the run went along with it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/engine.h"
#include "latsub/file.h"

struct move {
	const struct run *run;
	const char *was, *old_workdir;
	char *workdir;
	struct strmap *newest; /* "PHASE GEN TASK" -> index + 1 in events: an
	                        * index means what it did in its generation */
	struct event *events;
	size_t count, cap;
};

static const char *
metadata(const struct run *run, const char *key)
{
	const char *value = state_metadata(run->state, key);

	return value ? value : "";
}

static struct event *
add_event(struct move *move)
{
	if (move->count == move->cap) {
		move->cap = move->cap ? move->cap * 2 : 16;
		move->events = xrealloc(move->events, move->cap
		                        * sizeof *move->events);
	}
	return &move->events[move->count++];
}

/* Where what lay in the run is now, as a checkpoint is written down; NULL: it
 * did not lie there, or did not come along. */
static char *
moved_path(const struct move *move, const char *path)
{
	char *whole = file_join(move->old_workdir, path), *now = NULL;
	const char *rest = file_relative(move->was, whole);
	char *result = NULL;

	if (rest != whole)
		now = file_join(move->run->dir, rest);
	if (now && file_exists(now))
		result = xstrdup(file_relative(move->workdir, now));
	if (result && strcmp(result, path) == 0) {
		free(result);
		result = NULL;
	}
	free(now);
	free(whole);
	return result;
}

static void
move_checkpoint(struct move *move, const struct event *from, uint32_t task)
{
	char *key = xasprintf("%s %u %u", from->phase, from->gen, task);
	size_t place = (size_t)(uintptr_t)strmap_get(move->newest, key);
	struct event *event = place ? &move->events[place - 1]
		: add_event(move);

	if (place && (from->attempt != event->attempt
	              ? from->attempt < event->attempt
	              : from->seq < event->seq)) {
		free(key);
		return;
	}
	if (!place)
		strmap_set(move->newest, key, (void *)(uintptr_t)move->count);
	else
		event_clear(event);
	*event = (struct event){ .kind = EVENT_CHECKPOINT, .time = time(NULL),
		.phase = xstrdup(from->phase), .gen = from->gen,
		.attempt = from->attempt, .seq = from->seq,
		.path = xstrdup(from->path), .epoch = xstrdup(from->epoch),
		.reason = xstrdup("moved") };
	rangeset_add(&event->tasks, task, task);
	free(key);
}

/* What an array's tasks reported is in the journal alone. */
static void
gather_of_tasks(const struct event *event, void *user)
{
	struct move *move = user;
	const struct phase_state *phase = event->phase && event->path
		? state_find(move->run->state, event->phase) : NULL;

	for (size_t i = 0; phase && phase->array && i < event->tasks.count;
	     i++) {
		for (uint32_t t = event->tasks.items[i].first;
		     t <= event->tasks.items[i].last; t++)
			move_checkpoint(move, event, t);
	}
}

/* The one of a phase that is no array, whoever set it. */
static void
gather_of_phase(struct move *move, const struct phase_state *phase)
{
	struct event event = { .kind = EVENT_CHECKPOINT, .all = true,
		.phase = phase->name, .gen = phase->checkpoint_gen,
		.attempt = phase->checkpoint_attempt,
		.seq = phase->checkpoint_seq, .path = phase->checkpoint,
		.epoch = phase->epoch };

	if (phase->checkpoint)
		move_checkpoint(move, &event, 0);
}

/* Only those that lie elsewhere now, and after what they replace. */
static void
rewrite(struct move *move)
{
	size_t kept = 0;

	for (size_t i = 0; i < move->count; i++) {
		struct event *event = &move->events[i];
		char *path = moved_path(move, event->path);

		free(event->path);
		event->path = path;
		event->seq++;
		if (path)
			move->events[kept++] = *event;
		else
			event_clear(event);
	}
	move->count = kept;
}

static void
add_place(struct move *move, bool copied)
{
	struct event *event = add_event(move);
	char *id = copied ? identity_new_run(move->run->dir) : NULL;

	*event = (struct event){ .kind = EVENT_RUN, .time = time(NULL) };
	event_add_pair(event, "run_dir", move->run->dir);
	event_add_pair(event, "base_output_dir",
	               file_relative(move->workdir, move->run->dir));
	event_add_pair(event, "workdir", move->workdir);
	if (copied)
		event_add_pair(event, "run_id", id);
	free(id);
}

/* The run's own event comes first in what is recorded. */
static int
record(struct move *move, struct run *run, struct latsub_error *err)
{
	struct event last = move->events[move->count - 1];

	memmove(move->events + 1, move->events,
	        (move->count - 1) * sizeof *move->events);
	move->events[0] = last;
	return run_record(run, move->events, move->count, true, err);
}

int
engine_take_place(struct engine *engine, struct latsub_error *err)
{
	struct run *run = engine->run;
	enum run_place place = run_place(run);
	struct move move = { .run = run, .was = metadata(run, "run_dir"),
		.old_workdir = metadata(run, "workdir") };
	int rc;

	if (place == RUN_IN_PLACE)
		return 0;
	move.workdir = run_workdir(run);
	move.newest = strmap_create();
	rc = journal_scan(run->journal_dir, EVENT_CHECKPOINT, gather_of_tasks,
	                  &move, err);
	for (size_t i = 0; i < run->state->count; i++) {
		if (!run->state->phases[i]->array)
			gather_of_phase(&move, run->state->phases[i]);
	}
	rewrite(&move);
	add_place(&move, place == RUN_COPIED);
	if (rc == 0)
		rc = record(&move, run, err);
	for (size_t i = 0; i < move.count; i++)
		event_clear(&move.events[i]);
	free(move.events);
	free(move.workdir);
	strmap_destroy(move.newest);
	return rc;
}
