/*
 * status_notes.c - what one should know of a run besides its table, and what one can
 * do: failures, what waits for a person, how to go on.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/error.h"
#include "latsub/program.h"
#include "latsub/recovery.h"
#include "latsub/run_status.h"

/* "12", "12_3", and of elements that wait together "12_[3,5]". */
static char *
id_of(const struct slurm_job *job)
{
	if (job->array_task_id != SLURM_NO_TASK)
		return xasprintf("%u_%u", job->array_job_id,
		                 job->array_task_id);
	return job->array_tasks ? xasprintf("%u_[%s]", job->job_id,
	                                    job->array_tasks)
		: xasprintf("%u", job->job_id);
}

char *
status_held_text(const struct status_row *row)
{
	const struct slurm_job *job = row->held;
	char *id, *held, *text, more[32] = "";

	if (!job)
		return NULL;
	id = id_of(job);
	if (row->held_more)
		snprintf(more, sizeof more, "; so are %u more of it",
		         row->held_more);
	held = slurm_held_text(job, id);
	text = xasprintf("job %s %s%s", id, held, more);
	free(held);
	free(id);
	return text;
}

char *
status_stuck_text(const struct status_row *row)
{
	char *id, *text;

	if (!row->stuck)
		return NULL;
	id = id_of(row->stuck);
	text = xasprintf("job %s can never run (%s)", id, row->stuck->reason);
	free(id);
	return text;
}

char *
status_stuck_advice(const struct run_status *status)
{
	const char *source = state_metadata(status->run->state, "experiment");
	char *run = text_shell_quote(status->run->dir);
	char *file = text_shell_quote(source ? source : "FILE");
	char *text = xasprintf("what can never run stays in the queue; mend the "
		"experiment, then '%s --resume %s --config %s', which replaces "
		"it, or '%s cancel %s'", program_name(), run, file,
		program_name(), run);

	free(run);
	free(file);
	return text;
}

static void
print_failure(const struct run_status *status, FILE *out)
{
	const struct state_failure *failure = &status->run->state->failure;
	struct strbuf text = { 0 };

	for (size_t i = 0; i < status->count; i++) {
		const struct status_row *row = &status->rows[i];

		if (row->word != WORD_FAILED)
			continue;
		text_print(out, "\n%s failed", row->state->name);
		if (row->unlaunched)
			text_print(out, ": Slurm could not launch it (%s); is the "
			        "directory of its log there?",
			        row->launch_reason);
		else if (failure->phase && failure->error
		         && strcmp(failure->phase, row->state->name) == 0)
			text_print(out, ": %s", failure->error);
		text_print(out, "; see '%s logs %s'", program_name(),
		        row->state->name);
	}
	recovery_print(status->run->state_path, &text);
	text_print(out, "\n\n%s", text.data);
	strbuf_clear(&text);
}

void
status_print_waiting(const struct run_status *status, FILE *out)
{
	bool any_stuck = false;
	char *advice;

	for (size_t i = 0; i < status->count; i++) {
		const struct status_row *row = &status->rows[i];
		char *held = status_held_text(row), *stuck = status_stuck_text(row);

		if (stuck)
			text_print(out, "note: %s: %s\n", row->state->name, stuck);
		if (held)
			text_print(out, "note: %s: %s\n", row->state->name, held);
		any_stuck |= stuck != NULL;
		free(held);
		free(stuck);
	}
	advice = any_stuck ? status_stuck_advice(status) : NULL;
	if (advice)
		text_print(out, "note: %s\n", advice);
	free(advice);
}

void
status_print_notes(const struct run_status *status, FILE *out)
{
	const char *checkpoint = run_checkpoint(status->run);

	if (checkpoint)
		text_print(out, "checkpoint: %s\n", checkpoint);
	if (status->unclear)
		text_print(out, "%s\n", status->unclear);
	if (!status->slurm_answered && status->slurm_text)
		text_print(out, "from the state alone: %s\n", status->slurm_text);
	status_print_waiting(status, out);
	for (size_t i = 0; i < status->run->notes.count; i++)
		text_print(out, "note: %s\n", status->run->notes.items[i]);
	for (size_t i = 0; i < status->run->edit_count; i++) {
		if (status->run->edits[i].word)
			text_print(out, "note: %s was set to %s by hand; the next "
			        "resume takes it up\n",
			        status->run->edits[i].phase,
			        phase_word_name(status->run->edits[i].word));
	}
	if (status->outcome == LATSUB_FAILED)
		print_failure(status, out);
}
