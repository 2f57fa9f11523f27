/*
 * outcome.c - from the end of the command to the end of the job.
 *
 * Order matters: the journal first, durable; then Slurm; then people.
 */
#include "outcome.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "attempt_begin.h"
#include "attempt_checkpoint.h"
#include "checkpoint.h"
#include "latsub/clock.h"
#include "latsub/error.h"
#include "latsub/file.h"
#include "latsub/recovery.h"
#include "prune.h"
#include "requeue.h"

#define TAIL_BYTES 2000

/* ---- what decide_end wants to know ---- */

/* A file system that is out for some time is no missing output. */
static int
look_at_output(struct attempt *attempt, const char *path, const char *pattern,
               bool *exists, struct latsub_error *err)
{
	struct attempt_tries tries = { 0 };
	int rc;

	do {
		rc = file_look(path, exists, err);
		if (rc == 0 && !*exists)
			rc = checkpoint_has_match(attempt->run->dir, pattern,
			                          exists, err);
	} while (rc && file_error_passes(errno)
	         && attempt_try_again(attempt, &tries));
	return rc;
}

/* What is wrong with an output, in words; NULL: it is there.  Caller frees. */
static char *
output_trouble(struct attempt *attempt, const char *output)
{
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));
	char *name = spec_expand_name(output, sweep, attempt->task);
	char *pattern = spec_expand_pattern(output, sweep, attempt->task);
	char *path = file_join(attempt->run->dir, name), *trouble = NULL;
	struct latsub_error err;
	bool exists;

	if (look_at_output(attempt, path, pattern, &exists, &err))
		trouble = xasprintf("the output %s", err.text);
	else if (!exists)
		trouble = xasprintf("the output %s is missing", name);
	free(path);
	free(pattern);
	free(name);
	return trouble;
}

static char *
outputs_trouble(struct attempt *attempt)
{
	const struct strlist *outputs = &attempt->spec->outputs;
	char *trouble = NULL;

	for (size_t i = 0; !trouble && i < outputs->count; i++)
		trouble = output_trouble(attempt, outputs->items[i]);
	return trouble;
}

/* How many requeues in a row, up to now, were without progress.  Preemptions
 * and lost nodes neither count nor break the row. */
static uint32_t
count_stalled(const struct attempt *attempt)
{
	uint32_t count = 0;

	for (uint32_t number = attempt->attempt; number-- > 0; ) {
		const struct requeue_why *why = attempt_requeue_why(attempt,
		                                                    number);

		if (why && why->stalled)
			count++;
		else if (why && (why->reason == REASON_TIME_LIMIT
		                 || why->reason == REASON_REQUESTED))
			break;
	}
	return count;
}

static struct decide_out
decide(struct attempt *attempt, const struct watch_end *end,
       char **trouble)
{
	const struct phase_state *state = attempt_state(attempt);
	bool done = end->cause == END_EXIT && end->exit_code == 0;
	/* what a task of an array has reported takes a look at the whole journal:
	 * for those that end well it does not matter */
	bool progressed = !(done && attempt->spec->array
	                    && !attempt->spec->checkpoint)
		&& attempt_record_checkpoint(attempt, &end->death);
	struct decide_in in = {
		.cause = end->cause, .exit_code = end->exit_code,
		.out_of_memory = requeue_for_memory(end),
		.progressed = progressed,
		.requeues = (uint32_t)phase_marks(state, MARK_REQUEUED,
			attempt->gen, attempt->task),
		.stalled = count_stalled(attempt),
		.retries = attempt_retries(attempt),
		.budget_spent = attempt->spec->time_budget_sec > 0
			&& end->elapsed_sec + phase_used_sec(state,
				attempt->gen, attempt->task)
			>= (uint64_t)attempt->spec->time_budget_sec,
		.phase = attempt->spec };

	*trouble = outputs_trouble(attempt);
	in.outputs_exist = attempt->spec->outputs.count > 0 && !*trouble;
	in.outputs_missing = *trouble != NULL;
	return decide_end(&in);
}

/* ---- the log's last lines ---- */

static char *
log_tail(void)
{
	char data[TAIL_BYTES + 1], *start = data;
	struct stat st;
	char *path;
	FILE *file;
	size_t got;

	fflush(stdout);
	if (fstat(STDOUT_FILENO, &st) || !S_ISREG(st.st_mode))
		return xstrdup("");
	path = xstrdup("/proc/self/fd/1");
	file = fopen(path, "re");
	free(path);
	if (!file)
		return xstrdup("");
	fseek(file, st.st_size > TAIL_BYTES ? -TAIL_BYTES : 0,
	      st.st_size > TAIL_BYTES ? SEEK_END : SEEK_SET);
	got = fread(data, 1, TAIL_BYTES, file);
	fclose(file);
	data[got] = '\0';
	if (st.st_size > TAIL_BYTES && memchr(data, '\n', got))
		start = (char *)memchr(data, '\n', got) + 1;
	return text_sanitise(start, got - (size_t)(start - data));
}

