/*
 * audit_order.c - did each task start after what it waited for had completed?
 *
 * What it waited for stands in the intent of its generation.  A parent counts as
 * completed when all of its tasks were at one time, by running or by a person's
 * word; what it was after that does not matter to a child that had begun.
 */
#include <stdlib.h>
#include <string.h>

#include "audit_parts.h"

/* ---- when all of a phase had completed ---- */

struct step {
	int64_t time;
	int change; /* 1: a task more had completed, -1: one less */
	uint32_t file;
};

static int
compare_steps(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return y->change - x->change; /* within a second: all is possible */
}

static void
add_whole(struct audit_phase *phase, const struct step *step)
{
	GROW(phase->whole, phase->whole_count);
	phase->whole[phase->whole_count++] = (struct audit_span){
		.from = step->time, .to = INT64_MAX, .file = step->file };
}

static void
find_whole(struct audit_phase *phase)
{
	struct step *steps = xcalloc(2 * phase->span_count + 1, sizeof *steps);
	size_t count = 0;
	int64_t done = 0;

	for (size_t i = 0; i < phase->span_count; i++) {
		const struct audit_span *span = &phase->spans[i];

		steps[count++] = (struct step){ span->from, 1, span->file };
		if (span->to < INT64_MAX)
			steps[count++] = (struct step){ span->to, -1, 0 };
	}
	qsort(steps, count, sizeof *steps, compare_steps);
	for (size_t i = 0; i < count; i++) {
		if (done == phase->state->total && steps[i].change < 0)
			phase->whole[phase->whole_count - 1].to = steps[i].time;
		done += steps[i].change;
		if (done == phase->state->total && steps[i].change > 0)
			add_whole(phase, &steps[i]);
	}
	free(steps);
}

/* ---- children ---- */

/* One clock, where both stand in one file. */
static bool
had_completed(const struct audit *audit, const struct audit_span *spans,
              size_t count, const struct audit_attempt *child)
{
	for (size_t i = count; i-- > 0; ) {
		int64_t slack = spans[i].file == child->start_at.file ? 0
			: audit->slack_sec;

		if (spans[i].from <= child->started + slack
		    && spans[i].to >= child->started - audit->slack_sec)
			return true;
	}
	return false;
}

static bool
is_each(enum edge_kind kind, const struct audit_phase *child,
        const struct audit_phase *parent, uint32_t task)
{
	return kind == EDGE_AFTER_EACH && task < parent->state->total
		&& child->state->sweep_count == 1
		&& parent->state->sweep_count == 1;
}

static void
check_edge(struct audit *audit, const struct audit_phase *phase, uint32_t task,
           const struct audit_attempt *child, const struct parent *edge)
{
	const struct audit_phase *parent = audit_find(audit, edge->phase);
	bool right;
	char *when;

	if (!parent || !parent->first || !edge_needs_completion(edge->kind))
		return; /* of an experiment that changed since */
	if (parent->changed && child->started
	    <= parent->changed + audit->slack_sec)
		return; /* it had other tasks then */
	if (is_each(edge->kind, phase, parent, task))
		right = had_completed(audit, parent->spans
			+ parent->first_span[task], parent->first_span[task + 1]
			- parent->first_span[task], child);
	else
		right = had_completed(audit, parent->whole, parent->whole_count,
		                      child);
	if (right)
		return;
	when = audit_time_text(child->started);
	audit_differ(audit, AUDIT_ORDER, phase->name, task,
	             xasprintf("attempt %u of generation %u began, and its "
	                       "parent %s had not completed",
	                       child->number + 1, child->gen, parent->name),
	             xasprintf("job %u on %s, started %s", child->job,
	                       child->node ? child->node : "?", when));
	free(when);
}

/* The phase's intents: one or few for each submission. */
static size_t
find_intents(const struct audit_phase *phase,
             const struct audit_record ***intents)
{
	size_t count = 0;

	*intents = xcalloc(phase->record_count + 1, sizeof **intents);
	for (size_t i = 0; i < phase->record_count; i++) {
		if (phase->records[i].kind == EVENT_INTENDED)
			(*intents)[count++] = &phase->records[i];
	}
	return count;
}

/* That of a generation, or the one before: a job that waited when its phase was
 * reset runs in the generation of the reset. */
static const struct audit_record *
intent_of(const struct audit_record **intents, size_t count, uint32_t gen)
{
	const struct audit_record *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (intents[i]->gen <= gen
		    && (!found || intents[i]->gen > found->gen))
			found = intents[i];
	}
	return found;
}

static void
check_task(struct audit *audit, const struct audit_phase *phase, uint32_t task,
           const struct audit_record **intents, size_t count)
{
	for (size_t i = phase->first[task]; i < phase->first[task + 1]; i++) {
		const struct audit_attempt *child = &phase->attempts[i];
		const struct audit_record *intent = child->started
			? intent_of(intents, count, child->gen) : NULL;

		for (size_t p = 0; intent && p < intent->parents.count; p++)
			check_edge(audit, phase, task, child,
			           &intent->parents.items[p]);
	}
}

static void
check_attempts(struct audit *audit, const struct audit_phase *phase)
{
	const struct audit_record **intents;
	size_t count = find_intents(phase, &intents);

	for (uint32_t t = 0; t < phase->state->total; t++)
		check_task(audit, phase, t, intents, count);
	free(intents);
}

void
audit_check_order(struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++) {
		if (audit->phases[i]->first)
			find_whole(audit->phases[i]);
	}
	for (size_t i = 0; i < audit->count; i++) {
		if (audit->phases[i]->first)
			check_attempts(audit, audit->phases[i]);
	}
}
