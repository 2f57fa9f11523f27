/*
 * edit.c - what reset and skip share: the guide's two hand edits, safely.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "edit.h"

static int
record(struct run *run, const struct strlist *names, enum phase_word word,
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

int
edit_phases(const struct args *args, enum phase_word word, edit_more_f *more)
{
	const char *phase = args->words[0];
	struct strlist names = { 0 };
	struct latsub_error err;
	struct run *run;
	int rc = 0, lock;

	run = cli_open_own_run(args->words[1], &rc);
	if (!run)
		return rc;
	lock = run->has_journal ? engine_lock(run, &err) : -1;
	if (!run->has_journal) {
		rc = cli_usage(args, "%s: latsub has not run this yet; edit "
		               "its [phases] by hand, then resume it",
		               run->state_path);
	} else if (run->complaints.count) {
		rc = cli_complain(&run->complaints);
	} else if (lock < 0 || run_refresh(run, NULL, &err)) {
		rc = cli_fail(&err);
	} else if (cli_check_phase(args, run, phase)) {
		rc = LATSUB_USAGE;
	} else {
		strlist_add(&names, phase);
		if (more)
			more(run->state, &names);
		rc = record(run, &names, word, args->command->name);
	}
	if (lock >= 0)
		close(lock);
	strlist_clear(&names);
	run_close(run);
	return rc;
}
