/*
 * experiment.h - an experiment read from its files: the INI, the templates
 * it names, the variables it takes.
 */
#ifndef LATSUB_EXPERIMENT_H
#define LATSUB_EXPERIMENT_H

#include "latsub/error.h"
#include "latsub/spec.h"

struct experiment_template {
	char *name, *path;
	char *text;
	bool has_commands; /* shell lines, to run before the phase's command */
};

struct experiment {
	struct spec *spec;
	char *file;    /* absolute */
	char *workdir; /* absolute */
	char *check;   /* checksum of the file as it was read */
	char *text;    /* the INI, with what --set changed: the run's copy */
	size_t text_len;
	struct experiment_template *templates;
	size_t template_count;
	struct strlist sets; /* keys that --set has changed, now or earlier */
};

/* What the result depends on besides the file.  All members are the caller's, and
 * may be NULL or false. */
struct experiment_inputs {
	const struct strlist *sets; /* "KEY=VALUE": NAME for [env], SECTION.KEY
	                             * or PHASE.KEY else */
	const struct strlist *kept; /* "KEY=VALUE" of earlier submissions of the run;
	                             * ignored if the phase is gone */
	const char *workdir;        /* overrides the experiment's own */
	const struct variables *variables; /* of the run that is resumed */
	bool keep_env;              /* the caller's environment does not count */
};

/* Read FILE; inputs may be NULL.  Always returns something to destroy; usable only
 * when errors is empty. */
struct experiment *experiment_load(const char *file,
                                   const struct experiment_inputs *inputs,
                                   struct latsub_errlist *errors);
/* The same for one phase, for its jobs: other phases are not read, so that the cost
 * does not grow with their number. */
struct experiment *experiment_load_phase(const char *file, const char *phase,
                                         const struct experiment_inputs *inputs,
                                         struct latsub_errlist *errors);

/* The path of a template's copy in a run: "DIR/slurm_templates/NAME.sh"; caller
 * frees. */
char *experiment_template_copy(const char *dir, const char *name);
/* The checksum of a text, to tell whether a source was changed; caller frees. */
char *experiment_check(const char *text, size_t len);

/* A checksum of its text and its templates' texts, so of what jobs run; caller
 * frees. */
char *experiment_mark(const struct experiment *experiment);

void experiment_destroy(struct experiment *experiment);

#endif
