/*
 * attempt_begin.c - the checkpoint that an attempt begins from.
 *
 * What a runner put on record at the end of the attempt before was looked at
 * then.  After an attempt that died without a word nobody has looked: the newest
 * match is, and it may be half of one.
 */
#include "attempt_begin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt_checkpoint.h"
#include "checkpoint.h"
#include "doubt.h"
#include "latsub/clock.h"
#include "latsub/file.h"
#include "refused.h"
#include "suspect.h"
#include "verify.h"

#define PROLOGUE_SEC 3
#define VERIFY_MAX_SEC 600 /* before the command begins */
#define NOT_KILLED 1e15    /* later than any file is written */

struct beginning {
	struct attempt *attempt;
	struct attempt_report report; /* what is on record */
	char *recorded;               /* its path, absolute; NULL: not there */
	bool silent;                  /* the attempt before left no word */
	bool was_late;                /* it had no time to look */
	double alive_at;              /* the last sign of life that it left, by
	                               * the file system's clock; 0: none */
	struct suspect_failures failures;
	struct strlist paths;         /* the best first */
};

/* *whole NULL: it is not there.  -1: that cannot be told, trouble says why. */
static int
absolute_checkpoint(struct attempt *attempt, const char *path, char **whole)
{
	struct latsub_error err;
	bool exists;

	*whole = file_join(attempt->experiment->workdir, path);
	if (file_look(*whole, &exists, &err)) {
		free(attempt->trouble);
		attempt->trouble = xasprintf("the checkpoint %s", err.text);
		exists = false;
	}
	if (!exists) {
		free(*whole);
		*whole = NULL;
	}
	return attempt->trouble ? -1 : 0;
}

/* ---- how the attempt before ended ---- */

static bool
is_first(const struct attempt *attempt)
{
	return attempt->attempt == 0 && attempt->gen <= 1;
}

/* The end of the task's attempt before this one; NULL: none is known. */
static const struct phase_mark *
last_end(const struct attempt *attempt)
{
	const struct phase_mark *last = NULL;

	phase_for_each_mark(attempt_state(attempt), mark) {
		if (!mark_is_end(mark->kind) || mark->gen > attempt->gen
		    || (mark->gen == attempt->gen
		        && mark->attempt >= attempt->attempt)
		    || !rangeset_has(&mark->tasks, attempt->task))
			continue;
		if (!last || mark->gen > last->gen
		    || (mark->gen == last->gen
		        && mark->attempt >= last->attempt))
			last = mark;
	}
	return last;
}

/* Had the attempt before this one a runner at its end, that put on record what
 * there was?  Else something newer may lie in the run's directory. */
static bool
ended_in_order(const struct attempt *attempt,
               const struct attempt_report *report)
{
	const struct phase_mark *last = last_end(attempt);

	if (!last)
		return false;
	if (report->path && report->gen == last->gen
	    && report->number == last->attempt)
		return true;
	return last->kind == MARK_FAILED || (last->kind == MARK_REQUEUED
		&& last->requeue.reason != REASON_NODE_FAILURE);
}

/* Where the task's attempt before this one was written to its log, if latsub named
 * it; caller frees. */
static char *
old_log(const struct attempt *attempt)
{
	const struct history_attempt *last;
	struct history history = { 0 };
	struct latsub_error err;
	char *name, *logs, *path = NULL;

	if (run_task_starts(attempt->run, attempt->phase, attempt->task,
	                    &history, &err))
		goto done;
	last = history_started_before(&history, attempt->gen, attempt->attempt);
	if (!last || !last->job
	    || options_get(&attempt->spec->options, OPTION_OUTPUT))
		goto done;
	name = attempt->spec->array
		? xasprintf("%s-%u_%u.log", attempt->phase, last->job, last->index)
		: xasprintf("%s-%u.log", attempt->phase, last->job);
	logs = run_path_in(attempt->run->dir, RUN_LOGS);
	path = file_join(logs, name);
	free(logs);
	free(name);
done:
	history_clear(&history);
	return path;
}

/* When the log of the task's job before this one was written last; 0: not known. */
static double
log_time_of_old_job(const struct attempt *attempt)
{
	char *path = old_log(attempt);
	struct stat st;
	int rc = path ? stat(path, &st) : -1;

	free(path);
	return rc ? 0 : doubt_seconds(st.st_mtim);
}

/* What a site's prologue printed just now is no sign of the attempt before: Slurm
 * takes longer than that to start a job again. */
static double
log_time_before_start(const struct attempt *attempt)
{
	char *dir = run_path_in(attempt->run->dir, RUN_HIDDEN);
	double start = attempt->opened + doubt_clock_offset(dir);

	free(dir);
	return attempt->log_written < start - PROLOGUE_SEC
		? attempt->log_written : 0;
}

static double
last_sign_of_life(const struct attempt *attempt)
{
	return attempt->restarts ? log_time_before_start(attempt)
		: log_time_of_old_job(attempt);
}

