/*
 * view.h - what else than a run's status is shown: experiments, plans, variables,
 * audits.
 */
#ifndef LATSUB_VIEW_H
#define LATSUB_VIEW_H

#include <stdio.h>

#include "latsub/audit.h"
#include "latsub/plan.h"
#include "latsub/run.h"

/* A value on one line, in quotes, cut where it is long; caller frees. */
char *view_value(const char *value);
void view_print_variables(const struct variables *variables, FILE *out);
/* Those of the run, and which phases were submitted with other values. */
int view_print_run_variables(const struct run *run, FILE *out,
                             struct latsub_error *err);

/* An audit of the run: a line for each difference, and how much was looked at.
 * verbose: each task with its attempts, too. */
struct view_audit {
	const struct audit *audit;
	const struct journal_reading *reading;
	const char *dir;
	struct strlist notes; /* what was not looked at, and why */
	bool verbose;
};
void view_print_audit(const struct view_audit *view, FILE *out);
void view_print_audit_json(const struct view_audit *view, FILE *out);

enum view_graph { VIEW_TEXT, VIEW_DOT, VIEW_MERMAID };
void view_print_graph(const struct spec *spec, enum view_graph kind,
                      FILE *out);

/* The plan of a submission, before or after it. */
void view_print_plan(const struct spec *spec, const struct plan *plan,
                     FILE *out);

#endif
