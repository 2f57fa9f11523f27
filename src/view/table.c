/*
 * table.c - a run in 80 columns.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/error.h"
#include "latsub/file.h"
#include "latsub/program.h"
#include "latsub/recovery.h"
#include "latsub/view.h"

static const char *
colour_of(const struct view_phase *row)
{
	if (row->word == WORD_COMPLETED)
		return "\033[32m";
	if (row->word == WORD_FAILED || strcmp(row->detail, "lost") == 0
	    || row->live_stuck)
		return "\033[31m";
	if (row->live_running)
		return "\033[36m";
	return "";
}

static uint32_t
newest_job(const struct phase_state *phase)
{
	uint32_t gen = 0, job = 0;

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].gen >= gen) {
			gen = phase->jobs[i].gen;
			job = phase->jobs[i].job;
		}
	}
	return job;
}

static void
elapsed_text(const struct view_phase *row, char *out, size_t size)
{
	const struct phase_facts *facts = &row->state->facts;
	int64_t end = facts->ended >= facts->started && !row->live_running
		? facts->ended : (int64_t)time(NULL);

	if (!facts->started || (!facts->ended && !row->live_running
	                        && !row->counts[TASK_STARTED]))
		snprintf(out, size, "-");
	else
		view_print_time(out, size, end - facts->started);
}

/* Slurm's own word, or why there is none. */
static void
slurm_text(const struct view_phase *row, char *out, size_t size)
{
	const struct slurm_job *job = row->live_running ? row->record
		: row->stuck ? row->stuck : row->held ? row->held : row->record;

	if (!job && row->unlaunched)
		snprintf(out, size, "%s", row->launch_reason);
	else if (!job && row->blocked_by)
		snprintf(out, size, "(%s failed)", row->blocked_by);
	else if (!job)
		snprintf(out, size, "-");
	else if (job->state == SLURM_PENDING && strcmp(job->reason, "None"))
		snprintf(out, size, "%s", job->reason);
	else
		snprintf(out, size, "%s", slurm_state_name(job->state));
}

static void
print_row(const struct view_phase *row, size_t width, FILE *out, bool colour)
{
	uint32_t done = row->counts[TASK_COMPLETED] + row->counts[TASK_SKIPPED];
	char tasks[32], job[16] = "-", elapsed[32], slurm[64];
	const char *word = phase_word_name(row->word);
	const char *state = *row->detail ? row->detail : word;
	const char *node = row->record && row->record->nodes[0]
		? row->record->nodes : row->state->facts.node
		? row->state->facts.node : "-";

	snprintf(tasks, sizeof tasks, "%u/%u", done, row->state->total);
	if (newest_job(row->state))
		snprintf(job, sizeof job, "%u", newest_job(row->state));
	elapsed_text(row, elapsed, sizeof elapsed);
	slurm_text(row, slurm, sizeof slurm);
	fprintf(out, "%-*.*s %s%-11s%s %9s %7s %-12.12s %-6.6s %9s", (int)width,
	        (int)width, row->state->name, colour ? colour_of(row) : "",
	        state, colour && *colour_of(row) ? "\033[0m" : "",
	        row->state->array ? tasks : "", job, slurm, node, elapsed);
	if (row->requeues)
		fprintf(out, " %llu requeue%s", (unsigned long long)row->requeues,
		        row->requeues > 1 ? "s" : "");
	fputc('\n', out);
}

static size_t
print_heading(const struct view *view, FILE *out)
{
	size_t width = 8;

	for (size_t i = 0; i < view->count; i++) {
		size_t len = strlen(view->phases[i].state->name);

		if (len > width)
			width = len;
	}
	if (width > 20)
		width = 20;
	fprintf(out, "%-*s %-11s %9s %7s %-12s %-6s %9s\n", (int)width, "PHASE",
	        "STATE", "TASKS", "JOB", "SLURM", "NODE", "TIME");
	return width;
}

