/*
 * state_save.c - from the state to its file.
 *
 * Every key that is latsub's is set or taken out; the rest of the document
 * is not touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latsub/text.h"
#include "latsub/version.h"
#include "state_file.h"
#include "state_sections.h"

struct saving {
	struct inifile *doc;
	struct strmap *kept; /* "section\037key" of what was set */
	struct state_numbers *numbers; /* NULL: no list is long */
};

static void
put(struct saving *s, const char *section, const char *key, const char *value)
{
	char *joined = xasprintf("%s\037%s", section, key);

	inifile_set(s->doc, section, key, value);
	strmap_set(s->kept, joined, s);
	free(joined);
}

__attribute__((format(printf, 5, 6)))
static void
put_what(struct saving *s, const char *section, const struct phase_state *phase,
         const char *what, const char *fmt, ...)
{
	struct strbuf value = { 0 };
	char *key = xasprintf("%s%s%s", phase->name, *what ? "." : "", what);
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&value, fmt, ap);
	va_end(ap);
	put(s, section, key, strbuf_str(&value));
	strbuf_clear(&value);
	free(key);
}

static void
put_set(struct saving *s, const char *section, const struct phase_state *phase,
        const char *what, const struct rangeset *set)
{
	struct strbuf text = { 0 };

	rangeset_print(set, &text);
	put_what(s, section, phase, what, "%s", strbuf_str(&text));
	strbuf_clear(&text);
}

/* Which event each key is from, so that a late one is told from a newer one. */
static void
save_revision(struct saving *s, const struct state *state)
{
	const struct strlist *keys = &state->metadata_keys;
	struct strbuf text = { 0 };

	for (size_t i = 0; i < keys->count; i++) {
		uint32_t seq = state_metadata_seq(state, keys->items[i]);

		if (seq)
			strbuf_printf(&text, "%s%s:%u", text.len ? " " : "",
			              keys->items[i], seq);
	}
	if (text.len)
		put(s, "metadata", STATE_REVISION, text.data);
	strbuf_clear(&text);
}

static void
save_metadata(struct saving *s, const struct state *state)
{
	const struct strlist *keys = &state->metadata_keys;

	if (!state_metadata(state, "version"))
		put(s, "metadata", "version", LATSUB_STATE_VERSION);
	for (size_t i = 0; i < keys->count; i++) {
		/* keys before the first section stay where they were */
		if (!inifile_get(s->doc, "", keys->items[i]))
			put(s, "metadata", keys->items[i],
			    state_metadata(state, keys->items[i]));
	}
	save_revision(s, state);
}

static void
save_words(struct saving *s, const struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];
		const char *section = inifile_get(s->doc, "", phase->name)
			? "" : "phases";

		if (phase->known)
			put(s, section, phase->name,
			    phase_word_name(phase_word(phase)));
	}
}

/* ---- [tasks] ---- */

struct span { /* of tasks, side by side, of one number */
	uint32_t number, first, last;
};

static int
compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static struct span *
find_spans(const struct phase_state *phase, bool attempts, size_t *count)
{
	struct span *spans = xcalloc(phase->total, sizeof *spans);

	*count = 0;
	for (uint32_t i = 0; i < phase->total; i++) {
		uint32_t number = attempts ? phase->cells[i].attempt
			: phase->cells[i].gen;

		if (*count && spans[*count - 1].number == number)
			spans[*count - 1].last = i;
		else
			spans[(*count)++] = (struct span){ number, i, i };
	}
	qsort(spans, *count, sizeof *spans, compare_spans);
	return spans;
}

/* The distinct generations (or attempts) of the cells, each with its set. */
static void
save_numbers(struct saving *s, const struct phase_state *phase,
             const char *name, bool attempts)
{
	size_t count;
	struct span *spans = find_spans(phase, attempts, &count);
	struct rangeset set = { 0 };

	for (size_t i = 0; i < count; i++) {
		char what[40];

		rangeset_add(&set, spans[i].first, spans[i].last);
		if (i + 1 < count && spans[i + 1].number == spans[i].number)
			continue;
		snprintf(what, sizeof what, "%s.%u", name, spans[i].number);
		if (spans[i].number)
			put_set(s, "tasks", phase, what, &set);
		rangeset_clear(&set);
	}
	free(spans);
}

