/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * baseline (phase3_baselines): what simpler methods make of the same text and
 * the same number of bits on the wire.
 *
 *   unigram   letter frequencies; the wire is not used
 *   bigram    frequencies of pairs of letters; the wire is not used
 *   truncate  the wire carries the window's first letters as they are, five
 *             bits each; the rest is predicted by the bigram
 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "model.h"
#include "results.h"

struct counts {
    double single[SYMBOLS];
    double pair[SYMBOLS][SYMBOLS];
};

static void counts_fill(struct counts *counts, const struct corpus *corpus)
{
    for (size_t v = 0; v < SYMBOLS; v++) {
        counts->single[v] = 0.5;
        for (size_t w = 0; w < SYMBOLS; w++)
            counts->pair[v][w] = 0.5;
    }
    for (size_t i = 0; i < corpus->count; i++) {
        const struct part *part = &corpus->texts[i].train;

        for (size_t j = 1; j < part->count; j++) {
            counts->single[part->symbols[j]] += 1.0;
            counts->pair[part->symbols[j - 1]][part->symbols[j]] += 1.0;
        }
    }
}

static double bits_of(const double *row, size_t symbol)
{
    double sum = 0.0;

    for (size_t v = 0; v < SYMBOLS; v++)
        sum += row[v];
    return exact_log(sum / row[symbol]) / exact_log(2.0);
}

/* Bits a character of PART when the first SENT of each window are known. */
static double part_bits(const struct counts *counts, const struct part *part,
                        int pairs, size_t sent)
{
    size_t windows = part_window_count(part, 0, WINDOW);
    double bits = 0.0;

    for (size_t i = 0; i < windows; i++) {
        const unsigned char *window = part_window(part, 0, WINDOW, i);

        for (size_t t = sent; t < WINDOW; t++)
            bits += pairs ? bits_of(counts->pair[window[(long)t - 1]], window[t])
                          : bits_of(counts->single, window[t]);
    }
    return bits / (double)(windows * WINDOW);
}

static void print_text(FILE *stream, const struct counts *counts,
                       const struct text *text, const char *method)
{
    int pairs = strcmp(method, "unigram") != 0;
    size_t widest = strcmp(method, "truncate") == 0 ? MAX_DIM : 0;

    for (size_t width = 0; width <= widest; width++) {
        size_t sent = width * WIRE_BITS / SYMBOL_BITS;

        if (sent > WINDOW)
            sent = WINDOW;
        fprintf(stream, "%s.bits.%zu %.5f\n", text->name, width,
                part_bits(counts, &text->held_out, pairs, sent));
    }
}

int command_baseline(const struct options *options, struct error *error)
{
    const char *method = options->method ? options->method : "";
    struct report report = { 0 };
    struct counts counts;
    struct corpus *corpus;
    int result = -1;

    if (strcmp(method, "unigram") != 0 && strcmp(method, "bigram") != 0 &&
        strcmp(method, "truncate") != 0)
        return error_set(error, "no method '%s'; give --method unigram, bigram "
                         "or truncate", method);
    corpus = corpus_load(options->data_dir, error);
    if (!corpus || report_open(&report, error) != 0)
        goto done;
    counts_fill(&counts, corpus);
    for (size_t i = 0; i < corpus->count; i++)
        print_text(report.stream, &counts, &corpus->texts[i], method);
    result = report_commit(&report, options, error, "phase3/%s.txt", method);
done:
    report_discard(&report);
    corpus_destroy(corpus);
    return result;
}
