/*
 * refused.c - checkpoints that must not be begun from, by name and mark.
 */
#include "refused.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"

void
refused_mark(const struct checkpoint_look *look, char *mark)
{
	snprintf(mark, REFUSED_MARK_SIZE, "%016" PRIx64, look->mark);
}

const char *
refused_name(const struct attempt *attempt, const char *path)
{
	return file_relative(attempt->run->dir, path);
}

static void
add(struct attempt *attempt, const char *name, const char *mark)
{
	char *key = xasprintf("%s %s", mark, name);

	if (!attempt->refused)
		attempt->refused = strmap_create();
	strmap_set(attempt->refused, key, attempt);
	free(key);
}

static bool
is_after(const struct phase_note *note, const struct attempt_late *late)
{
	return !late->is_set || note->gen > late->gen
		|| (note->gen == late->gen && note->attempt >= late->number);
}

/* Of the own phase. */
static void
add_late(struct attempt *attempt, const struct phase_note *note)
{
	if (rangeset_has(&note->tasks, attempt->task)
	    && is_after(note, &attempt->late))
		attempt->late = (struct attempt_late){ true, note->gen,
			note->attempt, (double)note->second };
}

void
refused_load(struct attempt *attempt)
{
	const struct state *state = attempt->run->state;

	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		for (size_t n = 0; n < phase->note_count; n++) {
			const struct phase_note *note = &phase->notes[n];

			if (note->kind == NOTE_REFUSED)
				add(attempt, note->name, note->mark);
			else if (note->kind == NOTE_LATE
			         && phase == attempt_state(attempt))
				add_late(attempt, note);
		}
	}
}

bool
refused_has(const struct attempt *attempt, const char *path,
            const struct checkpoint_look *look)
{
	char mark[REFUSED_MARK_SIZE], *key;
	bool has;

	if (!attempt->refused)
		return false;
	refused_mark(look, mark);
	key = xasprintf("%s %s", mark, refused_name(attempt, path));
	has = strmap_get(attempt->refused, key) != NULL;
	free(key);
	return has;
}

void
refused_pass_over(struct attempt *attempt, const char *path,
                  const struct checkpoint_look *look)
{
	char mark[REFUSED_MARK_SIZE];

	refused_mark(look, mark);
	add(attempt, refused_name(attempt, path), mark);
}

void
refused_record(struct attempt *attempt, const char *path,
               const struct checkpoint_look *look, const char *why)
{
	struct event event = attempt_event(attempt, EVENT_REFUSED);
	char mark[REFUSED_MARK_SIZE];

	refused_mark(look, mark);
	event.path = xstrdup(refused_name(attempt, path));
	event.mark = xstrdup(mark);
	event.reason = xstrdup(why);
	attempt_record(attempt, &event);
	event_clear(&event);
	refused_pass_over(attempt, path, look);
}

void
refused_record_late(struct attempt *attempt, double stopped_at)
{
	struct event event = attempt_event(attempt, EVENT_REFUSED);

	event.late = true;
	event.stopped_at = stopped_at;
	attempt_record(attempt, &event);
	event_clear(&event);
}
