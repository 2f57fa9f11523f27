/*
 * audit_parts.h - what the parts of the audit share.
 */
#ifndef LATSUB_AUDIT_PARTS_H
#define LATSUB_AUDIT_PARTS_H

#include "latsub/audit.h"

struct audit_record {
	enum event_kind kind;
	bool all;
	enum phase_word word;  /* EDITED */
	uint32_t gen, attempt, job;
	int64_t time;
	struct rangeset tasks; /* as its generation counted them */
	struct parents parents; /* INTENDED */
	const char *node, *reason;
	struct audit_place place;
};

/* The tasks that a record speaks of, in the newest values. */
void audit_record_tasks(const struct audit_phase *phase,
                        const struct audit_record *record,
                        struct rangeset *out);
/* One task's records, by generation, then edits, intents, attempts. */
void audit_walk_task(struct audit *audit, struct audit_phase *phase,
                     uint32_t task, const struct audit_record **records,
                     size_t count);
/* Of all phases, once their tasks were walked through. */
void audit_check_order(struct audit *audit);

/* "2026-11-25 16:20:05", "?" for 0; caller frees. */
char *audit_time_text(int64_t seconds);

#endif
