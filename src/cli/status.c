/*
 * status.c - latsub status: the state joined with squeue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/run_status.h"
#include "latsub/view.h"

static int
show(struct run *run, const struct slurm_ops *slurm, const char *why,
     bool json, bool wide)
{
	struct slurm_jobs jobs = { 0 };
	struct latsub_error err = { 0 };
	struct run_status status;
	bool answered = false;
	int outcome;

	if (slurm) {
		answered = cli_ask_jobs(run, slurm, &jobs, &err);
		why = err.text;
	}
	run_status_create(&status, run, answered ? &jobs : NULL, why);
	if (json) {
		status_print_json(&status, stdout);
	} else {
		text_print(stdout, "%s\n", run->dir);
		status_print_table(&status, stdout, status_use_colour(stdout));
		status_print_notes(&status, stdout);
		if (wide && view_print_run_variables(run, stdout, &err))
			cli_fail(&err);
	}
	outcome = status.outcome;
	run_status_clear(&status);
	slurm_jobs_clear(&jobs);
	return outcome;
}

static int
execute_status(const struct args *args)
{
	const char *output = args_value(args, 'o');
	bool watch = args_has(args, 'w');
	struct latsub_error err = { 0 };
	const struct slurm_ops *slurm;
	struct run *run;
	int rc = 0;

	if (output && strcmp(output, "wide") != 0)
		return cli_usage(args, "--output %s: there is 'wide'", output);
	run = cli_open_run(args->words[0], &rc);
	if (!run)
		return rc;
	for (size_t i = 0; i < run->complaints.count; i++)
		fprintf(stderr, "latsub: %s\n", run->complaints.texts[i]);
	slurm = cli_open_slurm_of(run, &err);
	if (watch)
		rc = cli_watch(run, slurm, true);
	else
		rc = show(run, slurm, err.text, args_has(args, 'j'),
		          output != NULL);
	if (run->complaints.count && !watch)
		rc = LATSUB_USAGE;
	run_close(run);
	return rc;
}

static const struct command_option options[] = {
	{ .key = 'w', .name = "watch", .help = "watch the run until it has ended" },
	{ .key = 'j', .name = "json", .help = "for programs" },
	{ .key = 'o', .name = "output", .argument = "wide",
	  .help = "the variables, too, and where their values are from" },
	{ .name = NULL }
};

const struct command command_status = {
	.name = "status",
	.summary = "phases, joined with what Slurm says",
	.usage = "status [OPTION]... [STATE|RUN]",
	.text =
	"Show the phases of a run (the newest here), joined with what\n"
	"Slurm says; changes nothing.\n",
	.options = options,
	.ending =
	"The exit code tells the outcome: 0 all completed, 1 a phase failed,\n"
	"2 bad input, 3 unfinished.\n",
	CLI_ONE_RUN,
	.execute = execute_status,
};
