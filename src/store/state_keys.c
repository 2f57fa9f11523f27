/*
 * state_keys.c - the sections and keys of the state file.
 *
 * docs/latsub-state.5 tells people what each of them means.  To add a key, add a row; a
 * value that is no plain member gets two functions in the file of its subject.
 */
#include "state_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct state_section_row state_sections[SECTION_COUNT] = {
	[SECTION_METADATA] = { "metadata", false, CHECKED_NOT },
	[SECTION_PHASES] = { "phases", false, CHECKED_KEYS }, /* words are people's */
	[SECTION_TASKS] = { "tasks", true, CHECKED_LINES },
	[SECTION_JOBS] = { "jobs", true, CHECKED_LINES },
	[SECTION_CHECKPOINTS] = { "checkpoints", false, CHECKED_NOT },
	[SECTION_REQUEUES] = { "requeues", true, CHECKED_NOT },
	[SECTION_FAILURES] = { "failures", false, CHECKED_NOT },
	[SECTION_NOTES] = { "notes", true, CHECKED_LINES },
	[SECTION_JOURNAL] = { "journal", true, CHECKED_LINES },
};

int
state_section_find(const char *name)
{
	for (int i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(state_sections[i].name, name) == 0)
			return i;
	}
	return -1;
}

const char *
state_get(const struct inifile *doc, enum state_section section, const char *key)
{
	return inifile_get(doc, state_sections[section].name, key);
}

/* ---- when a key is written ---- */

static bool
is_array(const struct phase_state *phase)
{
	return phase->array;
}

static bool
is_single(const struct phase_state *phase)
{
	return !phase->array;
}

static bool
has_facts(const struct phase_state *phase)
{
	return phase->facts.gen != 0;
}

static bool
has_code(const struct phase_state *phase)
{
	return has_facts(phase) && phase->facts.ended && phase->facts.code >= 0;
}

static bool
has_signal(const struct phase_state *phase)
{
	return has_facts(phase) && phase->facts.signal > 0;
}

static bool
has_checkpoint(const struct phase_state *phase)
{
	return phase->checkpoint != NULL;
}

static bool
has_trail(const struct phase_state *phase)
{
	return phase->trail.first != NULL;
}

/* ---- plain members ---- */

uint32_t
state_number_of(const char *text)
{
	int64_t number = 0;

	text_parse_int(text, 0, UINT32_MAX, &number);
	return (uint32_t)number;
}

void *
state_member(const struct state_reading *reading, const struct state_line *line)
{
	return (line->phase ? (char *)line->phase : (char *)reading->state)
		+ line->key->offset;
}

const void *
state_member_of(const struct state_writing *writing,
                const struct state_key *key, const struct phase_state *phase)
{
	return (phase ? (const char *)phase : (const char *)writing->state)
		+ key->offset;
}

static void
read_number(struct state_reading *reading, const struct state_line *line)
{
	uint32_t *number = state_member(reading, line);

	*number = state_number_of(line->value);
}

static void
write_number(struct state_writing *writing, const struct state_key *key,
             const struct phase_state *phase)
{
	const uint32_t *number = state_member_of(writing, key, phase);

	if (*number)
		state_put(writing, key, phase, "", "%u", *number);
}

static void
read_time(struct state_reading *reading, const struct state_line *line)
{
	int64_t *time = state_member(reading, line);

	*time = state_number_of(line->value);
}

static void
write_time(struct state_writing *writing, const struct state_key *key,
           const struct phase_state *phase)
{
	const int64_t *time = state_member_of(writing, key, phase);

	if (*time)
		state_put(writing, key, phase, "", "%lld", (long long)*time);
}

static void
read_int(struct state_reading *reading, const struct state_line *line)
{
	int *number = state_member(reading, line);

	*number = (int)state_number_of(line->value);
}

static void
write_int(struct state_writing *writing, const struct state_key *key,
          const struct phase_state *phase)
{
	const int *number = state_member_of(writing, key, phase);

	state_put(writing, key, phase, "", "%d", *number);
}

