/*
 * busy.c - a slurmctld that is too busy: preloaded into the runners, it stands
 * before libslurm's questions and requeues.
 *
 *   BUSY_PERCENT=N  so many of the calls fail as slurmctld's "try again" does
 *   BUSY_MS=N       each takes so long
 *   BUSY_LOG=FILE   each is told there: a letter for the call, and "-" or "+"
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

/* Not in the command that the runner starts. */
__attribute__((constructor)) static void
stay_alone(void)
{
	unsetenv("LD_PRELOAD");
}

static long
number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtol(text, NULL, 10) : 0;
}

/* Wait; true: this call is to fail. */
static bool
is_busy(char call)
{
	struct timespec now, pause = { 0 };
	char line[3] = { call, '+', '\n' };
	long ms = number_of("BUSY_MS");
	bool busy;
	int fd;

	pause.tv_sec = ms / 1000;
	pause.tv_nsec = ms % 1000 * 1000000;
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	busy = (now.tv_nsec / 1000 + getpid()) % 100
		< number_of("BUSY_PERCENT");
	line[1] = busy ? '-' : '+';
	fd = open(getenv("BUSY_LOG"), O_WRONLY | O_APPEND);
	if (fd < 0 || write(fd, line, sizeof line) != sizeof line
	    || close(fd) != 0)
		abort();
	return busy;
}

static int
refuse(void)
{
	void (*set)(int) = NULL;

	*(void **)&set = dlsym(RTLD_DEFAULT, "slurm_seterrno");
	if (set)
		set(EAGAIN);
	errno = EAGAIN;
	return SLURM_ERROR;
}

int
slurm_requeue2(char *id, uint32_t flags, job_array_resp_msg_t **response)
{
	int (*real)(char *, uint32_t, job_array_resp_msg_t **) = NULL;

	if (is_busy('r'))
		return refuse();
	*(void **)&real = dlsym(RTLD_NEXT, "slurm_requeue2");
	if (!real)
		abort();
	return real(id, flags, response);
}

#ifdef SLURM_LOAD_JOB_TAKES_ID
int
slurm_load_job(job_info_msg_t **message, uint32_t id, uint16_t flags)
{
	int (*real)(job_info_msg_t **, uint32_t, uint16_t) = NULL;
#else
int
slurm_load_job(job_info_msg_t **message, slurm_step_id_t id, uint16_t flags)
{
	int (*real)(job_info_msg_t **, slurm_step_id_t, uint16_t) = NULL;
#endif

	if (is_busy('l'))
		return refuse();
	*(void **)&real = dlsym(RTLD_NEXT, "slurm_load_job");
	if (!real)
		abort();
	return real(message, id, flags);
}
