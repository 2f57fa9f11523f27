/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * train: learn the compressor, one checkpoint after each epoch.
 *
 * SIGUSR1 or SIGTERM: write a checkpoint between two steps and leave with
 * EXIT_REQUEUE.  However often that happens, the last checkpoint has the same
 * bits as without: an epoch's order follows from the seed and its number, and
 * everything else that changes is in the checkpoint.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "checkpoint.h"
#include "commands.h"
#include "files.h"

enum { STRIDE = 4 }; /* between the starts of two training windows */

struct trainer {
    const struct options *options;
    struct corpus *corpus;
    struct model *model;
    struct progress progress;
    const unsigned char **windows; /* of this epoch, in its order */
    size_t window_count;
    char *out_dir;
    long slow_ms;                  /* wait after each step, for tests */
    int unsaved;                   /* steps since the last checkpoint */
};

static volatile sig_atomic_t stop_signal;
static sigset_t listening_mask;

static void on_stop_signal(int number)
{
    stop_signal = number;
}

/* Both signals stay blocked but for the moment between two steps, so that none
 * of them can interrupt a write or be missed. */
static int signals_prepare(struct error *error)
{
    struct sigaction action = { .sa_handler = on_stop_signal };
    sigset_t ours;

    sigemptyset(&action.sa_mask);
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &ours, &listening_mask) != 0 ||
        sigaction(SIGUSR1, &action, NULL) != 0 ||
        sigaction(SIGTERM, &action, NULL) != 0)
        return error_set(error, "cannot set up signals: %s", strerror(errno));
    sigdelset(&listening_mask, SIGUSR1);
    sigdelset(&listening_mask, SIGTERM);
    return 0;
}

/* Let signals in, for WAIT_MS at most.  True when one of them wants us to stop. */
static int must_stop(long wait_ms)
{
    struct timespec wait = {
        .tv_sec = wait_ms / 1000,
        .tv_nsec = wait_ms % 1000 * 1000000,
    };

    if (!stop_signal)
        pselect(0, NULL, NULL, NULL, &wait, &listening_mask);
    return stop_signal != 0;
}

/* The windows of the epoch: every STRIDE characters of every text, from a
 * shifted start, shuffled. */
static void epoch_arrange(struct trainer *trainer)
{
    const struct corpus *corpus = trainer->corpus;
    struct rng rng;
    size_t shift, count = 0;

    rng_seed(&rng, (trainer->progress.seed << 32) + trainer->progress.epoch);
    shift = rng_below(&rng, STRIDE);
    for (size_t i = 0; i < corpus->count; i++) {
        const struct part *part = &corpus->texts[i].train;
        size_t here = part_window_count(part, shift, STRIDE);

        for (size_t j = 0; j < here; j++)
            trainer->windows[count++] = part_window(part, shift, STRIDE, j);
    }
    for (size_t i = count; i > 1; i--) {
        size_t other = rng_below(&rng, i);
        const unsigned char *window = trainer->windows[other];

        trainer->windows[other] = trainer->windows[i - 1];
        trainer->windows[i - 1] = window;
    }
    trainer->window_count = count;
}

static void train_step(struct trainer *trainer)
{
    struct progress *progress = &trainer->progress;
    size_t left = trainer->window_count - progress->position;
    size_t count = left < trainer->options->batch ? left
                                                  : trainer->options->batch;

    for (size_t i = 0; i < count; i++)
        progress->epoch_bits +=
            model_learn(trainer->model,
                        trainer->windows[progress->position + i],
                        &progress->rng);
    progress->position += count;
    progress->step++;
    progress->updates++;
    model_update(trainer->model, count, progress->updates,
                 0.008 / (1.0 + 0.15 * (double)progress->epoch));
    trainer->unsaved = 1;
}

static int train_save(struct trainer *trainer, struct error *error)
{
    char *path = checkpoint_save(trainer->out_dir, trainer->model,
                                 &trainer->progress, error);

    if (!path)
        return -1;
    printf("saved %s\n", path);
    free(path);
    trainer->unsaved = 0;
    return 0;
}

static int epoch_finish(struct trainer *trainer, struct error *error)
{
    struct progress *progress = &trainer->progress;
    double characters = (double)(trainer->window_count * WINDOW);

    printf("epoch %" PRIu64 ": %.4f bits a character, %" PRIu64 " steps\n",
           progress->epoch, progress->epoch_bits / characters, progress->step);
    progress->epoch++;
    progress->position = 0;
    progress->step = 0;
    progress->epoch_bits = 0.0;
    return train_save(trainer, error);
}

