/*
 * fit.c - could the nodes of a partition run a job, were they all up and idle?
 *
 * In: a job description, and what slurmctld says of nodes and partitions.  Beware:
 * this is asked only where Slurm has said no, and in doubt the answer is yes: Slurm
 * knows more (sockets, reservations, constraints with brackets) than is looked at
 * here.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/text.h"
#include "module.h"

struct gres {
	char name[64], type[64]; /* type "": any */
	uint64_t count;
};

struct needs {
	uint32_t nodes_min, nodes_max, tasks, cpus; /* cpus: of each task */
	uint64_t mem_mib;                           /* on each node */
	const char *features, *per_node, *per_job;  /* or NULL */
};

/* The nodes of a partition that fit one by one. */
struct fitting {
	const node_info_t **nodes;
	size_t count;
	bool all_up;
};

/* ---- generic resources ---- */

static uint64_t
count_of(const char *text)
{
	char *end;
	uint64_t count = strtoull(text, &end, 10);

	switch (tolower((unsigned char)*end)) {
	case 'k': return count << 10;
	case 'm': return count << 20;
	case 'g': return count << 30;
	default: return count;
	}
}

/* The first of "gpu", "gpu:2", "gpu:a100", "gres:gpu:a100:4(S:0-1),...".  Returns
 * what follows it, or NULL where it is written in another way. */
static const char *
parse_gres(const char *list, struct gres *gres)
{
	size_t prefix = text_starts(list, "gres:") || text_starts(list, "gres/")
		? 5 : 0;
	char text[192], *rest = text, *part;

	list += prefix;
	*gres = (struct gres){ .count = 1 };
	snprintf(text, sizeof text, "%.*s", (int)strcspn(list, ",("), list);
	if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
	                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:")])
		return NULL;
	part = strsep(&rest, ":");
	snprintf(gres->name, sizeof gres->name, "%.63s", part);
	while ((part = strsep(&rest, ":"))) {
		if (isdigit((unsigned char)*part) && !rest)
			gres->count = count_of(part);
		else if (strcmp(part, "no_consume") != 0)
			snprintf(gres->type, sizeof gres->type, "%.63s", part);
	}
	list += strcspn(list, ",(");
	if (*list == '(')
		list += strcspn(list, ")");
	list += strcspn(list, ",");
	return *list ? list + 1 : list;
}

static uint64_t
gres_on(const node_info_t *node, const struct gres *wanted)
{
	const char *list = node->gres ? node->gres : "";
	struct gres has;
	uint64_t count = 0;

	while (*list) {
		list = parse_gres(list, &has);
		if (!list)
			return UINT32_MAX;
		if (strcmp(has.name, wanted->name) == 0
		    && (!*wanted->type || strcmp(has.type, wanted->type) == 0))
			count += has.count;
	}
	return count;
}

/* ---- one node ---- */

/* "a&b"; anything else may be satisfied. */
static bool
has_features(const node_info_t *node, const char *features)
{
	const char *at = features ? features : "";

	if (strpbrk(at, "|*[]()!"))
		return true;
	while (*at) {
		size_t len = strcspn(at, "&,");
		char *name = xstrndup(at, len);
		bool has = text_is_listed(node->features, name);

		free(name);
		if (!has)
			return false;
		at += len + (at[len] != '\0');
	}
	return true;
}

static bool
has_gres(const node_info_t *node, const char *list)
{
	struct gres wanted;

	while (list && *list) {
		list = parse_gres(list, &wanted);
		if (list && gres_on(node, &wanted) < wanted.count)
			return false;
	}
	return true;
}

static bool
fits_node(const struct needs *needs, const node_info_t *node)
{
	return node->cpus >= needs->cpus && node->real_memory >= needs->mem_mib
		&& has_features(node, needs->features)
		&& has_gres(node, needs->per_node);
}

/* As far as can be told from its state. */
static bool
is_up(const node_info_t *node)
{
	uint32_t base = node->node_state & NODE_STATE_BASE;
	uint32_t flags = node->node_state & NODE_STATE_FLAGS;

	return (base == NODE_STATE_IDLE || base == NODE_STATE_ALLOCATED
	        || base == NODE_STATE_MIXED)
		&& (flags & ~(uint32_t)NODE_STATE_COMPLETING) == 0;
}

/* ---- a partition ---- */

