/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The compressor: layers, their gradients, and the optimiser.
 *
 * Parameters, gradients and moments are blocks of the same layout.  The loops
 * over a row have a constant length and no reduction is reordered, so the
 * compiler may vectorise them and the bits stay the same.
 */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HIDDEN = 48 };

struct layout {
    double *encode;      /* [WINDOW][SYMBOLS][dim] */
    double *encode_bias; /* [dim] */
    double *near;        /* [SYMBOLS][HIDDEN] the symbol before */
    double *far;         /* [SYMBOLS][HIDDEN] the one before that */
    double *place;       /* [WINDOW][HIDDEN] */
    double *spread;      /* [WINDOW][dim][HIDDEN] the wire, by place */
    double *out;         /* [HIDDEN][SYMBOLS] */
    double *out_bias;    /* [SYMBOLS] */
};

struct model {
    size_t dim;
    size_t count;
    double *block;    /* parameters, mean, variance, gradient: count each */
    double *gradient; /* the last part of it */
    struct layout at;
    struct layout slope;
};

/* What the decoder computed at one place of the window. */
struct place {
    double hidden[HIDDEN];
    double chance[SYMBOLS];
};

static struct layout layout_over(double *block, size_t dim)
{
    struct layout at = { .encode = block };

    at.encode_bias = at.encode + WINDOW * SYMBOLS * dim;
    at.near = at.encode_bias + dim;
    at.far = at.near + SYMBOLS * HIDDEN;
    at.place = at.far + SYMBOLS * HIDDEN;
    at.spread = at.place + WINDOW * HIDDEN;
    at.out = at.spread + WINDOW * dim * HIDDEN;
    at.out_bias = at.out + HIDDEN * SYMBOLS;
    return at;
}

static size_t layout_count(size_t dim)
{
    return WINDOW * SYMBOLS * dim + dim          /* encode, encode_bias */
           + 2 * SYMBOLS * HIDDEN                /* near, far */
           + WINDOW * HIDDEN                     /* place */
           + WINDOW * dim * HIDDEN               /* spread */
           + HIDDEN * SYMBOLS + SYMBOLS;         /* out, out_bias */
}

struct model *model_create(size_t dim, struct error *error)
{
    struct model *model = calloc(1, sizeof(*model));

    if (!model)
        goto failed;
    model->dim = dim;
    model->count = layout_count(dim);
    model->block = calloc(4 * model->count, sizeof(double));
    if (!model->block)
        goto failed;
    model->gradient = model->block + 3 * model->count;
    model->at = layout_over(model->block, dim);
    model->slope = layout_over(model->gradient, dim);
    return model;
failed:
    model_destroy(model);
    error_set(error, "out of memory");
    return NULL;
}

void model_destroy(struct model *model)
{
    if (!model)
        return;
    free(model->block);
    free(model);
}

size_t model_dim(const struct model *model)
{
    return model->dim;
}

size_t model_parameter_count(const struct model *model)
{
    return model->count;
}

double *model_state(struct model *model)
{
    return model->block;
}

size_t model_state_count(const struct model *model)
{
    return 3 * model->count;
}

static void randomise(double *from, const double *to, double scale,
                      struct rng *rng)
{
    while (from < to)
        *from++ = scale * (2.0 * rng_unit(rng) - 1.0);
}

void model_randomise(struct model *model, struct rng *rng)
{
    struct layout *at = &model->at;

    memset(model->block, 0, 4 * model->count * sizeof(double));
    randomise(at->encode, at->encode_bias, 0.3, rng);
    randomise(at->near, at->place, 0.3, rng);
    randomise(at->spread, at->out, 0.3, rng);
    randomise(at->out, at->out_bias, 0.2, rng);
}

/* to[] += scale * from[] */
static inline void add_scaled(double *restrict to, const double *restrict from,
                              double scale, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += scale * from[i];
}

