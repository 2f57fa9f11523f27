/*
 * state_load.c - from a state file to the state.
 *
 * First metadata and words, which tell what phases there are, then the keys of the
 * table (state_keys.h).  State files of the script that came before latsub have
 * the guide's keys only, some of them without sections.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "latsub/text.h"
#include "state_file.h"
#include "state_keys.h"

struct loading {
	const struct inifile *doc;
	const char *path;
	struct state_words *words;
	struct latsub_errlist *errors;
	struct state_reading reading;
};

/* ---- metadata, and the words of phases ---- */

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

	GROW(words->items, words->count);
	words->items[words->count++] = (struct state_word){
		.phase = xstrdup(phase), .word = word };
	state_add(l->reading.state, phase);
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
	state_add(l->reading.state, entry->key);
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
		state_set_metadata(l->reading.state, entry->key, entry->value);
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
			state_set_metadata_seq(l->reading.state, word, (uint32_t)seq);
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
		state_set_metadata(l->reading.state, entry->key, entry->value);
}

static void
load_words(struct loading *l)
{
	for (size_t i = 0; i < inifile_count(l->doc); i++) {
		const struct inifile_entry *entry = inifile_entry(l->doc, i);
		int section = state_section_find(entry->section);

		if (!entry->value)
			continue;
		if (section == SECTION_PHASES)
			load_word(l, entry);
		else if (section == SECTION_METADATA)
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

/* ---- the keys of the table ---- */

/* The row of a line, and whose it is; false: it has none.  Keys of the last failure may
 * stand before the first section, too. */
static bool
find_line(const struct loading *l, size_t place, struct state_line *line)
{
	const struct inifile_entry *entry = inifile_entry(l->doc, place);
	int section = *entry->section ? state_section_find(entry->section)
		: SECTION_FAILURES;
	const char *what;

	if (!entry->value || section < 0)
		return false;
	*line = (struct state_line){ .value = entry->value, .place = place };
	line->key = state_key_find((enum state_section)section, true, entry->key,
	                           &line->rest);
	if (!line->key && *entry->section) {
		line->phase = phase_of_key(l->reading.state, entry->key, &what);
		if (line->phase)
			line->key = state_key_find((enum state_section)section,
			                           false, what, &line->rest);
	}
	return line->key && line->key->read;
}

static int
compare_lines(const void *a, const void *b)
{
	const struct state_line *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* In the order of the table's rows: what one needs has been read before it. */
static void
load_keys(struct loading *l)
{
	size_t count = 0, all = inifile_count(l->doc);
	struct state_line *lines = xcalloc(all, sizeof *lines);

	for (size_t i = 0; i < all; i++)
		count += find_line(l, i, &lines[count]);
	qsort(lines, count, sizeof *lines, compare_lines);
	for (size_t i = 0; i < count; i++)
		lines[i].key->read(&l->reading, &lines[i]);
	free(lines);
}

/* ---- the checksum ---- */

char *
state_check(const struct inifile *doc)
{
	uLong crc = crc32(0, NULL, 0);

	for (size_t i = 0; i < inifile_count(doc); i++) {
		const struct inifile_entry *entry = inifile_entry(doc, i);
		int section = state_section_find(entry->section);
		enum state_checked checked = section < 0 ? CHECKED_NOT
			: state_sections[section].checked;
		const char *parts[3];

		if (!entry->value || checked == CHECKED_NOT
		    || strcmp(entry->key, STATE_CHECK_KEY) == 0)
			continue;
		parts[0] = entry->section;
		parts[1] = entry->key;
		parts[2] = checked == CHECKED_KEYS ? "" : entry->value;
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

/* ---- all of it ---- */

/* The old script's count has no events; keep it apart. */
static void
load_old_failures(struct loading *l)
{
	const char *count = state_get(l->doc, SECTION_FAILURES,
	                              STATE_FAILURES_KEY);

	if (!count)
		count = inifile_get(l->doc, "", STATE_FAILURES_KEY);
	if (count && strcmp(count, "0") != 0
	    && !state_get(l->doc, SECTION_JOURNAL, STATE_CHECK_KEY)
	    && !state_metadata(l->reading.state, STATE_OLD_FAILURES))
		state_set_metadata(l->reading.state, STATE_OLD_FAILURES, count);
}

bool
state_file_load(const struct inifile *doc, const char *path,
                struct state *state, struct journal_offsets *offsets,
                struct state_words *words, bool *has_notes,
                struct latsub_errlist *errors)
{
	struct loading l = { doc, path, words, errors,
		{ state, state_numbers_create(), offsets } };
	const char *written = state_get(doc, SECTION_JOURNAL, STATE_CHECK_KEY);
	const char *format = state_get(doc, SECTION_NOTES, STATE_NOTES_KEY);
	char *check = state_check(doc);
	bool trusted = written && strcmp(written, check) == 0;

	free(check);
	*has_notes = format && strcmp(format, STATE_NOTES_FORMAT) == 0;
	load_words(&l);
	load_old_failures(&l);
	load_keys(&l);
	state_numbers_destroy(l.reading.numbers);
	for (size_t i = 0; i < words->count; i++) {
		struct phase_state *phase = state_find(state,
			words->items[i].phase);

		words->items[i].has_base = phase->known;
		words->items[i].base = phase_word(phase);
	}
	return trusted;
}
