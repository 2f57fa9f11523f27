/*
 * audit.c - latsub audit: does the journal prove what it should, and do the state
 * file, Slurm and accounting agree with it?  Only reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/clock.h"
#include "latsub/audit_slurm.h"
#include "latsub/view.h"

#define TRIES 4 /* with a pause before each: what happens while one looks */
#define PAUSE_SEC 2
#define SLACK_MAX_SEC 86400

struct auditing {
	struct run *run;
	bool verbose, json, offline;
	int64_t slack_sec;
	const struct slurm_ops *slurm; /* NULL: offline, or there is none ... */
	struct latsub_error no_slurm;  /* ... for this reason */
	uid_t owner;
	bool silent; /* Slurm does not answer ... */
	bool elsewhere; /* ... or another cluster's does */
	struct audit *audit;
	struct journal_reading reading;
	struct strlist notes;
};

static void
take(struct event *event, uint32_t file, uint32_t line, void *user)
{
	struct auditing *a = user;

	audit_add(a->audit, event, (struct audit_place){ file, line });
}

static void
forget(struct auditing *a)
{
	audit_destroy(a->audit);
	a->audit = NULL;
	journal_reading_clear(&a->reading);
	strlist_clear(&a->notes);
}

/* All of the journal; hand edits that it does not have yet count as well. */
static int
read_journal(struct auditing *a, struct latsub_error *err)
{
	a->audit = audit_create(a->slack_sec);
	if (journal_read(a->run->journal_dir, take, a, &a->reading, err))
		return -1;
	audit_finish(a->audit);
	for (size_t i = 0; i < a->run->edit_count; i++)
		state_apply(a->audit->state, &a->run->edits[i]);
	return 0;
}

static void
ask_accounting(struct auditing *a)
{
	struct rangeset ids = { 0 };
	struct accounting accounting;

	audit_jobs(a->audit, &ids);
	accounting_ask_times(&accounting, &ids);
	if (accounting.count)
		audit_accounting(a->audit, &accounting);
	else if (ids.count)
		strlist_add(&a->notes, "sacct is not here, or it does not know "
		            "these jobs");
	accounting_clear(&accounting);
	rangeset_clear(&ids);
}

static bool
ask_slurm(struct auditing *a, struct slurm_jobs *jobs, struct latsub_error *why)
{
	enum slurm_answer answer = cli_check_cluster(a->run, a->slurm, why);

	a->elsewhere = answer == SLURM_REFUSED;
	a->silent = answer != SLURM_YES
		|| !cli_ask_jobs(a->run, a->slurm, jobs, why);
	return !a->silent;
}

/* First Slurm, then the journal: what ends in between is over in the journal, and
 * that counts as just now. */
static int
look(struct auditing *a, struct latsub_error *err)
{
	const char *run_id = run_job_id(a->run);
	struct latsub_error why = { 0 };
	struct slurm_jobs jobs = { 0 };
	bool answered = false, changed;
	uint64_t before;
	int rc;

	if (a->slurm && run_id && *run_id)
		answered = ask_slurm(a, &jobs, &why);
	rc = read_journal(a, err);
	/* damaged lines are read again, and say nothing again */
	before = a->run->state->changes;
	if (rc == 0)
		rc = run_refresh(a->run, NULL, err);
	changed = a->run->state->changes != before;
	if (rc == 0 && !changed)
		audit_compare(a->audit, a->run->state);
	else if (rc == 0)
		strlist_add(&a->notes, "the run goes on: its state file is not "
		            "compared");
	if (rc == 0 && answered)
		audit_slurm(a->audit, run_id, &jobs, time(NULL));
	if (a->silent)
		strlist_add_owned(&a->notes, xasprintf("%s: %s", a->elsewhere
			? "Slurm is not asked" : "Slurm does not answer",
			a->slurm ? why.text : a->no_slurm.text));
	slurm_jobs_clear(&jobs);
	return rc;
}

static int
look_again(struct auditing *a, struct latsub_error *err)
{
	int rc = look(a, err);

	for (int i = 1; rc == 0 && i < TRIES && a->slurm && !a->silent
	     && audit_may_pass(a->audit); i++) {
		clock_pause(PAUSE_SEC);
		forget(a);
		rc = run_refresh(a->run, NULL, err) ? -1 : look(a, err);
	}
	return rc;
}

