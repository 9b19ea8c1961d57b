/*
 * Heads as the gate meets them. What is written for the other side must read as one head again, with nothing of the portal's in it.
 * flags: -Ifcgi-apps/gate
 * link: fcgi-apps/gate/head.c fcgi-apps/gate/line.c fcgi-apps/gate/answer.c fcgi-apps/gate/body.c
 */
#include <string.h>
#include <strings.h>

#include "line.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* One head, to its last byte, of lines that can be read. */
static void check_whole(struct arena *arena, const struct buf *out, struct line *lines, size_t *n)
{
	struct lines from = { out->at, out->n };

	if (head_end(out->at, out->n) != out->n || !next_line(&from, arena) || !read_lines(&from, arena, lines, n) || from.n != 0)
		die("what was written is not one head");
}

static void check_ask(struct arena *arena, const struct ask *ask, const char *add)
{
	struct line *lines = NEW_ARRAY(arena, struct line, 2 * HEAD_LINES);
	struct buf out = { 0 };
	size_t n = 0, lengths = 0;

	buf_in(&out, arena);
	ask_write(ask, "abcdefghij.apps.localhost", add, &out);
	if (ask->n + 8 > HEAD_LINES)
		return;
	check_whole(arena, &out, lines, &n);
	for (size_t i = 0; i < n; i++) {
		lengths += strcasecmp(lines[i].name, "Content-Length") == 0 || strcasecmp(lines[i].name, "Transfer-Encoding") == 0;
		if (strncasecmp(lines[i].name, "Naru-", 5) == 0 || (strcasecmp(lines[i].name, "Cookie") == 0 && strcasestr(lines[i].value, "; __Host-naru")))
			die("something of the portal's went on");
	}
	if (lengths > 1)
		die("two lengths");
}

static void check_body(const struct ask *ask, const char *at, size_t n)
{
	struct body whole = body_of(ask), bytes = whole;
	size_t taken = 0, one = 0, sum = 0;
	bool end = false, end_one = false, good = body_take(&whole, at, n, &taken, &end), good_one = true;

	for (size_t i = 0; i < n && good_one && !end_one; i++, sum += one)
		good_one = body_take(&bytes, at + i, 1, &one, &end_one);
	if (good != good_one || (good && (sum != taken || (n > 0 && end != end_one && ask->body == BODY_CHUNKED))))
		die("a body that depends on how it comes");
}

static void try_answer(struct arena *arena, const char *at, size_t n, bool websocket)
{
	struct line *lines = NEW_ARRAY(arena, struct line, HEAD_LINES);
	struct buf out = { 0 };
	struct answer a;
	size_t n_lines = 0;

	buf_in(&out, arena);
	if (!answer_write(arena, at, n, websocket, &a, &out) || a.interim)
		return;
	check_whole(arena, &out, lines, &n_lines);
	for (size_t i = 0; i < n_lines; i++)
		if (strncasecmp(lines[i].name, "X-Accel-", 8) == 0 || (strcasecmp(lines[i].name, "Set-Cookie") == 0 && strcasestr(lines[i].value, ";domain=")))
			die("something that reaches further went on");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	const char *at = arena_copy(arena, data, size);
	struct ask *ask = NEW(arena, struct ask);
	size_t head = head_end(at, size);

	if (head > 0 && ask_read(arena, at, head, ask)) {
		(void)ask_origin_good(ask, "abcdefghij.apps.localhost");
		check_ask(arena, ask, NULL);
		check_ask(arena, ask, "Cookie: code=secret");
		check_ask(arena, ask, "Authorization: token secret");
		check_body(ask, at + head, size - head);
	}
	try_answer(arena, at, head ? head : size, false);
	try_answer(arena, at, head ? head : size, true);
	arena_free(arena);
	return 0;
}
