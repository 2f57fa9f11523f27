/*
 * option_setters.c - how each option gets into a job description.
 *
 * Where sbatch sets a SLURM_* variable for an option, its setter does.  What several
 * options decide together is set afterwards (set_size() in description_fill.c).  What an
 * older Slurm lacks is found by configure or by the header's own macros.
 */
#include "config.h"

#include "option_setters.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static uint32_t
minutes(int64_t seconds)
{
	return seconds == OPTION_TIME_UNLIMITED ? INFINITE
		: (uint32_t)((seconds + 59) / 60);
}

static const char *
set_time(struct description *d, const struct option_value *value)
{
	d->desc.time_limit = minutes(value->seconds);
	return NULL;
}

/* It is a bound on how far the limit may be cut, so it means nothing without one:
 * the runner could not ask for the whole of it again. */
static const char *
set_time_min(struct description *d, const struct option_value *value)
{
	if (options_value(d->request->options, OPTION_TIME))
		d->desc.time_min = minutes(value->seconds);
	return NULL;
}

static const char *
set_nodes(struct description *d, const struct option_value *value)
{
	d->desc.min_nodes = value->nodes.min;
	d->desc.max_nodes = value->nodes.max;
	description_add_env(d, "SLURM_JOB_NUM_NODES=%u", value->nodes.min);
	description_add_env(d, "SLURM_NNODES=%u", value->nodes.min);
	return NULL;
}

static const char *
set_ntasks(struct description *d, const struct option_value *value)
{
	d->desc.num_tasks = value->count;
	description_add_env(d, "SLURM_NTASKS=%u", value->count);
	description_add_env(d, "SLURM_NPROCS=%u", value->count);
	return NULL;
}

static const char *
set_cpus_per_task(struct description *d, const struct option_value *value)
{
	d->desc.cpus_per_task = (uint16_t)value->count;
#ifdef JOB_CPUS_SET
	d->desc.bitflags |= JOB_CPUS_SET;
#endif
	description_add_env(d, "SLURM_CPUS_PER_TASK=%u", value->count);
	return NULL;
}

