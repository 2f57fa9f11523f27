/*
 * phase_state.c - one phase: its cells, sweeps and marks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

const struct sweep *
phase_sweep_now(const struct phase_state *phase)
{
	static const struct sweep none;

	return phase && phase->sweep_count
		? &phase->sweeps[phase->sweep_count - 1].sweep : &none;
}

const uint32_t *
phase_map_to_now(struct phase_sweep *from, const struct phase_state *phase)
{
	if (!from->to_now) {
		from->to_now = xcalloc((size_t)sweep_size(&from->sweep),
		                       sizeof *from->to_now);
		sweep_map(&from->sweep, phase_sweep_now(phase), from->to_now);
	}
	return from->to_now;
}

/* Move the cells and sets from one sweep's indices to another's. */
static void
remap_set(struct rangeset *set, const uint32_t *map, uint32_t count)
{
	struct rangeset mapped = { 0 };

	rangeset_for_each_below(set, count, t) {
		if (map[t] != UINT32_MAX)
			rangeset_add(&mapped, map[t], map[t]);
	}
	rangeset_clear(set);
	*set = mapped;
}

/* Tasks that the phase had once, and then had not, are there again: where their
 * events stand is not known any more. */
static void
lose_returning(struct phase_state *phase, const struct sweep *to,
               const uint32_t *map, uint32_t old_total)
{
	bool *stayed = xcalloc(phase->total, sizeof *stayed);

	for (uint32_t i = 0; i < old_total; i++) {
		if (map[i] < phase->total)
			stayed[map[i]] = true;
	}
	for (size_t i = 0; i + 1 < phase->sweep_count; i++) {
		const struct sweep *once = &phase->sweeps[i].sweep;
		uint32_t count = (uint32_t)sweep_size(once);
		uint32_t *returned = xcalloc(count, sizeof *returned);

		sweep_map(once, to, returned);
		for (uint32_t t = 0; t < count; t++) {
			if (returned[t] < phase->total && !stayed[returned[t]])
				trail_lose(&phase->trail, phase->total,
				           returned[t]);
		}
		free(returned);
	}
	free(stayed);
}

static void
remap_phase(struct phase_state *phase, const struct sweep *to, uint32_t total)
{
	struct task_cell *cells = xcalloc(total, sizeof *cells);
	uint32_t *map = xcalloc(phase->total, sizeof *map), old_total;

	sweep_map(phase_sweep_now(phase), to, map);
	for (uint32_t i = 0; i < phase->total; i++) {
		if (map[i] != UINT32_MAX && map[i] < total)
			cells[map[i]] = phase->cells[i];
	}
	for (size_t i = 0; i < phase->mark_count; i++)
		remap_set(&phase->marks[i].tasks, map, phase->total);
	for (size_t i = 0; i < phase->note_count; i++)
		remap_set(&phase->notes[i].tasks, map, phase->total);
	for (size_t i = 0; i < phase->job_count; i++)
		remap_set(&phase->jobs[i].tasks, map, phase->total);
	trail_renumber(&phase->trail, map, total);
	free(phase->cells);
	phase->cells = cells;
	old_total = phase->total;
	phase->total = total;
	lose_returning(phase, to, map, old_total);
	free(map);
}

static void
insert_sweep(struct phase_state *phase, size_t at, uint32_t since,
             const struct sweep *sweep)
{
	GROW(phase->sweeps, phase->sweep_count);
	memmove(&phase->sweeps[at + 1], &phase->sweeps[at],
	        (phase->sweep_count - at) * sizeof *phase->sweeps);
	phase->sweeps[at] = (struct phase_sweep){ .since = since };
	sweep_copy(&phase->sweeps[at].sweep, sweep);
	phase->sweep_count++;
	for (size_t i = 0; i < phase->sweep_count; i++) {
		free(phase->sweeps[i].to_now); /* the newest may be another */
		phase->sweeps[i].to_now = NULL;
	}
}

