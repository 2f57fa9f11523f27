/*
 * option_refused.c - sbatch's options that nobody can set: named, so that they are
 * refused for what they are and not as misspellings.
 */
#include <string.h>

#include "latsub/options.h"

/* A job has these from its phase. */
static const struct {
	const char *name;
	char letter;
	const char *instead;
} own[] = {
	{ "job-name", 'J', "a job has the name of its phase" },
	{ "array", 'a', "write array.NAME = VALUES, and the phase is an array" },
	{ "dependency", 'd', "write after, after_any or after_each = PHASE" },
};

/* An option that is added to the table of options.c is taken out here. */
static const char *const future[] = {
	"acctg-freq", "batch", "bb", "bbf", "begin", "bell", "chdir",
	"cluster-constraint", "clusters", "container", "contiguous",
	"core-spec", "cores-per-socket", "cpu-freq", "cpus-per-gpu",
	"deadline", "delay-boot", "distribution", "error", "exclude",
	"exclusive", "export", "export-file", "extra-node-info",
	"get-user-env", "gid", "gpu-bind", "gpu-freq", "gpus-per-node",
	"gpus-per-socket", "gpus-per-task", "gres-flags", "hint", "hold",
	"ignore-pbs", "input", "kill-on-invalid-dep", "licenses", "mcs-label",
	"mem-bind", "mem-per-cpu", "mem-per-gpu", "mincpus", "network",
	"no-kill", "no-requeue", "nodefile", "nodelist", "ntasks-per-core",
	"ntasks-per-gpu", "ntasks-per-node", "ntasks-per-socket",
	"overcommit", "oversubscribe", "parsable", "power", "prefer",
	"priority", "profile", "propagate", "quiet", "reboot", "reservation",
	"segment", "share", "sockets-per-node", "spread-job", "switches",
	"test-only", "thread-spec", "threads-per-core", "tmp", "tres-bind",
	"tres-per-task", "uid", "use-min-nodes", "verbose", "wait",
	"wait-all-nodes", "wckey", "wrap", "x11",
};

enum option_refusal
options_refusal(const char *name)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (strcmp(own[i].name, name) == 0)
			return OPTION_OWN;
	}
	for (size_t i = 0; i < sizeof future / sizeof *future; i++) {
		if (strcmp(future[i], name) == 0)
			return OPTION_FUTURE;
	}
	return OPTION_UNKNOWN;
}

const char *
options_own_instead(const char *name)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (strcmp(own[i].name, name) == 0)
			return own[i].instead;
	}
	return NULL;
}

const char *
options_own_letter(char letter)
{
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (own[i].letter == letter)
			return own[i].name;
	}
	return NULL;
}
