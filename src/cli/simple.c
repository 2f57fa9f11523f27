/*
 * simple.c - the small commands: check, graph, list, run, sandbox, checkpoint,
 * progress.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"
#include "latsub/runner.h"
#include "latsub/status_words.h"
#include "latsub/view.h"

static const struct option only_help[] = {
	{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
};

/* ---- check and graph ---- */

const char help_check[] =
	"Usage: latsub check [--set KEY=VALUE]... [FILE]\n\n"
	"Validate an experiment (./experiment.ini) and show its phases; needs no\n"
	"Slurm.  Everything wrong is reported at once, as FILE:LINE: message.\n";

const char help_graph[] =
	"Usage: latsub graph [--format text|dot|mermaid] [--set KEY=VALUE]... [FILE]\n\n"
	"Draw the phases of an experiment (./experiment.ini); needs no Slurm.\n";

static const struct option graph_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "set", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int
load_and_print(const char *file, const struct strlist *sets, int format)
{
	struct latsub_errlist errors = { 0 };
	struct experiment_inputs inputs = { .sets = sets };
	struct experiment *experiment = experiment_load(file ? file
		: "experiment.ini", &inputs, &errors);
	uint64_t tasks = 0;
	int rc = LATSUB_OK;

	if (errors.count) {
		rc = cli_complain(&errors);
	} else {
		view_print_graph(experiment->spec, format < 0 ? VIEW_TEXT
		                 : (enum view_graph)format, stdout);
		for (size_t i = 0; i < experiment->spec->phase_count; i++)
			tasks += experiment->spec->phases[i].tasks;
		if (format < 0)
			printf("\n%s is sound: %zu phases, %llu tasks\n",
			       experiment->spec->file,
			       experiment->spec->phase_count,
			       (unsigned long long)tasks);
	}
	latsub_errlist_clear(&errors);
	experiment_destroy(experiment);
	return rc;
}

static int
check_or_graph(int argc, char **argv, const char *help, int format)
{
	static const char *const formats[] = { "text", "dot", "mermaid" };
	struct strlist sets = { 0 };
	int option, rc;

	while ((option = getopt_long(argc, argv, "f:s:h", graph_options, NULL))
	       != -1) {
		if (option == 's') {
			strlist_add(&sets, optarg);
		} else if (option == 'f' && format >= 0) {
			format = -1;
			for (int i = 0; i < 3; i++) {
				if (strcmp(optarg, formats[i]) == 0)
					format = i;
			}
			if (format < 0)
				return cli_usage("graph", "--format %s: there "
					"are text, dot and mermaid", optarg);
		} else {
			return cli_option(help, argv[0], option);
		}
	}
	if (argc - optind > 1)
		return cli_usage(argv[0], "one experiment at a time");
	rc = load_and_print(argv[optind], &sets, format);
	strlist_clear(&sets);
	return rc;
}

int
command_check(int argc, char **argv)
{
	return check_or_graph(argc, argv, help_check, -1);
}

int
command_graph(int argc, char **argv)
{
	return check_or_graph(argc, argv, help_graph, VIEW_TEXT);
}

/* ---- list ---- */

const char help_list[] =
	"Usage: latsub list [OUTPUT_ROOT]\n\n"
	"The runs under an output root (./runs), oldest first, with their states\n"
	"as the state files say.\n";

static void
list_one(const char *root, const char *name)
{
	struct latsub_error err;
	char *path = file_join(root, name);
	struct run *run = run_glance(path, &err);
	size_t done = 0;

	if (!run) {
		text_print(stdout, "%-12s %7s %s\n",
		           run_words[RUN_UNREADABLE].word, "", err.text);
		free(path);
		return;
	}
	for (size_t i = 0; i < run->state->count; i++)
		done += phase_word(run->state->phases[i]) == WORD_COMPLETED;
	text_print(stdout, "%-12s %3zu/%-3zu %s\n",
	           run_words[run_word_of(state_outcome(run->state))].word, done,
	           run->state->count, path);
	run_close(run);
	free(path);
}

