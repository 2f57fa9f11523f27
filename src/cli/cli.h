/*
 * cli.h - what the commands share: the table, messages, the run that is
 * meant, the Slurm that it belongs to.
 */
#ifndef LATSUB_CLI_H
#define LATSUB_CLI_H

#include <getopt.h>

#include "latsub/engine.h"
#include "latsub/error.h"
#include "latsub/run.h"
#include "latsub/runner.h"
#include "latsub/slurm.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	const char *summary;
	const char *help; /* usage and options; NULL: not shown */
};

int command_experiment(int argc, char **argv);
int command_status(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_cancel(int argc, char **argv);
int command_list(int argc, char **argv);
int command_reset(int argc, char **argv);
int command_skip(int argc, char **argv);
int command_check(int argc, char **argv);
int command_graph(int argc, char **argv);
int command_init(int argc, char **argv);
int command_checkpoint(int argc, char **argv);
int command_progress(int argc, char **argv);
int command_sandbox(int argc, char **argv);
int command_run(int argc, char **argv);

extern const char help_experiment[], help_status[], help_logs[],
	help_cancel[], help_list[], help_reset[], help_skip[], help_check[],
	help_graph[], help_init[], help_checkpoint[], help_progress[],
	help_sandbox[], help_run[];

/* "latsub: what: why" on stderr; returns the code. */
int cli_fail(const struct latsub_error *err);
int cli_usage(const char *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Every complaint, and how many; returns LATSUB_USAGE. */
int cli_complain(const struct latsub_errlist *errors);
/* Before getopt: the words that it will go through. */
void cli_set_arguments(char **argv);
/* getopt said '?' or ':' or 'h': the exit code for it. */
int cli_option(const char *help, const char *command, int option);

/* The run that an argument means, or the newest under ./runs (or under the
 * output_root of ./experiment.ini).  Complains by itself. */
struct run *cli_open_run(const char *path, int *code);

/* The newest run under the output_root of ./experiment.ini (or ./runs), or
 * NULL; caller frees. */
char *cli_newest_run(void);

/* Make SLURM_CONF the one that the run was submitted to. */
void cli_use_slurm_of(const struct run *run);
/* Loaded, opened, or NULL with the reason. */
const struct slurm_ops *cli_open_slurm(struct latsub_error *err);

/* The sandbox script; caller frees.  Start it and set SLURM_CONF. */
char *cli_sandbox_script(void);
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
