/*
 * reconcile_decide.c - the table of reconciling, and how a case is found in it.
 *
 * Pure: a task of the journal, a record of Slurm's, what is known to be
 * unknown; an event or nothing, and the reason in words.  Beware of which
 * attempt Slurm's record is about: its restarts tell.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "latsub/reconcile.h"

#define ANY ((1u << STAGE_COUNT) - 1)
#define UNDER_WAY (ANY & ~(1u << STAGE_OVER))
#define SAYS(word) (1u << SAYS_##word)
#define IN(stage) (1u << STAGE_##stage)
/* from COMPLETED on: the job has ended, or is not there */
#define ENDED (((1u << SAYS_FORGOTTEN) - 1) & ~(SAYS(COMPLETED) - 1))
#define GONE (SAYS(FORGOTTEN) | SAYS(REUSED) | SAYS(RENEWED) | SAYS(UNCLEAR) \
	| SAYS(UNCLEAR_ENDED))

/* The first row that fits.  LOST is CANCELLED where nothing had started. */
const struct reconcile_row reconcile_rows[] = {
	{ "no answer", SAYS(NOTHING), ANY, RECONCILE_STOP, 0,
	  "Slurm does not answer", PLAIN },
	{ "live and running", SAYS(RUNNING), ANY, RECONCILE_LEAVE, 0,
	  "runs", PLAIN },
	{ "live and ending", SAYS(ENDING), ANY, RECONCILE_LEAVE, 0,
	  "ends", PLAIN },
	{ "live and pending", SAYS(PENDING), ANY, RECONCILE_LEAVE, 0,
	  "waits", WITH_SLURMS_REASON },
	{ "requeued and pending", SAYS(REQUEUED), ANY, RECONCILE_LEAVE, 0,
	  "is requeued and waits", WITH_SLURMS_REASON },
	{ "held by a person or a cut-off submission", SAYS(HELD_USER), ANY,
	  RECONCILE_RELEASE, 0, "is held, a resume releases it", PLAIN },
	{ "held by Slurm", SAYS(HELD_SLURM), ANY, RECONCILE_TELL, 0,
	  "is held", WITH_SLURMS_REASON },
	{ "held by an administrator", SAYS(HELD_ADMIN), ANY, RECONCILE_TELL, 0,
	  "is held by an administrator", WITH_SLURMS_REASON },
	{ "dependency never satisfied", SAYS(NEVER), ANY, RECONCILE_DROP, 0,
	  "its dependency can never be satisfied", PLAIN },
	{ "can never run", SAYS(IMPOSSIBLE), ANY, RECONCILE_DROP, 0,
	  "can never run", WITH_SLURMS_REASON },
	{ "over in the journal", ENDED | GONE, IN(OVER), RECONCILE_LEAVE, 0,
	  "", PLAIN },
	{ "cancelled", SAYS(CANCELLED), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_CANCELLED, "cancelled", PLAIN },
	{ "requeue that did not arrive", ENDED, IN(REQUEUED), RECONCILE_RECORD,
	  EVENT_CANCELLED, "its requeue did not reach Slurm", PLAIN },
	{ "completed and unrecorded", SAYS(COMPLETED), UNDER_WAY,
	  RECONCILE_AWAIT, EVENT_COMPLETED, "completed in Slurm", PLAIN },
	{ "failed and unrecorded", SAYS(EXIT_CODE), UNDER_WAY, RECONCILE_AWAIT,
	  EVENT_FAILED, "exit code", WITH_NUMBER },
	{ "launch failure", SAYS(LAUNCH), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_FAILED, "Slurm could not launch it", WITH_SLURMS_REASON },
	{ "killed by a signal", SAYS(SIGNAL), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_LOST, "killed by signal", WITH_NUMBER },
	{ "time limit", SAYS(TIMEOUT), UNDER_WAY, RECONCILE_RECORD, EVENT_LOST,
	  "time limit", PLAIN },
	{ "node failure", SAYS(NODE_FAIL), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_LOST, "node failure", PLAIN },
	{ "out of memory", SAYS(OOM), UNDER_WAY, RECONCILE_RECORD, EVENT_LOST,
	  "out of memory", PLAIN },
	{ "preempted", SAYS(PREEMPTED), UNDER_WAY, RECONCILE_RECORD, EVENT_LOST,
	  "preempted", PLAIN },
	{ "boot failure", SAYS(BOOT_FAIL), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_LOST, "its nodes did not boot", PLAIN },
	{ "deadline", SAYS(DEADLINE), UNDER_WAY, RECONCILE_RECORD, EVENT_LOST,
	  "deadline", PLAIN },
	{ "Slurm set up anew", SAYS(RENEWED), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_LOST, "this Slurm does not know the job", PLAIN },
	{ "unclear whose job it is", SAYS(UNCLEAR), UNDER_WAY, RECONCILE_STOP, 0,
	  "a job has its number and its name, and was submitted later", PLAIN },
	{ "unclear whose job it was", SAYS(UNCLEAR_ENDED), UNDER_WAY,
	  RECONCILE_AWAIT, EVENT_LOST,
	  "its job has ended, or is gone and its number another's", PLAIN },
	{ "job number reused", SAYS(REUSED), UNDER_WAY, RECONCILE_RECORD,
	  EVENT_LOST, "gone, and its number is another job's now", PLAIN },
	{ "purged after it started", SAYS(FORGOTTEN), IN(STARTED),
	  RECONCILE_RECORD, EVENT_LOST, "died without a word", PLAIN },
	{ "purged after a requeue", SAYS(FORGOTTEN), IN(REQUEUED),
	  RECONCILE_RECORD, EVENT_CANCELLED,
	  "requeued, and gone from Slurm since", PLAIN },
	{ "purged before the start", SAYS(FORGOTTEN), IN(WAITING),
	  RECONCILE_RECORD, EVENT_CANCELLED, "never started", PLAIN },
};
const size_t reconcile_row_count =
	sizeof reconcile_rows / sizeof *reconcile_rows;

