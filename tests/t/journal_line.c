/*
 * journal_line.c - write sound lines of a journal, as no latsub would.
 *
 * In: for each line of stdin the JSON of an event without its checksum.
 * Out: the same with one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int
main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		len -= line[len - 1] == '\n';
		len -= len > 0 && line[len - 1] == '}';
		printf("%.*s,\"crc\":\"%08lx\"}\n", (int)len, line,
		       crc32(0, (const Bytef *)line, (uInt)len));
	}
	free(line);
	return 0;
}
