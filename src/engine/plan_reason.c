/*
 * plan_reason.c - the words of a plan: from marks, facts and Slurm's records.
 */
#include "plan_reason.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/reconcile.h"

struct asking {
	const struct state *state;
	const struct phase_state *phase;
	const struct rangeset *todo;
	uint32_t counts[TASK_STATE_COUNT];
};

static void
count_todo(struct asking *a)
{
	rangeset_for_each_below(a->todo, a->phase->total, t)
		a->counts[phase_task(a->phase, t)->state]++;
}

/* Does the mark tell why a task to be done is in this state now? */
static bool
explains(const struct asking *a, const struct phase_mark *mark,
         enum task_state state)
{
	rangeset_for_each_below(&mark->tasks, a->phase->total, t) {
		const struct task_cell *cell = phase_task(a->phase, t);

		if (cell->state == state && cell->gen == mark->gen
		    && cell->attempt == mark->attempt
		    && rangeset_has(a->todo, t))
			return true;
	}
	return false;
}

/* What is known without a mark: a snapshot keeps no reasons. */
static char *
known_otherwise(const struct asking *a, enum task_state state)
{
	const struct phase_facts *facts = phase_facts(a->phase);
	const struct state_failure *failure = &a->state->failure;
	const char *parent = state == TASK_CANCELLED
		? state_blocked_by(a->state, a->phase) : NULL;

	if (parent)
		return xasprintf("%s failed", parent);
	if (state != TASK_FAILED)
		return xstrdup("");
	if (failure->phase && failure->error && *failure->error
	    && strcmp(failure->phase, a->phase->name) == 0)
		return xstrdup(failure->error);
	return facts->code > 0 && facts->gen == a->phase->gen
		? xasprintf("exit code %d", facts->code) : xstrdup("");
}

/* "exit code 3", "exit code 3, and others", the newest; "" when nobody knows. */
static char *
reason_in(const struct asking *a, enum task_state state, enum mark_kind kind)
{
	const char *reason = NULL;
	bool others = false;

	phase_for_each_mark(a->phase, mark) {
		if (mark->kind != kind || !*mark->reason
		    || !explains(a, mark, state))
			continue;
		others |= reason && strcmp(reason, mark->reason) != 0;
		reason = mark->reason;
	}
	return reason ? xasprintf("%s%s", reason, others ? ", and others" : "")
		: known_otherwise(a, state);
}

#define NO_REASON MARK_KIND_COUNT

/* One part: "failed: exit code 3", with a count where there are several. */
static void
add_part(const struct asking *a, struct strbuf *out, enum task_state state,
         enum mark_kind why, const char *word)
{
	uint32_t count = a->counts[state];
	char *reason;

	if (!count)
		return;
	strbuf_puts(out, out->len ? "; " : "");
	if (a->phase->total > 1)
		strbuf_printf(out, "%u ", count);
	reason = why == NO_REASON ? xstrdup("") : reason_in(a, state, why);
	if (text_starts(reason, word)) /* "cancelled before the start" */
		strbuf_puts(out, reason);
	else
		strbuf_printf(out, "%s%s%s", word, *reason ? ": " : "", reason);
	free(reason);
}

char *
plan_reason_run(const struct state *state, const struct phase_state *phase,
                const struct rangeset *todo, bool *again)
{
	struct asking a = { .state = state, .phase = phase, .todo = todo };
	struct strbuf out = { 0 };

	*again = false;
	if (!phase_has_tasks(phase))
		return xstrdup("new");
	count_todo(&a);
	add_part(&a, &out, TASK_FAILED, MARK_FAILED_WHY, "failed");
	add_part(&a, &out, TASK_LOST, MARK_LOST_WHY, "lost");
	add_part(&a, &out, TASK_STARTED, NO_REASON,
	         "started, and not in Slurm");
	*again = out.len > 0;
	add_part(&a, &out, TASK_REQUEUED, NO_REASON,
	         "requeued, and not in Slurm any more");
	add_part(&a, &out, TASK_CANCELLED, MARK_CANCELLED_WHY, "cancelled");
	if (a.counts[TASK_NONE] && phase_edited_gen(phase))
		add_part(&a, &out, TASK_NONE, NO_REASON, "reset by hand");
	return out.len ? strbuf_steal(&out) : xstrdup("pending");
}

static int
urgency(enum reconcile_action action)
{
	return action == RECONCILE_TELL ? 2 : action == RECONCILE_RELEASE;
}

/* The job to speak of, what to say of it, and how many there are. */
static const struct live_job *
most_telling(const struct live_jobs *live, size_t phase,
             struct reconcile_out *out, size_t *count)
{
	const struct live_job *best = NULL;

	*count = 0;
	for (size_t i = live_first(live, phase); i < live->count
	     && live->items[i].phase == phase; i++) {
		const struct live_job *job = &live->items[i];
		struct reconcile_out this;

		if (job->dead)
			continue;
		(*count)++;
		reconcile_live(job->record, &this);
		if (best && urgency(this.action) <= urgency(out->action))
			continue;
		best = job;
		*out = this;
	}
	return best;
}

char *
plan_reason_adopt(const struct live_jobs *live, size_t phase)
{
	struct reconcile_out out;
	size_t count;
	const struct live_job *job = most_telling(live, phase, &out, &count);
	struct strbuf text = { 0 };

	if (!job)
		return xstrdup("in Slurm already");
	strbuf_printf(&text, "job %u %s", job->job, out.reason);
	if (job->record->state == SLURM_RUNNING && *job->record->nodes)
		strbuf_printf(&text, " on %s", job->record->nodes);
	if (out.action == RECONCILE_TELL)
		strbuf_printf(&text, job->record->why == SLURM_WHY_HELD_ADMIN
		              ? ", who can 'scontrol release %u'"
		              : "; 'scontrol release %u' when it may run",
		              job->job);
	if (count > 1)
		strbuf_printf(&text, "; %zu jobs in all", count);
	return strbuf_steal(&text);
}

char *
plan_reason_replace(const struct live_jobs *live, size_t phase,
                    const char *why)
{
	const struct live_job *job;
	size_t first = live_first(live, phase);
	struct reconcile_out out;

	while (first < live->count && live->items[first].phase == phase
	       && !live->items[first].dead && plan_has_dead(live, phase))
		first++;
	job = &live->items[first];
	reconcile_live(job->record, &out);
	return xasprintf("%s: job %u is replaced", why ? why : out.reason,
	                 job->job);
}

bool
plan_has_dead(const struct live_jobs *live, size_t phase)
{
	for (size_t i = live ? live_first(live, phase) : 0; live
	     && i < live->count && live->items[i].phase == phase; i++) {
		if (live->items[i].dead)
			return true;
	}
	return false;
}
