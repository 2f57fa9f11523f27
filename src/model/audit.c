/*
 * audit.c - the journal's events, kept small, and sorted out by task.
 *
 * In: events.  Out: the state folded from nothing, and each task's records for
 * audit_tasks.c.  All is linear in the events but for sorting one task's few.
 */
#include "latsub/audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit_parts.h"

static const struct {
	const char *name, *advice;
} kinds[AUDIT_KIND_COUNT] = {
	[AUDIT_TWICE] = { "completed-twice", "keep the results of one of them, "
	                  "and report this" },
	[AUDIT_AGAIN] = { "done-again", "look whether its results were replaced, "
	                  "and report this" },
	[AUDIT_OVERLAP] = { "overlap", "both may have written the same files: "
	                    "'latsub reset' its phase if they did" },
	[AUDIT_STARTS] = { "started-twice", "both may have written the same "
	                   "files: 'latsub reset' its phase if they did" },
	[AUDIT_ORDER] = { "order", "what it read may have been half of its "
	                  "parent's: 'latsub reset' its phase" },
	[AUDIT_UNASKED] = { "not-submitted", "look where that job is from" },
	[AUDIT_UNKNOWN] = { "unknown", "a node's file is late or was deleted: "
	                    "bring it back" },
	[AUDIT_STATE] = { "state-file", "was a file of the journal deleted? Else "
	                  "move the state file away: it is made anew" },
	[AUDIT_JOB] = { "unknown-job", "'latsub --resume' adopts it, 'scancel' "
	                "ends it" },
	[AUDIT_LEFT] = { "left-in-slurm", "'scancel' it" },
	[AUDIT_SET] = { "set-by-hand", "let it end, or 'latsub cancel' it: what it "
	                "does is not counted" },
	[AUDIT_GONE] = { "gone-from-slurm", "'latsub --resume' records how it "
	                 "ended, and runs it" },
	[AUDIT_ACCOUNTING] = { "accounting", "look at the log of that job" },
};

const char *
audit_kind_name(enum audit_kind kind)
{
	return kinds[kind].name;
}

struct audit *
audit_create(int64_t slack_sec)
{
	struct audit *audit = xcalloc(1, sizeof *audit);

	audit->state = state_create();
	audit->by_name = strmap_create();
	audit->texts = strmap_create();
	audit->slack_sec = slack_sec;
	return audit;
}

static void
destroy_phase(struct audit_phase *phase)
{
	for (size_t i = 0; i < phase->record_count; i++) {
		rangeset_clear(&phase->records[i].tasks);
		parents_clear(&phase->records[i].parents);
	}
	free(phase->records);
	free(phase->told);
	free(phase->attempts);
	free(phase->first);
	free(phase->spans);
	free(phase->first_span);
	free(phase->whole);
	free(phase->name);
	free(phase);
}

void
audit_destroy(struct audit *audit)
{
	if (!audit)
		return;
	for (size_t i = 0; i < audit->count; i++)
		destroy_phase(audit->phases[i]);
	for (size_t i = 0; i < audit->late_count; i++)
		event_clear(&audit->late[i]);
	for (size_t i = 0; i < audit->difference_count; i++) {
		free(audit->differences[i].what);
		free(audit->differences[i].where);
	}
	free(audit->phases);
	free(audit->late);
	free(audit->differences);
	strmap_destroy(audit->by_name);
	strmap_destroy(audit->texts);
	strlist_clear(&audit->text_list);
	state_destroy(audit->state);
	free(audit);
}

const struct audit_phase *
audit_find(const struct audit *audit, const char *name)
{
	return strmap_get(audit->by_name, name);
}

