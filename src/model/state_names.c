/*
 * state_names.c - the names in files of a task's states and of a phase's four words.
 * (What people see of a phase is in status_words.h.)
 */
#include <string.h>

#include "latsub/state.h"

static const char *const task_names[TASK_STATE_COUNT] = {
	"none", "intended", "submitted", "started", "lost", "requeued",
	"cancelled", "failed", "completed", "skipped",
};

static const char *const word_names[WORD_COUNT] = {
	"pending", "in_progress", "completed", "failed",
};

static int
find(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

const char *
task_state_name(enum task_state state)
{
	return task_names[state];
}

int
task_state_find(const char *name)
{
	return find(task_names, TASK_STATE_COUNT, name);
}

const char *
phase_word_name(enum phase_word word)
{
	return word_names[word];
}

int
phase_word_find(const char *name)
{
	return find(word_names, WORD_COUNT, name);
}