void
view_print_table(const struct view *view, FILE *out, bool colour)
{
	size_t width = print_heading(view, out);

	for (size_t i = 0; i < view->count; i++)
		print_row(&view->phases[i], width, out, colour);
}

/* 0: something goes on or went wrong; 1: waits; 2: done. */
static int
interest(const struct view_phase *row)
{
	if (row->word == WORD_COMPLETED)
		return 2;
	return row->word == WORD_FAILED || row->live_running || row->live_stuck
		|| row->live_held || strcmp(row->detail, "lost") == 0 ? 0 : 1;
}

void
view_print_summary(const struct view *view, size_t max_rows, FILE *out,
                   bool colour)
{
	size_t width = print_heading(view, out), shown = 0, words[WORD_COUNT];

	memset(words, 0, sizeof words);
	for (int class = 0; class < 3; class++) {
		for (size_t i = 0; i < view->count && shown < max_rows; i++) {
			if (interest(&view->phases[i]) != class)
				continue;
			print_row(&view->phases[i], width, out, colour);
			shown++;
		}
	}
	for (size_t i = 0; i < view->count; i++)
		words[view->phases[i].word]++;
	fprintf(out, "%zu phases: %zu completed, %zu in progress, %zu failed, "
	        "%zu pending\n", view->count, words[WORD_COMPLETED],
	        words[WORD_IN_PROGRESS], words[WORD_FAILED],
	        words[WORD_PENDING]);
}

static void
print_failure(const struct view *view, FILE *out)
{
	const struct state_failure *failure = &view->run->state->failure;
	struct strbuf text = { 0 };

	for (size_t i = 0; i < view->count; i++) {
		const struct view_phase *row = &view->phases[i];

		if (row->word != WORD_FAILED)
			continue;
		fprintf(out, "\n%s failed", row->state->name);
		if (row->unlaunched)
			fprintf(out, ": Slurm could not launch it (%s); is the "
			        "directory of its log there?",
			        row->launch_reason);
		else if (failure->phase && failure->error
		         && strcmp(failure->phase, row->state->name) == 0)
			fprintf(out, ": %s", failure->error);
		fprintf(out, "; see '%s logs %s'", program_name(),
		        row->state->name);
	}
	recovery_print(view->run->state_path, &text);
	fprintf(out, "\n\n%s", text.data);
	strbuf_clear(&text);
}

void
view_print_waiting(const struct view *view, FILE *out)
{
	bool any_stuck = false;
	char *advice;

	for (size_t i = 0; i < view->count; i++) {
		const struct view_phase *row = &view->phases[i];
		char *held = view_held_text(row), *stuck = view_stuck_text(row);

		if (stuck)
			fprintf(out, "note: %s: %s\n", row->state->name, stuck);
		if (held)
			fprintf(out, "note: %s: %s\n", row->state->name, held);
		any_stuck |= stuck != NULL;
		free(held);
		free(stuck);
	}
	advice = any_stuck ? view_stuck_advice(view) : NULL;
	if (advice)
		fprintf(out, "note: %s\n", advice);
	free(advice);
}

void
view_print_notes(const struct view *view, FILE *out)
{
	const char *checkpoint = run_checkpoint(view->run);

	if (checkpoint)
		fprintf(out, "checkpoint: %s\n", checkpoint);
	if (!view->slurm_answered && view->slurm_text)
		fprintf(out, "from the state alone: %s\n", view->slurm_text);
	view_print_waiting(view, out);
	for (size_t i = 0; i < view->run->notes.count; i++)
		fprintf(out, "note: %s\n", view->run->notes.items[i]);
	for (size_t i = 0; i < view->run->edit_count; i++) {
		if (view->run->edits[i].word)
			fprintf(out, "note: %s was set to %s by hand; the next "
			        "resume takes it up\n",
			        view->run->edits[i].phase,
			        view->run->edits[i].word);
	}
	if (view->outcome == LATSUB_FAILED)
		print_failure(view, out);
}
