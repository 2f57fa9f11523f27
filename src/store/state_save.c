/*
 * state_save.c - from the state to its file.
 *
 * Every key that is latsub's is set or taken out; the rest of the document
 * is not touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/version.h"
#include "state_file.h"
#include "state_keys.h"

/* ---- what the rows' functions write with ---- */

static char *
joined(const char *section, const char *key)
{
	return xasprintf("%s\037%s", section, key);
}

static void
keep(struct state_writing *w, const char *section, const char *key)
{
	char *name = joined(section, key);

	strmap_set(w->kept, name, w);
	free(name);
}

static void
put(struct state_writing *w, const char *section, const char *key,
    const char *value)
{
	inifile_set(w->doc, section, key, value);
	keep(w, section, key);
}

void
state_put_text(struct state_writing *w, enum state_section section,
               const char *key, const char *value)
{
	put(w, state_sections[section].name, key, value);
}

void
state_put(struct state_writing *w, const struct state_key *key,
          const struct phase_state *phase, const char *rest,
          const char *fmt, ...)
{
	const char *name = strcmp(key->name, STATE_ANY) == 0 ? "" : key->name;
	const char *dot = phase && (*name || *rest) ? "." : "";
	char *whole = xasprintf("%s%s%s%s", phase ? phase->name : "", dot, name,
	                        rest);
	struct strbuf value = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&value, fmt, ap);
	va_end(ap);
	state_put_text(w, key->section, whole, strbuf_str(&value));
	strbuf_clear(&value);
	free(whole);
}

void
state_put_set(struct state_writing *w, const struct state_key *key,
              const struct phase_state *phase, const char *rest,
              const struct rangeset *set)
{
	struct strbuf text = { 0 };

	rangeset_print(set, &text);
	state_put(w, key, phase, rest, "%s", strbuf_str(&text));
	strbuf_clear(&text);
}

/* ---- metadata, and the words of phases ---- */

/* Which event each key is from, so that a late one is told from a newer one. */
static void
save_revision(struct state_writing *w)
{
	const struct strlist *keys = &w->state->metadata_keys;
	struct strbuf text = { 0 };

	for (size_t i = 0; i < keys->count; i++) {
		uint32_t seq = state_metadata_seq(w->state, keys->items[i]);

		if (seq)
			strbuf_printf(&text, "%s%s:%u", text.len ? " " : "",
			              keys->items[i], seq);
	}
	if (text.len)
		state_put_text(w, SECTION_METADATA, STATE_REVISION, text.data);
	strbuf_clear(&text);
}

static void
save_metadata(struct state_writing *w)
{
	const struct strlist *keys = &w->state->metadata_keys;

	if (!state_metadata(w->state, STATE_VERSION_KEY))
		state_put_text(w, SECTION_METADATA, STATE_VERSION_KEY,
		               LATSUB_STATE_VERSION);
	for (size_t i = 0; i < keys->count; i++) {
		/* keys before the first section stay where they were */
		if (!inifile_get(w->doc, "", keys->items[i]))
			state_put_text(w, SECTION_METADATA, keys->items[i],
			               state_metadata(w->state, keys->items[i]));
	}
	save_revision(w);
}

static void
save_words(struct state_writing *w)
{
	for (size_t i = 0; i < w->state->count; i++) {
		const struct phase_state *phase = w->state->phases[i];
		const char *section = inifile_get(w->doc, "", phase->name)
			? "" : state_sections[SECTION_PHASES].name;

		if (phase->known)
			put(w, section, phase->name,
			    phase_word_name(phase_word(phase)));
	}
}

/* ---- the keys of the table ---- */

static bool
is_written(const struct state_key *key, const struct phase_state *phase)
{
	bool needs_known = key->group == GROUP_NUMBERS
		|| key->group == GROUP_WORK;

	return key->write && (phase->known || !needs_known)
		&& (!key->when || key->when(phase));
}

/* Rows of one group, phase by phase. */
static void
save_group(struct state_writing *w, const struct state_key *keys, size_t count)
{
	for (size_t i = 0; i < w->state->count; i++) {
		const struct phase_state *phase = w->state->phases[i];

		for (size_t k = 0; k < count; k++) {
			if (is_written(&keys[k], phase))
				keys[k].write(w, &keys[k], phase);
		}
	}
}

static void
save_keys(struct state_writing *w)
{
	for (size_t i = 0, end; i < state_key_count; i = end) {
		end = i + 1;
		while (end < state_key_count
		       && state_keys[end].group == state_keys[i].group)
			end++;
		if (state_keys[i].group != GROUP_RUN)
			save_group(w, &state_keys[i], end - i);
		for (size_t k = i; k < end; k++) {
			if (state_keys[k].group == GROUP_RUN
			    && state_keys[k].write)
				state_keys[k].write(w, &state_keys[k], NULL);
		}
	}
}

/* ---- the end ---- */

/* Take out what latsub wrote once and does not say any more. */
static void
drop_stale(struct state_writing *w)
{
	for (size_t i = 0; i < inifile_count(w->doc); i++) {
		const struct inifile_entry *entry = inifile_entry(w->doc, i);
		int section = state_section_find(entry->section);
		char *name;

		if (section < 0 || !state_sections[section].owned
		    || !entry->value)
			continue;
		name = joined(entry->section, entry->key);
		if (!strmap_get(w->kept, name))
			inifile_unset(w->doc, entry->section, entry->key);
		free(name);
	}
}

/* After all else: it is of what the file has then. */
static void
save_check(struct state_writing *w)
{
	char *check = state_check(w->doc);

	state_put_text(w, SECTION_JOURNAL, STATE_CHECK_KEY, check);
	free(check);
}

void
state_file_store(struct inifile *doc, struct state *state,
                 const struct journal_offsets *offsets)
{
	struct state_writing w = { .doc = doc, .state = state,
		.offsets = offsets, .kept = strmap_create() };

	state_sort(state);
	if (state_numbers_are_worth_it(state))
		w.numbers = state_numbers_create();
	save_metadata(&w);
	save_words(&w);
	save_keys(&w);
	keep(&w, state_sections[SECTION_JOURNAL].name, STATE_CHECK_KEY);
	drop_stale(&w);
	save_check(&w);
	state_numbers_destroy(w.numbers);
	strmap_destroy(w.kept);
}
