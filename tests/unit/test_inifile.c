/*
 * test_inifile.c - the lossless reader: long values, semicolons, multi-line
 * commands, comments, rewrites.
 */
#include "unit.h"

#include "latsub/inifile.h"
#include "latsub/text.h"

static struct latsub_errlist errors;

static struct inifile *
parse(const char *text)
{
	latsub_errlist_clear(&errors);
	return inifile_parse("x.ini", text, strlen(text), INI_PLAIN, &errors);
}

static void
assert_value(const char *text, const char *expected)
{
	struct inifile *ini = parse(text);

	assert_int_equal(errors.count, 0);
	assert_string_equal(inifile_get(ini, "a", "k"), expected);
	inifile_destroy(ini);
}

static void
values_keep_what_commands_use(void **state)
{
	(void)state;
	assert_value("[a]\nk = make ; ./run # now\n", "make ; ./run # now");
	assert_value("[a]\nk=x=1:2;y\n", "x=1:2;y");
	assert_value("[a]\nk = \"quoted; # text\"\n", "\"quoted; # text\"");
	assert_value("[a]\r\nk = v\r\n", "v");
	assert_value("\xef\xbb\xbf[a]\nk = \xc3\xa4\n", "\xc3\xa4");
	assert_value("[a]\nk =\n", "");
	assert_value("[a]\nk = 100%25 %3b\n", "100%25 %3b");
	assert_value("[a]\nk = v", "v");
}

static void
values_go_on_over_indented_lines(void **state)
{
	(void)state;
	assert_value("[a]\nk = one\n    two\n      three\n",
	             "one\ntwo\n  three");
	assert_value("[a]\nk =\n\tif true; then\n\t\techo '#'\n\tfi\n",
	             "if true; then\n\techo '#'\nfi");
	assert_value("[a]\nk = one\n# comment\n  # kept\n\n  two\n\nz = 1\n",
	             "one\n# kept\n\ntwo");
}

static void
any_length_survives(void **state)
{
	static const size_t lengths[] = { 38, 39, 40, 41, 79, 80, 81, 199, 200,
		4000, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char *value = xmalloc(lengths[i] + 1), *text;

		for (size_t j = 0; j < lengths[i]; j++)
			value[j] = "x ;#%=:[]\"'\\y"[j * 7 % 13];
		value[0] = value[lengths[i] - 1] = 'e';
		value[lengths[i]] = '\0';
		text = xasprintf("[a]\nk = %s\n", value);
		assert_value(text, value);
		free(text);
		free(value);
	}
}

static void
errors_name_their_lines(void **state)
{
	static const struct { const char *text, *where, *what; } cases[] = {
		{ "[a]\nk = 1\nnonsense\n", "x.ini:3:", "neither" },
		{ "[a]\n\n[b\n", "x.ini:3:", "needs its" },
		{ "[a]\n= 3\n", "x.ini:2:", "a key is missing" },
		{ "[a]\n  k = 3\n", "x.ini:2:", "indented" },
		{ "[a]\nk = 1\nk = 2\n", "x.ini:3:", "first in line 2" },
		{ "[a]\nk = 1\n[a]\nm = 2\n", "x.ini:3:",
		  "first is in line 1" },
		{ "[a] x\nk = 1\n", "x.ini:1:", "text after" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct inifile *ini = parse(cases[i].text);

		assert_int_equal(errors.count, 1);
		assert_non_null(strstr(errors.texts[0], cases[i].where));
		assert_non_null(strstr(errors.texts[0], cases[i].what));
		inifile_destroy(ini);
	}
}

static void
binary_and_huge_lines_are_refused(void **state)
{
	char *text = xmalloc(10 * 1024 * 1024 + 10);
	struct inifile *ini;

	(void)state;
	latsub_errlist_clear(&errors);
	ini = inifile_parse("x", "[a]\nk = a\0b\n", 12, INI_PLAIN, &errors);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.texts[0], "NUL"));
	inifile_destroy(ini);
	latsub_errlist_clear(&errors);
	memset(text, 'x', 10 * 1024 * 1024);
	memcpy(text, "[a]\nk = ", 8);
	ini = inifile_parse("x", text, 10 * 1024 * 1024, INI_PLAIN, &errors);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.texts[0], "x:2:"));
	inifile_destroy(ini);
	free(text);
}