char *
audit_task_name(const struct audit *audit,
                const struct audit_difference *difference)
{
	const struct phase_state *phase = difference->phase
		? state_find(audit->state, difference->phase) : NULL;
	struct strbuf out = { 0 };
	const struct sweep *sweep;

	strbuf_puts(&out, difference->phase ? difference->phase : "the run");
	if (!phase || !phase->array || difference->task >= phase->total)
		return strbuf_steal(&out);
	sweep = phase_sweep_now(phase);
	for (size_t i = 0; i < sweep->count; i++)
		strbuf_printf(&out, "%s%s=%s", i ? " " : "[",
		              sweep->keys[i].name,
		              sweep_value(sweep, difference->task, i));
	strbuf_puts(&out, sweep->count ? "]" : "");
	return strbuf_steal(&out);
}

/* ---- events in ---- */

/* Nodes and reasons are few, and events are many. */
static const char *
keep_text(struct audit *audit, const char *text)
{
	const char *kept = text ? strmap_get(audit->texts, text) : NULL;

	if (!text || kept)
		return kept;
	strlist_add(&audit->text_list, text);
	kept = audit->text_list.items[audit->text_list.count - 1];
	strmap_set(audit->texts, text, (void *)(uintptr_t)kept);
	return kept;
}

void
audit_differ(struct audit *audit, enum audit_kind kind, const char *phase,
             uint32_t task, char *what, char *where)
{
	GROW(audit->differences, audit->difference_count);
	audit->differences[audit->difference_count++] =
		(struct audit_difference){ kind, keep_text(audit, phase), task, what, where,
			kinds[kind].advice };
}

static struct audit_phase *
phase_for(struct audit *audit, const char *name)
{
	struct audit_phase *phase = strmap_get(audit->by_name, name);

	if (phase)
		return phase;
	phase = xcalloc(1, sizeof *phase);
	phase->name = xstrdup(name);
	phase->ran_without = UINT32_MAX;
	GROW(audit->phases, audit->count);
	audit->phases[audit->count++] = phase;
	strmap_set(audit->by_name, name, phase);
	return phase;
}

static void
keep_told(struct audit_phase *phase, uint32_t gen, int64_t time)
{
	GROW(phase->told, phase->told_count);
	phase->told[phase->told_count++] = (struct audit_told){ gen, time };
}

static const char *
keep_reason(struct audit *audit, const struct event *event)
{
	struct strbuf text = { 0 };
	const char *kept;

	if (event->kind != EVENT_REQUEUED)
		return keep_text(audit, event->reason);
	requeue_why_print(&event->requeue, &text);
	kept = keep_text(audit, text.len ? text.data : NULL);
	strbuf_clear(&text);
	return kept;
}

static void
keep_record(struct audit *audit, const struct event *event,
            struct audit_place place)
{
	struct audit_phase *phase = phase_for(audit, event->phase);
	struct audit_record *record;

	if (event->kind == EVENT_PHASE && event->gen > 0)
		keep_told(phase, event->gen, event->time);
	if (event->kind == EVENT_COMPLETED && event->ran_without.count
	    && event->gen < phase->ran_without)
		phase->ran_without = event->gen;
	if (event->kind < EVENT_INTENDED || event->kind == EVENT_SUBMITTED
	    || event->kind == EVENT_CHECKPOINT || event->kind == EVENT_REFUSED
	    || (event->kind > EVENT_EDITED && event->kind != EVENT_GAVE_UP))
		return;
	GROW(phase->records, phase->record_count);
	record = &phase->records[phase->record_count++];
	*record = (struct audit_record){ .kind = event->kind,
		.all = event->all, .word = event->word,
		.gen = event->gen, .attempt = event->attempt,
		.job = event->job, .time = event->time, .place = place,
		.node = keep_text(audit, event->node),
		.reason = keep_reason(audit, event) };
	rangeset_copy(&record->tasks, &event->tasks);
	if (event->kind == EVENT_INTENDED)
		parents_copy(&record->parents, &event->parents);
}

void
audit_add(struct audit *audit, struct event *event, struct audit_place place)
{
	audit->events++;
	if (event->phase)
		keep_record(audit, event, place);
	if (state_apply(audit->state, event) == STATE_APPLIED) {
		event_clear(event);
		return;
	}
	GROW(audit->late, audit->late_count);
	audit->late[audit->late_count++] = *event;
	*event = (struct event){ 0 };
}

