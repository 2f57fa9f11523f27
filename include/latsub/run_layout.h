/*
 * run_layout.h - what is in a run's directory, and where.
 *
 *   DIR/.experiment_state        the snapshot, INI, for people and tools
 *   DIR/.latsub/journal/HOST-BOOTID.jsonl  the truth
 *   DIR/.latsub/experiment.ini   the run's own copy of what it runs
 *   DIR/.latsub/environment      variables of [env] as they were taken
 *   DIR/.latsub/slurm_templates/ its templates
 *   DIR/.latsub/copies/MARK/     experiment.ini and templates as jobs that were
 *                                submitted with them read them
 *   DIR/.latsub/submit.lock      held by who submits
 *   DIR/logs/                    the phases' logs
 */
#ifndef LATSUB_RUN_LAYOUT_H
#define LATSUB_RUN_LAYOUT_H

#include <stdbool.h>

#define RUN_STATE_NAME ".experiment_state"

enum run_part {
	RUN_STATE,
	RUN_HIDDEN, /* the directory that has all but the state file and the logs */
	RUN_JOURNAL,
	RUN_EXPERIMENT,
	RUN_ENVIRONMENT,
	RUN_TEMPLATES,
	RUN_COPIES,
	RUN_LOCK,
	RUN_PROBE, /* mkstemp()'s pattern for a file that is there for a moment */
	RUN_LOGS,
	RUN_PART_COUNT
};

/* A part's name below the run's directory. */
const char *run_part_name(enum run_part part);
/* Its path, where dir is the run's directory; caller frees. */
char *run_path_in(const char *dir, enum run_part part);

/* What a copy of an experiment consists of. */
enum run_copy_part {
	RUN_COPY_DIRECTORY,
	RUN_COPY_EXPERIMENT,
	RUN_COPY_TEMPLATES,
	RUN_COPY_WHOLE, /* an empty file, the last that is written */
	RUN_COPY_PART_COUNT
};

/* Of the copy with a mark, or (NULL) of the run's newest, which is never marked as
 * whole: the name below the run's directory, or the path; caller frees. */
char *run_copy_name(const char *mark, enum run_copy_part part);
char *run_copy_path(const char *dir, const char *mark, enum run_copy_part part);

/* Is this path a run's newest copy of its experiment, and not where that is from? */
bool run_is_copy(const char *path);

#endif
