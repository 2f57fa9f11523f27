/*
 * program.c - the running binary, its neighbours, and its name to people.
 */
#include "latsub/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/text.h"

/* Of a binary that was replaced while it ran (an upgrade) the kernel says
 * "PATH (deleted)"; jobs that are submitted then run the new one. */
static void
take_off_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t len = strlen(path), end = sizeof mark - 1;

	if (len > end && strcmp(path + len - end, mark) == 0
	    && !file_exists(path))
		path[len - end] = '\0';
}

const char *
program_path(void)
{
	static char path[PATH_MAX];
	ssize_t len;

	if (path[0])
		return path;
	len = readlink("/proc/self/exe", path, sizeof path - 1);
	if (len <= 0)
		snprintf(path, sizeof path, "latsub");
	else
		path[len] = '\0';
	take_off_deleted(path);
	return path;
}

char *
program_beside(const char *relative)
{
	char *dir = file_directory(program_path());
	char *joined = file_join(dir, relative);
	char *path = file_absolute(joined);

	free(joined);
	free(dir);
	return path;
}

static bool
path_leads_here(void)
{
	const char *search = getenv("PATH");
	struct stat here, there;

	if (!search || stat(program_path(), &here))
		return false;
	while (*search) {
		size_t len = strcspn(search, ":");
		char *candidate = xasprintf("%.*s/latsub", (int)len, search);
		int found = len > 0 && stat(candidate, &there) == 0
			&& S_ISREG(there.st_mode);

		free(candidate);
		if (found)
			return there.st_dev == here.st_dev
				&& there.st_ino == here.st_ino;
		search += len + (search[len] == ':');
	}
	return false;
}

const char *
program_name(void)
{
	static char *name;

	if (!name)
		name = path_leads_here() ? xstrdup("latsub")
			: text_shell_quote(program_path());
	return name;
}
