/*
 * tree.c - processes below this one, by /proc.
 *
 * Beware: processes come and go while /proc is read.  A list is what was true
 * at some moment; who ends all of a tree lists it until it is empty.
 */
#include "tree.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latsub/text.h"

static bool
is_one_of(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++) {
		if (pids[i] > 0 && pids[i] == pid)
			return true;
	}
	return false;
}

/* "PID (NAME) STATE PPID PGRP ...": the name may hold spaces and parentheses. */
static bool
parse_stat(const char *line, struct tree_process *out, char *state)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	size_t len;

	*out = (struct tree_process){ .pid = (pid_t)strtol(line, NULL, 10) };
	if (!open || !close || close < open
	    || sscanf(close + 1, " %c %d %d", state, &out->parent, &out->group)
	    != 3)
		return false;
	len = (size_t)(close - open - 1);
	if (len >= sizeof out->name)
		len = sizeof out->name - 1;
	memcpy(out->name, open + 1, len);
	return true;
}

/* False: it has ended, or cannot be looked at. */
static bool
read_process(pid_t pid, struct tree_process *out, char *state)
{
	char path[64], line[512];
	bool ok = false;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof line, file))
		ok = parse_stat(line, out, state);
	fclose(file);
	return ok;
}

void
tree_name_of(pid_t pid, char name[TREE_NAME_SIZE])
{
	struct tree_process process;
	char state;

	if (!read_process(pid, &process, &state))
		process = (struct tree_process){ .name = "?" };
	memcpy(name, process.name, TREE_NAME_SIZE);
}

void
tree_add(struct tree *tree, const struct tree_process *process)
{
	GROW(tree->items, tree->count);
	tree->items[tree->count++] = *process;
}

/* Every process of the machine that has not ended. */
static void
list_all(struct tree *out)
{
	DIR *dir = opendir("/proc");
	struct tree_process process;
	struct dirent *entry;
	char state;

	while (dir && (entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0])
		    && read_process((pid_t)strtol(entry->d_name, NULL, 10),
		                    &process, &state)
		    && state != 'Z' && state != 'X')
			tree_add(out, &process);
	}
	if (dir)
		closedir(dir);
}

static int
compare_by_parent(const void *a, const void *b)
{
	const struct tree_process *x = a, *y = b;

	return x->parent < y->parent ? -1 : x->parent > y->parent;
}

/* The first of all (sorted by parent) whose parent is this one. */
static size_t
first_child(const struct tree *all, pid_t parent)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (all->items[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
add_children(const struct tree *all, pid_t parent, const pid_t *except,
             size_t except_count, struct tree *out)
{
	for (size_t i = first_child(all, parent);
	     i < all->count && all->items[i].parent == parent; i++) {
		if (!is_one_of(except, except_count, all->items[i].pid))
			tree_add(out, &all->items[i]);
	}
}

void
tree_list(const pid_t *except, size_t except_count, struct tree *out)
{
	struct tree all = { 0 };

	*out = (struct tree){ 0 };
	list_all(&all);
	if (all.count)
		qsort(all.items, all.count, sizeof *all.items,
		      compare_by_parent);
	add_children(&all, getpid(), except, except_count, out);
	for (size_t i = 0; i < out->count; i++)
		add_children(&all, out->items[i].pid, except, except_count,
		             out);
	tree_clear(&all);
}

bool
tree_holds(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->items[i].pid == pid)
			return true;
	}
	return false;
}

void
tree_clear(struct tree *tree)
{
	free(tree->items);
	*tree = (struct tree){ 0 };
}

/* Whoever is left has the runner for its parent, or an ancestor that has: so its
 * children tell, where the kernel lists them. */
bool
tree_has_any(const pid_t *except, size_t except_count)
{
	struct tree_process process;
	struct tree tree;
	char path[64], state;
	bool any = false;
	FILE *file;
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%d/children",
	         (int)getpid());
	file = fopen(path, "re");
	if (!file) {
		tree_list(except, except_count, &tree);
		any = tree.count > 0;
		tree_clear(&tree);
		return any;
	}
	while (!any && fscanf(file, "%d", &pid) == 1)
		any = !is_one_of(except, except_count, (pid_t)pid)
			&& read_process((pid_t)pid, &process, &state)
			&& state != 'Z' && state != 'X';
	fclose(file);
	return any;
}
