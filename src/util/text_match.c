/*
 * text_match.c - what a text begins with, ends with, or is near to; numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

#define DISTANCE_MAX_LEN 64

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
