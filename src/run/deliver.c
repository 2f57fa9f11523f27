/*
 * deliver.c - choosing by what /proc tells of each process, then kill().
 */
#include "deliver.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/text.h"

#define SRUN "srun"

static bool
ancestor_handles(const struct deliver_fact *facts, size_t index)
{
	for (long i = facts[index].parent; i >= 0; i = facts[i].parent) {
		if (facts[i].handles)
			return true;
	}
	return false;
}

/* Does it only take in what a process that handles the signal writes? */
static bool
reads_of_one_that_handles(const struct deliver_fact *facts, size_t count,
                          size_t index)
{
	uint64_t pipe = facts[index].input;

	if (pipe == 0 || facts[index].handles)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (i != index && facts[i].handles
		    && (facts[i].outputs[0] == pipe
		        || facts[i].outputs[1] == pipe))
			return true;
	}
	return false;
}

void
deliver_choose(const struct deliver_fact *facts, size_t count,
               bool spares_srun, bool *chosen)
{
	for (size_t i = 0; i < count; i++) {
		if (spares_srun && facts[i].is_srun)
			chosen[i] = false;
		else if (facts[i].in_group)
			chosen[i] = !reads_of_one_that_handles(facts, count, i);
		else
			chosen[i] = facts[i].handles
				&& !ancestor_handles(facts, i);
	}
}

/* ---- facts ---- */

static bool
handles(pid_t pid, int number)
{
	char path[64], line[256];
	unsigned long long mask = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) {
		if (sscanf(line, "SigCgt: %llx", &mask) == 1)
			break;
	}
	if (file)
		fclose(file);
	return (mask >> (number - 1)) & 1;
}

/* The pipe behind a descriptor, or 0. */
static uint64_t
pipe_of(pid_t pid, int fd)
{
	char path[64], target[64];
	unsigned long long inode;
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
	len = readlink(path, target, sizeof target - 1);
	if (len < 0)
		return 0;
	target[len] = '\0';
	return sscanf(target, "pipe:[%llu]", &inode) == 1 ? inode : 0;
}

static long
index_of(const struct tree *tree, size_t before, pid_t pid)
{
	for (size_t i = before; i-- > 0; ) {
		if (tree->items[i].pid == pid)
			return (long)i;
	}
	return -1;
}

static struct deliver_fact *
gather(const struct tree *tree, pid_t group, int number)
{
	struct deliver_fact *facts = xcalloc(tree->count + 1, sizeof *facts);

	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_process *process = &tree->items[i];

		facts[i] = (struct deliver_fact){
			.parent = index_of(tree, i, process->parent),
			.in_group = process->group == group,
			.handles = handles(process->pid, number),
			.is_srun = strcmp(process->name, SRUN) == 0,
			.input = pipe_of(process->pid, 0),
			.outputs = { pipe_of(process->pid, 1),
				pipe_of(process->pid, 2) } };
	}
	return facts;
}

void
deliver(const struct tree *tree, pid_t group, int number, bool spares_srun,
        struct tree *sent)
{
	struct deliver_fact *facts = gather(tree, group, number);
	bool *chosen = xcalloc(tree->count + 1, sizeof *chosen);

	*sent = (struct tree){ 0 };
	deliver_choose(facts, tree->count, spares_srun, chosen);
	for (size_t i = 0; i < tree->count; i++) {
		if (chosen[i] && kill(tree->items[i].pid, number) == 0)
			tree_add(sent, &tree->items[i]);
	}
	free(chosen);
	free(facts);
}