static int train_stop(struct trainer *trainer, struct error *error)
{
    printf("stopping for signal %d in epoch %" PRIu64 ", step %" PRIu64 "\n",
           (int)stop_signal, trainer->progress.epoch, trainer->progress.step);
    if (trainer->unsaved && train_save(trainer, error) != 0)
        return -1;
    return EXIT_REQUEUE;
}

static int train_run(struct trainer *trainer, struct error *error)
{
    struct progress *progress = &trainer->progress;

    while (progress->epoch < trainer->options->epochs) {
        epoch_arrange(trainer);
        while (progress->position < trainer->window_count) {
            if (must_stop(trainer->slow_ms))
                return train_stop(trainer, error);
            train_step(trainer);
        }
        if (epoch_finish(trainer, error) != 0)
            return -1;
    }
    printf("done: %" PRIu64 " epochs\n", progress->epoch);
    return EXIT_SUCCESS;
}

/* A checkpoint of other texts, another seed or dimension is not ours. */
static int resume_from(struct trainer *trainer, const char *path)
{
    const struct options *options = trainer->options;
    struct progress *progress = &trainer->progress;
    struct error error;
    struct model *model = checkpoint_load(path, progress, &error);

    if (!model) {
        fprintf(stderr, "latentwire: train: %s; not used\n", error.text);
        return -1;
    }
    if (model_dim(model) != options->dim || progress->seed != options->seed ||
        progress->corpus != trainer->corpus->checksum) {
        fprintf(stderr, "latentwire: train: %s: made with other texts, --dim "
                "or --seed; not used\n", path);
        model_destroy(model);
        return -1;
    }
    trainer->model = model;
    printf("resuming from %s: epoch %" PRIu64 ", step %" PRIu64 "\n", path,
           progress->epoch, progress->step);
    return 0;
}

static int start_fresh(struct trainer *trainer, struct error *error)
{
    trainer->model = model_create(trainer->options->dim, error);
    if (!trainer->model)
        return -1;
    trainer->progress = (struct progress){
        .seed = trainer->options->seed,
        .corpus = trainer->corpus->checksum,
    };
    rng_seed(&trainer->progress.rng, trainer->options->seed);
    model_randomise(trainer->model, &trainer->progress.rng);
    trainer->unsaved = 1;
    printf("starting afresh: %zu parameters\n",
           model_parameter_count(trainer->model));
    return 0;
}

/* Where latsub says, else the furthest whole checkpoint, else the beginning. */
static int resume_or_start(struct trainer *trainer, struct error *error)
{
    const char *given = trainer->options->checkpoint;
    char **paths;

    if (given && *given && resume_from(trainer, given) == 0)
        return 0;
    paths = checkpoint_list(trainer->out_dir, error);
    if (!paths)
        return -1;
    for (char **path = paths; *path && !trainer->model; path++)
        resume_from(trainer, *path);
    checkpoint_list_destroy(paths);
    return trainer->model ? 0 : start_fresh(trainer, error);
}

static int trainer_prepare(struct trainer *trainer, struct error *error)
{
    const struct options *options = trainer->options;
    const char *slow = getenv("LATENTWIRE_SLOW_MS");
    size_t total = 0;

    trainer->slow_ms = slow ? strtol(slow, NULL, 10) : 0;
    if (trainer->slow_ms < 0 || trainer->slow_ms > 3600000)
        return error_set(error, "LATENTWIRE_SLOW_MS=%s: give milliseconds", slow);
    trainer->out_dir = options->out_dir
        ? file_path(error, "%s", options->out_dir)
        : file_path(error, "%s/checkpoint", options->run_dir);
    trainer->corpus = corpus_load(options->data_dir, error);
    if (!trainer->out_dir || !trainer->corpus)
        return -1;
    for (size_t i = 0; i < trainer->corpus->count; i++)
        total += trainer->corpus->texts[i].train.count;
    trainer->windows = calloc(total, sizeof(*trainer->windows));
    if (!trainer->windows)
        return error_set(error, "out of memory");
    return directory_make(trainer->out_dir, error);
}

int command_train(const struct options *options, struct error *error)
{
    struct trainer trainer = { .options = options };
    int code = -1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (signals_prepare(error) == 0 && trainer_prepare(&trainer, error) == 0 &&
        resume_or_start(&trainer, error) == 0)
        code = train_run(&trainer, error);
    model_destroy(trainer.model);
    corpus_destroy(trainer.corpus);
    free(trainer.windows);
    free(trainer.out_dir);
    return code;
}
