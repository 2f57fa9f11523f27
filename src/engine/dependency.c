/*
 * dependency.c - from edges to dependency strings, and from one phase to the
 * groups of tasks that need different ones.
 */
#include "dependency.h"

#include <stdlib.h>
#include <string.h>

static void
add_id(struct strbuf *out, const char *kind, uint32_t job)
{
	if (!job)
		return;
	if (*kind) /* the first of its kind */
		strbuf_printf(out, "%s%s:%u", out->len ? "," : "", kind, job);
	else
		strbuf_printf(out, ":%u", job);
}

/* Slurm prints "afterok:12_*(unfulfilled),aftercorr:13_4(failed)". */
static void
keep_clause(struct strbuf *out, const char *kind, size_t kind_len,
            const char *item, size_t len)
{
	size_t id = strspn(item, "0123456789_");

	if (id > len)
		id = len;
	while (id > 0 && item[id - 1] == '_')
		id--;
	strbuf_printf(out, "%s%.*s:%.*s", out->len ? "," : "", (int)kind_len,
	              kind, (int)id, item);
}

char *
dependency_repoint(const char *text, uint32_t old, bool is_array,
                   enum edge_kind kind, uint32_t successor)
{
	const char *added = kind == EDGE_AFTER_ANY ? "afterany" : "afterok";
	struct strbuf out = { 0 };
	bool named = false;

	while (*text) {
		size_t len = strcspn(text, ",?"), at = strcspn(text, ":");
		const char *word = text;

		for (size_t size; at < len; at += size) {
			const char *item = text + ++at;
			uint32_t id = (uint32_t)strtoul(item, NULL, 10);

			size = strcspn(item, ":,?");
			if (id == successor) {
				strbuf_clear(&out);
				return NULL;
			}
			named |= id == old;
			if (id != old)
				keep_clause(&out, word, strcspn(word, ":"),
				            item, size);
			else if (is_array && kind != EDGE_AFTER_EACH)
				keep_clause(&out, "afterany", 8, item, size);
		}
		text += len + (text[len] != '\0');
	}
	if (!named) {
		strbuf_clear(&out);
		return NULL;
	}
	strbuf_printf(&out, "%s%s:%u", out.len ? "," : "", added, successor);
	return strbuf_steal(&out);
}

/* Add the parent's new jobs and those that Slurm had; kind is "" once that kind
 * stands in the text. */
static const char *
add_parent(struct strbuf *out, const char *kind,
           const struct engine_result *done, const struct live_jobs *live,
           size_t parent)
{
	size_t before = out->len;

	for (size_t i = done ? done->first[parent] : 0; i > 0 && i <= done->count
	     && done->jobs[i - 1].phase == parent; i++) {
		add_id(out, kind, done->jobs[i - 1].job);
		kind = out->len > before ? "" : kind;
	}
	for (size_t i = live ? live_first(live, parent) : 0; live
	     && i < live->count && live->items[i].phase == parent; i++) {
		add_id(out, kind, live->items[i].job);
		kind = out->len > before ? "" : kind;
	}
	return kind;
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
	const char *kinds[EDGE_KIND_COUNT] = { [EDGE_AFTER] = "afterok",
		[EDGE_AFTER_ANY] = "afterany", [EDGE_AFTER_EACH] = "aftercorr" };
	struct strbuf out = { 0 };

	/* one kind after the other: "afterok:1:2,afterany:3" */
	for (int kind = 0; kind < EDGE_KIND_COUNT; kind++) {
		for (size_t i = 0; i < phase->edge_count; i++) {
			size_t parent = phase->edges[i].parent;
			enum plan_action action = plan->phases[parent].action;

			if (action != PLAN_RUN && action != PLAN_ADOPT)
				continue;
			/* what of an array failed is run anew; the old job will
			 * not end ok, and the runner looks for itself whether
			 * the parent is completed */
			if (phase->edges[i].kind == EDGE_AFTER
			    && action == PLAN_RUN && kind == EDGE_AFTER_ANY)
				kinds[kind] = add_parent(&out, kinds[kind],
				                         NULL, live, parent);
			if ((int)phase->edges[i].kind != kind)
				continue;
			if (kind == EDGE_AFTER && action == PLAN_RUN)
				kinds[kind] = add_parent(&out, kinds[kind],
				                         done, NULL, parent);
			else if (kind != EDGE_AFTER_EACH)
				kinds[kind] = add_parent(&out, kinds[kind],
				                         done, live, parent);
			else
				add_id(&out, kinds[kind], matching_job(done,
					live, parent, base, task));
		}
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
