/* app_private: what the parts of the frame share; modules do not include it. */
#ifndef NARU_APP_PRIVATE_H
#define NARU_APP_PRIVATE_H

#include "app.h"
#include "params.h"

/* Where a request comes from and its answer goes to. serve.c fills it from libfcgi; tests from memory. */
struct wire {
	char *const *env;                                  /* "NAME=value", ended by NULL */
	size_t (*read)(void *arg, void *to, size_t n);     /* body; 0: end */
	bool (*whole)(void *arg);                          /* after that end: was it the body's own, not a cut? */
	void (*patience)(void *arg);                       /* a long transfer begins */
	bool (*write)(void *arg, struct bytes);
	bool (*answer)(void *arg, struct bytes head, struct bytes body);   /* all of it: nothing comes behind */
	bool (*send_file)(void *arg, int fd, int64_t offset, int64_t length);
	bool (*send_stream)(void *arg, reply_more *more, void *of_more);
	void *arg;
};

struct multipart;

struct app_state {
	const struct app *app;
	const struct wire *wire;
	const struct route *route;
	struct params query, body, parts;
	bool head;                     /* HEAD: no body in the answer */
	bool csrf_checked;             /* app_change() may write */
	const char *form_cookie;       /* of somebody without a session */
	bool form_cookie_new;
	struct error refusal;          /* found while the handler ran (a doubled field …): answered instead of its reply */
	int64_t content_length;        /* -1: not told */
	int64_t body_read;
	struct multipart *upload;
	struct buf headers;
	const char *flash;             /* shown by this page, so its cookie goes */
};

enum body_kind { BODY_MEMORY, BODY_FILE, BODY_STREAM };
struct reply_state {
	enum body_kind kind;
	struct bytes memory;
	int fd;
	int64_t offset, length;
	reply_more *more;
	void *of_more;
};

extern const char form_cookie_name[], flash_cookie_name[];

/* request.c: one request from its environment to its answer. */
void request_serve(const struct app *, const struct wire *, struct arena *);
/* Its path as a log may have it. */
const char *path_logged(const struct req *);
/* 128 random bits as URL-safe text, or something like it. */
bool key_valid(const char *key);
const char *env_get(const struct wire *, const char *name);
/* method.c: 0: none of ours. */
enum method method_of(const char *word);
/* "GET, HEAD, POST" of a mask of 1 << method. */
const char *methods_allowed(struct arena *, unsigned mask);
/* Nothing is changed by it. */
bool method_safe(enum method);
/* route.c: the route for a path, its parts put into `parts`; NULL, and *allowed a mask of 1 << method of those that have the path. */
const struct route *route_find(struct ctx *, const struct app *, const char *raw_path, enum method, struct params *parts, unsigned *allowed);
/* Splits and decodes a raw path; false (KIND_BAD_REQUEST) for "..", "//", NUL, broken %. */
bool path_split(struct ctx *, const char *raw, struct texts *out) MUST_CHECK;
/* csrf.c: is this POST from one of our own pages? KIND_FORBIDDEN if not. */
bool csrf_origin(struct req *) MUST_CHECK;
bool csrf_field(struct req *, const char *given) MUST_CHECK;
/* body.c: reads a body that is no upload into state->body. */
bool body_read(struct req *) MUST_CHECK;
/* cookie.c */
const char *cookie_find(struct arena *, const char *header, const char *name);
/* headers.c: adds "name: value\r\n"; dies on control bytes. */
void header_add(struct buf *, const char *name, const char *value);
/* reply.c: title, advice … of an error as a page. */
struct reply reply_error(struct req *, const struct error *);
int kind_status(enum kind);
/* send.c */
void reply_send(struct req *, struct reply);
/* frame.c */
/* The module's own entry of the top bar, if this page has one; else both are left alone. */
void frame_module(struct req *, const char **path, const char **title);
/* About an app that ends within the hour, and its page; NULL: none. */
const char *ending_line(struct req *, const char **path);
void frame_fill(struct req *, struct out *page, struct out *whole);
/* The visitor wants a page that does not reload by itself. */
bool frame_still(struct req *);
/* serve.c: answers on a listening socket until told to stop. */
void serve(const struct app *, int listener);
/* transfers.c: what one user holds of the workers. The master starts the table and says which workers are gone. */
void transfers_start(int workers);
void transfers_worker(int row);
void transfers_gone(int row);
/* A long transfer for this user may begin; KIND_TOO_MANY or KIND_UNAVAILABLE if not. It ends with the request. */
bool transfer_begin(struct req *) MUST_CHECK;
/* The same for a page that is being made; KIND_TOO_MANY for one whose pages hold too many workers. */
bool turn_begin(struct req *) MUST_CHECK;
void turn_end(void);
/* worker told to stop (SIGTERM) */
extern volatile int app_stopping;

#endif
