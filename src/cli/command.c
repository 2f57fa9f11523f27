/*
 * command.c - what is made of a command's entry: its --help, and its execution.
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

/* "-p, --phase P", or "    --drop" where there is no letter. */
static char *
option_label(const struct command_option *option)
{
	struct strbuf label = { 0 };

	if (option->key < OPTION_LONG)
		strbuf_printf(&label, "-%c, ", option->key);
	else
		strbuf_puts(&label, "    ");
	strbuf_printf(&label, "--%s", option->name);
	if (option->argument)
		strbuf_printf(&label, " %s", option->argument);
	return strbuf_steal(&label);
}

/* The first of its lines, and those that follow, below it. */
static void
print_option(const struct command_option *option, int width, FILE *out)
{
	char *label = option_label(option);
	const char *line = option->help, *end;

	fprintf(out, "  %-*s  ", width, label);
	for (; (end = strchr(line, '\n')); line = end + 1)
		fprintf(out, "%.*s\n%*s", (int)(end - line), line, width + 4, "");
	fprintf(out, "%s\n", line);
	free(label);
}

static const struct command_option help_option = { .key = 'h', .name = "help",
	.help = "this text" };

static int
label_width(const struct command_option *option)
{
	char *label = option_label(option);
	int width = (int)strlen(label);

	free(label);
	return width;
}

static void
print_options(const struct command_option *options, FILE *out)
{
	int width = label_width(&help_option);

	for (size_t i = 0; options && options[i].name; i++) {
		if (label_width(&options[i]) > width)
			width = label_width(&options[i]);
	}
	for (size_t i = 0; options && options[i].name; i++)
		print_option(&options[i], width, out);
	print_option(&help_option, width, out);
}

void
command_print_help(const struct command *command, FILE *out)
{
	const char *line = command->usage, *end;
	const char *head = "Usage:";

	for (; (end = strchrnul(line, '\n')), *line; line = *end ? end + 1 : end) {
		fprintf(out, "%-6s latsub %.*s\n", head, (int)(end - line), line);
		head = "";
	}
	fprintf(out, "\n%s", command->text);
	if (!command->is_plain) {
		fputc('\n', out);
		print_options(command->options, out);
	}
	if (command->ending)
		fprintf(out, "\n%s", command->ending);
}

int
cli_usage(const struct args *args, const char *fmt, ...)
{
	struct latsub_error err;
	struct strbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	args_error(&err, args->command, "%s", strbuf_str(&text));
	strbuf_clear(&text);
	return cli_fail(&err);
}

int
command_execute(const struct command *command, int argc, char **argv)
{
	struct latsub_error err;
	struct args args;
	int code;

	if (args_parse(&args, command, argc, argv, &err)) {
		code = cli_fail(&err);
	} else if (args.wants_help) {
		command_print_help(command, stdout);
		code = LATSUB_OK;
	} else {
		code = command->execute(&args);
	}
	args_clear(&args);
	return code;
}