static void
read_text(struct state_reading *reading, const struct state_line *line)
{
	char **text = state_member(reading, line);

	free(*text);
	*text = xstrdup(line->value);
}

static void
write_text(struct state_writing *writing, const struct state_key *key,
           const struct phase_state *phase)
{
	char *const *text = state_member_of(writing, key, phase);

	if (*text)
		state_put(writing, key, phase, "", "%s", *text);
}

/* ---- the table ---- */

#define MEMBER(member) .offset = offsetof(struct phase_state, member)
#define OF_STATE(member) .offset = offsetof(struct state, member)
#define NUMBER .read = read_number, .write = write_number
#define TIME .read = read_time, .write = write_time
#define INT .read = read_int, .write = write_int
#define TEXT .read = read_text, .write = write_text

const struct state_key state_keys[] = {
	/* before the lists of phases that use them */
	{ GROUP_NUMBERS, SECTION_JOBS, "number",
	  .read = state_read_phase_number, .write = state_write_phase_number },

	/* sweeps first: they make the cells */
	{ GROUP_WORK, SECTION_TASKS, "total",
	  .when = is_array, .write = state_write_total },
	{ GROUP_WORK, SECTION_TASKS, "sweep",
	  .when = is_array, .read = state_read_sweep, .write = state_write_sweeps },
	{ GROUP_WORK, SECTION_TASKS, "sweep.", .read = state_read_sweep },
	{ GROUP_WORK, SECTION_TASKS, STATE_ANY, /* a task's state */
	  .when = is_array, .read = state_read_state, .write = state_write_states },
	{ GROUP_WORK, SECTION_TASKS, "generation.", .when = is_array,
	  .read = state_read_generation, .write = state_write_generations },
	{ GROUP_WORK, SECTION_TASKS, "attempt.", .when = is_array,
	  .read = state_read_attempt, .write = state_write_attempts },
	{ GROUP_WORK, SECTION_TASKS, "done_before",
	  .when = is_array, .read = state_read_done, .write = state_write_done },

	/* never "=completed": people grep for that in [phases] */
	{ GROUP_WORK, SECTION_JOBS, "state", .when = is_single,
	  .read = state_read_single, .write = state_write_single },
	{ GROUP_WORK, SECTION_JOBS, "done_before", .when = is_single,
	  .read = state_read_single_done, .write = state_write_done },
	{ GROUP_WORK, SECTION_JOBS, "generation", MEMBER(gen), NUMBER },
	{ GROUP_WORK, SECTION_JOBS, "job.",
	  .read = state_read_job, .write = state_write_jobs },
	{ GROUP_WORK, SECTION_JOBS, STATE_SUBMITTED_KEY,
	  .read = state_read_submitted },
	{ GROUP_WORK, SECTION_JOBS, "", .write = state_write_job_ids },
	{ GROUP_WORK, SECTION_JOBS, "last_attempt", .when = has_facts,
	  .read = state_read_last_attempt, .write = state_write_last_attempt },
	{ GROUP_WORK, SECTION_JOBS, "node", MEMBER(facts.node),
	  .when = has_facts, TEXT },
	{ GROUP_WORK, SECTION_JOBS, "started", MEMBER(facts.started),
	  .when = has_facts, TIME },
	{ GROUP_WORK, SECTION_JOBS, "ended", MEMBER(facts.ended),
	  .when = has_facts, TIME },
	{ GROUP_WORK, SECTION_JOBS, "exit_code", MEMBER(facts.code),
	  .when = has_code, INT },
	{ GROUP_WORK, SECTION_JOBS, "exit_signal", MEMBER(facts.signal),
	  .when = has_signal, INT },
	{ GROUP_WORK, SECTION_JOBS, "waits_for",
	  .read = state_read_waits_for, .write = state_write_waits_for },
	{ GROUP_WORK, SECTION_JOBS, "ran_without",
	  .read = state_read_ran_without, .write = state_write_ran_without },
	{ GROUP_WORK, SECTION_JOBS, "edited", MEMBER(edit_gen), NUMBER },
	{ GROUP_WORK, SECTION_JOBS, "excluded", MEMBER(excluded_seq), NUMBER },
	{ GROUP_WORK, SECTION_JOBS, "variables",
	  .read = state_read_variables, .write = state_write_variables },

	{ GROUP_RUN, SECTION_CHECKPOINTS, STATE_CHECKPOINT_KEY,
	  .write = state_write_checkpoint_path },
	{ GROUP_RUN, SECTION_CHECKPOINTS, STATE_EPOCH_KEY, /* with that */
	  .write = NULL },
	{ GROUP_CHECKPOINTS, SECTION_CHECKPOINTS, "", MEMBER(checkpoint), TEXT },
	{ GROUP_CHECKPOINTS, SECTION_CHECKPOINTS, "epoch", MEMBER(epoch),
	  .when = has_checkpoint, TEXT },
	{ GROUP_CHECKPOINTS, SECTION_CHECKPOINTS, "at", .when = has_checkpoint,
	  .read = state_read_checkpoint_at, .write = state_write_checkpoint_at },

	{ GROUP_MARKS, SECTION_REQUEUES, "", .write = state_write_requeues },
	{ GROUP_MARKS, SECTION_FAILURES, STATE_ANY,
	  .read = state_read_mark, .write = state_write_marks },
	{ GROUP_MARKS, SECTION_REQUEUES, STATE_ANY,
	  .read = state_read_mark, .write = state_write_marks },
	{ GROUP_RUN, SECTION_FAILURES, STATE_FAILURES_KEY,
	  .write = state_write_failures },
	{ GROUP_RUN, SECTION_FAILURES, "last_failure", OF_STATE(failure.phase),
	  .read = state_read_failure_text, .write = state_write_failure_text },
	{ GROUP_RUN, SECTION_FAILURES, "last_failure_time",
	  OF_STATE(failure.time_text),
	  .read = state_read_failure_text, .write = state_write_failure_time },
	{ GROUP_RUN, SECTION_FAILURES, "last_failure_error",
	  OF_STATE(failure.error),
	  .read = state_read_failure_text, .write = state_write_failure_text },
	{ GROUP_RUN, SECTION_FAILURES, "last_failure_at", OF_STATE(failure.time),
	  TIME },

	{ GROUP_RUN, SECTION_NOTES, STATE_NOTES_KEY,
	  .write = state_write_notes_format },
	{ GROUP_NOTES, SECTION_NOTES, STATE_ANY,
	  .read = state_read_note, .write = state_write_notes },
	{ GROUP_NOTES, SECTION_NOTES, "lost_trails", .when = has_trail,
	  .read = state_read_lost_trails, .write = state_write_lost_trails },
	{ GROUP_NOTES, SECTION_NOTES, "trail.", .when = has_trail,
	  .read = state_read_trail, .write = state_write_trails },
	{ GROUP_NOTES, SECTION_NOTES, "own.",
	  .read = state_read_own, .write = state_write_own },
	{ GROUP_NOTES, SECTION_NOTES, "strays.",
	  .read = state_read_strays, .write = state_write_strays },

	{ GROUP_RUN, SECTION_JOURNAL, STATE_ANY,
	  .read = state_read_offset, .write = state_write_offsets },
	{ GROUP_RUN, SECTION_JOURNAL, STATE_CHECK_KEY, /* state_check() */
	  .write = NULL },
};
const size_t state_key_count = sizeof state_keys / sizeof state_keys[0];

/* What follows name in what, NULL if what is another name. */
static const char *
rest_of(const char *what, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(what, name, len) != 0)
		return NULL;
	what += len;
	return *what == '\0' || (len && name[len - 1] == '.') ? what : NULL;
}

const struct state_key *
state_key_find(enum state_section section, bool of_run, const char *what,
               const char **rest)
{
	const struct state_key *any = NULL;

	for (size_t i = 0; i < state_key_count; i++) {
		const struct state_key *key = &state_keys[i];

		if (key->section != section
		    || (key->group == GROUP_RUN) != of_run)
			continue;
		if (strcmp(key->name, STATE_ANY) == 0)
			any = key;
		else if ((*rest = rest_of(what, key->name)))
			return key;
	}
	*rest = what;
	return any;
}
