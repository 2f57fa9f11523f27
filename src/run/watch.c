/*
 * watch.c - signals, processes that end, Slurm's answer, deadlines: one poll.
 *
 * Beware: whether Slurm's final TERM reaches the command as well as the runner
 * is the site's affair (canary.h), and a second TERM does harm.  And the end of
 * the command's first process is not the end of the command: what surrounds a
 * program (a shell, timeout, tee, a launcher) often dies of the signal by which
 * the program is just saving itself.
 */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "canary.h"
#include "latsub/file.h"
#include "latsub/options.h"
#include "memory.h"
#include "stop.h"
#include "tree.h"

#define SETTLE_SEC 2.0  /* kept back from KillWait for the last records */
#define TERM_SEC 2.0    /* between TERM and KILL at the end of a grace */
#define SECOND_LOOK_SEC 0.03
#define CANARY_SEC 0.3  /* for Slurm to signal the rest of the job's processes */
#define CANARY_POLL_SEC 0.02
#define SUSPICION_SEC 1.0 /* for Slurm to say why its TERM came */
#define ANSWER_SEC 60.0 /* for Slurm's word on a command that has left */
#define ASK_AGAIN_SEC 1.0
#define TICK_SEC 1.0    /* while deadlines run: to notice a suspension */
#define DAY_SEC 86400.0
/* warnings of large arrays are passed on over a part of their lead */
#define SPREAD_TASKS_MIN 50
#define SPREAD_PART 10.0
#define TOLD_A_SECOND 50.0

