/*
 * state_load.c - from a state file to the state.
 *
 * Keys are "PHASE" or "PHASE.what"; phases are those of [phases].  State
 * files of the script that came before latsub have the guide's keys only,
 * some of them without sections.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "latsub/text.h"
#include "state_file.h"
#include "state_sections.h"

struct loading {
	const struct inifile *doc;
	const char *path;
	struct state *state;
	struct journal_offsets *offsets;
	struct state_words *words;
	struct latsub_errlist *errors;
	struct state_numbers *numbers;
};

void
state_words_clear(struct state_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i].phase);
	free(words->items);
	*words = (struct state_words){ 0 };
}

static void
add_word(struct loading *l, const char *phase, enum phase_word word)
{
	struct state_words *words = l->words;

	if ((words->count & (words->count - 1)) == 0)
		words->items = xrealloc(words->items, (words->count
			? words->count * 2 : 1) * sizeof *words->items);
	words->items[words->count++] = (struct state_word){
		.phase = xstrdup(phase), .word = word };
	state_add(l->state, phase);
}

static void
load_word(struct loading *l, const struct inifile_entry *entry)
{
	enum phase_word word = phase_word_find(entry->value);
	const char *names[WORD_COUNT], *nearest;
	size_t count = 0;

	if (word != WORD_NONE) {
		add_word(l, entry->key, word);
		return;
	}
	for (int i = WORD_NONE + 1; i < WORD_COUNT; i++)
		names[count++] = phase_word_name((enum phase_word)i);
	nearest = text_nearest(entry->value, names, count);
	state_add(l->state, entry->key);
	latsub_errlist_add(l->errors, "%s:%d: %s=%.60s: that is no state of a "
	                   "phase; %s%s%s", l->path, entry->line, entry->key,
	                   entry->value, nearest ? "did you mean '" : "write "
	                   "pending, in_progress, completed or failed",
	                   nearest ? nearest : "", nearest ? "'?" : "");
}

/* Keys before the first section: the oldest files have nothing else. */
static void
load_bare(struct loading *l, const struct inifile_entry *entry)
{
	if (phase_word_find(entry->value) != WORD_NONE)
		load_word(l, entry);
	else if (!text_starts(entry->key, "checkpoint_")
	         && !text_starts(entry->key, "failure_")
	         && !text_starts(entry->key, "last_failure"))
		state_set_metadata(l->state, entry->key, entry->value);
}

/* "KEY:SEQ KEY:SEQ ...": what is not of this form is nobody's. */
static void
load_revision(struct loading *l, const char *text)
{
	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");
		char *word = xstrndup(text, len), *colon = strrchr(word, ':');
		int64_t seq;

		if (colon && text_parse_int(colon + 1, 1, UINT32_MAX - 1, &seq)
		    == 0) {
			*colon = '\0';
			state_set_metadata_seq(l->state, word, (uint32_t)seq);
		}
		free(word);
		text += len;
	}
}

static void
load_metadata(struct loading *l, const struct inifile_entry *entry)
{
	if (strcmp(entry->key, STATE_REVISION) == 0)
		load_revision(l, entry->value);
	else
		state_set_metadata(l->state, entry->key, entry->value);
}

static void
load_words(struct loading *l)
{
	for (size_t i = 0; i < inifile_count(l->doc); i++) {
		const struct inifile_entry *entry = inifile_entry(l->doc, i);

		if (!entry->value)
			continue;
		if (strcmp(entry->section, "phases") == 0)
			load_word(l, entry);
		else if (strcmp(entry->section, "metadata") == 0)
			load_metadata(l, entry);
		else if (!*entry->section)
			load_bare(l, entry);
	}
}

/* Split "PHASE.what": the phase, and *what ("" when nothing follows). */
static struct phase_state *
phase_of_key(const struct state *state, const char *key, const char **what)
{
	struct phase_state *phase = state_find(state, key);
	char *prefix;

	*what = "";
	for (const char *dot = strchr(key, '.'); dot && !phase;
	     dot = strchr(dot + 1, '.')) {
		prefix = xstrndup(key, (size_t)(dot - key));
		phase = state_find(state, prefix);
		*what = dot + 1;
		free(prefix);
	}
	return phase;
}

