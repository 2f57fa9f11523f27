/*
 * submit.c - a request becomes a job description, as sbatch would make it.
 *
 * Beware: libslurm does less than sbatch.  min_cpus is ours to compute, the
 * SLURM_* variables of the job's environment are ours to set, and a full
 * queue is ours to wait for.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/text.h"
#include "module.h"

struct building {
	job_desc_msg_t desc;
	const struct slurm_request *request;
	struct strlist env;
	struct strlist owned; /* strings that desc points to */
	char *argv[3];
};

static char *
own(struct building *b, char *text)
{
	strlist_add_owned(&b->owned, text);
	return text;
}

static const struct option_value *
option(const struct building *b, enum option_id id)
{
	return options_value(b->request->options, id);
}

__attribute__((format(printf, 2, 3)))
static void
add_env(struct building *b, const char *fmt, ...)
{
	struct strbuf sb = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&sb, fmt, ap);
	va_end(ap);
	strlist_add_owned(&b->env, strbuf_steal(&sb));
}

static void
set_text(struct building *b, enum option_id id, char **member)
{
	if (option(b, id))
		*member = own(b, xstrdup(option(b, id)->text));
}

static uint32_t
minutes(int64_t seconds)
{
	return seconds == OPTION_TIME_UNLIMITED ? INFINITE
		: (uint32_t)((seconds + 59) / 60);
}

static void
set_time(struct building *b)
{
	const struct option_value *limit = option(b, OPTION_TIME);
	const struct option_value *least = option(b, OPTION_TIME_MIN);

	if (limit)
		b->desc.time_limit = minutes(limit->seconds);
	if (limit && least)
		b->desc.time_min = minutes(least->seconds);
}

static void
set_size(struct building *b)
{
	const struct option_value *ntasks = option(b, OPTION_NTASKS);
	const struct option_value *cpus = option(b, OPTION_CPUS_PER_TASK);
	const struct option_value *nodes = option(b, OPTION_NODES);
	uint32_t tasks = 1, each = 1;

	if (nodes) {
		tasks = b->desc.min_nodes = nodes->nodes.min;
		b->desc.max_nodes = nodes->nodes.max;
		add_env(b, "SLURM_JOB_NUM_NODES=%u", b->desc.min_nodes);
		add_env(b, "SLURM_NNODES=%u", b->desc.min_nodes);
	}
	if (ntasks) {
		tasks = ntasks->count;
		add_env(b, "SLURM_NTASKS=%u", tasks);
		add_env(b, "SLURM_NPROCS=%u", tasks);
	}
	if (cpus) {
		each = cpus->count;
		b->desc.cpus_per_task = (uint16_t)each;
#ifdef JOB_CPUS_SET
		b->desc.bitflags |= JOB_CPUS_SET;
#endif
		add_env(b, "SLURM_CPUS_PER_TASK=%u", each);
	}
	if (ntasks || nodes)
		b->desc.num_tasks = tasks;
	if (ntasks || cpus || nodes)
		b->desc.min_cpus = tasks * each;
}

/* "gpu:2" and "gpu:a100:2" to "gres:gpu:2", for each of a list. */
static char *
tres_list(const char *prefix, const char *list)
{
	struct strbuf out = { 0 };

	while (*list) {
		size_t len = strcspn(list, ",");

		strbuf_printf(&out, "%s%s%.*s", out.len ? "," : "",
		              strncmp(list, "gres", 4) == 0 ? "" : prefix,
		              (int)len, list);
		list += len + (list[len] == ',');
	}
	return strbuf_steal(&out);
}

static void
set_gres(struct building *b)
{
	const struct option_value *gpus = option(b, OPTION_GPUS);
	const struct option_value *gres = option(b, OPTION_GRES);

	if (gpus) {
		b->desc.tres_per_job = own(b, tres_list("gres:gpu:",
		                                        gpus->text));
		add_env(b, "SLURM_GPUS=%s", gpus->text);
	}
	if (gres && strcasecmp(gres->text, "none") != 0)
		b->desc.tres_per_node = own(b, tres_list("gres:", gres->text));
}

static void
set_memory(struct building *b)
{
	const struct option_value *mem = option(b, OPTION_MEM);

	if (!mem)
		return;
	b->desc.pn_min_memory = mem->mib;
	add_env(b, "SLURM_MEM_PER_NODE=%llu", (unsigned long long)mem->mib);
}

/* Always to the batch process, which is the runner: it passes signals on. */
static void
set_signal(struct building *b)
{
	const struct option_value *asked = option(b, OPTION_SIGNAL);

	if (!asked)
		return;
	b->desc.warn_signal = (uint16_t)asked->signal.number;
	b->desc.warn_time = (uint16_t)asked->signal.seconds;
	b->desc.warn_flags |= KILL_JOB_BATCH;
	if (asked->signal.reservation)
		b->desc.warn_flags |= KILL_JOB_RESV;
}

