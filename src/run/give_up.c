/*
 * give_up.c - back into the queue, with nothing but the environment to go by.
 */
#include "give_up.h"

#include <stdio.h>
#include <stdlib.h>

#include "ask.h"
#include "latsub/clock.h"
#include "latsub/file.h"
#include "latsub/journal.h"
#include "latsub/run_layout.h"

#define ASK_SEC 300

/* The state may be unknown, so the event must not change it: a requeue, say, of a
 * task that has completed elsewhere would undo that. */
static void
leave_word(const struct attempt *attempt)
{
	char *dir = file_directory(getenv("LATSUB_STATE"));
	char *journal = run_path_in(dir, RUN_JOURNAL);
	struct event event = attempt_event(attempt, EVENT_GAVE_UP);
	struct latsub_error err = { 0 };

	event.reason = xstrdup(attempt->trouble);
	if (journal_append(journal, &event, 1, true, &err))
		fprintf(stderr, "latsub: run: the journal has no word of it: "
		        "%s\n", err.text);
	event_clear(&event);
	free(journal);
	free(dir);
}

static bool
may_be_requeued(const struct attempt *attempt)
{
	const char *text = getenv("LATSUB_MAX_REQUEUES");
	int64_t most;

	if (!text || text_parse_int(text, 0, GIVE_UP_RESTARTS, &most))
		most = GIVE_UP_RESTARTS;
	return attempt->restarts < most;
}

void
give_up(const struct attempt *attempt)
{
	static const struct ask_request as_it_is;
	char words[512] = "";
	enum slurm_answer answer;

	fprintf(stderr, "latsub: run: %s is not started on %s: %s\n",
	        attempt->phase, attempt->node, attempt->trouble);
	leave_word(attempt);
	if (!may_be_requeued(attempt)) {
		fprintf(stderr, "latsub: run: the job was started %u times; it "
		        "is not requeued, 'latsub --resume' runs the task\n",
		        attempt->restarts + 1);
		return;
	}
	answer = ask_requeue(attempt->id, attempt->job, &as_it_is,
	                     clock_now() + ASK_SEC, words, sizeof words);
	if (answer == SLURM_YES)
		fprintf(stderr, "latsub: run: the job goes back into the "
		        "queue\n");
	else
		fprintf(stderr, "latsub: run: the job does not go back into the "
		        "queue: %s\n", answer == SLURM_CANCELLED_JOB
		        ? "it was cancelled" : words);
}
