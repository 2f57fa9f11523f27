/*
 * scene.c - see scene.h.
 */
#include "unit.h"

#include <unistd.h>

#include "scene.h"

#define STARTED_AT 1000
#define ENDED_AT (STARTED_AT + 3600)

void
scene_begin(struct scene *scene)
{
	struct latsub_errlist errors = { 0 };

	*scene = (struct scene){ .run = {
		.dir = xstrdup("/nowhere/r1"),
		.state_path = xstrdup("/nowhere/r1/.experiment_state"),
		.state = state_create(),
		.doc = inifile_parse("state", "", 0, INI_PLAIN, &errors),
		.has_journal = true } };
	state_set_metadata(scene->run.state, "run_id", SCENE_RUN_ID);
}

void
scene_end(struct scene *scene)
{
	state_destroy(scene->run.state);
	inifile_destroy(scene->run.doc);
	free(scene->run.dir);
	free(scene->run.state_path);
	for (size_t i = 0; i < scene->run.edit_count; i++)
		event_clear(&scene->run.edits[i]);
	free(scene->run.edits);
	strlist_clear(&scene->run.notes);
	slurm_jobs_clear(&scene->jobs);
}

static struct phase_state *
last_phase(const struct scene *scene)
{
	return scene->run.state->phases[scene->run.state->count - 1];
}

static uint32_t
last_job(const struct scene *scene)
{
	return (uint32_t)scene->run.state->count * 10;
}

void
scene_apply(struct scene *scene, struct event event)
{
	if (!event.phase)
		event.phase = xstrdup(last_phase(scene)->name);
	if (!event.gen)
		event.gen = 1;
	assert_int_equal(state_apply(scene->run.state, &event), STATE_APPLIED);
	event_clear(&event);
}

/* An event of all the tasks that have one of these letters; none without any. */
/* "KIND:NAME KIND:NAME ..." */
static void
split_parents(const char *text, struct parents *parents)
{
	struct strlist words = { 0 };

	text_split_words(text, &words);
	for (size_t i = 0; i < words.count; i++)
		parents_add_text(parents, words.items[i]);
	strlist_clear(&words);
}

static void
apply_to(struct scene *scene, struct event event, const char *tasks,
         const char *letters)
{
	for (uint32_t t = 0; tasks[t]; t++) {
		if (strchr(letters, tasks[t]))
			rangeset_add(&event.tasks, t, t);
	}
	if (event.tasks.count)
		scene_apply(scene, event);
	else
		event_clear(&event);
}

struct phase_state *
scene_add_phase(struct scene *scene, const char *name, const char *tasks,
                const char *parents)
{
	struct event intended = { .kind = EVENT_INTENDED };
	size_t total = strlen(tasks);

	scene_apply(scene, (struct event){ .kind = EVENT_PHASE,
		.phase = xstrdup(name), .order = (uint32_t)scene->run.state->count,
		.gen = 1, .total = (uint32_t)total, .sweep = total > 1
		? xasprintf("{\"N\":[[0,%zu]]}", total - 1) : NULL });
	if (parents)
		split_parents(parents, &intended.parents);
	apply_to(scene, intended, tasks, "isrqlxfck");
	apply_to(scene, (struct event){ .kind = EVENT_SUBMITTED,
		.job = last_job(scene), .time = STARTED_AT - 10 }, tasks,
		"srqlxfc");
	apply_to(scene, (struct event){ .kind = EVENT_STARTED,
		.job = last_job(scene), .time = STARTED_AT, .code = -1,
		.node = xstrdup("n1") }, tasks, "rqlfc");
	apply_to(scene, (struct event){ .kind = EVENT_REQUEUED, .code = -1,
		.requeue.reason = REASON_PREEMPTED, .time = ENDED_AT }, tasks, "q");
	apply_to(scene, (struct event){ .kind = EVENT_LOST, .code = -1,
		.time = ENDED_AT }, tasks, "l");
	apply_to(scene, (struct event){ .kind = EVENT_CANCELLED, .code = -1,
		.time = ENDED_AT }, tasks, "x");
	apply_to(scene, (struct event){ .kind = EVENT_FAILED, .code = 3,
		.reason = xstrdup("exit code 3"), .time = ENDED_AT }, tasks,
		"f");
	apply_to(scene, (struct event){ .kind = EVENT_COMPLETED,
		.time = ENDED_AT }, tasks, "c");
	apply_to(scene, (struct event){ .kind = EVENT_EDITED, .gen = 2,
		.word = WORD_COMPLETED }, tasks, "k");
	return last_phase(scene);
}

static void
describe(struct slurm_job *record, char letter)
{
	static const struct {
		char letter;
		enum slurm_state state;
		enum slurm_why why;
		const char *reason;
	} letters[] = {
		{ 'P', SLURM_PENDING, SLURM_WHY_OTHER, "Priority" },
		{ 'D', SLURM_PENDING, SLURM_WHY_DEPENDENCY, "Dependency" },
		{ 'H', SLURM_PENDING, SLURM_WHY_HELD_USER, "JobHeldUser" },
		{ 'I', SLURM_PENDING, SLURM_WHY_IMPOSSIBLE, "BadConstraints" },
		{ 'N', SLURM_PENDING, SLURM_WHY_NEVER,
			"DependencyNeverSatisfied" },
		{ 'R', SLURM_RUNNING, SLURM_WHY_OTHER, "None" },
		{ 'S', SLURM_SUSPENDED, SLURM_WHY_OTHER, "None" },
		{ 'X', SLURM_COMPLETE, SLURM_WHY_OTHER, "None" },
		{ 'C', SLURM_CANCELLED, SLURM_WHY_OTHER, "None" },
		{ 'L', SLURM_FAILED, SLURM_WHY_LAUNCH, "launch failed" },
	};

	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		if (letters[i].letter != letter)
			continue;
		record->state = letters[i].state;
		record->why = letters[i].why;
		record->reason = xstrdup(letters[i].reason);
		record->held = letter == 'H';
		record->nodes = xstrdup(record->state == SLURM_PENDING ? ""
		                        : "n[2-3]");
		return;
	}
	fail_msg("no record is called '%c'", letter);
}

void
scene_add_records(struct scene *scene, const char *records)
{
	const struct phase_state *phase = last_phase(scene);
	struct slurm_jobs *jobs = &scene->jobs;

	for (uint32_t t = 0; records[t]; t++) {
		struct slurm_job record = { .job_id = last_job(scene) + t,
			.array_job_id = phase->array ? last_job(scene) : 0,
			.array_task_id = phase->array ? t : SLURM_NO_TASK,
			.user_id = geteuid() };

		if (records[t] == '.')
			continue;
		describe(&record, records[t]);
		record.restarts = phase->cells[t].attempt;
		record.name = xstrdup(phase->name);
		record.command = xasprintf("latsub [latsub " SCENE_RUN_ID
		                           " %s 1]", phase->name);
		GROW(jobs->items, jobs->count);
		jobs->items[jobs->count++] = record;
	}
}