int
command_list(int argc, char **argv)
{
	struct latsub_error err = { 0 };
	struct strlist names = { 0 };
	const char *root;
	int option = getopt_long(argc, argv, "h", only_help, NULL);

	if (option != -1)
		return cli_option(help_list, "list", option);
	root = argv[optind] ? argv[optind] : "runs";
	if (run_list(root, &names, &err)) {
		err.code = LATSUB_USAGE;
		return cli_fail(&err);
	}
	for (size_t i = 0; i < names.count; i++)
		list_one(root, names.items[i]);
	strlist_clear(&names);
	return LATSUB_OK;
}

/* ---- inside a phase ---- */

const char help_run[] =
	"Usage: latsub run\n\n"
	"The runner: what each job of latsub executes.  Not for people.\n";

int
command_run(int argc, char **argv)
{
	int option = getopt_long(argc, argv, "h", only_help, NULL);

	return option == -1 ? runner_main(&cli_runner_hooks)
		: cli_option(help_run, "run", option);
}

const char help_checkpoint[] =
	"Usage: latsub checkpoint PATH [--epoch N]\n\n"
	"Inside a phase's command: PATH is complete and is the newest checkpoint.\n"
	"Use $LATSUB_BIN checkpoint, from any language.\n";

int
command_checkpoint(int argc, char **argv)
{
	static const struct option options[] = {
		{ "epoch", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
	};
	const char *epoch = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "e:h", options, NULL)) != -1) {
		if (option != 'e')
			return cli_option(help_checkpoint, "checkpoint",
			                  option);
		epoch = optarg;
	}
	if (argc - optind != 1)
		return cli_usage("checkpoint", "name one checkpoint");
	return runner_report_checkpoint(argv[optind], epoch);
}

const char help_progress[] =
	"Usage: latsub progress TEXT\n\n"
	"Inside a phase's command: show TEXT (such as 17/24) at the beginning of\n"
	"the job's comment: squeue -O Comment.\n";

int
command_progress(int argc, char **argv)
{
	int option = getopt_long(argc, argv, "h", only_help, NULL);

	if (option != -1)
		return cli_option(help_progress, "progress", option);
	if (argc - optind != 1)
		return cli_usage("progress", "say one thing");
	return runner_report_progress(argv[optind]);
}

/* ---- sandbox ---- */

const char help_sandbox[] =
	"Usage: latsub sandbox start|stop|status|env|conf [OPTION]...\n\n"
	"A real, private, multi-node Slurm on this machine's loopback, as any\n"
	"user.  'latsub sandbox help' lists its options.\n\n"
	"  start    start it, or say that it runs\n"
	"  stop     stop it; no process stays\n"
	"  status   does it run? (exit code 3: no)\n"
	"  env      shell line that points sbatch, squeue, ... to it:\n"
	"           eval \"$(latsub sandbox env)\"\n"
	"  conf     the path of its slurm.conf\n";

int
command_sandbox(int argc, char **argv)
{
	struct latsub_error err = { 0 };
	char *script;

	if (argc < 2 || strcmp(argv[1], "--help") == 0
	    || strcmp(argv[1], "-h") == 0) {
		fputs(help_sandbox, argc < 2 ? stderr : stdout);
		return argc < 2 ? LATSUB_USAGE : LATSUB_OK;
	}
	script = cli_sandbox_script();
	if (!script) {
		latsub_error_set(&err, LATSUB_SYSTEM, "sandbox: its script "
		                 "(latsub-sandbox) is not installed");
		return cli_fail(&err);
	}
	if (strcmp(argv[1], "help") == 0)
		argv[1] = xstrdup("--help");
	argv[0] = script;
	execv(script, argv);
	latsub_error_errno(&err, "%s", script);
	return cli_fail(&err);
}
