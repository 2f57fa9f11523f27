/*
 * cli.h - what the commands share: messages (message.h), the run that is meant,
 * the Slurm that it belongs to.
 */
#ifndef LATSUB_CLI_H
#define LATSUB_CLI_H

#include "command.h"
#include "latsub/engine.h"
#include "latsub/error.h"
#include "latsub/run.h"
#include "latsub/runner.h"
#include "latsub/slurm.h"
#include "message.h"

/* ---- what several commands take, alike ---- */

#define CLI_OPTION_SET { .key = 's', .name = "set", .argument = "KEY=VALUE", \
	.help = "NAME=VALUE sets a variable, PHASE.KEY=VALUE or\n" \
	        "defaults.KEY=VALUE a key of the experiment" }
#define CLI_ONE_RUN .most = 1, .count_error = "one run at a time"
#define CLI_PHASE_AND_RUN .least = 1, .most = 2, \
	.count_error = "name a phase, and a run if it is not the newest"

/* FILE and --set.  NULL: it has complained, and *code is the exit code.
 * which_experiment.c. */
struct experiment *cli_load_experiment(const struct args *args, int *code);

/* Has the run a phase of this name?  LATSUB_OK, or it has complained.
 * which_phase.c. */
int cli_check_phase(const struct args *args, const struct run *run,
                    const char *name);

/* The run that an argument means; without one the newest that was submitted, of
 * ./experiment.ini under its output_root, or of any under ./runs.  Complains by
 * itself.  which_run.c. */
struct run *cli_open_run(const char *path, int *code);
/* The same for what changes something: another's is refused, or left out. */
struct run *cli_open_own_run(const char *path, int *code);

/* Where the newest of the caller's own is; NULL with the reason.  Caller frees. */
char *cli_newest_run(struct latsub_error *err);

/* Loaded, opened, or NULL with the reason. */
const struct slurm_ops *cli_open_slurm(struct latsub_error *err);
/* The same, of the Slurm that the run was submitted to; the jobs to ask for are
 * run_owner()'s.  Sets SLURM_CONF if the run has one that can be trusted, else
 * says on stderr what is asked instead.  slurm_of.c. */
const struct slurm_ops *cli_open_slurm_of(const struct run *run,
                                          struct latsub_error *err);
/* A new submission remembers the environment's SLURM_CONF: will later commands take it
 * from the run?  One that was set for the user, by --local, has to do: -1 with the
 * reason.  His own is his to keep: that is said. */
int cli_check_slurm_conf(bool is_own, struct latsub_error *err);
/* The name of the cluster that answers (or NULL).  Slurm is asked once for all. */
enum slurm_answer cli_ask_cluster(const struct slurm_ops *slurm,
                                  const char **name, struct latsub_error *err);
/* Is this the name of the run's cluster?  -1 where it is another's.  cluster.c. */
int cli_compare_cluster(const struct run *run, const char *name,
                        struct latsub_error *err);
/* Is it the run's cluster that answers?  SLURM_REFUSED: another, and *err names
 * both and what to set.  Slurm is asked once for all. */
enum slurm_answer cli_check_cluster(const struct run *run,
                                    const struct slurm_ops *slurm,
                                    struct latsub_error *err);
/* The jobs of the run's owner, of its cluster; false with the reason when Slurm does not tell. */
bool cli_ask_jobs(const struct run *run, const struct slurm_ops *slurm,
                  struct slurm_jobs *jobs, struct latsub_error *err);

/* Start the sandbox (--local), and set SLURM_CONF. */
int cli_start_sandbox(struct latsub_error *err);

/* What a resume does with each phase; the jobs of a submission; how to watch,
 * resume and cancel the run. */
void cli_print_resume(const struct spec *spec, const struct plan *plan);
void cli_print_jobs(const struct spec *spec, const struct engine_result *result,
                    const struct live_jobs *live);
void cli_print_commands(const struct run *run);

/* What the runner has done by others: see runner.h. */
extern const struct runner_hooks cli_runner_hooks;

/* Look on until the run has ended (--wait, status --watch). */
int cli_watch(struct run *run, const struct slurm_ops *slurm, bool screen);

#endif
