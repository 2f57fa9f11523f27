/*
 * words.c - reading and writing words: splitting, quoting, nearest match,
 * UTF-8, numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

#define DISTANCE_MAX_LEN 64

/* One word from *s into out, quotes and backslashes taken away. */
static int
take_word(const char **s, struct strbuf *out)
{
	const char *p = *s;
	char quote = '\0';

	for (; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
		if (quote && *p == quote) {
			quote = '\0';
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
			strbuf_puts(out, "");
		} else if (*p == '\\' && quote != '\'' && p[1]) {
			strbuf_putc(out, *++p);
		} else {
			strbuf_putc(out, *p);
		}
	}
	*s = p;
	return quote ? -1 : 0;
}

int
text_split_words(const char *s, struct strlist *out)
{
	for (;;) {
		struct strbuf word = { 0 };

		s += strspn(s, " \t\r\n");
		if (!*s)
			return 0;
		if (take_word(&s, &word)) {
			strbuf_clear(&word);
			return -1;
		}
		strlist_add_owned(out, strbuf_steal(&word));
	}
}

char *
text_shell_quote(const char *s)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
	struct strbuf sb = { 0 };

	if (*s && s[strspn(s, safe)] == '\0')
		return xstrdup(s);
	strbuf_putc(&sb, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			strbuf_puts(&sb, "'\\''");
		else
			strbuf_putc(&sb, *s);
	}
	strbuf_putc(&sb, '\'');
	return strbuf_steal(&sb);
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
text_distance(const char *a, const char *b)
{
	size_t la = strnlen(a, DISTANCE_MAX_LEN), lb = strnlen(b, DISTANCE_MAX_LEN);
	size_t row[DISTANCE_MAX_LEN + 1];

	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t up = row[j];

			row[j] = min3(row[j - 1] + 1, up + 1,
			              diagonal + (a[i - 1] != b[j - 1]));
			diagonal = up;
		}
	}
	return row[lb];
}

const char *
text_nearest(const char *word, const char *const *names, size_t count)
{
	size_t best = strlen(word) / 3 + 2;
	const char *nearest = NULL;

	if (strlen(word) > DISTANCE_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t distance = text_distance(word, names[i]);

		if (distance < best) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

/* Length of the UTF-8 sequence at s (at most len bytes), 0 when invalid. */
static size_t
utf8_length(const unsigned char *s, size_t len)
{
	size_t need = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		: s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		: s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	if (need == 0 || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
	    || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return need;
}

bool
text_is_utf8(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = utf8_length((const unsigned char *)s, len);

		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

char *
text_sanitise(const char *s, size_t len)
{
	struct strbuf sb = { 0 };

	while (len > 0) {
		unsigned char c = (unsigned char)*s;
		size_t n = utf8_length((const unsigned char *)s, len);

		if (n == 0 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f
		    || (c == 0xc2 && (unsigned char)s[1] < 0xa0)) {
			strbuf_putc(&sb, '?');
			n = 1;
		} else {
			strbuf_add(&sb, s, n);
		}
		s += n;
		len -= n;
	}
	return strbuf_steal(&sb);
}

void
text_print(FILE *out, const char *fmt, ...)
{
	struct strbuf text = { 0 };
	char *clean;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	clean = text_sanitise(strbuf_str(&text), text.len);
	fputs(clean, out);
	free(clean);
	strbuf_clear(&text);
}

void
text_blank_controls(char *s)
{
	for (unsigned char *p = (unsigned char *)s; *p; p++) {
		if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
	}
}

char *
text_trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r\n");
	len = strlen(s);
	while (len > 0 && strchr(" \t\r\n", s[len - 1]))
		s[--len] = '\0';
	return s;
}

bool
text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), end = strlen(suffix);

	return len >= end && strcmp(s + len - end, suffix) == 0;
}

bool
text_is_listed(const char *list, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	for (const char *at = list && len ? list : ""; *at;
	     at += strspn(at, ",")) {
		size_t size = strcspn(at, ",");

		if (size == len && strncmp(at, name, len) == 0)
			return true;
		at += size;
	}
	return false;
}

int
text_parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	long long value;

	if (*s != '-' && (*s < '0' || *s > '9'))
		return -1;
	errno = 0;
	value = strtoll(s, &end, 10);
	if (errno || *end || end == s || value < min || value > max)
		return -1;
	*out = value;
	return 0;
}

bool
text_is_plain_path(const char *path)
{
	path += *path == '/';
	for (size_t len; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 0 || strncmp(path, "..", len) == 0) /* "." as well */
			return false;
	}
	return true;
}
