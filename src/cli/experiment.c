/*
 * experiment.c - latsub experiment, and latsub --resume: what is asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "road.h"

enum { OPTION_KEEP_ENV = OPTION_LONG, OPTION_DROP, OPTION_OTHER_CLUSTER };

static bool
names_run(const char *path)
{
	char *state = run_path_in(path, RUN_STATE);
	bool is_run = file_exists(state)
		|| strcmp(file_basename(path), RUN_STATE_NAME) == 0;

	free(state);
	return is_run;
}

/* A shell's pattern after --resume may match more than one run; the others
 * arrive as FILE, and none of them is an experiment. */
static int
check_one_run(const struct args *args, const struct request *r)
{
	struct strbuf names = { 0 };
	int rc;

	if (!r->resume || !r->file || !names_run(r->file))
		return 0;
	for (size_t i = 0; i < args->word_count; i++)
		strbuf_printf(&names, " or '%s'", args->words[i]);
	rc = cli_usage(args, "--resume: name one run: '%s'%s", r->resume,
	               strbuf_str(&names));
	strbuf_clear(&names);
	return rc;
}

/* Of what is asked for, what does not go together. */
static int
check_together(const struct args *args, const struct request *r)
{
	if (args->word_count > 1)
		return cli_usage(args, "one experiment at a time, and '%s' is "
		                 "one too many", args->words[1]);
	if (r->resume && r->output_dir)
		return cli_usage(args, "--output-dir is for a new run; a resumed "
		                 "one has its directory");
	for (size_t i = 0; r->resume && i < r->sets.count; i++) {
		if (text_starts(r->sets.items[i], "experiment.umask="))
			return cli_usage(args, "--set %s: it counts when a run "
			                 "is made; 'chmod -R' a run that is "
			                 "there", r->sets.items[i]);
	}
	if (r->drop && !r->resume)
		return cli_usage(args, "--drop is for a run that goes on; a new "
		                 "one has nothing to drop");
	if (r->other_cluster && !r->resume)
		return cli_usage(args, "--other-cluster is for a run that goes "
		                 "on; a new one has jobs nowhere");
	if (r->config && r->file)
		return cli_usage(args, "--config %s and %s: name one experiment",
		                 r->config, r->file);
	return LATSUB_OK;
}

/* An exit code. */
static int
read_request(struct request *r, const struct args *args)
{
	struct latsub_error err = { 0 };
	int code;

	r->file = args->words[0];
	r->checkpoint = args_value(args, 'c');
	r->output_dir = args_value(args, 'o');
	r->config = args_value(args, 'f');
	r->dry_run = args_has(args, 'n');
	r->local = args_has(args, 'l');
	r->wait = args_has(args, 'w');
	r->keep_env = args_has(args, OPTION_KEEP_ENV);
	r->drop = args_has(args, OPTION_DROP);
	r->other_cluster = args_has(args, OPTION_OTHER_CLUSTER);
	args_values(args, 'p', &r->phases);
	args_values(args, 's', &r->sets);
	r->resume = args_value(args, 'r');
	if (args_has(args, 'r') && !r->resume) {
		r->newest = cli_newest_run(&err);
		if (!r->newest)
			return cli_fail(&err);
		r->resume = r->newest;
	}
	code = check_one_run(args, r);
	return code ? code : check_together(args, r);
}

static int
execute_experiment(const struct args *args)
{
	struct request r = { 0 };
	int code = read_request(&r, args);

	if (code == LATSUB_OK)
		code = road_go(&r);
	strlist_clear(&r.phases);
	strlist_clear(&r.sets);
	free(r.newest);
	return code;
}

static const struct command_option options[] = {
	{ .key = 'p', .name = "phase", .argument = "P",
	  .help = "only this phase (repeatable): a name, or N for\n"
	          "number = N or a name that begins phaseN_" },
	{ .key = 'c', .name = "checkpoint", .argument = "PATH",
	  .help = "take checkpoint_phase for completed, with PATH" },
	{ .key = 'r', .name = "resume", .argument = "STATE", .alone = true,
	  .help = "go on with a run: a state file or a run's directory\n"
	          "(without a word after it: the newest run)" },
	{ .key = 'n', .name = "dry-run",
	  .help = "show the plan, submit nothing" },
	{ .key = 'l', .name = "local",
	  .help = "submit to the private Slurm of 'latsub sandbox'" },
	{ .key = 'w', .name = "wait",
	  .help = "watch it until it ends; exit with its outcome" },
	CLI_OPTION_SET,
	{ .key = 'o', .name = "output-dir", .argument = "DIR",
	  .help = "the run's directory (else OUTPUT_ROOT/NAME_TIME)" },
	{ .key = 'f', .name = "config", .argument = "FILE",
	  .help = "with --resume: take the experiment from FILE" },
	{ .key = OPTION_KEEP_ENV, .name = "keep-env",
	  .help = "take no variables from your environment" },
	{ .key = OPTION_DROP, .name = "drop",
	  .help = "with --resume: go on without phases and tasks that\n"
	          "the experiment does not have any more" },
	{ .key = OPTION_OTHER_CLUSTER, .name = "other-cluster",
	  .help = "with --resume: go on at another cluster, though the\n"
	          "run's jobs may still run at its own" },
	{ .name = NULL }
};

const struct command command_experiment = {
	.name = "experiment",
	.opening = "--resume",
	.summary = "run an experiment, or resume one",
	.usage =
	"experiment [OPTION]... [FILE]\n"
	"experiment --resume STATE [OPTION]...\n"
	"--resume STATE [OPTION]...",
	.text =
	"Submit the experiment in FILE (./experiment.ini) to Slurm and return.\n",
	.options = options,
	.execute = execute_experiment,
};
