/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The compressor: a window of text -> a short vector, the wire -> the text.
 *
 * The encoder is one linear layer and a tanh.  The wire's numbers are rounded
 * to WIRE_LEVELS steps, so one of them costs WIRE_BITS.  The decoder predicts
 * each character from the two before it and from the wire.  It is trained with
 * the tail of the wire cut off at random places, so that the first numbers
 * learn to carry the most and a wire of any width can be read.
 */
#ifndef LATENTWIRE_MODEL_H
#define LATENTWIRE_MODEL_H

#include <stddef.h>

#include "error.h"
#include "exact.h"
#include "text.h"

enum {
    WIRE_BITS = 4,
    WIRE_LEVELS = 1 << WIRE_BITS,
    MAX_DIM = 32,
};

struct model;

struct model *model_create(size_t dim, struct error *error);
void model_destroy(struct model *model);
void model_randomise(struct model *model, struct rng *rng);

size_t model_dim(const struct model *model);
size_t model_parameter_count(const struct model *model);

/* Everything that training changes, in one block: weights and both moments. */
double *model_state(struct model *model);
size_t model_state_count(const struct model *model);

/* WIRE gets model_dim() numbers in (-1, 1).  CONTEXT symbols lie before
 * WINDOW, here and below. */
void model_encode(const struct model *model, const unsigned char *window,
                  double *wire);

/* Round the first WIDTH numbers to what WIRE_BITS can say, cut off the rest. */
void model_quantise(const struct model *model, double *wire, size_t width);

/* What it costs to write the window down when the wire is known, in bits. */
double model_bits(const struct model *model, const unsigned char *window,
                  const double *wire);

/* Add one window's gradient; return its cost in bits.  The cut and the noise
 * that stands for the rounding come from RNG. */
double model_learn(struct model *model, const unsigned char *window,
                   struct rng *rng);

/* One step of Adam with the mean gradient of COUNT windows, then forget it.
 * STEP counts from 1. */
void model_update(struct model *model, size_t count, size_t step, double rate);

#endif
