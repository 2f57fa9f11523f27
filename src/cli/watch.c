/*
 * watch.c - look on: a table that redraws itself on a terminal, lines of what
 * changed elsewhere.  Only reads; Ctrl-C leaves, and the run goes on.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/program.h"
#include "latsub/run_status.h"

#define POLL_SEC 1
#define SLOW_POLL_SEC 5      /* after a while: slurmctld has others to serve */
#define SLOW_AFTER_POLLS 120
#define FRAME_ROWS 8 /* directory (it may wrap), heading, sum, notes */
#define CLOSE_LOOK 10 /* so many looks at a glance, and a close one */
#define DONE_POLLS 3         /* nothing live so often: it has ended */

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static int
detach(const struct run *run)
{
	char *dir = text_shell_quote(run->dir);

	text_print(stdout, "\nDetached; the run goes on. Come back with:  %s "
	           "status --watch %s\n", program_name(), dir);
	free(dir);
	return LATSUB_UNFINISHED;
}

/* One line for each phase whose state or count is another than before. */
static void
print_changes(const struct run_status *status, struct strmap *seen)
{
	for (size_t i = 0; i < status->count; i++) {
		const struct status_row *row = &status->rows[i];
		const char *word = status_words[row->status].word;
		char *line = row->state->array ? xasprintf("%s %s %u/%u",
			row->state->name, word, row->counts[TASK_COMPLETED]
			+ row->counts[TASK_SKIPPED], row->state->total)
			: xasprintf("%s %s", row->state->name, word);
		char *before = strmap_get(seen, row->state->name);
		time_t now = time(NULL);
		char when[16];
		struct tm tm;

		if (before && strcmp(before, line) == 0) {
			free(line);
			continue;
		}
		localtime_r(&now, &tm);
		strftime(when, sizeof when, "%H:%M:%S", &tm);
		text_print(stdout, "%s %s\n", when, line);
		strmap_set(seen, row->state->name, line);
		free(before);
	}
	fflush(stdout);
}

/* Once for each phase and what is the matter with it. */
static void
warn_of(const char *phase, const char *text, const char *kind,
        struct strmap *warned)
{
	char *key = xasprintf("%s %s", phase, kind);

	if (text && !strmap_get(warned, key)) {
		text_print(stderr, "latsub: %s: %s\n", phase, text);
		strmap_set(warned, key, warned);
	} else if (!text) {
		strmap_set(warned, key, NULL);
	}
	free(key);
}

/* What waits for a person. */
static void
print_warnings(const struct run_status *status, struct strmap *warned)
{
	for (size_t i = 0; i < status->count; i++) {
		const struct status_row *row = &status->rows[i];
		char *held = status_held_text(row), *stuck = status_stuck_text(row);

		warn_of(row->state->name, held, "held", warned);
		warn_of(row->state->name, stuck, "stuck", warned);
		free(held);
		free(stuck);
	}
}

static size_t
screen_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row
		? size.ws_row : 24;
}

static void
redraw(const struct run_status *status)
{
	size_t rows = screen_rows();

	printf("\033[H\033[J");
	text_print(stdout, "%s\n", status->run->dir);
	if (status->count + FRAME_ROWS <= rows)
		status_print_table(status, stdout, status_use_colour(stdout));
	else
		status_print_summary(status, rows > FRAME_ROWS ? rows - FRAME_ROWS
		                   : 1, stdout, status_use_colour(stdout));
	status_print_waiting(status, stdout);
	if (!status->slurm_answered && status->slurm_text)
		text_print(stdout, "from the state alone: %s\n",
		           status->slurm_text);
	printf("\nCtrl-C leaves; the run goes on without you.\n");
	fflush(stdout);
}

struct watching {
	struct run *run;
	const struct slurm_ops *slurm;
	bool on_terminal;
	struct strmap *seen, *warned;
	unsigned looks;
	bool unreadable; /* and that was told */
	bool elsewhere;  /* another cluster answers, and that was told */
	int quiet; /* so often nothing was live, or may ever run */
	int outcome;
};

