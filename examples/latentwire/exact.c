/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Arithmetic that gives the same bits on every machine: exp, log and tanh from
 * plain operations, and the random numbers.
 */
#include "exact.h"

#include <math.h>
#include <string.h>

static const double LN2_HIGH = 6.93147180369123816490e-01;
static const double LN2_LOW = 1.90821492927058770002e-10;

static double power_of_two(long exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

double exact_exp(double x)
{
    double scaled, rest, sum = 1.0;
    long exponent;

    x = x > 700.0 ? 700.0 : x < -700.0 ? -700.0 : x;
    scaled = x / (LN2_HIGH + LN2_LOW);
    exponent = (long)(scaled + (scaled < 0 ? -0.5 : 0.5));
    rest = x - (double)exponent * LN2_HIGH - (double)exponent * LN2_LOW;
    for (int term = 13; term > 0; term--)
        sum = 1.0 + sum * rest * (1.0 / term);
    return sum * power_of_two(exponent);
}

double exact_log(double x)
{
    int exponent;
    double mantissa = frexp(x, &exponent); /* in [1/2, 1) */
    double ratio, square, sum = 0.0;

    if (mantissa < 0.70710678118654752440) {
        mantissa *= 2.0;
        exponent--;
    }
    ratio = (mantissa - 1.0) / (mantissa + 1.0);
    square = ratio * ratio;
    for (int term = 21; term > 0; term -= 2)
        sum = sum * square + 1.0 / term;
    return 2.0 * ratio * sum + exponent * LN2_LOW + exponent * LN2_HIGH;
}

double exact_tanh(double x)
{
    double twice;

    if (x > 20.0 || x < -20.0)
        return x > 0 ? 1.0 : -1.0;
    twice = exact_exp(2.0 * x);
    return (twice - 1.0) / (twice + 1.0);
}

static uint64_t rotate_left(uint64_t x, int count)
{
    return (x << count) | (x >> (64 - count));
}

/* splitmix64 spreads the seed over the state, which must not be all zero. */
void rng_seed(struct rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        rng->state[i] = z ^ (z >> 31);
    }
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1.0p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    return (uint64_t)(rng_unit(rng) * (double)bound);
}
