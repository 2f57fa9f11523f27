/*
 * run.c - a run is opened and read: the snapshot, what a person edited in it,
 * and what the journal has beyond it.
 *
 * Beware: the state file may be replaced by anybody at any time.  It is read
 * whole.
 */
#include "latsub/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "run_edits.h"
#include "run_other.h"
#include "state_file.h"
#include "state_keys.h"

static const char fresh_header[] =
	"# latsub's state of this run: a snapshot of .latsub/journal.\n"
	"# Words of [phases]: pending, in_progress, completed, failed; to run a\n"
	"# phase again write pending, to skip it completed, then resume.\n"
	"\n[metadata]\n\n[phases]\n\n[checkpoints]\n\n[failures]\n";

/* What was read. */
static void
forget(struct run *run)
{
	run_edits_forget(run);
	state_destroy(run->state);
	inifile_destroy(run->doc);
	journal_offsets_clear(&run->offsets);
	latsub_errlist_clear(&run->complaints);
	strlist_clear(&run->notes);
}

/* Nothing was read yet; what was is somebody else's now. */
static void
begin_anew(struct run *run)
{
	run->edits = NULL;
	run->edit_count = 0;
	run->state = state_create();
	run->doc = NULL;
	run->offsets = (struct journal_offsets){ 0 };
	run->complaints = (struct latsub_errlist){ 0 };
	run->notes = (struct strlist){ 0 };
}

void
run_close(struct run *run)
{
	if (!run)
		return;
	forget(run);
	free(run->dir);
	free(run->state_path);
	free(run->journal_dir);
	free(run);
}

static int
fold(struct run *run, bool *changed, struct latsub_error *err)
{
	int rc;

	run->offsets.glance = run->glance;
	rc = journal_fold(run->journal_dir, &run->offsets, run->state, changed,
	                  err);
	state_sort(run->state);
	return rc;
}

static int
read_document(struct run *run, struct latsub_error *err)
{
	char *text = NULL;
	size_t len = 0;

	run->doc_exists = false;
	if (file_read(run->state_path, RUN_FILE_MAX, &text, &len,
	              &run->doc_stat, err)) {
		if (errno != ENOENT)
			return -1;
		text = NULL;
	} else {
		run->doc_exists = true;
	}
	if (len == 0) { /* deleted or emptied: begin with a fresh page */
		free(text);
		text = xstrdup(fresh_header);
		len = strlen(text);
	}
	run->doc = inifile_parse(run->state_path, text, len, INI_JSON_STRINGS,
	                         &run->complaints);
	free(text);
	return 0;
}

/* The details do not add up: begin from nothing but the metadata. */
static void
start_over(struct run *run)
{
	struct state *fresh = state_create();

	for (size_t i = 0; i < run->state->metadata_keys.count; i++) {
		const char *key = run->state->metadata_keys.items[i];

		state_set_metadata(fresh, key,
		                   state_metadata(run->state, key));
	}
	fresh->failure = run->state->failure; /* the old script's, perhaps */
	fresh->failure.time = 0;
	run->state->failure = (struct state_failure){ 0 };
	state_destroy(run->state);
	run->state = fresh;
	journal_offsets_clear(&run->offsets);
}

static void
apply_note(const struct event *event, void *user)
{
	state_apply_note(user, event);
}

/* A snapshot of before there were notes, or trails: once more through all of the
 * journal. */
static int
find_notes(struct run *run, struct latsub_error *err)
{
	return journal_scan_kinds(run->journal_dir, STATE_TRAIL_KINDS
		| 1u << EVENT_REFUSED | 1u << EVENT_FAILED | 1u << EVENT_REQUEUED,
		apply_note, run->state, err);
}

static int
read_all(struct run *run, struct latsub_error *err)
{
	struct state_words words = { 0 };
	bool trusted, has_notes;
	int rc;

	if (journal_exists(run->journal_dir, &run->has_journal, err)
	    || read_document(run, err))
		return -1;
	trusted = state_file_load(run->doc, run->state_path, run->state,
	                          &run->offsets, &words, &has_notes,
	                          &run->complaints);
	if (!trusted && run->has_journal) {
		start_over(run);
		rc = fold(run, NULL, err);
		run_edits_take(run, &words);
	} else {
		run_edits_take(run, &words);
		rc = fold(run, NULL, err);
		if (rc == 0 && !has_notes && run->has_journal)
			rc = find_notes(run, err);
	}
	if (run->offsets.damaged)
		strlist_add_owned(&run->notes, xasprintf(
			"%s: %llu damaged line%s passed over (a node may have "
			"died while it wrote); 'latsub audit' names them",
			run->journal_dir,
			(unsigned long long)run->offsets.damaged,
			run->offsets.damaged == 1 ? " was" : "s were"));
	if (run->offsets.foreign)
		strlist_add_owned(&run->notes, xasprintf(
			"%s: %llu lines of a newer latsub were kept and not "
			"understood", run->journal_dir,
			(unsigned long long)run->offsets.foreign));
	if (run->offsets.waiting)
		strlist_add_owned(&run->notes, xasprintf(
			"%s: %llu events of submissions that are not known "
			"here (a file of another node is late, or a line is "
			"damaged)", run->journal_dir,
			(unsigned long long)run->offsets.waiting));
	state_words_clear(&words);
	return rc;
}

