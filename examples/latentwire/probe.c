/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * probe (phase2_linear_probe): can a linear classifier tell from the wire alone
 * which dataset a window is from?  Beside it the same classifier sees the
 * letter counts of the window, which is what it has to be compared with.
 */
#include <stdlib.h>

#include "commands.h"
#include "results.h"
#include "subject.h"

enum { FEATURES = 33, ROUNDS = 300, PASSAGE = 8 };

struct sample {
    double features[FEATURES]; /* the last is the constant 1 */
    size_t label;
};

struct samples {
    struct sample *list;
    size_t count;
};

struct probe {
    double weights[MAX_TEXTS][FEATURES];
    size_t labels;
};

/* With a model the features are the wire, without one the letter counts. */
static void sample_fill(struct sample *sample, const struct model *model,
                        const unsigned char *window, size_t label)
{
    *sample = (struct sample){ .label = label };
    sample->features[FEATURES - 1] = 1.0;
    if (model) {
        model_encode(model, window, sample->features);
        model_quantise(model, sample->features, model_dim(model));
        return;
    }
    for (size_t i = 0; i < WINDOW; i++)
        sample->features[window[i]] += 0.5;
}

static int samples_collect(struct samples *samples, const struct corpus *corpus,
                           const struct model *model, int held_out,
                           struct error *error)
{
    size_t total = 0;

    for (size_t i = 0; i < corpus->count; i++)
        total += corpus->texts[i].train.count + corpus->texts[i].held_out.count;
    samples->count = 0;
    samples->list = calloc(total / WINDOW, sizeof(*samples->list));
    if (!samples->list)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < corpus->count; i++) {
        const struct text *text = &corpus->texts[i];
        const struct part *part = held_out ? &text->held_out : &text->train;
        size_t here = part_window_count(part, 0, WINDOW);

        for (size_t j = 0; j < here; j++)
            sample_fill(&samples->list[samples->count++], model,
                        part_window(part, 0, WINDOW, j), i);
    }
    return 0;
}

static void probe_chances(const struct probe *probe, const double *features,
                          double *chances)
{
    double sum = 0.0;

    for (size_t label = 0; label < probe->labels; label++) {
        double score = 0.0;

        for (size_t f = 0; f < FEATURES; f++)
            score += probe->weights[label][f] * features[f];
        chances[label] = exact_exp(score);
        sum += chances[label];
    }
    for (size_t label = 0; label < probe->labels; label++)
        chances[label] /= sum;
}

/* Full-batch gradient descent on the cross entropy with a little decay. */
static void probe_fit(struct probe *probe, const struct samples *samples)
{
    double rate = 0.5, decay = 0.002, chances[MAX_TEXTS];

    for (size_t round = 0; round < ROUNDS; round++) {
        double slope[MAX_TEXTS][FEATURES] = { { 0 } };

        for (size_t i = 0; i < samples->count; i++) {
            const struct sample *sample = &samples->list[i];

            probe_chances(probe, sample->features, chances);
            chances[sample->label] -= 1.0;
            for (size_t label = 0; label < probe->labels; label++)
                for (size_t f = 0; f < FEATURES; f++)
                    slope[label][f] += chances[label] * sample->features[f];
        }
        for (size_t label = 0; label < probe->labels; label++)
            for (size_t f = 0; f < FEATURES; f++)
                probe->weights[label][f] -=
                    rate * (slope[label][f] / (double)samples->count +
                            decay * probe->weights[label][f]);
    }
}

/* The share of passages of LENGTH windows whose dataset is found; the windows
 * of a passage vote by the sum of their log chances. */
static double probe_accuracy(const struct probe *probe,
                             const struct samples *samples, size_t length)
{
    size_t right = 0, passages = 0;
    double chances[MAX_TEXTS];

    for (size_t i = 0; i + length <= samples->count; i += length) {
        const struct sample *sample = &samples->list[i];
        double votes[MAX_TEXTS] = { 0 };
        size_t best = 0;

        if (sample->label != sample[length - 1].label)
            continue;
        for (size_t j = 0; j < length; j++) {
            probe_chances(probe, sample[j].features, chances);
            for (size_t label = 0; label < probe->labels; label++)
                votes[label] += exact_log(chances[label]);
        }
        for (size_t label = 1; label < probe->labels; label++)
            best = votes[label] > votes[best] ? label : best;
        right += best == sample->label;
        passages++;
    }
    return passages ? (double)right / (double)passages : 0.0;
}

static int probe_report(FILE *stream, const struct corpus *corpus,
                        const struct model *model, const char *name,
                        struct error *error)
{
    struct probe probe = { .labels = corpus->count };
    struct samples train = { 0 }, held_out = { 0 };
    int result = -1;

    if (samples_collect(&train, corpus, model, 0, error) == 0 &&
        samples_collect(&held_out, corpus, model, 1, error) == 0) {
        probe_fit(&probe, &train);
        fprintf(stream, "%s.window %.4f\n%s.passage %.4f\n", name,
                probe_accuracy(&probe, &held_out, 1), name,
                probe_accuracy(&probe, &held_out, PASSAGE));
        result = 0;
    }
    free(train.list);
    free(held_out.list);
    return result;
}

int command_probe(const struct options *options, struct error *error)
{
    struct subject subject;
    struct report report = { 0 };
    const struct corpus *corpus;
    int result = -1;

    if (subject_open(&subject, options, error) != 0)
        return -1;
    corpus = subject.corpus;
    if (report_open(&report, error) != 0)
        goto done;
    fprintf(report.stream, "chance %.4f\n", 1.0 / (double)corpus->count);
    if (probe_report(report.stream, corpus, subject.model, "wire", error) == 0 &&
        probe_report(report.stream, corpus, NULL, "letters", error) == 0)
        result = report_commit(&report, options, error, "phase2/probe.txt");
done:
    report_discard(&report);
    subject_close(&subject);
    return result;
}
