/*
 * logs.c - latsub logs: the logs of a phase, or the newest of them followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "latsub/file.h"

struct log {
	char *path;
	struct timespec when;
};

static int
compare(const void *a, const void *b)
{
	const struct log *x = a, *y = b;

	if (x->when.tv_sec != y->when.tv_sec)
		return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
	if (x->when.tv_nsec != y->when.tv_nsec)
		return x->when.tv_nsec < y->when.tv_nsec ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* "PHASE-123_4.log" or "PHASE-123.log", and no other phase's. */
static bool
is_log_of(const char *name, const char *phase, const char *task)
{
	size_t len = strlen(phase);
	const char *rest = name + len + 1, *underscore;

	if (strncmp(name, phase, len) != 0 || name[len] != '-')
		return false;
	if (rest[strspn(rest, "0123456789_")] != '.')
		return false;
	underscore = strchr(rest, '_');
	return !task || (underscore && strncmp(underscore + 1, task,
	                                       strlen(task)) == 0
	                 && underscore[1 + strlen(task)] == '.');
}

static struct log *
find_logs(const struct run *run, const char *phase, const char *task,
          size_t *count)
{
	char *dir = run_path_in(run->dir, RUN_LOGS);
	struct strbuf pattern = { 0 };
	struct log *logs = NULL;
	glob_t found;

	*count = 0;
	for (const char *p = dir; *p; p++) {
		if (strchr("*?[\\", *p))
			strbuf_putc(&pattern, '\\');
		strbuf_putc(&pattern, *p);
	}
	strbuf_puts(&pattern, "/*.log");
	if (glob(pattern.data, GLOB_NOSORT, NULL, &found) == 0) {
		logs = xcalloc(found.gl_pathc, sizeof *logs);
		for (size_t i = 0; i < found.gl_pathc; i++) {
			struct stat st;

			if (!is_log_of(file_basename(found.gl_pathv[i]), phase,
			               task) || stat(found.gl_pathv[i], &st))
				continue;
			logs[*count].path = xstrdup(found.gl_pathv[i]);
			logs[(*count)++].when = st.st_mtim;
		}
		globfree(&found);
	}
	if (*count)
		qsort(logs, *count, sizeof *logs, compare);
	strbuf_clear(&pattern);
	free(dir);
	return logs;
}

/* A regular file; in another's run no link of his choosing. */
static int
open_log(const char *path, bool others)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK
	              | (others ? O_NOFOLLOW : 0));
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
		errno = EINVAL;
	}
	return fd;
}

/* Copy from offset to the end; returns the new offset, or -1 (errno). */
static off_t
copy_out(const char *path, bool others, off_t offset)
{
	char chunk[65536];
	int fd = open_log(path, others);
	ssize_t got;

	if (fd < 0)
		return -1;
	while ((got = pread(fd, chunk, sizeof chunk, offset)) > 0) {
		fwrite(chunk, 1, (size_t)got, stdout);
		offset += got;
	}
	close(fd);
	fflush(stdout);
	return offset;
}

static int
show(const struct run *run, const char *phase, const char *task, bool follow,
     bool list)
{
	size_t count;
	struct log *logs = find_logs(run, phase, task, &count);
	bool others = run_is_others(run);
	off_t end = 0, at;
	int rc = LATSUB_OK;

	if (count == 0) {
		text_print(stderr, "latsub: logs: %s has no logs under %s/%s "
		           "yet\n", phase, run->dir, run_part_name(RUN_LOGS));
		free(logs);
		return LATSUB_UNFINISHED;
	}
	for (size_t i = follow ? count - 1 : 0; i < count; i++) {
		if (list) {
			text_print(stdout, "%s\n", logs[i].path);
			continue;
		}
		if (count > 1)
			text_print(stdout, "==> %s <==\n", logs[i].path);
		end = copy_out(logs[i].path, others, 0);
		if (end < 0) {
			text_print(stderr, "latsub: logs: %s: %s\n",
			           logs[i].path, strerror(errno));
			rc = LATSUB_SYSTEM;
		}
	}
	follow &= end >= 0;
	while (follow) { /* NOLINT(bugprone-infinite-loop): until Ctrl-C */
		usleep(500000);
		at = copy_out(logs[count - 1].path, others, end);
		end = at < 0 ? end : at; /* it may be back in a moment */
	}
	for (size_t i = 0; i < count; i++)
		free(logs[i].path);
	free(logs);
	return rc;
}

static int
execute_logs(const struct args *args)
{
	const char *phase = args->words[0];
	struct run *run;
	int rc = 0;

	run = cli_open_run(args->words[1], &rc);
	if (!run)
		return rc;
	rc = cli_check_phase(args, run, phase);
	if (rc == LATSUB_OK)
		rc = show(run, phase, args_value(args, 't'),
		          args_has(args, 'f'), args_has(args, 'l'));
	run_close(run);
	return rc;
}

static const struct command_option options[] = {
	{ .key = 'f', .name = "follow",
	  .help = "go on with what is added to the newest; Ctrl-C leaves" },
	{ .key = 't', .name = "task", .argument = "TASK",
	  .help = "of an array: the logs of this task index only" },
	{ .key = 'l', .name = "list", .help = "only the names" },
	{ .name = NULL }
};

const struct command command_logs = {
	.name = "logs",
	.summary = "show a phase's logs",
	.usage = "logs [-f] [-t TASK] PHASE [STATE|RUN]",
	.text =
	"Show the logs of a phase of a run (the newest here), oldest\n"
	"first, each with its name.\n",
	.options = options,
	CLI_PHASE_AND_RUN,
	.execute = execute_logs,
};
