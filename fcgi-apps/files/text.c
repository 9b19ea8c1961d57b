/* text: the text of a file, a part at a time, so that the end of a log of any length is as near as its beginning. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "korean.h"
#include "previews.h"

#define PART 262144            /* bytes of text a page */
#define BYTES 4096             /* that are shown as bytes */
#define READ_MS 20000          /* for a part of a text of a remote store */
#define COUNT_MOST 67108864    /* bytes before a part in which lines are counted */

static void close_fd(void *fd)
{
	close((int)(intptr_t)fd);
}

/* ---- bytes ---- */

size_t read_pipe(struct ctx *c, int fd, char *to, size_t n)
{
	size_t got = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	for (ssize_t k = 1; got < n && k > 0 && poll(&p, 1, ctx_left_ms(c, READ_MS)) == 1; got += k > 0 ? (size_t)k : 0)
		k = read(fd, to + got, n - got);
	return got;
}

/* The whole file (of a place on this machine) or a pipe with that part of it. The descriptor is closed with the request. */
static bool open_part(struct req *r, struct where *w, int64_t offset, int64_t length, struct store_file *f)
{
	if (!store_read_part(r->ctx, w->store, w->path, offset, length, f))
		return false;
	arena_defer(r->ctx->arena, close_fd, (void *)(intptr_t)f->fd);
	return true;
}

/* What is shown is all of the part, or the page says that it is not. */
bool content_read(struct req *r, struct where *w, int64_t size, int64_t offset, int64_t most, char **to, size_t *n)
{
	struct store_file f;
	int64_t left = size - offset, wanted = left < most ? left : most;
	*to = arena_alloc(r->ctx->arena, (size_t)(wanted > 0 ? wanted : 0) + 1);
	*n = 0;
	if (wanted <= 0)
		return true;
	if (!open_part(r, w, offset, wanted, &f))
		return false;
	bool here = w->can & STORE_CAN_SEEK;
	*n = here ? store_read_at(f.fd, *to, (size_t)wanted, offset) : read_pipe(r->ctx, f.fd, *to, (size_t)wanted);
	if ((int64_t)*n == wanted)
		return true;
	if (!here && !store_read_end(r->ctx, w->store, &f))
		return false;
	return fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "The file is shorter than the store said. Load the page again."), "short");
}

/* ---- text ---- */

/* A part may begin and end inside a character: the bytes that belong to the neighbours are left out. */
static void trim(const char **s, size_t *n, bool first, bool last)
{
	for (int i = 0; !first && i < 3 && *n && ((unsigned char)**s & 0xc0) == 0x80; i++) {
		++*s;
		--*n;
	}
	if (last || utf8_valid(*s, *n))
		return;
	for (size_t cut = 1; cut <= 3 && cut < *n; cut++)
		if (((unsigned char)(*s)[*n - cut] & 0xc0) == 0xc0) {
			*n -= cut;
			return;
		}
}

/* The number of the first line of a part; 0 if it is too far in to count. */
static int64_t first_line(int fd, int64_t offset)
{
	static char block[65536];
	int64_t lines = 1;
	if (offset > COUNT_MOST)
		return 0;
	for (int64_t at = 0; at < offset;) {
		size_t want = offset - at < (int64_t)sizeof block ? (size_t)(offset - at) : sizeof block;
		size_t n = store_read_at(fd, block, want, at);
		for (const char *s = block; (s = memchr(s, '\n', n - (size_t)(s - block))); s++)
			lines++;
		if (n < want)
			break;
		at += (int64_t)n;
	}
	return lines;
}

static int64_t first_line_of(struct req *r, struct where *w, int64_t offset)
{
	struct store_file f;
	if (offset == 0)
		return 1;
	return w->can & STORE_CAN_SEEK && open_part(r, w, 0, -1, &f) ? first_line(f.fd, offset) : 0;
}

static const char *part_url(struct req *r, const struct file *m, int64_t part, bool numbers)
{
	return text(r->ctx->arena, "%s?look=%s&part=%lld%s", m->url, numbers ? "lines" : "text", (long long)part, back_kept(r));
}

static void links(struct req *r, struct file *m, int64_t part, int64_t parts, bool numbers)
{
	if (part > 0) {
		m->previous = part_url(r, m, part - 1, numbers);
		m->first = part_url(r, m, 0, numbers);
	}
	if (part + 1 < parts) {
		m->next = part_url(r, m, part + 1, numbers);
		m->last = part_url(r, m, parts - 1, numbers);
	}
	m->look = numbers ? "lines" : "text";
	m->parts = parts;
	m->part_number = part + 1;
	if (parts > 1)
		m->part = say(r->ctx, "Part %lld of %lld", (long long)part + 1, (long long)parts);
}

/* Which part of the text is asked for, from 0: in a link ("part"), or by a number that was typed, from 1 ("go"). */
static int64_t part_asked(struct req *r, const struct where *w, int64_t parts)
{
	int64_t n;
	if (!(w->can & (STORE_CAN_SEEK | STORE_CAN_PART)))
		return 0;
	if (req_query(r, "go") && parse_int(req_query(r, "go"), 1, parts, &n))
		return n - 1;
	return req_query(r, "part") && parse_int(req_query(r, "part"), 0, parts - 1, &n) ? n : 0;
}

/* Lines of a part have numbers only where those before it can be counted cheaply. */
static bool show_text(struct req *r, struct file *m, struct where *w, int64_t size, bool numbers)
{
	int64_t parts = size > 0 ? (size + PART - 1) / PART : 1, part = part_asked(r, w, parts);
	char *block;
	size_t n;
	if (!content_read(r, w, size, part * PART, PART, &block, &n))
		return false;
	const char *s = block;
	trim(&s, &n, part == 0, part + 1 == parts);
	if (!utf8_valid(s, n))
		m->content = korean_text(r->ctx->arena, s, n, part > 0);
	else if (!memchr(s, 0, n))
		m->content = arena_copy(r->ctx->arena, s, n);
	if (!m->content) {
		m->hex = source_bytes(r->ctx->arena, block, part == 0 && n > BYTES ? BYTES : part == 0 ? n : 0);
		return true;
	}
	m->is_text = true;
	m->foreign = !utf8_valid(s, n);
	int64_t line = numbers ? first_line_of(r, w, part * PART) : 0;
	if (line > 0)
		m->lines = source_lines(r->ctx, m->content, line);
	links(r, m, part, parts, line > 0);
	return true;
}

static bool show_bytes(struct req *r, struct file *m, struct where *w, int64_t size)
{
	char *block;
	size_t n;
	if (!content_read(r, w, size, 0, BYTES, &block, &n))
		return false;
	m->hex = source_bytes(r->ctx->arena, block, n);
	return true;
}

bool text_fill(struct req *r, struct file *m, struct where *w, const struct entry *e, enum look look)
{
	return look == LOOK_BYTES ? show_bytes(r, m, w, e->size) : show_text(r, m, w, e->size, look == LOOK_LINES);
}
