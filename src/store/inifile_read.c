/*
 * inifile_read.c - lossless INI: inih is the grammar, a reader in front of it keeps
 * what inih would cut.
 *
 * In: the text of a file.  Out: entries with their lines, and the lines
 * themselves for a rewrite that changes nothing else.
 * Beware: inih cuts lines at 199 bytes and sections at 49, takes " ;" for a
 * comment and ':' for a separator, and does not tell line numbers.  So it gets
 * stand-ins: "[s]" for every section, "k" for every key, and each value
 * percent-encoded, in short pieces on continuation lines.  It calls back before
 * it reads the next line, so the reader knows which entry a piece belongs to.
 */
#include "latsub/inifile.h"

#include <ini.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "inifile_document.h"
#include "latsub/text.h"

#define LINE_MAX_BYTES (1024 * 1024)
#define PIECE_BYTES 40 /* encoded at most threefold: far below inih's 199 */

/* The state of one parse: where the reader is, what inih has not seen yet. */
struct reader {
	struct inifile *ini;
	const char *name;
	struct latsub_errlist *errors;
	struct line *at;
	int number;
	struct section *section;
	struct entry *entry;   /* the key whose value is being fed */
	char *value;           /* the whole value, and how far it is fed */
	size_t fed, value_len;
	struct strbuf decoded; /* what came back through inih */
	bool begun;            /* its first line is fed */
	bool skipping;         /* what a rejected key line goes on with */
};

static void
split_lines(struct inifile *ini, const char *text, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t size = newline ? (size_t)(newline - text) + 1 : len;

		inifile_line_insert(ini, ini->end, inifile_line_create(text, size));
		text += size;
		len -= size;
	}
	if (ini->head && ini->head->len >= 2
	    && ini->head->text[ini->head->len - 2] == '\r')
		ini->eol = "\r\n";
}

static bool
is_blank(const struct line *line)
{
	return line->text[strspn(line->text, " \t\r\n")] == '\0';
}

static bool
is_indented(const struct line *line)
{
	return line->text[0] == ' ' || line->text[0] == '\t';
}

static bool
is_comment(const struct line *line)
{
	return line->text[0] == '#' || line->text[0] == ';';
}

static char *
decode_json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	char *copy = json_is_string(value)
		? xstrdup(json_string_value(value)) : NULL;

	json_decref(value);
	return copy;
}

/* ---- what goes to inih, and what comes back ---- */

static void
encode_piece(struct strbuf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		bool edge = i == 0 || i + 1 == len;

		if (c < 0x20 || strchr("%;#[", c) || (c == ' ' && edge))
			strbuf_printf(out, "%%%02x", c);
		else
			strbuf_putc(out, (char)c);
	}
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10;
}

static void
decode_piece(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '%') {
			strbuf_putc(out, (char)(hex_digit(s[1]) * 16
			                        + hex_digit(s[2])));
			s += 2;
		} else {
			strbuf_putc(out, *s);
		}
	}
}

/* The value has come back whole. */
static void
finish_value(struct reader *r)
{
	struct entry *entry = r->entry;
	char *json = NULL;

	if (!entry)
		return;
	if (r->ini->quoting == INI_JSON_STRINGS && r->decoded.len > 0
	    && r->decoded.data[0] == '"')
		json = decode_json(r->decoded.data);
	inifile_entry_set_value(entry, json ? json : strbuf_steal(&r->decoded));
	strbuf_clear(&r->decoded);
	r->entry = NULL;
	free(r->value);
	r->value = NULL;
}

static int
on_entry(void *user, const char *section, const char *key, const char *value)
{
	struct reader *r = user;

	(void)section;
	(void)key;
	if (r->entry)
		decode_piece(&r->decoded, value);
	return 1;
}

/* Next short line of the value in hand; false when it is all fed. */
static bool
feed_value(struct reader *r, struct strbuf *out)
{
	size_t left = r->value_len - r->fed;
	size_t size = left < PIECE_BYTES ? left : PIECE_BYTES;

	if (r->begun && left == 0) {
		finish_value(r);
		return false;
	}
	strbuf_puts(out, r->begun ? " " : "k = ");
	encode_piece(out, r->value + r->fed, size);
	r->fed += size;
	r->begun = true;
	return true;
}

/* ---- the lines ---- */

/* The white space that all of the continuation lines begin with. */
static size_t
common_indent(const struct line *line, const struct line *stop)
{
	const char *indent = NULL;
	size_t len = 0;

	for (; line != stop; line = line->next) {
		if (is_blank(line) || is_comment(line))
			continue;
		if (!indent) {
			indent = line->text;
			len = strspn(indent, " \t");
		}
		for (size_t i = 0; i < len; i++) {
			if (line->text[i] != indent[i])
				len = i;
		}
	}
	return len;
}

static void
add_trimmed(struct strbuf *out, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	strbuf_add(out, text, len);
}

/* The last continuation line after the key line, or the key line itself. */
static struct line *
value_end(struct line *key_line)
{
	struct line *last = key_line;

	for (struct line *line = key_line->next; line; line = line->next) {
		if (is_blank(line) || is_comment(line))
			continue;
		if (!is_indented(line))
			break;
		last = line;
	}
	return last;
}

