/* multipart: see multipart.h. The delimiter begins with the line break before it, so the body is read as if one stood in front. */
#include "multipart.h"
#include "app_private.h"

#include <string.h>
#include <strings.h>

enum { BLOCK = 256 * 1024, HEADERS_MOST = 8192, PARTS_MOST = 1000 };
enum place { PREAMBLE, IN_PART, BEHIND_DELIMITER, AT_END };

struct multipart {
	char delimiter[80];
	size_t delimiter_n;
	char *block;
	size_t at, n;
	bool eof;
	enum place place;
	int parts;
	int64_t limit;
};

static bool cut(struct req *r)
{
	return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request was cut on its way, so nothing was changed. Please send it again."), "multipart body cut or malformed");
}

/* boundary=… of the content type: 1 to 70 characters. */
static const char *boundary_of(struct arena *arena, const char *type)
{
	const char *p = strcasestr(type, "boundary=");
	if (!p)
		return NULL;
	p += strlen("boundary=");
	size_t n = *p == '"' ? strcspn(++p, "\"") : strcspn(p, "; \t");
	return n >= 1 && n <= 70 ? arena_copy(arena, p, n) : NULL;
}

bool multipart_begin(struct req *r, const char *type, int64_t limit)
{
	struct multipart *m = NEW(r->ctx->arena, struct multipart);
	const char *boundary = boundary_of(r->ctx->arena, type);
	if (!boundary)
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request is not a form of a known kind."), "no boundary");
	const char *delimiter = text(r->ctx->arena, "\r\n--%s", boundary);
	m->delimiter_n = strlen(delimiter);
	memcpy(m->delimiter, delimiter, m->delimiter_n + 1);
	m->block = arena_alloc(r->ctx->arena, BLOCK);
	memcpy(m->block, "\r\n", 2);
	m->n = 2;
	m->limit = limit;
	r->state->upload = m;
	return true;
}

/* Reads on until at least `want` bytes are there or the body ends. */
static bool fill(struct req *r, size_t want)
{
	struct multipart *m = r->state->upload;
	if (m->n - m->at >= want)
		return true;
	memmove(m->block, m->block + m->at, m->n - m->at);
	m->n -= m->at;
	m->at = 0;
	while (m->n < want && !m->eof) {
		size_t got = r->state->wire->read(r->state->wire->arg, m->block + m->n, BLOCK - m->n);
		m->eof = got == 0;
		m->n += got;
		r->state->body_read += (int64_t)got;
		if (m->limit && r->state->body_read > m->limit)
			return fail(r->ctx, KIND_TOO_LARGE, say(r->ctx, "The form is larger than %s, so it was not read.", human_size(r->ctx->arena, m->limit)), "body over the limit");
	}
	return true;
}

bool multipart_read(struct req *r, void *to, size_t n, size_t *got)
{
	struct multipart *m = r->state->upload;
	*got = 0;
	if (m->place == BEHIND_DELIMITER || m->place == AT_END)
		return true;
	if (!fill(r, m->delimiter_n + 1))
		return false;
	const char *begin = m->block + m->at;
	/* No farther than what is handed out now, else each byte would be searched many times. */
	size_t have = m->n - m->at, safe;
	bool all = have <= m->delimiter_n || have - m->delimiter_n <= n;
	if (!all)
		have = n + m->delimiter_n;
	const char *end = memmem(begin, have, m->delimiter, m->delimiter_n);
	if (end == begin) {
		m->at += m->delimiter_n;
		m->place = BEHIND_DELIMITER;
		return true;
	}
	safe = end ? (size_t)(end - begin) : have >= m->delimiter_n ? have - m->delimiter_n + 1 : 0;
	if (!end && all && m->eof)
		return cut(r);
	*got = safe < n ? safe : n;
	memcpy(to, begin, *got);
	m->at += *got;
	return true;
}

static bool skip_rest(struct req *r)
{
	char scratch[4096];
	size_t got = 1;
	while (got > 0)
		if (!multipart_read(r, scratch, sizeof scratch, &got))
			return false;
	return true;
}

