/*
 * memory.c - the oom_kill counters of the batch step's control groups.
 *
 * Version 2 has "oom_kill N" in memory.events, and each group counts what is
 * below it.  Version 1 has it in memory.oom_control, and a group counts its own
 * processes only: so all groups below the step's are added up.
 */
#include "memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

#define DEPTH_MAX 8

static uint64_t
read_counter(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *file = fopen(path, "re");
	uint64_t count = 0;
	char line[128];

	while (file && fgets(line, sizeof line, file)) {
		if (sscanf(line, "oom_kill %" SCNu64, &count) == 1)
			break;
	}
	if (file)
		fclose(file);
	free(path);
	return count;
}

static uint64_t
count_below(const char *path, int depth)
{
	uint64_t count = read_counter(path, "memory.oom_control");
	DIR *dir = depth < DEPTH_MAX ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = xasprintf("%s/%s", path, entry->d_name);
		count += count_below(below, depth + 1);
		free(below);
	}
	if (dir)
		closedir(dir);
	return count;
}

/* Cut ".../job_7/step_batch/task_0" after the step; false: Slurm made no such
 * group for us. */
static bool
cut_after_step(char *path)
{
	char *step = strstr(path, "/job_");

	step = step ? strstr(step, "/step_") : NULL;
	if (!step)
		return false;
	step[1 + strcspn(step + 1, "/\n")] = '\0';
	return true;
}

uint64_t
memory_kills(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 64];
	uint64_t count = 0;

	while (file && fgets(line, sizeof line, file)) {
		char *path = strchr(line, ':');
		bool v2 = strncmp(line, "0::", 3) == 0;
		bool v1 = path && strstr(line, ":memory:");
		char *dir;

		path = path ? strchr(path + 1, ':') : NULL;
		if (!path || (!v1 && !v2) || !cut_after_step(path + 1))
			continue;
		dir = xasprintf("/sys/fs/cgroup%s%s", v1 ? "/memory" : "",
		                path + 1);
		count += v1 ? count_below(dir, 0)
			: read_counter(dir, "memory.events");
		free(dir);
	}
	if (file)
		fclose(file);
	return count;
}