/* Tasks that completed once and are to run again. */
static void
save_done(struct saving *s, const char *section,
          const struct phase_state *phase)
{
	struct rangeset set = { 0 };

	for (uint32_t i = 0; i < phase->total; i++) {
		if (phase->cells[i].done
		    && phase->cells[i].state != TASK_COMPLETED)
			rangeset_add(&set, i, i);
	}
	if (set.count)
		put_set(s, section, phase, STATE_DONE_KEY, &set);
	rangeset_clear(&set);
}

static void
save_tasks(struct saving *s, const struct phase_state *phase)
{
	put_what(s, "tasks", phase, "total", "%u", phase->total);
	for (size_t i = 0; i < phase->sweep_count; i++) {
		char *json = sweep_print(&phase->sweeps[i].sweep);
		char what[32] = "sweep";

		if (phase->sweeps[i].since)
			snprintf(what, sizeof what, "sweep.%u",
			         phase->sweeps[i].since);
		put_what(s, "tasks", phase, what, "%s", json);
		free(json);
	}
	for (int state = 1; state < TASK_STATE_COUNT; state++) {
		struct rangeset set = { 0 };

		phase_tasks_in(phase, 1u << state, &set);
		if (set.count)
			put_set(s, "tasks", phase,
			        task_state_name((enum task_state)state), &set);
		rangeset_clear(&set);
	}
	save_numbers(s, phase, "generation", false);
	save_numbers(s, phase, "attempt", true);
	save_done(s, "tasks", phase);
}

/* ---- [jobs] ---- */

static bool
job_matters(const struct phase_state *phase, const struct phase_job *job,
            uint32_t newest)
{
	if (job->gen == newest)
		return true;
	rangeset_for_each_below(&job->tasks, phase->total, t) {
		if (phase->cells[t].gen == job->gen)
			return true;
	}
	return false;
}

static void
save_job_ids(struct saving *s, const struct phase_state *phase)
{
	struct strbuf ids = { 0 };
	uint32_t newest = 0;

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].gen > newest)
			newest = phase->jobs[i].gen;
	}
	for (size_t i = 0; i < phase->job_count; i++) {
		const struct phase_job *job = &phase->jobs[i];
		struct strbuf tasks = { 0 }, from = { 0 };
		char what[32];

		if (job->gen == newest)
			strbuf_printf(&ids, "%s%u", ids.len ? "," : "",
			              job->job);
		if (!job_matters(phase, job, newest))
			continue;
		snprintf(what, sizeof what, "job.%u", job->job);
		rangeset_print(&job->tasks, &tasks);
		if (job->attempt)
			strbuf_printf(&from, " attempt %u", job->attempt);
		put_what(s, "jobs", phase, what, "generation %u%s base %u tasks "
		         "%s", job->gen, strbuf_str(&from), job->base,
		         strbuf_str(&tasks));
		snprintf(what, sizeof what, "submitted.%u", job->job);
		if (job->submitted)
			put_what(s, "jobs", phase, what, "generation %u at %lld",
			         job->gen, (long long)job->submitted);
		strbuf_clear(&from);
		strbuf_clear(&tasks);
	}
	if (ids.len)
		put_what(s, "jobs", phase, "", "%s", ids.data);
	strbuf_clear(&ids);
}

/* "GEN WORD WORD" */
static void
save_parents(struct saving *s, const struct phase_state *phase)
{
	struct strbuf text = { 0 };

	state_parents_print(s->numbers, &phase->parents, &text);
	if (phase->parents_gen)
		put_what(s, "jobs", phase, "waits_for", "%u%s",
		         phase->parents_gen, strbuf_str(&text));
	strbuf_clear(&text);
	state_names_print(s->numbers, &phase->ran_without, &text);
	if (phase->ran_without_gen)
		put_what(s, "jobs", phase, "ran_without", "%u%s",
		         phase->ran_without_gen, strbuf_str(&text));
	strbuf_clear(&text);
}

