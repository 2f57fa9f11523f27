/*
 * stop.c - telling a command, then ending what is left of it.
 *
 * Beware: srun passes USR1 on to its tasks, but a TERM makes it kill them at
 * once.  Where Slurm has sent its TERM to the steps itself, srun is to be left
 * alone while they save themselves.
 */
#include "stop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt_checkpoint.h"
#include "deliver.h"
#include "latsub/clock.h"
#include "latsub/options.h"

#define REST_SEC 5.0 /* between TERM and KILL for what stays behind */
#define KILL_PAUSE_SEC 0.2
#define KILL_ROUNDS 15
#define NEW_CHECKPOINT_POLL_SEC 0.5
#define LOOK_SEC 0.5      /* at all files of a checkpoint; signals wait meanwhile */
#define LOOK_SHARE 20     /* of the time: one part */
#define NAMES_SHOWN 3

static void
say(const struct stop *stop, const char *what)
{
	printf("latsub: %s: %s\n", stop->attempt->phase, what);
	fflush(stdout);
}

/* "KILL to python3 (4711), tee (4712)"; caller frees. */
static char *
words_for(const char *what, const struct tree *tree)
{
	struct strbuf out = { 0 };

	strbuf_puts(&out, what);
	for (size_t i = 0; i < tree->count && i < NAMES_SHOWN; i++)
		strbuf_printf(&out, "%s%s (%d)", i ? ", " : " ",
		              tree->items[i].name, (int)tree->items[i].pid);
	if (tree->count > NAMES_SHOWN)
		strbuf_printf(&out, " and %zu more", tree->count - NAMES_SHOWN);
	return strbuf_steal(&out);
}

/* To each process that deliver.h says; TERM is remembered. */
static void
send(struct stop *stop, int number)
{
	struct tree tree, sent;

	tree_list(stop->helpers, stop->helper_count, &tree);
	if (tree.count == 0) /* no /proc here */
		stop_forward(stop, number);
	deliver(&tree, stop->child, number, stop->spares_srun, &sent);
	for (size_t i = 0; number == SIGTERM && i < sent.count; i++)
		tree_add(&stop->had_term, &sent.items[i]);
	tree_clear(&sent);
	tree_clear(&tree);
}

void
stop_forward(const struct stop *stop, int number)
{
	if (!stop->child_ended) /* else the group's number may be another's */
		kill(-stop->child, number);
}

/* As the user's keys say: to the group, or its leader. */
static void
signal_target(struct stop *stop, int number)
{
	if (!stop->attempt->spec->checkpoint_leader)
		send(stop, number);
	else if (!stop->child_ended)
		kill(stop->child, number);
}

/* ---- telling ---- */

/* The event loop waits for it: a large checkpoint is looked at rarely, and one that
 * takes too long never; the command then has all of its grace. */
static int
look_at_newest(struct stop *stop, bool closely, uint64_t *fingerprint)
{
	double begun = clock_now(), pause;
	int rc = attempt_newest_fingerprint(stop->attempt, closely,
	                                    begun + LOOK_SEC, fingerprint);

	pause = (clock_now() - begun) * LOOK_SHARE;
	stop->next_look = clock_now() + (pause > NEW_CHECKPOINT_POLL_SEC
		? pause : NEW_CHECKPOINT_POLL_SEC);
	return rc;
}

static void
tell_checkpoint(struct stop *stop)
{
	const struct spec_phase *spec = stop->attempt->spec;

	if (spec->checkpoint_mode == CHECKPOINT_NONE) {
		send(stop, SIGTERM);
		return;
	}
	if (spec->checkpoint_mode == CHECKPOINT_CONTINUE && spec->checkpoint) {
		stop->last_look = 0;
		if (look_at_newest(stop, false, &stop->before))
			stop->next_look = 0; /* a new one could not be told */
	}
	signal_target(stop, stop->attempt->stop_signal);
}

void
stop_tell(struct stop *stop, enum decide_tell how, double term_at,
          double kill_at)
{
	if (how == TELL_CHECKPOINT)
		tell_checkpoint(stop);
	else if (how == TELL_TERM)
		send(stop, SIGTERM);
	stop->told |= how != TELL_NOTHING;
	stop->term_at = stop->all_had_term ? 0 : term_at;
	stop->kill_at = kill_at;
}

