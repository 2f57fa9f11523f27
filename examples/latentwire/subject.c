/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the measuring phases look at: the texts and the trained model.
 */
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>

#include "checkpoint.h"
#include "files.h"

static struct model *model_open(const char *path, struct error *error)
{
    struct progress progress;
    struct model *model = checkpoint_load(path, &progress, error);

    if (model)
        printf("using %s\n", path);
    return model;
}

static struct model *model_find(const char *run_dir, struct error *error)
{
    char *directory = file_path(error, "%s/checkpoint", run_dir);
    char **paths = directory ? checkpoint_list(directory, error) : NULL;
    struct model *model = NULL;

    if (paths && !paths[0])
        error_set(error, "%s: no checkpoint there; train first, or give one "
                  "with --ckpt PATH", directory);
    for (char **path = paths; path && *path && !model; path++)
        model = model_open(*path, error);
    checkpoint_list_destroy(paths);
    free(directory);
    return model;
}

int subject_open(struct subject *subject, const struct options *options,
                 struct error *error)
{
    const char *given = options->checkpoint;

    *subject = (struct subject){ .corpus = corpus_load(options->data_dir, error) };
    if (subject->corpus)
        subject->model = given && *given ? model_open(given, error)
                                         : model_find(options->run_dir, error);
    if (subject->model)
        return 0;
    subject_close(subject);
    return -1;
}

void subject_close(struct subject *subject)
{
    model_destroy(subject->model);
    corpus_destroy(subject->corpus);
    *subject = (struct subject){ 0 };
}