static void
find_fitting(struct fitting *fitting, const struct needs *needs,
             const partition_info_t *partition, const node_info_msg_t *nodes)
{
	*fitting = (struct fitting){ .all_up = true };
	fitting->nodes = xcalloc(nodes->record_count + 1,
	                         sizeof *fitting->nodes);
	for (const int32_t *at = partition->node_inx; at && at[0] >= 0; at += 2) {
		for (int32_t i = at[0]; i <= at[1]
		     && i < (int32_t)nodes->record_count; i++) {
			const node_info_t *node = &nodes->node_array[i];

			fitting->all_up &= is_up(node);
			if (fits_node(needs, node))
				fitting->nodes[fitting->count++] = node;
		}
	}
}

static int
compare_down(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return first < second ? 1 : first > second ? -1 : 0;
}

/* What the best nodes have together: tasks (gres NULL), or of a resource. */
static uint64_t
sum_of_best(const struct fitting *fitting, const struct needs *needs,
            const struct gres *gres)
{
	uint64_t *each = xcalloc(fitting->count + 1, sizeof *each), sum = 0;

	for (size_t i = 0; i < fitting->count; i++)
		each[i] = gres ? gres_on(fitting->nodes[i], gres)
			: fitting->nodes[i]->cpus / needs->cpus;
	qsort(each, fitting->count, sizeof *each, compare_down);
	for (size_t i = 0; i < fitting->count && i < needs->nodes_max; i++)
		sum += each[i];
	free(each);
	return sum;
}

static bool
fit_together(const struct fitting *fitting, const struct needs *needs)
{
	const char *list = needs->per_job;
	struct gres wanted;

	if (fitting->count < needs->nodes_min
	    || sum_of_best(fitting, needs, NULL) < needs->tasks)
		return false;
	while (list && *list) {
		list = parse_gres(list, &wanted);
		if (list && sum_of_best(fitting, needs, &wanted) < wanted.count)
			return false;
	}
	return true;
}

static void
read_needs(struct needs *needs, const job_desc_msg_t *desc)
{
	*needs = (struct needs){ .nodes_min = 1, .nodes_max = UINT32_MAX,
		.tasks = 1, .cpus = 1, .features = desc->features,
		.per_node = desc->tres_per_node, .per_job = desc->tres_per_job };
	if (desc->min_nodes != NO_VAL)
		needs->nodes_min = desc->min_nodes;
	if (desc->max_nodes != NO_VAL && desc->max_nodes != 0)
		needs->nodes_max = desc->max_nodes;
	if (desc->num_tasks != NO_VAL)
		needs->tasks = desc->num_tasks;
	if (desc->cpus_per_task != NO_VAL16 && desc->cpus_per_task != 0)
		needs->cpus = desc->cpus_per_task;
	if (desc->pn_min_memory != NO_VAL64
	    && !(desc->pn_min_memory & MEM_PER_CPU))
		needs->mem_mib = desc->pn_min_memory;
}

static bool
is_asked_for(const partition_info_t *partition, const char *list)
{
	return list ? text_is_listed(list, partition->name)
		: (partition->flags & PART_FLAG_DEFAULT) != 0;
}

static bool
may_fit(const job_desc_msg_t *desc, const partition_info_msg_t *partitions,
        const node_info_msg_t *nodes, bool *all_up)
{
	bool known = false, fit = false;
	struct needs needs;

	read_needs(&needs, desc);
	for (uint32_t i = 0; i < partitions->record_count; i++) {
		const partition_info_t *one = &partitions->partition_array[i];
		struct fitting fitting;

		if (!is_asked_for(one, desc->partition))
			continue;
		find_fitting(&fitting, &needs, one, nodes);
		known = true;
		*all_up &= fitting.all_up && one->state_up == PARTITION_UP;
		fit |= fit_together(&fitting, &needs);
		free(fitting.nodes);
	}
	*all_up &= known;
	return !known || fit;
}

bool
module_may_fit(const job_desc_msg_t *desc, bool *all_up)
{
	partition_info_msg_t *partitions = NULL;
	node_info_msg_t *nodes = NULL;
	bool may = true;

	*all_up = false;
	if (slurm_load_node(0, &nodes, SHOW_ALL) == SLURM_SUCCESS
	    && slurm_load_partitions(0, &partitions, SHOW_ALL) == SLURM_SUCCESS) {
		*all_up = true;
		may = may_fit(desc, partitions, nodes, all_up);
	}
	if (partitions)
		slurm_free_partition_info_msg(partitions);
	if (nodes)
		slurm_free_node_info_msg(nodes);
	return may;
}
