/*
 * attempt_checkpoint.c - the checkpoint that an attempt leaves.
 */
#include "attempt_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "checkpoint.h"
#include "claims.h"
#include "doubt.h"
#include "latsub/clock.h"
#include "latsub/file.h"
#include "refused.h"
#include "verify.h"

#define SETTLE_TRIES 40    /* of a quarter of a second */
#define KEPT_BACK_SEC 3.0  /* of the time until Slurm's KILL, for the requeue */
#define LOOK_KEPT_BACK_SEC 1.2 /* the same for a look, which keeps its deadline */
#define LOOK_LEAST_SEC 0.2 /* most checkpoints need less */

/* The pattern with $NAME and ${NAME} replaced: tasks of an array keep their
 * checkpoints apart by them. */
char *
attempt_pattern(const struct attempt *attempt)
{
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));

	return spec_expand_pattern(attempt->spec->checkpoint, sweep,
	                           attempt->task);
}

int
attempt_checkpoints(const struct attempt *attempt, struct strlist *paths,
                    double deadline)
{
	char *pattern = attempt_pattern(attempt);
	int rc = checkpoint_list(attempt->run->dir, pattern, paths, deadline);

	free(pattern);
	return rc;
}

int
attempt_newest_fingerprint(const struct attempt *attempt, bool closely,
                           double deadline, uint64_t *fingerprint)
{
	struct strlist paths = { 0 };
	struct checkpoint_look look = { 0 };
	int rc = attempt_checkpoints(attempt, &paths, deadline);

	*fingerprint = 0;
	for (size_t i = 0; rc == 0 && i < paths.count && !*fingerprint; i++) {
		look = checkpoint_look(paths.items[i], closely, deadline);
		if (look.late)
			rc = -1;
		else if (look.complete
		         && !refused_has(attempt, paths.items[i], &look))
			*fingerprint = look.fingerprint ? look.fingerprint : 1;
	}
	strlist_clear(&paths);
	return rc;
}

static double
verify_until(const struct attempt_death *death)
{
	double until = death->leave_by - KEPT_BACK_SEC;

	return death->leave_by <= 0 ? 0 : until > 0 ? until : clock_now();
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
		look = checkpoint_look(path, true, verify_until(death));
		if (!look.late)
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
	const char *nodes = getenv("SLURM_JOB_NUM_NODES");
	struct latsub_error err;
	struct attempt_report report;
	bool has;

	/* another process wrote it, where the job has several nodes one there */
	attempt->run->glance = !nodes || strcmp(nodes, "1") == 0;
	if (run_refresh(attempt->run, NULL, &err))
		printf("latsub: %s\n", err.text);
	if (attempt_find_report(attempt, &report, &err)) {
		printf("latsub: %s\n", err.text);
		return true; /* in doubt it made progress */
	}
	has = report.path && report.gen == attempt->gen
		&& report.number == attempt->attempt
		&& is_verified(attempt, report.path, death);
	free(report.path);
	return has;
}

/* By a link it may be another's, whatever it is called. */
static bool
is_real(const struct attempt *attempt, const char *path)
{
	char *real = realpath(path, NULL), *dir = realpath(attempt->run->dir, NULL);
	char *whole = dir ? file_join(dir, refused_name(attempt, path)) : NULL;
	bool is = real && whole && strcmp(real, whole) == 0;

	free(whole);
	free(dir);
	free(real);
	return is;
}

void
attempt_note_owner(const struct attempt *attempt, const char *path,
                   struct event *event)
{
	char mark[CLAIMS_MARK_SIZE], *whole, *pattern;

	if (!attempt->spec->checkpoint)
		return;
	whole = file_join(attempt->experiment->workdir, path);
	pattern = attempt_pattern(attempt);
	claims_mark(attempt->spec->checkpoint, mark);
	if (claims_is_own(pattern, refused_name(attempt, whole))
	    && is_real(attempt, whole))
		event->own = xstrdup(mark);
	free(pattern);
	free(whole);
}

static bool
record_path(struct attempt *attempt, const char *newest, const char *relative)
{
	struct event event = attempt_event(attempt, EVENT_CHECKPOINT);
	int rc;

	event.path = xstrdup(relative);
	attempt_note_owner(attempt, newest, &event);
	event.epoch = checkpoint_epoch(newest);
	event.seq = attempt_next_seq(attempt);
	rc = attempt_record(attempt, &event);
	event_clear(&event);
	return rc == 0;
}

/* ---- which one is fit ---- */

struct search {
	struct attempt *attempt;
	const struct attempt_death *death;
	double stopped_at;  /* when the command was killed, by the file system's
	                     * clock; 0: it was not */
	double look_until;  /* 0: for as long as it takes */
	struct checkpoint_look look; /* at the last one */
	bool verified;      /* its own test said so, where there is one */
	bool late;
};