/* What another cluster has says nothing of the run: as if there were no Slurm. */
static bool
ask_slurm(struct watching *w, struct slurm_jobs *jobs, struct latsub_error *err)
{
	bool told = w->elsewhere;
	enum slurm_answer answer;

	if (!w->slurm)
		return false;
	answer = cli_check_cluster(w->run, w->slurm, err);
	w->elsewhere = answer == SLURM_REFUSED;
	if (w->elsewhere && !told && !w->on_terminal)
		fprintf(stderr, "latsub: from the state alone: %s\n", err->text);
	return answer == SLURM_YES && cli_ask_jobs(w->run, w->slurm, jobs, err);
}

/* Has it ended?  Slurm must have said so several times in a row: between a
 * parent's end and its record there is a moment with nothing live. */
static bool
look_once(struct watching *w)
{
	struct run *run = w->run;
	struct slurm_jobs jobs = { 0 };
	struct latsub_error err = { 0 };
	struct run_status status;
	bool answered;

	run->glance = w->quiet == 0 && ++w->looks % CLOSE_LOOK != 0;
	if (run_read(run, &err)) { /* that says nothing of how it goes */
		if (!w->unreadable)
			fprintf(stderr, "latsub: %s; it is tried again\n",
			        err.text);
		w->unreadable = true;
		w->quiet = 0;
		return false;
	}
	w->unreadable = false;
	answered = ask_slurm(w, &jobs, &err);
	run_status_create(&status, run, answered ? &jobs : NULL, err.text);
	if (w->on_terminal) {
		redraw(&status);
	} else {
		print_changes(&status, w->seen);
		print_warnings(&status, w->warned);
	}
	w->outcome = status.outcome;
	w->quiet = answered && (!status.any_live || status.stuck) ? w->quiet + 1
		: 0;
	if ((!w->slurm || w->elsewhere) && status.outcome != LATSUB_UNFINISHED)
		w->quiet = DONE_POLLS;
	run_status_clear(&status);
	slurm_jobs_clear(&jobs);
	return w->outcome == LATSUB_OK || w->quiet >= DONE_POLLS;
}

static void
tell_stuck(const struct run_status *status)
{
	char *advice = status_stuck_advice(status);

	text_print(stderr, "latsub: nothing else is left: %s\n", advice);
	free(advice);
}

static void
print_end(struct watching *w)
{
	struct slurm_jobs jobs = { 0 };
	struct latsub_error err = { 0 };
	struct run_status status;
	bool answered = ask_slurm(w, &jobs, &err);

	run_status_create(&status, w->run, answered ? &jobs : NULL, NULL);
	printf("\n");
	status_print_table(&status, stdout, status_use_colour(stdout));
	status_print_notes(&status, stdout);
	if (status.stuck)
		tell_stuck(&status);
	run_status_clear(&status);
	slurm_jobs_clear(&jobs);
}

int
cli_watch(struct run *run, const struct slurm_ops *slurm, bool screen)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	struct watching w = { .run = run, .slurm = slurm,
		.on_terminal = status_use_colour(stdout),
		.seen = strmap_create(), .warned = strmap_create(),
		.outcome = LATSUB_UNFINISHED };
	bool ended = false;

	(void)screen;
	sigaction(SIGINT, &action, NULL);
	for (int polls = 0; !ended && !interrupted; polls++) {
		if (polls)
			sleep(polls > SLOW_AFTER_POLLS ? SLOW_POLL_SEC
			      : POLL_SEC);
		if (!interrupted)
			ended = look_once(&w);
	}
	if (ended)
		print_end(&w);
	else
		w.outcome = detach(run);
	for (size_t i = 0; i < run->state->count; i++)
		free(strmap_get(w.seen, run->state->phases[i]->name));
	strmap_destroy(w.seen);
	strmap_destroy(w.warned);
	return w.outcome;
}
