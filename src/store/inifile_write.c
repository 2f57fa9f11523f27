/*
 * inifile_write.c - changes to a document, and the document as text.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "inifile_document.h"

static bool
needs_quotes(const char *value)
{
	size_t len = strlen(value);

	if (len == 0)
		return false;
	if (value[0] == '"' || value[0] == ' ' || value[len - 1] == ' ')
		return true;
	for (; *value; value++) {
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return true;
	}
	return false;
}

static char *
written_value(const struct inifile *ini, const char *value)
{
	char *clean, *dumped, *copy;
	json_t *json;

	if (ini->quoting != INI_JSON_STRINGS || !needs_quotes(value))
		return xstrdup(value);
	json = json_string(value);
	if (!json) { /* not UTF-8: keep what can be kept */
		clean = text_sanitise(value, strlen(value));
		json = json_string(clean);
		free(clean);
	}
	dumped = json_dumps(json, JSON_ENCODE_ANY);
	copy = xstrdup(dumped);
	free(dumped);
	json_decref(json);
	return copy;
}

static struct line *
key_line(const struct inifile *ini, const char *key, const char *value)
{
	char *written = written_value(ini, value);
	char *text = xasprintf(ini->quoting == INI_JSON_STRINGS ? "%s=%s%s"
	                       : "%s = %s%s", key, written, ini->eol);
	struct line *line = inifile_line_create(text, strlen(text));

	free(text);
	free(written);
	return line;
}

static void
line_empty(struct line *line)
{
	line->text[0] = '\0';
	line->len = 0;
}

static void
line_replace(struct line *line, struct line *with)
{
	free(line->text);
	line->text = with->text;
	line->len = with->len;
	free(with);
}

/* A file's last line may lack its newline. */
static void
line_terminate(const struct inifile *ini, struct line *line)
{
	char *text;

	if (line->len == 0 || line->text[line->len - 1] == '\n')
		return;
	text = xasprintf("%s%s", line->text, ini->eol);
	free(line->text);
	line->text = text;
	line->len = strlen(text);
}

static struct section *
section_append(struct inifile *ini, const char *name)
{
	char *text = xasprintf("%s[%s]%s", ini->head ? ini->eol : "", name,
	                       ini->eol);
	struct line *line = inifile_line_create(text, strlen(text));

	if (ini->end)
		line_terminate(ini, ini->end);
	inifile_line_insert(ini, ini->end, line);
	free(text);
	return inifile_section_find(ini, name, 0, line);
}

void
inifile_set(struct inifile *ini, const char *section_name, const char *key,
        const char *value)
{
	struct entry *entry = inifile_entry_find(ini, section_name, key);
	struct section *section;

	if (entry && !entry->gone) {
		if (strcmp(entry->value, value) == 0)
			return;
		line_replace(entry->first, key_line(ini, key, value));
		for (struct line *line = entry->first; line != entry->last;
		     line = line->next)
			line_empty(line->next);
		entry->last = entry->first;
		inifile_entry_set_value(entry, xstrdup(value));
		return;
	}
	section = strmap_get(ini->by_section, section_name);
	if (!section)
		section = section_append(ini, section_name);
	if (!entry)
		entry = inifile_entry_create(ini, section, key, 0);
	entry->gone = false;
	entry->first = entry->last = key_line(ini, key, value);
	if (section->tail)
		line_terminate(ini, section->tail);
	inifile_line_insert(ini, section->tail, entry->first);
	section->tail = entry->first;
	inifile_entry_set_value(entry, xstrdup(value));
}

void
inifile_unset(struct inifile *ini, const char *section, const char *key)
{
	struct entry *entry = inifile_entry_find(ini, section, key);

	if (!entry || entry->gone)
		return;
	line_empty(entry->first);
	for (struct line *line = entry->first; line != entry->last;
	     line = line->next)
		line_empty(line->next);
	entry->gone = true;
	entry->public.value = NULL;
}

char *
inifile_render(const struct inifile *ini, size_t *len)
{
	struct strbuf out = { 0 };

	if (ini->bom)
		strbuf_puts(&out, "\xef\xbb\xbf");
	for (const struct line *line = ini->head; line; line = line->next)
		strbuf_add(&out, line->text, line->len);
	if (len)
		*len = out.len;
	return strbuf_steal(&out);
}
