/*
 * module.c - the table of functions, and what an error of libslurm means.
 *
 * Beware: slurm_init() without a configuration ends the program, so its file
 * is looked for first; and libslurm shortens lists of array tasks unless it
 * is told not to.
 */
#include "config.h"

#include "conf.h"
#include "module.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
find_conf(struct latsub_error *err)
{
	const char *conf = getenv("SLURM_CONF");

	if (conf && access(conf, R_OK) != 0)
		return latsub_error_set(err, LATSUB_SLURM, "SLURM_CONF=%s: %s; "
			"no Slurm is configured there", conf, strerror(errno));
	if (conf || getenv("SLURM_CONF_SERVER"))
		return 0;
	for (size_t i = 0; i < sizeof conf_places / sizeof *conf_places; i++) {
		if (access(conf_places[i], R_OK) == 0)
			return 0;
	}
	return latsub_error_set(err, LATSUB_SLURM, "no Slurm is configured on "
		"this machine (no SLURM_CONF, no %s); run this where sbatch "
		"works, or add --local to run on a private Slurm of your own",
		conf_places[0]);
}

static int
module_open(struct latsub_error *err)
{
	if (find_conf(err))
		return -1;
	setenv("SLURM_BITSTR_LEN", "0", 1);
#ifdef HAVE_SLURM_INIT
	slurm_init(NULL);
#endif
	return 0;
}

static void
module_close(void)
{
#ifdef HAVE_SLURM_INIT
	slurm_fini();
#endif
}

int
module_errno(void)
{
	return slurm_get_errno();
}

/* Errors that mean nobody answered, not that the answer was no. */
static bool
is_silence(int number)
{
	return number == 0 || number == ESLURM_IN_STANDBY_MODE
		|| (number < 1000 && number != EPERM && number != EACCES
		    && number != EINVAL)
		|| (number >= 1000 && number < 2000)
		|| (number >= 5000 && number < 7000);
}

enum slurm_answer
module_failed(const char *what, struct latsub_error *err)
{
	int number = module_errno();

	latsub_error_set(err, LATSUB_SLURM, "%s: %s%s", what,
	                 slurm_strerror(number), is_silence(number)
	                 ? " (Slurm does not answer)" : "");
	if (number == ESLURM_INVALID_JOB_ID)
		return SLURM_UNKNOWN_JOB;
	return is_silence(number) ? SLURM_SILENT : SLURM_REFUSED;
}

const struct slurm_ops *
latsub_slurm_ops(void)
{
	static const struct slurm_ops ops = {
		.version = SLURM_OPS_VERSION,
		.open = module_open,
		.close = module_close,
		.cluster = module_cluster,
		.submit = module_submit,
		.jobs_of_user = module_jobs_of_user,
		.job = module_job,
		.update = module_update,
		.cancel = module_cancel,
		.requeue = module_requeue,
		.can_run = module_can_run,
		.largest_memory = module_largest_memory,
		.node_lost = module_node_lost,
	};

	return &ops;
}