/* Had it no time to look at what its command left? */
static bool
was_late(const struct attempt *attempt)
{
	const struct phase_mark *last = last_end(attempt);

	return attempt->late.is_set && last && attempt->late.gen == last->gen
		&& attempt->late.number == last->attempt;
}

static double
alive_at(const struct beginning *begin)
{
	if (!begin->silent)
		return 0;
	if (!begin->was_late)
		return last_sign_of_life(begin->attempt);
	return begin->attempt->late.stopped_at > 0
		? begin->attempt->late.stopped_at : NOT_KILLED;
}

/* ---- what there is ---- */

static void
add_path(struct strlist *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (strcmp(paths->items[i], path) == 0)
			return;
	}
	strlist_add(paths, path);
}

/* After what is on record come the matches that are older. */
static void
add_matches(struct beginning *begin)
{
	struct strlist matches = { 0 };
	size_t first = 0;

	/* without them it would begin from nothing, or from an older one */
	if (attempt_checkpoints(begin->attempt, &matches, 0))
		begin->attempt->trouble = xasprintf("the checkpoints %s cannot "
			"be looked at: %s", begin->attempt->spec->checkpoint,
			strerror(errno));
	for (size_t i = 0; begin->paths.count && i < matches.count; i++) {
		if (strcmp(matches.items[i], begin->recorded) == 0)
			first = i;
	}
	for (size_t i = first; i < matches.count; i++)
		add_path(&begin->paths, matches.items[i]);
	strlist_clear(&matches);
}

static void
add_earlier_reports(struct beginning *begin)
{
	struct attempt_report *reports;
	struct latsub_error err;
	size_t count;

	if (attempt_reports(begin->attempt, &reports, &count, &err))
		begin->attempt->trouble = xstrdup(err.text);
	for (size_t i = 0; i < count; i++) {
		char *path;

		absolute_checkpoint(begin->attempt, reports[i].path, &path);
		if (path)
			add_path(&begin->paths, path);
		free(path);
	}
	attempt_reports_free(reports, count);
}

static void
find_candidates(struct beginning *begin)
{
	const struct attempt *attempt = begin->attempt;
	bool has_pattern = attempt->spec->checkpoint != NULL, in_order;

	begin->was_late = !is_first(attempt) && has_pattern && was_late(attempt);
	in_order = !begin->was_late && begin->recorded && (is_first(attempt) || !has_pattern
		|| ended_in_order(attempt, &begin->report));
	if (in_order)
		strlist_add(&begin->paths, begin->recorded);
	if (has_pattern)
		add_matches(begin);
	else if (begin->recorded && !is_first(attempt))
		add_earlier_reports(begin);
	if (begin->recorded)
		add_path(&begin->paths, begin->recorded);
	begin->silent = !in_order && !is_first(attempt);
	begin->alive_at = alive_at(begin);
}

/* ---- which of them ---- */

static void
load_failures(struct beginning *begin)
{
	phase_for_each_note(attempt_state(begin->attempt), note) {
		if (note->kind == NOTE_QUICK
		    && rangeset_has(&note->tasks, begin->attempt->task))
			suspect_add(&begin->failures, note->gen, note->attempt,
			            note->name, note->mark);
	}
}

static bool
is_suspect(const struct beginning *begin, const char *path,
           const struct checkpoint_look *look)
{
	char mark[REFUSED_MARK_SIZE];

	refused_mark(look, mark);
	return suspect_is(&begin->failures, refused_name(begin->attempt, path),
	                  mark);
}

/* What a person or the command named is whole by their word. */
static bool
is_usable(const struct beginning *begin, const char *path,
          const struct checkpoint_look *look)
{
	bool named = begin->recorded && strcmp(path, begin->recorded) == 0;

	return (look->complete || named || !begin->attempt->spec->checkpoint)
		&& !refused_has(begin->attempt, path, look);
}

/* The exact time is for those that may be half, and for what has an exact mark. */
static struct checkpoint_look
look_at(const struct beginning *begin, const char *path)
{
	return checkpoint_look(path, begin->silent || begin->attempt->refused, 0);
}

/* Is there another one to fall back to? */
static bool
has_another(const struct beginning *begin, size_t after)
{
	for (size_t i = after + 1; i < begin->paths.count; i++) {
		const char *path = begin->paths.items[i];
		struct checkpoint_look look = look_at(begin, path);

		if (is_usable(begin, path, &look)
		    && !is_suspect(begin, path, &look))
			return true;
	}
	return false;
}

/* Nobody looked when its writer died.  Where there is no other, it is better than
 * nothing; where there is a test for it, that tells. */
static bool
may_be_half(struct beginning *begin, size_t index,
            const struct checkpoint_look *look)
{
	bool half = begin->silent && begin->attempt->spec->checkpoint
		&& doubt_half(look, begin->alive_at);
	double changed = doubt_seconds(look->changed);

	if (changed > begin->alive_at)
		begin->alive_at = changed; /* for those that are older */
	return half && !begin->attempt->spec->checkpoint_verify
		&& has_another(begin, index);
}

