/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * eval (phase1_statistical): what a character of held-out text costs when the
 * wire is known, by width of the wire, with a bootstrap confidence interval.
 * The seed places the windows and draws the resamples.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "results.h"
#include "subject.h"

enum { RESAMPLES = 10000 };

struct interval {
    double mean, low, high;
};

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0.0;

    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

/* The mean of VALUES and the middle 95% of the means of resamples of them. */
static struct interval bootstrap(const double *values, size_t count,
                                 struct rng *rng)
{
    static double means[RESAMPLES];

    for (size_t r = 0; r < RESAMPLES; r++) {
        double sum = 0.0;

        for (size_t i = 0; i < count; i++)
            sum += values[rng_below(rng, count)];
        means[r] = sum / (double)count;
    }
    qsort(means, RESAMPLES, sizeof(means[0]), compare_doubles);
    return (struct interval){
        .mean = mean_of(values, count),
        .low = means[RESAMPLES * 25 / 1000],
        .high = means[RESAMPLES * 975 / 1000 - 1],
    };
}

/* Bits a character of each window of PART, when WIDTH numbers are sent. */
static void score(const struct model *model, const struct part *part,
                  size_t shift, size_t width, double *values, size_t count)
{
    double wire[MAX_DIM];

    for (size_t i = 0; i < count; i++) {
        const unsigned char *window = part_window(part, shift, WINDOW, i);

        model_encode(model, window, wire);
        model_quantise(model, wire, width);
        values[i] = model_bits(model, window, wire) / WINDOW;
    }
}

static int eval_text(const struct options *options, const struct model *model,
                     const struct text *text, struct error *error)
{
    struct report report = { 0 };
    struct rng rng;
    size_t shift, count;
    double *values;

    rng_seed(&rng, checksum_add(options->seed, text->name, strlen(text->name)));
    shift = rng_below(&rng, WINDOW);
    count = part_window_count(&text->held_out, shift, WINDOW);
    values = calloc(count, sizeof(*values));
    if (!values)
        return error_set(error, "out of memory");
    if (report_open(&report, error) != 0) {
        free(values);
        return -1;
    }
    fprintf(report.stream, "windows %zu\n", count);
    for (size_t width = 0; width <= model_dim(model); width++) {
        struct interval bits;

        score(model, &text->held_out, shift, width, values, count);
        bits = bootstrap(values, count, &rng);
        fprintf(report.stream, "bits.%zu %.5f\nlow.%zu %.5f\nhigh.%zu %.5f\n",
                width, bits.mean, width, bits.low, width, bits.high);
    }
    free(values);
    return report_commit(&report, options, error,
                         "phase1/%s_%" PRIu64 ".txt", text->name,
                         options->seed);
}

int command_eval(const struct options *options, struct error *error)
{
    struct subject subject;
    const struct text *text;
    int result = -1;

    if (!options->dataset)
        return error_set(error, "which dataset? give --dataset NAME");
    if (subject_open(&subject, options, error) != 0)
        return -1;
    text = corpus_find(subject.corpus, options->dataset, error);
    if (text)
        result = eval_text(options, subject.model, text, error);
    subject_close(&subject);
    return result;
}
