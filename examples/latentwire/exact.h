/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Arithmetic that gives the same bits on every machine.
 *
 * A requeued job may go on on another node.  The C library picks exp() and
 * log() by the processor it finds, so their last bit may differ from node to
 * node, and after a million steps so would the weights.  These use only plain
 * IEEE operations, and the Makefile forbids fusing them.
 */
#ifndef LATENTWIRE_EXACT_H
#define LATENTWIRE_EXACT_H

#include <stdint.h>

double exact_exp(double x);  /* clamped to [-700, 700] */
double exact_log(double x);  /* x > 0 and normal */
double exact_tanh(double x);

/* xoshiro256**, by Blackman and Vigna.  The whole state goes into checkpoints. */
struct rng {
    uint64_t state[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
double rng_unit(struct rng *rng);                     /* in [0, 1) */
uint64_t rng_below(struct rng *rng, uint64_t bound);  /* in [0, bound) */

#endif
