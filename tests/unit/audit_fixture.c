/*
 * audit_fixture.c - the life of a run, event by event.
 */
#include "audit_fixture.h"

struct event *
add(struct life *life, enum event_kind kind, const char *phase, uint32_t gen,
    uint32_t attempt, const char *tasks, int64_t time)
{
	struct event *event = &life->events[life->count];

	life->places[life->count++] = (struct audit_place){ life->file,
		++life->line };
	*event = (struct event){ .kind = kind, .phase = xstrdup(phase),
		.gen = gen, .attempt = attempt, .all = !tasks, .time = time };
	if (tasks)
		rangeset_parse(&event->tasks, tasks);
	return event;
}

struct event *
own(struct life *life, enum event_kind kind, const char *phase, uint32_t gen,
    uint32_t attempt, const char *tasks, int64_t time)
{
	struct event *event = add(life, kind, phase, gen, attempt, tasks, time);

	event->job = 10 + gen;
	event->node = xstrdup("n1");
	return event;
}

void
intend(struct life *life, const char *phase, uint32_t gen, int64_t time)
{
	struct event *event = add(life, EVENT_INTENDED, phase, gen, 0, NULL,
	                          time);

	if (strcmp(phase, "eval") == 0)
		parents_add(&event->parents, EDGE_AFTER, "train");
	add(life, EVENT_SUBMITTED, phase, gen, 0, strcmp(phase, "eval")
	    ? "0" : "0-2", time)->job = 10 + gen;
}

void
begin(struct life *life)
{
	*life = (struct life){ 0 };
	add(life, EVENT_PHASE, "train", 0, 0, NULL, 100)->total = 1;
	add(life, EVENT_PHASE, "eval", 0, 0, NULL, 100)->sweep =
		xstrdup("{\"S\":[\"1\",\"2\",\"3\"]}");
	life->events[1].order = 1;
	intend(life, "train", 1, 101);
	intend(life, "eval", 1, 101);
}

void
run_task(struct life *life, const char *phase, uint32_t gen, uint32_t attempt,
         const char *task, int64_t from, int64_t to)
{
	own(life, EVENT_STARTED, phase, gen, attempt, task, from);
	own(life, EVENT_COMPLETED, phase, gen, attempt, task, to);
}

void
finish(struct life *life)
{
	life->audit = audit_create(AUDIT_SLACK_SEC);
	for (size_t i = 0; i < life->count; i++) {
		size_t at = life->backwards ? life->count - 1 - i : i;

		audit_add(life->audit, &life->events[at], life->places[at]);
	}
	audit_finish(life->audit);
}

void
expect(struct life *life, int kind, const char *name)
{
	struct audit *audit;

	finish(life);
	audit = life->audit;
	for (size_t i = 0; i < audit->difference_count; i++)
		if (audit->difference_count != (size_t)(kind >= 0))
			print_message("# %s: %s\n", audit_kind_name(
				audit->differences[i].kind),
				audit->differences[i].what);
	assert_int_equal(audit->difference_count, kind >= 0);
	if (kind >= 0) {
		char *task = audit_task_name(audit, audit->differences);

		assert_int_equal(audit->differences[0].kind, kind);
		assert_string_equal(task, name);
		free(task);
	}
	audit_destroy(audit);
	life->audit = NULL;
}

void
all_of_it(struct life *life)
{
	begin(life);
	own(life, EVENT_STARTED, "train", 1, 0, "0", 110);
	own(life, EVENT_REQUEUED, "train", 1, 0, "0", 120);
	run_task(life, "train", 1, 1, "0", 125, 130);
	run_task(life, "eval", 1, 0, "0", 131, 135);
	run_task(life, "eval", 1, 0, "1", 131, 136);
	own(life, EVENT_STARTED, "eval", 1, 0, "2", 131);
	own(life, EVENT_FAILED, "eval", 1, 0, "2", 132);
	add(life, EVENT_INTENDED, "eval", 2, 0, "2", 200);
	parents_add(&life->events[life->count - 1].parents, EDGE_AFTER, "train");
	run_task(life, "eval", 2, 0, "2", 210, 211);
}
