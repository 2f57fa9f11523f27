/*
 * text_shell.c - words as a shell reads them, and a word that it reads as it stands.
 */
#include <string.h>

#include "latsub/text.h"

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
