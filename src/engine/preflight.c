/*
 * preflight.c - what can be known to fail before anything is submitted.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/engine.h"

static const struct slurm_partition *
find_partition(const struct slurm_cluster *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->partition_count; i++) {
		const struct slurm_partition *p = &cluster->partitions[i];

		if (name ? strcmp(p->name, name) == 0 : p->is_default)
			return p;
	}
	return NULL;
}

static const char *
nearest_partition(const struct slurm_cluster *cluster, const char *name)
{
	const char **names = xcalloc(cluster->partition_count, sizeof *names);
	const char *nearest;

	for (size_t i = 0; i < cluster->partition_count; i++)
		names[i] = cluster->partitions[i].name;
	nearest = text_nearest(name, names, cluster->partition_count);
	free(names);
	return nearest;
}

static void
check_time(const struct spec_phase *phase, const struct slurm_partition *p,
           struct latsub_errlist *errors)
{
	const struct option_value *time = &phase->options.values[OPTION_TIME];
	int64_t seconds;

	if (!time->text || p->max_time_sec < 0
	    || options_parse_time(time->text, &seconds)
	    || seconds <= p->max_time_sec)
		return;
	latsub_errlist_add(errors, "%s: phase %s: time = %s is more than "
	                   "partition %s allows (%lld minutes); write less, or "
	                   "let the phase go on in pieces", time->where,
	                   phase->name, time->text, p->name,
	                   (long long)p->max_time_sec / 60);
}

static void
check_phase(const struct slurm_cluster *cluster, const struct spec_phase *phase,
            struct latsub_errlist *errors)
{
	const struct option_value *asked =
		&phase->options.values[OPTION_PARTITION];
	const struct slurm_partition *partition;
	const char *nearest;

	if (asked->text && strchr(asked->text, ','))
		return; /* a list: Slurm's to choose from */
	partition = find_partition(cluster, asked->text);
	if (partition) {
		check_time(phase, partition, errors);
		return;
	}
	if (!asked->text) {
		latsub_errlist_add(errors, "phase %s: this cluster has no "
			"default partition; write 'partition = NAME'",
			phase->name);
		return;
	}
	nearest = nearest_partition(cluster, asked->text);
	latsub_errlist_add(errors, "%s: phase %s: invalid partition "
		"specified: cluster %s has no partition '%s'%s%s%s",
		asked->where, phase->name, cluster->name, asked->text,
		nearest ? "; did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : "");
}

void
engine_preflight(const struct engine *engine, const struct plan *plan,
                 struct latsub_errlist *errors)
{
	const struct spec *spec = engine->experiment->spec;

	if (engine->cluster.partition_count == 0)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->phases[i].action == PLAN_RUN)
			check_phase(&engine->cluster, &spec->phases[i], errors);
	}
}
