/*
 * status_json.c - a run for programs.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/run_status.h"

static json_t *
text_or_null(const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static json_t *
time_or_null(int64_t time)
{
	return time ? json_integer(time) : json_null();
}

static json_t *
tasks_json(const struct status_row *row)
{
	json_t *tasks = json_object();

	json_object_set_new(tasks, "total", json_integer(row->state->total));
	for (int i = 0; i < TASK_STATE_COUNT; i++)
		json_object_set_new(tasks, task_state_name((enum task_state)i),
		                    json_integer(row->counts[i]));
	return tasks;
}

static json_t *
jobs_json(const struct phase_state *phase)
{
	json_t *jobs = json_array();
	struct rangeset numbers = { 0 };

	phase_newest_jobs(phase, &numbers);
	rangeset_for_each(&numbers, number)
		json_array_append_new(jobs, json_integer(number));
	rangeset_clear(&numbers);
	return jobs;
}

/* Values are bytes: what is no UTF-8 is shown as one would read it. */
static json_t *
value_json(const char *value)
{
	char *clean = text_is_utf8(value, strlen(value)) ? xstrdup(value)
		: text_sanitise(value, strlen(value));
	json_t *json = json_string(clean);

	free(clean);
	return json;
}

/* Those of a mark (NULL: the newest); null where they cannot be read. */
static json_t *
variables_json(const struct run *run, const char *mark)
{
	struct variables variables = { 0 };
	struct latsub_error err;
	json_t *object = json_object();

	if (run_variables(run, mark, &variables, &err)) {
		json_decref(object);
		return json_null();
	}
	for (size_t i = 0; i < variables.count; i++) {
		const struct variable *variable = &variables.items[i];

		json_object_set_new(object, variable->name, json_pack(
			"{s:o, s:s}", "value", value_json(variable->value),
			"from", variable_source_word(variable->source)));
	}
	variables_clear(&variables);
	return object;
}

/* Where its newest submission had other ones than the run has now, else null. */
static json_t *
own_variables_json(const struct run *run, const struct phase_state *phase)
{
	const char *newest = run_variables_mark(run);
	const char *mark = phase_variables_of(phase, UINT32_MAX);

	return newest && mark && strcmp(newest, mark) != 0
		? variables_json(run, mark) : json_null();
}

static json_t *
phase_json(const struct run *run, const struct status_row *row)
{
	const struct phase_facts *facts = phase_facts(row->state);
	const struct slurm_job *job = status_job(row);
	json_t *phase = json_object();

	json_object_set_new(phase, "name", text_or_null(row->state->name));
	json_object_set_new(phase, "state",
	                    json_string(phase_word_name(row->word)));
	json_object_set_new(phase, "detail", text_or_null(row->status
	                    == STATUS_PENDING ? NULL
	                    : status_words[row->status].word));
	json_object_set_new(phase, "array", json_boolean(row->state->array));
	json_object_set_new(phase, "tasks", tasks_json(row));
	json_object_set_new(phase, "jobs", jobs_json(row->state));
	json_object_set_new(phase, "generation",
	                    json_integer(row->state->gen));
	json_object_set_new(phase, "slurm_state", text_or_null(job
	                    ? slurm_state_name(job->state) : NULL));
	json_object_set_new(phase, "slurm_reason",
	                    text_or_null(job ? job->reason : NULL));
	json_object_set_new(phase, "node", text_or_null(facts->node));
	json_object_set_new(phase, "started", time_or_null(facts->started));
	json_object_set_new(phase, "ended", time_or_null(facts->ended));
	json_object_set_new(phase, "exit_code", facts->ended && facts->code >= 0
	                    ? json_integer(facts->code) : json_null());
	json_object_set_new(phase, "requeues",
	                    json_integer((json_int_t)row->requeues));
	json_object_set_new(phase, "checkpoint",
	                    text_or_null(phase_checkpoint(row->state)));
	json_object_set_new(phase, "variables",
	                    own_variables_json(run, row->state));
	json_object_set_new(phase, "excluded",
	                    json_boolean(phase_is_excluded(row->state)));
	json_object_set_new(phase, "blocked_by", text_or_null(row->blocked_by));
	return phase;
}

void
status_print_json(const struct run_status *status, FILE *out)
{
	const struct state_failure *failure = &status->run->state->failure;
	json_t *root = json_object(), *phases = json_array();

	json_object_set_new(root, "run", text_or_null(status->run->dir));
	json_object_set_new(root, "state_file",
	                    text_or_null(status->run->state_path));
	json_object_set_new(root, "run_id",
		text_or_null(state_metadata(status->run->state, "run_id")));
	json_object_set_new(root, "outcome",
		json_string(run_words[run_word_of(status->outcome)].word));
	json_object_set_new(root, "slurm_answered",
	                    json_boolean(status->slurm_answered));
	json_object_set_new(root, "checkpoint",
	                    text_or_null(run_checkpoint(status->run)));
	json_object_set_new(root, "variables",
	                    variables_json(status->run, NULL));
	json_object_set_new(root, "last_failure", text_or_null(failure->phase));
	json_object_set_new(root, "last_failure_error",
	                    text_or_null(failure->error));
	for (size_t i = 0; i < status->count; i++)
		json_array_append_new(phases, phase_json(status->run,
			                                 &status->rows[i]));
	json_object_set_new(root, "phases", phases);
	/* control characters of U+0080 and above are, in UTF-8, no plain ones */
	json_dumpf(root, out, JSON_INDENT(2) | (run_is_others(status->run)
	           ? JSON_ENSURE_ASCII : 0));
	fputc('\n', out);
	json_decref(root);
}
