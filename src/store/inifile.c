/*
 * inifile.c - a document of INI in memory: its lines, entries and sections.
 */
#include "latsub/inifile.h"

#include <stdlib.h>
#include <string.h>

#include "inifile_document.h"

struct line *
inifile_line_create(const char *text, size_t len)
{
	struct line *line = xcalloc(1, sizeof *line);

	line->text = xmalloc(len + 1);
	memcpy(line->text, text, len);
	line->text[len] = '\0';
	line->len = len;
	return line;
}

void
inifile_line_insert(struct inifile *ini, struct line *after, struct line *line)
{
	struct line **link = after ? &after->next : &ini->head;

	line->next = *link;
	*link = line;
	if (ini->end == after)
		ini->end = line;
}

struct section *
inifile_section_find(struct inifile *ini, const char *name, int number, struct line *line)
{
	struct section *section = strmap_get(ini->by_section, name);

	if (section) {
		if (line)
			section->tail = line;
		return section;
	}
	section = xcalloc(1, sizeof *section);
	section->name = xstrdup(name);
	section->public = (struct inifile_section){ section->name, number };
	section->tail = line;
	GROW(ini->sections, ini->section_count);
	ini->sections[ini->section_count++] = section;
	strmap_set(ini->by_section, name, section);
	return section;
}

static char *
map_key(const char *section, const char *key)
{
	size_t section_len = strlen(section), key_len = strlen(key);
	char *joined = xmalloc(section_len + key_len + 2);

	memcpy(joined, section, section_len);
	joined[section_len] = '\037';
	memcpy(joined + section_len + 1, key, key_len + 1);
	return joined;
}

struct entry *
inifile_entry_find(const struct inifile *ini, const char *section, const char *key)
{
	char *joined = map_key(section, key);
	struct entry *entry = strmap_get(ini->by_key, joined);

	free(joined);
	return entry;
}

struct entry *
inifile_entry_create(struct inifile *ini, struct section *section, const char *key,
             int number)
{
	struct entry *entry = xcalloc(1, sizeof *entry);
	char *joined = map_key(section->name, key);

	entry->key = xstrdup(key);
	entry->value = xstrdup("");
	entry->public = (struct inifile_entry){
		.section = section->name, .key = entry->key,
		.value = entry->value, .line = number,
	};
	GROW(ini->entries, ini->count);
	ini->entries[ini->count++] = entry;
	strmap_set(ini->by_key, joined, entry);
	free(joined);
	return entry;
}

void
inifile_entry_set_value(struct entry *entry, char *value)
{
	free(entry->value);
	entry->value = value;
	entry->public.value = value;
}

void
inifile_destroy(struct inifile *ini)
{
	struct line *next;

	if (!ini)
		return;
	for (struct line *line = ini->head; line; line = next) {
		next = line->next;
		free(line->text);
		free(line);
	}
	for (size_t i = 0; i < ini->count; i++) {
		free(ini->entries[i]->key);
		free(ini->entries[i]->value);
		free(ini->entries[i]);
	}
	for (size_t i = 0; i < ini->section_count; i++) {
		free(ini->sections[i]->name);
		free(ini->sections[i]);
	}
	free(ini->entries);
	free(ini->sections);
	strmap_destroy(ini->by_key);
	strmap_destroy(ini->by_section);
	free(ini);
}

size_t
inifile_count(const struct inifile *ini)
{
	return ini->count;
}

const struct inifile_entry *
inifile_entry(const struct inifile *ini, size_t i)
{
	return &ini->entries[i]->public;
}

size_t
inifile_section_count(const struct inifile *ini)
{
	return ini->section_count;
}

const struct inifile_section *
inifile_section(const struct inifile *ini, size_t i)
{
	return &ini->sections[i]->public;
}

const char *
inifile_get(const struct inifile *ini, const char *section, const char *key)
{
	struct entry *entry = inifile_entry_find(ini, section, key);

	return entry && !entry->gone ? entry->value : NULL;
}

int
inifile_line(const struct inifile *ini, const char *section, const char *key)
{
	struct entry *entry = inifile_entry_find(ini, section, key);

	return entry && !entry->gone ? entry->public.line : 0;
}
