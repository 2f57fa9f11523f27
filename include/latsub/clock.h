/*
 * clock.h - how long something takes.  For dates there is time(2).
 */
#ifndef LATSUB_CLOCK_H
#define LATSUB_CLOCK_H

#include <stdbool.h>

/* Seconds by CLOCK_MONOTONIC.  Deadlines are such times; 0: there is none. */
double clock_now(void);

/* A signal may end it early. */
void clock_pause(double seconds);

/* In slices of half a second, while go_on (NULL: always) says so.  False: it did not,
 * before the pause was over or at its end. */
bool clock_pause_while(double seconds, bool (*go_on)(void));

#endif
