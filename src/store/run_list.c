/*
 * run_list.c - the runs under an output root.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/run.h"

/* "NAME_YYYYMMDD_HHMMSS": the part that sorts, or all of it. */
static const char *
time_of(const char *name)
{
	size_t prefix = run_name_prefix(name);

	return prefix ? name + prefix + 1 : name;
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
		bool has_state, has_journal;

		if (entry->d_name[0] == '.')
			continue;
		path = file_join(root, entry->d_name);
		state = run_path_in(path, RUN_STATE);
		journal = run_path_in(path, RUN_JOURNAL);
		/* what cannot be looked at may be a run: it is listed as that */
		if (file_look(state, &has_state, NULL) || has_state
		    || file_look(journal, &has_journal, NULL) || has_journal)
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
