/*
 * audit.c - an audit for people and for programs.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "latsub/view.h"

/* ---- for people ---- */

static void
print_time(int64_t seconds, FILE *out)
{
	time_t when = (time_t)seconds;
	char text[32] = "-";
	struct tm tm;

	if (seconds && localtime_r(&when, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "  %-19s", text);
}

static void
print_attempt(const struct audit_attempt *attempt, FILE *out)
{
	fprintf(out, "  generation %u attempt %u", attempt->gen,
	        attempt->number + 1);
	print_time(attempt->started, out);
	print_time(attempt->ended, out);
	text_print(out, "  job %u on %s  %s%s%s\n", attempt->job,
	           attempt->node ? attempt->node : "?",
	           attempt->end == EVENT_STARTED ? "no end on record"
	           : event_name(attempt->end),
	           attempt->end != EVENT_COMPLETED && attempt->reason ? ": " : "",
	           attempt->end != EVENT_COMPLETED && attempt->reason
	           ? attempt->reason : "");
}

static void
print_tasks(const struct audit *audit, FILE *out)
{
	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_phase *phase = audit->phases[i];

		for (uint32_t t = 0; phase->first && t < phase->state->total;
		     t++) {
			struct audit_difference task = { .phase = phase->name,
			                                 .task = t };
			char *name = audit_task_name(audit, &task);

			text_print(out, "%s: %s\n", name, task_state_name(
				phase_task(phase->state, t)->state));
			for (size_t a = phase->first[t];
			     a < phase->first[t + 1]; a++)
				print_attempt(&phase->attempts[a], out);
			free(name);
		}
	}
}

static void
count(const struct audit *audit, size_t *tasks, size_t *attempts,
      size_t *completed)
{
	*tasks = *attempts = *completed = 0;
	for (size_t i = 0; i < audit->state->count; i++) {
		uint32_t n[TASK_STATE_COUNT];

		if (!phase_has_tasks(audit->state->phases[i]))
			continue;
		phase_count(audit->state->phases[i], n);
		*tasks += audit->state->phases[i]->total;
		*attempts += audit->phases[i]->attempt_count;
		*completed += n[TASK_COMPLETED];
	}
}

static void
print_difference(const struct audit *audit,
                 const struct audit_difference *difference, FILE *out)
{
	char *name = audit_task_name(audit, difference);

	text_print(out, "%s: %s: %s%s%s%s; %s\n", name,
	           audit_kind_name(difference->kind), difference->what,
	           *difference->where ? " (" : "", difference->where,
	           *difference->where ? ")" : "", difference->advice);
	free(name);
}

void
view_print_audit(const struct view_audit *view, FILE *out)
{
	const struct audit *audit = view->audit;
	const struct journal_reading *reading = view->reading;
	size_t tasks, attempts, completed;

	text_print(out, "%s\n", view->dir);
	if (view->verbose)
		print_tasks(audit, out);
	for (size_t i = 0; i < audit->difference_count; i++)
		print_difference(audit, &audit->differences[i], out);
	for (size_t i = 0; i < view->notes.count; i++)
		text_print(out, "note: %s\n", view->notes.items[i]);
	for (size_t i = 0; i < reading->damaged_at.count; i++)
		text_print(out, "note: %s: a damaged line, which says nothing\n",
		           reading->damaged_at.items[i]);
	if (reading->damaged > reading->damaged_at.count)
		fprintf(out, "note: %llu damaged lines in all\n",
		        (unsigned long long)reading->damaged);
	if (reading->foreign)
		fprintf(out, "note: %llu lines of a newer latsub were not "
		        "understood\n", (unsigned long long)reading->foreign);
	count(audit, &tasks, &attempts, &completed);
	fprintf(out, "%zu phases, %zu tasks, %zu of them completed; %zu "
	        "attempts, %llu events; %zu difference%s\n",
	        audit->state->count, tasks, completed, attempts,
	        (unsigned long long)audit->events, audit->difference_count,
	        audit->difference_count == 1 ? "" : "s");
}

