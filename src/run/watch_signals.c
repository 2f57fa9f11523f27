/*
 * watch_signals.c - the warning and the TERM: what they mean, who is told.
 */
#include "watch_parts.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "canary.h"
#include "latsub/clock.h"

#define SETTLE_SEC 2.0  /* kept back from KillWait for the last records */
#define TERM_SEC 2.0    /* between TERM and KILL at the end of a grace */
#define CANARY_SEC 0.3  /* for Slurm to signal the rest of the job's processes */
#define SUSPICION_SEC 1.0 /* for Slurm to say why its TERM came */
/* warnings of large arrays are passed on over a part of their lead */
#define SPREAD_TASKS_MIN 50
#define SPREAD_PART 10.0
#define TOLD_A_SECOND 50.0

void
watching_say(const struct watching *w, const char *fmt, ...)
{
	va_list ap;

	printf("latsub: %s: ", w->attempt->phase);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* ---- Slurm's word ---- */

/* The runner's own processes are not the command's: the canary, the agent. */
void
watching_ask(struct watching *w)
{
	inquiry_begin(&w->inquiry);
	w->helpers[1] = w->inquiry.agent.pid;
}

enum end_cause
watching_cause(const struct watching *w)
{
	return decide_cause(w->termed ? AT_TERM : w->warned ? AT_WARNING
	                    : AT_END, &w->inquiry.view,
	                    w->attempt->restarts);
}

static void
say_cause(const struct watching *w)
{
	static const char *const words[] = {
		[END_TIMEOUT] = "the job's time limit is near, or was reached",
		[END_PREEMPTED] = "Slurm preempts the job",
		[END_OPERATOR] = "someone has requeued the job",
		[END_CANCELLED] = "the job was cancelled",
		[END_NODE_LOST] = "a node of the job is lost",
	};
	enum end_cause cause = watching_cause(w);

	if (cause < sizeof words / sizeof *words && words[cause])
		watching_say(w, "the reason: %s", words[cause]);
}

/* It was a plain one.  The canary keeps it for ever: the next one needs another. */
static void
forget_term(struct watching *w)
{
	w->termed = false;
	w->slurm_kills_at = 0;
	w->stop.all_had_term = false;
	if (!canary_has(w->helpers[0], SIGTERM))
		return;
	canary_stop(w->helpers[0]);
	w->helpers[0] = canary_start();
}

/* It was taken for Slurm's, which was slow to say that it was not. */
static void
take_back(struct watching *w)
{
	watching_say(w, "Slurm does not end this job");
	forget_term(w);
	stop_take_back(&w->stop, &w->before_term);
}

void
watching_read_answer(struct watching *w)
{
	bool has_view = inquiry_read(&w->inquiry);

	w->helpers[1] = 0;
	if (has_view && w->termed && !w->deciding
	    && watching_cause(w) == END_FORWARDED)
		take_back(w);
	else if (has_view)
		say_cause(w);
}

/* ---- the two signals ---- */

static double
asked_grace(const struct watching *w, double left)
{
	double asked = (double)w->attempt->spec->checkpoint_grace_sec;

	if (left < 1)
		left = 1;
	return asked >= 0 && asked < left ? asked : left;
}

/* Before the end that Slurm has announced, or that time_budget is. */
void
watching_tell_in_time(struct watching *w)
{
	double now = clock_now();
	double left = w->warned ? w->warned_until - now
		: (double)w->attempt->warn_sec;
	double grace = asked_grace(w, left - SETTLE_SEC);
	bool none = w->attempt->spec->checkpoint_mode == CHECKPOINT_NONE;

	if (!w->stop.told)
		stop_tell(&w->stop, TELL_CHECKPOINT, none ? 0 : now + grace,
		          now + grace + (none ? 0 : TERM_SEC));
}

/* Many tasks of an array are often warned at once: neither the file system nor
 * slurmctld should have all of them at the same moment. */
static double
spread(const struct attempt *attempt)
{
	double tasks = attempt->spec->array ? attempt_state(attempt)->total : 1;
	double seconds = (double)attempt->warn_sec / SPREAD_PART;

	if (seconds > tasks / TOLD_A_SECOND)
		seconds = tasks / TOLD_A_SECOND;
	return tasks < SPREAD_TASKS_MIN ? 0
		: seconds * attempt_chance(attempt, 0);
}

static const char *
what_is_done(const struct watching *w)
{
	return w->attempt->spec->checkpoint_mode == CHECKPOINT_NONE
		? "the command gets TERM"
		: "the command is told to save itself";
}

static void
on_warning(struct watching *w)
{
	if (w->warned || w->termed)
		return;
	w->warned = true;
	w->warned_until = clock_now() + (double)w->attempt->warn_sec;
	watching_say(w, "Slurm's warning has come (%s); %s",
	             strsignal(w->attempt->warn_signal), what_is_done(w));
	w->tell_at = clock_now() + spread(w->attempt);
}

static void
on_term(struct watching *w)
{
	if (w->termed) { /* an earlier one may have been a plain one */
		if (!w->inquiry.has_view)
			watching_ask(w);
		return;
	}
	w->termed = true;
	w->deciding = true;
	w->term_came = clock_now();
	w->slurm_kills_at = w->term_came + (double)w->attempt->kill_wait_sec;
	watching_ask(w);
}

/* A TERM that Slurm knows nothing of is the command's affair. */
static void
forward_plain_term(struct watching *w, enum decide_tell how)
{
	forget_term(w);
	watching_say(w, "TERM has come, and Slurm does not end this job: %s",
	    how == TELL_NOTHING ? "the command has it as well"
	    : "it goes to the command");
	if (how != TELL_NOTHING)
		stop_forward(&w->stop, SIGTERM);
}

/* Until Slurm's KILL, less what the last records take. */
static void
tell_at_term(struct watching *w, enum decide_tell how)
{
	double kill_at = w->slurm_kills_at - SETTLE_SEC, now = clock_now();
	double grace = asked_grace(w, kill_at - now);
	double rest = grace / 3 < TERM_SEC ? grace / 3 : TERM_SEC;

	watching_say(w, "TERM has come; %s", w->stop.told
	    ? "the command was told before and goes on saving"
	    : how == TELL_NOTHING ? "Slurm sent it to the command as well"
	    : how == TELL_TERM ? "the command gets TERM"
	    : what_is_done(w));
	w->before_term = w->stop;
	w->stop.spares_srun = true;
	stop_tell(&w->stop, how, now + grace - rest, now + grace);
}

/* Once it is known whom the TERM reached and why it came, or after a moment. */
void
watching_decide_term(struct watching *w)
{
	double now = clock_now();
	const struct attempt *attempt = w->attempt;
	struct decide_term in = { .cause = watching_cause(w), .told = w->stop.told,
		.command_has_it = canary_has(w->helpers[0], SIGTERM),
		.signal_is_set = attempt->signal_is_set, .phase = attempt->spec };
	enum decide_tell how;

	if ((!in.command_has_it && now < w->term_came + CANARY_SEC)
	    || (!w->inquiry.has_view && now < w->term_came + SUSPICION_SEC))
		return;
	w->deciding = false;
	w->stop.all_had_term |= in.command_has_it;
	how = decide_tell(&in);
	if (in.cause == END_FORWARDED)
		forward_plain_term(w, how);
	else
		tell_at_term(w, how);
}

static void
on_signal(struct watching *w, int number)
{
	if (number == SIGTERM)
		on_term(w);
	else if (number == w->attempt->warn_signal)
		on_warning(w);
	else if (number == SIGCONT)
		w->continued = true;
	else if (number != SIGCHLD)
		stop_forward(&w->stop, number);
}

void
watching_read_signals(struct watching *w)
{
	struct signalfd_siginfo info;

	while (read(w->signal_fd, &info, sizeof info) == sizeof info)
		on_signal(w, (int)info.ssi_signo);
}
