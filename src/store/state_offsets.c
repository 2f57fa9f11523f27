/*
 * state_offsets.c - how far into each file of the journal the state file has folded:
 * "FILE=OFFSET MARK" in [journal].
 */
#include <stdlib.h>
#include <string.h>

#include "state_keys.h"

void
state_read_offset(struct state_reading *reading, const struct state_line *line)
{
	size_t len = strcspn(line->value, " ");
	char *number = xstrndup(line->value, len);
	const char *mark = line->value + len;
	int64_t offset;

	if (text_parse_int(number, 0, INT64_MAX, &offset) == 0)
		journal_set_offset(reading->offsets, line->rest, (off_t)offset,
		                   *mark ? mark + 1 : "");
	free(number);
}

void
state_write_offsets(struct state_writing *writing, const struct state_key *key,
                    const struct phase_state *phase)
{
	for (size_t i = 0; i < writing->offsets->count; i++) {
		const char *mark = writing->offsets->items[i].mark;

		state_put(writing, key, phase, writing->offsets->items[i].host,
		          "%lld%s%s",
		          (long long)writing->offsets->items[i].offset,
		          *mark ? " " : "", mark);
	}
}