/* Of several files, an event may come before what it speaks of. */
static void
fold_late(struct audit *audit)
{
	size_t before;

	do {
		size_t kept = 0;

		before = audit->late_count;
		for (size_t i = 0; i < before; i++) {
			if (state_apply(audit->state, &audit->late[i])
			    == STATE_APPLIED)
				event_clear(&audit->late[i]);
			else
				audit->late[kept++] = audit->late[i];
		}
		audit->late_count = kept;
	} while (audit->late_count > 0 && audit->late_count < before);
}

static void
tell_late(struct audit *audit)
{
	for (size_t i = 0; i < audit->late_count; i++) {
		const struct event *event = &audit->late[i];
		const struct audit_phase *phase = audit_find(audit,
		                                             event->phase);

		audit_differ(audit, AUDIT_UNKNOWN, phase->name, AUDIT_NO_TASK,
		             xasprintf("'%s' of generation %u, which the journal "
		                       "does not know", event_name(event->kind),
		                       event->gen),
		             event->job ? xasprintf("job %u on %s", event->job,
		                                    event->node ? event->node
		                                    : "?") : xstrdup(""));
	}
}

/* ---- by task ---- */

void
audit_record_tasks(const struct audit_phase *phase,
                   const struct audit_record *record, struct rangeset *out)
{
	const struct event event = { .kind = record->kind, .gen = record->gen,
		.all = record->all, .tasks = record->tasks };

	phase_tasks_of(phase->state, &event, out);
}

bool
audit_was_intended(const struct audit_phase *phase, uint32_t gen,
                   uint32_t task)
{
	bool was = false;

	for (size_t i = 0; phase->state && i < phase->record_count && !was; i++) {
		const struct audit_record *record = &phase->records[i];
		struct rangeset tasks = { 0 };

		if (record->kind != EVENT_INTENDED || record->gen != gen)
			continue;
		audit_record_tasks(phase, record, &tasks);
		was = rangeset_has(&tasks, task);
		rangeset_clear(&tasks);
	}
	return was;
}

/* Edits, then intents, then what happened. */
static int
place_in_generation(const struct audit_record *record)
{
	return record->kind == EVENT_EDITED ? 0
		: record->kind == EVENT_INTENDED ? 1 : 2;
}

static int
compare_records(const void *a, const void *b)
{
	const struct audit_record *x = *(const struct audit_record *const *)a;
	const struct audit_record *y = *(const struct audit_record *const *)b;
	int p = place_in_generation(x), q = place_in_generation(y);

	if (x->gen != y->gen)
		return x->gen < y->gen ? -1 : 1;
	if (p != q)
		return p - q;
	if (x->attempt != y->attempt)
		return x->attempt < y->attempt ? -1 : 1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->place.file != y->place.file)
		return x->place.file < y->place.file ? -1 : 1;
	return x->place.line < y->place.line ? -1
		: x->place.line > y->place.line;
}

/* For each task of each record; out NULL: only count them, at first[task + 1]. */
static void
sort_out(const struct audit_phase *phase, size_t *first,
         const struct audit_record **out)
{
	for (size_t r = 0; r < phase->record_count; r++) {
		const struct audit_record *record = &phase->records[r];
		struct rangeset tasks = { 0 };

		audit_record_tasks(phase, record, &tasks);
		rangeset_for_each_below(&tasks, phase->state->total, t) {
			if (out)
				out[first[t]++] = record;
			else
				first[t + 1]++;
		}
		rangeset_clear(&tasks);
	}
}

/* Did the phase get other values with a generation?  Its place in the experiment may
 * be all that was new. */
static bool
has_new_values(const struct phase_state *state, uint32_t gen)
{
	for (size_t i = 1; i < state->sweep_count; i++) {
		if (state->sweeps[i].since == gen)
			return !sweep_equal(&state->sweeps[i - 1].sweep,
			                    &state->sweeps[i].sweep);
	}
	return false;
}

