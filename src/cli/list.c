/*
 * list.c - latsub list: the runs under an output root.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "latsub/file.h"
#include "latsub/status_words.h"

static void
list_one(const char *root, const char *name)
{
	struct latsub_error err;
	char *path = file_join(root, name);
	struct run *run = run_glance(path, &err);
	size_t done = 0;

	if (!run) {
		text_print(stdout, "%-12s %7s %s\n",
		           run_words[RUN_UNREADABLE].word, "", err.text);
		free(path);
		return;
	}
	for (size_t i = 0; i < run->state->count; i++)
		done += phase_word(run->state->phases[i]) == WORD_COMPLETED;
	text_print(stdout, "%-12s %3zu/%-3zu %s\n",
	           run_words[run_word_of(state_outcome(run->state))].word, done,
	           run->state->count, path);
	run_close(run);
	free(path);
}

static int
execute_list(const struct args *args)
{
	const char *root = args->word_count ? args->words[0] : "runs";
	struct latsub_error err = { 0 };
	struct strlist names = { 0 };

	if (run_list(root, &names, &err)) {
		err.code = LATSUB_USAGE;
		return cli_fail(&err);
	}
	for (size_t i = 0; i < names.count; i++)
		list_one(root, names.items[i]);
	strlist_clear(&names);
	return LATSUB_OK;
}

const struct command command_list = {
	.name = "list",
	.summary = "the runs under an output root",
	.usage = "list [OUTPUT_ROOT]",
	.text =
	"The runs under an output root (./runs), oldest first, with their states\n"
	"as the state files say.\n",
	.most = 1,
	.count_error = "one output root at a time",
	.execute = execute_list,
};
