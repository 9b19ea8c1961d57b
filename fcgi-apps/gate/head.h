/*
 * head: the head of one request, as nginx wrote it, and as the app gets it. No input and output here, so that tests can try anything.
 *
 * What the app must not see is left out: the portal's own headers and cookies. What it needs is added: its secret. The connection serves this
 * one request, so nothing that follows can be taken for a request of somebody else.
 */
#ifndef NARU_GATE_HEAD_H
#define NARU_GATE_HEAD_H

#include "base.h"

enum { HEAD_MOST = 65536, HEAD_LINES = 200 };

struct head_line { const char *name, *value; };

struct head {
	const char *first, *method;                   /* "GET /tree HTTP/1.1", "GET" */
	const char *host, *app, *user, *seat, *origin; /* NULL: not sent */
	bool websocket;
	struct head_line lines[HEAD_LINES];
	size_t n;
};

/* Bytes up to and with the empty line; 0: not there yet. */
size_t head_length(const void *, size_t n);
/* False: it is none that nginx writes (a line without a colon, a control byte, Host or one of Naru's twice, two lengths …). */
bool head_read(struct arena *, struct bytes, struct head *) MUST_CHECK;
/* May a page of this origin ("https://ID.apps.HOST") have sent it? A page of another host can neither change anything nor open a WebSocket. */
bool head_origin_ok(const struct head *, const char *own);
/* The head for the app; `extra` is "Name: value" or NULL. */
struct bytes head_write(struct arena *, const struct head *, const char *extra);

#endif