static enum reconcile_word
word_of_ended(enum slurm_state state, int signal)
{
	switch (state) {
	case SLURM_COMPLETE: return SAYS_COMPLETED;
	case SLURM_CANCELLED: return SAYS_CANCELLED;
	case SLURM_TIMEOUT: return SAYS_TIMEOUT;
	case SLURM_NODE_FAIL: return SAYS_NODE_FAIL;
	case SLURM_OOM: return SAYS_OOM;
	case SLURM_PREEMPTED: return SAYS_PREEMPTED;
	case SLURM_BOOT_FAIL: return SAYS_BOOT_FAIL;
	case SLURM_DEADLINE: return SAYS_DEADLINE;
	default: return signal ? SAYS_SIGNAL : SAYS_EXIT_CODE;
	}
}

static enum reconcile_word
word_of_live(const struct slurm_job *record)
{
	if (record->state != SLURM_PENDING)
		return record->completing && record->state > SLURM_SUSPENDED
			&& record->state != SLURM_STATE_OTHER
			? SAYS_ENDING : SAYS_RUNNING;
	if (record->why == SLURM_WHY_NEVER)
		return SAYS_NEVER;
	if (record->why == SLURM_WHY_IMPOSSIBLE)
		return SAYS_IMPOSSIBLE;
	if (record->held)
		return record->why == SLURM_WHY_HELD_USER ? SAYS_HELD_USER
			: record->why == SLURM_WHY_HELD_ADMIN ? SAYS_HELD_ADMIN
			: SAYS_HELD_SLURM;
	return record->restarts || record->completing ? SAYS_REQUEUED
		: SAYS_PENDING;
}

/* Which attempt is Slurm's record about? */
static uint32_t
attempt_of(const struct reconcile_in *in)
{
	return in->first + in->record->restarts;
}

static enum reconcile_word
word_of(const struct reconcile_in *in)
{
	const struct slurm_job *record = in->record;

	if (in->silent)
		return SAYS_NOTHING;
	if (record && slurm_state_is_live(record))
		return word_of_live(record);
	if (record && attempt_of(in) >= in->attempt)
		return record->why == SLURM_WHY_LAUNCH ? SAYS_LAUNCH
			: word_of_ended(record->state,
			                WTERMSIG(record->exit_code));
	/* one of an attempt before the journal's is as good as none */
	return in->renewed ? SAYS_RENEWED : in->unclear ? SAYS_UNCLEAR
		: in->unclear_ended ? SAYS_UNCLEAR_ENDED
		: in->reused ? SAYS_REUSED : SAYS_FORGOTTEN;
}

