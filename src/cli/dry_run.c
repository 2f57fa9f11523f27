/*
 * dry_run.c - the plan, as far as it can be made in memory alone.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "latsub/view.h"
#include "request.h"

/* A new run's state as it would be, in memory only. */
static struct state *
imagine_state(const struct spec *spec)
{
	struct state *state = state_create();

	for (size_t i = 0; i < spec->phase_count; i++) {
		const struct spec_phase *phase = &spec->phases[i];
		char *sweep = phase->array ? sweep_print(&phase->sweep) : NULL;
		struct event event = { .kind = EVENT_PHASE, .sweep = sweep,
			.phase = phase->name, .order = (uint32_t)i };

		state_apply(state, &event);
		free(sweep);
	}
	return state;
}

static void
imagine_checkpoint(const struct request *r, struct state *state)
{
	const char *name = r->engine.experiment->spec->checkpoint_phase;
	const struct phase_state *phase = name ? state_find(state, name) : NULL;
	struct event event = { .kind = EVENT_EDITED, .all = true };

	if (!r->checkpoint || !phase)
		return;
	event.phase = phase->name;
	event.gen = phase->gen + 1;
	event.word = WORD_COMPLETED;
	state_apply(state, &event);
}

/* What a resume would find out, in memory. */
static void
preview(struct request *r)
{
	if (r->engine.slurm)
		engine_reconcile_preview(&r->engine, &r->jobs, &r->live);
}

int
request_dry_run(struct request *r)
{
	struct latsub_error err = { 0 };
	struct state *state, *imagined = NULL;
	int rc = LATSUB_OK;

	if (r->engine.run) {
		r->engine.slurm = cli_open_slurm_of(r->engine.run, &err);
		if (!r->engine.slurm)
			fprintf(stderr, "latsub: %s; this is the plan as if no "
			        "job of the run were in Slurm\n", err.text);
		/* without an answer here there is none to the next question */
		if (r->engine.slurm)
			r->engine.slurm->cluster(&r->engine.cluster, &err);
		rc = request_ask_jobs(r);
		if (rc)
			return rc - 1;
		request_note_variables(r);
		if (request_check_cluster(r, &err) || request_check_jobs(r, &err)
		    || request_check_vanished(r, &err))
			rc = err.code;
		preview(r);
		state = r->engine.run->state;
	} else {
		state = imagined = imagine_state(r->engine.experiment->spec);
	}
	imagine_checkpoint(r, state);
	r->plan = plan_create(r->engine.experiment->spec, state, &r->live,
	                      r->selected);
	if (!r->engine.run)
		request_note_variables(r);
	request_note_phases(r);
	view_print_variables(&r->engine.experiment->spec->env, stdout);
	if (r->engine.experiment->spec->env.count)
		printf("\n");
	view_print_plan(r->engine.experiment->spec, r->plan, stdout);
	printf("\n%zu of %zu phases would be submitted; nothing was.\n",
	       r->plan->to_run, r->plan->count);
	state_destroy(imagined);
	if (rc)
		fprintf(stderr, "latsub: but as it is now, a resume is refused: "
		        "%s\n", err.text);
	return rc;
}
