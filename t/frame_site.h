/* frame_site.h: a request made of an environment and a body in memory, for the unit tests and fuzz targets of the frame. */
#ifndef NARU_FRAME_SITE_H
#define NARU_FRAME_SITE_H

#include "app_private.h"

#include <string.h>

enum { SITE_ENV = 40 };

struct site {
	struct ctx ctx;
	struct app_state state;
	struct req r;
	struct wire wire;
	char *env[SITE_ENV + 1];
	const char *body;
	size_t body_n, step;      /* step: most bytes a read gives; 0: all */
	bool cut;
	struct buf out;
};

__attribute__((unused)) static size_t site_read(void *arg, void *to, size_t n)
{
	struct site *s = arg;
	if (s->step && n > s->step)
		n = s->step;
	if (n > s->body_n)
		n = s->body_n;
	if (n)
		memcpy(to, s->body, n);
	s->body += n;
	s->body_n -= n;
	return n;
}

__attribute__((unused)) static bool site_whole(void *arg)
{
	return !((struct site *)arg)->cut;
}

__attribute__((unused)) static void site_patience(void *arg)
{
	(void)arg;
}

__attribute__((unused)) static bool site_write(void *arg, struct bytes data)
{
	buf_add(&((struct site *)arg)->out, data.at, data.n);
	return true;
}

__attribute__((unused)) static bool site_answer(void *arg, struct bytes head, struct bytes body)
{
	return site_write(arg, head) && site_write(arg, body);
}

__attribute__((unused)) static bool site_send_file(void *arg, int fd, int64_t offset, int64_t length)
{
	(void)arg, (void)fd, (void)offset, (void)length;
	return true;
}

/* `lines`: "NAME=value" in one text, a line each. */
__attribute__((unused)) static void site_begin(struct site *s, struct arena *arena, const char *lines)
{
	size_t n = 0;
	*s = (struct site){ .ctx = { .arena = arena, .tag = "test" } };
	struct texts all = split(arena, lines, '\n');
	for (size_t i = 0; i < all.n && n < SITE_ENV; i++)
		if (all.at[i][0])
			s->env[n++] = arena_copy(arena, all.at[i], strlen(all.at[i]));
	s->wire = (struct wire){ .env = s->env, .read = site_read, .whole = site_whole, .patience = site_patience,
		.write = site_write, .answer = site_answer, .send_file = site_send_file, .arg = s };
	static const struct route route = { POST, "/", NULL, .role = ROLE_PUBLIC, .anyone = true };
	s->state = (struct app_state){ .wire = &s->wire, .route = &route, .content_length = -1 };
	s->r = (struct req){ .ctx = &s->ctx, .state = &s->state, .method = POST, .path = "/", .query = "" };
	buf_in(&s->state.headers, arena);
	buf_in(&s->out, arena);
}

__attribute__((unused)) static void site_body(struct site *s, const void *body, size_t n)
{
	s->body = body;
	s->body_n = n;
}

#endif
