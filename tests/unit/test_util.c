/*
 * test_util.c - range sets, words, maps, files.
 */
#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "latsub/file.h"
#include "latsub/rangeset.h"
#include "latsub/text.h"

static char *
print(const struct rangeset *set)
{
	struct strbuf out = { 0 };

	rangeset_print(set, &out);
	return strbuf_steal(&out);
}

static void
assert_set(struct rangeset *set, const char *expected)
{
	char *text = print(set);

	assert_string_equal(text, expected);
	free(text);
}

static void
rangeset_merges_neighbours(void **state)
{
	struct rangeset set = { 0 };

	(void)state;
	rangeset_add(&set, 5, 7);
	rangeset_add(&set, 0, 2);
	assert_set(&set, "0-2,5-7");
	rangeset_add(&set, 3, 3);
	assert_set(&set, "0-3,5-7");
	rangeset_add(&set, 4, 4);
	assert_set(&set, "0-7");
	rangeset_remove(&set, 2, 5);
	assert_set(&set, "0-1,6-7");
	rangeset_add(&set, UINT32_MAX, UINT32_MAX);
	assert_int_equal(rangeset_count(&set), 5);
	rangeset_clear(&set);
}

/* Against a plain array of flags, at random. */
static void
rangeset_equals_a_bitmap(void **state)
{
	struct rangeset set = { 0 };
	char flags[200] = { 0 };
	unsigned seed = 7;

	(void)state;
	for (int step = 0; step < 5000; step++) {
		uint32_t first = (uint32_t)rand_r(&seed) % 200;
		uint32_t last = first + (uint32_t)rand_r(&seed) % 20;
		int add = rand_r(&seed) % 2;

		last = last > 199 ? 199 : last;
		if (add)
			rangeset_add(&set, first, last);
		else
			rangeset_remove(&set, first, last);
		memset(flags + first, add, last - first + 1);
		for (uint32_t i = 0; i < 200; i++)
			assert_int_equal(rangeset_has(&set, i), flags[i]);
		for (size_t i = 1; i < set.count; i++)
			assert_true(set.items[i - 1].last + 1
			            < set.items[i].first);
	}
	rangeset_clear(&set);
}

static void
rangeset_goes_through_its_members(void **state)
{
	struct rangeset set = { 0 }, shifted = { 0 };
	struct strbuf seen = { 0 };

	(void)state;
	rangeset_for_each(&set, none)
		fail_msg("%u is in an empty set", none);
	assert_int_equal(rangeset_parse(&set, "2-4,9,4294967294-4294967295"), 0);
	rangeset_for_each(&set, value) {
		if (value == 3)
			continue;
		strbuf_printf(&seen, "%u ", value);
	}
	assert_string_equal(strbuf_str(&seen),
	                    "2 4 9 4294967294 4294967295 ");
	strbuf_clear(&seen);
	rangeset_for_each_below(&set, 9u, value) {
		rangeset_for_each_below(&set, value, other)
			strbuf_printf(&seen, "%u<%u ", other, value);
	}
	assert_string_equal(strbuf_str(&seen), "2<3 2<4 3<4 ");
	strbuf_clear(&seen);
	rangeset_for_each(&set, value) {
		strbuf_printf(&seen, "%u", value);
		break;
	}
	assert_string_equal(strbuf_str(&seen), "2");
	strbuf_clear(&seen);
	rangeset_clear(&set);
	assert_int_equal(rangeset_parse(&set, "5-6,8"), 0);
	rangeset_add_shifted(&shifted, &set, -5);
	rangeset_add_shifted(&shifted, &set, 100);
	assert_set(&shifted, "0-1,3,105-106,108");
	rangeset_clear(&shifted);
	rangeset_clear(&set);
}

static void
rangeset_refuses_nonsense(void **state)
{
	static const char *const bad[] = { "a", "1-", "-1", "3-1", "1,,2",
		"1,", "99999999999", "1 2" };
	struct rangeset set = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(rangeset_parse(&set, bad[i]), -1);
	rangeset_clear(&set);
	assert_int_equal(rangeset_parse(&set, "0-41,43"), 0);
	assert_set(&set, "0-41,43");
	rangeset_clear(&set);
}

