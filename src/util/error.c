/*
 * error.c - errors as values: one, or a bounded list of complaints.
 */
#include "latsub/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

#define ERRLIST_MAX 200

int
latsub_error_set(struct latsub_error *err, enum latsub_exit code,
                 const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (err) {
		err->code = code;
		err->says_how = false;
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		va_end(ap);
		text_blank_controls(err->text); /* it quotes others' */
	}
	errno = saved;
	return -1;
}

int
latsub_error_errno(struct latsub_error *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t used;

	if (err) {
		err->code = LATSUB_SYSTEM;
		err->says_how = false;
		va_start(ap, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, ap);
		va_end(ap);
		text_blank_controls(err->text);
		used = strlen(err->text);
		snprintf(err->text + used, sizeof err->text - used, ": %s",
		         strerror(saved));
	}
	errno = saved;
	return -1;
}

void
latsub_errlist_add(struct latsub_errlist *list, const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;
	char *text;

	if (list->count >= ERRLIST_MAX) {
		list->dropped++;
		return;
	}
	va_start(ap, fmt);
	strbuf_vprintf(&sb, fmt, ap);
	va_end(ap);
	GROW(list->texts, list->count);
	text = text_sanitise(strbuf_str(&sb), sb.len); /* it quotes the user's */
	list->texts[list->count++] = text;
	strbuf_clear(&sb);
}

void
latsub_errlist_clear(struct latsub_errlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->texts[i]);
	free(list->texts);
	*list = (struct latsub_errlist){ 0 };
}
