/*
 * inifile_document.h - a document in memory: lines, entries, sections.
 */
#ifndef LATSUB_INIFILE_DOCUMENT_H
#define LATSUB_INIFILE_DOCUMENT_H

#include "latsub/inifile.h"
#include "latsub/text.h"

struct line {
	char *text; /* with its end of line */
	size_t len;
	struct line *next;
};

struct entry {
	struct inifile_entry public; /* must be first: see inifile_entry() */
	char *key, *value;
	struct line *first, *last; /* the lines it stands on */
	bool gone;
};

struct section {
	struct inifile_section public;
	char *name;
	struct line *tail; /* new keys go after this one; NULL: at the top */
};

struct inifile {
	enum inifile_quoting quoting;
	bool bom;
	const char *eol;
	struct line *head, *end;
	struct entry **entries;
	size_t count;
	struct section **sections;
	size_t section_count;
	struct strmap *by_key;     /* "section\037key" -> struct entry */
	struct strmap *by_section; /* name -> struct section */
};

struct line *inifile_line_create(const char *text, size_t len);
void inifile_line_insert(struct inifile *ini, struct line *after,
                         struct line *line);
/* The section, made when it is new; line: its header, keys follow it. */
struct section *inifile_section_find(struct inifile *ini, const char *name,
                                     int number, struct line *line);
struct entry *inifile_entry_find(const struct inifile *ini,
                                 const char *section, const char *key);
struct entry *inifile_entry_create(struct inifile *ini,
                                   struct section *section, const char *key,
                                   int number);
/* Takes the value over. */
void inifile_entry_set_value(struct entry *entry, char *value);

#endif