static void
words_split_like_a_shell(void **state)
{
	struct strlist words = { 0 };

	(void)state;
	assert_int_equal(text_split_words("a 'b c' \"d\\\"e\" f\\ g ''", &words),
	                 0);
	assert_int_equal(words.count, 5);
	assert_string_equal(words.items[1], "b c");
	assert_string_equal(words.items[2], "d\"e");
	assert_string_equal(words.items[3], "f g");
	assert_string_equal(words.items[4], "");
	strlist_clear(&words);
	assert_int_equal(text_split_words("a 'b", &words), -1);
	strlist_clear(&words);
}

/* What is quoted comes out of a real shell as it went in. */
static void
quoting_survives_sh(void **state)
{
	static const char *const texts[] = { "plain", "", "a b", "it's",
		"$HOME `x` \"q\" \\", "-n", "new\nline", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char *quoted = text_shell_quote(texts[i]);
		char *command = xasprintf("printf '%%s' %s", quoted);
		FILE *pipe = popen(command, "r");
		char got[100] = "";
		size_t len = fread(got, 1, sizeof got - 1, pipe);

		got[len] = '\0';
		assert_int_equal(pclose(pipe), 0);
		assert_string_equal(got, texts[i]);
		free(command);
		free(quoted);
	}
}

/* An item is written as soon as there should be room for it: a checker of memory
 * sees whether there is. */
static void
arrays_grow_from_their_count_alone(void **state)
{
	int *numbers = NULL;
	size_t count = 0;

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 100; i++) {
			GROW(numbers, count);
			numbers[count] = (int)count;
			count++;
		}
		for (size_t i = 0; i < count; i++)
			assert_int_equal(numbers[i], i);
		count -= round < 10 ? 37 : 100; /* it falls below what it was */
	}
	free(numbers);
}

static void
arrays_stay_where_they_are_until_they_are_full(void **state)
{
	int *numbers = NULL, *before;

	(void)state;
	for (size_t count = 0; count < 64; count++) {
		before = numbers;
		GROW(numbers, count);
		assert_non_null(numbers);
		if (count == 3 || (count > 4 && count < 8) || count > 32)
			assert_ptr_equal(numbers, before);
		numbers[count] = 0;
	}
	free(numbers);
}

static void
lists_end_with_null(void **state)
{
	struct strlist list = { 0 };

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		strlist_add_owned(&list, xasprintf("%zu", i));
		assert_int_equal(list.count, i + 1);
		assert_null(list.items[list.count]);
	}
	assert_string_equal(list.items[0], "0");
	assert_string_equal(list.items[99], "99");
	strlist_clear(&list);
}

static void
nearest_finds_typos_and_no_strangers(void **state)
{
	static const char *const names[] = { "command", "checkpoint", "after" };

	(void)state;
	assert_string_equal(text_nearest("comand", names, 3), "command");
	assert_string_equal(text_nearest("chekpoint", names, 3), "checkpoint");
	assert_null(text_nearest("xyzzy", names, 3));
}

static void
utf8_is_strict(void **state)
{
	char *clean;

	(void)state;
	assert_true(text_is_utf8("\xe2\x82\xac", 3));
	assert_false(text_is_utf8("\xc0\x80", 2));
	assert_false(text_is_utf8("\xed\xa0\x80", 3));
	assert_false(text_is_utf8("\xf4\x90\x80\x80", 4));
	assert_false(text_is_utf8("\xe2\x82", 2));
	clean = text_sanitise("a\x1b[31m\xff\tb\n", 10);
	assert_string_equal(clean, "a?[31m?\tb\n");
	free(clean);
}

static void
map_keeps_thousands(void **state)
{
	struct strmap *map = strmap_create();
	char key[32];

	(void)state;
	for (uintptr_t i = 1; i <= 5000; i++) {
		snprintf(key, sizeof key, "key%u", (unsigned)i);
		strmap_set(map, key, (void *)i);
	}
	for (uintptr_t i = 1; i <= 5000; i += 2) {
		snprintf(key, sizeof key, "key%u", (unsigned)i);
		strmap_remove(map, key);
	}
	for (uintptr_t i = 1; i <= 5000; i++) {
		snprintf(key, sizeof key, "key%u", (unsigned)i);
		assert_ptr_equal(strmap_get(map, key),
		                 i % 2 ? NULL : (void *)i);
	}
	strmap_destroy(map);
}

