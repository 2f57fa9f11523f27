/*
 * reason.c - reasons of requeues: their names in files, and in people's words.
 */
#include "latsub/reason.h"

#include <stdlib.h>
#include <string.h>

#define STALLED "_stalled" /* the end of a text */

static const struct {
	const char *name, *words;
	const char *stalled; /* words, where they differ; or NULL */
	bool is_retry;
} rows[REASON_COUNT] = {
	[REASON_NONE] = { .name = "", .words = "" },
	[REASON_PREEMPTED] = { .name = "preempted", .words = "preempted" },
	[REASON_TIME_LIMIT] = { .name = "time_limit", .words = "time limit",
		.stalled = "time limit, no new checkpoint" },
	[REASON_REQUESTED] = { .name = "requested",
		.words = "the command asked for it",
		.stalled = "the command asked for it, no new checkpoint" },
	[REASON_RETRY] = { .name = "retry", .is_retry = true,
		.words = "it failed, and may be tried again" },
	[REASON_OUT_OF_MEMORY] = { .name = "out_of_memory", .is_retry = true,
		.words = "it ran out of memory, and may be tried again" },
	[REASON_OPERATOR] = { .name = "operator",
		.words = "requeued by someone" },
	[REASON_NODE_FAILURE] = { .name = "node_failure",
		.words = "its node was lost" },
	[REASON_UNKNOWN] = { .name = "unknown",
		.words = "a signal came, and Slurm did not say why" },
};

static enum requeue_reason
find_reason(const char *name)
{
	enum requeue_reason reason = REASON_NONE;

	while (reason < REASON_COUNT && strcmp(rows[reason].name, name) != 0)
		reason++;
	return reason; /* REASON_OTHER, where there is none */
}

void
requeue_why_parse(struct requeue_why *why, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	bool stalled = len && text_ends(text, STALLED);
	char *name = xstrndup(text ? text : "",
	                      len - (stalled ? strlen(STALLED) : 0));

	*why = (struct requeue_why){ .reason = find_reason(name),
		.stalled = stalled };
	if (why->reason == REASON_OTHER)
		why->other = name;
	else
		free(name);
}

void
requeue_why_print(const struct requeue_why *why, struct strbuf *out)
{
	strbuf_printf(out, "%s%s", requeue_why_name(why),
	              why->stalled ? STALLED : "");
}

void
requeue_why_copy(struct requeue_why *to, const struct requeue_why *from)
{
	*to = *from;
	to->other = xstrdup(from->other);
}

void
requeue_why_clear(struct requeue_why *why)
{
	free(why->other);
	*why = (struct requeue_why){ 0 };
}

const char *
requeue_why_name(const struct requeue_why *why)
{
	return why->reason == REASON_OTHER ? why->other
		: rows[why->reason].name;
}

const char *
requeue_why_words(const struct requeue_why *why)
{
	if (why->reason == REASON_OTHER)
		return why->other;
	return why->stalled && rows[why->reason].stalled
		? rows[why->reason].stalled : rows[why->reason].words;
}

bool
requeue_why_is_retry(const struct requeue_why *why)
{
	return why->reason < REASON_COUNT && rows[why->reason].is_retry
		&& !why->stalled;
}
