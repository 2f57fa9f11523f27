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
#include "latsub/error.h"
#include "latsub/file.h"
#include "latsub/program.h"

#define PARENT_WAIT_TRIES 60 /* of half a second: for slow file systems */

static uint32_t
number_from_env(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);
	int64_t number;

	return text && text_parse_int(text, 0, UINT32_MAX, &number) == 0
		? (uint32_t)number : otherwise;
}

static int
complain(const char *text, enum latsub_exit code)
{
	fprintf(stderr, "latsub: run: %s\n", text);
	return (int)code + 1;
}

static int
open_run(struct attempt *attempt)
{
	const char *state = getenv("LATSUB_STATE");
	struct latsub_error err = { 0 };

	attempt->phase = getenv("LATSUB_PHASE");
	if (!state || !attempt->phase || !getenv("SLURM_JOB_ID"))
		return complain("this is what jobs run; to run an experiment, "
		                "'latsub experiment FILE'", LATSUB_USAGE);
	attempt->run = run_open(state, &err);
	if (!attempt->run)
		return complain(err.text, err.code);
	return run_check_owner(attempt->run, &err)
		? complain(err.text, err.code) : 0;
}

static int
open_experiment(struct attempt *attempt)
{
	struct latsub_errlist errors = { 0 };
	const char *workdir = state_metadata(attempt->run->state, "workdir");
	char *copy = file_join(attempt->run->dir, ".latsub/experiment.ini");
	long index = -1;
	int rc = 0;

	attempt->experiment = experiment_load_phase(copy, attempt->phase,
	                                            workdir, &errors);
	if (attempt->experiment->spec)
		index = spec_find(attempt->experiment->spec, attempt->phase);
	if (index < 0) {
		for (size_t i = 0; i < errors.count; i++)
			fprintf(stderr, "latsub: %s\n", errors.texts[i]);
		rc = complain("the run's copy of the experiment has no such "
		              "phase as this job is of", LATSUB_USAGE);
	} else {
		attempt->spec = &attempt->experiment->spec->phases[index];
	}
	latsub_errlist_clear(&errors);
	free(copy);
	return rc;
}

static void
read_signals(struct attempt *attempt)
{
	const char *text = options_get(&attempt->spec->options, OPTION_SIGNAL);
	struct option_signal signal = { .number = SIGUSR1, .seconds = 60 };

	if (text)
		options_parse_signal(text, &signal);
	attempt->warn_signal = signal.number;
	attempt->warn_sec = signal.seconds;
	attempt->signal_is_set = text || attempt->spec->checkpoint_signal;
	attempt->stop_signal = attempt->spec->checkpoint_signal
		? attempt->spec->checkpoint_signal : signal.number;
}

/* What the cluster was like when the job was submitted. */
static void
read_cluster(struct attempt *attempt)
{
	const char *codes = getenv("LATSUB_REQUEUE_EXIT");

	attempt->kill_wait_sec = number_from_env("LATSUB_KILL_WAIT", 30);
	attempt->may_preempt = number_from_env("LATSUB_MAY_PREEMPT", 1) != 0;
	if (codes && rangeset_parse(&attempt->requeue_exit, codes))
		rangeset_clear(&attempt->requeue_exit);
}

