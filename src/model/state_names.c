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
	[WORD_PENDING] = "pending", [WORD_IN_PROGRESS] = "in_progress",
	[WORD_COMPLETED] = "completed", [WORD_FAILED] = "failed",
};

const char *
task_state_name(enum task_state state)
{
	return task_names[state];
}

int
task_state_find(const char *name)
{
	for (int i = 0; i < TASK_STATE_COUNT; i++) {
		if (strcmp(task_names[i], name) == 0)
			return i;
	}
	return -1;
}

const char *
phase_word_name(enum phase_word word)
{
	return word_names[word];
}

enum phase_word
phase_word_find(const char *name)
{
	for (int i = WORD_NONE + 1; i < WORD_COUNT; i++) {
		if (strcmp(word_names[i], name) == 0)
			return (enum phase_word)i;
	}
	return WORD_NONE;
}
