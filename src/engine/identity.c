/*
 * identity.c - whose job is this?
 *
 * Three witnesses, the best first: its command, which has the identity as an
 * argument and which nobody can change; its comment, over which people and sites
 * write; and the journal, by number, user, name and time.  Pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/plan.h"

/* Unique wherever the run is copied to, and short in squeue's comments. */
char *
identity_new_run(const char *dir)
{
	const char *name = file_basename(dir);
	size_t len = strlen(name);
	unsigned char bytes[4] = { 0 };

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
		bytes[0] = (unsigned char)getpid();
		bytes[1] = (unsigned char)time(NULL);
	}
	if (len > 16)
		name += len - 15;
	return xasprintf("%s-%02x%02x%02x%02x",
	                 strspn(name, "0123456789_") == 15 ? name : "run",
	                 bytes[0], bytes[1], bytes[2], bytes[3]);
}

char *
identity_print(const char *run_id, const char *phase, uint32_t gen,
               uint32_t base)
{
	return base ? xasprintf("[latsub %s %s %u+%u]", run_id, phase, gen, base)
		: xasprintf("[latsub %s %s %u]", run_id, phase, gen);
}

enum identity_whose
identity_read(const char *text, const char *run_id, struct identity *out)
{
	const char *start = text ? strstr(text, IDENTITY_BEGINS) : NULL;
	char id[128];
	int used = 0;

	/* the last one: a user's own comment stands before ours */
	for (const char *next = start; next;
	     next = strstr(next + 1, IDENTITY_BEGINS))
		start = next;
	*out = (struct identity){ 0 };
	if (!start)
		return IDENTITY_NONE;
	if (sscanf(start, IDENTITY_BEGINS "%127s %40s %u]%n", id, out->phase,
	           &out->gen, &used) == 3 && used)
		out->base = 0;
	else if (sscanf(start, IDENTITY_BEGINS "%127s %40s %u+%u]%n", id,
	                out->phase, &out->gen, &out->base, &used) != 4 || !used)
		return IDENTITY_NONE; /* cut off */
	return run_id && strcmp(id, run_id) == 0 ? IDENTITY_OURS
		: IDENTITY_ANOTHERS;
}

/* One number, one user, one name: is it as old as ours?  Slurm sets a
 * job's time of submission anew when it is requeued. */
static enum identity_whose
judge_time(const struct slurm_job *record, int64_t submitted)
{
	if (!submitted || !record->submit_time)
		return IDENTITY_OURS;
	if (record->submit_time + IDENTITY_SLACK_SEC < submitted)
		return IDENTITY_ANOTHERS;
	return record->restarts
		|| record->submit_time <= submitted + IDENTITY_SLACK_SEC
		? IDENTITY_OURS : IDENTITY_UNCLEAR;
}

enum identity_whose
identity_judge(const struct slurm_job *record, const char *run_id, uid_t user,
               const struct identity_known *known, struct identity *out)
{
	enum identity_whose whose = identity_read(record->command, run_id, out);

	if (whose == IDENTITY_NONE)
		whose = identity_read(record->comment, run_id, out);
	if (known && known->job->gen == out->gen)
		out->first = known->job->attempt;
	if (whose != IDENTITY_NONE)
		return whose;
	if (!known || !record->name || record->user_id != user
	    || strcmp(record->name, known->phase) != 0)
		return IDENTITY_ANOTHERS;
	snprintf(out->phase, sizeof out->phase, "%s", known->phase);
	out->gen = known->job->gen;
	out->base = known->job->base;
	out->first = known->job->attempt;
	return judge_time(record, known->job->submitted);
}

/* ---- all jobs of a run ---- */

char *
identity_numbers(const struct state *state)
{
	const char *before = state_metadata(state, IDENTITY_OTHERS_KEY);
	struct rangeset numbers = { 0 };
	struct strbuf text = { 0 };

	if (before)
		rangeset_parse(&numbers, before);
	for (size_t i = 0; i < state->count; i++)
		phase_job_numbers(state->phases[i], &numbers);
	rangeset_print(&numbers, &text);
	rangeset_clear(&numbers);
	return strbuf_steal(&text);
}

struct identities {
	const char *run_id;
	uid_t user;
	struct identity_known *known;
	size_t count;
	struct strmap *by_number; /* -> a member of known */
	struct rangeset others;   /* numbers on record that are another's */
};

/* Where numbers began anew two jobs may have one: the later one. */
static void
add_known(struct identities *ids, const struct phase_state *phase,
          const struct phase_job *job)
{
	struct identity_known *known, *old;
	char key[16];

	if (rangeset_has(&ids->others, job->job))
		return;
	snprintf(key, sizeof key, "%u", job->job);
	old = strmap_get(ids->by_number, key);
	if (old && (old->job->submitted > job->submitted
	            || (old->job->submitted == job->submitted
	                && old->job->gen >= job->gen)))
		return;
	known = &ids->known[ids->count++];
	*known = (struct identity_known){ phase->name, job };
	strmap_set(ids->by_number, key, known);
}

/* Does a number that is on record mean a job of this run? */
static bool
numbers_count(struct identities *ids, const struct state *state,
              const char *cluster)
{
	const char *then = state_metadata(state, "cluster");
	const char *others = state_metadata(state, IDENTITY_OTHERS_KEY);

	if (!ids->run_id || !*ids->run_id)
		return false; /* they are the other's */
	if (cluster && then && strcmp(cluster, then) != 0)
		return false;
	return !others || rangeset_parse(&ids->others, others) == 0;
}

struct identities *
identities_create(const char *run_id, const struct state *state,
                  const char *cluster)
{
	struct identities *ids = xcalloc(1, sizeof *ids);
	size_t count = 0;

	ids->run_id = run_id;
	ids->user = geteuid();
	ids->by_number = strmap_create();
	if (!numbers_count(ids, state, cluster))
		return ids;
	for (size_t i = 0; i < state->count; i++) {
		phase_for_each_job(state->phases[i], job)
			count++;
	}
	ids->known = xcalloc(count + 1, sizeof *ids->known);
	for (size_t i = 0; i < state->count; i++) {
		const struct phase_state *phase = state->phases[i];

		phase_for_each_job(phase, job)
			add_known(ids, phase, job);
	}
	return ids;
}

void
identities_destroy(struct identities *ids)
{
	if (!ids)
		return;
	strmap_destroy(ids->by_number);
	rangeset_clear(&ids->others);
	free(ids->known);
	free(ids);
}

enum identity_whose
identities_judge(const struct identities *ids, const struct slurm_job *record,
                 struct identity *out)
{
	char key[16];

	snprintf(key, sizeof key, "%u", record->array_job_id
	         ? record->array_job_id : record->job_id);
	return identity_judge(record, ids->run_id, ids->user,
	                      strmap_get(ids->by_number, key), out);
}

const struct slurm_job *
identities_unclear(const struct identities *ids, const struct slurm_jobs *jobs,
                   struct identity *out)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (slurm_state_is_live(&jobs->items[i])
		    && identities_judge(ids, &jobs->items[i], out)
		    == IDENTITY_UNCLEAR)
			return &jobs->items[i];
	}
	return NULL;
}

char *
identity_unclear_text(const struct slurm_job *record,
                      const struct identity *identity)
{
	return xasprintf("job %u may be this run's (%s) or not: it has that "
		"job's number and name, and was submitted later; 'scancel %u' "
		"if it is, or wait for its end", record->job_id,
		identity->phase, record->job_id);
}