static enum reconcile_stage
stage_of(const struct reconcile_in *in)
{
	bool later = in->record && attempt_of(in) > in->attempt;

	switch (in->state) {
	case TASK_INTENDED:
	case TASK_SUBMITTED: return STAGE_WAITING;
	case TASK_STARTED: return later ? STAGE_WAITING : STAGE_STARTED;
	case TASK_REQUEUED: return later ? STAGE_WAITING : STAGE_REQUEUED;
	default: return STAGE_OVER;
	}
}

static const struct reconcile_row *
find_row(enum reconcile_word word, enum reconcile_stage stage)
{
	size_t i = 0;

	while (i + 1 < reconcile_row_count
	       && !((reconcile_rows[i].words & (1u << word))
	            && (reconcile_rows[i].stages & (1u << stage))))
		i++;
	return &reconcile_rows[i];
}

static void
print_reason(struct reconcile_out *out, const struct reconcile_row *row,
             int number, const char *slurms_reason, const char *more)
{
	if (row->with == WITH_NUMBER)
		snprintf(out->reason, sizeof out->reason, "%s %d%s",
		         row->reason, number, more);
	else if (row->with == WITH_SLURMS_REASON && slurms_reason
	         && *slurms_reason && strcmp(slurms_reason, "None") != 0)
		snprintf(out->reason, sizeof out->reason, "%s: %s%s",
		         row->reason, slurms_reason, more);
	else
		snprintf(out->reason, sizeof out->reason, "%s%s", row->reason,
		         more);
}

/* Accounting's words in the place of ours, which are that we know nothing. */
static void
print_fact(struct reconcile_out *out, const struct accounting_fact *fact)
{
	enum reconcile_word word = word_of_ended(fact->state, fact->signal);

	print_reason(out, find_row(word, STAGE_STARTED), fact->signal
	             ? fact->signal : fact->exit_code, NULL,
	             ", says accounting");
}

void
reconcile_decide(const struct reconcile_in *in, struct reconcile_out *out)
{
	enum reconcile_word word = word_of(in);
	enum reconcile_stage stage = stage_of(in);
	const struct slurm_job *record = in->record;
	const struct reconcile_row *row = find_row(word, stage);
	int status = record ? record->exit_code : 0;
	const char *more = "";

	*out = (struct reconcile_out){ .row = row, .action = row->action,
		.event = row->event, .attempt = in->attempt, .code = -1 };
	if (record && attempt_of(in) > in->attempt)
		out->attempt = attempt_of(in);
	if (row->action == RECONCILE_AWAIT && !in->patient)
		out->action = RECONCILE_RECORD;
	if (row->event == EVENT_LOST && stage != STAGE_STARTED)
		out->event = EVENT_CANCELLED;
	if (word == SAYS_EXIT_CODE)
		out->code = WEXITSTATUS(status);
	if (stage != STAGE_STARTED && word > SAYS_COMPLETED
	    && word < SAYS_LAUNCH
	    && row->stages == UNDER_WAY)
		more = stage == STAGE_REQUEUED || out->attempt
			? " before the next attempt" : " before the start";
	print_reason(out, row, word == SAYS_SIGNAL ? WTERMSIG(status)
	             : WEXITSTATUS(status), record ? record->reason : NULL,
	             more);
	if (word == SAYS_FORGOTTEN && in->fact && stage != STAGE_OVER
	    && in->fact->state > SLURM_SUSPENDED)
		print_fact(out, in->fact);
}

enum reconcile_action
reconcile_live_action(const struct slurm_job *record)
{
	return find_row(word_of_live(record), STAGE_WAITING)->action;
}

void
reconcile_live(const struct slurm_job *record, struct reconcile_out *out)
{
	struct reconcile_in in = { .state = TASK_SUBMITTED, .record = record };

	reconcile_decide(&in, out);
}
