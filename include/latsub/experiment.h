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
};

/* Read FILE.  sets are "KEY=VALUE": NAME for [env], SECTION.KEY or PHASE.KEY
 * else.  workdir overrides the experiment's own (resuming), or is NULL.
 * Always returns something to destroy; usable only when errors is empty. */
struct experiment *experiment_load(const char *file,
                                   const struct strlist *sets,
                                   const char *workdir,
                                   struct latsub_errlist *errors);
/* The same for one phase, as its jobs need it: other phases are passed over
 * unread, so that the cost does not grow with their number. */
struct experiment *experiment_load_phase(const char *file, const char *phase,
                                         const char *workdir,
                                         struct latsub_errlist *errors);

/* The name of a template's copy in a run: "DIR/slurm_templates/NAME.sh", where
 * it is found again; caller frees. */
char *experiment_template_copy(const char *dir, const char *name);
/* The checksum of a text, to tell whether a source was changed; caller frees. */
char *experiment_check(const char *text, size_t len);

void experiment_destroy(struct experiment *experiment);

#endif
