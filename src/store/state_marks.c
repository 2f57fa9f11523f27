/*
 * state_marks.c - requeues and failures in the state file: "PHASE.WORD.GEN.ATTEMPT=SET",
 * with the reason or the seconds behind it for requeues, and the last failure for people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state_keys.h"

/* Those without a word are not in the state file. */
static const struct {
	const char *word;
	enum state_section section;
} marks[MARK_KIND_COUNT] = {
	[MARK_REQUEUED] = { "requeued", SECTION_REQUEUES },
	[MARK_FAILED] = { "failed", SECTION_FAILURES },
	[MARK_LOST] = { "lost", SECTION_FAILURES },
	[MARK_CANCELLED] = { "cancelled", SECTION_FAILURES },
	[MARK_RAN] = { "ran", SECTION_REQUEUES },
};

static enum mark_kind
find_mark(const char *word)
{
	for (int i = 0; i < MARK_KIND_COUNT; i++) {
		if (marks[i].word && strcmp(word, marks[i].word) == 0)
			return (enum mark_kind)i;
	}
	return MARK_KIND_COUNT;
}

void
state_read_mark(struct state_reading *reading, const struct state_line *line)
{
	struct phase_mark mark = { .kind = MARK_KIND_COUNT };
	const char *what = line->rest, *rest;
	char word[16];
	int used = 0;

	(void)reading;
	if (sscanf(what, "%15[a-z].%u.%u%n", word, &mark.gen, &mark.attempt,
	           &used) < 3 || (what[used] && what[used] != '.'))
		return;
	rest = what + used + (what[used] == '.');
	mark.kind = find_mark(word);
	if (mark.kind == MARK_RAN)
		mark.seconds = state_number_of(rest);
	else if (mark.kind == MARK_REQUEUED)
		requeue_why_parse(&mark.requeue, rest);
	if (mark.kind != MARK_KIND_COUNT
	    && rangeset_parse(&mark.tasks, line->value) == 0)
		phase_add_mark(line->phase, &mark);
	rangeset_clear(&mark.tasks);
	requeue_why_clear(&mark.requeue);
}

static void
write_mark(struct state_writing *writing, const struct state_key *key,
           const struct phase_state *phase, const struct phase_mark *mark)
{
	struct strbuf rest = { 0 }, why = { 0 };

	strbuf_printf(&rest, "%s.%u.%u", marks[mark->kind].word, mark->gen,
	              mark->attempt);
	if (mark->seconds)
		strbuf_printf(&why, "%u", mark->seconds);
	requeue_why_print(&mark->requeue, &why);
	if (why.len)
		strbuf_printf(&rest, ".%s", why.data);
	state_put_set(writing, key, phase, strbuf_str(&rest), &mark->tasks);
	strbuf_clear(&rest);
	strbuf_clear(&why);
}

void
state_write_marks(struct state_writing *writing, const struct state_key *key,
                  const struct phase_state *phase)
{
	for (size_t i = 0; i < phase->mark_count; i++) {
		const struct phase_mark *mark = &phase->marks[i];

		if (marks[mark->kind].word
		    && marks[mark->kind].section == key->section)
			write_mark(writing, key, phase, mark);
	}
}

/* How many there were, for people. */
void
state_write_requeues(struct state_writing *writing, const struct state_key *key,
                     const struct phase_state *phase)
{
	uint64_t requeues = phase_marks(phase, MARK_REQUEUED, 0, 0);

	if (requeues)
		state_put(writing, key, phase, "", "%llu",
		          (unsigned long long)requeues);
}

/* ---- of the run ---- */

void
state_write_failures(struct state_writing *writing, const struct state_key *key,
                     const struct phase_state *phase)
{
	const struct state *state = writing->state;
	const char *old = state_metadata(state, STATE_OLD_FAILURES);
	uint64_t count = 0;
	int64_t before = 0;

	/* failures of the old script's time are not in the journal */
	if (old)
		text_parse_int(old, 0, INT32_MAX, &before);
	for (size_t i = 0; i < state->count; i++)
		count += phase_marks(state->phases[i], MARK_FAILED, 0, 0)
			+ phase_marks(state->phases[i], MARK_LOST, 0, 0);
	state_put(writing, key, phase, "", "%llu", (unsigned long long)count
	          + (unsigned long long)before);
}

void
state_read_failure_text(struct state_reading *reading,
                        const struct state_line *line)
{
	char **text = state_member(reading, line);

	free(*text);
	*text = *line->value ? xstrdup(line->value) : NULL;
}

void
state_write_failure_text(struct state_writing *writing,
                         const struct state_key *key,
                         const struct phase_state *phase)
{
	char *const *text = state_member_of(writing, key, phase);

	state_put(writing, key, phase, "", "%s", *text ? *text : "");
}

/* The words of a time that is known, else those that were read. */
void
state_write_failure_time(struct state_writing *writing,
                         const struct state_key *key,
                         const struct phase_state *phase)
{
	const struct state_failure *last = &writing->state->failure;
	time_t time = (time_t)last->time;
	char when[64] = "";
	struct tm tm;

	if (!last->time) {
		state_write_failure_text(writing, key, phase);
		return;
	}
	if (localtime_r(&time, &tm))
		strftime(when, sizeof when, "%a %b %e %H:%M:%S %Z %Y", &tm);
	state_put(writing, key, phase, "", "%s", when);
}
