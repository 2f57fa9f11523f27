/*
 * attempt_environment.c - the variables that a command gets of its attempt.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"

__attribute__((format(printf, 2, 3)))
static void
set_env(const char *name, const char *fmt, ...)
{
	struct strbuf value = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&value, fmt, ap);
	va_end(ap);
	setenv(name, strbuf_str(&value), 1);
	strbuf_clear(&value);
}

char *
attempt_reason(const struct attempt *attempt)
{
	static const struct requeue_why unknown = { .reason = REASON_UNKNOWN };
	const struct requeue_why *why;

	if (attempt->attempt == 0)
		return xstrdup(attempt->gen > 1 ? "resumed" : "first");
	why = attempt_requeue_why(attempt, attempt->attempt - 1);
	return xstrdup(requeue_why_name(why ? why : &unknown));
}

void
attempt_set_environment(const void *what)
{
	const struct attempt *attempt = what;
	const struct sweep *sweep = phase_sweep_now(attempt_state(attempt));
	const char *run_id = state_metadata(attempt->run->state, "run_id");
	struct strbuf failed = { 0 };
	char *reason = attempt_reason(attempt);

	for (size_t i = 0; i < attempt->missing.count; i++)
		strbuf_printf(&failed, "%s%s", i ? " " : "",
		              attempt->missing.items[i]);
	set_env("LATSUB_RUN_DIR", "%s", attempt->run->dir);
	set_env("LATSUB_RUN_ID", "%s", run_id ? run_id : "");
	set_env("LATSUB_TASK", "%u", attempt->task);
	set_env("LATSUB_ATTEMPT", "%u", attempt->attempt);
	set_env("LATSUB_GENERATION", "%u", attempt->gen);
	set_env("LATSUB_REASON", "%s", reason);
	set_env("LATSUB_RETRY", "%u", attempt_retries(attempt));
	set_env("LATSUB_RESUME", "%d", attempt->attempt > 0);
	set_env("LATSUB_CHECKPOINT", "%s", attempt->checkpoint
	        ? attempt->checkpoint : "");
	set_env("LATSUB_FAILED_PHASES", "%s", strbuf_str(&failed));
	set_env("LATSUB_JOB", "%s", attempt->id);
	for (size_t i = 0; i < sweep->count; i++)
		setenv(sweep->keys[i].name,
		       sweep_value(sweep, attempt->task, i), 1);
	free(reason);
	strbuf_clear(&failed);
}