static void
map_tells_zero_from_nothing(void **state)
{
	struct strmap *map = strmap_create();
	size_t number = 7;

	(void)state;
	assert_false(strmap_get_number(map, "a", &number));
	assert_int_equal(number, 7);
	strmap_set_number(map, "a", 0);
	assert_true(strmap_get_number(map, "a", &number));
	assert_int_equal(number, 0);
	strmap_set_number(map, "a", SIZE_MAX);
	assert_true(strmap_get_number(map, "a", &number));
	assert_true(number == SIZE_MAX);
	strmap_remove(map, "a");
	assert_false(strmap_get_number(map, "a", &number));
	assert_true(number == SIZE_MAX);
	strmap_set_number(map, "a", 3);
	assert_true(strmap_get_number(map, "a", &number));
	assert_int_equal(number, 3);
	strmap_destroy(map);
}

static void
map_keeps_thousands_of_numbers(void **state)
{
	struct strmap *map = strmap_create();
	size_t number;
	char key[32];

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "key%zu", i);
		strmap_set_number(map, key, i);
	}
	for (size_t i = 0; i < 5000; i += 2) {
		snprintf(key, sizeof key, "key%zu", i);
		strmap_remove(map, key);
	}
	for (size_t i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "key%zu", i);
		assert_int_equal(strmap_get_number(map, key, &number), i % 2);
		if (i % 2)
			assert_int_equal(number, i);
	}
	strmap_destroy(map);
}

static void
files_are_replaced_whole(void **state)
{
	char dir[] = "/tmp/latsub-unit-XXXXXX";
	struct latsub_error err;
	char *path, *data;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = file_join(dir, "state");
	assert_int_equal(file_replace(path, "one", 3, 0600, &err), 0);
	assert_int_equal(file_replace(path, "twoo", 4, 0644, &err), 0);
	assert_int_equal(file_read(path, 100, &data, &len, NULL, &err), 0);
	assert_string_equal(data, "twoo");
	free(data);
	assert_int_equal(file_read(path, 3, &data, &len, NULL, &err), -1);
	assert_non_null(strstr(err.text, "longer than"));
	assert_int_equal(file_read(dir, 3, &data, &len, NULL, &err), -1);
	unlink(path);
	free(path);
	rmdir(dir);
}

static void
paths_are_normalised(void **state)
{
	char *path = file_absolute("/a/./b/../c//d/");

	(void)state;
	assert_string_equal(path, "/a/c/d");
	free(path);
	path = file_absolute("/..");
	assert_string_equal(path, "/");
	free(path);
}

static void
lists_have_whole_names_only(void **state)
{
	(void)state;
	assert_true(text_is_listed("a,bc,d", "a"));
	assert_true(text_is_listed("a,bc,d", "bc"));
	assert_true(text_is_listed("a,,d", "d"));
	assert_false(text_is_listed("a,bc,d", "b"));
	assert_false(text_is_listed("a,bc,d", "c"));
	assert_false(text_is_listed("a,bc,d", "a,bc"));
	assert_false(text_is_listed("", "a"));
	assert_false(text_is_listed(NULL, "a"));
	assert_false(text_is_listed("a", ""));
	assert_false(text_is_listed("a", NULL));
}

static void
controls_are_blanked_and_lines_stay(void **state)
{
	char text[] = "a\033[31m\tb\n\x7f\xc2\x9b c\xc3\xa4";

	(void)state;
	text_blank_controls(text);
	assert_string_equal(text, "a?[31m\tb\n??? c\xc3\xa4");
}

/* ---- whose group is it?  These stand before libc's. ---- */

static struct passwd user;
static struct group group;

struct passwd *
getpwuid(uid_t uid)
{
	return user.pw_name && uid == user.pw_uid ? &user : NULL;
}

struct group *
getgrgid(gid_t gid)
{
	return group.gr_name && gid == group.gr_gid ? &group : NULL;
}

