/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checkpoints: all that training needs to go on as if nothing had happened.
 *
 * A file is the header, the model's state, and the checksum of both.  Numbers
 * are in the byte order of the machine; another order fails at the magic.
 */
#include "checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

static const uint64_t MAGIC = UINT64_C(0x316572697774616c);

struct header {
    uint64_t magic;
    uint64_t dim;
    uint64_t state_count;
    struct progress progress;
};

static size_t checkpoint_size(uint64_t state_count)
{
    return sizeof(struct header) + state_count * sizeof(double) +
           sizeof(uint64_t);
}

static char *checkpoint_path(const char *directory,
                             const struct progress *progress,
                             struct error *error)
{
    if (progress->position == 0 && progress->epoch > 0)
        return file_path(error, "%s/epoch%" PRIu64, directory,
                         progress->epoch - 1);
    return file_path(error, "%s/epoch%" PRIu64 ".step%" PRIu64, directory,
                     progress->epoch, progress->step);
}

char *checkpoint_save(const char *directory, struct model *model,
                      const struct progress *progress, struct error *error)
{
    struct header header = {
        .magic = MAGIC,
        .dim = model_dim(model),
        .state_count = model_state_count(model),
        .progress = *progress,
    };
    size_t size = checkpoint_size(header.state_count);
    size_t summed = size - sizeof(uint64_t);
    char *path = checkpoint_path(directory, progress, error);
    char *data = malloc(size);
    uint64_t checksum;
    int result = -1;

    if (!data)
        error_set(error, "out of memory");
    if (!path || !data)
        goto done;
    memcpy(data, &header, sizeof(header));
    memcpy(data + sizeof(header), model_state(model),
           header.state_count * sizeof(double));
    checksum = checksum_add(CHECKSUM_START, data, summed);
    memcpy(data + summed, &checksum, sizeof(checksum));
    result = file_replace(path, data, size, error);
done:
    free(data);
    if (result == 0)
        return path;
    free(path);
    return NULL;
}

static int checkpoint_verify(const char *path, const char *data, size_t size,
                             struct header *header, struct error *error)
{
    uint64_t checksum;
    size_t summed = size - sizeof(checksum);

    if (size < checkpoint_size(0))
        return error_set(error, "%s: cut short at %zu bytes", path, size);
    memcpy(header, data, sizeof(*header));
    if (header->magic != MAGIC)
        return error_set(error, "%s: not a checkpoint of latentwire", path);
    if (header->dim < 1 || header->dim > MAX_DIM)
        return error_set(error, "%s: impossible dimension", path);
    if (header->state_count > size || size != checkpoint_size(header->state_count))
        return error_set(error, "%s: cut short or grown: %zu bytes", path, size);
    memcpy(&checksum, data + summed, sizeof(checksum));
    if (checksum != checksum_add(CHECKSUM_START, data, summed))
        return error_set(error, "%s: wrong checksum", path);
    return 0;
}

struct model *checkpoint_load(const char *path, struct progress *progress,
                              struct error *error)
{
    struct model *model = NULL;
    struct header header;
    size_t size;
    char *data = file_read(path, &size, error);

    if (!data || checkpoint_verify(path, data, size, &header, error) != 0)
        goto done;
    model = model_create(header.dim, error);
    if (!model)
        goto done;
    if (model_state_count(model) != header.state_count) {
        error_set(error, "%s: made by another version of latentwire", path);
        model_destroy(model);
        model = NULL;
        goto done;
    }
    memcpy(model_state(model), data + sizeof(header),
           header.state_count * sizeof(double));
    *progress = header.progress;
done:
    free(data);
    return model;
}

/* How far a checkpoint of this name is: its epoch and step, where "epoch7" is
 * epoch 8, step 0.  Returns 0 for other names. */
static int parse_name(const char *name, unsigned long place[2])
{
    int used = 0;

    if (sscanf(name, "epoch%lu.step%lu%n", &place[0], &place[1], &used) == 2 &&
        used > 0 && name[used] == '\0')
        return 1;
    if (sscanf(name, "epoch%lu%n", &place[0], &used) != 1 || name[used] != '\0')
        return 0;
    place[0]++;
    place[1] = 0;
    return 1;
}

static int is_checkpoint_name(const struct dirent *entry)
{
    unsigned long place[2];

    return parse_name(entry->d_name, place);
}

static int compare_furthest_first(const struct dirent **a,
                                  const struct dirent **b)
{
    unsigned long left[2] = { 0 }, right[2] = { 0 };

    parse_name((*a)->d_name, left);
    parse_name((*b)->d_name, right);
    if (left[0] != right[0])
        return left[0] > right[0] ? -1 : 1;
    if (left[1] != right[1])
        return left[1] > right[1] ? -1 : 1;
    return strcmp((*a)->d_name, (*b)->d_name);
}

char **checkpoint_list(const char *directory, struct error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_checkpoint_name,
                        compare_furthest_first);
    char **paths;

    if (count < 0 && errno != ENOENT) {
        error_set(error, "%s: cannot list: %s", directory, strerror(errno));
        return NULL;
    }
    count = count < 0 ? 0 : count;
    paths = calloc((size_t)count + 1, sizeof(*paths));
    if (!paths)
        error_set(error, "out of memory");
    for (int i = 0; i < count; i++) {
        if (paths && (i == 0 || paths[i - 1]))
            paths[i] = file_path(error, "%s/%s", directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return paths;
}

void checkpoint_list_destroy(char **paths)
{
    for (char **path = paths; path && *path; path++)
        free(*path);
    free(paths);
}
