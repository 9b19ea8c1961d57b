/* body: where the body of a request ends, so that nothing that follows it ever reaches an app on a connection that was checked for another. */
#include "head.h"

#include <string.h>

/* Of chunked bodies (RFC 9112, 7.1), byte by byte between the chunks. */
enum { SIZE_FIRST, SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER_START, TRAILER, TRAILER_LF, END_LF, DONE };

struct body body_of(const struct ask *ask)
{
	return (struct body){ .kind = ask->body, .left = ask->body == BODY_LENGTH ? ask->length : 0, .state = SIZE_FIRST };
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int size_state(struct body *b, char c)
{
	int d = digit(c);

	if (d >= 0) {
		if (b->left > INT64_MAX / 32)
			return -1;
		b->left = b->left * 16 + d;
		return SIZE;
	}
	if (b->state == SIZE_FIRST)
		return -1;
	return c == '\r' ? SIZE_LF : c == ';' ? EXTENSION : -1;
}

/* The next state after a byte that is not data; -1: malformed. */
static int next_state(struct body *b, char c)
{
	switch (b->state) {
	case SIZE_FIRST: case SIZE:
		return size_state(b, c);
	case EXTENSION:
		return c == '\r' ? SIZE_LF : c == '\n' ? -1 : EXTENSION;
	case SIZE_LF:
		return c != '\n' ? -1 : b->left > 0 ? DATA : TRAILER_START;
	case DATA_CR:
		return c == '\r' ? DATA_LF : -1;
	case DATA_LF:
		return c == '\n' ? SIZE_FIRST : -1;
	case TRAILER_START:
		return c == '\r' ? END_LF : c == '\n' ? -1 : TRAILER;
	case TRAILER:
		return c == '\r' ? TRAILER_LF : c == '\n' ? -1 : TRAILER;
	case TRAILER_LF:
		return c == '\n' ? TRAILER_START : -1;
	case END_LF:
		return c == '\n' ? DONE : -1;
	default:
		return -1;
	}
}

static bool take_chunks(struct body *b, const char *at, size_t n, size_t *taken, bool *end)
{
	size_t i = 0;

	while (i < n && b->state != DONE) {
		if (b->state == DATA) {
			size_t part = (int64_t)(n - i) < b->left ? n - i : (size_t)b->left;

			i += part;
			b->left -= (int64_t)part;
			if (b->left == 0)
				b->state = DATA_CR;
			continue;
		}
		b->state = next_state(b, at[i++]);
		if (b->state < 0)
			return false;
	}
	*taken = i;
	*end = b->state == DONE;
	return true;
}

bool body_take(struct body *b, const char *at, size_t n, size_t *taken, bool *end)
{
	if (b->kind == BODY_CHUNKED)
		return take_chunks(b, at, n, taken, end);
	*taken = (int64_t)n < b->left ? n : (size_t)b->left;
	b->left -= (int64_t)*taken;
	*end = b->left == 0;
	return true;
}
