/*
 * preflight.c - what can be known to fail before anything is submitted.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/engine.h"
#include "log_dir.h"
#include "submit_check.h"

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
	const struct option_value *time = options_value(&phase->options,
	                                                OPTION_TIME);

	if (!time || p->max_time_sec < 0 || time->seconds <= p->max_time_sec)
		return;
	latsub_errlist_add(errors, "%s: phase %s: time = %s is more than "
	                   "partition %s allows (%lld minutes); write less, or "
	                   "let the phase go on in pieces", time->where,
	                   phase->name, time->text, p->name,
	                   (long long)p->max_time_sec / 60);
}

/* A QOS may allow more than the partition does. */
static void
check_nodes(const struct spec_phase *phase, const struct slurm_partition *p,
            struct latsub_errlist *errors)
{
	const struct option_value *nodes = options_value(&phase->options,
	                                                 OPTION_NODES);

	if (!nodes || options_get(&phase->options, OPTION_QOS)
	    || p->max_nodes == 0 || nodes->nodes.min <= p->max_nodes)
		return;
	latsub_errlist_add(errors, "%s: phase %s: nodes = %s is more than "
	                   "partition %s allows (%u)", nodes->where,
	                   phase->name, nodes->text, p->name, p->max_nodes);
}

/* Of a list one partition that allows it is enough: the one that allows most. */
static void
check_list(const struct slurm_cluster *cluster, const struct spec_phase *phase,
           struct latsub_errlist *errors)
{
	const struct slurm_partition *longest = NULL, *largest = NULL;
	char *list = xstrdup(phase->options.values[OPTION_PARTITION].text);
	char *rest = list, *name;

	while ((name = strsep(&rest, ","))) {
		const struct slurm_partition *p = find_partition(cluster, name);

		if (!p)
			goto done; /* Slurm's to refuse */
		if (!longest || p->max_time_sec < 0
		    || (longest->max_time_sec >= 0
		        && p->max_time_sec > longest->max_time_sec))
			longest = p;
		if (!largest || p->max_nodes == 0 || (largest->max_nodes
		    && p->max_nodes > largest->max_nodes))
			largest = p;
	}
	check_time(phase, longest, errors);
	check_nodes(phase, largest, errors);
done:
	free(list);
}

static void
check_phase(const struct slurm_cluster *cluster, const struct spec_phase *phase,
            struct latsub_errlist *errors)
{
	const struct option_value *asked =
		&phase->options.values[OPTION_PARTITION];
	const struct slurm_partition *partition;
	const char *nearest;

	if (asked->text && strchr(asked->text, ',')) {
		check_list(cluster, phase, errors);
		return;
	}
	partition = find_partition(cluster, asked->text);
	if (partition) {
		check_time(phase, partition, errors);
		check_nodes(phase, partition, errors);
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

static void
make_log_directories(const struct engine *engine, const struct plan *plan,
                     struct latsub_errlist *errors)
{
	const struct spec *spec = engine->experiment->spec;
	const char *dir = engine->run->dir;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->phases[i].action == PLAN_RUN)
			log_make_directory(dir, &spec->phases[i], errors);
	}
	/* a run in vain must leave nothing */
	for (size_t i = 0; errors->count && i < plan->count; i++)
		log_remove_directory(dir, &spec->phases[i]);
}

void
engine_preflight(const struct engine *engine, const struct plan *plan,
                 struct latsub_errlist *errors)
{
	const struct spec *spec = engine->experiment->spec;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->phases[i].action != PLAN_RUN)
			continue;
		if (engine->cluster.partition_count)
			check_phase(&engine->cluster, &spec->phases[i], errors);
		log_check_directory(engine->run->dir, &spec->phases[i], errors);
	}
	if (errors->count == 0 && engine->slurm)
		submit_check_plan(engine, plan, errors);
	if (errors->count == 0)
		make_log_directories(engine, plan, errors);
}
