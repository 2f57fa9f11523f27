/*
 * dependency.c - from edges to dependency strings, and from one phase to the
 * groups of tasks that need different ones.
 */
#include "dependency.h"

#include <stdlib.h>
#include <string.h>

static void
add_id(struct strbuf *out, const char *kind, size_t start, uint32_t job)
{
	if (!job)
		return;
	if (out->len == start)
		strbuf_printf(out, "%s%s", start ? "," : "", kind);
	strbuf_printf(out, ":%u", job);
}

static void
add_ids(struct strbuf *out, const char *kind, const struct engine_result *done,
        const struct live_jobs *live, size_t parent)
{
	size_t start = out->len;

	size_t first = done->first[parent];

	for (size_t i = first; i > 0 && i <= done->count
	     && done->jobs[i - 1].phase == parent; i++)
		add_id(out, kind, start, done->jobs[i - 1].job);
	for (size_t i = live_first(live, parent); i < live->count
	     && live->items[i].phase == parent; i++)
		add_id(out, kind, start, live->items[i].job);
}

/* The parent's job that has exactly these tasks under the same base. */
static uint32_t
matching_job(const struct engine_result *done, const struct live_jobs *live,
             size_t parent, uint32_t base, uint32_t task)
{
	for (size_t i = done->first[parent]; i > 0 && i <= done->count
	     && done->jobs[i - 1].phase == parent; i++) {
		const struct engine_job *job = &done->jobs[i - 1];

		if (job->base == base && rangeset_has(&job->tasks, task))
			return job->job;
	}
	for (size_t i = live_first(live, parent); i < live->count
	     && live->items[i].phase == parent; i++) {
		const struct live_job *job = &live->items[i];

		if (job->base == base && rangeset_has(&job->tasks, task))
			return job->job;
	}
	return 0;
}

char *
dependency_text(const struct spec_phase *phase, const struct plan *plan,
                const struct engine_result *done,
                const struct live_jobs *live, uint32_t base, uint32_t task)
{
	static const char *const kinds[] = { "afterok", "afterany", "aftercorr" };
	struct strbuf out = { 0 };

	for (size_t i = 0; i < phase->edge_count; i++) {
		size_t parent = phase->edges[i].parent;
		enum spec_edge_kind kind = phase->edges[i].kind;
		uint32_t job;

		if (plan->phases[parent].action != PLAN_RUN
		    && plan->phases[parent].action != PLAN_ADOPT)
			continue;
		if (kind != EDGE_AFTER_EACH) {
			add_ids(&out, kinds[kind], done, live, parent);
			continue;
		}
		job = matching_job(done, live, parent, base, task);
		if (job)
			strbuf_printf(&out, "%saftercorr:%u",
			              out.len ? "," : "", job);
	}
	if (out.len == 0) {
		strbuf_clear(&out);
		return NULL;
	}
	return strbuf_steal(&out);
}

bool
dependency_varies(const struct spec_phase *phase)
{
	for (size_t i = 0; i < phase->edge_count; i++) {
		if (phase->edges[i].kind == EDGE_AFTER_EACH)
			return true;
	}
	return false;
}