void
phase_set_sweep(struct phase_state *phase, uint32_t since, bool array,
                uint32_t total, const struct sweep *sweep)
{
	size_t at = phase->sweep_count;

	while (at > 0 && phase->sweeps[at - 1].since > since)
		at--;
	if (at > 0 && phase->sweeps[at - 1].since == since)
		return;
	if (!phase->cells) {
		phase->cells = xcalloc(total, sizeof *phase->cells);
		phase->total = total;
	} else if (at == phase->sweep_count
	           && !sweep_equal(phase_sweep_now(phase), sweep)) {
		remap_phase(phase, sweep, total);
	}
	if (at == phase->sweep_count)
		phase->array = array;
	if (at == 0 || !sweep_equal(&phase->sweeps[at - 1].sweep, sweep))
		insert_sweep(phase, at, since, sweep);
}

const struct sweep *
phase_sweep_of(const struct phase_state *phase, uint32_t gen)
{
	size_t i = phase ? phase->sweep_count : 0;

	while (i > 1 && phase->sweeps[i - 1].since > gen)
		i--;
	return i ? &phase->sweeps[i - 1].sweep : phase_sweep_now(phase);
}

bool
phase_is_excluded(const struct phase_state *phase)
{
	return phase->excluded_seq & 1;
}

/* How many of the known ones are of this generation or of earlier ones? */
static size_t
variables_until(const struct phase_state *phase, uint32_t gen)
{
	size_t count = phase->variables_count;

	while (count > 0 && phase->variables[count - 1].gen > gen)
		count--;
	return count;
}

const char *
phase_variables_of(const struct phase_state *phase, uint32_t gen)
{
	size_t count = variables_until(phase, gen);

	return count ? phase->variables[count - 1].mark : NULL;
}

void
phase_set_variables(struct phase_state *phase, uint32_t gen, const char *mark)
{
	size_t at = variables_until(phase, gen);

	if (at > 0 && phase->variables[at - 1].gen == gen) {
		struct phase_variables *known = &phase->variables[at - 1];

		/* of two that did not see each other: in any order the same */
		if (strcmp(mark, known->mark) > 0) {
			free(known->mark);
			known->mark = xstrdup(mark);
		}
		return;
	}
	GROW(phase->variables, phase->variables_count);
	memmove(&phase->variables[at + 1], &phase->variables[at],
	        (phase->variables_count - at) * sizeof *phase->variables);
	phase->variables[at] = (struct phase_variables){ gen, xstrdup(mark) };
	phase->variables_count++;
}

void
phase_count(const struct phase_state *phase, uint32_t *counts)
{
	memset(counts, 0, TASK_STATE_COUNT * sizeof *counts);
	for (uint32_t i = 0; i < phase->total; i++)
		counts[phase->cells[i].state]++;
}

void
phase_tasks_in(const struct phase_state *phase, unsigned states,
               struct rangeset *out)
{
	for (uint32_t i = 0; i < phase->total; i++) {
		if (states & (1u << phase->cells[i].state))
			rangeset_add(out, i, i);
	}
}

enum phase_word
phase_word(const struct phase_state *phase)
{
	uint32_t n[TASK_STATE_COUNT];
	uint32_t done, waiting, bad;

	if (!phase->cells)
		return WORD_PENDING;
	phase_count(phase, n);
	done = n[TASK_COMPLETED] + n[TASK_SKIPPED];
	waiting = n[TASK_INTENDED] + n[TASK_SUBMITTED];
	bad = n[TASK_FAILED] + n[TASK_LOST];
	if (done == phase->total)
		return WORD_COMPLETED;
	if (n[TASK_STARTED] + n[TASK_REQUEUED] > 0)
		return WORD_IN_PROGRESS;
	if (waiting > 0)
		return done + bad > 0 ? WORD_IN_PROGRESS : WORD_PENDING;
	return bad > 0 ? WORD_FAILED : WORD_PENDING;
}

