/*
 * dag.h - edges between phases, and their topological order.
 */
#ifndef LATSUB_DAG_H
#define LATSUB_DAG_H

#include "latsub/spec.h"

/* Resolve the names of "after...", a list of words, into edges. */
void dag_add_edges(struct spec *spec, size_t phase, enum edge_kind kind,
                   const char *words, const char *where,
                   struct latsub_errlist *errors);

/* Fill spec->order, parents first and else in file order; a cycle is a
 * complaint that names its members.  Linear in phases and edges. */
void dag_order(struct spec *spec, struct latsub_errlist *errors);

#endif
