/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Result files: lines of "key value" under <run_dir>/results.
 */
#include "results.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

int report_open(struct report *report, struct error *error)
{
    *report = (struct report){ 0 };
    report->stream = open_memstream(&report->text, &report->size);
    if (!report->stream)
        return error_set(error, "out of memory");
    return 0;
}

void report_discard(struct report *report)
{
    if (report->stream)
        fclose(report->stream);
    free(report->text);
    *report = (struct report){ 0 };
}

__attribute__((format(printf, 3, 0)))
static char *result_path(const struct options *options, struct error *error,
                         const char *format, va_list arguments)
{
    char name[256];
    int length = vsnprintf(name, sizeof(name), format, arguments);

    if (length < 0 || (size_t)length >= sizeof(name)) {
        error_set(error, "%.64s...: name too long", name);
        return NULL;
    }
    return file_path(error, "%s/results/%s", options->run_dir, name);
}

int report_commit(struct report *report, const struct options *options,
                  struct error *error, const char *name, ...)
{
    va_list arguments;
    int result = -1;
    char *path;

    va_start(arguments, name);
    path = result_path(options, error, name, arguments);
    va_end(arguments);
    if (!path)
        goto done;
    if (fflush(report->stream) != 0) {
        error_set(error, "%s: out of memory", path);
        goto done;
    }
    if (directory_make_above(path, error) == 0)
        result = file_replace(path, report->text, report->size, error);
    if (result == 0)
        printf("wrote %s\n", path);
done:
    free(path);
    report_discard(report);
    return result;
}

char *result_read(const struct options *options, const char *name, ...)
{
    va_list arguments;
    struct error error;
    char *path, *text = NULL;
    size_t size;

    va_start(arguments, name);
    path = result_path(options, &error, name, arguments);
    va_end(arguments);
    if (path)
        text = file_read(path, &size, &error);
    free(path);
    return text;
}

int result_number(const char *text, const char *key, double *number)
{
    size_t length = strlen(key);

    while (text && *text) {
        const char *end = strchr(text, '\n');

        if (strncmp(text, key, length) == 0 && text[length] == ' ')
            return sscanf(text + length, "%lf", number) == 1 ? 0 : -1;
        text = end ? end + 1 : NULL;
    }
    return -1;
}

int word_next(const char **words, char *word, size_t size)
{
    const char *start = *words + strspn(*words, " \t\n");
    size_t length = strcspn(start, " \t\n");

    *words = start + length;
    snprintf(word, size, "%.*s", (int)length, start);
    return length > 0;
}