static uint16_t
mail_bits(uint32_t asked)
{
	static const uint16_t bits[MAIL_ON_COUNT] = {
		[MAIL_ON_BEGIN] = MAIL_JOB_BEGIN,
		[MAIL_ON_END] = MAIL_JOB_END,
		[MAIL_ON_FAIL] = MAIL_JOB_FAIL,
		[MAIL_ON_REQUEUE] = MAIL_JOB_REQUEUE,
		[MAIL_ON_ALL] = MAIL_JOB_BEGIN | MAIL_JOB_END | MAIL_JOB_FAIL
			| MAIL_JOB_REQUEUE | MAIL_JOB_STAGE_OUT,
		[MAIL_ON_STAGE_OUT] = MAIL_JOB_STAGE_OUT,
		[MAIL_ON_TIME_LIMIT] = MAIL_JOB_TIME100,
		[MAIL_ON_TIME_LIMIT_90] = MAIL_JOB_TIME90,
		[MAIL_ON_TIME_LIMIT_80] = MAIL_JOB_TIME80,
		[MAIL_ON_TIME_LIMIT_50] = MAIL_JOB_TIME50,
		[MAIL_ON_ARRAY_TASKS] = MAIL_ARRAY_TASKS,
#ifdef MAIL_INVALID_DEPEND
		[MAIL_ON_INVALID_DEPEND] = MAIL_INVALID_DEPEND,
#endif
	};
	uint16_t sum = 0;

	for (unsigned i = 0; i < MAIL_ON_COUNT; i++)
		sum |= asked & 1u << i ? bits[i] : 0;
	return sum;
}

static void
set_mail(struct building *b)
{
	if (option(b, OPTION_MAIL_TYPE))
		b->desc.mail_type = mail_bits(option(b, OPTION_MAIL_TYPE)->mail);
	set_text(b, OPTION_MAIL_USER, &b->desc.mail_user);
}

static void
set_modes(struct building *b)
{
	const struct option_value *open_mode = option(b, OPTION_OPEN_MODE);
	const struct option_value *nice = option(b, OPTION_NICE);
	const struct option_value *requeue = option(b, OPTION_REQUEUE);

	b->desc.requeue = !requeue || requeue->flag;
	if (open_mode)
		b->desc.open_mode = open_mode->append
			? OPEN_MODE_APPEND : OPEN_MODE_TRUNCATE;
	else if (b->request->append)
		b->desc.open_mode = OPEN_MODE_APPEND;
	if (nice)
		b->desc.nice = NICE_OFFSET + (uint32_t)nice->number;
	if (b->request->hold)
		b->desc.priority = 0;
	b->desc.bitflags |= KILL_INV_DEP;
}

static void
set_environment(struct building *b)
{
	char host[256] = "localhost";
	mode_t mask = umask(0);

	umask(mask);
	gethostname(host, sizeof host - 1);
	add_env(b, "SLURM_JOB_NAME=%s", b->request->name);
	add_env(b, "SLURM_SUBMIT_DIR=%s", b->request->workdir);
	add_env(b, "SLURM_SUBMIT_HOST=%s", host);
	add_env(b, "SLURM_PRIO_PROCESS=%d", getpriority(PRIO_PROCESS, 0));
	add_env(b, "SLURM_UMASK=0%o%o%o", (mask >> 6) & 7, (mask >> 3) & 7,
	        mask & 7);
	for (size_t i = 0; b->request->env[i]; i++)
		strlist_add(&b->env, b->request->env[i]);
	b->desc.environment = b->env.items;
	b->desc.env_size = (uint32_t)b->env.count;
}

/* As sbatch, which shows a script and its arguments. */
static void
set_command(struct building *b)
{
#ifdef HAVE_JOB_DESC_MSG_T_ARGV
	if (!b->request->identity)
		return;
	b->argv[0] = own(b, xstrdup("latsub"));
	b->argv[1] = own(b, xstrdup(b->request->identity));
	b->desc.argv = b->argv;
	b->desc.argc = 2;
#else
	(void)b;
#endif
}