static void
find_slurm(struct auditing *a)
{
	a->owner = run_owner(a->run);
	if (a->offline)
		return;
	a->slurm = cli_open_slurm_of(a->run, &a->no_slurm);
	a->silent = !a->slurm;
}

/* What was left out, in a line each. */
static void
add_notes(struct auditing *a)
{
	const char *run_id = run_job_id(a->run);

	if (a->offline)
		strlist_add(&a->notes, "Slurm is not asked");
	else if (!run_id)
		strlist_add(&a->notes, "nothing of this run was submitted");
	else if (!*run_id)
		strlist_add(&a->notes, "this is a copy: the jobs in Slurm are the "
		            "other run's");
	else if (a->owner != geteuid())
		strlist_add_owned(&a->notes, xasprintf("the run is of user %u; "
			"Slurm may not show that user's jobs",
			(unsigned)a->owner));
	for (size_t i = 0; i < a->run->edit_count; i++)
		strlist_add_owned(&a->notes, xasprintf("%s was set to %s in the "
			"state file; the next resume takes it up",
			a->run->edits[i].phase, a->run->edits[i].word
			? phase_word_name(a->run->edits[i].word)
			: "another checkpoint"));
}

static int
audit_run(struct auditing *a)
{
	struct latsub_error err = { 0 };
	struct view_audit view;
	int rc;

	find_slurm(a);
	rc = look_again(a, &err) ? cli_fail(&err) : LATSUB_OK;
	if (rc == LATSUB_OK) {
		if (a->slurm && !a->silent)
			ask_accounting(a);
		add_notes(a);
		view = (struct view_audit){ a->audit, &a->reading, a->run->dir,
			a->notes, a->verbose };
		if (a->json)
			view_print_audit_json(&view, stdout);
		else
			view_print_audit(&view, stdout);
		rc = a->audit->difference_count ? LATSUB_FAILED
			: a->silent ? LATSUB_SLURM : LATSUB_OK;
	}
	forget(a);
	return rc;
}

static int
execute_audit(const struct args *args)
{
	struct auditing a = { .slack_sec = AUDIT_SLACK_SEC,
		.verbose = args_has(args, 'v'), .json = args_has(args, 'j'),
		.offline = args_has(args, 'o') };
	const char *slack = args_value(args, 's');
	int rc = 0;

	if (slack && text_parse_int(slack, 0, SLACK_MAX_SEC, &a.slack_sec))
		return cli_usage(args, "--slack %s: seconds, from 0 to %d",
		                 slack, SLACK_MAX_SEC);
	a.run = cli_open_run(args->words[0], &rc);
	if (!a.run)
		return rc;
	if (a.run->has_journal)
		rc = audit_run(&a);
	else
		rc = cli_usage(args, "%s: there is no journal; latsub has "
		               "not run this yet", a.run->state_path);
	run_close(a.run);
	return rc;
}

static const struct command_option options[] = {
	{ .key = 'v', .name = "verbose",
	  .help = "each task with its attempts, too" },
	{ .key = 'j', .name = "json", .help = "for programs" },
	{ .key = 'o', .name = "offline", .help = "do not ask Slurm" },
	{ .key = 's', .name = "slack", .argument = "SEC",
	  .help = "what the nodes' clocks may differ by (10)" },
	{ .name = NULL }
};

const struct command command_audit = {
	.name = "audit",
	.summary = "check a run's journal, and compare it with Slurm",
	.usage = "audit [OPTION]... [STATE|RUN]",
	.text =
	"Check the journal of a run (the newest here), and compare it with the state\n"
	"file, Slurm and its accounting: each task completed once for each time\n"
	"that it was to run, no two attempts at a time, none before its parents.\n"
	"A line for each difference; only reads.\n",
	.options = options,
	.ending =
	"Exit code: 0 no difference, 1 differences, 2 bad input, 4 no difference\n"
	"in the journal, and Slurm does not answer.\n",
	CLI_ONE_RUN,
	.execute = execute_audit,
};