uint32_t
phase_sweep_seq(const struct phase_state *phase)
{
	return phase->sweep_count
		? phase->sweeps[phase->sweep_count - 1].since + 1 : 0;
}

bool
mark_is_end(enum mark_kind kind)
{
	return kind <= MARK_CANCELLED;
}

enum mark_kind
mark_why(enum mark_kind kind)
{
	return kind == MARK_FAILED ? MARK_FAILED_WHY
		: kind == MARK_LOST ? MARK_LOST_WHY : MARK_CANCELLED_WHY;
}

uint64_t
phase_marks(const struct phase_state *phase, enum mark_kind kind, uint32_t gen,
            uint32_t task)
{
	uint64_t count = 0;

	for (size_t i = 0; i < phase->mark_count; i++) {
		const struct phase_mark *mark = &phase->marks[i];

		if (mark->kind != kind || (gen && mark->gen != gen))
			continue;
		if (!gen)
			count += rangeset_count(&mark->tasks);
		else if (rangeset_has(&mark->tasks, task))
			count++;
	}
	return count;
}

uint64_t
phase_retries(const struct phase_state *phase, uint32_t gen, uint32_t task)
{
	uint64_t count = 0;

	for (size_t i = 0; i < phase->mark_count; i++) {
		const struct phase_mark *mark = &phase->marks[i];

		count += mark->kind == MARK_REQUEUED && mark->gen == gen
			&& requeue_why_is_retry(&mark->requeue)
			&& rangeset_has(&mark->tasks, task);
	}
	return count;
}

uint64_t
phase_used_sec(const struct phase_state *phase, uint32_t gen, uint32_t task)
{
	uint64_t seconds = 0;

	for (size_t i = 0; i < phase->mark_count; i++) {
		const struct phase_mark *mark = &phase->marks[i];

		if (mark->kind == MARK_RAN && mark->gen == gen
		    && rangeset_has(&mark->tasks, task))
			seconds += mark->seconds;
	}
	return seconds;
}

/* An entry of jobs or marks by what it is of; *index is count where there was
 * none, and the place is then taken. */
__attribute__((format(printf, 4, 5)))
static bool
find_place(struct phase_state *phase, size_t count, size_t *index,
           const char *fmt, ...)
{
	struct strbuf key = { 0 };
	bool known;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&key, fmt, ap);
	va_end(ap);
	if (!phase->places)
		phase->places = strmap_create();
	*index = count;
	known = strmap_get_number(phase->places, key.data, index);
	if (!known)
		strmap_set_number(phase->places, key.data, count);
	strbuf_clear(&key);
	return known;
}

void
phase_add_mark(struct phase_state *phase, const struct phase_mark *mark)
{
	const struct requeue_why *why = &mark->requeue;
	size_t at;

	if (!find_place(phase, phase->mark_count, &at,
	                "mark%u %u.%u.%u %s %d %s", (unsigned)mark->kind,
	                mark->gen, mark->attempt, mark->seconds,
	                requeue_why_name(why), why->stalled,
	                mark->reason ? mark->reason : "")) {
		GROW(phase->marks, phase->mark_count);
		phase->marks[phase->mark_count++] = *mark;
		requeue_why_copy(&phase->marks[at].requeue, why);
		phase->marks[at].reason = xstrdup(mark->reason);
		phase->marks[at].tasks = (struct rangeset){ 0 };
	}
	rangeset_union(&phase->marks[at].tasks, &mark->tasks);
}

/* of: its kind, its attempt, its second. */
static void
add_note(struct phase_state *phase, struct phase_note of, const char *name,
         const char *mark, const struct rangeset *tasks)
{
	size_t at;

	if (!find_place(phase, phase->note_count, &at, "note%u %u.%u.%llu.%s.%s",
	                (unsigned)of.kind, of.gen, of.attempt,
	                (unsigned long long)of.second, mark, name)) {
		GROW(phase->notes, phase->note_count);
		phase->notes[phase->note_count++] = of;
		phase->notes[at].name = xstrdup(name);
		phase->notes[at].mark = xstrdup(mark);
	}
	rangeset_union(&phase->notes[at].tasks, tasks);
}

