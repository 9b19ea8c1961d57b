/*
 * head: the first lines of requests and answers (RFC 9112), read, judged and written anew. Nothing here knows of sockets, so all of it is tested alone.
 *
 * A request comes from nginx, with what account said as Naru-* headers, and goes to an app without anything that is the portal's. An answer
 * comes from an app, which is hostile, and goes to nginx without anything that would reach beyond the app's own host.
 */
#ifndef NARU_GATE_HEAD_H
#define NARU_GATE_HEAD_H

#include "base.h"

enum { HEAD_MOST = 65536, HEAD_LINES = 250 };

struct line { const char *name, *value; };

enum body_kind { BODY_NONE, BODY_LENGTH, BODY_CHUNKED };

struct ask {
	const char *method, *target;
	struct line lines[HEAD_LINES]; size_t n;
	/* From nginx alone: */
	const char *app, *user, *seat, *address;
	bool websocket;                /* asks for one, whole */
	bool page;                     /* somebody looks: an answer of ours may be a page */
	enum body_kind body; int64_t length;
};

/* How long the head is, with the empty line; 0: it is not whole yet. */
size_t head_end(const char *at, size_t n);
/* False: it is malformed, or lacks what nginx always sends. Texts live in the arena. */
bool ask_read(struct arena *, const char *at, size_t n, struct ask *);
const char *ask_header(const struct ask *, const char *name);

/* May a page of another origin have sent this? `host` is the app's, "ID.apps.HOST:PORT". Other apps are of the same site, so their pages'
 * requests carry this app's cookie: of what a browser calls not same-origin only following a link is let through. A WebSocket must say
 * that it comes from the app's own pages. */
bool ask_origin_good(const struct ask *, const char *host);

/* The request for the app. `add`: "Name: value" of the app's secret, or NULL: takes the place of what the visitor sends under that name. */
void ask_write(const struct ask *, const char *host, const char *add, struct buf *out);

struct answer { int status; bool interim; };
/* Reads an app's answer of n bytes and writes it for nginx. False: malformed. interim: 1xx but 101, which is left out. A 101 that was not
 * asked for is malformed. */
bool answer_write(struct arena *, const char *at, size_t n, bool websocket, struct answer *, struct buf *out);

/* Where the body of a request ends. */
struct body { enum body_kind kind; int64_t left; int state; };
struct body body_of(const struct ask *);
/* How many of these n bytes belong to it; all, while it goes on. *end: it is complete. False: its chunks are malformed. */
bool body_take(struct body *, const char *at, size_t n, size_t *taken, bool *end);

#endif
