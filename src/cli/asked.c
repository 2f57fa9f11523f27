/*
 * asked.c - what Slurm says: which cluster it is, and which jobs a run has there.
 */
#include <stdlib.h>
#include <unistd.h>

#include "road.h"

enum slurm_answer
asked_cluster(struct asked *asked, const struct slurm_ops *slurm,
              struct latsub_error *err)
{
	asked->slurm = slurm;
	return slurm ? slurm->cluster(&asked->cluster, err) : SLURM_REFUSED;
}

enum slurm_answer
asked_jobs(struct asked *asked, const char *run_id, const struct state *state,
           const struct spec *spec, struct latsub_error *err)
{
	struct identities *ids;
	enum slurm_answer answer;

	live_clear(&asked->live);
	slurm_jobs_clear(&asked->jobs);
	answer = asked->slurm->jobs_of_user(geteuid(), &asked->jobs, err);
	if (answer != SLURM_YES)
		return answer;
	ids = identities_create(run_id, state, asked->cluster.name);
	live_join(&asked->live, spec, ids, &asked->jobs);
	identities_destroy(ids);
	return answer;
}

void
asked_clear(struct asked *asked)
{
	live_clear(&asked->live);
	slurm_jobs_clear(&asked->jobs);
	slurm_cluster_clear(&asked->cluster);
}
