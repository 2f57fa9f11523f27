// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * saver.c - a program that computes, saves itself when it is told to, and goes on
 * from there: the payload of signals.t.
 *
 * In:  SAVER_SIGNALS, those that it handles (USR1, TERM or both); SAVER_SEC, how
 *      long it takes to save; SAVER_EXIT, its exit code then; LATSUB_*.
 * Out: checkpoints saved-PHASE/stepN, and in the run's directory PHASE.trace, a
 *      line for each thing that happens:
 *        start N    it begins after step N
 *        step N     step N is done
 *        signal S   it was told to stop
 *        again S    it was told once more while it was saving: many programs
 *                   abort then
 *        saved N    the checkpoint is there
 *        alive PID  at the start: a process of an earlier attempt
 *        done N
 *
 * The first time it would go on for ever.  Once it was told to stop it has three
 * steps left, from its checkpoint, or in its absence from nothing: so a test
 * ends whatever is wrong, and what was done twice is in the trace.
 *
 * Beware: signals are taken by sigtimedwait() alone, so none comes amiss.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEP_SEC 0.4
#define LAST_STEPS 3

static int trace = -1;

static const char *
env(const char *name, const char *absent)
{
	const char *value = getenv(name);

	return value ? value : absent;
}

/* One write() for each line: others append to the file, too. */
__attribute__((format(printf, 1, 2))) static void
note(const char *fmt, ...)
{
	char line[128];
	va_list args;
	int size;

	va_start(args, fmt);
	size = vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	if (write(trace, line, (size_t)size) != size)
		exit(70);
}

/* The value of a variable in another process' environment, or NULL. */
static const char *
find_variable(const char *block, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (const char *p = block; p < block + size; p += strlen(p) + 1) {
		if (strncmp(p, name, length) == 0 && p[length] == '=')
			return p + length + 1;
	}
	return NULL;
}

static bool
is_same(const char *block, size_t size, const char *name)
{
	const char *theirs = find_variable(block, size, name);

	return strcmp(theirs ? theirs : "", env(name, "")) == 0;
}

static bool
is_of_earlier_attempt(const char *pid)
{
	static char block[256 * 1024];
	char path[PATH_MAX];
	ssize_t size, n;
	int fd;

	snprintf(path, sizeof path, "/proc/%s/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (size = 0; size < (ssize_t)sizeof block - 1; size += n) {
		n = read(fd, block + size, sizeof block - 1 - (size_t)size);
		if (n <= 0)
			break;
	}
	close(fd);
	block[size] = '\0';
	return size > 0 && is_same(block, (size_t)size, "LATSUB_STATE")
		&& is_same(block, (size_t)size, "LATSUB_PHASE")
		&& (!is_same(block, (size_t)size, "SLURM_JOB_ID")
		    || !is_same(block, (size_t)size, "SLURM_RESTART_COUNT"));
}

static void
look_for_earlier_attempts(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		if (*entry->d_name >= '0' && *entry->d_name <= '9'
		    && is_of_earlier_attempt(entry->d_name))
			note("alive %s\n", entry->d_name);
	}
	if (proc)
		closedir(proc);
}

static int
wait_for_signal(const sigset_t *signals, double seconds)
{
	struct timespec ts = { .tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
	int number;

	do {
		number = sigtimedwait(signals, NULL, &ts);
	} while (number < 0 && errno == EINTR);
	return number;
}

static const char *
name_of(int number)
{
	return number == SIGTERM ? "TERM" : "USR1";
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
save(int n, const sigset_t *signals, double seconds)
{
	char dir[PATH_MAX - 64], temporary[PATH_MAX], name[PATH_MAX];
	double end = now() + seconds, left;
	int number;
	FILE *file;

	snprintf(dir, sizeof dir, "%s/saved-%s", env("LATSUB_RUN_DIR", "."),
	         env("LATSUB_PHASE", ""));
	snprintf(temporary, sizeof temporary, "%s/.step.tmp", dir);
	snprintf(name, sizeof name, "%s/step%d", dir, n);
	mkdir(dir, 0777);
	file = fopen(temporary, "w");
	if (!file || fprintf(file, "%d\n", n) < 0 || fclose(file))
		exit(70);
	while ((left = end - now()) > 0) {
		number = wait_for_signal(signals, left);
		if (number > 0)
			note("again %s\n", name_of(number));
	}
	if (rename(temporary, name))
		exit(70);
	note("saved %d\n", n);
}

static int
read_checkpoint(void)
{
	const char *path = env("LATSUB_CHECKPOINT", "");
	FILE *file = *path ? fopen(path, "r") : NULL;
	int n = 0;

	if (file && fscanf(file, "%d", &n) != 1)
		exit(70);
	if (file)
		fclose(file);
	return n;
}

static void
take_signals(sigset_t *signals)
{
	const char *names = env("SAVER_SIGNALS", "USR1 TERM");

	sigemptyset(signals);
	if (strstr(names, "USR1"))
		sigaddset(signals, SIGUSR1);
	if (strstr(names, "TERM"))
		sigaddset(signals, SIGTERM);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

int
main(void)
{
	sigset_t signals;
	struct stat before;
	char path[PATH_MAX];
	int n, last = INT_MAX, number;

	take_signals(&signals);
	snprintf(path, sizeof path, "%s/%s.trace", env("LATSUB_RUN_DIR", "."),
	         env("LATSUB_PHASE", ""));
	trace = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (trace < 0 || fstat(trace, &before))
		return 70;
	n = read_checkpoint();
	if (before.st_size > 0) {
		last = n + LAST_STEPS;
		look_for_earlier_attempts();
	}
	note("start %d\n", n);
	while (n < last) {
		number = wait_for_signal(&signals, STEP_SEC);
		if (number > 0) {
			note("signal %s\n", name_of(number));
			save(n, &signals, atof(env("SAVER_SEC", "1")));
			return atoi(env("SAVER_EXIT", "9"));
		}
		note("step %d\n", ++n);
		printf("step %d\n", n); /* down a pipe, if there is one */
		fflush(stdout);
	}
	save(n, &signals, 0);
	note("done %d\n", n);
	return 0;
}
