/*
 * job_request.c - a phase as a batch job.
 *
 * The script is the same for every phase and holds no text of the user's;
 * all that differs reaches the runner as environment.
 */
#include "job_request.h"

#include <stdlib.h>
#include <string.h>

#include "latsub/file.h"
#include "latsub/program.h"
#include "log_dir.h"

extern char **environ;

/* A job's variables are Slurm's and latsub's to set; the devices of one job are
 * not those of another that it submits. */
static bool
is_passed_on(const char *env)
{
	static const char *const kept[] = { "SLURM_CONF=",
		"LATSUB_SLURM_MODULE=", "LATSUB_RUN_UNDER=" };
	static const char *const dropped[] = { "SLURM_", "SLURMD_", "LATSUB_" };
	static const char *const of_this_job[] = { "CUDA_VISIBLE_DEVICES=",
		"GPU_DEVICE_ORDINAL=", "ROCR_VISIBLE_DEVICES=",
		"ZE_AFFINITY_MASK=", "ENVIRONMENT=BATCH" };

	/* slurmd of the job's node has its own */
	if (text_starts(env, "SLURM_CONF=")
	    && slurm_conf_is_cache(env + strlen("SLURM_CONF=")))
		return false;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		if (text_starts(env, kept[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
		if (text_starts(env, dropped[i]))
			return false;
	}
	for (size_t i = 0; getenv("SLURM_JOB_ID")
	     && i < sizeof of_this_job / sizeof *of_this_job; i++) {
		if (text_starts(env, of_this_job[i]))
			return false;
	}
	return true;
}

/* The run's value counts, whatever the caller's environment has. */
static bool
is_variable(const struct variables *variables, const char *env)
{
	char *name = xstrndup(env, strcspn(env, "="));
	bool is_one = variables_find(variables, name) != NULL;

	free(name);
	return is_one;
}

/* The partitions whose jobs are not preempted: in these the runner need not ask
 * why a command has left with 0. */
static void
add_unpreempted(struct job_request_base *base,
                const struct slurm_cluster *cluster)
{
	struct strbuf names = { 0 };

	for (size_t i = 0; i < cluster->partition_count; i++) {
		if (!cluster->partitions[i].may_preempt)
			strbuf_printf(&names, "%s%s", names.len ? "," : "",
			              cluster->partitions[i].name);
	}
	strlist_add_owned(&base->env, xasprintf("LATSUB_UNPREEMPTED=%s",
	                                        strbuf_str(&names)));
	strbuf_clear(&names);
}

static struct job_request_base *
create_base(const struct engine *engine, const struct variables *variables,
            const char *copy)
{
	struct job_request_base *base = xcalloc(1, sizeof *base);

	base->script = xstrdup("#!/bin/bash\n"
		"exec ${LATSUB_RUN_UNDER-} \"$LATSUB_BIN\" run\n");
	for (char **env = environ; *env; env++) {
		if (is_passed_on(*env) && !is_variable(variables, *env))
			strlist_add(&base->env, *env);
	}
	for (size_t i = 0; i < variables->count; i++) {
		char *text = xasprintf("%s=%s", variables->items[i].name,
		                       variables->items[i].value);

		if (is_passed_on(text))
			strlist_add(&base->env, text);
		free(text);
	}
	strlist_add_owned(&base->env, xasprintf("LATSUB_BIN=%s",
	                                        program_path()));
	if (copy)
		strlist_add_owned(&base->env, xasprintf("LATSUB_COPY=%s", copy));
	strlist_add_owned(&base->env, xasprintf("LATSUB_STATE=%s",
	                                        engine->run->state_path));
	strlist_add_owned(&base->env, xasprintf("LATSUB_KILL_WAIT=%u",
		engine->cluster.kill_wait_sec ? engine->cluster.kill_wait_sec
		: 30));
	add_unpreempted(base, &engine->cluster);
	strlist_add_owned(&base->env, xasprintf("LATSUB_REQUEUE_EXIT=%s",
		engine->cluster.requeue_exit ? engine->cluster.requeue_exit
		: ""));
	return base;
}

struct job_request_base *
job_request_base_create(const struct engine *engine)
{
	char *copy = experiment_mark(engine->experiment);
	struct job_request_base *base = create_base(engine,
		&engine->experiment->spec->env, copy);

	free(copy);
	return base;
}

struct job_request_base *
job_request_base_of(const struct engine *engine,
                    const struct spec_phase *phase, uint32_t gen,
                    struct latsub_error *err)
{
	const struct phase_state *state = state_find(engine->run->state,
	                                             phase->name);
	const char *mark = state ? phase_variables_of(state, gen) : NULL;
	struct variables variables = { 0 };
	struct job_request_base *base = NULL;

	if (!mark) /* of a latsub that did not keep them */
		mark = state_metadata(engine->run->state, RUN_FIRST_VARIABLES);
	if (run_variables(engine->run, mark, &variables, err) == 0)
		base = create_base(engine, &variables,
		                   run_copy_of(engine->run, mark));
	variables_clear(&variables);
	return base;
}

void
job_request_base_destroy(struct job_request_base *base)
{
	if (!base)
		return;
	free(base->script);
	strlist_clear(&base->env);
	free(base);
}

static char *
array_text(const struct spec_phase *phase, const struct engine_job *job)
{
	struct rangeset shifted = { 0 };
	struct strbuf out = { 0 };

	if (!phase->array)
		return NULL;
	rangeset_add_shifted(&shifted, &job->tasks, -(int64_t)job->base);
	rangeset_print(&shifted, &out);
	if (phase->max_parallel)
		strbuf_printf(&out, "%%%u", phase->max_parallel);
	rangeset_clear(&shifted);
	return strbuf_steal(&out);
}

void
job_request_fill(struct job_request *request,
                 const struct job_request_base *base,
                 const struct engine_job *job, const struct engine *engine)
{
	const struct spec_phase *phase =
		&engine->experiment->spec->phases[job->phase];
	const char *comment = options_get(&phase->options, OPTION_COMMENT);
	const char *run_id = state_metadata(engine->run->state, "run_id");
	size_t n = 0;

	*request = (struct job_request){ 0 };
	request->identity = identity_print(run_id ? run_id : "?", phase->name,
	                                   job->gen, job->base);
	request->comment = xasprintf("%s%s%s", comment ? comment : "",
	                             comment ? " " : "", request->identity);
	request->output = log_path(engine->run->dir, phase);
	request->array = array_text(phase, job);
	strlist_add_owned(&request->env, xasprintf("LATSUB_PHASE=%s",
	                                           phase->name));
	strlist_add_owned(&request->env, xasprintf("LATSUB_MAX_REQUEUES=%u",
	                                           phase->max_requeues));
	strlist_add_owned(&request->env, xasprintf("LATSUB_GENERATION=%u",
	                                           job->gen));
	strlist_add_owned(&request->env, xasprintf("LATSUB_TASK_BASE=%u",
	                                           job->base));
	strlist_add_owned(&request->env, xasprintf("LATSUB_ATTEMPT_BASE=%u",
	                                           job->attempt));
	request->env_all = xcalloc(base->env.count + request->env.count + 1,
	                           sizeof *request->env_all);
	for (size_t i = 0; i < base->env.count; i++)
		request->env_all[n++] = base->env.items[i];
	for (size_t i = 0; i < request->env.count; i++)
		request->env_all[n++] = request->env.items[i];
	request->slurm = (struct slurm_request){
		.name = phase->name, .script = base->script,
		.workdir = engine->experiment->workdir,
		.output = request->output, .comment = request->comment,
		.identity = request->identity,
		.dependency = job->dependency, .array = request->array,
		.env = request->env_all, .hold = !job->dependency,
		.append = true, .options = &phase->options };
}

void
job_request_clear(struct job_request *request)
{
	free(request->identity);
	free(request->comment);
	free(request->output);
	free(request->array);
	strlist_clear(&request->env);
	free(request->env_all);
}

/* "; see FILE:LINE (mem = 70G), ..." */
static void
add_lines(struct strbuf *lines, const struct engine *engine,
          const struct spec_phase *phase, const char *words)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		enum option_id id = (enum option_id)i;
		const struct option_value *value =
			options_value(&phase->options, id);

		if (value && options_is_blamed(id, words))
			strbuf_printf(lines, "%s%s (%s = %s)",
			              lines->len ? ", " : "; see ",
			              value->where, options_name(id),
			              value->text);
	}
	if (lines->len == 0)
		strbuf_printf(lines, "; see %s:%d",
		              engine->experiment->spec->file, phase->line);
}

