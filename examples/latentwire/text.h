/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The datasets: every *.txt of a directory, as symbols, in two parts.
 *
 * A line "=== held-out ===" divides what is learned from what is scored.
 * Letters lose their case, white space becomes one blank, and what the
 * alphabet does not have becomes SYMBOL_OTHER.
 */
#ifndef LATENTWIRE_TEXT_H
#define LATENTWIRE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
    SYMBOLS = 32,      /* a-z, blank . , ' - other: five bits */
    SYMBOL_OTHER = 31,
    SYMBOL_BITS = 5,
    WINDOW = 24,       /* symbols that travel together */
    CONTEXT = 2,       /* symbols before a window that both ends know */
    MAX_TEXTS = 16,
};

struct part {
    unsigned char *symbols;
    size_t count;
};

struct text {
    char *name; /* the file's name without .txt */
    struct part train;
    struct part held_out;
};

struct corpus {
    struct text texts[MAX_TEXTS]; /* by name */
    size_t count;
    uint64_t checksum;            /* of names and symbols */
};

struct corpus *corpus_load(const char *directory, struct error *error);
void corpus_destroy(struct corpus *corpus);

/* The text called NAME, or NULL with an error that lists those there are. */
const struct text *corpus_find(const struct corpus *corpus, const char *name,
                               struct error *error);

/* How many windows fit when the first begins at CONTEXT + SHIFT and each next
 * one STRIDE later; and where window INDEX begins. */
size_t part_window_count(const struct part *part, size_t shift, size_t stride);
const unsigned char *part_window(const struct part *part, size_t shift,
                                 size_t stride, size_t index);

/* FNV-1a, continued from HASH; begin with CHECKSUM_START. */
#define CHECKSUM_START UINT64_C(0xcbf29ce484222325)
uint64_t checksum_add(uint64_t hash, const void *data, size_t size);

#endif
