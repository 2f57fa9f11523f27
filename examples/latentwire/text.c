/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The datasets: every *.txt of a directory, as symbols, in two parts.
 */
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

static const char DIVIDER[] = "\n=== held-out ===\n";

uint64_t checksum_add(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static unsigned char symbol_of(char character)
{
    static const char marks[] = " .,'-";
    const char *mark;

    if (character >= 'a' && character <= 'z')
        return (unsigned char)(character - 'a');
    if (character >= 'A' && character <= 'Z')
        return (unsigned char)(character - 'A');
    if (character == '\n' || character == '\t' || character == '\r')
        character = ' ';
    mark = character ? strchr(marks, character) : NULL;
    return mark ? (unsigned char)(26 + (mark - marks)) : SYMBOL_OTHER;
}

static int part_fill(struct part *part, const char *characters, size_t count)
{
    unsigned char blank = symbol_of(' ');

    part->symbols = malloc(count + 1);
    if (!part->symbols)
        return -1;
    for (size_t i = 0; i < count; i++) {
        unsigned char symbol = symbol_of(characters[i]);

        if (symbol == blank &&
            (part->count == 0 || part->symbols[part->count - 1] == blank))
            continue;
        part->symbols[part->count++] = symbol;
    }
    return 0;
}

size_t part_window_count(const struct part *part, size_t shift, size_t stride)
{
    size_t used = CONTEXT + shift + WINDOW;

    return part->count < used ? 0 : (part->count - used) / stride + 1;
}

const unsigned char *part_window(const struct part *part, size_t shift,
                                 size_t stride, size_t index)
{
    return part->symbols + CONTEXT + shift + index * stride;
}

static int text_load(struct text *text, const char *path, struct error *error)
{
    size_t size;
    char *data = file_read(path, &size, error);
    const char *divider = data ? strstr(data, DIVIDER) : NULL;
    const char *rest = divider ? divider + strlen(DIVIDER) : NULL;
    int result = -1;

    if (!data)
        goto done;
    if (!divider) {
        error_set(error, "%s: no line '=== held-out ==='", path);
        goto done;
    }
    if (part_fill(&text->train, data, (size_t)(divider - data)) != 0 ||
        part_fill(&text->held_out, rest, strlen(rest)) != 0) {
        error_set(error, "%s: out of memory", path);
        goto done;
    }
    if (part_window_count(&text->train, WINDOW, WINDOW) == 0 ||
        part_window_count(&text->held_out, WINDOW, WINDOW) == 0) {
        error_set(error, "%s: each part needs two windows of %d characters",
                  path, WINDOW);
        goto done;
    }
    result = 0;
done:
    free(data);
    return result;
}

static int corpus_add(struct corpus *corpus, const char *directory,
                      const char *file_name, struct error *error)
{
    struct text *text = &corpus->texts[corpus->count];
    char *path = NULL;
    int result = -1;

    if (corpus->count == MAX_TEXTS)
        return error_set(error, "%s: more than %d texts", directory, MAX_TEXTS);
    corpus->count++;
    text->name = file_path(error, "%.*s", (int)strlen(file_name) - 4,
                           file_name);
    if (text->name)
        path = file_path(error, "%s/%s", directory, file_name);
    if (path)
        result = text_load(text, path, error);
    free(path);
    return result;
}

static int is_text_name(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 4 &&
           strcmp(entry->d_name + length - 4, ".txt") == 0;
}

/* Not alphasort(), which goes by the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void corpus_checksum(struct corpus *corpus)
{
    uint64_t hash = CHECKSUM_START;

    for (size_t i = 0; i < corpus->count; i++) {
        const struct text *text = &corpus->texts[i];

        hash = checksum_add(hash, text->name, strlen(text->name) + 1);
        hash = checksum_add(hash, text->train.symbols, text->train.count);
        hash = checksum_add(hash, "|", 1);
        hash = checksum_add(hash, text->held_out.symbols, text->held_out.count);
    }
    corpus->checksum = hash;
}

struct corpus *corpus_load(const char *directory, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_text_name, compare_names);
    struct corpus *corpus = calloc(1, sizeof(*corpus));
    int result = corpus ? 0 : error_set(error, "out of memory");

    if (count < 0)
        result = error_set(error, "%s: cannot list: %s", directory,
                           strerror(errno));
    if (count == 0)
        result = error_set(error, "%s: holds no .txt files", directory);
    for (int i = 0; i < count; i++) {
        if (result == 0)
            result = corpus_add(corpus, directory, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    if (result != 0) {
        corpus_destroy(corpus);
        return NULL;
    }
    corpus_checksum(corpus);
    return corpus;
}

void corpus_destroy(struct corpus *corpus)
{
    if (!corpus)
        return;
    for (size_t i = 0; i < corpus->count; i++) {
        free(corpus->texts[i].name);
        free(corpus->texts[i].train.symbols);
        free(corpus->texts[i].held_out.symbols);
    }
    free(corpus);
}

const struct text *corpus_find(const struct corpus *corpus, const char *name,
                               struct error *error)
{
    char names[256] = "";

    for (size_t i = 0; i < corpus->count; i++) {
        size_t used = strlen(names);

        if (strcmp(corpus->texts[i].name, name) == 0)
            return &corpus->texts[i];
        snprintf(names + used, sizeof(names) - used, " %s",
                 corpus->texts[i].name);
    }
    error_set(error, "no dataset '%s'; there are:%s", name, names);
    return NULL;
}
