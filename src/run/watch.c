/*
 * watch.c - signals, the child's end, Slurm's answer, deadlines: one poll.
 *
 * Beware: Slurm's final TERM reaches every process of the job at once, so
 * the command has it already and must not get a second one from here.
 */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "checkpoint.h"
#include "latsub/file.h"
#include "latsub/options.h"
#include "memory.h"

#define SETTLE_SEC 2.0 /* kept back from KillWait for the last records */
#define NEW_CHECKPOINT_POLL_SEC 0.5
#define SECOND_LOOK_MS 30

struct watching {
	const struct attempt *attempt;
	pid_t child;
	int signal_fd;
	struct agent agent;
	struct slurm_view view;
	bool warned, termed;   /* which signals have come */
	bool told;             /* the command: to save itself */
	bool over_budget;      /* time_budget made it stop */
	bool ended;
	int status;
	double term_at, kill_at; /* when to send those, 0: not */
	double slurm_kills_at;   /* when Slurm's KILL is due, 0: not */
	double budget_at;        /* when time_budget says stop, 0: never */
	double next_poll;        /* for a newer checkpoint (continue) */
	/* the newest checkpoint when told, and at the last look since */
	uint64_t before, last_look;
};

double
watch_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void
watch_signals(sigset_t *set)
{
	static const int taken[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT,
		SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGCONT };

	sigemptyset(set);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		sigaddset(set, taken[i]);
}

static void
signal_command(const struct watching *w, int number, bool leader)
{
	if (!w->ended)
		kill(leader ? w->child : -w->child, number);
}

static void
say(const struct watching *w, const char *what)
{
	printf("latsub: %s: %s\n", w->attempt->phase, what);
	fflush(stdout);
}

static void
ask_slurm(struct watching *w)
{
	if (w->agent.fd >= 0)
		return;
	if (agent_ask(&w->agent, w->attempt->job))
		w->agent.fd = -1;
}

/* How long the command may take to save itself. */
static double
grace(const struct watching *w)
{
	double left = w->termed ? (double)w->attempt->kill_wait_sec - SETTLE_SEC
		: (double)w->attempt->warn_sec - SETTLE_SEC;
	double asked = (double)w->attempt->spec->checkpoint_grace_sec;

	if (left < 1)
		left = 1;
	return asked >= 0 && asked < left ? asked : left;
}

static uint64_t
newest_fingerprint(const struct watching *w)
{
	char *newest = attempt_newest_checkpoint(w->attempt, 0);
	uint64_t fingerprint = checkpoint_fingerprint(newest);

	free(newest);
	return fingerprint;
}

static void
tell_command(struct watching *w)
{
	const struct spec_phase *spec = w->attempt->spec;

	if (w->told)
		return;
	w->told = true;
	if (spec->checkpoint_mode == CHECKPOINT_NONE) {
		if (!w->termed || spec->shield_term)
			signal_command(w, SIGTERM, false);
		w->kill_at = watch_now() + grace(w);
		return;
	}
	if (spec->checkpoint_mode == CHECKPOINT_CONTINUE && spec->checkpoint) {
		w->before = newest_fingerprint(w);
		w->last_look = 0;
		w->next_poll = watch_now() + NEW_CHECKPOINT_POLL_SEC;
	}
	signal_command(w, w->attempt->stop_signal, spec->checkpoint_leader);
	w->term_at = watch_now() + grace(w);
}

static void
on_warning(struct watching *w)
{
	if (w->warned || w->termed)
		return;
	w->warned = true;
	say(w, "Slurm warns that the job's time is nearly over; the command "
	    "is told to save itself");
	tell_command(w);
	ask_slurm(w);
}

static void
on_term(struct watching *w)
{
	if (w->termed)
		return;
	w->termed = true;
	w->slurm_kills_at = watch_now() + (double)w->attempt->kill_wait_sec;
	say(w, "TERM has come");
	/* what is left of KillWait; the command has its TERM from Slurm */
	if (w->attempt->spec->shield_term)
		tell_command(w);
	w->term_at = 0;
	w->kill_at = watch_now() + grace(w);
	w->view = (struct slurm_view){ 0 };
	agent_drop(&w->agent); /* its answer would be of before the TERM */
	ask_slurm(w);
}

static void
on_signal(struct watching *w, int number)
{
	if (number == SIGTERM)
		on_term(w);
	else if (number == w->attempt->warn_signal)
		on_warning(w);
	else if (number != SIGCHLD && number != SIGCONT)
		signal_command(w, number, false);
}

static void
read_signals(struct watching *w)
{
	struct signalfd_siginfo info;

	while (read(w->signal_fd, &info, sizeof info) == sizeof info)
		on_signal(w, (int)info.ssi_signo);
}

/* A TERM that Slurm knows nothing of was sent to this process alone. */
static void
forward_plain_term(struct watching *w)
{
	if (!w->termed || !w->view.answered
	    || decide_cause(true, &w->view, w->attempt->restarts)
	    != END_FORWARDED)
		return;
	say(w, "Slurm does not end this job: the TERM goes to the command");
	signal_command(w, SIGTERM, false);
	if (!w->warned && !w->over_budget) { /* it was told in vain */
		w->told = false;
		w->next_poll = 0;
		w->term_at = 0;
	}
	w->termed = false;
	w->slurm_kills_at = 0;
	w->kill_at = 0;
}

