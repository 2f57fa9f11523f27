/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * aggregate (aggregation): one table from whatever results there are.
 *
 * results/table.txt holds only what is the same in every run of the same
 * experiment; results/report.txt adds the timings and the phases that failed.
 * A result that is not there shows as "-" and is named below the table.
 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "model.h"
#include "results.h"

static const size_t widths[] = { 0, 1, 2, 4, 8, 16, 32 };

enum { WIDTHS = sizeof(widths) / sizeof(widths[0]), WORD = 64 };

struct table {
    const struct options *options;
    FILE *stream;
    struct report missing; /* a line for each result that is not there */
    size_t columns;        /* how many of the widths are shown */
};

/* A row of means over several files; count[i] of them had a number. */
struct row {
    double sum[WIDTHS];
    size_t count[WIDTHS];
};

static void row_add(struct row *row, const char *text, const char *prefix)
{
    for (size_t i = 0; i < WIDTHS; i++) {
        char key[2 * WORD];
        double number;

        snprintf(key, sizeof(key), "%s.%zu", prefix, widths[i]);
        if (text && result_number(text, key, &number) == 0) {
            row->sum[i] += number;
            row->count[i]++;
        }
    }
}

static void row_print(const struct table *table, const char *dataset,
                      const char *name, const struct row *row)
{
    fprintf(table->stream, "%-14.14s %-14.14s", dataset, name);
    for (size_t i = 0; i < table->columns; i++) {
        if (row->count[i])
            fprintf(table->stream, " %6.3f",
                    row->sum[i] / (double)row->count[i]);
        else
            fprintf(table->stream, " %6s", "-");
    }
    fputc('\n', table->stream);
}

static void table_note_missing(struct table *table, const char *what,
                               const char *first, const char *second)
{
    fprintf(table->missing.stream, "missing: %s %s %s\n", what, first, second);
}

/* The mean over the seeds of the score and of both ends of its interval. */
static void print_wire_rows(struct table *table, const char *dataset)
{
    struct row bits = { 0 }, low = { 0 }, high = { 0 };
    const char *seeds = table->options->seeds;
    char seed[WORD];

    while (word_next(&seeds, seed, sizeof(seed))) {
        char *text = result_read(table->options, "phase1/%s_%s.txt", dataset,
                                 seed);

        if (!text)
            table_note_missing(table, "phase1_statistical", dataset, seed);
        row_add(&bits, text, "bits");
        row_add(&low, text, "low");
        row_add(&high, text, "high");
        free(text);
    }
    row_print(table, dataset, "wire", &bits);
    row_print(table, "", "  95% from", &low);
    row_print(table, "", "  95% to", &high);
}

static void print_method_rows(struct table *table, const char *dataset)
{
    const char *methods = table->options->methods;
    char method[WORD];

    while (word_next(&methods, method, sizeof(method))) {
        char *text = result_read(table->options, "phase3/%s.txt", method);
        char prefix[2 * WORD];
        struct row row = { 0 };

        if (!text)
            table_note_missing(table, "phase3_baselines", dataset, method);
        snprintf(prefix, sizeof(prefix), "%s.bits", dataset);
        row_add(&row, text, prefix);
        row_print(table, "", method, &row);
        free(text);
    }
}

/* As many columns as the widest wire of any result; 8 when there is none. */
static size_t count_columns(const struct options *options)
{
    char *text = result_read(options, "phase4/size.txt");
    double dim = 8.0;
    size_t columns = 0;

    if (text)
        result_number(text, "dim", &dim);
    free(text);
    while (columns < WIDTHS && (double)widths[columns] <= dim)
        columns++;
    return columns;
}

static void print_bits(struct table *table)
{
    const char *datasets = table->options->datasets;
    char dataset[WORD];

    fprintf(table->stream, "Bits a character of held-out text, when a wire of "
            "so many %d-bit\nnumbers for each %d characters is known\n\n",
            WIRE_BITS, WINDOW);
    fprintf(table->stream, "%-14s %-14s", "dataset", "method");
    for (size_t i = 0; i < table->columns; i++)
        fprintf(table->stream, " %6zu", widths[i]);
    fputc('\n', table->stream);
    while (word_next(&datasets, dataset, sizeof(dataset))) {
        print_wire_rows(table, dataset);
        print_method_rows(table, dataset);
    }
}

