/*
 * attempt_checkpoint.c - the checkpoint that an attempt leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "attempt.h"
#include "checkpoint.h"
#include "doubt.h"
#include "latsub/file.h"
#include "refused.h"
#include "verify.h"
#include "watch.h"

#define SETTLE_TRIES 40    /* of a quarter of a second */
#define KEPT_BACK_SEC 3.0  /* of the time until Slurm's KILL, for the requeue */

/* The pattern with $NAME and ${NAME} replaced: tasks of an array keep their
 * checkpoints apart by them. */
char *
attempt_pattern(const struct attempt *attempt)
{
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));

	return spec_expand_pattern(attempt->spec->checkpoint, sweep,
	                           attempt->task);
}

void
attempt_checkpoints(const struct attempt *attempt, struct strlist *paths)
{
	char *pattern = attempt_pattern(attempt);

	checkpoint_list(attempt->run->dir, pattern, paths);
	free(pattern);
}

char *
attempt_newest_checkpoint(const struct attempt *attempt)
{
	struct strlist paths = { 0 };
	char *newest = NULL;

	attempt_checkpoints(attempt, &paths);
	for (size_t i = 0; i < paths.count && !newest; i++) {
		struct checkpoint_look look = checkpoint_look(paths.items[i]);

		if (look.complete && !refused_has(attempt, paths.items[i], &look))
			newest = xstrdup(paths.items[i]);
	}
	strlist_clear(&paths);
	return newest;
}

static double
verify_until(const struct attempt_death *death)
{
	double until = death->leave_by - KEPT_BACK_SEC;

	return death->leave_by <= 0 ? 0 : until > 0 ? until : watch_now();
}

static bool
is_verified(struct attempt *attempt, const char *reported,
            const struct attempt_death *death)
{
	char *path = file_join(attempt->experiment->workdir, reported);
	enum verify_answer answer = verify_checkpoint(attempt, path,
	                                              verify_until(death));
	struct checkpoint_look look;

	verify_say(answer, path);
	if (answer == VERIFY_BAD) {
		look = checkpoint_look(path);
		refused_record(attempt, path, &look, "verify");
	}
	free(path);
	return answer != VERIFY_BAD;
}

/* Did the command report one in this attempt that is good?  Its path may be an old
 * one. */
static bool
has_reported(struct attempt *attempt, const struct attempt_death *death)
{
	struct latsub_error err;
	struct attempt_report report;
	bool has;

	if (run_refresh(attempt->run, NULL, &err)) /* another process wrote it */
		printf("latsub: %s\n", err.text);
	attempt_find_report(attempt, &report);
	has = report.path && report.gen == attempt->gen
		&& report.number == attempt->attempt
		&& is_verified(attempt, report.path, death);
	free(report.path);
	return has;
}

static bool
record_path(struct attempt *attempt, const char *newest, const char *relative)
{
	const struct phase_state *state = attempt_state(attempt);
	struct event event = attempt_event(attempt, EVENT_CHECKPOINT);
	int rc;

	event.path = xstrdup(relative);
	event.epoch = checkpoint_epoch(newest);
	event.seq = state->checkpoint_gen == attempt->gen
		&& state->checkpoint_attempt == attempt->attempt
		? state->checkpoint_seq + 1 : 1;
	rc = attempt_record(attempt, &event);
	event_clear(&event);
	return rc == 0;
}

/* Processes that the command has left behind may still be writing. */
static void
let_it_settle(const char *path)
{
	struct timespec pause = { 0, 250000000 };
	uint64_t before = checkpoint_fingerprint(path), now;

	for (int i = 0; i < SETTLE_TRIES && waitpid(-1, NULL, WNOHANG) == 0;
	     i++) {
		nanosleep(&pause, NULL);
		now = checkpoint_fingerprint(path);
		if (now == before)
			break;
		before = now;
	}
}

/* May the next attempt begin from it?  stopped_at: when the command was killed,
 * by the file system's clock; 0: it was not.  *verified becomes whether its own
 * test said so, where there is one. */
static bool
is_fit(struct attempt *attempt, const char *path,
       const struct attempt_death *death, double stopped_at, bool *verified)
{
	struct checkpoint_look look;
	enum verify_answer answer;

	if (!death->killed)
		let_it_settle(path);
	look = checkpoint_look(path);
	if (!look.complete || refused_has(attempt, path, &look))
		return false;
	if (stopped_at > 0 && !attempt->spec->checkpoint_verify
	    && doubt_half(&look, stopped_at)) {
		printf("latsub: %s was written when the command was killed; it "
		       "may be half of one and is not taken\n", path);
		refused_record(attempt, path, &look, "killed");
		return false;
	}
	*verified = true;
	if (attempt->own_verified && look.fingerprint == attempt->own_fingerprint)
		return true;
	answer = verify_checkpoint(attempt, path, verify_until(death));
	*verified = answer == VERIFY_GOOD;
	verify_say(answer, path);
	if (answer == VERIFY_BAD)
		refused_record(attempt, path, &look, "verify");
	return answer != VERIFY_BAD;
}

/* The newest match that is fit to be begun from; caller frees. */
static char *
fit_checkpoint(struct attempt *attempt, const struct attempt_death *death,
               bool *verified)
{
	struct strlist paths = { 0 };
	char *dir = file_join(attempt->run->dir, ".latsub"), *fit = NULL;
	double stopped_at = !death->killed ? 0
		: doubt_seconds(death->at) + doubt_clock_offset(dir);

	*verified = true;
	attempt_checkpoints(attempt, &paths);
	for (size_t i = 0; i < paths.count && !fit; i++) {
		if (is_fit(attempt, paths.items[i], death, stopped_at, verified))
			fit = xstrdup(paths.items[i]);
	}
	strlist_clear(&paths);
	free(dir);
	return fit;
}

bool
attempt_record_checkpoint(struct attempt *attempt,
                          const struct attempt_death *death)
{
	const struct phase_state *state = attempt_state(attempt);
	const char *relative;
	bool is_new, verified;
	char *newest;

	if (!attempt->spec->checkpoint)
		return has_reported(attempt, death);
	newest = fit_checkpoint(attempt, death, &verified);
	if (!newest) {
		printf("latsub: no whole and good checkpoint matches %s under "
		       "%s\n", attempt->spec->checkpoint, attempt->run->dir);
		return false;
	}
	relative = file_relative(attempt->experiment->workdir, newest);
	is_new = !attempt->own_checkpoint
		|| strcmp(relative, attempt->own_checkpoint) != 0
		|| checkpoint_fingerprint(newest) != attempt->own_fingerprint;
	if (!text_is_utf8(relative, strlen(relative)))
		printf("latsub: the checkpoint's path is not UTF-8 and cannot "
		       "be recorded\n");
	else if ((state->checkpoint && strcmp(state->checkpoint, relative) == 0)
	         || record_path(attempt, newest, relative)) {
		if (is_new && verified)
			attempt->recorded = xstrdup(newest);
	}
	free(newest);
	return is_new;
}
