/*
 * test_cli.c - each command is whole: its entry, its --help, its section in
 * latsub(1); and lines are parsed by it.
 */
#include "unit.h"

#include <ctype.h>

#include "cli/command.h"
#include "latsub/file.h"

/* ---- entries ---- */

static void
every_command_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];

		assert_non_null(command->name);
		assert_non_null(command->execute);
		assert_true(command->summary && *command->summary);
		assert_true(command->text && text_ends(command->text, "\n"));
		assert_true(text_starts(command->usage, command->name));
		assert_true(command->least <= command->most);
		if (command->least)
			assert_non_null(command->count_error);
		assert_ptr_equal(commands_find(command->name), command);
		for (size_t k = i + 1; commands[k]; k++)
			assert_string_not_equal(command->name,
			                        commands[k]->name);
	}
}

static void
every_option_is_whole_and_alone_of_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct command_option *option = commands[i]->options;

		for (; option && option->name; option++) {
			assert_true(option->key >= OPTION_LONG
			            || isalpha(option->key));
			assert_int_not_equal(option->key, 'h');
			assert_string_not_equal(option->name, "help");
			assert_true(option->help && *option->help);
			assert_false(text_ends(option->help, "\n"));
			for (const struct command_option *other = option + 1;
			     other->name; other++) {
				assert_int_not_equal(option->key, other->key);
				assert_string_not_equal(option->name,
				                        other->name);
			}
		}
	}
}

static void
commands_are_found_by_name_and_by_their_option(void **state)
{
	(void)state;
	assert_ptr_equal(commands_find("--resume"), &command_experiment);
	assert_ptr_equal(commands_find("--resume=runs/a"), &command_experiment);
	assert_ptr_equal(commands_find("expermient"), NULL);
	assert_ptr_equal(commands_find(""), NULL);
	assert_string_equal(commands_nearest("expermient"), "experiment");
	assert_ptr_equal(commands_nearest("xyzzy"), NULL);
}

/* ---- what they say of themselves ---- */

static char *
help_of(const struct command *command)
{
	static char *text; /* open_memstream keeps its address */
	static size_t len;
	FILE *out = open_memstream(&text, &len);

	command_print_help(command, out);
	fclose(out);
	return text;
}

static bool
has_label(const char *help, const struct command_option *option)
{
	char *label = option->key < OPTION_LONG
		? xasprintf("\n  -%c, --%s", option->key, option->name)
		: xasprintf("\n      --%s", option->name);
	const char *at = strstr(help, label);
	bool has = at && (at[strlen(label)] == ' ');

	free(label);
	return has;
}

static void
help_has_every_option_and_fits_a_terminal(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct command_option *option = commands[i]->options;
		char *help = help_of(commands[i]), *line = help, *end;

		assert_true(text_starts(help, "Usage: latsub "));
		for (; option && option->name; option++)
			assert_true(has_label(help, option));
		if (!commands[i]->is_plain)
			assert_non_null(strstr(help, "\n  -h, --help "));
		for (; (end = strchr(line, '\n')); line = end + 1)
			assert_true(end - line <= 80);
		assert_string_equal(line, "");
		free(help);
	}
}

static void
help_is_laid_out_by_the_table(void **state)
{
	static const struct command_option options[] = {
		{ .key = 'o', .name = "output", .argument = "DIR",
		  .help = "where it goes\nto" },
		{ .key = OPTION_LONG, .name = "all", .help = "everything" },
		{ .name = NULL }
	};
	const struct command command = { .name = "try",
		.usage = "try [DIR]\ntry --all", .text = "Try.\n",
		.options = options, .ending = "That is all.\n" };
	char *help = help_of(&command);

	(void)state;
	assert_string_equal(help,
		"Usage: latsub try [DIR]\n"
		"       latsub try --all\n\n"
		"Try.\n\n"
		"  -o, --output DIR  where it goes\n"
		"                    to\n"
		"      --all         everything\n"
		"  -h, --help        this text\n\n"
		"That is all.\n");
	free(help);
}