void
job_request_explain(struct latsub_error *err, const struct engine *engine,
                    const struct spec_phase *phase, const char *words,
                    const char *left)
{
	const char *source = state_metadata(engine->run->state, "experiment");
	char *run = text_shell_quote(engine->run->dir);
	char *file = text_shell_quote(source ? source : "FILE");
	struct strbuf lines = { 0 };

	add_lines(&lines, engine, phase, words);
	if (engine->run->is_new && !left) /* it is taken back: no resume */
		latsub_error_set(err, LATSUB_SLURM, "phase %s: Slurm refused it: "
		                 "%s%s", phase->name, words, strbuf_str(&lines));
	else
		latsub_error_set(err, LATSUB_SLURM, "phase %s: Slurm refused it: "
			"%s%s; %s; mend it, then '%s --resume %s --config %s'",
			phase->name, words, strbuf_str(&lines),
			left ? left : NOTHING_LEFT,
			program_name(), run, file);
	strbuf_clear(&lines);
	free(run);
	free(file);
}

void
job_request_complain(struct latsub_errlist *errors,
                     const struct engine *engine,
                     const struct spec_phase *phase, const char *words)
{
	struct strbuf lines = { 0 };

	add_lines(&lines, engine, phase, words);
	latsub_errlist_add(errors, "phase %s: Slurm refuses it: %s%s",
	                   phase->name, words, strbuf_str(&lines));
	strbuf_clear(&lines);
}
