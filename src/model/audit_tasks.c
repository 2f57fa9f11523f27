/*
 * audit_tasks.c - one task's life: attempts, ends, completions.
 *
 * In: its records by generation and attempt.  Out: attempts, the spans in which it
 * had completed, differences.
 *
 * Beware of what is no difference: a job that was cancelled in the journal may
 * start before Slurm hears of it; an end that somebody concluded (lost) may come
 * before its runner's own.  Where the task was submitted again by then, its work was
 * done twice, and that is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "audit_parts.h"

#define NO_ATTEMPT SIZE_MAX

struct walk {
	struct audit *audit;
	struct audit_phase *phase;
	uint32_t task;
	bool done, in_doubt; /* it had completed; somebody concluded otherwise */
	uint32_t done_gen, done_attempt;
	bool edited;         /* since the attempt before */
	bool asked;          /* this generation is an intent's or an edit's */
	size_t before;       /* the attempt before; NO_ATTEMPT: there is none */
	size_t longest;      /* the one whose own end is the latest */
	bool span_open;
};

char *
audit_time_text(int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[32] = "?";
	struct tm tm;

	if (seconds && localtime_r(&when, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	return xstrdup(text);
}

static char *
where_text(const struct audit_attempt *attempt)
{
	char *when = audit_time_text(attempt->started), *text;

	text = xasprintf("job %u on %s, started %s", attempt->job,
	                 attempt->node ? attempt->node : "?", when);
	free(when);
	return text;
}

static void
differ(struct walk *walk, enum audit_kind kind, char *what,
       const struct audit_attempt *attempt)
{
	audit_differ(walk->audit, kind, walk->phase->name, walk->task, what,
	             where_text(attempt));
}

/* ---- when it had completed ---- */

static void
open_span(struct walk *walk, int64_t from, uint32_t file)
{
	struct audit_phase *phase = walk->phase;

	if (walk->span_open)
		return;
	GROW(phase->spans, phase->span_count);
	phase->spans[phase->span_count++] = (struct audit_span){
		.from = from, .to = INT64_MAX, .file = file };
	walk->span_open = true;
}

static void
close_span(struct walk *walk, int64_t to)
{
	struct audit_phase *phase = walk->phase;

	if (!walk->span_open)
		return;
	walk->span_open = false;
	phase->spans[phase->span_count - 1].to = to;
	if (phase->spans[phase->span_count - 1].from > to)
		phase->span_count--; /* it came too late to count */
}

/* ---- why it may run again ---- */

/* Was its value out of the array in between?  Then nothing was known of it. */
static bool
was_out(const struct walk *walk, uint32_t gen)
{
	const struct phase_state *state = walk->phase->state;

	for (size_t i = 0; i + 1 < state->sweep_count; i++) {
		struct phase_sweep *sweep = &state->sweeps[i];
		uint64_t size = sweep_size(&sweep->sweep);
		const uint32_t *map;
		bool is_in = false;

		if (sweep->since <= walk->done_gen || sweep->since > gen)
			continue;
		map = phase_map_to_now(sweep, state);
		for (uint64_t t = 0; t < size && !is_in; t++)
			is_in = map[t] == walk->task;
		if (!is_in)
			return true;
	}
	return false;
}

static bool
has_cause(const struct walk *walk, uint32_t gen)
{
	return walk->phase->ran_without < gen || was_out(walk, gen);
}

/* It runs: had it completed already? */
static void
check_done(struct walk *walk, const struct audit_attempt *attempt)
{
	if (!walk->done)
		return;
	if (attempt->gen == walk->done_gen) {
		if (attempt->end != EVENT_COMPLETED) /* else it is told as that */
			differ(walk, AUDIT_AGAIN, xasprintf("attempt %u of "
				"generation %u ran, though attempt %u had "
				"completed", attempt->number + 1, attempt->gen,
				walk->done_attempt + 1), attempt);
	} else if (!has_cause(walk, attempt->gen)) {
		differ(walk, AUDIT_AGAIN, xasprintf("generation %u ran it, "
			"though it completed in generation %u%s", attempt->gen,
			walk->done_gen, walk->in_doubt ? ", which somebody had "
			"taken for over" : ", and nobody had reset it"), attempt);
	}
	if (attempt->gen != walk->done_gen)
		walk->done = false;
}

/* ---- two at a time ---- */

static bool
ran_beside(const struct audit *audit, const struct audit_attempt *a,
           const struct audit_attempt *b)
{
	if (!a->is_own_end || !a->ended || !b->started)
		return false;
	if (b->is_own_end && b->ended < a->started)
		return false;
	if (a->end_at.file == b->start_at.file)
		return a->end_at.line > b->start_at.line
			&& a->ended > b->started;
	return a->ended > b->started + audit->slack_sec;
}

static void
check_overlap(struct walk *walk, const struct audit_attempt *attempt)
{
	const struct audit_attempt *all = walk->phase->attempts;
	const struct audit_attempt *other;
	char *end;

	if (walk->longest != NO_ATTEMPT
	    && ran_beside(walk->audit, &all[walk->longest], attempt)) {
		other = &all[walk->longest];
		end = audit_time_text(other->ended);
		differ(walk, AUDIT_OVERLAP, xasprintf("attempt %u of generation "
			"%u began before attempt %u of generation %u (job %u on "
			"%s) had ended at %s", attempt->number + 1, attempt->gen,
			other->number + 1, other->gen, other->job,
			other->node ? other->node : "?", end), attempt);
		free(end);
	}
	if (walk->before == NO_ATTEMPT || walk->edited)
		return;
	other = &all[walk->before];
	if (other->end == EVENT_STARTED)
		differ(walk, AUDIT_OVERLAP, xasprintf("attempt %u of generation "
			"%u began, and attempt %u of generation %u (job %u on "
			"%s) has no end on record", attempt->number + 1,
			attempt->gen, other->number + 1, other->gen, other->job,
			other->node ? other->node : "?"), attempt);
}

/* ---- one attempt ---- */

/* Its runner's own word, or that of the attempt after it, has a job. */
static void
take_end(struct audit_attempt *attempt, const struct audit_record *record)
{
	bool is_own = record->job != 0;

	if (attempt->end != EVENT_STARTED && (attempt->is_own_end > is_own
	    || (attempt->is_own_end == is_own && attempt->end > record->kind)))
		return;
	attempt->end = record->kind;
	attempt->is_own_end = is_own;
	attempt->ended = record->time;
	attempt->end_at = record->place;
	attempt->reason = record->reason;
}

static void
take_start(struct walk *walk, struct audit_attempt *attempt,
           const struct audit_record *record)
{
	bool is_first = !attempt->started;

	/* a line that was written again, after an error, has the same time */
	if (!is_first && (record->job != attempt->job
	                  || record->time != attempt->started))
		differ(walk, AUDIT_STARTS, xasprintf("attempt %u of generation "
			"%u was started twice, by job %u on %s as well",
			attempt->number + 1, attempt->gen, record->job,
			record->node ? record->node : "?"), attempt);
	if (!is_first)
		return;
	attempt->started = record->time;
	attempt->start_at = record->place;
	attempt->job = record->job;
	attempt->node = record->node;
}

static void
check_completed(struct walk *walk, const struct audit_attempt *attempt,
                const struct audit_record **records, size_t count)
{
	uint32_t job = 0;

	if (walk->done && walk->done_gen == attempt->gen
	    && walk->done_attempt != attempt->number)
		differ(walk, AUDIT_TWICE, xasprintf("it completed in attempts %u "
			"and %u of generation %u", walk->done_attempt + 1,
			attempt->number + 1, attempt->gen), attempt);
	for (size_t i = 0; i < count; i++) {
		if (records[i]->kind != EVENT_COMPLETED || !records[i]->job)
			continue;
		if (job && records[i]->job != job)
			differ(walk, AUDIT_TWICE, xasprintf("it completed in "
				"generation %u in job %u and in job %u",
				attempt->gen, job, records[i]->job), attempt);
		job = records[i]->job;
	}
}

static struct audit_attempt *
add_attempt(struct audit_phase *phase, const struct audit_record *record)
{
	struct audit_attempt *attempt;

	GROW(phase->attempts, phase->attempt_count);
	attempt = &phase->attempts[phase->attempt_count++];
	*attempt = (struct audit_attempt){ .gen = record->gen,
		.number = record->attempt, .end = EVENT_STARTED };
	return attempt;
}

static void
check_attempt(struct walk *walk, const struct audit_attempt *attempt)
{
	size_t index = (size_t)(attempt - walk->phase->attempts);
	const struct audit_attempt *all = walk->phase->attempts;

	if (!walk->asked)
		differ(walk, AUDIT_UNASKED, xasprintf("attempt %u ran in "
			"generation %u, which it is not part of",
			attempt->number + 1, attempt->gen), attempt);
	check_done(walk, attempt);
	check_overlap(walk, attempt);
	walk->before = index;
	walk->edited = false;
	if (attempt->is_own_end && (walk->longest == NO_ATTEMPT
	    || all[walk->longest].ended < attempt->ended))
		walk->longest = index;
}

/* A runner that gave up has begun nothing, though its "started" may stand there. */
static bool
has_begun(const struct audit_record **records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (records[i]->kind == EVENT_GAVE_UP)
			return false;
	}
	return true;
}

/* The records of one attempt.  Those that never began, and were cancelled, or
 * skipped, are none. */
static void
walk_attempt(struct walk *walk, const struct audit_record **records,
             size_t count)
{
	struct audit_attempt *attempt = add_attempt(walk->phase, records[0]);
	const struct audit_record *completed = NULL;
	bool concluded = false; /* something else than completed */

	for (size_t i = 0; i < count; i++) {
		if (records[i]->kind == EVENT_STARTED)
			take_start(walk, attempt, records[i]);
		else if (records[i]->kind != EVENT_GAVE_UP)
			take_end(attempt, records[i]);
		concluded |= records[i]->kind != EVENT_STARTED
			&& records[i]->kind != EVENT_COMPLETED;
		if (records[i]->kind == EVENT_COMPLETED && !completed)
			completed = records[i];
	}
	if (attempt->started && (attempt->end != EVENT_STARTED
	                         || has_begun(records, count)))
		check_attempt(walk, attempt);
	else if (!completed && attempt->end != EVENT_FAILED)
		walk->phase->attempt_count--;
	if (!completed) {
		walk->in_doubt |= walk->done_gen == records[0]->gen;
		return;
	}
	check_completed(walk, attempt, records, count);
	walk->done = true;
	walk->done_gen = attempt->gen;
	walk->done_attempt = attempt->number;
	walk->in_doubt = concluded;
	open_span(walk, completed->time, completed->place.file);
}

static void
walk_edit(struct walk *walk, const struct audit_record *record)
{
	walk->edited = walk->asked = true;
	if (record->word == WORD_COMPLETED) {
		open_span(walk, record->time, record->place.file);
		return;
	}
	close_span(walk, record->time);
	walk->done = false;
}

void
audit_walk_task(struct audit *audit, struct audit_phase *phase,
                uint32_t task, const struct audit_record **records,
                size_t count)
{
	struct walk walk = { .audit = audit, .phase = phase, .task = task,
		.before = NO_ATTEMPT, .longest = NO_ATTEMPT };

	for (size_t i = 0, end; i < count; i = end) {
		const struct audit_record *record = records[i];

		end = i + 1;
		if (i == 0 || record->gen != records[i - 1]->gen)
			walk.asked = false;
		if (record->kind == EVENT_EDITED) {
			walk_edit(&walk, record);
		} else if (record->kind == EVENT_INTENDED) {
			walk.asked = true;
			close_span(&walk, record->time);
		} else {
			while (end < count && records[end]->gen == record->gen
			       && records[end]->attempt == record->attempt)
				end++;
			walk_attempt(&walk, records + i, end - i);
		}
	}
}