/* The lines of latsub.1 under ".Ss NAME", up to the next heading; caller frees. */
static char *
section_of(const char *page, const char *name)
{
	char *heading = xasprintf("\n.Ss %s\n", name);
	const char *from = strstr(page, heading), *to, *sub;

	free(heading);
	if (!from)
		return NULL;
	from += 4;
	to = strstr(from, "\n.Sh ");
	sub = strstr(from, "\n.Ss ");
	if (!to || (sub && sub < to))
		to = sub;
	return xstrndup(from, to ? (size_t)(to - from) : strlen(from));
}

static bool
has_item(const char *section, const struct command_option *option)
{
	char *item = option->key < OPTION_LONG
		? xasprintf("\n.It Fl %c", option->key)
		: xasprintf("\n.It Fl -%s", option->name);
	char *longer = xasprintf("Fl -%s", option->name);
	bool has = false;

	for (const char *at = strstr(section, item); at && !has;
	     at = strstr(at + 1, item)) {
		char *line = xstrndup(at + 1, strcspn(at + 1, "\n"));
		const char *name = strstr(line, longer);

		has = name && (name[strlen(longer)] == ' '
		               || !name[strlen(longer)]);
		free(line);
	}
	free(longer);
	free(item);
	return has;
}

static void
the_manual_has_every_command_and_option(void **state)
{
	char *path = file_join(getenv("top_srcdir") ? getenv("top_srcdir") : ".",
	                       "docs/latsub.1");
	struct latsub_error err;
	char *page;
	size_t len;

	(void)state;
	assert_int_equal(file_read(path, 1 << 20, &page, &len, NULL, &err), 0);
	for (size_t i = 0; commands[i]; i++) {
		const struct command_option *option = commands[i]->options;
		char *section = section_of(page, commands[i]->name);

		if (!section)
			fail_msg("latsub.1 has no %s", commands[i]->name);
		for (; option && option->name; option++) {
			if (!has_item(section, option))
				fail_msg("latsub.1, %s: no --%s",
				         commands[i]->name, option->name);
		}
		free(section);
	}
	free(page);
	free(path);
}

/* ---- lines ---- */

static const struct command_option try_options[] = {
	{ .key = 'p', .name = "phase", .argument = "P", .help = "one" },
	{ .key = 'r', .name = "resume", .argument = "STATE", .alone = true,
	  .help = "go on" },
	{ .key = 'w', .name = "wait", .help = "until the end" },
	{ .key = OPTION_LONG, .name = "drop", .help = "go on without" },
	{ .name = NULL }
};

static const struct command try_command = { .name = "try", .most = 1,
	.options = try_options, .count_error = "one run at a time" };

static struct args args;
static struct latsub_error err;
static char *argv_of_args[16];

/* The line, parsed. */
static int
parse(const struct command *command, const char *line)
{
	static char copy[256];
	int argc = 1;

	snprintf(copy, sizeof copy, "%s", line);
	argv_of_args[0] = copy + strlen(copy); /* "" */
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv_of_args[argc++] = word;
	argv_of_args[argc] = NULL;
	err.text[0] = '\0';
	return args_parse(&args, command, argc, argv_of_args, &err);
}

static void
options_and_words_may_mix(void **state)
{
	struct strlist phases = { 0 };

	(void)state;
	assert_int_equal(parse(&try_command, "-p a runs/x --phase=b --drop"), 0);
	assert_int_equal(args.word_count, 1);
	assert_string_equal(args.words[0], "runs/x");
	assert_null(args.words[1]);
	assert_true(args_has(&args, OPTION_LONG));
	assert_false(args_has(&args, 'w'));
	assert_string_equal(args_value(&args, 'p'), "b"); /* the last */
	assert_null(args_value(&args, 'r'));
	args_values(&args, 'p', &phases);
	assert_int_equal(phases.count, 2);
	assert_string_equal(phases.items[0], "a");
	strlist_clear(&phases);
	args_clear(&args);

	assert_int_equal(parse(&try_command, "-wpa -- -w"), 0);
	assert_true(args_has(&args, 'w'));
	assert_string_equal(args_value(&args, 'p'), "a");
	assert_string_equal(args.words[0], "-w");
	args_clear(&args);

	assert_int_equal(parse(&try_command, ""), 0);
	assert_int_equal(args.word_count, 0);
	assert_null(args.words[0]);
	args_clear(&args);
}

