/*
 * reading.c - the experiment that is submitted: its file, with what its run had
 * before; and which phases of it are asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "road.h"

static void
note_changed_source(const struct run *run)
{
	const char *file = state_metadata(run->state, "experiment");
	const char *check = state_metadata(run->state, "experiment_check");
	struct latsub_error err;
	char *text, *now;
	size_t len;

	if (!file || !check
	    || file_read(file, RUN_FILE_MAX, &text, &len, NULL, &err))
		return;
	now = experiment_check(text, len);
	if (strcmp(now, check) != 0)
		fprintf(stderr, "latsub: %s was changed since this run took its "
		        "copy; the copy is used (--config %s takes the new "
		        "one)\n", file, file);
	free(now);
	free(text);
}

/* Which file has the experiment of the run that is resumed? */
static char *
resumed_file(const struct request *request, const struct run *run)
{
	char *copy = run_path_in(run->dir, RUN_EXPERIMENT);
	const char *recorded = state_metadata(run->state, "experiment");
	bool exists;

	if (request->config || request->file) {
		free(copy);
		return xstrdup(request->config ? request->config : request->file);
	}
	/* one that cannot be looked at is named, not replaced by another */
	if (file_look(copy, &exists, NULL) || exists) {
		note_changed_source(run);
		return copy;
	}
	free(copy);
	return xstrdup(recorded && file_exists(recorded) ? recorded
	               : "experiment.ini");
}

static int
load(struct reading *reading, const struct request *request,
     const struct run *run, struct latsub_error *err)
{
	struct latsub_errlist errors = { 0 };
	char *workdir = NULL, *file;
	struct experiment_inputs inputs = { .sets = &request->sets,
		.kept = &reading->kept_sets, .variables = &reading->then,
		.keep_env = request->keep_env };
	int rc = 0;

	if (run)
		file = resumed_file(request, run);
	else
		file = xstrdup(request->config ? request->config : request->file
		               ? request->file : "experiment.ini");
	if (run && run_is_copy(file))
		inputs.workdir = workdir = run_workdir(run);
	reading->experiment = experiment_load(file, &inputs, &errors);
	if (errors.count)
		rc = cli_said(err, cli_complain(&errors));
	latsub_errlist_clear(&errors);
	free(workdir);
	free(file);
	return rc;
}

static int
select_phases(struct reading *reading, const struct strlist *names,
              struct latsub_error *err)
{
	const struct spec *spec = reading->experiment->spec;

	if (names->count == 0)
		return 0;
	reading->selected = xcalloc(spec->phase_count,
	                            sizeof *reading->selected);
	for (size_t i = 0; i < names->count; i++) {
		long index = spec_select(spec, names->items[i], err);

		if (index < 0)
			return -1;
		reading->selected[index] = true;
	}
	return 0;
}

int
reading_take(struct reading *reading, const struct request *request,
             const struct run *run, struct latsub_error *err)
{
	if (run && run_variables(run, NULL, &reading->then, err))
		return -1;
	if (run)
		run_sets(run, &reading->kept_sets);
	return load(reading, request, run, err)
		|| select_phases(reading, &request->phases, err) ? -1 : 0;
}

void
reading_clear(struct reading *reading)
{
	experiment_destroy(reading->experiment);
	variables_clear(&reading->then);
	strlist_clear(&reading->kept_sets);
	free(reading->selected);
}
