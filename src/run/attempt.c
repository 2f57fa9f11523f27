/*
 * attempt.c - set up from the environment, the run and the experiment.
 */
#include "attempt.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "doubt.h"
#include "latsub/clock.h"
#include "latsub/error.h"
#include "latsub/file.h"
#include "latsub/program.h"

#define FIRST_PAUSE_SEC 0.5
#define LONGEST_PAUSE_SEC 5

static uint32_t
number_from_env(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);
	int64_t number;

	return text && text_parse_int(text, 0, UINT32_MAX, &number) == 0
		? (uint32_t)number : otherwise;
}

static enum latsub_exit
complain(const char *text, enum latsub_exit code)
{
	fprintf(stderr, "latsub: run: %s\n", text);
	return code;
}

/* Not the task's fault, but the file system's here and now. */
static enum latsub_exit
blame_files(struct attempt *attempt, const char *text)
{
	char *copy = xstrdup(text); /* it may be the old one */

	free(attempt->trouble);
	attempt->trouble = copy;
	return LATSUB_SYSTEM;
}

static enum latsub_exit
blame(struct attempt *attempt, const struct latsub_error *err)
{
	return err->code == LATSUB_SYSTEM ? blame_files(attempt, err->text)
		: complain(err->text, err->code);
}

/* Not even the directory above the run is there: nothing is mounted (yet). */
static bool
is_away(const char *state)
{
	char *dir = file_directory(state), *above = file_directory(dir);
	bool exists, away = file_look(above, &exists, NULL) == 0 && !exists;

	free(above);
	free(dir);
	return away;
}

/* A mode that its owner has set by mistake is no fault of the task: he mends it, and
 * it runs.  What another user has put there is never run. */
static enum latsub_exit
check_run_owner(struct attempt *attempt)
{
	struct latsub_error err = { 0 };

	if (run_check_owner(attempt->run, &err) == 0)
		return LATSUB_GO_ON;
	return run_check_uids(attempt->run, NULL) == 0
		? blame_files(attempt, err.text) : blame(attempt, &err);
}

static enum latsub_exit
open_run(struct attempt *attempt)
{
	const char *state = getenv("LATSUB_STATE");
	struct latsub_error err = { 0 };
	struct attempt_wait wait = { 0 };
	bool away = false;

	/* others' news is looked for when it is missed */
	do {
		attempt->run = run_glance(state, &err);
		/* what could not be looked at was waited for in there */
		away = !attempt->run && err.code != LATSUB_SYSTEM
			&& is_away(state);
	} while (away && attempt_wait(attempt, &wait, ATTEMPT_WAIT_SEC));
	if (!attempt->run)
		return away ? blame_files(attempt, err.text)
			: blame(attempt, &err);
	return check_run_owner(attempt);
}

/* The experiment as it was when this job was submitted, whatever the run has now;
 * jobs of before there were such copies read the newest. */
static char *
copy_path(const struct attempt *attempt)
{
	const char *mark = getenv("LATSUB_COPY");
	bool is_mark = mark && *mark
		&& mark[strspn(mark, "0123456789abcdef")] == '\0';

	return run_copy_path(attempt->run->dir, is_mark ? mark : NULL,
	                     RUN_COPY_EXPERIMENT);
}

/* Another text must not run in its place. */
static enum latsub_exit
check_copy(struct attempt *attempt, const char *copy)
{
	struct latsub_error err = { 0 };
	bool exists;

	if (file_look(copy, &exists, &err) == 0 && exists)
		return LATSUB_GO_ON;
	if (!*err.text)
		latsub_error_set(&err, LATSUB_USAGE, "%s is not there, which "
		                 "this job was submitted with", copy);
	return blame_files(attempt, err.text);
}

