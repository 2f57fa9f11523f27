/*
 * nodes.c - what the nodes of a partition have, and whether they are there.
 */
#include "config.h"

#include <string.h>

#include "latsub/text.h"
#include "module.h"

/* The greatest memory among the partition's nodes, or what it allows on one. */
static int64_t
largest_of(const partition_info_t *partition, const node_info_msg_t *nodes)
{
	int64_t most = -1, allowed = (int64_t)partition->max_mem_per_cpu;

	for (const int32_t *at = partition->node_inx; at && at[0] >= 0; at += 2) {
		for (int32_t i = at[0]; i <= at[1]
		     && i < (int32_t)nodes->record_count; i++) {
			if ((int64_t)nodes->node_array[i].real_memory > most)
				most = (int64_t)nodes->node_array[i].real_memory;
		}
	}
	if (partition->max_mem_per_cpu != 0
	    && !(partition->max_mem_per_cpu & MEM_PER_CPU) && allowed < most)
		most = allowed;
	return most;
}

enum slurm_answer
module_largest_memory(const char *partition, int64_t *mem_mib,
                      struct latsub_error *err)
{
	partition_info_msg_t *partitions = NULL;
	node_info_msg_t *nodes = NULL;
	enum slurm_answer answer = SLURM_YES;

	*mem_mib = -1;
	if (slurm_load_node(0, &nodes, SHOW_ALL)
	    || slurm_load_partitions(0, &partitions, SHOW_ALL))
		answer = module_failed("asking for the nodes' memory", err);
	for (uint32_t i = 0; partitions && i < partitions->record_count; i++) {
		const partition_info_t *one = &partitions->partition_array[i];
		int64_t most = text_is_listed(partition, one->name)
			? largest_of(one, nodes) : -1;

		if (most > *mem_mib)
			*mem_mib = most;
	}
	if (partitions)
		slurm_free_partition_info_msg(partitions);
	if (nodes)
		slurm_free_node_info_msg(nodes);
	return answer;
}

static bool
is_lost(const node_info_t *node)
{
	return (node->node_state & NODE_STATE_BASE) == NODE_STATE_DOWN
		|| (node->node_state & (NODE_STATE_NO_RESPOND | NODE_STATE_FAIL));
}

enum slurm_answer
module_node_lost(const char *nodes, bool *lost, struct latsub_error *err)
{
	/* a pointer in all releases, of a type that has changed */
	__typeof__(slurm_hostlist_create("")) wanted;
	node_info_msg_t *message = NULL;

	*lost = false;
	if (slurm_load_node(0, &message, SHOW_ALL))
		return module_failed("asking for the nodes", err);
	wanted = slurm_hostlist_create(nodes);
	for (uint32_t i = 0; wanted && i < message->record_count; i++) {
		const node_info_t *node = &message->node_array[i];

		*lost |= node->name && is_lost(node)
			&& slurm_hostlist_find(wanted, node->name) >= 0;
	}
	if (wanted)
		slurm_hostlist_destroy(wanted);
	slurm_free_node_info_msg(message);
	return SLURM_YES;
}
