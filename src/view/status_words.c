/*
 * status_words.c - the tables of status_words.h.
 */
#include "latsub/status_words.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define CYAN "\033[36m"

const struct status_word status_words[STATUS_COUNT] = {
	[STATUS_PENDING] = { "pending", "", SIGN_WAIT,
		"it has not been submitted, or is to be run again" },
	[STATUS_QUEUED] = { "queued", "", SIGN_WAIT,
		"it waits in Slurm" },
	[STATUS_HELD] = { "held", "", SIGN_LOOK,
		"its job is held, by a person or by Slurm" },
	[STATUS_CANNOT_RUN] = { "cannot-run", RED, SIGN_LOOK,
		"its job waits in Slurm and can never run: it asks for more than "
		"there is, or for more than one job may have" },
	[STATUS_STARTING] = { "starting", CYAN, SIGN_LOOK,
		"its job runs, and its runner has not recorded that yet" },
	[STATUS_RUNNING] = { "running", CYAN, SIGN_LOOK,
		"its command runs; of an array: some of its tasks run or have "
		"run" },
	[STATUS_REQUEUED] = { "requeued", "", SIGN_WAIT,
		"it waits in Slurm for its next attempt" },
	[STATUS_BLOCKED] = { "blocked", "", SIGN_WAIT,
		"a phase that it waits for failed" },
	[STATUS_COMPLETED] = { "completed", GREEN, SIGN_DONE,
		"all of it completed" },
	[STATUS_SKIPPED] = { "skipped", GREEN, SIGN_DONE,
		"a person said that it counts as completed" },
	[STATUS_EXCLUDED] = { "excluded", "", SIGN_DONE,
		"the experiment no longer has it (--drop)" },
	[STATUS_LOST] = { "lost", RED, SIGN_LOOK,
		"it was under way, and Slurm no longer has its job" },
	[STATUS_DEFERRED] = { "deferred", "", SIGN_WAIT,
		"the queue had no room for it; a job of the run submits it when "
		"it ends" },
	[STATUS_DROPPED] = { "dropped", "", SIGN_WAIT,
		"it was submitted, and Slurm no longer has its job" },
	[STATUS_SUBMITTED] = { "submitted", "", SIGN_WAIT,
		"the state file says so; Slurm did not answer" },
	[STATUS_CANCELLED] = { "cancelled", "", SIGN_WAIT,
		"it will not run unless the run is resumed" },
	[STATUS_FAILED] = { "failed", RED, SIGN_LOOK,
		"its command failed, or Slurm could not launch its job" },
};

const struct run_word_text run_words[RUN_WORD_COUNT] = {
	[RUN_COMPLETED] = { "completed", "all phases completed" },
	[RUN_FAILED] = { "failed",
		"a phase failed and nothing is left that could run" },
	[RUN_UNFINISHED] = { "unfinished",
		"phases are pending or running" },
	[RUN_UNREADABLE] = { "unreadable",
		"its state cannot be read, and the reason stands beside it" },
};

enum run_word
run_word_of(enum latsub_exit outcome)
{
	return outcome == LATSUB_OK ? RUN_COMPLETED
		: outcome == LATSUB_FAILED ? RUN_FAILED
		: outcome == LATSUB_UNFINISHED ? RUN_UNFINISHED
		: RUN_UNREADABLE;
}