/* Once for all, where any list of phases is long. */
static void
save_numbers_of_phases(struct saving *s, const struct state *state)
{
	bool many = false;
	uint32_t number = 0;

	for (size_t i = 0; i < state->count; i++)
		many |= state_parents_are_many(state->phases[i]->parents.count)
			|| state_parents_are_many(
				state->phases[i]->ran_without.count);
	if (!many)
		return;
	s->numbers = state_numbers_create();
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		if (!phase->known)
			continue;
		put_what(s, "jobs", phase, STATE_NUMBER_KEY, "%u", number);
		state_numbers_set(s->numbers, phase->name, number++);
	}
}

static void
save_facts(struct saving *s, const struct phase_state *phase)
{
	const struct phase_facts *facts = &phase->facts;

	if (!facts->gen)
		return;
	put_what(s, "jobs", phase, "last_attempt", "%u.%u", facts->gen,
	         facts->attempt);
	if (facts->node)
		put_what(s, "jobs", phase, "node", "%s", facts->node);
	if (facts->started)
		put_what(s, "jobs", phase, "started", "%lld",
		         (long long)facts->started);
	if (facts->ended)
		put_what(s, "jobs", phase, "ended", "%lld",
		         (long long)facts->ended);
	if (facts->ended && facts->code >= 0)
		put_what(s, "jobs", phase, "exit_code", "%d", facts->code);
	if (facts->signal > 0)
		put_what(s, "jobs", phase, "exit_signal", "%d", facts->signal);
}

/* "GEN:MARK GEN:MARK ...", where they change. */
static void
save_variables(struct saving *s, const struct phase_state *phase)
{
	struct strbuf text = { 0 };
	const char *last = "";

	for (size_t i = 0; i < phase->variables_count; i++) {
		const struct phase_variables *known = &phase->variables[i];

		if (strcmp(known->mark, last) != 0)
			strbuf_printf(&text, "%s%u:%s", text.len ? " " : "",
			              known->gen, known->mark);
		last = known->mark;
	}
	if (text.len)
		put_what(s, "jobs", phase, "variables", "%s", text.data);
	strbuf_clear(&text);
}

static void
save_phase(struct saving *s, const struct phase_state *phase)
{
	if (phase->array) {
		save_tasks(s, phase);
	} else {
		/* never "=completed": people grep for that in [phases] */
		put_what(s, "jobs", phase, "state", "%u.%u %s",
		         phase->cells[0].gen, phase->cells[0].attempt,
		         task_state_name((enum task_state)
		                         phase->cells[0].state));
		save_done(s, "jobs", phase);
	}
	if (phase->gen)
		put_what(s, "jobs", phase, "generation", "%u", phase->gen);
	save_job_ids(s, phase);
	save_facts(s, phase);
	save_parents(s, phase);
	if (phase->edit_gen)
		put_what(s, "jobs", phase, "edited", "%u", phase->edit_gen);
	if (phase->excluded_seq)
		put_what(s, "jobs", phase, "excluded", "%u",
		         phase->excluded_seq);
	save_variables(s, phase);
}

/* ---- the rest ---- */

static void
save_checkpoints(struct saving *s, const struct state *state)
{
	const char *main_phase = state_metadata(state, "checkpoint_phase");
	const struct phase_state *main_state = main_phase
		? state_find(state, main_phase) : NULL;

	if (main_state && main_state->checkpoint) {
		put(s, "checkpoints", "checkpoint_path", main_state->checkpoint);
		put(s, "checkpoints", "final_epoch", main_state->epoch
		    ? main_state->epoch : "");
	} else if (!inifile_get(s->doc, "checkpoints", "checkpoint_path")
	           && !inifile_get(s->doc, "", "checkpoint_path")) {
		put(s, "checkpoints", "checkpoint_path", "");
		put(s, "checkpoints", "final_epoch", "");
	}
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		if (!phase->checkpoint)
			continue;
		put_what(s, "checkpoints", phase, "", "%s", phase->checkpoint);
		if (phase->epoch)
			put_what(s, "checkpoints", phase, "epoch", "%s",
			         phase->epoch);
		put_what(s, "checkpoints", phase, "at", "%u.%u.%u",
		         phase->checkpoint_gen, phase->checkpoint_attempt,
		         phase->checkpoint_seq);
	}
}