/* ---- for programs ---- */

static json_t *
text_or_null(const char *text)
{
	json_t *value = text && *text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static json_t *
time_or_null(int64_t time)
{
	return time ? json_integer(time) : json_null();
}

static json_t *
difference_json(const struct audit *audit,
                const struct audit_difference *difference)
{
	char *name = audit_task_name(audit, difference);
	json_t *object = json_object();

	json_object_set_new(object, "kind", json_string(audit_kind_name(
		difference->kind)));
	json_object_set_new(object, "phase", text_or_null(difference->phase));
	json_object_set_new(object, "task", difference->task == AUDIT_NO_TASK
	                    ? json_null() : json_integer(difference->task));
	json_object_set_new(object, "name", text_or_null(name));
	json_object_set_new(object, "what", text_or_null(difference->what));
	json_object_set_new(object, "where", text_or_null(difference->where));
	json_object_set_new(object, "advice",
	                    text_or_null(difference->advice));
	free(name);
	return object;
}

static json_t *
attempt_json(const struct audit_attempt *attempt)
{
	json_t *object = json_object();

	json_object_set_new(object, "generation", json_integer(attempt->gen));
	json_object_set_new(object, "attempt", json_integer(attempt->number));
	json_object_set_new(object, "job", attempt->job
	                    ? json_integer(attempt->job) : json_null());
	json_object_set_new(object, "node", text_or_null(attempt->node));
	json_object_set_new(object, "started", time_or_null(attempt->started));
	json_object_set_new(object, "ended", time_or_null(attempt->ended));
	json_object_set_new(object, "end", attempt->end == EVENT_STARTED
	                    ? json_null()
	                    : json_string(event_name(attempt->end)));
	json_object_set_new(object, "reason", text_or_null(attempt->reason));
	return object;
}

static json_t *
tasks_json(const struct audit *audit)
{
	json_t *tasks = json_array();

	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_phase *phase = audit->phases[i];

		for (uint32_t t = 0; phase->first && t < phase->state->total;
		     t++) {
			json_t *task = json_object(), *attempts = json_array();

			for (size_t a = phase->first[t];
			     a < phase->first[t + 1]; a++)
				json_array_append_new(attempts, attempt_json(
					&phase->attempts[a]));
			json_object_set_new(task, "phase",
			                    json_string(phase->name));
			json_object_set_new(task, "task", json_integer(t));
			json_object_set_new(task, "state", json_string(
				task_state_name(phase_task(phase->state,
				                           t)->state)));
			json_object_set_new(task, "attempts", attempts);
			json_array_append_new(tasks, task);
		}
	}
	return tasks;
}

static json_t *
list_json(const struct strlist *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, text_or_null(list->items[i]));
	return array;
}

void
view_print_audit_json(const struct view_audit *view, FILE *out)
{
	const struct audit *audit = view->audit;
	json_t *root = json_object(), *differences = json_array();
	size_t tasks, attempts, completed;

	for (size_t i = 0; i < audit->difference_count; i++)
		json_array_append_new(differences, difference_json(audit,
			&audit->differences[i]));
	count(audit, &tasks, &attempts, &completed);
	json_object_set_new(root, "run", text_or_null(view->dir));
	json_object_set_new(root, "tasks", json_integer((json_int_t)tasks));
	json_object_set_new(root, "completed",
	                    json_integer((json_int_t)completed));
	json_object_set_new(root, "attempts",
	                    json_integer((json_int_t)attempts));
	json_object_set_new(root, "events",
	                    json_integer((json_int_t)audit->events));
	json_object_set_new(root, "damaged_lines",
	                    json_integer((json_int_t)view->reading->damaged));
	json_object_set_new(root, "damaged_at",
	                    list_json(&view->reading->damaged_at));
	json_object_set_new(root, "notes", list_json(&view->notes));
	json_object_set_new(root, "differences", differences);
	if (view->verbose)
		json_object_set_new(root, "history", tasks_json(audit));
	json_dumpf(root, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	fputc('\n', out);
	json_decref(root);
}
