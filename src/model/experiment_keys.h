/*
 * experiment_keys.h - the keys of the section [experiment].
 */
#ifndef LATSUB_EXPERIMENT_KEYS_H
#define LATSUB_EXPERIMENT_KEYS_H

#include "latsub/spec.h"

/* Set the key, with complaints into errors as "WHERE: ...".  Returns false when there
 * is no such key. */
bool experiment_keys_set(struct spec *spec, const char *key, const char *value,
                         const char *where, struct latsub_errlist *errors);

/* The table's rows: the name of the i-th key, NULL after the last; a value that it
 * takes and that differs from its default. */
const char *experiment_keys_name(size_t i);
const char *experiment_keys_example(size_t i);

/* The nearest key to a misspelt one, or NULL. */
const char *experiment_keys_nearest(const char *key);
/* "name workdir ..."; caller frees. */
char *experiment_keys_list(void);

#endif