/* "WORD.GENERATION.ATTEMPT", and the reason or the seconds behind it. */
static void
save_mark(struct saving *s, const struct phase_state *phase,
          const struct phase_mark *mark)
{
	const char *word = state_marks[mark->kind].word;
	struct strbuf what = { 0 }, why = { 0 };

	if (!word)
		return;
	strbuf_printf(&what, "%s.%u.%u", word, mark->gen, mark->attempt);
	if (mark->seconds)
		strbuf_printf(&why, "%u", mark->seconds);
	requeue_why_print(&mark->requeue, &why);
	if (why.len)
		strbuf_printf(&what, ".%s", why.data);
	put_set(s, state_marks[mark->kind].section, phase, strbuf_str(&what),
	        &mark->tasks);
	strbuf_clear(&what);
	strbuf_clear(&why);
}

static uint64_t
save_marks(struct saving *s, const struct state *state)
{
	uint64_t failures = 0;

	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];
		uint64_t requeues = phase_marks(phase, MARK_REQUEUED, 0, 0);

		failures += phase_marks(phase, MARK_FAILED, 0, 0)
			+ phase_marks(phase, MARK_LOST, 0, 0);
		if (requeues)
			put_what(s, "requeues", phase, "", "%llu",
			         (unsigned long long)requeues);
		for (size_t m = 0; m < phase->mark_count; m++)
			save_mark(s, phase, &phase->marks[m]);
	}
	return failures;
}

static void
save_note(struct saving *s, const struct phase_state *phase,
          const struct phase_note *note)
{
	struct strbuf what = { 0 }, value = { 0 };
	struct rangeset tasks = { 0 };

	phase_note_tasks(phase, note, &tasks);
	if (tasks.count) {
		state_note_print(note, &tasks, &what, &value);
		put_what(s, "notes", phase, strbuf_str(&what), "%s",
		         strbuf_str(&value));
	}
	rangeset_clear(&tasks);
	strbuf_clear(&what);
	strbuf_clear(&value);
}

static void
save_trail(struct saving *s, const struct state *state,
           const struct phase_state *phase)
{
	struct strbuf *texts;
	struct rangeset lost = { 0 };

	if (!phase->trail.first)
		return;
	texts = state_trails_print(state, phase);
	state_lost_trails(phase, &lost);
	if (lost.count)
		put_set(s, "notes", phase, STATE_LOST_TRAILS_KEY, &lost);
	rangeset_clear(&lost);
	for (size_t i = 0; i < state->trail_files.count; i++) {
		char *what = xasprintf(STATE_TRAIL_KEY "%s",
		                       state->trail_files.items[i]);

		if (texts[i].len)
			put_what(s, "notes", phase, what, "%s", texts[i].data);
		strbuf_clear(&texts[i]);
		free(what);
	}
	free(texts);
}

static void
save_paths(struct saving *s, const struct phase_state *phase)
{
	char what[64];

	for (size_t i = 0; i < phase->own_marks.count; i++) {
		snprintf(what, sizeof what, STATE_OWN_KEY "%s",
		         phase->own_marks.items[i]);
		put_what(s, "notes", phase, what, "%s", "");
	}
	for (int i = 0; i < STRAY_SORTS; i++) {
		snprintf(what, sizeof what, STATE_STRAYS_KEY "%s",
		         state_stray_sorts[i]);
		if (phase->strays[i].any)
			put_what(s, "notes", phase, what, "%s",
			         phase->strays[i].dir);
	}
}