static void
an_option_may_stand_alone_where_its_entry_says_so(void **state)
{
	static const struct {
		const char *line, *value;
		bool waits;
	} lines[] = {
		{ "--resume", NULL, false },
		{ "-r", NULL, false },
		{ "--resume --wait", NULL, true },
		{ "-w -r", NULL, true },
		{ "--resume runs/x -w", "runs/x", true },
		{ "-rruns/x", "runs/x", false },
		{ "--resume=runs/x", "runs/x", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *value;

		assert_int_equal(parse(&try_command, lines[i].line), 0);
		assert_true(args_has(&args, 'r'));
		assert_int_equal(args_has(&args, 'w'), lines[i].waits);
		assert_int_equal(args.word_count, 0);
		value = args_value(&args, 'r');
		if (lines[i].value)
			assert_string_equal(value, lines[i].value);
		else
			assert_null(value);
		args_clear(&args);
	}
}

static void
a_wrong_line_is_said_with_the_way_to_the_help(void **state)
{
	static const struct {
		const char *line, *text;
	} lines[] = {
		{ "--nonesuch", "there is no option '--nonesuch'" },
		{ "--drop=1", "option '--drop=1' needs a value, or takes none" },
		{ "a --phase", "option '--phase' needs a value, or takes none" },
		{ "-p", "option '-p' needs a value" },
		{ "-z", "there is no option '-z'" },
		{ "--wait -zw", "there is no option '-z'" },
		{ "a b", "one run at a time" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *text = xasprintf("try: %s; see 'latsub try --help'",
		                       lines[i].text);

		assert_int_equal(parse(&try_command, lines[i].line), -1);
		assert_int_equal(err.code, LATSUB_USAGE);
		assert_string_equal(err.text, text);
		free(text);
		args_clear(&args);
	}
}

static void
help_counts_whatever_else_is_there(void **state)
{
	static const char *const lines[] = { "-h", "--help", "a b -h",
		"--resume --help", "-wh" };

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(parse(&try_command, lines[i]), 0);
		assert_true(args.wants_help);
		args_clear(&args);
	}
}

static void
another_programs_words_stay_as_they_are(void **state)
{
	static const struct command plain = { .name = "try", .is_plain = true };

	(void)state;
	assert_int_equal(parse(&plain, "start --nodes 3 -h"), 0);
	assert_false(args.wants_help);
	assert_int_equal(args.word_count, 4);
	assert_string_equal(args.words[1], "--nodes");
	args_clear(&args);
	assert_int_equal(parse(&plain, "--help"), 0);
	assert_true(args.wants_help);
	args_clear(&args);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_whole),
		cmocka_unit_test(every_option_is_whole_and_alone_of_its_name),
		cmocka_unit_test(commands_are_found_by_name_and_by_their_option),
		cmocka_unit_test(help_has_every_option_and_fits_a_terminal),
		cmocka_unit_test(help_is_laid_out_by_the_table),
		cmocka_unit_test(the_manual_has_every_command_and_option),
		cmocka_unit_test(options_and_words_may_mix),
		cmocka_unit_test(an_option_may_stand_alone_where_its_entry_says_so),
		cmocka_unit_test(a_wrong_line_is_said_with_the_way_to_the_help),
		cmocka_unit_test(help_counts_whatever_else_is_there),
		cmocka_unit_test(another_programs_words_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
