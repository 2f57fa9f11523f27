/*
 * reason.h - why a task goes back into the queue.
 *
 * Its text is "time_limit", or "time_limit_stalled" where the attempt needed a new
 * checkpoint and had none: so journal and state file have it.
 */
#ifndef LATSUB_REASON_H
#define LATSUB_REASON_H

#include "latsub/text.h"

enum requeue_reason {
	REASON_NONE,          /* it was not told */
	REASON_PREEMPTED,
	REASON_TIME_LIMIT,
	REASON_REQUESTED,     /* by the command's exit code */
	REASON_RETRY,         /* it failed */
	REASON_OUT_OF_MEMORY, /* it failed for that */
	REASON_OPERATOR,      /* someone requeued its job */
	REASON_NODE_FAILURE,
	REASON_UNKNOWN,       /* a signal came, and Slurm did not say why */
	REASON_COUNT,
	REASON_OTHER = REASON_COUNT /* a newer latsub's: read and kept */
};

struct requeue_why { /* zero-initialise */
	enum requeue_reason reason;
	bool stalled; /* without a new checkpoint, where that counts */
	char *other;  /* of REASON_OTHER: its name; else NULL.  Owned */
};

/* What a text says; NULL and "" say NONE.  why is filled anew. */
void requeue_why_parse(struct requeue_why *why, const char *text);
void requeue_why_print(const struct requeue_why *why, struct strbuf *out);
void requeue_why_copy(struct requeue_why *to, const struct requeue_why *from);
void requeue_why_clear(struct requeue_why *why);

/* In one word, stalled or not: "time_limit". */
const char *requeue_why_name(const struct requeue_why *why);
/* For people: "time limit, no new checkpoint". */
const char *requeue_why_words(const struct requeue_why *why);
/* Is it one that `retries` counts? */
bool requeue_why_is_retry(const struct requeue_why *why);

#endif