/* Four sums side by side; COUNT is a multiple of four. */
static inline double dot(const double *a, const double *b, size_t count)
{
    double sum[4] = { 0 };

    for (size_t i = 0; i < count; i += 4)
        for (size_t j = 0; j < 4; j++)
            sum[j] += a[i + j] * b[i + j];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void model_encode(const struct model *model, const unsigned char *window,
                  double *wire)
{
    size_t dim = model->dim;

    memcpy(wire, model->at.encode_bias, dim * sizeof(double));
    for (size_t t = 0; t < WINDOW; t++)
        add_scaled(wire, model->at.encode + (t * SYMBOLS + window[t]) * dim,
                   1.0, dim);
    for (size_t k = 0; k < dim; k++)
        wire[k] = exact_tanh(wire[k]);
}

void model_quantise(const struct model *model, double *wire, size_t width)
{
    const double step = 2.0 / WIRE_LEVELS;

    for (size_t k = 0; k < model->dim; k++) {
        double level = floor((wire[k] + 1.0) / step);

        if (level > WIRE_LEVELS - 1)
            level = WIRE_LEVELS - 1;
        wire[k] = k < width ? (level + 0.5) * step - 1.0 : 0.0;
    }
}

/* Softmax in place; returns the probability's logarithm of TARGET. */
static double softmax(double *chance, size_t target)
{
    double largest = chance[0], sum = 0.0, chosen;

    for (size_t v = 1; v < SYMBOLS; v++)
        largest = chance[v] > largest ? chance[v] : largest;
    chosen = chance[target] - largest;
    for (size_t v = 0; v < SYMBOLS; v++) {
        chance[v] = exact_exp(chance[v] - largest);
        sum += chance[v];
    }
    for (size_t v = 0; v < SYMBOLS; v++)
        chance[v] *= 1.0 / sum;
    return chosen - exact_log(sum);
}

/* Predict symbol T of the window; returns its cost in natural units. */
static double decode_place(const struct model *model, struct place *place,
                           const unsigned char *window, size_t t,
                           const double *wire)
{
    const struct layout *at = &model->at;
    const double *spread = at->spread + t * model->dim * HIDDEN;
    double *hidden = place->hidden;

    memcpy(hidden, at->place + t * HIDDEN, sizeof(place->hidden));
    add_scaled(hidden, at->near + window[(long)t - 1] * HIDDEN, 1.0, HIDDEN);
    add_scaled(hidden, at->far + window[(long)t - 2] * HIDDEN, 1.0, HIDDEN);
    for (size_t k = 0; k < model->dim; k++)
        add_scaled(hidden, spread + k * HIDDEN, wire[k], HIDDEN);
    memcpy(place->chance, at->out_bias, sizeof(place->chance));
    for (size_t j = 0; j < HIDDEN; j++) {
        hidden[j] = exact_tanh(hidden[j]);
        add_scaled(place->chance, at->out + j * SYMBOLS, hidden[j], SYMBOLS);
    }
    return -softmax(place->chance, window[t]);
}

/* The gradient at place T; adds to WIRE_SLOPE what the wire is told. */
static void learn_place(struct model *model, struct place *place,
                        const unsigned char *window, size_t t,
                        const double *wire, double *wire_slope)
{
    const struct layout *at = &model->at;
    struct layout *slope = &model->slope;
    size_t row = t * model->dim * HIDDEN;
    double *error = place->chance; /* chance - truth */
    double inner[HIDDEN];

    error[window[t]] -= 1.0;
    add_scaled(slope->out_bias, error, 1.0, SYMBOLS);
    for (size_t j = 0; j < HIDDEN; j++) {
        double h = place->hidden[j];

        inner[j] = dot(at->out + j * SYMBOLS, error, SYMBOLS) * (1.0 - h * h);
        add_scaled(slope->out + j * SYMBOLS, error, h, SYMBOLS);
    }
    add_scaled(slope->place + t * HIDDEN, inner, 1.0, HIDDEN);
    add_scaled(slope->near + window[(long)t - 1] * HIDDEN, inner, 1.0, HIDDEN);
    add_scaled(slope->far + window[(long)t - 2] * HIDDEN, inner, 1.0, HIDDEN);
    for (size_t k = 0; k < model->dim; k++) {
        wire_slope[k] += dot(at->spread + row + k * HIDDEN, inner, HIDDEN);
        add_scaled(slope->spread + row + k * HIDDEN, inner, wire[k], HIDDEN);
    }
}

double model_bits(const struct model *model, const unsigned char *window,
                  const double *wire)
{
    struct place place;
    double cost = 0.0;

    for (size_t t = 0; t < WINDOW; t++)
        cost += decode_place(model, &place, window, t, wire);
    return cost / exact_log(2.0);
}

/* Half of the windows travel with the whole wire, the others with less. */
static size_t draw_width(const struct model *model, struct rng *rng)
{
    uint64_t width = rng_below(rng, 2 * model->dim);

    return width < model->dim ? width : model->dim;
}

double model_learn(struct model *model, const unsigned char *window,
                   struct rng *rng)
{
    double clean[MAX_DIM], wire[MAX_DIM] = { 0 }, wire_slope[MAX_DIM] = { 0 };
    size_t dim = model->dim, width = draw_width(model, rng);
    struct place place;
    double cost = 0.0;

    model_encode(model, window, clean);
    for (size_t k = 0; k < width; k++)
        wire[k] = clean[k] + (2.0 * rng_unit(rng) - 1.0) / WIRE_LEVELS;
    for (size_t t = 0; t < WINDOW; t++) {
        cost += decode_place(model, &place, window, t, wire);
        learn_place(model, &place, window, t, wire, wire_slope);
    }
    for (size_t k = 0; k < dim; k++)
        wire_slope[k] *= k < width ? 1.0 - clean[k] * clean[k] : 0.0;
    add_scaled(model->slope.encode_bias, wire_slope, 1.0, dim);
    for (size_t t = 0; t < WINDOW; t++)
        add_scaled(model->slope.encode + (t * SYMBOLS + window[t]) * dim,
                   wire_slope, 1.0, dim);
    return cost / exact_log(2.0);
}

void model_update(struct model *model, size_t count, size_t step, double rate)
{
    double keep_mean = 0.9, keep_variance = 0.999;
    double share = 1.0 / (double)count;
    double now = (double)step;
    double mean_scale = 1.0 / (1.0 - exact_exp(now * exact_log(keep_mean)));
    double variance_scale =
        1.0 / (1.0 - exact_exp(now * exact_log(keep_variance)));
    double *value = model->block;
    double *mean = value + model->count;
    double *variance = mean + model->count;

    for (size_t i = 0; i < model->count; i++) {
        double g = model->gradient[i] * share;

        mean[i] = keep_mean * mean[i] + (1.0 - keep_mean) * g;
        variance[i] = keep_variance * variance[i] + (1.0 - keep_variance) * g * g;
        value[i] -= rate * mean[i] * mean_scale /
                    (sqrt(variance[i] * variance_scale) + 1e-8);
        model->gradient[i] = 0.0;
    }
}
