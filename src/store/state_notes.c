/*
 * state_notes.c - what the choice of a checkpoint depends on, in the state file.
 *
 * "PHASE.KIND.GENERATION.ATTEMPT.N=SET MARK NAME"; N only tells such lines apart
 * and comes from mark and name, so that it does not depend on order.  Of LATE
 * "PHASE.late.GENERATION.ATTEMPT.SECOND=SET SECOND", or nothing for a second 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_keys.h"

static const char *const names[NOTE_KIND_COUNT] = { "refused", "late", "quick" };

static void
print_late(const struct phase_note *note, const struct rangeset *tasks,
           struct strbuf *rest, struct strbuf *value)
{
	char second[24] = "";

	if (note->second)
		snprintf(second, sizeof second, "%" PRIu64, note->second);
	strbuf_printf(rest, "%s.%u.%u.%s", names[note->kind], note->gen,
	              note->attempt, second);
	rangeset_print(tasks, value);
	strbuf_printf(value, " %s", second);
}

/* tasks: of its own those that it still counts for. */
static void
print_note(const struct phase_note *note, const struct rangeset *tasks,
           struct strbuf *rest, struct strbuf *value)
{
	char *both, *twice;

	if (note->kind == NOTE_LATE) {
		print_late(note, tasks, rest, value);
		return;
	}
	both = xasprintf("%s %s", note->mark, note->name);
	twice = xasprintf("%s %s", note->name, both);
	/* 32 bits are few for 50,000 names */
	strbuf_printf(rest, "%s.%u.%u.%s%08x%08x", names[note->kind], note->gen,
	              note->attempt, note->mark, text_hash(both),
	              text_hash(twice));
	rangeset_print(tasks, value);
	strbuf_printf(value, " %s", *note->mark ? both : note->name);
	free(twice);
	free(both);
}

void
state_write_notes(struct state_writing *writing, const struct state_key *key,
                  const struct phase_state *phase)
{
	for (size_t i = 0; i < phase->note_count; i++) {
		struct strbuf rest = { 0 }, value = { 0 };
		struct rangeset tasks = { 0 };

		phase_note_tasks(phase, &phase->notes[i], &tasks);
		if (tasks.count) {
			print_note(&phase->notes[i], &tasks, &rest, &value);
			state_put(writing, key, phase, strbuf_str(&rest), "%s",
			          strbuf_str(&value));
		}
		rangeset_clear(&tasks);
		strbuf_clear(&rest);
		strbuf_clear(&value);
	}
}

void
state_write_notes_format(struct state_writing *writing,
                         const struct state_key *key,
                         const struct phase_state *phase)
{
	state_put(writing, key, phase, "", "%s", STATE_NOTES_FORMAT);
}

static int
find_kind(const char *word)
{
	for (int i = 0; i < NOTE_KIND_COUNT; i++) {
		if (strcmp(names[i], word) == 0)
			return i;
	}
	return -1;
}

void
state_read_note(struct state_reading *reading, const struct state_line *line)
{
	const char *value = line->value;
	size_t set_len = strcspn(value, " "), mark_len = 0;
	char *set = xstrndup(value, set_len), *mark;
	const char *rest = value + set_len + (value[set_len] == ' ');
	struct rangeset tasks = { 0 };
	unsigned gen, attempt;
	char word[16];
	int kind = -1;

	(void)reading;
	if (sscanf(line->rest, "%15[a-z].%u.%u.", word, &gen, &attempt) == 3)
		kind = find_kind(word);
	if (kind >= 0 && kind != NOTE_LATE)
		mark_len = strcspn(rest, " ");
	mark = xstrndup(rest, mark_len);
	rest += mark_len + (mark_len && rest[mark_len] == ' ');
	if (kind >= 0 && rangeset_parse(&tasks, set))
		kind = -1;
	if (kind == NOTE_LATE)
		phase_add_late(line->phase, gen, attempt,
		               strtoull(rest, NULL, 10), &tasks);
	else if (kind >= 0)
		phase_add_note(line->phase, (enum phase_note_kind)kind, gen,
		               attempt, rest, mark, &tasks);
	rangeset_clear(&tasks);
	free(mark);
	free(set);
}
