/*
 * text_utf8.c - bytes that others wrote, fit for a terminal, for JSON, for a line.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

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
