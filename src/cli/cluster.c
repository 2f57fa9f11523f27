/*
 * cluster.c - does the cluster of the run answer, or another one?
 *
 * What a run's jobs are called means nothing on another cluster: numbers there are
 * other people's jobs, and that a job is not seen says nothing of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "road.h"

/* A process asks one Slurm, and that one once: NULL before. */
static char *answering;

enum slurm_answer
cli_ask_cluster(const struct slurm_ops *slurm, const char **name,
                struct latsub_error *err)
{
	struct slurm_cluster found = { 0 };
	enum slurm_answer answer;

	*name = answering;
	if (answering)
		return SLURM_YES;
	answer = slurm->cluster(&found, err);
	if (answer == SLURM_YES && found.name)
		*name = answering = xstrdup(found.name);
	slurm_cluster_clear(&found);
	return answer;
}

static void
explain_other(const struct run *run, const char *now, const char *more,
              struct latsub_error *err)
{
	latsub_error_set(err, LATSUB_SLURM, "this run was submitted to cluster "
		"%s, and the one that answers is %s%s: set SLURM_CONF to the "
		"slurm.conf of %s, or write its path to slurm_conf= in [metadata] "
		"of %s", state_metadata(run->state, "cluster"), now, more,
		state_metadata(run->state, "cluster"), run->state_path);
}

static bool
is_another(const struct run *run, const char *name)
{
	const char *then = state_metadata(run->state, "cluster");

	return name && then && strcmp(then, name) != 0;
}

int
cli_compare_cluster(const struct run *run, const char *name,
                    struct latsub_error *err)
{
	if (!is_another(run, name))
		return 0;
	explain_other(run, name, "", err);
	return -1;
}

enum slurm_answer
cli_check_cluster(const struct run *run, const struct slurm_ops *slurm,
                  struct latsub_error *err)
{
	enum slurm_answer answer = SLURM_YES;
	const char *name = NULL;

	if (state_metadata(run->state, "cluster"))
		answer = cli_ask_cluster(slurm, &name, err);
	if (answer == SLURM_YES && cli_compare_cluster(run, name, err))
		answer = SLURM_REFUSED;
	return answer;
}

/* A phase of which something is under way by the journal, or NULL. */
static const struct phase_state *
phase_under_way(const struct state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		if (phase_has_any(state->phases[i], TASKS_UNDER_WAY))
			return state->phases[i];
	}
	return NULL;
}

int
road_check_cluster(const struct run *run, const char *cluster,
                   bool other_cluster, struct latsub_error *err)
{
	const struct phase_state *phase;
	char *more, *words;

	if (!is_another(run, cluster) || other_cluster)
		return 0;
	phase = phase_under_way(run->state);
	if (!phase)
		return 0;
	more = xasprintf(", and what may still run there (%s) would run twice",
	                 phase->name);
	explain_other(run, cluster, more, err);
	words = xstrdup(err->text);
	latsub_error_set(err, LATSUB_SLURM, "%s; or, if you have cancelled it "
	                 "there, --other-cluster goes on here", words);
	free(words);
	free(more);
	return -1;
}
