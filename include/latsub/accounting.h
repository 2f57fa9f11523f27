/*
 * accounting.h - what slurmdbd remembers of jobs that slurmctld has forgotten,
 * where there is one.
 *
 * It only adds words: nothing is decided by it, and without it nothing fails.
 */
#ifndef LATSUB_ACCOUNTING_H
#define LATSUB_ACCOUNTING_H

#include "latsub/rangeset.h"
#include "latsub/slurm.h"

struct accounting_fact {
	uint32_t job, task; /* task: SLURM_NO_TASK when it is no array */
	enum slurm_state state;
	int exit_code, signal;
	int64_t start, end; /* seconds since 1970; 0: not told */
};

struct accounting {
	struct accounting_fact *items; /* sorted by job and task */
	size_t count;
};

/* Ask sacct (found in PATH), for at most 10 s.  Absent, failing, slow or
 * talking of something else: an empty answer. */
void accounting_ask(struct accounting *out, const struct rangeset *jobs);
/* The same, with the times of start and end. */
void accounting_ask_times(struct accounting *out, const struct rangeset *jobs);
/* Parse what "sacct -n -P -o JobID,State,ExitCode,Start,End" prints, the times
 * as seconds since 1970 (they may be missing); lines that are not
 * exactly that, and steps, are passed over. */
void accounting_parse(struct accounting *out, const char *text);
/* The last fact of it, or NULL. */
const struct accounting_fact *
accounting_find(const struct accounting *accounting, uint32_t job,
                uint32_t task);
void accounting_clear(struct accounting *accounting);

#endif