static void
a_private_group_is_no_other(void **state)
{
	static char u[] = "u", v[] = "v", *none[] = { NULL }, *u_alone[] = { u, NULL },
		*two[] = { u, v, NULL };
	const struct row {
		char *name, **members;
		bool is_primary;
		mode_t mode;
		int rc;
	} rows[] = {
		{ u, none, true, 0775, 0 }, { u, u_alone, true, 0775, 0 },
		{ u, two, true, 0775, -1 }, { v, none, true, 0775, -1 },
		{ u, none, false, 0775, -1 }, { u, none, true, 0777, -1 },
		{ u, none, true, 0757, -1 }, { NULL, none, true, 0775, -1 },
	};
	char dir[] = "/tmp/latsub-unit-XXXXXX";
	uid_t before = geteuid();
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	if (before == 0) { /* root's never is */
		assert_int_equal(chown(dir, 1234, 1234), 0);
		assert_int_equal(seteuid(1234), 0);
	}
	assert_int_equal(stat(dir, &st), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		user = (struct passwd){ .pw_name = u, .pw_uid = st.st_uid,
			.pw_gid = st.st_gid + !rows[i].is_primary };
		group = (struct group){ .gr_name = rows[i].name,
			.gr_gid = st.st_gid, .gr_mem = rows[i].members };
		assert_int_equal(chmod(dir, rows[i].mode), 0);
		assert_int_equal(file_check_way(dir, NULL), rows[i].rc);
	}
	user.pw_name = group.gr_name = NULL;
	assert_int_equal(seteuid(before), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Whether it says how to go on is no matter of what stands in its text. */
static void
an_error_says_how_to_go_on_where_its_maker_says_so(void **state)
{
	struct latsub_error err = { .says_how = true };

	(void)state;
	errno = ENOENT;
	latsub_error_errno(&err, "a; path");
	assert_false(err.says_how);
	assert_int_equal(err.code, LATSUB_SYSTEM);
	err.says_how = true;
	latsub_error_set(&err, LATSUB_SYSTEM, "%s", "a; path: gone");
	assert_false(err.says_how);
}

/* The way to a/b/f, by names and by links, with one step of it open to others. */
static void
the_whole_way_to_a_file_is_looked_at(void **state)
{
	char dir[] = "/tmp/latsub-unit-XXXXXX", command[256];
	struct latsub_error err = { 0 };
	char *file, *link, *relative, *open, *loop;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof command, "cd %s && mkdir -p a/b && umask 022 && "
	         "chmod 755 a a/b && echo > a/b/f && ln -s a/b by && "
	         "ln -s ../by/../b/./f a/link && ln -s loop loop", dir);
	assert_int_equal(system(command), 0);
	file = xasprintf("%s/a/b/f", dir);
	link = xasprintf("%s//a/./link", dir);
	relative = xasprintf("%s/a/../by/f", dir);
	open = xasprintf("%s/a/b", dir);
	loop = xasprintf("%s/loop", dir);
	assert_int_equal(file_check_way(file, &err), 0);
	assert_int_equal(file_check_way(link, &err), 0);
	assert_int_equal(file_check_way(relative, &err), 0);
	assert_int_equal(chmod(open, 0775), 0);
	assert_int_equal(file_check_way(file, &err), -1);
	assert_non_null(strstr(err.text, "/a/b: others may write"));
	assert_int_equal(file_check_way(link, &err), -1);
	assert_int_equal(file_check_way(relative, &err), -1);
	assert_int_equal(chmod(open, 01777), 0);
	assert_int_equal(file_check_way(file, &err), 0);
	assert_int_equal(chmod(file, 0660), 0);
	assert_int_equal(file_check_way(link, &err), -1);
	assert_int_equal(chmod(file, 01666), 0); /* sticky says nothing of a file */
	assert_int_equal(file_check_way(file, &err), -1);
	assert_int_equal(file_check_way(loop, &err), -1);
	assert_non_null(strstr(err.text, strerror(ELOOP)));
	snprintf(command, sizeof command, "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(file_check_way(file, &err), -1);
	assert_non_null(strstr(err.text, strerror(ENOENT)));
	free(file);
	free(link);
	free(relative);
	free(open);
	free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rangeset_merges_neighbours),
		cmocka_unit_test(rangeset_equals_a_bitmap),
		cmocka_unit_test(rangeset_goes_through_its_members),
		cmocka_unit_test(rangeset_refuses_nonsense),
		cmocka_unit_test(words_split_like_a_shell),
		cmocka_unit_test(quoting_survives_sh),
		cmocka_unit_test(arrays_grow_from_their_count_alone),
		cmocka_unit_test(arrays_stay_where_they_are_until_they_are_full),
		cmocka_unit_test(lists_end_with_null),
		cmocka_unit_test(nearest_finds_typos_and_no_strangers),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(lists_have_whole_names_only),
		cmocka_unit_test(map_keeps_thousands),
		cmocka_unit_test(map_tells_zero_from_nothing),
		cmocka_unit_test(map_keeps_thousands_of_numbers),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(paths_are_normalised),
		cmocka_unit_test(controls_are_blanked_and_lines_stay),
		cmocka_unit_test(a_private_group_is_no_other),
		cmocka_unit_test(an_error_says_how_to_go_on_where_its_maker_says_so),
		cmocka_unit_test(the_whole_way_to_a_file_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