/* ---- the actions ---- */

/* Last of all: nothing that is on record, or asked of Slurm, may wait for it.
 * killed_in_sec: Slurm was asked to end the job, and gives it so long; or 0. */
static void
make_room(struct attempt *attempt, const struct watch_end *end,
          double killed_in_sec)
{
	double leave_by = attempt->leave_by > 0 ? attempt->leave_by
		: end->death.leave_by;
	double killed_at = clock_now() + killed_in_sec;

	if (killed_in_sec > 0 && (leave_by <= 0 || leave_by > killed_at))
		leave_by = killed_at;
	if (attempt->recorded)
		prune_checkpoints(attempt, attempt->recorded, leave_by);
}

/* The command's own, and not for want of memory: then what it began from may be
 * to blame. */
static bool
is_own_failure(const struct attempt *attempt, const struct watch_end *end,
               const struct event *event)
{
	bool by_itself = end->cause == END_EXIT || end->cause == END_FORWARDED;

	return by_itself && end->exit_code != 0 && !requeue_for_memory(end)
		&& !decide_is_request(attempt->spec, end->exit_code)
		&& (event->kind == EVENT_FAILED
		    || event->requeue.reason == REASON_RETRY);
}

/* Of an event with kind and reason; it is cleared. */
static int
record_event(struct attempt *attempt, const struct watch_end *end,
             struct event *event)
{
	enum phase_word before = phase_word(attempt_state(attempt));
	int rc;

	event->code = end->exit_code;
	event->signal = end->signal;
	if (is_own_failure(attempt, end, event))
		attempt_note_failure(attempt, end->elapsed_sec, event);
	rc = attempt_record(attempt, event);
	if (rc == 0)
		attempt_snapshot(attempt, before);
	event_clear(event);
	return rc;
}

static int
record_requeue(struct attempt *attempt, const struct watch_end *end,
               const struct requeue_why *why)
{
	struct event event = attempt_event(attempt, EVENT_REQUEUED);

	requeue_why_copy(&event.requeue, why);
	event.elapsed = end->elapsed_sec;
	event.shared = requeue_is_shared(attempt, end, why);
	return record_event(attempt, end, &event);
}

static int
record_end(struct attempt *attempt, enum event_kind kind,
           const struct watch_end *end, const char *reason)
{
	struct event event = attempt_event(attempt, kind);

	event.reason = xstrdup(reason);
	if (kind == EVENT_FAILED)
		event.text = log_tail();
	if (kind == EVENT_COMPLETED) {
		for (size_t i = 0; i < attempt->missing.count; i++)
			strlist_add(&event.ran_without,
			            attempt->missing.items[i]);
	}
	return record_event(attempt, end, &event);
}

/* Slurm cancels what needs this task; the state should not wait for it. */
static void
record_doomed(struct attempt *attempt)
{
	struct rangeset failed = { 0 };
	struct latsub_error err = { 0 };
	struct event *events = NULL;
	size_t count;

	rangeset_add(&failed, attempt->task, attempt->task);
	count = state_doomed(attempt->run->state, attempt->phase, &failed,
	                     &events);
	for (size_t i = 0; i < count; i++)
		events[i].time = time(NULL);
	if (count && attempt_record_all(attempt, events, count) == 0
	    && run_save(attempt->run, &err))
		fprintf(stderr, "latsub: run: %s\n", err.text);
	for (size_t i = 0; i < count; i++)
		event_clear(&events[i]);
	free(events);
	rangeset_clear(&failed);
}

static int
complete(struct attempt *attempt, const struct watch_end *end)
{
	if (record_end(attempt, EVENT_COMPLETED, end, "completed")) {
		attempt_print(attempt, "done, but the journal cannot be written",
		           "");
		return LATSUB_SYSTEM;
	}
	attempt->over = true;
	attempt_print(attempt, "completed", "");
	make_room(attempt, end, 0);
	return 0;
}

/* Failed is final, also where Slurm has requeued the job before it was. */
static void
take_from_queue(struct attempt *attempt)
{
	char words[512] = "";

	if (ask_cancel(attempt->id, attempt->leave_by > 0
	               ? attempt->leave_by - 0.3 : 0, words, sizeof words)
	    == SLURM_YES)
		attempt_print(attempt, "Slurm had requeued it: cancelled", "");
	else /* the next attempt sees in the journal that it must not run */
		attempt_print(attempt, "Slurm has requeued it, and does not "
		              "cancel it", words);
}