/* A new one, and nobody has written to it from one look to the next. */
static void
look_for_checkpoint(struct stop *stop)
{
	uint64_t now;

	if (look_at_newest(stop, false, &now))
		return;
	/* another node may be writing to what looks finished from here */
	if (now && now != stop->before && now == stop->last_look
	    && look_at_newest(stop, true, &now))
		return;
	if (now && now != stop->before && now == stop->last_look) {
		stop->next_look = 0;
		say(stop, "a new checkpoint is there: TERM to the command");
		send(stop, SIGTERM);
		stop->term_at = 0;
		if (stop->kill_at <= 0 || stop->kill_at > clock_now() + REST_SEC)
			stop->kill_at = clock_now() + REST_SEC;
	}
	stop->last_look = now;
}

/* ---- what is left ---- */

/* TERM to whoever has not had one: a second one makes many programs abort. */
static void
term_rest(struct stop *stop)
{
	struct tree tree, told = { 0 };
	char *words;

	tree_list(stop->helpers, stop->helper_count, &tree);
	told.items = xcalloc(tree.count + 1, sizeof *told.items);
	for (size_t i = 0; i < tree.count; i++) {
		if (stop->all_had_term
		    || tree_holds(&stop->had_term, tree.items[i].pid))
			continue;
		kill(tree.items[i].pid, SIGTERM);
		told.items[told.count++] = tree.items[i];
	}
	words = words_for("TERM to", &told);
	if (told.count)
		say(stop, words);
	stop->all_had_term = true;
	free(words);
	tree_clear(&told);
	tree_clear(&tree);
}

static void
kill_rest(struct stop *stop)
{
	struct tree tree;
	char *words;

	tree_list(stop->helpers, stop->helper_count, &tree);
	for (size_t i = 0; i < tree.count; i++)
		kill(tree.items[i].pid, SIGKILL);
	words = words_for("KILL to", &tree);
	if (tree.count && stop->kills == 0)
		say(stop, words);
	free(words);
	stop->killed |= tree.count > 0;
	stop->kill_at = clock_now() + KILL_PAUSE_SEC;
	if (++stop->kills >= KILL_ROUNDS) {
		words = words_for("even KILL does not end", &tree);
		if (tree.count)
			say(stop, words);
		free(words);
		stop->gave_up = true;
		stop->kill_at = 0;
	}
	tree_clear(&tree);
}

void
stop_end_rest(struct stop *stop)
{
	bool waits = stop->kill_at > 0;
	struct tree tree;
	char *words;

	if (!tree_has_any(stop->helpers, stop->helper_count))
		return;
	tree_list(stop->helpers, stop->helper_count, &tree);
	words = words_for(waits
		? "the command's first process has ended; waits for"
		: "the command has ended and left behind", &tree);
	if (tree.count)
		say(stop, words);
	if (!waits) {
		stop->term_at = clock_now();
		stop->kill_at = stop->term_at + REST_SEC;
	}
	free(words);
	tree_clear(&tree);
}

void
stop_clear(struct stop *stop)
{
	tree_clear(&stop->had_term);
}

void
stop_take_back(struct stop *stop, const struct stop *before)
{
	stop->told = before->told;
	stop->spares_srun = before->spares_srun;
	stop->term_at = before->term_at;
	stop->kill_at = before->kill_at;
	stop->next_look = before->next_look;
}

bool
stop_is_over(const struct stop *stop)
{
	return stop->child_ended && (stop->gave_up
		|| !tree_has_any(stop->helpers, stop->helper_count));
}

/* ---- deadlines ---- */

void
stop_postpone(struct stop *stop, double seconds)
{
	double *times[] = { &stop->term_at, &stop->kill_at };

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		if (*times[i] > 0)
			*times[i] += seconds;
	}
}

double
stop_next(const struct stop *stop)
{
	const double times[] = { stop->term_at, stop->kill_at, stop->next_look };
	double next = 0;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		if (times[i] > 0 && (next <= 0 || times[i] < next))
			next = times[i];
	}
	return next;
}

void
stop_keep_deadlines(struct stop *stop)
{
	double now = clock_now();

	if (stop->next_look > 0 && now >= stop->next_look)
		look_for_checkpoint(stop);
	if (stop->term_at > 0 && now >= stop->term_at) {
		stop->term_at = 0;
		if (stop->told)
			say(stop, "the grace is over");
		term_rest(stop);
	}
	if (stop->kill_at > 0 && now >= stop->kill_at)
		kill_rest(stop);
}
