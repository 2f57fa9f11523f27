/*
 * memory.c - the oom_kill counters of this job's control groups.
 *
 * Version 2 has "oom_kill N" in memory.events, version 1 in
 * memory.oom_control; Slurm's limit is on the job's or the step's group, one
 * or two above the process's own.
 */
#include "memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"

#define LEVELS 4

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

/* The greatest of the group and those above it: they count what is below. */
static uint64_t
count_upwards(char *dir, const char *name)
{
	uint64_t greatest = 0;

	for (int i = 0; i < LEVELS; i++) {
		uint64_t count = read_counter(dir, name);
		char *slash = strrchr(dir, '/');

		if (count > greatest)
			greatest = count;
		if (!slash || strstr(slash, "/job_"))
			break; /* above it are other people's jobs */
		*slash = '\0';
	}
	return greatest;
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
		uint64_t here;

		path = path ? strchr(path + 1, ':') : NULL;
		if (!path || (!v1 && !v2) || !strstr(path, "/job_"))
			continue; /* not a group that Slurm made for the job */
		path[strcspn(path, "\n")] = '\0';
		dir = xasprintf("/sys/fs/cgroup%s%s", v1 ? "/memory" : "",
		                path + 1);
		here = count_upwards(dir, v1 ? "memory.oom_control"
		                     : "memory.events");
		count = here > count ? here : count;
		free(dir);
	}
	if (file)
		fclose(file);
	return count;
}
