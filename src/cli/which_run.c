/*
 * which_run.c - the run that a command means: the one that is named, or the newest
 * of the experiment that is here.
 *
 * Beware: the directory may be a group's.  What changes something takes the caller's
 * own runs only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"

/* Nothing is here: what was looked for, and where. */
static void
set_none(struct latsub_error *err, const char *root,
         const struct run_choice *choice)
{
	latsub_error_set(err, LATSUB_USAGE, "%s: no run%s%s is here%s%s%s; name a "
		"run's directory or its state file", root,
		choice->name ? " of " : "", choice->name ? choice->name : "",
		choice->passed ? " that is yours alone (" : "",
		choice->passed ? choice->passed : "",
		choice->passed ? " is not)" : "");
}

/* What changes something always says which it took: it may not be the one that was
 * thought of. */
static void
say_which(const struct run *run, bool own, bool several)
{
	const char *why = several
		? ", the newest of runs of more than one experiment"
		: !own && run_is_others(run) ? ", which is not yours alone" : "";

	if (own || *why)
		text_print(stderr, "latsub: this is %s%s%s\n", own ? "" : "about ",
		           run->dir, why);
}

static struct run *
open_newest(bool own, struct latsub_error *err)
{
	static const char file[] = "experiment.ini";
	struct latsub_errlist errors = { 0 };
	struct run_choice choice = { .own = own };
	struct experiment *experiment = file_exists(file)
		? experiment_load(file, NULL, &errors) : NULL;
	bool known = experiment && experiment->spec && experiment->spec->name;
	char *root = known ? file_join(experiment->workdir,
	                               experiment->spec->output_root)
		: xstrdup("runs");
	struct run *run;

	if (known) {
		choice.name = experiment->spec->name;
		choice.file = experiment->file;
		choice.check = experiment->check;
	}
	err->text[0] = '\0';
	run = run_open_newest(root, &choice, err);
	if (!run && !*err->text)
		set_none(err, root, &choice);
	if (run)
		say_which(run, own, choice.several);
	free(choice.passed);
	free(root);
	experiment_destroy(experiment);
	latsub_errlist_clear(&errors);
	return run;
}

char *
cli_newest_run(struct latsub_error *err)
{
	struct run *run = open_newest(true, err);
	char *dir = run ? xstrdup(run->dir) : NULL;

	run_close(run);
	return dir;
}

struct run *
cli_open_run(const char *path, int *code)
{
	struct latsub_error err = { 0 };
	struct run *run = path ? run_open(path, &err) : open_newest(false, &err);

	if (!run)
		*code = cli_fail(&err);
	return run;
}

/* Root may have others look at a run, and be trusted; they cannot change it. */
static int
check_not_roots(const struct run *run, struct latsub_error *err)
{
	return run_owner(run) == geteuid() || access(run->journal_dir, W_OK) == 0
		? 0 : latsub_error_set(err, LATSUB_USAGE, "%s: belongs to root; "
		                       "only root can change it", run->dir);
}

struct run *
cli_open_own_run(const char *path, int *code)
{
	struct latsub_error err = { 0 };
	struct run *run = path ? run_open(path, &err) : open_newest(true, &err);

	if (run && (run_check_owner(run, &err) || check_not_roots(run, &err))) {
		run_close(run);
		run = NULL;
	}
	if (!run)
		*code = cli_fail(&err);
	return run;
}