static void
entries_know_their_lines(void **state)
{
	struct inifile *ini = parse("; c\n[a]\nk = 1\n  2\n\nm = 3\n"
	                            "[a long section name that inih would cut "
	                            "at forty-nine characters]\nn = 4\n");

	(void)state;
	assert_int_equal(errors.count, 0);
	assert_int_equal(inifile_line(ini, "a", "k"), 3);
	assert_int_equal(inifile_line(ini, "a", "m"), 6);
	assert_int_equal(inifile_count(ini), 3);
	assert_string_equal(inifile_entry(ini, 2)->value, "4");
	inifile_destroy(ini);
}

static const char document[] =
	"\xef\xbb\xbf# top\r\nloose=1\r\n\r\n[phases]\r\ntraining = completed\r\n"
	"; note\r\nother=pending\r\n\r\n[mine]\r\nx = 1\r\n  2\r\n# end\r\n";

static void
unchanged_documents_are_the_same_bytes(void **state)
{
	struct inifile *ini = parse(document);
	char *text;
	size_t len;

	(void)state;
	inifile_set(ini, "phases", "training", "completed");
	text = inifile_render(ini, &len);
	assert_int_equal(len, strlen(document));
	assert_memory_equal(text, document, len);
	free(text);
	inifile_destroy(ini);
}

static void
changes_touch_their_lines_only(void **state)
{
	static const char before[] = "[a]\nk=1\n# c\n\n[b]\nz=9";
	struct inifile *ini;
	char *text;

	(void)state;
	latsub_errlist_clear(&errors);
	ini = inifile_parse("x", before, strlen(before), INI_JSON_STRINGS,
	                    &errors);
	inifile_set(ini, "a", "k", "2");
	inifile_set(ini, "a", "new", "3");
	inifile_set(ini, "b", "y", "4");
	inifile_set(ini, "c", "w", "5");
	inifile_unset(ini, "b", "z");
	text = inifile_render(ini, NULL);
	assert_string_equal(text, "[a]\nk=2\nnew=3\n# c\n\n[b]\ny=4\n\n"
	                    "[c]\nw=5\n");
	assert_null(inifile_get(ini, "b", "z"));
	free(text);
	inifile_destroy(ini);
}

static void
state_values_survive_whatever_they_hold(void **state)
{
	static const char *const values[] = { "plain", "a\nb", " edge ",
		"\"quoted\"", "tab\there", "\x01\x7f", "; # = %", "",
		"\xe2\x82\xac", "[x]" };

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct inifile *ini = inifile_parse("x", "", 0,
			INI_JSON_STRINGS, &errors);
		char *text;

		inifile_set(ini, "s", "k", values[i]);
		text = inifile_render(ini, NULL);
		inifile_destroy(ini);
		ini = inifile_parse("x", text, strlen(text), INI_JSON_STRINGS,
		                    &errors);
		assert_string_equal(inifile_get(ini, "s", "k"), values[i]);
		free(text);
		inifile_destroy(ini);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_keep_what_commands_use),
		cmocka_unit_test(values_go_on_over_indented_lines),
		cmocka_unit_test(any_length_survives),
		cmocka_unit_test(errors_name_their_lines),
		cmocka_unit_test(binary_and_huge_lines_are_refused),
		cmocka_unit_test(entries_know_their_lines),
		cmocka_unit_test(unchanged_documents_are_the_same_bytes),
		cmocka_unit_test(changes_touch_their_lines_only),
		cmocka_unit_test(state_values_survive_whatever_they_hold),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	latsub_errlist_clear(&errors);
	return rc;
}
