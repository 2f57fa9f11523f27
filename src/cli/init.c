/*
 * init.c - latsub init: a commented starter.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"

static const char starter[] =
	"# An experiment of latsub; see latsub-experiment(5).\n"
	"#   latsub check         is it right?\n"
	"#   latsub experiment    submit it (--local: to a Slurm of your own)\n"
	"# Comments are whole lines. Indented lines go on with a value.\n"
	"\n"
	"[experiment]\n"
	"name = my_experiment\n"
	"# where commands run, relative to this file; runs go to output_root\n"
	"workdir = .\n"
	"output_root = runs\n"
	"# the phase whose newest checkpoint others get as $LATSUB_CHECKPOINT\n"
	"checkpoint_phase = training\n"
	"\n"
	"# Defaults for variables; your environment wins: EPOCHS=3 latsub ...\n"
	"[env]\n"
	"EPOCHS = 10\n"
	"SEEDS = 1 2 3\n"
	"\n"
	"# For every phase: sbatch options by their long names, and more.\n"
	"[defaults]\n"
	"time = 01:00:00\n"
	"# USR1 so many seconds before the end: time to save a checkpoint\n"
	"signal = USR1@120\n"
	"max_requeues = 20\n"
	"\n"
	"[phase training]\n"
	"command = echo \"epochs: $EPOCHS\";\n"
	"    mkdir -p \"$LATSUB_RUN_DIR/checkpoint\";\n"
	"    echo trained > \"$LATSUB_RUN_DIR/checkpoint/epoch$EPOCHS\"\n"
	"# the newest match under the run's directory is the checkpoint\n"
	"checkpoint = checkpoint/epoch*\n"
	"\n"
	"[phase evaluation]\n"
	"after = training\n"
	"# one task for each word\n"
	"array.SEED = $SEEDS\n"
	"max_parallel = 2\n"
	"command = echo \"seed $SEED of $LATSUB_CHECKPOINT\"\n"
	"\n"
	"[phase summary]\n"
	"after = training\n"
	"# also if some of them failed\n"
	"after_any = evaluation\n"
	"command = echo \"failed: ${LATSUB_FAILED_PHASES:-none}\"\n";

static int
execute_init(const struct args *args)
{
	const char *file = args->word_count ? args->words[0] : "experiment.ini";
	struct latsub_error err;
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 || file_write_all(fd, starter, strlen(starter))
	    || close(fd)) {
		latsub_error_errno(&err, "init: %s", file);
		if (errno == EEXIST)
			err.code = LATSUB_USAGE;
		return cli_fail(&err);
	}
	printf("%s is written; 'latsub check %s' reads it\n", file, file);
	return LATSUB_OK;
}

const struct command command_init = {
	.name = "init",
	.summary = "write a starter experiment.ini",
	.usage = "init [FILE]",
	.text =
	"Write a commented starter to FILE (./experiment.ini), which must not\n"
	"exist.\n",
	.most = 1,
	.count_error = "one file at a time",
	.execute = execute_init,
};