int
run_read(struct run *run, struct latsub_error *err)
{
	struct run before = *run;
	int rc, saved;

	begin_anew(run);
	rc = read_all(run, err);
	saved = errno;
	if (rc) { /* what is known stays known: a runner goes on with it */
		forget(run);
		*run = before;
	} else {
		forget(&before);
	}
	errno = saved;
	return rc;
}

int
run_refresh(struct run *run, bool *changed, struct latsub_error *err)
{
	return fold(run, changed, err);
}

/* An experiment named by mistake would be written over. */
static int
check_is_state(const struct run *run, struct latsub_error *err)
{
	if (run->has_journal && strcmp(file_basename(run->state_path),
	                               RUN_STATE_NAME) == 0)
		return 0;
	for (size_t i = 0; i < inifile_section_count(run->doc); i++) {
		const char *name = inifile_section(run->doc, i)->name;

		if (strcmp(name, "experiment") == 0
		    || text_starts(name, "phase "))
			return latsub_error_set(err, LATSUB_USAGE, "%s: this "
				"is an experiment, not the state of a run; name "
				"the run's directory or its %s",
				run->state_path, RUN_STATE_NAME);
	}
	return 0;
}

/* Is there a run?  What cannot be looked at is not taken for absent. */
static int
find_run(const struct run *run, const char *path, bool exists,
         struct latsub_error *err)
{
	bool has_state, has_journal;

	if (file_look(run->state_path, &has_state, err)
	    || file_look(run->journal_dir, &has_journal, err))
		return -1;
	if (has_state || has_journal)
		return 0;
	return latsub_error_set(err, LATSUB_USAGE, "%s: there is no run of "
	                        "latsub here%s", path, exists ? ""
	                        : " (no such file); check the path");
}

/* -1: it is not there, or that cannot be told. */
static int
stat_patiently(const char *path, struct stat *st)
{
	struct file_tries tries = { 0 };
	bool exists;
	int rc;

	if (file_look(path, &exists, NULL))
		return -1;
	do
		rc = stat(path, st);
	while (rc && file_try_again(&tries));
	return rc;
}

/* anyhow: links may lead out of it */
static struct run *
open_run(const char *path, bool anyhow, bool glance,
         struct latsub_error *err)
{
	struct run *run = xcalloc(1, sizeof *run);
	char *absolute = file_absolute(path);
	struct stat st;
	bool exists = stat_patiently(absolute, &st) == 0;
	bool unknown = !exists && errno != ENOENT && errno != ENOTDIR;
	bool is_dir = exists && S_ISDIR(st.st_mode);

	if (unknown)
		latsub_error_errno(err, "%s", absolute);
	run->glance = glance;
	run->state = state_create();
	run->dir = is_dir ? xstrdup(absolute) : file_directory(absolute);
	run->state_path = is_dir ? file_join(absolute, RUN_STATE_NAME)
		: xstrdup(absolute);
	run->journal_dir = run_path_in(run->dir, RUN_JOURNAL);
	free(absolute);
	/* links first: they choose what is opened */
	if (unknown || find_run(run, path, exists, err)
	    || (!anyhow && run_check_links(run->dir, err))
	    || run_read(run, err) || check_is_state(run, err)) {
		run_close(run);
		return NULL;
	}
	return run;
}

struct run *
run_open_anyhow(const char *path, struct latsub_error *err)
{
	return open_run(path, true, true, err);
}

struct run *
run_open(const char *path, struct latsub_error *err)
{
	return open_run(path, false, false, err);
}

struct run *
run_glance(const char *path, struct latsub_error *err)
{
	return open_run(path, false, true, err);
}

const char *
run_checkpoint(const struct run *run)
{
	const char *name = state_metadata(run->state, "checkpoint_phase");
	const struct phase_state *phase = name ? state_find(run->state, name)
		: NULL;

	if (phase && phase->checkpoint)
		return phase->checkpoint;
	name = state_get(run->doc, SECTION_CHECKPOINTS, STATE_CHECKPOINT_KEY);
	if (!name)
		name = inifile_get(run->doc, "", STATE_CHECKPOINT_KEY);
	return name && *name ? name : NULL;
}
