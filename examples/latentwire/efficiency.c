/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * efficiency (phase4_efficiency): how large, how fast, how much memory.
 *
 * What follows from the model goes to phase4/size.txt, what was measured to
 * phase4/timings.txt: the first is the same in every run, the second never.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "commands.h"
#include "results.h"
#include "subject.h"

static const double MEASURE_SECONDS = 0.3;

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Microseconds for one window, over all texts as often as the time allows. */
static double measure(const struct subject *subject, int decode)
{
    double start = seconds_now(), elapsed = 0.0;
    double wire[MAX_DIM], kept = 0.0;
    size_t done = 0;

    while (elapsed < MEASURE_SECONDS) {
        const struct text *text =
            &subject->corpus->texts[done % subject->corpus->count];
        size_t count = part_window_count(&text->held_out, 0, WINDOW);

        for (size_t i = 0; i < count; i++, done++) {
            const unsigned char *window =
                part_window(&text->held_out, 0, WINDOW, i);

            if (!decode || i == 0)
                model_encode(subject->model, window, wire);
            if (decode)
                kept += model_bits(subject->model, window, wire);
        }
        elapsed = seconds_now() - start;
    }
    return kept < 0.0 ? 0.0 : 1e6 * elapsed / (double)done;
}

static int write_sizes(const struct options *options,
                       const struct subject *subject, struct error *error)
{
    struct model *model = subject->model;
    struct report report;

    if (report_open(&report, error) != 0)
        return -1;
    fprintf(report.stream, "dim %zu\nwire_bits_per_character %.4f\n",
            model_dim(model), (double)(model_dim(model) * WIRE_BITS) / WINDOW);
    fprintf(report.stream, "parameters %zu\nmodel_kib %.1f\n",
            model_parameter_count(model),
            (double)(model_parameter_count(model) * sizeof(double)) / 1024.0);
    return report_commit(&report, options, error, "phase4/size.txt");
}

static int write_timings(const struct options *options,
                         const struct subject *subject, struct error *error)
{
    double encode = measure(subject, 0), decode = measure(subject, 1);
    struct rusage usage;
    struct report report;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return error_set(error, "getrusage: %s", strerror(errno));
    if (report_open(&report, error) != 0)
        return -1;
    fprintf(report.stream, "encode_us_per_window %.2f\n", encode);
    fprintf(report.stream, "decode_us_per_window %.2f\n", decode);
    fprintf(report.stream, "characters_per_second %.0f\n",
            1e6 * WINDOW / (encode + decode));
    fprintf(report.stream, "peak_memory_kib %ld\n", usage.ru_maxrss);
    return report_commit(&report, options, error, "phase4/timings.txt");
}

int command_efficiency(const struct options *options, struct error *error)
{
    struct subject subject;
    int result;

    if (subject_open(&subject, options, error) != 0)
        return -1;
    result = write_sizes(options, &subject, error);
    if (result == 0)
        result = write_timings(options, &subject, error);
    subject_close(&subject);
    return result;
}