/* What browsers write for quotes and line breaks in names (WHATWG HTML, "multipart/form-data encoding algorithm"). */
static const char *unescape(struct arena *arena, const char *s, size_t n)
{
	char *out = arena_alloc(arena, n + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		if (n - i >= 3 && strncasecmp(s + i, "%22", 3) == 0) { *to++ = '"'; i += 2; }
		else if (n - i >= 3 && strncasecmp(s + i, "%0d", 3) == 0) { *to++ = '\r'; i += 2; }
		else if (n - i >= 3 && strncasecmp(s + i, "%0a", 3) == 0) { *to++ = '\n'; i += 2; }
		else *to++ = s[i];
	}
	return out;
}

/* name="…" behind a ';' of the Content-Disposition line. */
static const char *attribute(struct arena *arena, const char *line, const char *name)
{
	const char *found = NULL;
	for (const char *p = line; !found && (p = strchr(p, ';')) != NULL;) {
		p += 1 + strspn(p + 1, " \t");
		size_t n = strlen(name);
		if (strncasecmp(p, name, n) == 0 && p[n] == '=' && p[n + 1] == '"')
			found = p + n + 2;
		else if (strchr(p, '"') && strcspn(p, "\"") < strcspn(p, ";"))
			p = strchr(p, '"') + 1 + strcspn(strchr(p, '"') + 1, "\"");
	}
	return found ? unescape(arena, found, strcspn(found, "\"")) : NULL;
}

static bool parse_headers(struct req *r, struct upload *part, const char *headers)
{
	*part = (struct upload){0};
	for (const char *line = headers; *line;) {
		size_t n = strcspn(line, "\r\n");
		const char *copy = arena_copy(r->ctx->arena, line, n);
		if (strncasecmp(copy, "content-disposition:", 20) == 0) {
			part->field = attribute(r->ctx->arena, copy, "name");
			part->file_name = attribute(r->ctx->arena, copy, "filename");
		}
		line += n + strspn(line + n, "\r\n");
	}
	if (!part->field || !utf8_valid(part->field, strlen(part->field)))
		return cut(r);
	return true;
}

/* The two bytes behind a delimiter tell whether another part follows; then its headers. */
static bool begin_part(struct req *r, struct upload *part, bool *more)
{
	struct multipart *m = r->state->upload;
	if (!fill(r, 2))
		return false;
	if (m->n - m->at >= 2 && memcmp(m->block + m->at, "--", 2) == 0) {
		m->place = AT_END;
		return true;
	}
	for (size_t want = 512; want <= HEADERS_MOST; want *= 2) {
		if (!fill(r, want))
			return false;
		char *begin = m->block + m->at, *end = memmem(begin, m->n - m->at, "\r\n\r\n", 4);
		if (!end)
			continue;
		if (memcmp(begin, "\r\n", 2) != 0 || memchr(begin, 0, (size_t)(end - begin)) || ++m->parts > PARTS_MOST)
			return cut(r);
		m->at += (size_t)(end - begin) + 4;
		m->place = IN_PART;
		*more = true;
		return parse_headers(r, part, arena_copy(r->ctx->arena, begin + 2, end > begin + 2 ? (size_t)(end - begin - 2) : 0));
	}
	return cut(r);
}

bool multipart_next(struct req *r, struct upload *part, bool *more)
{
	struct multipart *m = r->state->upload;
	*more = false;
	if (m->place == AT_END)
		return true;
	if (m->place != BEHIND_DELIMITER && !skip_rest(r))
		return false;
	return begin_part(r, part, more);
}

bool multipart_text(struct req *r, int64_t most, const char **out)
{
	char block[4096];
	struct buf b;
	size_t got = 1;
	buf_in(&b, r->ctx->arena);
	while (got > 0) {
		if (!multipart_read(r, block, sizeof block, &got))
			return false;
		buf_add(&b, block, got);
		if ((int64_t)b.n > most)
			return fail(r->ctx, KIND_TOO_LARGE, say(r->ctx, "The form is larger than %s, so it was not read.", human_size(r->ctx->arena, most)), "part over the limit");
	}
	if (!utf8_valid(buf_cstr(&b), b.n))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request holds text that is not UTF-8 or cannot be decoded, so it was not read."), "bad text in a part");
	*out = buf_cstr(&b);
	return true;
}