static int
fail(struct attempt *attempt, const struct watch_end *end, const char *why)
{
	struct strbuf text = { 0 };

	attempt->over = true;
	record_end(attempt, EVENT_FAILED, end, why);
	record_doomed(attempt);
	attempt_print(attempt, "failed", why);
	recovery_print(attempt->run->state_path, &text);
	printf("\n%s", text.data);
	fflush(stdout);
	strbuf_clear(&text);
	if (end->requeued)
		take_from_queue(attempt);
	return end->exit_code ? end->exit_code : 1;
}

static int
cancel(struct attempt *attempt, const struct watch_end *end)
{
	record_end(attempt, EVENT_CANCELLED, end, "cancelled");
	attempt_print(attempt, "cancelled", "");
	return end->exit_code ? end->exit_code : 1;
}

/* retry_delay passes unless Slurm wants the node: then the requeue is at once,
 * by a deadline, or not at all: true when a person cancels. */
static bool
wait_before_retry(struct attempt *attempt, double *deadline)
{
	struct timespec delay = { .tv_sec = attempt->spec->retry_delay_sec };
	struct slurm_view view;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, attempt->warn_signal);
	number = delay.tv_sec > 0 ? sigtimedwait(&set, NULL, &delay) : -1;
	if (number != SIGTERM)
		return false;
	if (attempt->leave_by <= 0) /* else it waited for a while */
		*deadline = clock_now() + (double)attempt->kill_wait_sec - 1;
	ask_view_now(attempt->job, &view);
	return decide_cause(AT_TERM, &view, attempt->restarts) == END_CANCELLED;
}

static int
requeue(struct attempt *attempt, const struct watch_end *end,
        const struct requeue_why *because)
{
	char words[512] = "";
	enum slurm_answer answer;
	char *why;
	int rc = record_requeue(attempt, end, because);
	/* on record or not: what is not asked for now is lost with the KILL */
	double deadline = attempt->leave_by > 0 ? attempt->leave_by - 0.3 : 0;

	if (requeue_for_memory(end))
		attempt_print(attempt, "ran out of memory", "");
	if (end->cause == END_EXIT && !end->final_term
	    && requeue_why_is_retry(because)
	    && wait_before_retry(attempt, &deadline))
		return cancel(attempt, end);
	answer = requeue_job(attempt, end, because, deadline, words,
	                     sizeof words);
	if (answer == SLURM_CANCELLED_JOB)
		return cancel(attempt, end);
	if (answer == SLURM_YES) {
		attempt_print(attempt, "goes back into the queue",
		              requeue_why_words(because));
		if (*words)
			attempt_print(attempt, "note", words);
		if (rc == 0)
			make_room(attempt, end, (double)attempt->kill_wait_sec);
		return 0;
	}
	if (answer == SLURM_SILENT) {
		attempt_print(attempt, "Slurm did not answer the requeue", "it is "
		           "recorded: 'latsub --resume' goes on from here");
		return LATSUB_SLURM;
	}
	why = answer == SLURM_TOO_MUCH ? xstrdup(words)
		: xasprintf("requeue refused: %s", words);
	rc = fail(attempt, end, why);
	free(why);
	return rc;
}

static int
await_requeue(struct attempt *attempt, const struct watch_end *end,
              const struct requeue_why *why)
{
	int rc = record_requeue(attempt, end, why);

	attempt_print(attempt, "goes back into the queue",
	              requeue_why_words(why));
	if (rc == 0)
		make_room(attempt, end, (double)attempt->kill_wait_sec);
	return 0;
}

static int
fail_for(struct attempt *attempt, const struct watch_end *end,
         const char *words, const char *trouble)
{
	char *why = end->exit_code == 0 && trouble && !requeue_for_memory(end)
		? xasprintf("exit code 0, but %s", trouble)
		: xasprintf("%s%s", words, requeue_for_memory(end)
		            ? ": out of memory" : "");
	int rc = fail(attempt, end, why);

	free(why);
	return rc;
}

int
outcome_finish(struct attempt *attempt, const struct watch_end *end)
{
	char *trouble;
	struct decide_out out;
	int rc = 0;

	attempt->leave_by = end->kill_at;
	attempt->unrecorded = false;
	out = decide(attempt, end, &trouble);
	switch (out.action) {
	case DECIDE_COMPLETE:
		rc = complete(attempt, end);
		break;
	case DECIDE_REQUEUE:
		rc = requeue(attempt, end, &out.why);
		break;
	case DECIDE_AWAIT:
		rc = await_requeue(attempt, end, &out.why);
		break;
	case DECIDE_CANCEL:
		rc = cancel(attempt, end);
		break;
	case DECIDE_FAIL:
		rc = fail_for(attempt, end, out.text, trouble);
		break;
	}
	free(trouble);
	return rc;
}

int
outcome_not_started(struct attempt *attempt, int number)
{
	struct watch_end end = { .exit_code = 127 };
	char *why = xasprintf("the command could not be started: %s",
	                      strerror(number));
	int rc = fail(attempt, &end, why);

	free(why);
	return rc;
}
