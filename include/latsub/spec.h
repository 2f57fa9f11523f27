/*
 * spec.h - an experiment: what a user wrote, checked and resolved.
 *
 * In: the entries of experiment.ini and the caller's environment.  Out: a
 * DAG of phases, or every complaint at once.  Pure: no file is read here.
 */
#ifndef LATSUB_SPEC_H
#define LATSUB_SPEC_H

#include "latsub/edge.h"
#include "latsub/error.h"
#include "latsub/options.h"
#include "latsub/sweep.h"
#include "latsub/variables.h"

#define SPEC_NAME_MAX 40 /* bytes of a phase's name */

/* A key of the file (key NULL: the header of a section). */
struct spec_item {
	const char *section, *key, *value;
	int line;
};

struct spec_edge {
	enum edge_kind kind;
	size_t parent; /* index of a phase */
};

enum checkpoint_mode { CHECKPOINT_EXIT, CHECKPOINT_CONTINUE, CHECKPOINT_NONE };

/* Reasons for which a phase may requeue itself: requeue_on. */
enum requeue_on {
	REQUEUE_PREEMPT = 1, REQUEUE_TIMEOUT = 2, REQUEUE_REQUEST = 4,
	REQUEUE_FAILURE = 8, REQUEUE_NODE_FAIL = 16
};

/* How a request grows from attempt to attempt: "x2", "x1.5", "+8G". */
struct spec_growth {
	bool set;
	double factor; /* 1: none */
	int64_t add;   /* seconds, or MiB */
};

struct spec_phase {
	char *name;
	int line;
	char *command;
	char *number;        /* for --phase; or NULL */
	struct spec_edge *edges;
	size_t edge_count;
	struct sweep sweep;
	uint32_t tasks;      /* 1 unless an array */
	bool array;
	uint32_t max_parallel; /* 0: no limit */
	char *template;      /* a name or a path; or NULL */
	char *checkpoint;    /* pattern under the run directory; or NULL */
	struct strlist outputs; /* must exist after success */
	struct job_options options;

	/* what the runner does with signals and failures */
	enum checkpoint_mode checkpoint_mode;
	int checkpoint_signal;   /* 0: the one of "signal" */
	int64_t checkpoint_grace_sec; /* -1: what is left */
	char *checkpoint_verify; /* shell text: is $LATSUB_CHECKPOINT good? NULL */
	uint32_t checkpoint_keep; /* so many are kept; 0: all */
	bool checkpoint_leader;  /* signal the leader alone, not the group */
	bool shield_term;
	bool leave_behind;       /* processes that it leaves may run on */
	uint32_t retries;
	int64_t retry_delay_sec;
	unsigned requeue_on;     /* bits of enum requeue_on */
	struct rangeset requeue_exit_codes;
	uint32_t max_requeues, max_stalled_requeues;
	struct spec_growth retry_mem, retry_time;
	int64_t time_budget_sec; /* over all attempts; 0: no limit */
};

#define SPEC_UMASK 077 /* of a run whose experiment does not say: they hold tokens */

struct spec {
	char *file;          /* as given, for messages */
	char *name, *workdir, *output_root;
	char *checkpoint_phase; /* or NULL */
	unsigned umask;      /* of the run's files */
	struct variables env; /* of [env], and those that arrays name: what jobs get */
	struct spec_phase *phases;
	size_t phase_count;
	size_t *order;       /* topological, parents first, else file order */
	struct strmap *by_name; /* -> index */
};

/* Always returns a spec (destroy it); usable only if errors is empty. */
struct spec *spec_create(const char *file, const struct spec_item *items,
                         size_t count,
                         const struct variable_sources *sources,
                         struct latsub_errlist *errors);
void spec_destroy(struct spec *spec);
/* What a phase owns; it is zero then. */
void spec_phase_clear(struct spec_phase *phase);

/* The index of a phase by name, or -1. */
long spec_find(const struct spec *spec, const char *name);

/* The phase that --phase means: a name, number = P, or "phaseP_...".
 * -1 with advice in *err. */
long spec_select(const struct spec *spec, const char *what,
                 struct latsub_error *err);

/* NULL, or what to write instead of a checkpoint pattern that cannot match or is
 * not under the run's directory. */
const char *spec_check_pattern(const char *pattern);
/* The name of a $NAME in it that stands for nothing, or NULL; the caller frees
 * it.  (In an array the variables of array.* and LATSUB_TASK stand for something.) */
char *spec_pattern_unknown(const char *pattern, const struct sweep *sweep);
/* Can one task's pattern match another task's files: NULL, or how and what to
 * write; the caller frees it. */
char *spec_pattern_ambiguous(const char *pattern, const struct sweep *sweep);
/* Is it absolute, or does it go up by ".."? */
bool spec_leads_out(const char *pattern);
/* Is this (the last part of) a name that codes give a file until it is whole? */
bool spec_is_temporary(const char *name);
/* What keeps the files of an array's tasks apart: NULL if all of it is in the
 * pattern, the name of a variable that is missing, or "" if none is there. */
const char *spec_pattern_lacks(const char *pattern, const struct sweep *sweep);
/* $NAME and ${NAME} replaced by the values of a task (and $LATSUB_TASK by its
 * index); in a pattern so that a value means itself.  Caller frees. */
char *spec_expand_pattern(const char *pattern, const struct sweep *sweep,
                          uint32_t task);
char *spec_expand_name(const char *name, const struct sweep *sweep,
                       uint32_t task);
/* Does $NAME or ${NAME} stand in it? */
bool spec_pattern_uses(const char *pattern, const char *variable);
/* A pattern that matches what the one of any task does, or a directory that it is
 * in (where a value has a '/', it ends there).  Caller frees. */
char *spec_pattern_any_task(const char *pattern, const struct sweep *sweep);

/* The grown value; never less than before plus one. */
int64_t spec_grow(const struct spec_growth *growth, int64_t value);

/* Merge a template's options under each phase that names it. */
void spec_apply_template(struct spec *spec, const char *template,
                         const struct job_options *options);

#endif