static void
read_slurm(struct attempt *attempt)
{
	uint32_t index = number_from_env("SLURM_ARRAY_TASK_ID", 0);

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

int
attempt_open(struct attempt *attempt)
{
	int rc;

	*attempt = (struct attempt){ 0 };
	rc = open_run(attempt);
	if (rc == 0)
		rc = open_experiment(attempt);
	if (rc)
		return rc;
	read_cluster(attempt);
	read_slurm(attempt);
	read_log_time(attempt);
	read_signals(attempt);
	if (!attempt_state(attempt) || !attempt_state(attempt)->cells
	    || attempt->task >= attempt_state(attempt)->total)
		return complain("the journal does not know this phase's task",
		                LATSUB_SYSTEM);
	return 0;
}

void
attempt_close(struct attempt *attempt)
{
	run_close(attempt->run);
	experiment_destroy(attempt->experiment);
	strlist_clear(&attempt->missing);
	rangeset_clear(&attempt->requeue_exit);
	free(attempt->id);
	free(attempt->checkpoint);
	free(attempt->own_checkpoint);
	free(attempt->prologue);
	strmap_destroy(attempt->refused);
}

struct phase_state *
attempt_state(const struct attempt *attempt)
{
	return state_find(attempt->run->state, attempt->phase);
}

const char *
attempt_requeue_reason(const struct attempt *attempt, uint32_t number)
{
	const struct phase_state *state = attempt_state(attempt);

	for (size_t i = 0; i < state->mark_count; i++) {
		const struct phase_mark *mark = &state->marks[i];

		if (mark->kind == 'r' && mark->gen == attempt->gen
		    && mark->attempt == number
		    && rangeset_has(&mark->tasks, attempt->task))
			return mark->reason;
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

static const char *const retry_reasons[] = { "retry", "out_of_memory" };
#define RETRY_REASONS (sizeof retry_reasons / sizeof *retry_reasons)

bool
attempt_is_retry(const char *reason)
{
	for (size_t i = 0; i < RETRY_REASONS; i++) {
		if (strcmp(retry_reasons[i], reason) == 0)
			return true;
	}
	return false;
}

uint32_t
attempt_retries(const struct attempt *attempt)
{
	uint64_t count = 0;

	for (size_t i = 0; i < RETRY_REASONS; i++)
		count += phase_marks(attempt_state(attempt), 'r', attempt->gen,
		                     attempt->task, retry_reasons[i]);
	return (uint32_t)count;
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

int
attempt_record(struct attempt *attempt, const struct event *event)
{
	struct latsub_error err = { 0 };

	/* a full or sick file system may get well again: this matters */
	for (unsigned i = 1; run_record(attempt->run, event, 1, true, &err);
	     i++) {
		fprintf(stderr, "latsub: run: the journal cannot be written: "
		        "%s\n", err.text);
		if (i == 6)
			return -1;
		sleep(i);
	}
	return 0;
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

/* ---- may it run? ---- */

static bool
parent_is_done(const struct attempt *attempt, const char *edge)
{
	const char *name = strchr(edge, ':') + 1;
	const struct phase_state *parent = state_find(attempt->run->state,
	                                              name);
	const struct task_cell *cell;

	if (!parent || !parent->cells)
		return true; /* of an experiment that changed since */
	if (text_starts(edge, "after_each:") && attempt->task < parent->total) {
		cell = &parent->cells[attempt->task];
		return cell->state == TASK_COMPLETED
			|| cell->state == TASK_SKIPPED;
	}
	return phase_word(parent) == WORD_COMPLETED;
}

/* The first parent that had to complete and did not, or NULL. */
static const char *
unfinished_parent(const struct attempt *attempt)
{
	const struct strlist *parents = &attempt_state(attempt)->parents;

	for (size_t i = 0; i < parents->count; i++) {
		if (strchr(parents->items[i], ':')
		    && !text_starts(parents->items[i], "after_any:")
		    && !parent_is_done(attempt, parents->items[i]))
			return strchr(parents->items[i], ':') + 1;
	}
	return NULL;
}

/* Half a second, for what is still on its way.  False: Slurm ends the job (its
 * TERM waits, for signals are taken later). */
static bool
wait_a_little(struct attempt *attempt)
{
	struct timespec half = { 0, 500000000 };
	struct latsub_error err;
	sigset_t pending;

	nanosleep(&half, NULL);
	run_refresh(attempt->run, NULL, &err);
	return sigpending(&pending) || !sigismember(&pending, SIGTERM);
}

/* Slurm lets afterok on a job that it has forgotten pass: look ourselves,
 * with patience for a parent's event. */
static int
check_parents(struct attempt *attempt)
{
	const char *parent = unfinished_parent(attempt);
	struct event event;

	for (int i = 0; parent && i < PARENT_WAIT_TRIES; i++) {
		bool go_on = wait_a_little(attempt);

		parent = unfinished_parent(attempt);
		if (!go_on)
			break;
	}
	if (!parent)
		return 0;
	printf("latsub: %s does not run: its parent %s is not completed\n",
	       attempt->phase, parent);
	event = attempt_event(attempt, EVENT_CANCELLED);
	event.reason = xasprintf("parent %s is not completed", parent);
	attempt_record(attempt, &event);
	attempt_snapshot(attempt, WORD_COUNT);
	event_clear(&event);
	return 1;
}

static void
gather_missing(struct attempt *attempt)
{
	const struct strlist *parents = &attempt_state(attempt)->parents;

	for (size_t i = 0; i < parents->count; i++) {
		const char *name = strchr(parents->items[i], ':');

		if (name && !parent_is_done(attempt, parents->items[i]))
			strlist_add(&attempt->missing, name + 1);
	}
}

bool
attempt_is_done(const struct attempt *attempt)
{
	const struct task_cell *cell =
		&attempt_state(attempt)->cells[attempt->task];

	return cell->state == TASK_COMPLETED || cell->state == TASK_SKIPPED;
}

/* The intent of our own submission may not have arrived on this node yet; what
 * is known of earlier ones must not be taken for the truth. */
static int
await_intent(struct attempt *attempt)
{
	bool go_on = true;

	for (int i = 0; i < PARENT_WAIT_TRIES && go_on; i++) {
		const struct phase_state *state = attempt_state(attempt);

		if (state->parents_gen >= attempt->gen
		    || state->edit_gen >= attempt->gen)
			return 0;
		go_on = wait_a_little(attempt);
	}
	printf("latsub: %s does not run: the journal here does not know of its "
	       "submission; is the file system late?\n", attempt->phase);
	return -1;
}

/* A submission that was not answered in time may have made two jobs: the one
 * that the journal names runs.  Or a successor goes on for this one. */
static bool
has_other_job(const struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	uint32_t job = phase_job_of(state, attempt->task);

	for (size_t i = 0; i < state->job_count; i++) {
		if (state->jobs[i].gen == attempt->gen
		    && state->jobs[i].base == attempt->base
		    && state->jobs[i].job != attempt->array_job
		    && state->jobs[i].job == job)
			return true;
	}
	return false;
}

/* 0 would say to Slurm, and to a later resume, that the task is done. */
#define STEP_BACK (LATSUB_FAILED + 1)
#define LEAVE (0 + 1)

/* Slurm may have requeued a job whose task had come to its end, or somebody did:
 * failed and cancelled are final, and people may have acted on that. */
static int
check_not_over(const struct attempt *attempt, const struct task_cell *cell)
{
	if (cell->gen != attempt->gen || cell->attempt >= attempt->attempt
	    || (cell->state != TASK_FAILED && cell->state != TASK_CANCELLED))
		return 0;
	printf("latsub: %s (task %u) was %s in attempt %u; it is not run again "
	       "in this job, 'latsub --resume' runs it\n", attempt->phase,
	       attempt->task, task_state_name(cell->state), cell->attempt + 1u);
	return STEP_BACK;
}

/* Is it this job that has to run the task? */
static int
check_turn(struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	const struct task_cell *cell = &state->cells[attempt->task];

	if (attempt_is_done(attempt)) {
		attempt->over = true;
		printf("latsub: %s (task %u) is completed already; it is not "
		       "run again\n", attempt->phase, attempt->task);
		return LEAVE;
	}
	if (has_other_job(attempt)) { /* what waits, waits for that one */
		printf("latsub: %s (task %u) has another job; this one steps "
		       "back\n", attempt->phase, attempt->task);
		return LEAVE;
	}
	if (cell->gen > attempt->gen && cell->state != TASK_NONE) {
		printf("latsub: %s (task %u) was submitted anew since "
		       "(generation %u); this job steps back\n",
		       attempt->phase, attempt->task, cell->gen);
		return STEP_BACK;
	}
	if (cell->gen > attempt->gen) { /* reset by hand while it waited */
		attempt->gen = cell->gen;
		return 0;
	}
	return check_not_over(attempt, cell);
}

int
attempt_check(struct attempt *attempt)
{
	const struct phase_state *state = attempt_state(attempt);
	int rc = await_intent(attempt) ? STEP_BACK : check_turn(attempt);

	if (rc == 0 && (attempt_record_lost(attempt,
	                                    &state->cells[attempt->task])
	                || check_parents(attempt)))
		rc = attempt_is_done(attempt) ? LEAVE : STEP_BACK;
	if (rc == 0) /* parents may have been waited for: whose turn is it now? */
		rc = check_turn(attempt);
	if (rc == 0)
		gather_missing(attempt);
	return rc;
}

/* ---- the command's environment ---- */

__attribute__((format(printf, 2, 3)))
static void
set_env(const char *name, const char *fmt, ...)
{
	struct strbuf value = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&value, fmt, ap);
	va_end(ap);
	setenv(name, strbuf_str(&value), 1);
	strbuf_clear(&value);
}

/* Why the command runs, in one word without "_stalled"; caller frees. */
static char *
reason_word(const struct attempt *attempt)
{
	const char *reason;
	size_t len;

	if (attempt->attempt == 0)
		return xstrdup(attempt->gen > 1 ? "resumed" : "first");
	reason = attempt_requeue_reason(attempt, attempt->attempt - 1);
	if (!reason)
		return xstrdup("unknown");
	len = strlen(reason);
	if (text_ends(reason, "_stalled"))
		len -= strlen("_stalled");
	return xstrndup(reason, len);
}

void
attempt_set_environment(const void *what)
{
	const struct attempt *attempt = what;
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));
	const char *run_id = state_metadata(attempt->run->state, "run_id");
	struct strbuf failed = { 0 };
	char *reason = reason_word(attempt);

	for (size_t i = 0; i < attempt->missing.count; i++)
		strbuf_printf(&failed, "%s%s", i ? " " : "",
		              attempt->missing.items[i]);
	set_env("LATSUB_RUN_DIR", "%s", attempt->run->dir);
	set_env("LATSUB_RUN_ID", "%s", run_id ? run_id : "");
	set_env("LATSUB_TASK", "%u", attempt->task);
	set_env("LATSUB_ATTEMPT", "%u", attempt->attempt);
	set_env("LATSUB_GENERATION", "%u", attempt->gen);
	set_env("LATSUB_REASON", "%s", reason);
	set_env("LATSUB_RETRY", "%u", attempt_retries(attempt));
	set_env("LATSUB_RESUME", "%d", attempt->attempt > 0);
	set_env("LATSUB_CHECKPOINT", "%s", attempt->checkpoint
	        ? attempt->checkpoint : "");
	set_env("LATSUB_FAILED_PHASES", "%s", strbuf_str(&failed));
	set_env("LATSUB_JOB", "%s", attempt->id);
	for (size_t i = 0; i < sweep->count; i++)
		setenv(sweep->keys[i].name,
		       sweep_value(sweep, attempt->task, i), 1);
	free(reason);
	strbuf_clear(&failed);
}
