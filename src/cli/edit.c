/*
 * edit.c - latsub reset and latsub skip: the guide's two hand edits, safely.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

const char help_reset[] =
	"Usage: latsub reset [--downstream] PHASE [STATE|RUN]\n\n"
	"Have a phase run again at the next resume, as if its word in the state\n"
	"file were set to pending.\n\n"
	"  -d, --downstream  the phases that wait for it, too\n"
	"  -h, --help        this text\n";

const char help_skip[] =
	"Usage: latsub skip PHASE [STATE|RUN]\n\n"
	"Take a phase for completed, as if its word in the state file were set\n"
	"so; the next resume goes on without running it.\n\n"
	"  -h, --help  this text\n";

static const struct option long_options[] = {
	{ "downstream", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int
unknown_phase(const struct run *run, const char *name)
{
	const char **names = xcalloc(run->state->count, sizeof *names);
	const char *nearest;

	for (size_t i = 0; i < run->state->count; i++)
		names[i] = run->state->phases[i]->name;
	nearest = text_nearest(name, names, run->state->count);
	fprintf(stderr, "latsub: %s: this run has no such phase%s%s%s\n", name,
	        nearest ? "; did you mean '" : "", nearest ? nearest : "",
	        nearest ? "'?" : "");
	free(names);
	return LATSUB_USAGE;
}

static bool
waits_for_one_of(const struct phase_state *phase, const struct strmap *names)
{
	const struct parents *parents = phase_parents(phase);

	for (size_t i = 0; i < parents->count; i++) {
		if (strmap_get(names, parents->items[i].phase))
			return true;
	}
	return false;
}

/* All that waits, directly or not, for the one that names holds.  In the order
 * of the experiment parents mostly come first: then one round is enough. */
static void
add_downstream(const struct state *state, struct strlist *names)
{
	struct strmap *known = strmap_create();
	bool grown = true;

	strmap_set(known, names->items[0], known);
	while (grown) {
		grown = false;
		for (size_t i = 0; i < state->count; i++) {
			const struct phase_state *phase = state->phases[i];

			if (strmap_get(known, phase->name)
			    || !waits_for_one_of(phase, known))
				continue;
			strlist_add(names, phase->name);
			strmap_set(known, phase->name, known);
			grown = true;
		}
	}
	strmap_destroy(known);
}

static int
edit(struct run *run, const struct strlist *names, enum phase_word word,
     const char *reason)
{
	struct event *events = xcalloc(names->count, sizeof *events);
	struct latsub_error err = { 0 };
	int rc, code = LATSUB_OK;

	for (size_t i = 0; i < names->count; i++)
		events[i] = (struct event){ .kind = EVENT_EDITED,
			.time = time(NULL), .all = true,
			.phase = xstrdup(names->items[i]),
			.gen = state_find(run->state, names->items[i])->gen + 1,
			.word = word, .reason = xstrdup(reason) };
	rc = run_record(run, events, names->count, true, &err);
	if (rc == 0 && run_save(run, &err)) {
		fprintf(stderr, "latsub: %s; the journal has it all the same\n",
		        err.text);
		code = LATSUB_SYSTEM;
	}
	for (size_t i = 0; i < names->count; i++) {
		if (rc == 0)
			printf("%s=%s\n", names->items[i], phase_word_name(word));
		event_clear(&events[i]);
	}
	free(events);
	return rc ? cli_fail(&err) : code;
}

static int
reset_or_skip(int argc, char **argv, const char *help, enum phase_word word)
{
	bool downstream = false, skip = word == WORD_COMPLETED;
	struct strlist names = { 0 };
	struct run *run;
	int option, rc = 0, lock;
	struct latsub_error err;

	while ((option = getopt_long(argc, argv, skip ? "h" : "dh",
	                             long_options, NULL)) != -1) {
		if (option != 'd' || skip)
			return cli_option(help, argv[0], option);
		downstream = true;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return cli_usage(argv[0], "name a phase, and a run if it is not "
		                 "the newest");
	run = cli_open_own_run(argv[optind + 1], &rc);
	if (!run)
		return rc;
	lock = run->has_journal ? engine_lock(run, &err) : -1;
	if (!run->has_journal) {
		rc = cli_usage(argv[0], "%s: latsub has not run this yet; edit "
		               "its [phases] by hand, then resume it",
		               run->state_path);
	} else if (run->complaints.count) {
		rc = cli_complain(&run->complaints);
	} else if (lock < 0 || run_refresh(run, NULL, &err)) {
		rc = cli_fail(&err);
	} else if (!state_find(run->state, argv[optind])) {
		rc = unknown_phase(run, argv[optind]);
	} else {
		strlist_add(&names, argv[optind]);
		if (downstream)
			add_downstream(run->state, &names);
		rc = edit(run, &names, word, argv[0]);
	}
	if (lock >= 0)
		close(lock);
	strlist_clear(&names);
	run_close(run);
	return rc;
}

int
command_reset(int argc, char **argv)
{
	return reset_or_skip(argc, argv, help_reset, WORD_PENDING);
}

int
command_skip(int argc, char **argv)
{
	return reset_or_skip(argc, argv, help_skip, WORD_COMPLETED);
}
