/*
 * description_fill.c - a request becomes a job description, as sbatch would make it.
 *
 * Beware: libslurm does less than sbatch.  min_cpus is ours to compute, and the
 * SLURM_* variables of the job's environment are ours to set.
 */
#include "config.h"

#include "description_fill.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "option_setters.h"

/* As sbatch, which shows a script and its arguments. */
static void
set_command(struct description *d)
{
#ifdef HAVE_JOB_DESC_MSG_T_ARGV
	if (!d->request->identity)
		return;
	d->argv[0] = description_own(d, xstrdup("latsub"));
	d->argv[1] = description_own(d, xstrdup(d->request->identity));
	d->desc.argv = d->argv;
	d->desc.argc = 2;
#else
	(void)d;
#endif
}

/* What no option says, or an option may change. */
static void
set_request(struct description *d)
{
	const struct slurm_request *request = d->request;

	d->desc.name = description_own(d, xstrdup(request->name));
	d->desc.script = description_own(d, xstrdup(request->script));
	d->desc.work_dir = description_own(d, xstrdup(request->workdir));
	d->desc.std_out = description_own(d, xstrdup(request->output));
	d->desc.std_err = NULL;
	d->desc.std_in = description_own(d, xstrdup("/dev/null"));
	d->desc.comment = description_own(d, xstrdup(request->comment));
	set_command(d);
	d->desc.user_id = getuid();
	d->desc.group_id = getgid();
	if (request->dependency)
		d->desc.dependency = description_own(d,
			xstrdup(request->dependency));
	if (request->array)
		d->desc.array_inx = description_own(d, xstrdup(request->array));
	d->desc.requeue = 1;
	if (request->append)
		d->desc.open_mode = OPEN_MODE_APPEND;
	if (request->hold)
		d->desc.priority = 0;
	d->desc.bitflags |= KILL_INV_DEP;
}

/* Of nodes, ntasks and cpus-per-task together. */
static void
set_size(struct description *d)
{
	const struct job_options *options = d->request->options;
	const struct option_value *nodes = options_value(options, OPTION_NODES);
	const struct option_value *ntasks = options_value(options,
	                                                  OPTION_NTASKS);
	const struct option_value *cpus = options_value(options,
	                                                OPTION_CPUS_PER_TASK);
	uint32_t tasks = ntasks ? ntasks->count : nodes ? nodes->nodes.min : 1;

	if (ntasks || nodes)
		d->desc.num_tasks = tasks;
	if (ntasks || nodes || cpus)
		d->desc.min_cpus = tasks * (cpus ? cpus->count : 1);
}

static void
set_environment(struct description *d)
{
	char host[256] = "localhost";
	mode_t mask = umask(0);

	umask(mask);
	gethostname(host, sizeof host - 1);
	description_add_env(d, "SLURM_JOB_NAME=%s", d->request->name);
	description_add_env(d, "SLURM_SUBMIT_DIR=%s", d->request->workdir);
	description_add_env(d, "SLURM_SUBMIT_HOST=%s", host);
	description_add_env(d, "SLURM_PRIO_PROCESS=%d",
	                    getpriority(PRIO_PROCESS, 0));
	description_add_env(d, "SLURM_UMASK=0%o%o%o", (mask >> 6) & 7,
	                    (mask >> 3) & 7, mask & 7);
	for (size_t i = 0; d->request->env[i]; i++)
		strlist_add(&d->env, d->request->env[i]);
	d->desc.environment = d->env.items;
	d->desc.env_size = (uint32_t)d->env.count;
}

int
description_fill(struct description *d, const struct slurm_request *request,
                 struct latsub_error *err)
{
	*d = (struct description){ .request = request };
	slurm_init_job_desc_msg(&d->desc);
	set_request(d);
	if (option_setters_apply(option_setters, d, err))
		return -1;
	set_size(d);
	set_environment(d);
	return 0;
}
