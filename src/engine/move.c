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
	struct strmap *newest; /* "PHASE GEN TASK" -> index in events: an
	                        * index means what it did in its generation */
	struct event *events;
	size_t count;
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
	GROW(move->events, move->count);
	return &move->events[move->count++];
}

/* The part of path below the run's old directory, or NULL.  That had other names
 * than the one on record, perhaps: links led to it. */
static const char *
part_in_run(const struct move *move, const char *path)
{
	const char *name = file_basename(move->was), *rest = NULL;
	size_t len = strlen(name);

	if (file_relative(move->was, path) != path)
		return file_relative(move->was, path);
	if (file_exists(path))
		return NULL;
	for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
		if (strncmp(at + 1, name, len) == 0 && at[len + 1] == '/')
			rest = at + len + 2;
	}
	return rest;
}

/* Where what lay in the run is now, as a checkpoint is written down; NULL: it
 * did not lie there, or did not come along. */
static char *
moved_path(const struct move *move, const char *path)
{
	char *whole = file_join(move->old_workdir, path), *now = NULL;
	const char *rest = part_in_run(move, whole);
	char *result = NULL;

	if (rest)
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
	size_t at = move->count;
	bool known = strmap_get_number(move->newest, key, &at);
	struct event *event = known ? &move->events[at] : add_event(move);

	if (known && (from->attempt != event->attempt
	              ? from->attempt < event->attempt
	              : from->seq < event->seq)) {
		free(key);
		return;
	}
	if (!known)
		strmap_set_number(move->newest, key, at);
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

	if (!phase || !phase->array)
		return;
	rangeset_for_each(&event->tasks, t)
		move_checkpoint(move, event, t);
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

/* The project's own file of the experiment went along with it. */
static void
add_experiment(const struct move *move, struct event *event)
{
	const char *was = metadata(move->run, "experiment");
	const char *rest = file_relative(move->old_workdir, was);
	char *now = rest != was ? file_join(move->workdir, rest) : NULL;

	if (now && file_exists(now))
		event_add_pair(event, "experiment", now);
	free(now);
}

static int
record_place(struct move *move, struct run *run, bool copied,
             struct latsub_error *err)
{
	struct event event = { .kind = EVENT_RUN, .time = time(NULL) };
	char *id = copied ? identity_new_run(run->dir) : NULL;
	char *numbers = copied ? identity_numbers(run->state) : NULL;
	int rc;

	event_add_pair(&event, "run_dir", run->dir);
	event_add_pair(&event, "base_output_dir",
	               file_relative(move->workdir, run->dir));
	event_add_pair(&event, "workdir", move->workdir);
	if (strcmp(move->workdir, move->old_workdir) != 0)
		add_experiment(move, &event);
	if (copied) {
		event_add_pair(&event, "run_id", id);
		event_add_pair(&event, IDENTITY_OTHERS_KEY, numbers);
	}
	rc = run_record(run, &event, 1, true, err);
	event_clear(&event);
	free(numbers);
	free(id);
	return rc;
}

int
engine_take_place(struct run *run, const char *workdir, struct latsub_error *err)
{
	enum run_place place = run_place(run);
	struct move move = { .run = run, .was = metadata(run, "run_dir"),
		.old_workdir = metadata(run, "workdir") };
	int rc;

	if (place == RUN_IN_PLACE)
		return 0;
	move.workdir = run_workdir(run);
	if (!move.workdir)
		move.workdir = xstrdup(workdir);
	move.newest = strmap_create();
	rc = journal_scan(run->journal_dir, EVENT_CHECKPOINT, gather_of_tasks,
	                  &move, err);
	for (size_t i = 0; i < run->state->count; i++) {
		if (!run->state->phases[i]->array)
			gather_of_phase(&move, run->state->phases[i]);
	}
	rewrite(&move);
	/* the place comes last: what is cut off before it is done again */
	if (rc == 0 && move.count)
		rc = run_record(run, move.events, move.count, true, err);
	if (rc == 0)
		rc = record_place(&move, run, place == RUN_COPIED, err);
	for (size_t i = 0; i < move.count; i++)
		event_clear(&move.events[i]);
	free(move.events);
	free(move.workdir);
	strmap_destroy(move.newest);
	return rc;
}