/* ---- [tasks]: first sweeps and totals, then the sets ---- */

static void
load_sweep(struct phase_state *phase, const char *what, const char *value)
{
	struct sweep sweep = { 0 };
	int64_t since = 0;

	if (what[5] == '.' && text_parse_int(what + 6, 0, UINT32_MAX, &since))
		return;
	if (sweep_parse(&sweep, value) == 0
	    && sweep_size(&sweep) <= SWEEP_MAX_TASKS) {
		phase->known = true;
		phase_set_sweep(phase, (uint32_t)since, true,
		                (uint32_t)sweep_size(&sweep), &sweep);
	}
	sweep_clear(&sweep);
}

static void
load_cells(struct phase_state *phase, const char *what, const char *value)
{
	struct rangeset set = { 0 };
	int state = task_state_find(what);
	unsigned number = 0;
	char kind = 0;

	if (state < 0 && sscanf(what, "generation.%u", &number) == 1)
		kind = 'g';
	else if (state < 0 && sscanf(what, "attempt.%u", &number) == 1)
		kind = 'a';
	else if (strcmp(what, STATE_DONE_KEY) == 0)
		kind = 'd';
	if ((state < 0 && !kind) || rangeset_parse(&set, value)) {
		rangeset_clear(&set);
		return;
	}
	rangeset_for_each_below(&set, phase->total, t) {
		struct task_cell *cell = &phase->cells[t];

		if (state >= 0) {
			cell->state = (uint8_t)state;
			cell->done |= state == TASK_COMPLETED;
		} else if (kind == 'd')
			cell->done = 1;
		else if (kind == 'g')
			cell->gen = number;
		else
			cell->attempt = (uint16_t)number;
	}
	rangeset_clear(&set);
}

static void
load_tasks(struct loading *l)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < inifile_count(l->doc); i++) {
			const struct inifile_entry *entry =
				inifile_entry(l->doc, i);
			struct phase_state *phase;
			const char *what;

			if (!entry->value || strcmp(entry->section, "tasks"))
				continue;
			phase = phase_of_key(l->state, entry->key, &what);
			if (!phase)
				continue;
			if (pass == 0 && text_starts(what, "sweep"))
				load_sweep(phase, what, entry->value);
			else if (pass == 1)
				load_cells(phase, what, entry->value);
		}
	}
}

/* ---- [jobs] ---- */

static uint32_t
number_of(const char *value)
{
	int64_t number = 0;

	text_parse_int(value, 0, UINT32_MAX, &number);
	return (uint32_t)number;
}

/* "GEN WORD WORD": what a generation waits for. */
static void
load_parents(struct loading *l, struct phase_state *phase, const char *value)
{
	struct strlist words = { 0 };

	text_split_words(value, &words);
	phase->parents_gen = words.count ? number_of(words.items[0]) : 0;
	parents_clear(&phase->parents);
	for (size_t i = 1; i < words.count; i++)
		state_parents_parse(l->numbers, words.items[i], &phase->parents);
	strlist_clear(&words);
}

/* "GEN NAME NAME": without what it completed. */
static void
load_ran_without(struct loading *l, struct phase_state *phase,
                 const char *value)
{
	struct strlist words = { 0 };

	text_split_words(value, &words);
	phase->ran_without_gen = words.count ? number_of(words.items[0]) : 0;
	strlist_clear(&phase->ran_without);
	for (size_t i = 1; i < words.count; i++)
		state_names_parse(l->numbers, words.items[i],
		                  &phase->ran_without);
	strlist_clear(&words);
}

static void
load_job(struct phase_state *phase, uint32_t job, const char *value)
{
	struct rangeset tasks = { 0 };
	unsigned gen, attempt = 0, base;
	int used = 0;

	if (((sscanf(value, "generation %u base %u tasks %n", &gen, &base,
	             &used) == 2 && used)
	     || (sscanf(value, "generation %u attempt %u base %u tasks %n", &gen,
	                &attempt, &base, &used) == 3 && used))
	    && rangeset_parse(&tasks, value + used) == 0)
		phase_add_job(phase, gen, attempt, job, base, &tasks);
	rangeset_clear(&tasks);
}

