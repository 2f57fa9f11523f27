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
count_below(const char *path, int depth) /* NOLINT(misc-no-recursion): DEPTH_MAX */
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

/* Cut ".../job_7/step_batch/task_0" after the job or after the step; false: Slurm
 * made no such group for us. */
static bool
cut_after(char *path, bool step)
{
	char *job = strstr(path, "/job_");
	char *part = job && step ? strstr(job, "/step_") : job;

	if (!part)
		return false;
	part[1 + strcspn(part + 1, "/\n")] = '\0';
	return true;
}

/* This process's group of the job or of the step, in whatever hierarchy has the
 * memory; NULL: none.  Caller frees. */
static char *
find_group(bool step, bool *v2)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 64], *dir = NULL;

	while (file && !dir && fgets(line, sizeof line, file)) {
		char *path = strchr(line, ':');
		bool v1 = path && strstr(line, ":memory:");

		*v2 = strncmp(line, "0::", 3) == 0;
		path = path ? strchr(path + 1, ':') : NULL;
		if (path && (v1 || *v2) && cut_after(path + 1, step))
			dir = xasprintf("/sys/fs/cgroup%s%s",
			                v1 ? "/memory" : "", path + 1);
	}
	if (file)
		fclose(file);
	return dir;
}

uint64_t
memory_kills(void)
{
	bool v2;
	char *step = find_group(true, &v2);
	uint64_t count = 0;

	if (step)
		count = v2 ? read_counter(step, "memory.events")
			: count_below(step, 0);
	free(step);
	return count;
}

static uint64_t
read_number(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *file = fopen(path, "re");
	uint64_t number = 0;

	if (file && fscanf(file, "%" SCNu64, &number) != 1)
		number = 0;
	if (file)
		fclose(file);
	free(path);
	return number;
}

/* Version 1 keeps no count of what was killed in groups that are gone, but the
 * most that the job has used. */
bool
memory_was_full(void)
{
	bool v2, full = false;
	char *job = find_group(false, &v2);
	uint64_t limit;

	if (job && v2)
		full = read_counter(job, "memory.events") > 0;
	if (job && !v2) {
		limit = read_number(job, "memory.limit_in_bytes");
		full = limit > 0 && read_number(job,
			"memory.max_usage_in_bytes") >= limit - limit / 64;
	}
	free(job);
	return full;
}