static void print_number(FILE *stream, const char *text, const char *key,
                         int decimals)
{
    double number;

    if (text && result_number(text, key, &number) == 0)
        fprintf(stream, " %10.*f", decimals, number);
    else
        fprintf(stream, " %10s", "-");
}

static void print_probe(struct table *table)
{
    static const char *const seen_by[] = { "wire", "letters" };
    char *text = result_read(table->options, "phase2/probe.txt");
    char key[WORD];

    if (!text)
        table_note_missing(table, "phase2_linear_probe", "", "");
    fprintf(table->stream, "\nWhich dataset? Share right of a linear probe\n\n"
            "%-14s %10s %10s %10s\n", "it sees", "window", "8 windows",
            "by chance");
    for (size_t i = 0; i < 2; i++) {
        fprintf(table->stream, "%-14s", seen_by[i]);
        snprintf(key, sizeof(key), "%s.window", seen_by[i]);
        print_number(table->stream, text, key, 3);
        snprintf(key, sizeof(key), "%s.passage", seen_by[i]);
        print_number(table->stream, text, key, 3);
        print_number(table->stream, text, "chance", 3);
        fputc('\n', table->stream);
    }
    free(text);
}

static void print_sizes(struct table *table)
{
    char *text = result_read(table->options, "phase4/size.txt");

    if (!text)
        table_note_missing(table, "phase4_efficiency", "", "");
    fprintf(table->stream, "\nSize\n\n%-26s", "parameters");
    print_number(table->stream, text, "parameters", 0);
    fprintf(table->stream, "\n%-26s", "wire, bits a character");
    print_number(table->stream, text, "wire_bits_per_character", 3);
    fputc('\n', table->stream);
    free(text);
}

static void print_timings(FILE *stream, const struct options *options)
{
    static const struct {
        const char *label, *key;
        int decimals;
    } lines[] = {
        { "encode, us a window", "encode_us_per_window", 2 },
        { "decode, us a window", "decode_us_per_window", 2 },
        { "characters a second", "characters_per_second", 0 },
        { "peak memory, KiB", "peak_memory_kib", 0 },
    };
    char *text = result_read(options, "phase4/timings.txt");

    fputs("\nMeasured (differs from run to run)\n\n", stream);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        fprintf(stream, "%-26s", lines[i].label);
        print_number(stream, text, lines[i].key, lines[i].decimals);
        fputc('\n', stream);
    }
    free(text);
}

static void print_failed(FILE *stream)
{
    const char *failed = getenv("LATSUB_FAILED_PHASES");

    fprintf(stream, "\nfailed phases: %s\n",
            failed && *failed ? failed : "none that latsub knows of");
}

static int table_print(struct table *table, struct error *error)
{
    table->columns = count_columns(table->options);
    if (report_open(&table->missing, error) != 0)
        return -1;
    fputs("latentwire: results\n\n", table->stream);
    print_bits(table);
    print_probe(table);
    print_sizes(table);
    if (fflush(table->missing.stream) != 0)
        return error_set(error, "out of memory");
    if (table->missing.size)
        fprintf(table->stream, "\n%s", table->missing.text);
    return 0;
}

int command_aggregate(const struct options *options, struct error *error)
{
    struct table table = { .options = options };
    struct report shown = { 0 }, full = { 0 };
    int result = -1;

    if (report_open(&shown, error) != 0 || report_open(&full, error) != 0)
        goto done;
    table.stream = shown.stream;
    if (table_print(&table, error) != 0 || fflush(shown.stream) != 0)
        goto done;
    fputs(shown.text, stdout);
    fputs(shown.text, full.stream);
    print_timings(full.stream, options);
    print_failed(full.stream);
    if (report_commit(&shown, options, error, "table.txt") == 0)
        result = report_commit(&full, options, error, "report.txt");
done:
    report_discard(&table.missing);
    report_discard(&shown);
    report_discard(&full);
    return result;
}
