/*
 * event_json.c - an event as a JSON line with a checksum, and back.
 *
 * {"v":1,"e":"started","t":1736201422,...,"crc":"1a2b3c4d"}: the checksum is
 * zlib's crc32 of all bytes before ',"crc"'.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "latsub/journal.h"
#include "latsub/version.h"

#define CRC_TAIL ",\"crc\":\"" /* then 8 digits, '"' and '}' */
#define CRC_TAIL_LEN (sizeof CRC_TAIL - 1 + 8 + 2)

enum field_type { FIELD_U32, FIELD_INT, FIELD_TEXT, FIELD_LIST,
                  FIELD_WORD, FIELD_PARENTS, FIELD_REQUEUE, FIELD_LATE,
                  FIELD_SECONDS, FIELD_PLACES };

#define LATE "late" /* the reason of a refusal without a path */

#define SECONDS_MAX 1e12

#define BIT(kind) (1u << (kind))
#define ANY_KIND (~0u)

static const struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	unsigned kinds; /* of events that have it: bits BIT(kind) */
} fields[] = {
#define FIELD(name, type, member) FIELD_OF(ANY_KIND, name, type, member)
#define FIELD_OF(kinds, name, type, member) \
	{ name, type, offsetof(struct event, member), kinds }
	FIELD("phase", FIELD_TEXT, phase),
	FIELD("gen", FIELD_U32, gen),
	FIELD("att", FIELD_U32, attempt),
	FIELD("job", FIELD_U32, job),
	FIELD("base", FIELD_U32, base),
	FIELD("order", FIELD_U32, order),
	FIELD("total", FIELD_U32, total),
	FIELD("seq", FIELD_U32, seq),
	FIELD("code", FIELD_INT, code),
	FIELD("sig", FIELD_INT, signal),
	FIELD("elapsed", FIELD_U32, elapsed),
	FIELD("shared", FIELD_U32, shared),
	FIELD("node", FIELD_TEXT, node),
	FIELD_OF(BIT(EVENT_REQUEUED), "reason", FIELD_REQUEUE, requeue),
	FIELD_OF(BIT(EVENT_REFUSED), "reason", FIELD_LATE, late),
	FIELD_OF(~BIT(EVENT_REQUEUED), "reason", FIELD_TEXT, reason),
	FIELD_OF(BIT(EVENT_REFUSED), "text", FIELD_SECONDS, stopped_at),
	FIELD_OF(~BIT(EVENT_REFUSED), "text", FIELD_TEXT, text),
	FIELD("path", FIELD_TEXT, path),
	FIELD("epoch", FIELD_TEXT, epoch),
	FIELD("from", FIELD_TEXT, from),
	FIELD("own", FIELD_TEXT, own),
	FIELD("mark", FIELD_TEXT, mark),
	FIELD("word", FIELD_WORD, word),
	FIELD("sweep", FIELD_TEXT, sweep),
	FIELD("vars", FIELD_TEXT, variables),
	FIELD_OF(~BIT(EVENT_COMPLETED), "parents", FIELD_PARENTS, parents),
	FIELD_OF(BIT(EVENT_COMPLETED), "parents", FIELD_LIST, ran_without),
	FIELD("pairs", FIELD_LIST, pairs),
	FIELD("before", FIELD_PLACES, before),
#undef FIELD_OF
#undef FIELD
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static json_t *
json_text(const char *text)
{
	json_t *value = json_string(text);
	char *clean;

	if (value)
		return value;
	clean = text_sanitise(text, strlen(text)); /* it is not UTF-8 */
	value = json_string(clean);
	free(clean);
	return value;
}

static json_t *
list_to_json(const struct strlist *list)
{
	json_t *array = list->count ? json_array() : NULL;

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_text(list->items[i]));
	return array;
}

