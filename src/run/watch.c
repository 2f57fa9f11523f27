/*
 * watch.c - signals, processes that end, Slurm's answer, deadlines: one poll.
 *
 * Beware: whether Slurm's final TERM reaches the command as well as the runner
 * is the site's affair (canary.h), and a second TERM does harm.  And the end of
 * the command's first process is not the end of the command: what surrounds a
 * program (a shell, timeout, tee, a launcher) often dies of the signal by which
 * the program is just saving itself.
 */
#include "watch_parts.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary.h"
#include "latsub/clock.h"
#include "latsub/file.h"
#include "latsub/options.h"
#include "memory.h"
#include "tree.h"

#define SECOND_LOOK_SEC 0.03
#define CANARY_POLL_SEC 0.02
#define ANSWER_SEC 60.0 /* for Slurm's word on a command that has left */
/* the same where its warning came before */
#define ANSWER_TO_WARNING_SEC 12.0
#define TICK_SEC 1.0    /* while deadlines run: to notice a suspension */
#define DAY_SEC 86400.0

void
watch_signals(sigset_t *set)
{
	static const int taken[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT,
		SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGCONT };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		sigaddset(set, taken[i]);
}

/* ---- processes that end ---- */

static void
say_ended_by(const struct watching *w, pid_t pid, const char *name, int number)
{
	watching_say(w, "%s (%d)%s was ended by signal %d (%s)", name, (int)pid,
	    pid == w->stop.child ? ", the command's first process," : "",
	    number, strsignal(number));
}

static bool
needs_answer(const struct watching *w)
{
	bool good = WIFEXITED(w->status) && WEXITSTATUS(w->status) == 0;

	if (w->warned || w->termed)
		return true;
	return !w->over_budget && !(good && !w->attempt->may_preempt);
}

/* The first process has left.  If no signal explains that, Slurm may: a step
 * that was told to stop, a limit, a preemption whose TERM is on its way. */
static void
on_end(struct watching *w, int status)
{
	w->ended = w->stop.child_ended = true;
	w->status = status;
	w->first_ended = clock_now();
	if (!w->warned && !w->termed && needs_answer(w))
		watching_ask(w);
}

/* Slurm may be ending the job just now: then the rest has its TERM as well. */
static void
begin_rest(struct watching *w)
{
	w->rest_begun = true;
	w->stop.all_had_term |= canary_has(w->helpers[0], SIGTERM);
	if (w->attempt->spec->leave_behind && !w->stop.told && !w->termed)
		w->stop.gave_up = true;
	else
		stop_end_rest(&w->stop);
}

/* As the subreaper it buries its command's orphans, too. */
static void
reap(struct watching *w)
{
	char name[TREE_NAME_SIZE];
	siginfo_t info;
	int status;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT)
		    || info.si_pid == 0)
			return;
		tree_name_of(info.si_pid, name);
		if (waitpid(info.si_pid, &status, WNOHANG) != info.si_pid)
			return;
		if (info.si_pid == w->inquiry.agent.pid)
			w->inquiry.agent.pid = 0; /* its answer is in the pipe */
		if (info.si_pid == w->helpers[0])
			w->helpers[0] = 0;
		if (info.si_pid == w->helpers[1])
			continue;
		clock_gettime(CLOCK_REALTIME, &w->ended_at);
		if (WIFSIGNALED(status) && (w->stop.told || w->termed
		                            || info.si_pid == w->stop.child))
			say_ended_by(w, info.si_pid, name, WTERMSIG(status));
		w->stop.killed |= WIFSIGNALED(status)
			&& WTERMSIG(status) == SIGKILL;
		if (info.si_pid == w->stop.child)
			on_end(w, status);
	}
}

/* ---- time ---- */

static void
keep_deadlines(struct watching *w)
{
	double now = clock_now();

	if (!w->termed && w->budget_at > 0 && now >= w->budget_at) {
		w->budget_at = 0;
		w->over_budget = !w->warned;
		if (w->over_budget)
			watching_say(w, "time_budget is spent; the command is told to "
			    "save itself");
		watching_tell_in_time(w);
	}
	if (!w->termed && w->tell_at > 0 && now >= w->tell_at) {
		w->tell_at = 0;
		watching_tell_in_time(w);
		watching_ask(w);
	}
	inquiry_keep_time(&w->inquiry, now);
	w->helpers[1] = w->inquiry.agent.pid;
	if (w->deciding)
		watching_decide_term(w);
	if (w->ended && !w->deciding && !w->rest_begun
	    && now >= w->first_ended + SECOND_LOOK_SEC)
		begin_rest(w);
	stop_keep_deadlines(&w->stop);
}

static double
next_deadline(const struct watching *w)
{
	double now = clock_now();
	double stop = stop_next(&w->stop);
	const double times[] = { stop, stop > 0 ? now + TICK_SEC : 0,
		w->ended ? now + (w->rest_begun ? TICK_SEC / 10
		                  : SECOND_LOOK_SEC) : 0,
		w->budget_at, w->inquiry.ask_at, w->tell_at,
		w->deciding ? now + CANARY_POLL_SEC : 0 };
	double next = 0;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		if (times[i] > 0 && (next <= 0 || times[i] < next))
			next = times[i];
	}
	return next;
}

static int
milliseconds_until(double next)
{
	double left = next - clock_now();

	if (next <= 0)
		return -1;
	if (left > DAY_SEC) /* an int holds 24.8 days */
		left = DAY_SEC;
	return left > 0 ? (int)(left * 1000) + 1 : 0;
}