static void
find_changed(struct audit_phase *phase)
{
	for (size_t i = 0; i < phase->told_count; i++) {
		const struct audit_told *told = &phase->told[i];

		if (told->time > phase->changed
		    && has_new_values(phase->state, told->gen))
			phase->changed = told->time;
	}
}

static void
walk_phase(struct audit *audit, struct audit_phase *phase)
{
	uint32_t total = phase->state->total;
	size_t *first = xcalloc((size_t)total + 1, sizeof *first), begin = 0;
	const struct audit_record **sorted;

	sort_out(phase, first, NULL);
	for (uint32_t t = 0; t < total; t++)
		first[t + 1] += first[t];
	sorted = xcalloc(first[total] + 1, sizeof *sorted);
	sort_out(phase, first, sorted); /* first[t] becomes the end of t's */
	phase->first = xcalloc((size_t)total + 1, sizeof *phase->first);
	phase->first_span = xcalloc((size_t)total + 1,
	                            sizeof *phase->first_span);
	for (uint32_t t = 0; t < total; t++) {
		qsort(sorted + begin, first[t] - begin, sizeof *sorted,
		      compare_records);
		audit_walk_task(audit, phase, t, sorted + begin,
		                first[t] - begin);
		begin = first[t];
		phase->first[t + 1] = phase->attempt_count;
		phase->first_span[t + 1] = phase->span_count;
	}
	free(sorted);
	free(first);
}

/* The phases in the state's order. */
static void
put_in_order(struct audit *audit)
{
	state_sort(audit->state);
	for (size_t i = 0; i < audit->state->count; i++)
		phase_for(audit, audit->state->phases[i]->name)->state =
			audit->state->phases[i];
	for (size_t i = 0; i < audit->state->count; i++) {
		struct audit_phase *phase = strmap_get(audit->by_name,
			audit->state->phases[i]->name);
		size_t at = i;

		while (audit->phases[at] != phase)
			at++;
		audit->phases[at] = audit->phases[i];
		audit->phases[i] = phase;
	}
}

void
audit_finish(struct audit *audit)
{
	fold_late(audit);
	put_in_order(audit);
	tell_late(audit);
	for (size_t i = 0; i < audit->count; i++) {
		struct audit_phase *phase = audit->phases[i];

		if (!phase->state || !phase->state->cells)
			continue;
		find_changed(phase);
		walk_phase(audit, phase);
	}
	audit_check_order(audit);
}

/* ---- the state file ---- */

static void
compare_cells(struct audit *audit, const struct phase_state *ours,
              const struct phase_state *theirs)
{
	for (uint32_t t = 0; t < ours->total; t++) {
		const struct task_cell *a = &ours->cells[t];
		const struct task_cell *b = &theirs->cells[t];

		if (a->gen == b->gen && a->attempt == b->attempt
		    && a->state == b->state)
			continue;
		audit_differ(audit, AUDIT_STATE, ours->name, t,
		             xasprintf("the state file has it %s, the journal "
		                       "%s", task_state_name(b->state),
		                       task_state_name(a->state)),
		             xasprintf("generation %u attempt %u, and "
		                       "generation %u attempt %u", b->gen,
		                       b->attempt + 1u, a->gen,
		                       a->attempt + 1u));
	}
}

void
audit_compare(struct audit *audit, const struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *theirs = state->phases[i];
		const struct phase_state *ours = state_find(audit->state,
		                                            theirs->name);

		if (!ours || !ours->cells) {
			if (theirs->cells)
				audit_differ(audit, AUDIT_STATE, theirs->name,
				             AUDIT_NO_TASK, xstrdup("the state "
				             "file has this phase, the journal "
				             "does not"), xstrdup(""));
		} else if (!theirs->cells || theirs->total != ours->total) {
			audit_differ(audit, AUDIT_STATE, ours->name,
			             AUDIT_NO_TASK, xasprintf("it has %u tasks "
			             "in the state file, %u in the journal",
			             theirs->total, ours->total), xstrdup(""));
		} else {
			compare_cells(audit, ours, theirs);
		}
	}
}