static const char *
set_mem(struct description *d, const struct option_value *value)
{
	d->desc.pn_min_memory = value->mib;
	description_add_env(d, "SLURM_MEM_PER_NODE=%llu",
	                    (unsigned long long)value->mib);
	return NULL;
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

static const char *
set_gpus(struct description *d, const struct option_value *value)
{
	d->desc.tres_per_job = description_own(d, tres_list("gres:gpu:",
	                                                    value->text));
	description_add_env(d, "SLURM_GPUS=%s", value->text);
	return NULL;
}

static const char *
set_gres(struct description *d, const struct option_value *value)
{
	if (strcasecmp(value->text, "none") != 0)
		d->desc.tres_per_node = description_own(d,
			tres_list("gres:", value->text));
	return NULL;
}

/* Always to the batch process, which is the runner: it passes signals on. */
static const char *
set_signal(struct description *d, const struct option_value *value)
{
	d->desc.warn_signal = (uint16_t)value->signal.number;
	d->desc.warn_time = (uint16_t)value->signal.seconds;
	d->desc.warn_flags |= KILL_JOB_BATCH;
	if (value->signal.reservation)
		d->desc.warn_flags |= KILL_JOB_RESV;
	return NULL;
}

static const char *
set_requeue(struct description *d, const struct option_value *value)
{
	d->desc.requeue = value->flag;
	return NULL;
}

static const char *
set_open_mode(struct description *d, const struct option_value *value)
{
	d->desc.open_mode = value->append ? OPEN_MODE_APPEND
		: OPEN_MODE_TRUNCATE;
	return NULL;
}

/* 0: this Slurm has no such mail. */
static const uint16_t mail_bits[] = {
	[MAIL_ON_NONE] = 0,
	[MAIL_ON_BEGIN] = MAIL_JOB_BEGIN,
	[MAIL_ON_END] = MAIL_JOB_END,
	[MAIL_ON_FAIL] = MAIL_JOB_FAIL,
	[MAIL_ON_REQUEUE] = MAIL_JOB_REQUEUE,
	[MAIL_ON_ALL] = MAIL_JOB_BEGIN | MAIL_JOB_END | MAIL_JOB_FAIL
		| MAIL_JOB_REQUEUE | MAIL_JOB_STAGE_OUT,
#ifdef MAIL_INVALID_DEPEND
	[MAIL_ON_INVALID_DEPEND] = MAIL_INVALID_DEPEND,
#endif
	[MAIL_ON_STAGE_OUT] = MAIL_JOB_STAGE_OUT,
	[MAIL_ON_TIME_LIMIT] = MAIL_JOB_TIME100,
	[MAIL_ON_TIME_LIMIT_90] = MAIL_JOB_TIME90,
	[MAIL_ON_TIME_LIMIT_80] = MAIL_JOB_TIME80,
	[MAIL_ON_TIME_LIMIT_50] = MAIL_JOB_TIME50,
	[MAIL_ON_ARRAY_TASKS] = MAIL_ARRAY_TASKS,
};
_Static_assert(sizeof mail_bits / sizeof *mail_bits == MAIL_ON_COUNT,
               "each enum option_mail has its bit");

static const char *
set_mail_type(struct description *d, const struct option_value *value)
{
	d->desc.mail_type = 0;
	for (unsigned i = 0; i < MAIL_ON_COUNT; i++) {
		if (!(value->mail & 1u << i))
			continue;
		if (i != MAIL_ON_NONE && !mail_bits[i])
			return "this Slurm sends no such mail";
		d->desc.mail_type |= mail_bits[i];
	}
	return NULL;
}

static const char *
set_nice(struct description *d, const struct option_value *value)
{
	d->desc.nice = NICE_OFFSET + (uint32_t)value->number;
	return NULL;
}

#define CALL(function) { .kind = SETTER_CALL, .set = function }
#define TEXT(name) { .kind = SETTER_TEXT, .member = offsetof(job_desc_msg_t, name) }
#define IN_REQUEST { .kind = SETTER_IN_REQUEST }

const struct option_setter option_setters[] = {
	[OPTION_TIME] = CALL(set_time),
	[OPTION_TIME_MIN] = CALL(set_time_min),
	[OPTION_PARTITION] = TEXT(partition),
	[OPTION_ACCOUNT] = TEXT(account),
	[OPTION_QOS] = TEXT(qos),
	[OPTION_NODES] = CALL(set_nodes),
	[OPTION_NTASKS] = CALL(set_ntasks),
	[OPTION_CPUS_PER_TASK] = CALL(set_cpus_per_task),
	[OPTION_MEM] = CALL(set_mem),
	[OPTION_GPUS] = CALL(set_gpus),
	[OPTION_GRES] = CALL(set_gres),
	[OPTION_CONSTRAINT] = TEXT(features),
	[OPTION_SIGNAL] = CALL(set_signal),
	[OPTION_REQUEUE] = CALL(set_requeue),
	[OPTION_OUTPUT] = IN_REQUEST,
	[OPTION_OPEN_MODE] = CALL(set_open_mode),
	[OPTION_MAIL_TYPE] = CALL(set_mail_type),
	[OPTION_MAIL_USER] = TEXT(mail_user),
	[OPTION_NICE] = CALL(set_nice),
	[OPTION_COMMENT] = IN_REQUEST,
};
_Static_assert(sizeof option_setters / sizeof *option_setters == OPTION_COUNT,
               "each enum option_id has its setter");

/* NULL, or why it cannot be sent. */
static const char *
apply(const struct option_setter *setter, struct description *d,
      const struct option_value *value)
{
	char **member;

	switch (setter->kind) {
	case SETTER_CALL:
		return setter->set(d, value);
	case SETTER_TEXT:
		member = (char **)((char *)&d->desc + setter->member);
		*member = description_own(d, xstrdup(value->text));
		return NULL;
	case SETTER_IN_REQUEST:
		return NULL;
	case SETTER_NONE:
		break;
	}
	return "this latsub has nothing that sends it to Slurm";
}

int
option_setters_apply(const struct option_setter setters[OPTION_COUNT],
                     struct description *d, struct latsub_error *err)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		enum option_id id = (enum option_id)i;
		const struct option_value *value =
			options_value(d->request->options, id);
		const char *reason = value ? apply(&setters[i], d, value) : NULL;

		if (reason)
			return latsub_error_set(err, LATSUB_SLURM, "%s = %.60s: "
			                        "%s; take the line out",
			                        options_name(id), value->text,
			                        reason);
	}
	return 0;
}
