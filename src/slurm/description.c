/*
 * description.c - a job description, and what it owns.
 */
#include "config.h"

#include "description.h"

char *
description_own(struct description *d, char *text)
{
	strlist_add_owned(&d->owned, text);
	return text;
}

void
description_add_env(struct description *d, const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&sb, fmt, ap);
	va_end(ap);
	strlist_add_owned(&d->env, strbuf_steal(&sb));
}

void
description_clear(struct description *d)
{
	strlist_clear(&d->env);
	strlist_clear(&d->owned);
}