static void
build(struct building *b)
{
	const struct slurm_request *request = b->request;

	slurm_init_job_desc_msg(&b->desc);
	b->desc.name = own(b, xstrdup(request->name));
	b->desc.script = own(b, xstrdup(request->script));
	b->desc.work_dir = own(b, xstrdup(request->workdir));
	b->desc.std_out = own(b, xstrdup(request->output));
	b->desc.std_err = NULL;
	b->desc.std_in = own(b, xstrdup("/dev/null"));
	b->desc.comment = own(b, xstrdup(request->comment));
	set_command(b);
	b->desc.user_id = getuid();
	b->desc.group_id = getgid();
	if (request->dependency)
		b->desc.dependency = own(b, xstrdup(request->dependency));
	if (request->array)
		b->desc.array_inx = own(b, xstrdup(request->array));
	set_text(b, OPTION_PARTITION, &b->desc.partition);
	set_text(b, OPTION_ACCOUNT, &b->desc.account);
	set_text(b, OPTION_QOS, &b->desc.qos);
	set_text(b, OPTION_CONSTRAINT, &b->desc.features);
	set_time(b);
	set_size(b);
	set_memory(b);
	set_gres(b);
	set_signal(b);
	set_mail(b);
	set_modes(b);
	set_environment(b);
}

static bool
is_busy(int number)
{
	return number == EAGAIN || number == ESLURM_NODES_BUSY
		|| number == ESLURM_ERROR_ON_DESC_TO_RECORD_COPY
#ifdef ESLURM_PORTS_BUSY
		|| number == ESLURM_PORTS_BUSY
#endif
		;
}

/* A limit of an association or a QOS on submitted jobs.  The number is that of
 * all their limits; which one it is libslurm prints, in newer releases. */
static bool
is_limit(int number, const char *said)
{
	return number == ESLURM_ACCOUNTING_POLICY
		&& (!strstr(said, "Limit") || strstr(said, "Submit"));
}

/* Slurm's words for a refusal, with what libslurm printed: one line. */
static enum slurm_answer
refused(int number, const char *said, struct latsub_error *err)
{
	enum slurm_answer answer = module_failed("submission", err);
	size_t len = strlen(err->text);

	if (*said)
		snprintf(err->text + len, sizeof err->text - len, " (%.300s",
		         said);
	for (char *p = err->text + len; *said && *p; p++) {
		if (*p == '\n')
			*p = p[1] ? ';' : ')';
	}
	return is_busy(number) || is_limit(number, said) ? SLURM_FULL : answer;
}

static enum slurm_answer
submit_patiently(struct building *b, uint32_t *job_id,
                 struct latsub_error *err)
{
	submit_response_msg_t *response = NULL;
	struct module_capture capture;
	char said[1024];

	for (unsigned i = 1; ; i++) {
		int number;

		module_capture_begin(&capture);
		number = slurm_submit_batch_job(&b->desc, &response)
			? module_errno() : SLURM_SUCCESS;
		module_capture_end(&capture, said, sizeof said);
		if (number == SLURM_SUCCESS && response) {
			fputs(said, stderr); /* a site's words on the job */
			*job_id = response->job_id;
			slurm_free_submit_response_response_msg(response);
			return SLURM_YES;
		}
		slurm_seterrno(number);
		if (!is_busy(number) || i > b->request->patience)
			return refused(number, said, err);
		sleep(i);
	}
}

enum slurm_answer
module_submit(const struct slurm_request *request, uint32_t *job_id,
              struct latsub_error *err)
{
	struct building b = { .request = request };
	enum slurm_answer answer;

	build(&b);
	answer = submit_patiently(&b, job_id, err);
	strlist_clear(&b.env);
	strlist_clear(&b.owned);
	return answer;
}

/* What sbatch --test-only does: the number of the error that it gives. */
static int
test_only(struct building *b)
{
	int number = ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE;
#ifdef HAVE_SLURM_JOB_WILL_RUN
	struct module_capture capture;
	char said[1024];

	module_capture_begin(&capture); /* it prints when and where */
	number = slurm_job_will_run(&b->desc) ? module_errno() : SLURM_SUCCESS;
	module_capture_end(&capture, said, sizeof said);
#else
	(void)b;
#endif
	return number;
}

/* Slurm says that its nodes cannot run it while some are down, too, and that a
 * partition cannot, while that is down.  What it has against it besides, it says of
 * the job that is submitted. */
static bool
is_never(const struct building *b, int number)
{
	bool all_up;

	if (number == ESLURM_INVALID_FEATURE || number == ESLURM_INVALID_GRES)
		return true;
	return (number == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE
	        || number == ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE)
		&& (!module_may_fit(&b->desc, &all_up)
		    || (all_up
		        && number == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE));
}

enum slurm_answer
module_can_run(const struct slurm_request *request, struct latsub_error *err)
{
	struct slurm_request released = *request;
	struct building b = { .request = &released };
	enum slurm_answer answer = SLURM_YES;
	int number;

	released.dependency = released.array = NULL;
	released.hold = false;
	build(&b);
	number = test_only(&b);
	if (is_never(&b, number)) {
		slurm_seterrno(number);
		answer = module_failed("submission", err);
	}
	strlist_clear(&b.env);
	strlist_clear(&b.owned);
	return answer;
}