/* Once all jobs are known: the lines may stand in any order. */
static void
load_submitted(struct loading *l)
{
	for (size_t i = 0; i < inifile_count(l->doc); i++) {
		const struct inifile_entry *entry = inifile_entry(l->doc, i);
		struct phase_state *phase;
		const char *what;
		long long at;
		unsigned gen;

		if (!entry->value || strcmp(entry->section, "jobs") != 0)
			continue;
		phase = phase_of_key(l->state, entry->key, &what);
		if (phase && text_starts(what, "submitted.")
		    && sscanf(entry->value, "generation %u at %lld", &gen, &at)
		    == 2)
			phase_set_submitted(phase, gen, number_of(what + 10),
			                    at);
	}
}

static void
load_variables(struct phase_state *phase, const char *value)
{
	struct strlist words = { 0 };

	text_split_words(value, &words);
	for (size_t i = 0; i < words.count; i++) {
		const char *colon = strchr(words.items[i], ':');

		if (colon) /* the number ends there */
			phase_set_variables(phase, (uint32_t)strtoul(
				words.items[i], NULL, 10), colon + 1);
	}
	strlist_clear(&words);
}

static void
single_cell(struct phase_state *phase)
{
	static const struct sweep none;

	if (!phase->cells)
		phase_set_sweep(phase, 0, false, 1, &none);
	phase->known = true;
}

/* "GENERATION.ATTEMPT WORD" of a phase that is no array. */
static void
load_single(struct phase_state *phase, const char *value)
{
	unsigned gen, attempt;
	char word[16];

	single_cell(phase);
	if (phase->array || sscanf(value, "%u.%u %15s", &gen, &attempt, word)
	    != 3)
		return;
	phase->cells[0].gen = gen;
	phase->cells[0].attempt = (uint16_t)attempt;
	load_cells(phase, word, "0");
}

static void
load_phase_key(struct loading *l, struct phase_state *phase, const char *what,
               const char *value)
{
	unsigned a, b;

	if (strcmp(what, "state") == 0) {
		load_single(phase, value);
	} else if (strcmp(what, "generation") == 0) {
		phase->gen = number_of(value);
	} else if (strcmp(what, STATE_DONE_KEY) == 0) {
		single_cell(phase);
		phase->cells[0].done = 1;
	} else if (text_starts(what, "job.")) {
		load_job(phase, number_of(what + 4), value);
	} else if (strcmp(what, "waits_for") == 0) {
		load_parents(l, phase, value);
	} else if (strcmp(what, "ran_without") == 0) {
		load_ran_without(l, phase, value);
	} else if (strcmp(what, "variables") == 0) {
		load_variables(phase, value);
	} else if (strcmp(what, "excluded") == 0) {
		phase->excluded_seq = number_of(value);
	} else if (strcmp(what, "edited") == 0) {
		phase->edit_gen = number_of(value);
	} else if (strcmp(what, "last_attempt") == 0
	           && sscanf(value, "%u.%u", &a, &b) == 2) {
		phase->facts.gen = a;
		phase->facts.attempt = b;
	} else if (strcmp(what, "node") == 0) {
		free(phase->facts.node);
		phase->facts.node = xstrdup(value);
	} else if (strcmp(what, "exit_code") == 0) {
		phase->facts.code = (int)number_of(value);
	} else if (strcmp(what, "exit_signal") == 0) {
		phase->facts.signal = (int)number_of(value);
	} else if (strcmp(what, "started") == 0) {
		phase->facts.started = number_of(value);
	} else if (strcmp(what, "ended") == 0) {
		phase->facts.ended = number_of(value);
	}
}

/* ---- [checkpoints] [requeues] [failures] [journal] ---- */

