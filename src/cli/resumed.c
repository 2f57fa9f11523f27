/*
 * resumed.c - the run that is to go on: found, looked over, and its experiment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "request.h"

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
char *
request_resumed_file(const struct request *r, const struct run *run)
{
	char *copy = run_path_in(run->dir, RUN_EXPERIMENT);
	const char *recorded = state_metadata(run->state, "experiment");
	bool exists;

	if (r->config || r->file) {
		free(copy);
		return xstrdup(r->config ? r->config : r->file);
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

/* Of an old script's run that was moved, or results that were: say so, it may
 * be meant. */
static void
note_missing(const struct run *run, const char *key, const char *value,
             const char *consequence)
{
	const char *workdir = state_metadata(run->state, "workdir");
	char *path;

	if (!value || !*value)
		return;
	path = file_join(workdir ? workdir : ".", value);
	if (!file_exists(path))
		fprintf(stderr, "latsub: %s: %s=%s does not exist; %s\n",
		        run->state_path, key, value, consequence);
	free(path);
}

void
request_note_checkpoint(const struct run *run)
{
	note_missing(run, "checkpoint_path", run_checkpoint(run),
	             "phases that begin from it need it: correct it there");
}

/* What was killed before it recorded anything has no experiment to go on with. */
static int
check_begun(const struct request *r, struct latsub_error *err)
{
	const struct run *run = r->engine.run;
	char *copy = run_path_in(run->dir, RUN_EXPERIMENT);
	bool begun = run->has_journal || run->doc_exists || file_exists(copy);

	free(copy);
	if (begun || r->config || r->file)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "%s: this run was cut off "
		"before anything of it was recorded; make it anew with 'latsub "
		"experiment FILE --output-dir %s'", run->dir, run->dir);
}

static void
note_place(const struct request *r)
{
	const struct run *run = r->engine.run;
	const char *was = state_metadata(run->state, "run_dir");
	const char *then = state_metadata(run->state, "workdir");
	char *workdir = run_workdir(run);

	if (r->place == RUN_MOVED)
		fprintf(stderr, "latsub: this run was %s; it goes on as %s\n",
		        was, run->dir);
	else if (r->place == RUN_COPIED)
		fprintf(stderr, "latsub: %s is a copy of %s, and goes on as a "
		        "run of its own: what the other has in Slurm is not "
		        "this one's\n", run->dir, was);
	else
		note_missing(run, "base_output_dir",
		             state_metadata(run->state, "base_output_dir"),
		             "the run goes on where its state file is");
	if (workdir && then && strcmp(workdir, then) != 0)
		fprintf(stderr, "latsub: its working directory was %s and is "
		        "%s now\n", then, workdir);
	if (r->place == RUN_IN_PLACE)
		request_note_checkpoint(run);
	free(workdir);
}

static int
refuse_unsure(const struct run *run)
{
	fprintf(stderr, "latsub: this run was %s, which cannot be looked at: "
	        "whether %s was moved or is a copy cannot be told; have that "
	        "be readable, or take it away\n",
	        state_metadata(run->state, "run_dir"), run->dir);
	return LATSUB_SYSTEM;
}

int
request_open_run(struct request *r)
{
	struct latsub_error err = { 0 };

	r->engine.run = run_open(r->resume, &err);
	if (!r->engine.run)
		return cli_fail(&err) + 1;
	if (r->engine.run->complaints.count) {
		if (r->engine.run->has_journal)
			fprintf(stderr, "latsub: mend what follows, or take the "
			        "file away: a resume writes it anew from the "
			        "journal\n");
		return cli_complain(&r->engine.run->complaints) + 1;
	}
	if (run_check_owner(r->engine.run, &err) || check_begun(r, &err))
		return cli_fail(&err) + 1;
	for (size_t i = 0; i < r->engine.run->notes.count; i++)
		fprintf(stderr, "latsub: %s\n", r->engine.run->notes.items[i]);
	r->place = run_place(r->engine.run);
	if (r->place == RUN_UNSURE)
		return refuse_unsure(r->engine.run) + 1;
	note_place(r);
	return 0;
}
