/*
 * text.h - memory that cannot be NULL, growing strings, words, quoting.
 *
 * Out of memory ends the program with a message and exit code 5: a journal
 * makes that safe at any instant, and no caller could do better.
 */
#ifndef LATSUB_TEXT_H
#define LATSUB_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t size);
void *xgrow(void *items, size_t count, size_t size); /* by GROW() */
char *xstrdup(const char *s);              /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Room in an array for one item behind the first count; items may move.  The room
 * doubles, and follows from the count alone: there is no capacity to keep.  So an
 * array begins as NULL with a count of 0, and nothing else gives it memory; its
 * count may fall again.  Neither argument may have a side effect. */
#define GROW(items, count) \
	((items) = xgrow((items), (count), sizeof *(items)))

/* A growing string; zero-initialise it.  data is NUL-terminated or NULL. */
struct strbuf {
	char *data;
	size_t len;
	size_t cap;
};

void strbuf_add(struct strbuf *sb, const char *data, size_t len);
void strbuf_puts(struct strbuf *sb, const char *s);
void strbuf_putc(struct strbuf *sb, char c);
void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
const char *strbuf_str(const struct strbuf *sb); /* "" when empty */
char *strbuf_steal(struct strbuf *sb);           /* caller frees; sb is empty */
void strbuf_clear(struct strbuf *sb);            /* frees */

/* A growing list of owned strings; zero-initialise it. */
struct strlist {
	char **items;
	size_t count;
};

void strlist_add(struct strlist *list, const char *s); /* copies */
void strlist_add_owned(struct strlist *list, char *s);
bool strlist_has(const struct strlist *list, const char *s);
void strlist_clear(struct strlist *list);

/* Split at white space.  Single and double quotes and a backslash group as
 * in sh, without expansion.  Returns 0, or -1 for an unclosed quote. */
int text_split_words(const char *s, struct strlist *out);

/* s for /bin/sh: as it is when harmless, else in single quotes. */
char *text_shell_quote(const char *s);

/* Edit distance; the nearest of names[0..count) or NULL if none is near. */
size_t text_distance(const char *a, const char *b);
const char *text_nearest(const char *word, const char *const *names,
                         size_t count);

bool text_is_utf8(const char *s, size_t len);
/* A copy fit for a terminal, a JSON string or an INI line: invalid UTF-8 and
 * control characters other than newline and tab become '?'. */
char *text_sanitise(const char *s, size_t len);
/* Print, sanitised by text_sanitise(): for text that others may have written. */
void text_print(FILE *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Replace control characters only, in place. */
void text_blank_controls(char *s);

char *text_trim(char *s); /* in place; returns the first non-space */
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
/* Is name one of "a,b,c"?  Either may be NULL: then it is not. */
bool text_is_listed(const char *list, const char *name);
uint32_t text_hash(const char *s); /* FNV-1a */
/* A path without "//", "." and ".." in it, so that it has one spelling. */
bool text_is_plain_path(const char *path);

/* Parse a whole decimal number within [min, max]; -1 when it is not one. */
int text_parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

/* name -> pointer or number, O(1); keys are copied, what a pointer leads to is the
 * caller's.  A map holds pointers or numbers, not both. */
struct strmap;
struct strmap *strmap_create(void);
void strmap_destroy(struct strmap *map);
void strmap_set(struct strmap *map, const char *key, void *value);
void *strmap_get(const struct strmap *map, const char *key);
void strmap_set_number(struct strmap *map, const char *key, size_t number);
/* Is key there?  If not, *number stays as it is. */
bool strmap_get_number(const struct strmap *map, const char *key,
                       size_t *number);
void strmap_remove(struct strmap *map, const char *key);

#endif