static int
compare_late(const struct phase_note *note, uint32_t gen, uint32_t attempt,
             uint64_t second)
{
	if (note->gen != gen)
		return note->gen < gen ? -1 : 1;
	if (note->attempt != attempt)
		return note->attempt < attempt ? -1 : 1;
	return note->second < second ? -1 : note->second > second;
}

/* Most sets are one task, and most notes are not of it. */
static bool
may_share(const struct rangeset *set, const struct rangeset *tasks)
{
	return tasks->count != 1 || tasks->items[0].first != tasks->items[0].last
		|| rangeset_has(set, tasks->items[0].first);
}

/* Only the newest one of each task counts. */
void
phase_add_late(struct phase_state *phase, uint32_t gen, uint32_t attempt,
               uint64_t second, const struct rangeset *all)
{
	struct rangeset tasks = { 0 };

	rangeset_copy(&tasks, all);
	for (size_t i = 0; i < phase->note_count && tasks.count; i++) {
		struct phase_note *note = &phase->notes[i];
		int order = compare_late(note, gen, attempt, second);

		if (note->kind != NOTE_LATE || !may_share(&note->tasks, &tasks))
			continue;
		if (order < 0)
			rangeset_subtract(&note->tasks, &tasks);
		else if (order > 0)
			rangeset_subtract(&tasks, &note->tasks);
	}
	if (tasks.count)
		add_note(phase, (struct phase_note){ .kind = NOTE_LATE,
			.gen = gen, .attempt = attempt, .second = second },
			"", "", &tasks);
	rangeset_clear(&tasks);
}

void
phase_add_note(struct phase_state *phase, enum phase_note_kind kind,
               uint32_t gen, uint32_t attempt, const char *name,
               const char *mark, const struct rangeset *tasks)
{
	add_note(phase, (struct phase_note){ .kind = kind, .gen = gen,
		.attempt = attempt }, name, mark, tasks);
}

/* Two attempts have come since. */
static bool
is_past(const struct task_cell *cell, const struct phase_note *note)
{
	return cell->gen > note->gen ? cell->attempt >= 2
		: cell->gen == note->gen && cell->attempt >= note->attempt + 2;
}

void
phase_note_tasks(const struct phase_state *phase, const struct phase_note *note,
                 struct rangeset *out)
{
	rangeset_clear(out);
	rangeset_for_each_below(&note->tasks, phase->total, t) {
		if (note->kind == NOTE_REFUSED
		    || !is_past(&phase->cells[t], note))
			rangeset_add(out, t, t);
	}
}

void
phase_add_job(struct phase_state *phase, uint32_t gen, uint32_t attempt,
              uint32_t job, uint32_t base, const struct rangeset *tasks)
{
	size_t at;

	if (!find_place(phase, phase->job_count, &at, "%u.%u", gen, job)) {
		GROW(phase->jobs, phase->job_count);
		phase->jobs[phase->job_count++] = (struct phase_job){
			.gen = gen, .attempt = attempt, .job = job,
			.base = base };
	}
	rangeset_union(&phase->jobs[at].tasks, tasks);
}

void
phase_set_submitted(struct phase_state *phase, uint32_t gen, uint32_t job,
                    int64_t submitted)
{
	struct phase_job *entry;
	char key[32];
	size_t at;

	snprintf(key, sizeof key, "%u.%u", gen, job);
	if (submitted <= 0 || !phase->places
	    || !strmap_get_number(phase->places, key, &at))
		return;
	entry = &phase->jobs[at];
	if (!entry->submitted || submitted < entry->submitted)
		entry->submitted = submitted;
}
