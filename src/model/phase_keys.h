/*
 * phase_keys.h - the keys of a phase that are latsub's own.
 *
 * Not those that name other phases (after ...) and array.NAME, which are read when
 * all phases are known.
 */
#ifndef LATSUB_PHASE_KEYS_H
#define LATSUB_PHASE_KEYS_H

#include "latsub/spec.h"

/* Set the key on the phase, with complaints into errors as "WHERE: ...".
 * Returns false when there is no such key (or [defaults] may not have it). */
bool phase_keys_set(struct spec_phase *phase, const char *key,
                    const char *value, bool in_defaults, const char *where,
                    struct latsub_errlist *errors);

/* The table's rows: the name of the i-th key, NULL after the last; a value that it
 * takes and that differs from its default; whether [defaults] may have it. */
const char *phase_keys_name(size_t i);
const char *phase_keys_example(size_t i);
bool phase_keys_in_defaults(size_t i);

/* Is it a key of a phase (that [defaults] may not have)? */
bool phase_keys_is_key(const char *key);

/* The nearest key or option to a misspelt one, or NULL. */
const char *phase_keys_nearest(const char *key);

#endif
