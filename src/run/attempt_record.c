/*
 * attempt_record.c - into the journal, and with what patience.
 *
 * What a command has done is lost where it is not on record.  So a file system that
 * is sick or full is waited for: where nobody is in a hurry for minutes, where
 * Slurm's KILL is due until shortly before it.
 */
#include <errno.h>
#include <stdio.h>

#include "attempt.h"
#include "latsub/clock.h"
#include "latsub/error.h"
#include "latsub/file.h"

#define FIRST_PAUSE_SEC 0.5
#define LONGEST_PAUSE_SEC 5
#define SLICE_SEC 0.5    /* of a pause: a TERM is seen after so long */
#define KEPT_BACK_SEC 2  /* of what is left before the KILL: for the requeue */

static bool
may_pass(int error)
{
	return file_error_passes(error) || error == ENOSPC || error == EDQUOT;
}

/* Slurm's TERM waits, and says that its KILL is coming. */
static void
look_for_term(struct attempt *attempt, double now)
{
	if (attempt->leave_by <= 0 && !attempt_goes_on())
		attempt->leave_by = now + (double)attempt->kill_wait_sec;
}

static bool
is_late(struct attempt *attempt, double until)
{
	double now = clock_now();

	look_for_term(attempt, now);
	if (attempt->leave_by > 0 && attempt->leave_by - KEPT_BACK_SEC < until)
		until = attempt->leave_by - KEPT_BACK_SEC;
	return now >= until;
}

/* False: it was late before the pause was over. */
static bool
pause_for(struct attempt *attempt, double seconds, double until)
{
	double end = clock_now() + seconds;

	while (clock_now() < end) {
		clock_pause(SLICE_SEC);
		if (is_late(attempt, until))
			return false;
	}
	return true;
}

bool
attempt_try_again(struct attempt *attempt, struct attempt_tries *tries)
{
	double patience = attempt->patience_sec;

	if (tries->count++ == 0) {
		if (!may_pass(errno) && patience > ATTEMPT_PATIENCE_SEC)
			patience = ATTEMPT_PATIENCE_SEC;
		/* it was waited for in vain a moment ago */
		tries->until = clock_now() + (attempt->unrecorded ? 0 : patience);
		tries->pause = FIRST_PAUSE_SEC;
	}
	if (is_late(attempt, tries->until)
	    || !pause_for(attempt, tries->pause, tries->until)) {
		attempt->unrecorded = true;
		return false;
	}
	if (tries->pause < LONGEST_PAUSE_SEC)
		tries->pause *= 2;
	return true;
}

int
attempt_record_all(struct attempt *attempt, const struct event *events,
                   size_t count)
{
	struct attempt_tries tries = { 0 };
	struct latsub_error err = { 0 };

	/* a full or sick file system may get well again: this matters */
	while (run_record(attempt->run, events, count, true, &err)) {
		if (tries.count == 0)
			fprintf(stderr, "latsub: run: the journal cannot be "
			        "written: %s\n", err.text);
		if (!attempt_try_again(attempt, &tries))
			return -1;
	}
	if (tries.count)
		fprintf(stderr, "latsub: run: the journal is written again\n");
	attempt->unrecorded = false;
	return 0;
}

int
attempt_record(struct attempt *attempt, const struct event *event)
{
	return attempt_record_all(attempt, event, 1);
}