struct watching {
	const struct attempt *attempt;
	struct stop stop;
	pid_t helpers[2];      /* the canary, the agent */
	int signal_fd;
	struct agent agent;
	struct slurm_view view;
	bool has_view;         /* it is of this moment */
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
	unsigned asked;        /* how often in vain */
	double slurm_kills_at; /* when Slurm's KILL is due, 0: not */
	double budget_at;      /* when time_budget says stop, 0: never */
	double ask_at;         /* when to ask Slurm again, 0: not */
	double answer_by;      /* until then its answer is waited for, 0: not */
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

__attribute__((format(printf, 2, 3)))
static void
say(const struct watching *w, const char *fmt, ...)
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

static void
ask_slurm(struct watching *w)
{
	w->ask_at = 0;
	if (w->agent.fd >= 0)
		return;
	if (ask_view(&w->agent, w->attempt->job)) {
		w->agent.fd = -1;
		w->ask_at = watch_now() + ASK_AGAIN_SEC;
	}
	w->helpers[1] = w->agent.pid;
}

/* An answer to an earlier question would be of another moment. */
static void
ask_anew(struct watching *w)
{
	agent_drop(&w->agent);
	w->has_view = false;
	w->view = (struct slurm_view){ 0 };
	ask_slurm(w);
}

static enum end_cause
cause_of(const struct watching *w)
{
	return decide_cause(w->termed ? AT_TERM : w->warned ? AT_WARNING
	                    : AT_END, &w->view, w->attempt->restarts);
}

static void
say_cause(const struct watching *w)
{
	static const char *const words[] = {
		[END_TIMEOUT] = "the time limit is near, or reached",
		[END_PREEMPTED] = "the job is preempted",
		[END_OPERATOR] = "the job was requeued by someone",
		[END_CANCELLED] = "the job is cancelled",
	};
	enum end_cause cause = cause_of(w);

	if (cause < sizeof words / sizeof *words && words[cause])
		say(w, "Slurm says: %s", words[cause]);
}

/* It was taken for Slurm's, which was slow to say that it was not. */
static void
take_back(struct watching *w)
{
	say(w, "Slurm does not end this job");
	w->termed = false;
	w->slurm_kills_at = 0;
	stop_take_back(&w->stop);
}

/* Longer from time to time, and another for each task: many may ask at once. */
static double
pause_before_asking(struct watching *w)
{
	double most = w->asked < 2 ? ASK_AGAIN_SEC * (double)(1u << w->asked)
		: ASK_AGAIN_SEC * 4;

	w->asked++;
	return most * (0.5 + attempt_chance(w->attempt, w->asked) / 2);
}

static void
read_answer(struct watching *w)
{
	struct agent_answer answer;

	agent_finish(&w->agent, &answer);
	w->view = answer.view;
	w->helpers[1] = 0;
	w->has_view = w->view.answered;
	if (!w->has_view)
		w->ask_at = watch_now() + pause_before_asking(w);
	else if (w->termed && !w->deciding && cause_of(w) == END_FORWARDED)
		take_back(w);
	else
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
static void
tell_in_time(struct watching *w)
{
	double now = watch_now();
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

static void
on_warning(struct watching *w)
{
	if (w->warned || w->termed)
		return;
	w->warned = true;
	w->warned_until = watch_now() + (double)w->attempt->warn_sec;
	say(w, "Slurm's warning has come (%s); the command is told to save "
	    "itself", strsignal(w->attempt->warn_signal));
	w->tell_at = watch_now() + spread(w->attempt);
}

static void
on_term(struct watching *w)
{
	if (w->termed)
		return;
	w->termed = true;
	w->deciding = true;
	w->term_came = watch_now();
	w->slurm_kills_at = w->term_came + (double)w->attempt->kill_wait_sec;
	ask_anew(w);
}

/* A TERM that Slurm knows nothing of is the command's affair. */
static void
forward_plain_term(struct watching *w, enum decide_tell how)
{
	w->termed = false;
	w->slurm_kills_at = 0;
	say(w, "TERM has come, and Slurm does not end this job: %s",
	    how == TELL_NOTHING ? "the command has it, too"
	    : "it goes to the command");
	if (how != TELL_NOTHING)
		stop_forward(&w->stop, SIGTERM);
}

/* Until Slurm's KILL, less what the last records take. */
static void
tell_at_term(struct watching *w, enum decide_tell how)
{
	double kill_at = w->slurm_kills_at - SETTLE_SEC, now = watch_now();
	double grace = asked_grace(w, kill_at - now);
	double rest = grace / 3 < TERM_SEC ? grace / 3 : TERM_SEC;

	say(w, "TERM has come; %s", w->stop.told
	    ? "the command was told before and goes on saving"
	    : how == TELL_NOTHING ? "the command has it, too"
	    : "the command is told to save itself");
	w->stop.spares_srun = true;
	stop_tell(&w->stop, how, now + grace - rest, now + grace);
}

/* Once it is known whom the TERM reached and why it came, or after a moment. */
static void
decide_term(struct watching *w)
{
	double now = watch_now();
	const struct attempt *attempt = w->attempt;
	struct decide_term in = { .cause = cause_of(w), .told = w->stop.told,
		.command_has_it = canary_has(w->helpers[0], SIGTERM),
		.signal_is_set = attempt->signal_is_set, .phase = attempt->spec };
	enum decide_tell how;

	if ((!in.command_has_it && now < w->term_came + CANARY_SEC)
	    || (!w->has_view && now < w->term_came + SUSPICION_SEC))
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

static void
read_signals(struct watching *w)
{
	struct signalfd_siginfo info;

	while (read(w->signal_fd, &info, sizeof info) == sizeof info)
		on_signal(w, (int)info.ssi_signo);
}

/* ---- processes that end ---- */

static void
say_ended_by(const struct watching *w, pid_t pid, const char *name, int number)
{
	say(w, "%s (%d)%s was ended by signal %d (%s)", name, (int)pid,
	    pid == w->stop.child ? ", the command's first process," : "",
	    number, strsignal(number));
}

/* The first process has left.  If no signal explains that, Slurm may: a step
 * that was told to stop, a limit, a preemption whose TERM is on its way. */
static void
on_end(struct watching *w, int status)
{
	const struct attempt *attempt = w->attempt;
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	double now = watch_now();

	w->ended = w->stop.child_ended = true;
	w->status = status;
	w->first_ended = now;
	w->answer_by = now + ANSWER_SEC;
	if (w->slurm_kills_at > 0 && w->answer_by > w->slurm_kills_at - 1)
		w->answer_by = w->slurm_kills_at - 1;
	/* the requeue is to come before the end, too */
	if (w->warned && w->answer_by > (now + w->warned_until) / 2)
		w->answer_by = (now + w->warned_until) / 2;
	if (!w->warned && !w->termed && !w->over_budget) {
		if (good && !attempt->may_preempt)
			w->answer_by = 0;
		else
			ask_anew(w);
	}
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
		if (info.si_pid == w->agent.pid)
			w->agent.pid = 0; /* its answer is in the pipe */
		if (info.si_pid == w->helpers[0])
			w->helpers[0] = 0;
		if (info.si_pid == w->helpers[1])
			continue;
		clock_gettime(CLOCK_REALTIME, &w->ended_at);
		if (WIFSIGNALED(status) && (w->stop.told || w->termed
		                            || info.si_pid == w->stop.child))
			say_ended_by(w, info.si_pid, name, WTERMSIG(status));
		if (info.si_pid == w->stop.child)
			on_end(w, status);
	}
}

/* ---- time ---- */

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
		tell_in_time(w);
	}
	if (w->tell_at > 0 && now >= w->tell_at) {
		w->tell_at = 0;
		tell_in_time(w);
		if (!w->termed)
			ask_anew(w);
	}
	if (w->ask_at > 0 && now >= w->ask_at)
		ask_slurm(w);
	if (w->deciding)
		decide_term(w);
	if (w->ended && !w->deciding && !w->rest_begun
	    && now >= w->first_ended + SECOND_LOOK_SEC)
		begin_rest(w);
	stop_keep_deadlines(&w->stop);
}

static double
next_deadline(const struct watching *w)
{
	double now = watch_now();
	double stop = stop_next(&w->stop);
	const double times[] = { stop, stop > 0 ? now + TICK_SEC : 0,
		w->ended ? now + (w->rest_begun ? TICK_SEC / 10
		                  : SECOND_LOOK_SEC) : 0, w->budget_at, w->ask_at, w->tell_at,
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
	double left = next - watch_now();

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
		{ .fd = w->agent.fd, .events = POLLIN },
	};
	double next = next_deadline(w), late;

	w->continued = false;
	if (poll(fds, 2, milliseconds_until(next)) < 0 && errno != EINTR)
		return;
	if (fds[0].revents)
		read_signals(w);
	late = next > 0 ? watch_now() - next : 0;
	if (w->continued && late > TICK_SEC)
		stop_postpone(&w->stop, late);
	if (w->agent.fd >= 0 && fds[1].revents)
		read_answer(w);
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

static bool
awaits_answer(struct watching *w)
{
	if (w->has_view || w->answer_by <= 0 || w->over_budget)
		return false;
	if (watch_now() < w->answer_by)
		return true;
	say(w, "Slurm does not say why the command has ended");
	w->answer_by = 0;
	return false;
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
	read_signals(w);
}

static bool
is_over(struct watching *w)
{
	if (!w->ended || w->deciding || !stop_is_over(&w->stop)
	    || awaits_answer(w))
		return false;
	look_again(w);
	return !w->deciding && !awaits_answer(w);
}

/* That a step ran out of memory Slurm remembers over requeues. */
static void
fill_end(const struct watching *w, struct watch_end *end)
{
	const struct attempt *attempt = w->attempt;

	*end = (struct watch_end){
		.cause = w->over_budget && !w->termed && !w->warned ? END_BUDGET
			: cause_of(w),
		.final_term = w->termed, .kill_at = w->slurm_kills_at,
		.warned_until = w->warned_until,
		.requeued = decide_is_requeued(&w->view, attempt->restarts),
		.time_limit_sec = w->view.time_limit_sec,
		.step_out_of_memory = w->view.step_out_of_memory
			&& (attempt->restarts == 0 || memory_was_full()),
		.elapsed_sec = (uint32_t)(watch_now() - w->started + 0.5),
		.signal = WIFSIGNALED(w->status) ? WTERMSIG(w->status) : 0,
		.exit_code = WIFSIGNALED(w->status)
			? 128 + WTERMSIG(w->status) : WEXITSTATUS(w->status),
		.death = { .at = w->ended_at,
			.leave_by = w->slurm_kills_at > 0 ? w->slurm_kills_at
				: w->warned_until } };
	end->death.killed = w->stop.killed || end->signal == SIGKILL;
	/* Slurm may have ended it and its TERM to us be on its way: KILL, too */
	if (end->requeued && end->kill_at <= 0)
		end->kill_at = watch_now() + (double)attempt->kill_wait_sec;
}

void
watch_command(const struct attempt *attempt, pid_t child, pid_t canary,
              int signal_fd, struct watch_end *end)
{
	struct watching w = { .attempt = attempt, .signal_fd = signal_fd,
		.helpers = { canary, 0 }, .agent = { .fd = -1 },
		.started = watch_now(), .stop = { .attempt = attempt,
			.child = child, .helper_count = 2 } };
	uint64_t oom_before = memory_kills();

	w.stop.helpers = w.helpers;
	w.budget_at = budget_end(attempt, w.started);
	reap(&w);
	while (!is_over(&w))
		wait_once(&w);
	agent_drop(&w.agent);
	canary_stop(w.helpers[0]);
	stop_clear(&w.stop);
	fill_end(&w, end);
	end->out_of_memory = memory_kills() > oom_before;
}
