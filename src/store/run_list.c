/*
 * run_list.c - the runs under an output root.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/run.h"

/* "NAME_YYYYMMDD_HHMMSS": the part that sorts, or NULL. */
static const char *
time_of(const char *name)
{
	size_t len = strlen(name);

	return len > 16 && name[len - 16] == '_' && name[len - 7] == '_'
		? name + len - 15 : name;
}

static int
compare(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int order = strcmp(time_of(x), time_of(y));

	return order ? order : strcmp(x, y);
}

int
run_list(const char *root, struct strlist *names, struct latsub_error *err)
{
	DIR *dir = opendir(root);
	struct dirent *entry;

	if (!dir)
		return latsub_error_errno(err, "%s", root);
	while ((entry = readdir(dir))) {
		char *path, *state, *journal;

		if (entry->d_name[0] == '.')
			continue;
		path = file_join(root, entry->d_name);
		state = file_join(path, RUN_STATE_NAME);
		journal = file_join(path, ".latsub/journal");
		if (file_exists(state) || file_exists(journal))
			strlist_add(names, entry->d_name);
		free(path);
		free(state);
		free(journal);
	}
	closedir(dir);
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items,
		      compare);
	return 0;
}

char *
run_newest(const char *root)
{
	struct strlist names = { 0 };
	char *path = NULL;

	if (run_list(root, &names, NULL) == 0 && names.count)
		path = file_join(root, names.items[names.count - 1]);
	strlist_clear(&names);
	return path;
}