static enum latsub_exit
open_experiment(struct attempt *attempt)
{
	struct latsub_errlist errors = { 0 };
	struct latsub_error err = { 0 };
	struct variables variables = { 0 };
	/* those of this submission are in the environment already */
	struct experiment_inputs inputs = {
		.workdir = state_metadata(attempt->run->state, "workdir"),
		.variables = &variables };
	char *copy = copy_path(attempt);
	long index = -1;
	enum latsub_exit code = check_copy(attempt, copy);

	if (code != LATSUB_GO_ON) {
		free(copy);
		return code;
	}
	if (run_variables(attempt->run, NULL, &variables, &err))
		fprintf(stderr, "latsub: run: %s\n", err.text);
	attempt->experiment = experiment_load_phase(copy, attempt->phase,
	                                            &inputs, &errors);
	if (attempt->experiment->spec)
		index = spec_find(attempt->experiment->spec, attempt->phase);
	if (index < 0) {
		for (size_t i = 0; i < errors.count; i++)
			fprintf(stderr, "latsub: %s\n", errors.texts[i]);
		code = errors.system ? blame_files(attempt, errors.texts[0])
			: complain("the run's copy of the experiment has no such "
		              "phase as this job is of", LATSUB_USAGE);
	} else {
		attempt->spec = &attempt->experiment->spec->phases[index];
	}
	latsub_errlist_clear(&errors);
	variables_clear(&variables);
	free(copy);
	return code;
}

static void
read_signals(struct attempt *attempt)
{
	const struct option_value *asked =
		options_value(&attempt->spec->options, OPTION_SIGNAL);
	struct option_signal signal = { .number = SIGUSR1, .seconds = 60 };

	if (asked)
		signal = asked->signal;
	attempt->warn_signal = signal.number;
	attempt->warn_sec = signal.seconds;
	attempt->signal_is_set = asked || attempt->spec->checkpoint_signal;
	attempt->stop_signal = attempt->spec->checkpoint_signal
		? attempt->spec->checkpoint_signal : signal.number;
}

/* What the cluster was like when the job was submitted. */
static void
read_cluster(struct attempt *attempt)
{
	const char *codes = getenv("LATSUB_REQUEUE_EXIT");

	attempt->kill_wait_sec = number_from_env("LATSUB_KILL_WAIT", 30);
	/* Slurm has started it in one partition of its list */
	attempt->may_preempt = !text_is_listed(getenv("LATSUB_UNPREEMPTED"),
	                                       getenv("SLURM_JOB_PARTITION"));
	if (codes && rangeset_parse(&attempt->requeue_exit, codes))
		rangeset_clear(&attempt->requeue_exit);
}

static enum latsub_exit
read_slurm(struct attempt *attempt)
{
	uint32_t index = number_from_env("SLURM_ARRAY_TASK_ID", 0);

	attempt->phase = getenv("LATSUB_PHASE");
	if (!getenv("LATSUB_STATE") || !attempt->phase
	    || !getenv("SLURM_JOB_ID"))
		return complain("this is what jobs run; to run an experiment, "
		                "'latsub experiment FILE'", LATSUB_USAGE);
	attempt->gen = number_from_env("LATSUB_GENERATION", 1);
	attempt->base = number_from_env("LATSUB_TASK_BASE", 0);
	attempt->restarts = number_from_env("SLURM_RESTART_COUNT", 0);
	attempt->attempt = attempt->restarts
		+ number_from_env("LATSUB_ATTEMPT_BASE", 0);
	attempt->job = number_from_env("SLURM_JOB_ID", 0);
	attempt->array_job = number_from_env("SLURM_ARRAY_JOB_ID",
	                                     attempt->job);
	attempt->node = getenv("SLURMD_NODENAME");
	if (!attempt->node)
		attempt->node = "?";
	attempt->task = attempt->base + index;
	attempt->id = getenv("SLURM_ARRAY_TASK_ID")
		? xasprintf("%u_%u", attempt->array_job, index)
		: xasprintf("%u", attempt->job);
	return LATSUB_GO_ON;
}

/* Nothing is printed yet: what the log says is of the attempt before. */
static void
read_log_time(struct attempt *attempt)
{
	struct timespec now;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	attempt->opened = doubt_seconds(now);
	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode)
	    && st.st_size > 0)
		attempt->log_written = doubt_seconds(st.st_mtim);
}

bool
attempt_wait(struct attempt *attempt, struct attempt_wait *wait, double most_sec)
{
	double now = clock_now();
	struct latsub_error err;
	int rc = 0;

	if (wait->pause <= 0)
		*wait = (struct attempt_wait){ .began = now,
			.pause = FIRST_PAUSE_SEC };
	if (now >= wait->began + most_sec
	    || !clock_pause_while(wait->pause, attempt_goes_on))
		return false;
	wait->pause = wait->pause * 1.5 < LONGEST_PAUSE_SEC ? wait->pause * 1.5
		: LONGEST_PAUSE_SEC;
	if (attempt->run) {
		attempt->run->glance = false;
		rc = run_refresh(attempt->run, NULL, &err);
		attempt->run->glance = true;
	}
	if (rc) /* patience is at its end: not seen is not "not there" */
		blame_files(attempt, err.text);
	return rc == 0;
}

