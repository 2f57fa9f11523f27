/*
 * state_trails.c - where the newest events of tasks stand, in the state file.
 *
 * "PHASE.trail.FILE=TASK@OFFSET TASK@OFFSET ...", one line for each of the journal's
 * files; "PHASE.lost_trails=SET" has those whose places are not known.  Tasks that
 * completed are left out: there are many, and few run again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_keys.h"

/* A line for each file of the journal. */
void
state_write_trails(struct state_writing *writing, const struct state_key *key,
                   const struct phase_state *phase)
{
	const struct strlist *files = &writing->state->trail_files;
	struct strbuf *texts = xcalloc(files->count, sizeof *texts);

	for (uint32_t t = 0; t < phase->trail.total; t++) {
		const struct trail_place *place = phase_trail_is_whole(phase, t)
			? trail_first(&phase->trail, t) : NULL;

		for (; place; place = trail_next(&phase->trail, place)) {
			struct strbuf *text = &texts[place->file];

			strbuf_printf(text, "%s%u@%lld", text->len ? " " : "",
			              t, (long long)place->offset);
		}
	}
	for (size_t i = 0; i < files->count; i++) {
		if (texts[i].len)
			state_put(writing, key, phase, files->items[i], "%s",
			          texts[i].data);
		strbuf_clear(&texts[i]);
	}
	free(texts);
}

void
state_write_lost_trails(struct state_writing *writing,
                        const struct state_key *key,
                        const struct phase_state *phase)
{
	struct rangeset lost = { 0 };

	for (uint32_t t = 0; t < phase->trail.total; t++) {
		if (!phase->cells[t].done && trail_is_lost(&phase->trail, t))
			rangeset_add(&lost, t, t);
	}
	if (lost.count)
		state_put_set(writing, key, phase, "", &lost);
	rangeset_clear(&lost);
}

void
state_read_lost_trails(struct state_reading *reading,
                       const struct state_line *line)
{
	struct phase_state *phase = line->phase;
	struct rangeset lost = { 0 };

	(void)reading;
	if (rangeset_parse(&lost, line->value) == 0) {
		for (uint32_t t = 0; t < phase->total; t++) {
			if (rangeset_has(&lost, t))
				trail_lose(&phase->trail, phase->total, t);
		}
	}
	rangeset_clear(&lost);
}

/* What is not of this form is nobody's. */
static int
parse_place(const char **text, unsigned long *task, long long *offset)
{
	char *end;

	*task = strtoul(*text, &end, 10);
	if (end == *text || *end != '@')
		return -1;
	*text = end + 1;
	*offset = strtoll(*text, &end, 10);
	if (end == *text || *offset < 0)
		return -1;
	*text = end;
	return 0;
}

void
state_read_trail(struct state_reading *reading, const struct state_line *line)
{
	uint32_t number = state_trail_file(reading->state, line->rest);
	struct phase_state *phase = line->phase;
	const char *value = line->value;
	unsigned long task;
	long long offset;

	while (*(value += strspn(value, " "))
	       && parse_place(&value, &task, &offset) == 0) {
		if (task < phase->total)
			trail_add(&phase->trail, phase->total, (uint32_t)task,
			          number, (off_t)offset);
	}
}
