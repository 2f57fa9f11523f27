/*
 * text.c - memory that cannot be NULL, and growing strings and lists.
 */
#include "latsub/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/error.h"

static void *
check(void *ptr)
{
	static const char message[] = "latsub: out of memory\n";

	if (!ptr) {
		(void)!write(STDERR_FILENO, message, sizeof message - 1);
		_exit(LATSUB_SYSTEM);
	}
	return ptr;
}

void *
xmalloc(size_t size)
{
	return check(malloc(size ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1));
}

void *
xrealloc(void *ptr, size_t size)
{
	return check(realloc(ptr, size ? size : 1));
}

void *
xgrow(void *items, size_t count, size_t size)
{
	if (count & (count - 1)) /* it is full at a power of two only */
		return items;
	return xrealloc(items, (count ? count * 2 : 1) * size);
}

char *
xstrdup(const char *s)
{
	return s ? check(strdup(s)) : NULL;
}

char *
xstrndup(const char *s, size_t len)
{
	return check(strndup(s, len));
}

char *
xasprintf(const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&sb, fmt, ap);
	va_end(ap);
	return strbuf_steal(&sb);
}

static void
strbuf_reserve(struct strbuf *sb, size_t more)
{
	size_t cap = sb->cap ? sb->cap : 64;

	if (sb->data && sb->len + more + 1 <= sb->cap)
		return;
	while (cap < sb->len + more + 1)
		cap *= 2;
	sb->data = xrealloc(sb->data, cap);
	sb->cap = cap;
}

void
strbuf_add(struct strbuf *sb, const char *data, size_t len)
{
	strbuf_reserve(sb, len);
	if (len)
		memcpy(sb->data + sb->len, data, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void
strbuf_puts(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void
strbuf_putc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void
strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	strbuf_reserve(sb, 127);
	len = vsnprintf(sb->data + sb->len, sb->cap - sb->len, fmt, again);
	va_end(again);
	if (len >= 0 && (size_t)len >= sb->cap - sb->len) { /* it did not fit */
		strbuf_reserve(sb, (size_t)len);
		vsnprintf(sb->data + sb->len, (size_t)len + 1, fmt, ap);
	}
	sb->len += len > 0 ? (size_t)len : 0;
}

void
strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(sb, fmt, ap);
	va_end(ap);
}

const char *
strbuf_str(const struct strbuf *sb)
{
	return sb->data ? sb->data : "";
}

char *
strbuf_steal(struct strbuf *sb)
{
	char *data = sb->data ? sb->data : xstrdup("");

	*sb = (struct strbuf){ 0 };
	return data;
}

void
strbuf_clear(struct strbuf *sb)
{
	free(sb->data);
	*sb = (struct strbuf){ 0 };
}

void
strlist_add_owned(struct strlist *list, char *s)
{
	GROW(list->items, list->count + 1); /* and for the NULL */
	list->items[list->count++] = s;
	list->items[list->count] = NULL;
}

void
strlist_add(struct strlist *list, const char *s)
{
	strlist_add_owned(list, xstrdup(s));
}

bool
strlist_has(const struct strlist *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], s) == 0)
			return true;
	}
	return false;
}

void
strlist_clear(struct strlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strlist){ 0 };
}
