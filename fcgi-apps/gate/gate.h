/*
 * gate: what the parts of naru-gate share. One process, one loop (epoll), nothing blocks but reads of the two databases.
 *
 * A connection from nginx carries one request (link.c): its head is read whole, judged, written anew and sent to the app over a connection
 * of its own, which is closed with it. What is read on one side is written to the other at once (flow.c); only what does not fit waits, at
 * most one piece each way, so a connection where nothing happens costs a few hundred bytes.
 */
#ifndef NARU_GATE_GATE_H
#define NARU_GATE_GATE_H

#include "head.h"
#include "may.h"

enum { PIECE = 256 * 1024 };

enum stage {
	STAGE_HEAD,      /* of the request */
	STAGE_CONNECT,
	STAGE_ASKED,     /* the app has the request's head; ours is the head of its answer */
	STAGE_FLOW,      /* the body of the answer; after 101 anything both ways */
	STAGE_LAST,      /* an answer of ours is written, what still comes is thrown away */
};

struct link;
/* One of a link's two ends. waits: bytes that this side is to have. */
struct side { int fd; uint32_t events; struct link *link; struct buf waits; size_t written; };

/* Under which right links are open: all of a seat at one generation of an app. */
struct pass {
	struct pass *next;
	char *seat, *user, *app, *address;
	int64_t generation, used /* time of the visitor's last bytes */;
	size_t links; int unknown;
};

struct link {
	struct link *next, *prev;
	enum stage stage;
	struct side nginx, app;
	struct buf head;
	struct body body;
	bool body_done, websocket, page, tunnel, ended /* the app has gone */, dead;
	struct pass *pass;
	int64_t deadline;              /* clock_ms(); 0: none */
};

/* ---- link.c ---- */
void link_new(int fd);
void link_event(struct side *, uint32_t events);
void link_close(struct link *);
/* Its deadline has come. */
void link_late(struct link *);
extern struct link *links;
extern size_t n_links, n_dead;         /* dead ones are counted in both */

/* ---- flow.c ---- */
/* What one side has goes to the other. False: the link is over. */
bool flow(struct link *, struct side *from, struct side *to);
/* Writes, or keeps what does not fit. */
bool side_write(struct side *, const char *, size_t n);
/* Writes what waits. */
bool side_flush(struct side *);
/* The app takes no more of the request: what it answers still counts. False: the link is over. */
bool app_deaf(struct link *);
bool side_waits(const struct side *);

/* ---- pass.c ---- */
/* NULL: too many are open. */
struct pass *pass_take(const struct may_ask *, const struct may_answer *);
void pass_leave(struct pass *);
/* Looks at all that is open, cuts what may not be any longer, and notes what was used. */
void pass_round(void);

/* ---- trouble.c ---- */
/* An answer of ours, for a visitor of this app (NULL: unknown). */
enum trouble { TROUBLE_BAD, TROUBLE_ORIGIN, TROUBLE_MANY, TROUBLE_NO_ANSWER, TROUBLE_BROKEN, TROUBLE_MAY };
void trouble_write(struct arena *, struct buf *out, enum trouble, enum may, const char *app, bool page);

/* ---- gate.c ---- */
extern bool draining;                  /* this process only finishes what is open */
extern int loop;                       /* epoll */
void loop_watch(struct side *, uint32_t events);

#endif