/* Opening each file is for the exact time, and for what has an exact mark. */
static bool
look_at(struct search *search, const char *path)
{
	bool closely = search->stopped_at > 0 || search->attempt->refused;

	search->look = checkpoint_look(path, closely, search->look_until);
	search->late |= search->look.late;
	return !search->late;
}

/* Processes that the command has left behind may still be writing. */
static void
let_it_settle(struct search *search, const char *path)
{
	uint64_t before;

	for (int i = 0; i < SETTLE_TRIES && !search->late
	     && waitpid(-1, NULL, WNOHANG) == 0; i++) {
		before = search->look.fingerprint;
		clock_pause(0.25);
		if (look_at(search, path) && search->look.fingerprint == before)
			break;
	}
}

/* May the next attempt begin from it? */
static bool
is_fit(struct search *search, const char *path)
{
	struct attempt *attempt = search->attempt;
	enum verify_answer answer;

	if (look_at(search, path) && !search->death->killed)
		let_it_settle(search, path);
	if (search->late || !search->look.complete
	    || refused_has(attempt, path, &search->look))
		return false;
	if (search->stopped_at > 0 && !attempt->spec->checkpoint_verify
	    && doubt_half(&search->look, search->stopped_at)) {
		printf("latsub: %s was written when the command was killed; it "
		       "may be half of one and is not taken\n", path);
		refused_record(attempt, path, &search->look, "killed");
		return false;
	}
	search->verified = true;
	if (attempt->own_verified
	    && search->look.fingerprint == attempt->own_fingerprint)
		return true;
	answer = verify_checkpoint(attempt, path, verify_until(search->death));
	search->verified = answer == VERIFY_GOOD;
	verify_say(answer, path);
	if (answer == VERIFY_BAD)
		refused_record(attempt, path, &search->look, "verify");
	return answer != VERIFY_BAD;
}

/* The newest match that is fit to be begun from; caller frees. */
static char *
find_fit(struct search *search)
{
	struct strlist paths = { 0 };
	char *dir = run_path_in(search->attempt->run->dir, RUN_HIDDEN);
	char *fit = NULL;

	if (search->death->killed)
		search->stopped_at = doubt_seconds(search->death->at)
			+ doubt_clock_offset(dir);
	search->late = attempt_checkpoints(search->attempt, &paths,
	                                   search->look_until) != 0;
	for (size_t i = 0; i < paths.count && !fit && !search->late; i++) {
		if (is_fit(search, paths.items[i]))
			fit = xstrdup(paths.items[i]);
	}
	strlist_clear(&paths);
	free(dir);
	return fit;
}

/* ---- what goes on record ---- */

static bool
record_fit(struct search *search, const char *newest)
{
	struct attempt *attempt = search->attempt;
	const char *known = phase_checkpoint(attempt_state(attempt));
	const char *relative = file_relative(attempt->experiment->workdir,
	                                     newest);
	bool is_new = !attempt->own_checkpoint
		|| strcmp(relative, attempt->own_checkpoint) != 0
		|| search->look.fingerprint != attempt->own_fingerprint;

	if (!text_is_utf8(relative, strlen(relative)))
		printf("latsub: the checkpoint's path is not UTF-8 and cannot "
		       "be recorded\n");
	else if ((known && strcmp(known, relative) == 0)
	         || record_path(attempt, newest, relative)) {
		if (is_new && search->verified)
			attempt->recorded = xstrdup(newest);
	}
	return is_new;
}

static double
look_until(const struct attempt_death *death)
{
	double until = death->leave_by - LOOK_KEPT_BACK_SEC;
	double least = clock_now() + LOOK_LEAST_SEC;

	return death->leave_by <= 0 ? 0 : until > least ? until : least;
}

bool
attempt_record_checkpoint(struct attempt *attempt,
                          const struct attempt_death *death)
{
	struct search search = { .attempt = attempt, .death = death,
		.look_until = look_until(death) };
	bool is_new = false;
	char *newest;

	if (!attempt->spec->checkpoint)
		return has_reported(attempt, death);
	newest = find_fit(&search);
	if (search.late) {
		printf("latsub: there was no time to look at all of the "
		       "checkpoint; the next attempt does\n");
		refused_record_late(attempt, search.stopped_at);
		is_new = true;
	} else if (newest) {
		is_new = record_fit(&search, newest);
	} else {
		printf("latsub: no whole and good checkpoint matches %s under "
		       "%s\n", attempt->spec->checkpoint, attempt->run->dir);
	}
	free(newest);
	return is_new;
}
