/*
 * tree.h - the processes that a command has started, wherever they are now.
 *
 * The runner is their subreaper: what loses its parent becomes its child.  So
 * all that is left of a command is below the runner, in whatever process group
 * or session, until it ends.
 */
#ifndef LATSUB_TREE_H
#define LATSUB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TREE_NAME_SIZE 16 /* the kernel's own, with the NUL */

struct tree_process {
	pid_t pid, parent, group;
	char name[TREE_NAME_SIZE]; /* of its program, for people: "python3" */
};

struct tree {
	struct tree_process *items; /* parents before their children */
	size_t count;
};

/* All processes below this one that have not ended, but for those in except (0
 * is nobody) and what is below them.  Caller clears. */
void tree_list(const pid_t *except, size_t except_count, struct tree *out);
void tree_add(struct tree *tree, const struct tree_process *process);
bool tree_holds(const struct tree *tree, pid_t pid);
void tree_clear(struct tree *tree);

/* Is there one?  Cheaper than the list. */
bool tree_has_any(const pid_t *except, size_t except_count);

/* The name of a process's program, also of one that has ended and is not reaped
 * yet; "?" when it cannot be read. */
void tree_name_of(pid_t pid, char name[TREE_NAME_SIZE]);

#endif
