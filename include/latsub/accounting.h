/*
 * accounting.h - what slurmdbd, if the site has one, knows of jobs that slurmctld
 * has purged.
 *
 * It only adds words to messages: nothing depends on it.
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

/* Ask sacct (found in PATH), for at most 10 s.  The answer is empty if sacct is
 * not there, fails, is too slow, or prints something else. */
void accounting_ask(struct accounting *out, const struct rangeset *jobs);
/* The same, with the times of start and end. */
void accounting_ask_times(struct accounting *out, const struct rangeset *jobs);
/* Parse what "sacct -n -P -o JobID,State,ExitCode,Start,End" prints, the times
 * as seconds since 1970 (they may be missing); lines that are not
 * exactly that, and steps, are passed over. */
void accounting_parse(struct accounting *out, const char *text);
/* The last fact about a job (and task), or NULL. */
const struct accounting_fact *
accounting_find(const struct accounting *accounting, uint32_t job,
                uint32_t task);
void accounting_clear(struct accounting *accounting);

#endif
