/*
 * watch_parts.h - what the two halves of the event loop share: watch.c (processes
 * that end, time) and watch_signals.c (signals, what they mean, who is told).
 */
#ifndef LATSUB_WATCH_PARTS_H
#define LATSUB_WATCH_PARTS_H

#include "inquiry.h"
#include "stop.h"
#include "watch.h"

struct watching {
	const struct attempt *attempt;
	struct stop stop;
	pid_t helpers[2];      /* the canary, the agent */
	int signal_fd;
	struct inquiry inquiry; /* of what Slurm says, as of the last signal */
	bool warned, termed;   /* which signals have come */
	bool deciding;         /* what that TERM means, and what to tell */
	bool over_budget;      /* time_budget made it stop */
	bool continued;        /* SIGCONT came since the last wait */
	bool ended, rest_begun; /* the first process; what it left is seen to */
	int status;
	struct timespec ended_at; /* of the last process of the command */
	double started, first_ended, term_came;
	double warned_until;   /* the end that the warning announced */
	double tell_at;        /* when to tell the command of it, 0: not */
	double slurm_kills_at; /* when Slurm's KILL is due, 0: not */
	double budget_at;      /* when time_budget says stop, 0: never */
	uint64_t oom_before;   /* memory_kills() at the start */
	struct stop before_term; /* to go back to, if that was not Slurm's */
};

/* A line of the log. */
__attribute__((format(printf, 2, 3)))
void watching_say(const struct watching *w, const char *fmt, ...);

/* Ask Slurm about this moment, and read what it answered. */
void watching_ask(struct watching *w);
void watching_read_answer(struct watching *w);
/* Why the attempt ends, as far as is known. */
enum end_cause watching_cause(const struct watching *w);

void watching_read_signals(struct watching *w);
/* Have the command save itself before the end that Slurm, or time_budget, has
 * announced. */
void watching_tell_in_time(struct watching *w);
/* What TERM means and whom to tell, once it is known or time is up. */
void watching_decide_term(struct watching *w);

#endif
