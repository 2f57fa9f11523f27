/*
 * strays.c - which paths tasks have named, in a few words.
 *
 * Most lie where the phase's pattern says, and that says whose they are.  Of all
 * others one directory is kept that has them all: who works elsewhere need not look
 * for them.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/state.h"

/* Cut dir off after the last '/' that it and the path have in common. */
static void
shorten(char *dir, const char *path)
{
	size_t same = 0, end = 0;

	while (dir[same] && dir[same] == path[same]) {
		same++;
		if (dir[same - 1] == '/')
			end = same;
	}
	dir[end] = '\0';
}

void
phase_add_path(struct phase_state *phase, int sort, const char *path,
               const char *own)
{
	struct phase_strays *strays = &phase->strays[sort];

	if (own) {
		if (!strlist_has(&phase->own_marks, own))
			strlist_add(&phase->own_marks, own);
		return;
	}
	if (!strays->any)
		strays->dir = xstrdup(path);
	strays->any = true;
	shorten(strays->dir, text_is_plain_path(path) ? path : "");
}
