/*
 * fuzz.c - libFuzzer targets, chosen by -DTARGET_...: every parser of input
 * that others write.  No crash, no leak, no hang; and what was read, written
 * and read again is the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/inifile.h"
#include "latsub/journal.h"
#include "latsub/options.h"
#include "latsub/plan.h"
#include "latsub/spec.h"
#include "latsub/state.h"
#include "store/state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int holds)
{
	if (!holds)
		abort();
}

#if defined(TARGET_EXPERIMENT)

static const char *
lookup(const char *name, void *user)
{
	(void)user;
	return name[0] == 'E' ? "1 2" : NULL;
}

static const struct variable_sources sources = { .environment = lookup };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct latsub_errlist errors = { 0 };
	struct inifile *ini = inifile_parse("f", (const char *)data, size,
	                                    INI_PLAIN, &errors);
	size_t sections = inifile_section_count(ini), n = 0, len;
	struct spec_item *items = calloc(sections + inifile_count(ini) + 1,
	                                 sizeof *items);
	char *text = inifile_render(ini, &len);

	check(len == size && memcmp(text, data, len) == 0);
	for (size_t i = 0; i < sections; i++)
		items[n++] = (struct spec_item){
			.section = inifile_section(ini, i)->name };
	for (size_t i = 0; i < inifile_count(ini); i++)
		items[n++] = (struct spec_item){
			inifile_entry(ini, i)->section,
			inifile_entry(ini, i)->key,
			inifile_entry(ini, i)->value,
			inifile_entry(ini, i)->line };
	spec_destroy(spec_create("f", items, n, &sources, &errors));
	free(items);
	free(text);
	inifile_destroy(ini);
	latsub_errlist_clear(&errors);
	return 0;
}

#elif defined(TARGET_STATE)

static char *
render(const char *text, size_t size, struct latsub_errlist *errors)
{
	struct inifile *doc = inifile_parse("f", text, size, INI_JSON_STRINGS,
	                                    errors);
	struct state *state = state_create();
	struct journal_offsets offsets = { 0 };
	struct state_words words = { 0 };
	bool notes;
	char *out;

	state_file_load(doc, "f", state, &offsets, &words, &notes, errors);
	state_file_store(doc, state, &offsets);
	out = inifile_render(doc, NULL);
	state_words_clear(&words);
	journal_offsets_clear(&offsets);
	state_destroy(state);
	inifile_destroy(doc);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct latsub_errlist errors = { 0 };
	char *once = render((const char *)data, size, &errors);

	free(once);
	latsub_errlist_clear(&errors);
	return 0;
}

#elif defined(TARGET_JOURNAL)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state *state = state_create();
	const char *at = (const char *)data, *end = at + size;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at)
			: (size_t)(end - at);
		struct event event;

		if (journal_decode(at, len, &event) == JOURNAL_EVENT) {
			state_apply(state, &event);
			event_clear(&event);
		}
		at += len + 1;
	}
	state_sort(state);
	state_outcome(state);
	state_destroy(state);
	return 0;
}

#else /* TARGET_VALUES: templates, times, sizes, signals, comments, ranges */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct latsub_errlist errors = { 0 };
	struct job_options options = { 0 };
	struct option_signal signal;
	struct rangeset set = { 0 };
	struct sweep sweep = { 0 };
	struct variables variables = { 0 };
	struct identity identity;
	struct option_nodes nodes;
	uint32_t mail;
	int64_t seconds;
	uint64_t mib;
	bool flag;

	memcpy(text, data, size);
	text[size] = '\0';
	options_read_template(&options, "f", text, &errors);
	if (options_parse_time(text, &seconds) == 0)
		check(seconds >= 0);
	options_parse_mem(text, &mib);
	options_parse_signal(text, &signal);
	options_parse_bool(text, &flag);
	if (options_parse_nodes(text, &nodes) == 0)
		check(nodes.min >= 1 && nodes.min <= nodes.max);
	options_parse_mail(text, &mail);
	if (rangeset_parse(&set, text) == 0 && size) {
		struct strbuf out = { 0 };
		struct rangeset again = { 0 };

		rangeset_print(&set, &out);
		check(rangeset_parse(&again, strbuf_str(&out)) == 0
		      && rangeset_equal(&set, &again));
		rangeset_clear(&again);
		strbuf_clear(&out);
	}
	if (identity_read(text, "run", &identity) == IDENTITY_OURS)
		check(strlen(identity.phase) <= SPEC_NAME_MAX);
	if (variables_parse(&variables, text) == 0) {
		char *once = variables_print(&variables), *twice;
		struct variables again = { 0 };

		check(variables_parse(&again, once) == 0);
		twice = variables_print(&again);
		check(strcmp(once, twice) == 0);
		free(twice);
		free(once);
		variables_clear(&again);
	}
	variables_clear(&variables);
	sweep_parse(&sweep, text);
	sweep_clear(&sweep);
	rangeset_clear(&set);
	options_clear(&options);
	latsub_errlist_clear(&errors);
	free(text);
	return 0;
}
#endif