bool
attempt_goes_on(void)
{
	sigset_t pending;

	return sigpending(&pending) || !sigismember(&pending, SIGTERM);
}

static bool
knows_task(const struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);

	return phase_task(state, attempt->task) != NULL;
}

/* The journal's words of the submission may not have arrived on this node yet. */
static enum latsub_exit
await_task(struct attempt *attempt)
{
	struct attempt_wait wait = { 0 };

	while (!knows_task(attempt)
	       && attempt_wait(attempt, &wait, ATTEMPT_WAIT_SEC))
		;
	if (knows_task(attempt))
		return LATSUB_GO_ON;
	return blame_files(attempt, attempt->trouble ? attempt->trouble
		: "the journal does not know this phase's task");
}

enum latsub_exit
attempt_open(struct attempt *attempt)
{
	enum latsub_exit code;

	*attempt = (struct attempt){ .node = "?",
		.patience_sec = ATTEMPT_PATIENCE_SEC };
	read_cluster(attempt); /* first: every exit code counts for Slurm */
	code = read_slurm(attempt);
	if (code == LATSUB_GO_ON)
		code = open_run(attempt);
	if (code == LATSUB_GO_ON)
		code = open_experiment(attempt);
	if (code != LATSUB_GO_ON)
		return code;
	read_log_time(attempt);
	read_signals(attempt);
	return await_task(attempt);
}

void
attempt_close(struct attempt *attempt)
{
	run_close(attempt->run);
	experiment_destroy(attempt->experiment);
	strlist_clear(&attempt->missing);
	rangeset_clear(&attempt->requeue_exit);
	free(attempt->trouble);
	free(attempt->id);
	free(attempt->checkpoint);
	free(attempt->own_checkpoint);
	free(attempt->recorded);
	free(attempt->prologue);
	strmap_destroy(attempt->refused);
}

struct phase_state *
attempt_state(const struct attempt *attempt)
{
	return state_find(attempt->run->state, attempt->phase);
}

const struct requeue_why *
attempt_requeue_why(const struct attempt *attempt, uint32_t number)
{
	phase_for_each_mark(attempt_state(attempt), mark) {
		if (mark->kind == MARK_REQUEUED && mark->gen == attempt->gen
		    && mark->attempt == number
		    && rangeset_has(&mark->tasks, attempt->task))
			return &mark->requeue;
	}
	return NULL;
}

double
attempt_chance(const struct attempt *attempt, unsigned draw)
{
	char text[64];

	snprintf(text, sizeof text, "%u.%u.%u", attempt->job, attempt->task,
	         draw);
	return (double)(text_hash(text) % 10007) / 10007;
}

uint32_t
attempt_retries(const struct attempt *attempt)
{
	return (uint32_t)phase_retries(attempt_state(attempt), attempt->gen,
	                               attempt->task);
}

struct event
attempt_event(const struct attempt *attempt, enum event_kind kind)
{
	struct event event = { .kind = kind, .time = time(NULL),
		.phase = xstrdup(attempt->phase), .gen = attempt->gen,
		.attempt = attempt->attempt, .job = attempt->array_job,
		.base = attempt->base, .node = xstrdup(attempt->node) };

	rangeset_add(&event.tasks, attempt->task, attempt->task);
	return event;
}

void
attempt_snapshot(struct attempt *attempt, enum phase_word before)
{
	struct latsub_error err = { 0 };

	if (attempt->spec->array && phase_word(attempt_state(attempt)) == before
	    && run_snapshot_age(attempt->run) < 1.0)
		return;
	if (run_save(attempt->run, &err))
		fprintf(stderr, "latsub: run: %s (the journal has it all the "
		        "same)\n", err.text);
}

void
attempt_print(const struct attempt *attempt, const char *what,
              const char *more)
{
	printf("=== latsub: %s%s%s: %s%s%s ===\n", attempt->phase,
	       attempt->spec->array ? " " : "",
	       attempt->spec->array ? attempt->id : "", what,
	       *more ? ": " : "", more);
	fflush(stdout);
}