static void
save_notes(struct saving *s, const struct state *state)
{
	put(s, "notes", STATE_NOTES_KEY, STATE_NOTES_FORMAT);
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		for (size_t n = 0; n < phase->note_count; n++)
			save_note(s, phase, &phase->notes[n]);
		save_trail(s, state, phase);
		save_paths(s, phase);
	}
}

static void
save_failures(struct saving *s, const struct state *state, uint64_t count)
{
	const struct state_failure *last = &state->failure;
	const char *old = state_metadata(state, STATE_OLD_FAILURES);
	char text[64], when[64] = "";
	int64_t before = 0;
	time_t time = (time_t)last->time;
	struct tm tm;

	/* failures of the old script's time are not in the journal */
	if (old)
		text_parse_int(old, 0, INT32_MAX, &before);
	snprintf(text, sizeof text, "%llu", (unsigned long long)count
	         + (unsigned long long)before);
	put(s, "failures", "failure_count", text);
	if (last->time && localtime_r(&time, &tm))
		strftime(when, sizeof when, "%a %b %e %H:%M:%S %Z %Y", &tm);
	put(s, "failures", "last_failure", last->phase ? last->phase : "");
	put(s, "failures", "last_failure_time", last->time ? when
	    : last->time_text ? last->time_text : "");
	put(s, "failures", "last_failure_error", last->error ? last->error : "");
	if (last->time) {
		snprintf(text, sizeof text, "%lld", (long long)last->time);
		put(s, "failures", "last_failure_at", text);
	}
}

static void
save_journal(struct saving *s, const struct journal_offsets *offsets)
{
	char *check;

	for (size_t i = 0; i < offsets->count; i++) {
		char text[40];

		snprintf(text, sizeof text, "%lld%s%s",
		         (long long)offsets->items[i].offset,
		         *offsets->items[i].mark ? " " : "",
		         offsets->items[i].mark);
		put(s, "journal", offsets->items[i].host, text);
	}
	check = state_check(s->doc);
	put(s, "journal", STATE_CHECK_KEY, check);
	free(check);
}

/* Take out what latsub wrote once and does not say any more. */
static void
drop_stale(struct saving *s)
{
	static const char *const owned[] = { "tasks", "jobs", "requeues",
	                                     "notes", "journal" };

	for (size_t i = 0; i < inifile_count(s->doc); i++) {
		const struct inifile_entry *entry = inifile_entry(s->doc, i);
		bool ours = false;
		char *joined;

		for (size_t k = 0; k < 5; k++)
			ours |= strcmp(entry->section, owned[k]) == 0;
		if (!ours || !entry->value)
			continue;
		joined = xasprintf("%s\037%s", entry->section, entry->key);
		if (!strmap_get(s->kept, joined))
			inifile_unset(s->doc, entry->section, entry->key);
		free(joined);
	}
}

void
state_file_store(struct inifile *doc, struct state *state,
                 const struct journal_offsets *offsets)
{
	struct saving s = { doc, strmap_create(), NULL };
	uint64_t failures;

	state_sort(state);
	save_metadata(&s, state);
	save_words(&s, state);
	save_numbers_of_phases(&s, state);
	for (size_t i = 0; i < state->count; i++) {
		if (state->phases[i]->known)
			save_phase(&s, state->phases[i]);
	}
	save_checkpoints(&s, state);
	failures = save_marks(&s, state);
	save_failures(&s, state, failures);
	save_notes(&s, state);
	strmap_set(s.kept, "journal\037" STATE_CHECK_KEY, &s);
	for (size_t i = 0; i < offsets->count; i++) {
		char *joined = xasprintf("journal\037%s",
		                         offsets->items[i].host);

		strmap_set(s.kept, joined, &s);
		free(joined);
	}
	drop_stale(&s);
	save_journal(&s, offsets);
	state_numbers_destroy(s.numbers);
	strmap_destroy(s.kept);
}