static void
wait_once(struct watching *w)
{
	struct pollfd fds[2] = {
		{ .fd = w->signal_fd, .events = POLLIN },
		{ .fd = w->inquiry.agent.fd, .events = POLLIN },
	};
	double next = next_deadline(w), late;

	w->continued = false;
	if (poll(fds, 2, milliseconds_until(next)) < 0 && errno != EINTR)
		return;
	if (fds[0].revents)
		watching_read_signals(w);
	late = next > 0 ? clock_now() - next : 0;
	if (w->continued && late > TICK_SEC)
		stop_postpone(&w->stop, late);
	if (w->inquiry.agent.fd >= 0 && fds[1].revents)
		watching_read_answer(w);
	reap(w);
	keep_deadlines(w);
}

/* ---- the whole ---- */

/* When to tell the command that its time_budget ends: early enough to save. */
static double
budget_end(const struct attempt *attempt, double started)
{
	double budget = (double)attempt->spec->time_budget_sec, left;

	if (budget <= 0)
		return 0;
	left = budget - (double)phase_used_sec(attempt_state(attempt),
	                                       attempt->gen, attempt->task);
	if (left > 2.0 * (double)attempt->warn_sec)
		left -= (double)attempt->warn_sec;
	else
		left /= 2;
	return started + (left > 0.1 ? left : 0.1);
}

/* Until when Slurm's word is waited for.  While slurmctld is silent nobody else
 * gets the node, and a step that it told to stop may have left with 0: then there
 * is time until its TERM. */
static double
answer_until(const struct watching *w)
{
	double until = w->first_ended + ANSWER_SEC, middle;

	if (w->termed)
		return w->slurm_kills_at - 1;
	if (!w->warned)
		return w->inquiry.is_silent ? INFINITY : until;
	/* that it is to go on is known, and the requeue needs time, too */
	until = w->first_ended + ANSWER_TO_WARNING_SEC;
	middle = (w->first_ended + w->warned_until) / 2;
	return until < middle ? until : middle;
}

static bool
awaits_answer(const struct watching *w)
{
	return !w->inquiry.is_over && needs_answer(w)
		&& clock_now() < answer_until(w);
}

/* Slurm signals the processes of a job one after the other: the command may
 * have its TERM, and be gone, before ours is here. */
static void
look_again(struct watching *w)
{
	struct pollfd fd = { .fd = w->signal_fd, .events = POLLIN };

	if (w->termed || w->warned)
		return;
	poll(&fd, 1, (int)(SECOND_LOOK_SEC * 1000));
	watching_read_signals(w);
}

static bool
is_over(struct watching *w)
{
	if (!w->ended || w->deciding || !stop_is_over(&w->stop)
	    || awaits_answer(w))
		return false;
	look_again(w);
	if (w->deciding || awaits_answer(w))
		return false;
	if (!w->inquiry.has_view && needs_answer(w))
		watching_say(w, "Slurm does not say why the command has ended");
	return true;
}

/* That a step ran out of memory Slurm remembers over requeues. */
static void
fill_end(const struct watching *w, struct watch_end *end)
{
	const struct attempt *attempt = w->attempt;

	*end = (struct watch_end){
		.cause = w->over_budget && !w->termed && !w->warned ? END_BUDGET
			: watching_cause(w),
		.final_term = w->termed, .kill_at = w->slurm_kills_at,
		.warned_until = w->warned_until,
		.requeued = decide_is_requeued(&w->inquiry.view, attempt->restarts),
		.time_limit_sec = w->inquiry.view.time_limit_sec,
		.out_of_memory = memory_kills() > w->oom_before,
		.step_out_of_memory = w->inquiry.view.step_out_of_memory
			&& (attempt->restarts == 0 || memory_was_full()),
		.elapsed_sec = (uint32_t)(clock_now() - w->started + 0.5),
		.signal = WIFSIGNALED(w->status) ? WTERMSIG(w->status) : 0,
		.exit_code = WIFSIGNALED(w->status)
			? 128 + WTERMSIG(w->status) : WEXITSTATUS(w->status),
		.death = { .at = w->ended_at,
			.leave_by = w->slurm_kills_at > 0 ? w->slurm_kills_at
				: w->warned_until } };
	/* a shell says so of its child by its own exit code */
	end->death.killed = w->stop.killed || end->exit_code == 128 + SIGKILL
		|| end->out_of_memory || end->step_out_of_memory;
	/* Slurm may have ended it and its TERM to us be on its way: KILL, too */
	if (end->requeued && end->kill_at <= 0)
		end->kill_at = clock_now() + (double)attempt->kill_wait_sec;
}

void
watch_command(const struct attempt *attempt, pid_t child, pid_t canary,
              int signal_fd, struct watch_end *end)
{
	struct watching w = { .attempt = attempt, .signal_fd = signal_fd,
		.helpers = { canary, 0 },
		.started = clock_now(), .stop = { .attempt = attempt,
			.child = child, .helper_count = 2 },
		.oom_before = memory_kills() };

	inquiry_init(&w.inquiry, attempt);
	w.stop.helpers = w.helpers;
	w.budget_at = budget_end(attempt, w.started);
	reap(&w);
	while (!is_over(&w))
		wait_once(&w);
	inquiry_end(&w.inquiry);
	canary_stop(w.helpers[0]);
	stop_clear(&w.stop);
	fill_end(&w, end);
}
