/*
 * dry_run.c - the plan, as far as it can be made in memory alone.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "latsub/view.h"
#include "road.h"

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
imagine_checkpoint(struct state *state, const char *name)
{
	const struct phase_state *phase = name ? state_find(state, name) : NULL;
	struct event event = { .kind = EVENT_EDITED, .all = true };

	if (!phase)
		return;
	event.phase = phase->name;
	event.gen = phase->gen + 1;
	event.word = WORD_COMPLETED;
	state_apply(state, &event);
}

static int
ask(struct asked *asked, struct run *run, const struct spec *spec,
    struct latsub_error *err)
{
	const struct slurm_ops *slurm = cli_open_slurm_of(run, err);

	if (!slurm)
		fprintf(stderr, "latsub: %s; this is the plan as if no "
		        "job of the run were in Slurm\n", err->text);
	/* without an answer here there is none to the next question */
	asked_cluster(asked, slurm, err);
	return own_jobs_ask(asked, run, spec, false, err);
}

/* What a resume would find out, in memory. */
static void
preview(struct run *run, struct experiment *experiment,
        const struct asked *asked)
{
	struct engine engine = { .experiment = experiment, .run = run,
		.slurm = asked->slurm, .cluster = asked->cluster };

	if (asked->slurm)
		engine_reconcile_preview(&engine, &asked->jobs, &asked->live);
}

static void
print_plan(const struct spec *spec, const struct plan *plan)
{
	view_print_variables(&spec->env, stdout);
	if (spec->env.count)
		printf("\n");
	view_print_plan(spec, plan, stdout);
	printf("\n%zu of %zu phases would be submitted; nothing was.\n",
	       plan->to_run, plan->count);
}

/* Would a resume be refused as it is now?  *err has why. */
static bool
is_refused(const struct request *request, const struct opened *opened,
           const struct reading *reading, const struct asked *asked,
           struct latsub_error *err)
{
	const struct run *run = opened->run;

	return road_check_cluster(run, asked->cluster.name,
	                          request->other_cluster, err)
		|| own_jobs_check(&asked->live, opened, reading->experiment->spec,
		                  err)
		|| road_check_vanished(run, reading, &asked->live, request->drop,
		                       err);
}

static void
show_plan(const struct request *request, const struct run *run,
          const struct reading *reading, struct state *state,
          const struct live_jobs *live)
{
	const struct spec *spec = reading->experiment->spec;
	struct plan *plan;

	if (request->checkpoint)
		imagine_checkpoint(state, spec->checkpoint_phase);
	plan = plan_create(spec, state, live, reading->selected);
	road_note_phases(run, spec, plan);
	print_plan(spec, plan);
	plan_destroy(plan);
}

static int
show_resume(const struct request *request, const struct opened *opened,
            const struct reading *reading, struct latsub_error *err)
{
	struct run *run = opened->run;
	struct asked asked = { 0 };
	bool refused = false;
	int rc = ask(&asked, run, reading->experiment->spec, err);

	if (rc == 0) {
		road_note_variables(request, reading, asked.live.count > 0);
		refused = is_refused(request, opened, reading, &asked, err);
		preview(run, reading->experiment, &asked);
		show_plan(request, run, reading, run->state, &asked.live);
	}
	if (refused) {
		fprintf(stderr, "latsub: but as it is now, a resume is refused: "
		        "%s\n", err->text);
		rc = cli_said(err, err->code);
	}
	asked_clear(&asked);
	return rc;
}

int
road_dry_run(const struct request *request, const struct opened *opened,
             const struct reading *reading, struct latsub_error *err)
{
	const struct live_jobs none = { 0 };
	struct state *imagined;

	if (opened->run)
		return show_resume(request, opened, reading, err);
	imagined = imagine_state(reading->experiment->spec);
	road_note_variables(request, reading, false);
	show_plan(request, NULL, reading, imagined, &none);
	state_destroy(imagined);
	return 0;
}
