/*
 * args.c - a command's line, parsed by the command's own table.
 *
 * In: an entry of struct command, and argv.  Out: its options and words, or what
 * is wrong with them.  Prints nothing.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define KEY_HELP 'h'

static void
add_option(struct args *args, int key, const char *value)
{
	GROW(args->options, args->option_count);
	args->options[args->option_count++] = (struct args_option){ key, value };
}

static const struct command_option *
find_option(const struct command *command, int key)
{
	const struct command_option *option = command->options;

	for (; option && option->name; option++) {
		if (option->key == key)
			return option;
	}
	return NULL;
}

static size_t
count_options(const struct command *command)
{
	size_t count = 0;

	while (command->options && command->options[count].name)
		count++;
	return count;
}

/* What getopt wants of the table; caller frees *longs and letters. */
static char *
make_getopt(const struct command *command, struct option **longs)
{
	size_t count = count_options(command);
	struct option *out = xcalloc(count + 2, sizeof *out);
	struct strbuf letters = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct command_option *option = &command->options[i];

		out[i] = (struct option){ option->name, option->argument
			? required_argument : no_argument, NULL, option->key };
		if (option->key < OPTION_LONG)
			strbuf_printf(&letters, "%c%s", option->key,
			              option->argument ? ":" : "");
	}
	out[count] = (struct option){ "help", no_argument, NULL, KEY_HELP };
	strbuf_putc(&letters, KEY_HELP);
	*longs = out;
	return strbuf_steal(&letters);
}

static bool
is_word_of(const char *word, const struct command_option *option)
{
	if (text_starts(word, "--"))
		return strcmp(word + 2, option->name) == 0;
	return word[0] == '-' && word[1] == option->key && !word[2];
}

/* Options that may stand alone, and do, are taken out: getopt would take the next
 * word for their argument. */
static int
take_alone(struct args *args, int argc, char **argv)
{
	const struct command_option *option = args->command->options;

	for (; option && option->name; option++) {
		for (int i = 1; option->alone && i < argc; i++) {
			if (!is_word_of(argv[i], option)
			    || (i + 1 < argc && argv[i + 1][0] != '-'))
				continue;
			add_option(args, option->key, NULL);
			memmove(&argv[i], &argv[i + 1], (size_t)(argc - i)
			        * sizeof *argv); /* the NULL, too */
			argc--;
			break;
		}
	}
	return argc;
}

/* Of getopt's '?': word is the one that it looked at last. */
static int
option_error(const struct command *command, const char *word,
             struct latsub_error *err)
{
	bool known = optopt == KEY_HELP || find_option(command, optopt);

	if (optopt == 0)
		return args_error(err, command, "there is no option '%s'", word);
	if (known && text_starts(word, "--"))
		return args_error(err, command, "option '%s' needs a value, or "
		                  "takes none", word);
	return args_error(err, command, known ? "option '-%c' needs a value"
	                  : "there is no option '-%c'", optopt);
}

static int
parse_options(struct args *args, int argc, char **argv, struct latsub_error *err)
{
	struct option *longs;
	char *letters = make_getopt(args->command, &longs);
	int key, rc = 0;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while (rc == 0 && !args->wants_help
	       && (key = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (key == '?')
			rc = option_error(args->command, argv[optind - 1], err);
		else if (key == KEY_HELP)
			args->wants_help = true;
		else
			add_option(args, key, optarg);
	}
	args->words = argv + optind;
	args->word_count = (size_t)(argc - optind);
	free(letters);
	free(longs);
	return rc;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int
args_parse(struct args *args, const struct command *command, int argc,
           char **argv, struct latsub_error *err)
{
	*args = (struct args){ .command = command, .words = argv + 1,
		.word_count = (size_t)(argc - 1) };
	if (command->is_plain) {
		args->wants_help = argc > 1 && is_help(argv[1]);
		return 0;
	}
	if (parse_options(args, take_alone(args, argc, argv), argv, err))
		return -1;
	if (!args->wants_help && command->count_error
	    && (args->word_count < command->least
	        || args->word_count > command->most))
		return args_error(err, command, "%s", command->count_error);
	return 0;
}

void
args_clear(struct args *args)
{
	free(args->options);
	*args = (struct args){ 0 };
}

bool
args_has(const struct args *args, int key)
{
	for (size_t i = 0; i < args->option_count; i++) {
		if (args->options[i].key == key)
			return true;
	}
	return false;
}

const char *
args_value(const struct args *args, int key)
{
	const char *value = NULL;

	for (size_t i = 0; i < args->option_count; i++) {
		if (args->options[i].key == key)
			value = args->options[i].value;
	}
	return value;
}

void
args_values(const struct args *args, int key, struct strlist *out)
{
	for (size_t i = 0; i < args->option_count; i++) {
		if (args->options[i].key == key)
			strlist_add(out, args->options[i].value);
	}
}

int
args_error(struct latsub_error *err, const struct command *command,
           const char *fmt, ...)
{
	struct strbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	latsub_error_set(err, LATSUB_USAGE, "%s: %s; see 'latsub %s --help'",
	                 command->name, strbuf_str(&text), command->name);
	strbuf_clear(&text);
	return -1;
}