static bool
is_good(struct beginning *begin, const char *path,
        const struct checkpoint_look *look)
{
	struct attempt *attempt = begin->attempt;
	enum verify_answer answer;

	if (attempt->spec->checkpoint_verify)
		printf("latsub: checkpoint_verify looks at %s\n", path);
	fflush(stdout);
	answer = verify_checkpoint(attempt, path,
	                           clock_now() + VERIFY_MAX_SEC);
	attempt->own_verified = attempt->spec->checkpoint_verify
		&& answer == VERIFY_GOOD;
	verify_say(answer, path);
	if (answer == VERIFY_BAD)
		refused_record(attempt, path, look, "verify");
	return answer != VERIFY_BAD;
}

static bool
may_begin_from(struct beginning *begin, size_t index,
               struct checkpoint_look *look)
{
	const char *path = begin->paths.items[index];

	*look = look_at(begin, path);
	if (!is_usable(begin, path, look)) {
		if (refused_has(begin->attempt, path, look))
			printf("latsub: %s was refused before and has not "
			       "changed since; it is not taken\n", path);
		return false;
	}
	if (may_be_half(begin, index, look)) {
		printf("latsub: %s was %s; it may be half of one and is not "
		       "taken\n", path, begin->was_late
		       ? "written when the command was killed"
		       : "the last thing that was written before the attempt "
		         "died without a word");
		refused_record(begin->attempt, path, look, "died");
		return false;
	}
	if (is_suspect(begin, path, look) && has_another(begin, index)) {
		printf("latsub: two attempts that began from %s failed within a "
		       "minute; this one begins from the one before\n", path);
		refused_pass_over(begin->attempt, path, look);
		return false;
	}
	return is_good(begin, path, look);
}

static void
choose(struct beginning *begin)
{
	struct attempt *attempt = begin->attempt;
	struct checkpoint_look look;

	for (size_t i = 0; i < begin->paths.count; i++) {
		const char *path = begin->paths.items[i];

		if (!may_begin_from(begin, i, &look))
			continue;
		attempt->checkpoint = xstrdup(path);
		attempt->own_checkpoint = xstrdup(file_relative(
			attempt->experiment->workdir, path));
		attempt->own_fingerprint = look.fingerprint;
		refused_mark(&look, attempt->own_mark);
		return;
	}
	attempt->own_checkpoint = xstrdup(begin->report.path);
}

/* The phase's own: what is on record, or a newer one of an attempt that died
 * without a word, or one before these. */
static void
find_recorded(struct beginning *begin)
{
	struct attempt *attempt = begin->attempt;
	struct latsub_error err;

	if ((!attempt->spec->array || !is_first(attempt))
	    && attempt_find_report(attempt, &begin->report, &err))
		attempt->trouble = xstrdup(err.text);
	if (begin->report.path)
		absolute_checkpoint(attempt, begin->report.path,
		                    &begin->recorded);
}

static void
find_own(struct attempt *attempt)
{
	struct beginning begin = { .attempt = attempt };

	find_recorded(&begin);
	if (attempt->trouble)
		goto done;
	if (begin.report.path && !begin.recorded)
		printf("latsub: the checkpoint %s is not there any more\n",
		       begin.report.path);
	if (!is_first(attempt))
		refused_load(attempt);
	find_candidates(&begin);
	if (begin.paths.count && !is_first(attempt))
		load_failures(&begin);
	if (!attempt->trouble)
		choose(&begin);
done:
	suspect_clear(&begin.failures);
	strlist_clear(&begin.paths);
	free(begin.recorded);
	free(begin.report.path);
}

int
attempt_find_checkpoint(struct attempt *attempt)
{
	const char *main_phase, *path;

	find_own(attempt);
	/* now: the state has been read again meanwhile */
	main_phase = state_metadata(attempt->run->state, "checkpoint_phase");
	path = run_checkpoint(attempt->run);
	/* else the experiment's */
	if (!attempt->trouble && !attempt->checkpoint && path
	    && !attempt->own_checkpoint
	    && !(main_phase && strcmp(main_phase, attempt->phase) == 0)) {
		if (absolute_checkpoint(attempt, path, &attempt->checkpoint) == 0
		    && !attempt->checkpoint)
			printf("latsub: the checkpoint %s is not there any "
			       "more\n", path);
	}
	if (!attempt->checkpoint)
		attempt->checkpoint = xstrdup("");
	return attempt->trouble ? -1 : 0;
}

/* ---- what the journal has of it ---- */

void
attempt_note_beginning(const struct attempt *attempt, struct event *event)
{
	if (!*attempt->checkpoint)
		return;
	event->from = xstrdup(refused_name(attempt, attempt->checkpoint));
	if (*attempt->own_mark)
		event->mark = xstrdup(attempt->own_mark);
}

void
attempt_note_failure(const struct attempt *attempt, uint32_t seconds,
                     struct event *event)
{
	if (seconds < SUSPECT_SEC && *attempt->own_mark)
		attempt_note_beginning(attempt, event);
}
