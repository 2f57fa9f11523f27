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

const char help_status[] =
	"Usage: latsub status [OPTION]... [STATE|RUN]\n\n"
	"Show the phases of a run (the newest here), joined with what\n"
	"Slurm says; only reads.\n\n"
	"  -w, --watch   look on until the run has ended\n"
	"  -j, --json    for programs\n"
	"  -o, --output wide\n"
	"                the variables, too, and where their values are from\n"
	"  -h, --help    this text\n\n"
	"The exit code tells the outcome: 0 all completed, 1 a phase failed,\n"
	"2 bad input, 3 unfinished.\n";

static const struct option long_options[] = {
	{ "watch", no_argument, NULL, 'w' },
	{ "json", no_argument, NULL, 'j' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

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

int
command_status(int argc, char **argv)
{
	struct latsub_error err = { 0 };
	const struct slurm_ops *slurm;
	bool watch = false, json = false, wide = false;
	struct run *run;
	int option, rc = 0;

	while ((option = getopt_long(argc, argv, "wjo:h", long_options, NULL))
	       != -1) {
		if (option == 'w')
			watch = true;
		else if (option == 'j')
			json = true;
		else if (option == 'o' && strcmp(optarg, "wide") == 0)
			wide = true;
		else if (option == 'o')
			return cli_usage("status", "--output %s: there is "
			                 "'wide'", optarg);
		else
			return cli_option(help_status, "status", option);
	}
	if (argc - optind > 1)
		return cli_usage("status", "one run at a time");
	run = cli_open_run(argv[optind], &rc);
	if (!run)
		return rc;
	if (run->complaints.count) {
		for (size_t i = 0; i < run->complaints.count; i++)
			fprintf(stderr, "latsub: %s\n",
			        run->complaints.texts[i]);
	}
	slurm = cli_open_slurm_of(run, &err);
	if (watch)
		rc = cli_watch(run, slurm, true);
	else
		rc = show(run, slurm, err.text, json, wide);
	if (run->complaints.count && !watch)
		rc = LATSUB_USAGE;
	run_close(run);
	return rc;
}
