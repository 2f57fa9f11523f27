/*
 * edit.h - a phase is given another word by a person.
 */
#ifndef LATSUB_EDIT_H
#define LATSUB_EDIT_H

#include "cli.h"

/* Adds phases to those that are edited; names has the first. */
typedef void edit_more_f(const struct state *state, struct strlist *names);

/* PHASE [STATE|RUN] of a line: the phase gets the word, and so do those that more
 * (or NULL) adds.  An exit code. */
int edit_phases(const struct args *args, enum phase_word word, edit_more_f *more);

#endif