/* [["FILE",OFFSET],...] */
static json_t *
places_to_json(const struct event_places *places)
{
	json_t *array = places->count ? json_array() : NULL;

	for (size_t i = 0; i < places->count; i++) {
		json_t *place = json_array();

		json_array_append_new(place, json_text(places->items[i].file));
		json_array_append_new(place,
			json_integer(places->items[i].offset));
		json_array_append_new(array, place);
	}
	return array;
}

static json_t *
parents_to_json(const struct parents *list)
{
	json_t *array = list->count ? json_array() : NULL;

	for (size_t i = 0; i < list->count; i++) {
		struct strbuf text = { 0 };

		parent_print(&list->items[i], &text);
		json_array_append_new(array, json_text(strbuf_str(&text)));
		strbuf_clear(&text);
	}
	return array;
}

static json_t *
seconds_to_json(double seconds)
{
	char text[32];

	snprintf(text, sizeof text, "%.6f", seconds);
	return seconds > 0 ? json_string(text) : NULL;
}

static json_t *
requeue_to_json(const struct requeue_why *why)
{
	struct strbuf text = { 0 };
	json_t *value;

	requeue_why_print(why, &text);
	value = text.len ? json_text(text.data) : NULL;
	strbuf_clear(&text);
	return value;
}

static json_t *
field_to_json(const struct event *event, const struct field *field)
{
	const char *at = (const char *)event + field->offset;
	enum phase_word word;
	const char *text;
	uint32_t number;
	int integer;

	switch (field->type) {
	case FIELD_U32:
		memcpy(&number, at, sizeof number);
		return number ? json_integer(number) : NULL;
	case FIELD_INT:
		memcpy(&integer, at, sizeof integer);
		return integer ? json_integer(integer) : NULL;
	case FIELD_TEXT:
		memcpy(&text, at, sizeof text);
		return text ? json_text(text) : NULL;
	case FIELD_WORD:
		memcpy(&word, at, sizeof word);
		return word ? json_string(phase_word_name(word)) : NULL;
	case FIELD_LIST:
		return list_to_json((const struct strlist *)(const void *)at);
	case FIELD_PLACES:
		return places_to_json((const struct event_places *)
		                      (const void *)at);
	case FIELD_PARENTS:
		return parents_to_json((const struct parents *)(const void *)at);
	case FIELD_LATE:
		return event->late ? json_string(LATE) : NULL;
	case FIELD_SECONDS:
		return seconds_to_json(event->stopped_at);
	case FIELD_REQUEUE:
		return requeue_to_json(
			(const struct requeue_why *)(const void *)at);
	}
	return NULL;
}

void
journal_encode(const struct event *event, struct strbuf *out)
{
	json_t *object = json_object();
	struct strbuf tasks = { 0 };
	size_t start = out->len;
	char *dumped;

	json_object_set_new(object, "v", json_integer(LATSUB_JOURNAL_VERSION));
	json_object_set_new(object, "e", json_string(event_name(event->kind)));
	json_object_set_new(object, "t", json_integer(event->time));
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		json_t *value = fields[i].kinds & BIT(event->kind)
			? field_to_json(event, &fields[i]) : NULL;

		if (value)
			json_object_set_new(object, fields[i].name, value);
	}
	if (!event->all) {
		rangeset_print(&event->tasks, &tasks);
		json_object_set_new(object, "tasks",
		                    json_string(strbuf_str(&tasks)));
		strbuf_clear(&tasks);
	}
	dumped = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	strbuf_add(out, dumped, strlen(dumped) - 1);
	strbuf_printf(out, CRC_TAIL "%08lx\"}\n",
	              crc32(0, (const Bytef *)out->data + start,
	                    (uInt)(out->len - start)));
	free(dumped);
	json_decref(object);
}

static bool
crc_is_right(const char *line, size_t len)
{
	char expected[CRC_TAIL_LEN + 1];
	size_t body = len - CRC_TAIL_LEN;

	if (len <= CRC_TAIL_LEN)
		return false;
	snprintf(expected, sizeof expected, CRC_TAIL "%08lx\"}",
	         crc32(0, (const Bytef *)line, (uInt)body));
	return memcmp(line + body, expected, CRC_TAIL_LEN) == 0;
}

