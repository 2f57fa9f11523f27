/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line: one table of options, "--name VALUE" or "--name=VALUE".
 */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

struct option {
    const char *name;
    size_t offset;      /* in struct options */
    int is_number;
    uint64_t least, most;
};

#define TEXT(member) .offset = offsetof(struct options, member)
#define NUMBER(member, low, high) \
    TEXT(member), .is_number = 1, .least = (low), .most = (high)

static const struct option table[] = {
    { "--run-dir", TEXT(run_dir) },
    { "--data", TEXT(data_dir) },
    { "--out", TEXT(out_dir) },
    { "--ckpt", TEXT(checkpoint) },
    { "--dataset", TEXT(dataset) },
    { "--method", TEXT(method) },
    { "--datasets", TEXT(datasets) },
    { "--methods", TEXT(methods) },
    { "--seeds", TEXT(seeds) },
    { "--epochs", NUMBER(epochs, 1, 100000) },
    { "--dim", NUMBER(dim, 1, MAX_DIM) },
    { "--batch", NUMBER(batch, 1, 4096) },
    { "--seed", NUMBER(seed, 0, UINT32_MAX) },
};

static const char *environment(const char *name, const char *fallback)
{
    const char *value = getenv(name);

    return value && *value ? value : fallback;
}

static void options_default(struct options *options)
{
    *options = (struct options){
        .run_dir = environment("LATSUB_RUN_DIR", "."),
        .data_dir = "data",
        .checkpoint = environment("LATSUB_CHECKPOINT", NULL),
        .datasets = environment("DATASETS", "harbour kitchen weather"),
        .methods = environment("METHODS", "unigram bigram truncate"),
        .seeds = environment("SEEDS", "42 123 456"),
        .epochs = 24,
        .dim = 8,
        .batch = 8,
        .seed = 42,
    };
}

static const struct option *option_find(const char *argument, size_t length)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strlen(table[i].name) == length &&
            strncmp(table[i].name, argument, length) == 0)
            return &table[i];
    return NULL;
}

static int option_store(const struct option *option, struct options *options,
                        const char *value, struct error *error)
{
    char *member = (char *)options + option->offset;
    unsigned long long number;
    char *end;

    if (!option->is_number) {
        memcpy(member, &value, sizeof(value));
        return 0;
    }
    errno = 0;
    number = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno ||
        number < option->least || number > option->most)
        return error_set(error, "%s %s: give a number from %llu to %llu",
                         option->name, value,
                         (unsigned long long)option->least,
                         (unsigned long long)option->most);
    memcpy(member, &(uint64_t){ number }, sizeof(uint64_t));
    return 0;
}

int options_parse(struct options *options, char **arguments,
                  struct error *error)
{
    options_default(options);
    for (; *arguments; arguments++) {
        const char *argument = *arguments;
        size_t length = strcspn(argument, "=");
        const struct option *option = option_find(argument, length);
        const char *value = argument + length + 1;

        if (!option)
            return error_set(error, "%s: no such option", argument);
        if (argument[length] == '\0') {
            value = *++arguments;
            if (!value)
                return error_set(error, "%s: needs a value", argument);
        }
        if (option_store(option, options, value, error) != 0)
            return -1;
    }
    return 0;
}