static void
read_answer(struct watching *w)
{
	struct slurm_view view;

	agent_view(&w->agent, &view);
	w->view = view;
	forward_plain_term(w);
}

static void
reap(struct watching *w)
{
	int status;
	pid_t pid;

	/* as subreaper it has its command's orphans to bury, too */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == w->child) {
			w->ended = true;
			w->status = status;
		}
	}
}

/* A new one, and nobody has written to it from one look to the next. */
static void
look_for_checkpoint(struct watching *w)
{
	uint64_t now = newest_fingerprint(w);

	w->next_poll = watch_now() + NEW_CHECKPOINT_POLL_SEC;
	if (now && now != w->before && now == w->last_look) {
		w->next_poll = 0;
		w->term_at = watch_now();
	}
	w->last_look = now;
}

static void
keep_deadlines(struct watching *w)
{
	double now = watch_now();

	if (w->budget_at > 0 && now >= w->budget_at) {
		w->budget_at = 0;
		w->over_budget = !w->warned && !w->termed;
		if (w->over_budget)
			say(w, "time_budget is spent; the command is told to "
			    "save itself");
		tell_command(w);
	}
	if (w->next_poll > 0 && now >= w->next_poll)
		look_for_checkpoint(w);
	if (w->term_at > 0 && now >= w->term_at) {
		w->term_at = 0;
		say(w, "the grace is over: TERM to the command");
		signal_command(w, SIGTERM, false);
		w->kill_at = now + SETTLE_SEC;
	}
	if (w->kill_at > 0 && now >= w->kill_at) {
		w->kill_at = 0;
		say(w, "KILL to the command");
		signal_command(w, SIGKILL, false);
	}
}

static int
milliseconds_left(const struct watching *w)
{
	const double times[] = { w->term_at, w->kill_at, w->next_poll,
		w->budget_at };
	double next = 0, left;

	for (size_t i = 0; i < 4; i++) {
		if (times[i] > 0 && (next <= 0 || times[i] < next))
			next = times[i];
	}
	if (next <= 0)
		return -1;
	left = next - watch_now();
	return left > 0 ? (int)(left * 1000) + 1 : 0;
}

static void
wait_once(struct watching *w)
{
	struct pollfd fds[2] = {
		{ .fd = w->signal_fd, .events = POLLIN },
		{ .fd = w->agent.fd, .events = POLLIN },
	};

	if (poll(fds, 2, milliseconds_left(w)) < 0 && errno != EINTR)
		return;
	if (fds[0].revents)
		read_signals(w);
	if (w->agent.fd >= 0 && fds[1].revents)
		read_answer(w);
	reap(w);
	keep_deadlines(w);
}

/* The command has left; Slurm's word is still worth a moment's wait. */
static void
await_answer(struct watching *w)
{
	double until = watch_now() + 3;

	if (w->slurm_kills_at > 0 && until > w->slurm_kills_at - 1)
		until = w->slurm_kills_at - 1;
	while (w->agent.fd >= 0 && watch_now() < until) {
		struct pollfd fd = { .fd = w->agent.fd, .events = POLLIN };

		poll(&fd, 1, (int)((until - watch_now()) * 1000) + 1);
		if (fd.revents)
			read_answer(w);
	}
	agent_drop(&w->agent);
}

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

/* Slurm signals the processes of a job one after the other: the command may
 * have its TERM, and be gone, before ours is here.  So a bad end is looked at
 * twice, and a good one for a moment. */
static void
look_again(struct watching *w)
{
	struct pollfd fd = { .fd = w->signal_fd, .events = POLLIN };

	if (w->termed || w->warned)
		return;
	poll(&fd, 1, SECOND_LOOK_MS);
	read_signals(w);
	if (w->termed || (WIFEXITED(w->status) && WEXITSTATUS(w->status) == 0))
		return;
	ask_slurm(w);
	await_answer(w);
	read_signals(w);
	if (w->termed || !w->view.answered
	    || w->view.state == SLURM_RUNNING)
		return;
	w->termed = true;
	w->slurm_kills_at = watch_now() + (double)w->attempt->kill_wait_sec;
}

void
watch_command(const struct attempt *attempt, pid_t child, int signal_fd,
              struct watch_end *end)
{
	struct watching w = { .attempt = attempt, .child = child,
		.signal_fd = signal_fd, .agent = { .fd = -1 } };
	double started = watch_now();
	uint64_t oom_before = memory_kills();

	w.budget_at = budget_end(attempt, started);
	reap(&w);
	while (!w.ended)
		wait_once(&w);
	look_again(&w);
	await_answer(&w);
	*end = (struct watch_end){
		.cause = END_EXIT, .final_term = w.termed,
		.kill_at = w.slurm_kills_at,
		.out_of_memory = memory_kills() > oom_before,
		.elapsed_sec = (uint32_t)(watch_now() - started + 0.5),
		.signal = WIFSIGNALED(w.status) ? WTERMSIG(w.status) : 0,
		.exit_code = WIFSIGNALED(w.status)
			? 128 + WTERMSIG(w.status) : WEXITSTATUS(w.status) };
	if (w.over_budget)
		end->cause = END_BUDGET;
	if (w.termed || w.warned)
		end->cause = decide_cause(w.termed, &w.view, attempt->restarts);
}
