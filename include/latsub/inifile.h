/*
 * inifile.h - lossless INI over inih.
 *
 * inih is the one grammar; a reader between it and the file numbers the
 * lines, keeps each raw line, and passes long values, " ;" and long section
 * names through in a reversible form.  So a value may have any length, every
 * error has its line, and a rewrite keeps comments, blank lines, unknown
 * keys, CRLF and a BOM byte for byte.
 *
 * Grammar: "[section]", "key = value" (":" is not a separator).  A line with
 * '#' or ';' in column 0 is a comment, as is an indented one where no value
 * can go on; inside a line both belong to the value.  A value goes on over
 * the indented lines that follow, an indented '#' line among them: their
 * common indentation is removed and they are joined to the first by
 * newlines (a value that begins on the next line has no empty first line);
 * blank lines between them are kept, column-0 comments between them skipped.
 * Keys and values lose the white space around them; keys before the first
 * section belong to section "".
 */
#ifndef LATSUB_INIFILE_H
#define LATSUB_INIFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "latsub/error.h"

struct inifile_entry {
	const char *section; /* "" before the first section */
	const char *key;
	const char *value;
	int line; /* 1-based, where the key stands */
};

struct inifile_section {
	const char *name;
	int line;
};

struct inifile; /* a document */

enum inifile_quoting {
	INI_PLAIN, /* values are taken as they stand (experiment.ini) */
	/* a value that begins with '"' and is a whole JSON string is decoded,
	 * and inifile_set writes values that need it (control characters, newline,
	 * a leading quote, white space at an end) so (state files) */
	INI_JSON_STRINGS
};

/* Parse text (len bytes, need not be NUL-terminated, may hold anything).
 * name is for messages.  Every complaint goes into errors as
 * "NAME:LINE: ..." (NUL bytes, a line that is neither section, key nor
 * comment, "[" without "]", an empty key, a continuation without a key, a
 * duplicate key in the same section: it names the first line too).
 * A document always comes back, with what could be read; the caller decides
 * by errors->count whether that is good enough.  Caller destroys it. */
struct inifile *inifile_parse(const char *name, const char *text, size_t len,
                      enum inifile_quoting quoting,
                      struct latsub_errlist *errors);
void inifile_destroy(struct inifile *ini);

/* Everything in file order; an unset entry has value NULL.  Pointers live
 * until the document changes. */
size_t inifile_count(const struct inifile *ini);
const struct inifile_entry *inifile_entry(const struct inifile *ini, size_t i);
size_t inifile_section_count(const struct inifile *ini);
const struct inifile_section *inifile_section(const struct inifile *ini, size_t i);

/* The value of a key, or NULL; O(1). */
const char *inifile_get(const struct inifile *ini, const char *section,
                    const char *key);
/* Its line, or 0. */
int inifile_line(const struct inifile *ini, const char *section, const char *key);

/* Set a key: an existing one changes in place (its line only; nothing at all
 * when the value is the same), a new one goes after the last key of its
 * section, a new section to the end.  O(1) amortised.  With INI_JSON_STRINGS
 * keys are written "key=value" without spaces around "=". */
void inifile_set(struct inifile *ini, const char *section, const char *key,
             const char *value);
void inifile_unset(struct inifile *ini, const char *section, const char *key);

/* The document as text; what was not changed is the same byte for byte.
 * Caller frees. */
char *inifile_render(const struct inifile *ini, size_t *len);

#endif
