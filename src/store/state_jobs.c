/*
 * state_jobs.c - the jobs of phases in the state file, and what their newest attempt
 * told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_keys.h"

/* ---- "job.ID=generation 2 base 0 tasks 0-41" ---- */

void
state_read_job(struct state_reading *reading, const struct state_line *line)
{
	const char *value = line->value;
	struct rangeset tasks = { 0 };
	unsigned gen, attempt = 0, base;
	int used = 0;

	(void)reading;
	if (((sscanf(value, "generation %u base %u tasks %n", &gen, &base,
	             &used) == 2 && used)
	     || (sscanf(value, "generation %u attempt %u base %u tasks %n", &gen,
	                &attempt, &base, &used) == 3 && used))
	    && rangeset_parse(&tasks, value + used) == 0)
		phase_add_job(line->phase, gen, attempt,
		              state_number_of(line->rest), base, &tasks);
	rangeset_clear(&tasks);
}

/* Its row comes after that of the jobs. */
void
state_read_submitted(struct state_reading *reading,
                     const struct state_line *line)
{
	long long at;
	unsigned gen;

	(void)reading;
	if (sscanf(line->value, "generation %u at %lld", &gen, &at) == 2)
		phase_set_submitted(line->phase, gen,
		                    state_number_of(line->rest), at);
}

static uint32_t
newest_generation(const struct phase_state *phase)
{
	uint32_t newest = 0;

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].gen > newest)
			newest = phase->jobs[i].gen;
	}
	return newest;
}

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
write_job(struct state_writing *writing, const struct state_key *key,
          const struct phase_state *phase, const struct phase_job *job)
{
	struct strbuf tasks = { 0 }, from = { 0 };
	char id[16];

	snprintf(id, sizeof id, "%u", job->job);
	rangeset_print(&job->tasks, &tasks);
	if (job->attempt)
		strbuf_printf(&from, " attempt %u", job->attempt);
	state_put(writing, key, phase, id, "generation %u%s base %u tasks %s",
	          job->gen, strbuf_str(&from), job->base, strbuf_str(&tasks));
	strbuf_clear(&from);
	strbuf_clear(&tasks);
}

/* Each with when it was submitted beside it. */
void
state_write_jobs(struct state_writing *writing, const struct state_key *key,
                 const struct phase_state *phase)
{
	uint32_t newest = newest_generation(phase);
	const char *rest;
	const struct state_key *submitted = state_key_find(SECTION_JOBS, false,
		STATE_SUBMITTED_KEY, &rest);

	for (size_t i = 0; i < phase->job_count; i++) {
		const struct phase_job *job = &phase->jobs[i];
		char id[16];

		if (!job_matters(phase, job, newest))
			continue;
		write_job(writing, key, phase, job);
		snprintf(id, sizeof id, "%u", job->job);
		if (job->submitted)
			state_put(writing, submitted, phase, id,
			          "generation %u at %lld", job->gen,
			          (long long)job->submitted);
	}
}

void
state_write_job_ids(struct state_writing *writing, const struct state_key *key,
                    const struct phase_state *phase)
{
	uint32_t newest = newest_generation(phase);
	struct strbuf ids = { 0 };

	for (size_t i = 0; i < phase->job_count; i++) {
		if (phase->jobs[i].gen == newest)
			strbuf_printf(&ids, "%s%u", ids.len ? "," : "",
			              phase->jobs[i].job);
	}
	if (ids.len)
		state_put(writing, key, phase, "", "%s", ids.data);
	strbuf_clear(&ids);
}

/* ---- the newest attempt that told something ---- */

void
state_read_last_attempt(struct state_reading *reading,
                        const struct state_line *line)
{
	unsigned gen, attempt;

	(void)reading;
	if (sscanf(line->value, "%u.%u", &gen, &attempt) != 2)
		return;
	line->phase->facts.gen = gen;
	line->phase->facts.attempt = attempt;
}

void
state_write_last_attempt(struct state_writing *writing,
                         const struct state_key *key,
                         const struct phase_state *phase)
{
	state_put(writing, key, phase, "", "%u.%u", phase->facts.gen,
	          phase->facts.attempt);
}

/* ---- variables: "GEN:MARK GEN:MARK ...", where they change ---- */

void
state_read_variables(struct state_reading *reading,
                     const struct state_line *line)
{
	struct strlist words = { 0 };

	(void)reading;
	text_split_words(line->value, &words);
	for (size_t i = 0; i < words.count; i++) {
		const char *colon = strchr(words.items[i], ':');

		if (colon) /* the number ends there */
			phase_set_variables(line->phase, (uint32_t)strtoul(
				words.items[i], NULL, 10), colon + 1);
	}
	strlist_clear(&words);
}

void
state_write_variables(struct state_writing *writing,
                      const struct state_key *key,
                      const struct phase_state *phase)
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
		state_put(writing, key, phase, "", "%s", text.data);
	strbuf_clear(&text);
}