static void
load_checkpoint_key(struct phase_state *phase, const char *what,
                    const char *value)
{
	if (!*what) {
		free(phase->checkpoint);
		phase->checkpoint = xstrdup(value);
	} else if (strcmp(what, "epoch") == 0) {
		free(phase->epoch);
		phase->epoch = xstrdup(value);
	} else if (strcmp(what, "at") == 0) {
		sscanf(value, "%u.%u.%u", &phase->checkpoint_gen,
		       &phase->checkpoint_attempt, &phase->checkpoint_seq);
	}
}

static void
load_mark(struct phase_state *phase, const char *what, const char *value)
{
	struct phase_mark mark = { .kind = MARK_KIND_COUNT };
	char word[16];
	const char *rest;
	int used = 0;

	if (sscanf(what, "%15[a-z].%u.%u%n", word, &mark.gen, &mark.attempt,
	           &used) < 3 || (what[used] && what[used] != '.'))
		return;
	rest = what + used + (what[used] == '.');
	for (int i = 0; i < MARK_KIND_COUNT; i++) {
		if (state_marks[i].word && strcmp(word, state_marks[i].word) == 0)
			mark.kind = (enum mark_kind)i;
	}
	if (mark.kind == MARK_RAN)
		mark.seconds = number_of(rest);
	else if (mark.kind == MARK_REQUEUED)
		requeue_why_parse(&mark.requeue, rest);
	if (mark.kind != MARK_KIND_COUNT
	    && rangeset_parse(&mark.tasks, value) == 0)
		phase_add_mark(phase, &mark);
	rangeset_clear(&mark.tasks);
	requeue_why_clear(&mark.requeue);
}

static void
load_failure_key(struct state *state, const char *key, const char *value)
{
	char **to = strcmp(key, "last_failure") == 0 ? &state->failure.phase
		: strcmp(key, "last_failure_time") == 0
		? &state->failure.time_text
		: strcmp(key, "last_failure_error") == 0
		? &state->failure.error : NULL;

	if (strcmp(key, "last_failure_at") == 0)
		state->failure.time = number_of(value);
	if (!to)
		return;
	free(*to);
	*to = *value ? xstrdup(value) : NULL;
}

/* "OFFSET MARK" */
static void
load_offset(struct loading *l, const char *host, const char *value)
{
	char *number = xstrndup(value, strcspn(value, " "));
	const char *mark = value + strlen(number);
	int64_t offset;

	if (strcmp(host, STATE_CHECK_KEY) != 0
	    && text_parse_int(number, 0, INT64_MAX, &offset) == 0)
		journal_set_offset(l->offsets, host, (off_t)offset,
		                   *mark ? mark + 1 : "");
	free(number);
}

static void
load_strays(struct phase_state *phase, const char *sort, const char *dir)
{
	for (int i = 0; i < STRAY_SORTS; i++) {
		if (strcmp(sort, state_stray_sorts[i]) == 0)
			phase_add_path(phase, i, dir, NULL);
	}
}

static void
load_note(struct loading *l, struct phase_state *phase, const char *what,
          const char *value)
{
	if (text_starts(what, STATE_TRAIL_KEY))
		state_trail_load(l->state, phase, what + strlen(STATE_TRAIL_KEY),
		                 value);
	else if (strcmp(what, STATE_LOST_TRAILS_KEY) == 0)
		state_lost_trails_load(phase, value);
	else if (text_starts(what, STATE_OWN_KEY))
		phase_add_path(phase, STRAY_REPORTED, "",
		               what + strlen(STATE_OWN_KEY));
	else if (text_starts(what, STATE_STRAYS_KEY))
		load_strays(phase, what + strlen(STATE_STRAYS_KEY), value);
	else
		state_note_load(phase, what, value);
}

