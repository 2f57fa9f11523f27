/*
 * which_experiment.c - the experiment that check and graph read: FILE, and --set.
 */
#include "cli.h"

struct experiment *
cli_load_experiment(const struct args *args, int *code)
{
	const char *file = args->word_count ? args->words[0] : "experiment.ini";
	struct latsub_errlist errors = { 0 };
	struct strlist sets = { 0 };
	struct experiment_inputs inputs = { .sets = &sets };
	struct experiment *experiment;

	args_values(args, 's', &sets);
	experiment = experiment_load(file, &inputs, &errors);
	if (errors.count) {
		*code = cli_complain(&errors);
		experiment_destroy(experiment);
		experiment = NULL;
	}
	latsub_errlist_clear(&errors);
	strlist_clear(&sets);
	return experiment;
}
