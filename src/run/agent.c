/*
 * agent.c - fork, a pipe for the answer, patience.
 *
 * Beware: a controller that is away makes libslurm wait for many seconds,
 * and a broken configuration makes it end the process.  Both happen here to
 * a child that nobody needs.
 */
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "latsub/clock.h"

#define PAUSE_MAX_SEC 8.0

int
agent_start(struct agent *agent, agent_work_f *work, const void *what)
{
	struct agent_answer answer = { .answer = SLURM_SILENT };
	sigset_t none;
	int fds[2];

	*agent = (struct agent){ .fd = -1 };
	if (pipe(fds))
		return -1;
	agent->pid = fork();
	if (agent->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		/* Slurm signals every process of the job: not this one */
		signal(SIGTERM, SIG_IGN);
		signal(SIGUSR1, SIG_IGN);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		work(what, &answer);
		(void)!write(fds[1], &answer, sizeof answer);
		_exit(0);
	}
	close(fds[1]);
	if (agent->pid < 0) {
		agent->pid = 0;
		close(fds[0]);
		return -1;
	}
	agent->fd = fds[0];
	return 0;
}

static void
end(struct agent *agent)
{
	close(agent->fd);
	if (agent->pid > 0) { /* else it is reaped, and its number free */
		kill(agent->pid, SIGKILL);
		waitpid(agent->pid, NULL, 0);
	}
	agent->fd = -1;
	agent->pid = 0;
}

void
agent_finish(struct agent *agent, struct agent_answer *answer)
{
	ssize_t got = read(agent->fd, answer, sizeof *answer);

	if (got != sizeof *answer)
		*answer = (struct agent_answer){ .answer = SLURM_SILENT,
			.died = true };
	end(agent);
}

void
agent_drop(struct agent *agent)
{
	if (agent->fd >= 0)
		end(agent);
}

void
agent_await(struct agent *agent, double deadline, struct agent_answer *answer)
{
	struct pollfd poll_fd = { .fd = agent->fd, .events = POLLIN };
	int left = -1;

	do {
		if (deadline > 0)
			left = deadline > clock_now()
				? (int)((deadline - clock_now()) * 1000) + 1 : 0;
	} while (poll(&poll_fd, 1, left) < 0 && errno == EINTR);
	if (poll_fd.revents == 0)
		kill(agent->pid, SIGKILL);
	agent_finish(agent, answer);
}

enum slurm_answer
agent_try(agent_work_f *work, const void *what, double deadline, char *text,
          size_t size)
{
	struct agent_answer answer = { .answer = SLURM_SILENT };
	struct agent agent;

	if (agent_start(&agent, work, what) == 0)
		agent_await(&agent, deadline, &answer);
	snprintf(text, size, "%s", answer.text);
	return answer.answer;
}

/* Between two tries: longer each time, and different from process to process, so
 * that those that were refused together do not come again together. */
static void
pause_before(unsigned tries)
{
	double most = tries < 4 ? (double)(1u << (tries - 1)) : PAUSE_MAX_SEC;
	double part = (double)(getpid() % 100) / 100;

	clock_pause(most * (0.5 + part / 2));
}

enum slurm_answer
agent_do(agent_work_f *work, const void *what, double deadline, char *text,
         size_t size)
{
	enum slurm_answer answer = SLURM_SILENT;

	for (unsigned tries = 1; answer == SLURM_SILENT; tries++) {
		answer = agent_try(work, what, deadline, text, size);
		if (deadline > 0 && clock_now() >= deadline)
			break;
		if (answer == SLURM_SILENT)
			pause_before(tries);
	}
	return answer;
}