static void
gather_value(struct reader *r, struct line *key_line, const char *first)
{
	struct line *last = value_end(key_line);
	struct line *stop = last->next;
	size_t indent = common_indent(key_line->next, stop);
	struct strbuf value = { 0 };

	add_trimmed(&value, first);
	for (struct line *line = key_line->next; line != stop;
	     line = line->next) {
		r->number++;
		r->at = line->next;
		if (is_comment(line))
			continue;
		if (value.len > 0)
			strbuf_putc(&value, '\n');
		if (!is_blank(line))
			add_trimmed(&value, line->text + indent);
	}
	r->entry->last = last;
	r->value_len = value.len;
	r->value = strbuf_steal(&value);
	r->fed = 0;
	r->begun = false;
}

static void
complain(struct reader *r, const char *what, const char *text)
{
	char *clean = text_sanitise(text, strnlen(text, 60));

	latsub_errlist_add(r->errors, "%s:%d: %s: '%s'", r->name, r->number,
	                   what, text_trim(clean));
	free(clean);
}

static void
read_section(struct reader *r, struct line *line, struct strbuf *out)
{
	char *close = strrchr(line->text, ']');
	const struct section *known;
	char *name;

	if (!close) {
		complain(r, "a section needs its ']'; write '[name]'",
		         line->text);
		return;
	}
	if (close[1 + strspn(close + 1, " \t\r\n")] != '\0')
		complain(r, "text after a section's ']'; comments are lines "
		         "of their own", line->text);
	name = xstrndup(line->text + 1, (size_t)(close - line->text) - 1);
	known = strmap_get(r->ini->by_section, text_trim(name));
	/* people append to state files; in an experiment it is a mistake */
	if (known && r->ini->quoting == INI_PLAIN && *known->name)
		latsub_errlist_add(r->errors, "%s:%d: [%s] a second time; the "
		                   "first is in line %d", r->name, r->number,
		                   known->name, known->public.line);
	r->section = inifile_section_find(r->ini, text_trim(name), r->number, line);
	strbuf_puts(out, "[s]");
	free(name);
}

static void
read_key(struct reader *r, struct line *line, struct strbuf *out)
{
	char *equals = strchr(line->text, '=');
	char *key, *trimmed;
	struct entry *old;

	r->skipping = true;
	if (!equals) {
		complain(r, "neither 'key = value', nor a [section], nor a "
		         "comment; a line that continues a value must be "
		         "indented", line->text);
		return;
	}
	key = xstrndup(line->text, (size_t)(equals - line->text));
	trimmed = text_trim(key);
	old = inifile_entry_find(r->ini, r->section->name, trimmed);
	if (!*trimmed) {
		complain(r, "a key is missing before '='", line->text);
	} else if (old) {
		latsub_errlist_add(r->errors, "%s:%d: '%s' stands twice in "
		                   "[%s], first in line %d; keep one of them",
		                   r->name, r->number, trimmed,
		                   r->section->name, old->public.line);
	} else {
		r->skipping = false;
		r->entry = inifile_entry_create(r->ini, r->section, trimmed,
		                        r->number);
		r->entry->first = line;
		gather_value(r, line, equals + 1 + strspn(equals + 1, " \t"));
		r->section->tail = r->entry->last;
		feed_value(r, out);
	}
	free(key);
}

static void
read_line(struct reader *r, struct line *line, struct strbuf *out)
{
	/* what latsub itself wrote has as many values as an array has */
	if (line->len > LINE_MAX_BYTES && r->ini->quoting == INI_PLAIN) {
		latsub_errlist_add(r->errors, "%s:%d: a line of %zu bytes; "
		                   "at most %d are read", r->name, r->number,
		                   line->len, LINE_MAX_BYTES);
	} else if (memchr(line->text, '\0', line->len)) {
		complain(r, "a NUL byte in this line; this is not a text file",
		         line->text);
	} else if (is_blank(line) || is_comment(line)) {
		return;
	} else if (is_indented(line)) {
		if (!r->skipping && !strchr("#;", line->text[strspn(line->text, " \t")]))
			complain(r, "an indented line continues a value, and "
			         "here is none; keys begin in column 1",
			         line->text);
	} else if (line->text[0] == '[') {
		read_section(r, line, out);
	} else {
		read_key(r, line, out);
	}
}

/* What inih takes for fgets(). */
static char *
next_line(char *buffer, int size, void *stream)
{
	struct reader *r = stream;
	struct strbuf out = { 0 };

	if (!(r->entry && feed_value(r, &out))) {
		struct line *line = r->at;

		if (!line)
			return NULL;
		r->at = line->next;
		r->number++;
		if (line->text[0] == '[')
			r->skipping = false;
		read_line(r, line, &out);
	}
	strbuf_putc(&out, '\n');
	if (out.len >= (size_t)size) /* pieces are cut to fit: see PIECE_BYTES */
		out.len = (size_t)size - 1;
	memcpy(buffer, out.data, out.len);
	buffer[out.len] = '\0';
	strbuf_clear(&out);
	return buffer;
}

struct inifile *
inifile_parse(const char *name, const char *text, size_t len,
          enum inifile_quoting quoting, struct latsub_errlist *errors)
{
	struct inifile *ini = xcalloc(1, sizeof *ini);
	struct reader r = { .ini = ini, .name = name, .errors = errors };

	ini->quoting = quoting;
	ini->eol = "\n";
	ini->by_key = strmap_create();
	ini->by_section = strmap_create();
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		ini->bom = true;
		text += 3;
		len -= 3;
	}
	split_lines(ini, text, len);
	r.at = ini->head;
	r.section = inifile_section_find(ini, "", 1, NULL);
	if (ini_parse_stream(next_line, &r, on_entry, &r) != 0)
		latsub_errlist_add(errors, "%s:%d: not understood", name,
		                   r.number);
	finish_value(&r);
	strbuf_clear(&r.decoded);
	return ini;
}
