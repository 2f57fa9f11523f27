/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * latentwire: learn to send text over a wire of a few numbers, and measure how
 * well that works.  This file: the table of subcommands, the log of executions,
 * and the only place that prints errors and chooses exit codes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "files.h"

static const struct command {
    const char *name;
    int (*run)(const struct options *options, struct error *error);
    const char *help;
} commands[] = {
    { "train", command_train,
      "[--epochs N] [--dim K] [--batch B] [--seed S] [--out DIR]" },
    { "eval", command_eval, "--dataset NAME [--seed S] [--ckpt PATH]" },
    { "probe", command_probe, "[--ckpt PATH]" },
    { "baseline", command_baseline, "--method unigram|bigram|truncate" },
    { "efficiency", command_efficiency, "[--ckpt PATH]" },
    { "aggregate", command_aggregate,
      "[--datasets WORDS] [--methods WORDS] [--seeds WORDS]" },
};

static void print_usage(FILE *stream)
{
    fputs("usage: latentwire SUBCOMMAND [--run-dir DIR] [--data DIR] ...\n",
          stream);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].help);
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static const char *environment_word(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : "-";
}

/* One line for each time that a phase really ran, so that it can be counted. */
static int log_execution(const struct options *options, struct error *error)
{
    char *path = file_path(error, "%s/results/executions.log",
                           options->run_dir);
    char *line = file_path(error, "%s %s %s\n",
                           environment_word("LATSUB_PHASE"),
                           environment_word("LATSUB_TASK"),
                           environment_word("LATSUB_ATTEMPT"));
    int result = -1;

    if (path && line && directory_make_above(path, error) == 0)
        result = file_append_line(path, line, error);
    free(line);
    free(path);
    return result;
}

static int must_fail(void)
{
    const char *phase = getenv("LATENTWIRE_FAIL_PHASE");

    return phase && *phase &&
           strcmp(phase, environment_word("LATSUB_PHASE")) == 0;
}

static int command_start(const struct command *command,
                         const struct options *options, struct error *error)
{
    if (log_execution(options, error) != 0)
        return -1;
    if (must_fail()) {
        fprintf(stderr, "latentwire: %s: failing, as LATENTWIRE_FAIL_PHASE "
                "asks\n", command->name);
        return EXIT_DEMONSTRATION;
    }
    return command->run(options, error);
}

int main(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    struct options options;
    struct error error;
    int code;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (!command) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (options_parse(&options, argv + 2, &error) != 0) {
        fprintf(stderr, "latentwire: %s: %s\n", command->name, error.text);
        return EXIT_USAGE;
    }
    code = command_start(command, &options, &error);
    if (code < 0)
        fprintf(stderr, "latentwire: %s: %s\n", command->name, error.text);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("latentwire: standard output");
        return EXIT_FAILURE;
    }
    return code < 0 ? EXIT_FAILURE : code;
}
