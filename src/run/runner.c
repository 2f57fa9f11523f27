/*
 * runner.c - "latsub run", the last exec of every job's script.
 *
 * Beware: signals are blocked from the first line on and taken from a
 * descriptor; the command gets the mask that the job began with.
 */
#include "latsub/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "attempt_begin.h"
#include "attempt_checkpoint.h"
#include "canary.h"
#include "child.h"
#include "checkpoint.h"
#include "give_up.h"
#include "latsub/error.h"
#include "latsub/file.h"
#include "outcome.h"
#include "rest.h"
#include "watch.h"

#define START_PATIENCE_SEC 240 /* and for the journal at the end */
#define END_PATIENCE_SEC 0.5

static void
print_header(const struct attempt *attempt)
{
	char *reason = attempt_reason(attempt);
	time_t now = time(NULL);
	char when[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	printf("=== latsub: %s, job %s on %s, %s, attempt %u", attempt->phase,
	       attempt->id, attempt->node, when, attempt->attempt + 1);
	if (attempt->attempt)
		printf(", requeued: %s", reason);
	if (attempt->gen > 1)
		printf(", submission %u", attempt->gen);
	printf(" ===\n");
	fflush(stdout);
	free(reason);
}

/* The run's copy of the phase's template, if it has shell lines. */
static char *
prologue_path(const struct attempt *attempt)
{
	const struct experiment *experiment = attempt->experiment;

	for (size_t i = 0; i < experiment->template_count; i++) {
		const struct experiment_template *t = &experiment->templates[i];

		if (attempt->spec->template && t->has_commands
		    && strcmp(t->name, attempt->spec->template) == 0)
			return xstrdup(t->path);
	}
	return NULL;
}

static int
record_start(struct attempt *attempt)
{
	struct event event = attempt_event(attempt, EVENT_STARTED);
	int rc;

	attempt_note_beginning(attempt, &event);
	if (event.from)
		attempt_note_owner(attempt, attempt->checkpoint, &event);
	rc = attempt_record(attempt, &event);

	event_clear(&event);
	return rc;
}

static int
run_command(struct attempt *attempt, int signal_fd, const sigset_t *mask)
{
	enum phase_word before = phase_word(attempt_state(attempt));
	struct child_command command = {
		.command = attempt->spec->command,
		.prologue = attempt->prologue,
		.mask = mask, .shield_term = attempt->spec->shield_term,
		.prepare = attempt_set_environment, .what = attempt };
	struct watch_end end;
	pid_t child, canary;
	int rc;

	if (record_start(attempt)) {
		attempt->trouble = xstrdup("the journal cannot be written, and "
			"without it the command could run twice");
		return LATSUB_SYSTEM;
	}
	canary = canary_start(); /* before the command, or it may miss a TERM */
	child = child_start(&command);
	if (child < 0) {
		rc = errno;
		canary_stop(canary);
		rc = outcome_not_started(attempt, rc);
	} else {
		attempt_snapshot(attempt, before);
		watch_command(attempt, child, canary, signal_fd, &end);
		rc = outcome_finish(attempt, &end);
	}
	return rc;
}

/* A file server that starts again takes minutes; nothing is lost meanwhile. */
static double
start_patience(void)
{
	const char *text = getenv("LATSUB_PATIENCE"); /* of tests */
	int64_t seconds;

	return text && text_parse_int(text, 0, 3600, &seconds) == 0
		? (double)seconds : START_PATIENCE_SEC;
}

/* It is this job's turn.  An exit code. */
static int
run_attempt(struct attempt *attempt, int signal_fd, sigset_t *taken,
            const sigset_t *before)
{
	int rc;

	/* the warning may be any signal: take that, too */
	sigaddset(taken, attempt->warn_signal);
	sigprocmask(SIG_BLOCK, taken, NULL);
	if (signalfd(signal_fd, taken, 0) < 0)
		perror("latsub: run: signalfd");
	attempt->prologue = prologue_path(attempt);
	print_header(attempt);
	rc = attempt_find_checkpoint(attempt);
	/* from here on signals and deadlines wait for nobody */
	file_set_patience(END_PATIENCE_SEC, attempt_goes_on);
	if (*attempt->checkpoint)
		printf("latsub: checkpoint: %s\n", attempt->checkpoint);
	fflush(stdout);
	return rc ? (int)LATSUB_SYSTEM
		: run_command(attempt, signal_fd, before);
}

int
runner_main(const struct runner_hooks *hooks)
{
	struct attempt attempt;
	sigset_t taken, before;
	int signal_fd, rc;

	watch_signals(&taken);
	sigprocmask(SIG_BLOCK, &taken, &before);
	signal(SIGPIPE, SIG_IGN);
	signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (signal_fd < 0) {
		perror("latsub: run: signalfd");
		return LATSUB_SYSTEM;
	}
	file_set_patience(start_patience(), attempt_goes_on);
	file_share_patience();
	rc = attempt_open(&attempt);
	attempt.hooks = hooks;
	attempt.patience_sec = start_patience();
	if (rc == LATSUB_GO_ON)
		rc = attempt_check(&attempt);
	if (rc == LATSUB_GO_ON)
		rc = run_attempt(&attempt, signal_fd, &taken, &before);
	if (attempt.trouble)
		give_up(&attempt);
	if (attempt.over)
		rest_submit(&attempt);
	rc = decide_exit_code(rc, &attempt.requeue_exit);
	attempt_close(&attempt);
	close(signal_fd);
	return rc;
}

/* ---- called inside a phase ---- */

static enum latsub_exit
open_inside(struct attempt *attempt)
{
	enum latsub_exit code;

	if (!getenv("LATSUB_STATE") || !getenv("LATSUB_PHASE")) {
		fprintf(stderr, "latsub: this works inside a phase's command "
		        "only\n");
		return LATSUB_USAGE;
	}
	code = attempt_open(attempt);
	if (attempt->trouble)
		fprintf(stderr, "latsub: %s\n", attempt->trouble);
	if (code != LATSUB_GO_ON)
		attempt_close(attempt);
	return code;
}

int
runner_report_checkpoint(const char *path, const char *epoch)
{
	const struct phase_state *state;
	struct attempt attempt;
	struct event event;
	char *absolute;
	int rc = open_inside(&attempt);

	if (rc != LATSUB_GO_ON)
		return rc;
	rc = LATSUB_OK;
	state = attempt_state(&attempt);
	if (phase_task(state, attempt.task)->gen > attempt.gen)
		attempt.gen = phase_task(state, attempt.task)->gen;
	absolute = file_absolute(path);
	event = attempt_event(&attempt, EVENT_CHECKPOINT);
	event.seq = attempt_next_seq(&attempt);
	event.path = absolute;
	attempt_note_owner(&attempt, absolute, &event);
	event.epoch = epoch ? xstrdup(epoch) : checkpoint_epoch(path);
	if (!file_exists(absolute)) {
		fprintf(stderr, "latsub: checkpoint: %s: there is no such file; "
		        "nothing recorded\n", path);
		rc = LATSUB_USAGE;
	} else if (!text_is_utf8(absolute, strlen(absolute))) {
		fprintf(stderr, "latsub: checkpoint: the path is not UTF-8; "
		        "nothing recorded\n");
		rc = LATSUB_USAGE;
	} else if (attempt_record(&attempt, &event)) {
		rc = LATSUB_SYSTEM;
	} else {
		attempt_snapshot(&attempt, WORD_NONE);
	}
	event_clear(&event);
	attempt_close(&attempt);
	return rc;
}

int
runner_report_progress(const char *text)
{
	const char *job = getenv("LATSUB_JOB"), *id = getenv("SLURM_JOB_ID");
	char words[512], *clean;
	int rc = LATSUB_OK;

	if (!job || !id) {
		fprintf(stderr, "latsub: this works inside a phase's command "
		        "only\n");
		return LATSUB_USAGE;
	}
	clean = text_sanitise(text, strnlen(text, 200));
	if (ask_comment(job, (uint32_t)strtoul(id, NULL, 10), clean, words,
	                  sizeof words) != SLURM_YES) {
		fprintf(stderr, "latsub: progress: Slurm did not take it %s\n",
		        words);
		rc = LATSUB_SLURM;
	}
	free(clean);
	return rc;
}