static void
load_entry(struct loading *l, const struct inifile_entry *entry)
{
	const char *what;
	struct phase_state *phase;

	if (strcmp(entry->section, "journal") == 0) {
		load_offset(l, entry->key, entry->value);
		return;
	}
	if (strcmp(entry->section, "failures") == 0 || !*entry->section)
		load_failure_key(l->state, entry->key, entry->value);
	phase = phase_of_key(l->state, entry->key, &what);
	if (!phase)
		return;
	if (strcmp(entry->section, "jobs") == 0)
		load_phase_key(l, phase, what, entry->value);
	else if (strcmp(entry->section, "checkpoints") == 0)
		load_checkpoint_key(phase, what, entry->value);
	else if (strcmp(entry->section, "requeues") == 0
	         || strcmp(entry->section, "failures") == 0)
		load_mark(phase, what, entry->value);
	else if (strcmp(entry->section, "notes") == 0)
		load_note(l, phase, what, entry->value);
}

char *
state_check(const struct inifile *doc)
{
	uLong crc = crc32(0, NULL, 0);

	for (size_t i = 0; i < inifile_count(doc); i++) {
		const struct inifile_entry *entry = inifile_entry(doc, i);
		bool is_word = strcmp(entry->section, "phases") == 0;
		const char *parts[3];

		if (!entry->value || (!is_word
		    && strcmp(entry->section, "tasks")
		    && strcmp(entry->section, "jobs")
		    && strcmp(entry->section, "notes")
		    && strcmp(entry->section, "journal"))
		    || strcmp(entry->key, STATE_CHECK_KEY) == 0)
			continue;
		parts[0] = entry->section;
		parts[1] = entry->key;
		parts[2] = is_word ? "" : entry->value; /* words are people's */
		/* a sum over lines: their order does not matter */
		for (uLong line = 0, p = 0; p < 3; p++) {
			line = crc32(line, (const Bytef *)parts[p],
			             (uInt)strlen(parts[p]) + 1);
			if (p == 2)
				crc = (crc + line) & 0xffffffff;
		}
	}
	return xasprintf("%08lx", crc);
}

static void
load_numbers(struct loading *l)
{
	for (size_t i = 0; i < inifile_count(l->doc); i++) {
		const struct inifile_entry *entry = inifile_entry(l->doc, i);
		const struct phase_state *phase;
		const char *what;

		if (!entry->value || strcmp(entry->section, "jobs") != 0
		    || !text_ends(entry->key, "." STATE_NUMBER_KEY))
			continue;
		phase = phase_of_key(l->state, entry->key, &what);
		if (phase && strcmp(what, STATE_NUMBER_KEY) == 0)
			state_numbers_set(l->numbers, phase->name,
			                  number_of(entry->value));
	}
}

/* The old script's count has no events; keep it apart. */
static void
load_old_failures(struct loading *l)
{
	const char *count = inifile_get(l->doc, "failures", "failure_count");

	if (!count)
		count = inifile_get(l->doc, "", "failure_count");
	if (count && strcmp(count, "0") != 0
	    && !inifile_get(l->doc, "journal", STATE_CHECK_KEY)
	    && !state_metadata(l->state, STATE_OLD_FAILURES))
		state_set_metadata(l->state, STATE_OLD_FAILURES, count);
}

bool
state_file_load(const struct inifile *doc, const char *path,
                struct state *state, struct journal_offsets *offsets,
                struct state_words *words, bool *has_notes,
                struct latsub_errlist *errors)
{
	struct loading l = { doc, path, state, offsets, words, errors,
		state_numbers_create() };
	const char *written = inifile_get(doc, "journal", STATE_CHECK_KEY);
	const char *format;
	char *check = state_check(doc);
	bool trusted = written && strcmp(written, check) == 0;

	free(check);
	format = inifile_get(doc, "notes", STATE_NOTES_KEY);
	*has_notes = format && strcmp(format, STATE_NOTES_FORMAT) == 0;
	load_words(&l);
	load_old_failures(&l);
	load_tasks(&l);
	load_numbers(&l);
	for (size_t i = 0; i < inifile_count(doc); i++) {
		if (inifile_entry(doc, i)->value)
			load_entry(&l, inifile_entry(doc, i));
	}
	load_submitted(&l);
	state_numbers_destroy(l.numbers);
	for (size_t i = 0; i < words->count; i++) {
		struct phase_state *phase = state_find(state,
			words->items[i].phase);

		words->items[i].has_base = phase->known;
		words->items[i].base = phase_word(phase);
	}
	return trusted;
}