static void
list_from_json(struct strlist *list, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		if (json_is_string(value))
			strlist_add(list, json_string_value(value));
	}
}

static void
places_from_json(struct event_places *places, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		const char *file = json_string_value(json_array_get(value, 0));
		const json_t *offset = json_array_get(value, 1);

		if (file && json_is_integer(offset))
			event_places_add(places, file,
			                 (off_t)json_integer_value(offset));
	}
}

static void
parents_from_json(struct parents *list, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		if (json_is_string(value))
			parents_add_text(list, json_string_value(value));
	}
}

static bool
is_late(const json_t *reason)
{
	return json_is_string(reason)
		&& strcmp(json_string_value(reason), LATE) == 0;
}

/* 0: none that a clock could have told. */
static double
seconds_from_json(const json_t *text)
{
	double seconds = json_is_string(text)
		? strtod(json_string_value(text), NULL) : 0;

	return seconds > 0 && seconds < SECONDS_MAX ? seconds : 0;
}

static void
field_from_json(struct event *event, const struct field *field,
                const json_t *value)
{
	char *at = (char *)event + field->offset;
	enum phase_word word;
	uint32_t number;
	int integer;
	char *text;

	if (field->type == FIELD_LIST) {
		list_from_json((struct strlist *)(void *)at, value);
	} else if (field->type == FIELD_PLACES) {
		places_from_json((struct event_places *)(void *)at, value);
	} else if (field->type == FIELD_PARENTS) {
		parents_from_json((struct parents *)(void *)at, value);
	} else if (field->type == FIELD_LATE) {
		event->late = is_late(value);
	} else if (field->type == FIELD_SECONDS) {
		event->stopped_at = seconds_from_json(value);
	} else if (field->type == FIELD_REQUEUE) {
		requeue_why_parse((struct requeue_why *)(void *)at,
		                  json_string_value(value));
	} else if (field->type == FIELD_WORD && json_is_string(value)) {
		word = phase_word_find(json_string_value(value));
		memcpy(at, &word, sizeof word);
	} else if (field->type == FIELD_TEXT && json_is_string(value)) {
		text = xstrdup(json_string_value(value));
		memcpy(at, &text, sizeof text);
	} else if (field->type == FIELD_U32 && json_is_integer(value)) {
		number = (uint32_t)json_integer_value(value);
		memcpy(at, &number, sizeof number);
	} else if (field->type == FIELD_INT && json_is_integer(value)) {
		integer = (int)json_integer_value(value);
		memcpy(at, &integer, sizeof integer);
	}
}

enum journal_line
journal_decode(const char *line, size_t len, struct event *event)
{
	json_t *object;
	const json_t *tasks;
	const char *name;
	int kind;

	if (!crc_is_right(line, len))
		return JOURNAL_DAMAGED;
	object = json_loadb(line, len, 0, NULL);
	name = json_string_value(json_object_get(object, "e"));
	kind = name ? event_find(name) : -1;
	if (kind < 0 || json_integer_value(json_object_get(object, "v"))
	    > LATSUB_JOURNAL_VERSION) {
		json_decref(object);
		return JOURNAL_FOREIGN;
	}
	*event = (struct event){ .kind = (enum event_kind)kind };
	event->time = json_integer_value(json_object_get(object, "t"));
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].kinds & BIT(kind))
			field_from_json(event, &fields[i],
			                json_object_get(object, fields[i].name));
	}
	tasks = json_object_get(object, "tasks");
	event->all = !tasks;
	if (tasks && rangeset_parse(&event->tasks, json_string_value(tasks)
	                            ? json_string_value(tasks) : "-")) {
		event_clear(event);
		json_decref(object);
		return JOURNAL_DAMAGED;
	}
	json_decref(object);
	return JOURNAL_EVENT;
}
