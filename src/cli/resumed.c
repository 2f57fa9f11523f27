/*
 * resumed.c - the run that is to go on: found, and looked over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "road.h"

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
opened_note_checkpoint(const struct run *run)
{
	note_missing(run, "checkpoint_path", run_checkpoint(run),
	             "phases that begin from it need it: correct it there");
}

/* What was killed before it recorded anything has no experiment to go on with. */
static int
check_begun(const struct run *run, const struct request *request,
            struct latsub_error *err)
{
	char *copy = run_path_in(run->dir, RUN_EXPERIMENT);
	bool begun = run->has_journal || run->doc_exists || file_exists(copy);

	free(copy);
	if (begun || request->config || request->file)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "%s: this run was cut off "
		"before anything of it was recorded; make it anew with 'latsub "
		"experiment FILE --output-dir %s'", run->dir, run->dir);
}

static void
note_place(const struct run *run, enum run_place place)
{
	const char *was = state_metadata(run->state, "run_dir");
	const char *then = state_metadata(run->state, "workdir");
	char *workdir = run_workdir(run);

	if (place == RUN_MOVED)
		fprintf(stderr, "latsub: this run was %s; it goes on as %s\n",
		        was, run->dir);
	else if (place == RUN_COPIED)
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
	if (place == RUN_IN_PLACE)
		opened_note_checkpoint(run);
	free(workdir);
}

static int
refuse_unsure(const struct run *run, struct latsub_error *err)
{
	latsub_error_set(err, LATSUB_SYSTEM, "this run was %s, which cannot be "
		"looked at: whether %s was moved or is a copy cannot be told; have "
		"that be readable, or take it away",
		state_metadata(run->state, "run_dir"), run->dir);
	err->says_how = true;
	return -1;
}

static int
refuse_complaints(const struct run *run, struct latsub_error *err)
{
	if (run->has_journal)
		fprintf(stderr, "latsub: mend what follows, or take the file away: "
		        "a resume writes it anew from the journal\n");
	return cli_said(err, cli_complain(&run->complaints));
}

int
opened_find(struct opened *opened, const struct request *request,
            struct latsub_error *err)
{
	struct run *run = opened->run = run_open(request->resume, err);

	if (!run)
		return -1;
	if (run->complaints.count)
		return refuse_complaints(run, err);
	if (run_check_owner(run, err) || check_begun(run, request, err))
		return -1;
	for (size_t i = 0; i < run->notes.count; i++)
		fprintf(stderr, "latsub: %s\n", run->notes.items[i]);
	opened->place = run_place(run);
	if (opened->place == RUN_UNSURE)
		return refuse_unsure(run, err);
	note_place(run, opened->place);
	opened->copy = opened_copy_check(run);
	return 0;
}
