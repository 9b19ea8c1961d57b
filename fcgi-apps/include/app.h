/*
 * app: the frame of a FastCGI module: process, router, identity, forms, replies. A module is a route table and handlers;
 * see DESIGN "One module". Handlers never see HTTP: they get a validated request and return a reply.
 *
 * Process: app_main() binds or inherits the socket, starts workers, replaces dead ones, serves. SIGTERM drains, SIGHUP executes the
 * program file again on the same socket. Each accepted connection: peer uid must be one of [site] nginx-uid or root, 5 s to send its
 * request, 60 s a write.
 */
#ifndef NARU_APP_H
#define NARU_APP_H

#include "base.h"
#include "db.h"
#include "view.h"

/* ---- who is asking -------------------------------------------------------------------------- */

enum role { ROLE_PUBLIC, ROLE_EXPIRED, ROLE_USER, ROLE_ADMIN }; /* ordered: each may do what the ones before may */

struct identity {
	const char *user, *name;      /* NULL: nobody is signed in */
	int64_t uid, gid;
	const char *groups;           /* "30000,30001" */
	enum role role;
	const char *session;          /* tag of the session, for the log; not its secret */
	const char *csrf;             /* secret that POST forms must carry */
	bool by_token;                /* personal access token: no cookie, so no CSRF */
	const char *scope;            /* of the token: "read jobs files"; NULL for sessions (everything) */
	const char *proof;            /* signed, for the launcher; NULL unless the manifest wants it */
	const char *errand;           /* signed, for errand_seal() (errand.h); NULL unless this is a POST and the manifest wants it */
	const char *ticket;           /* one-time way into an app's own host; NULL unless the manifest wants it and the page is one that leads there */
	const char *token;            /* scheduler token; NULL unless the manifest wants it */
	int64_t contract_start, contract_end; /* seconds since 1970; 0: none */
};

/* ---- forms ----------------------------------------------------------------------------------- */

enum field_kind {
	FIELD_TEXT, FIELD_INTEGER, FIELD_CHOICE, FIELD_FLAG, FIELD_MULTILINE, FIELD_PASSWORD, FIELD_CODE, FIELD_DATE,
	FIELD_HIDDEN, FIELD_CHOICES /* several of the same name */, FIELD_FILE /* printed only; read by upload_next() */,
};

struct choice { const char *value, *label; };

/* One row: checks, prints and documents an input. */
struct field {
	const char *name;
	enum field_kind kind;
	const char *label, *hint;   /* MSG() texts */
	bool required;
	int64_t min, max;           /* INTEGER: value (both 0: any); TEXT, MULTILINE: length in bytes (max 0: 1,000) */
	bool letters;               /* TEXT, MULTILINE: the length is counted in characters: what people write for people */
	const char *grammar;        /* POSIX extended regular expression, whole value; also printed as pattern= */
	const char *grammar_says;   /* MSG(): what is allowed, in words */
	const struct choice *choices; size_t n_choices; /* fixed ones; form_choices() sets them at run time */
	const char *preset;
	const char *group;          /* MSG(): starts a fieldset at the first row with another group */
	const char *autocomplete;   /* HTML's token, e.g. "username" */
	bool keep_spaces;           /* else leading and trailing white space is dropped */
};

struct form_table { const char *name; const struct field *fields; size_t n; };
#define FORM(name_, rows_) static const struct form_table name_ = { #name_, rows_, COUNT(rows_) }

/* A form with values: what the user typed, and a message at each wrong field. */
struct form;
struct form *form_new(struct ctx *, const struct form_table *);                 /* presets */
const char *form_text(const struct form *, const char *name);                   /* "" if absent */
int64_t form_integer(const struct form *, const char *name);                    /* preset or 0 if absent */
bool form_flag(const struct form *, const char *name);
struct texts form_texts(const struct form *, const char *name);                 /* CHOICES */
void form_set(struct form *, const char *name, const char *value);              /* CHOICES: ticks one more */
void form_choices(struct form *, const char *name, const struct choice *, size_t n);
void form_wrong(struct form *, const char *name, const char *message);          /* name NULL: about the whole form */
bool form_good(const struct form *);
/* Fills from the request's body (POST) or query (GET) and checks each row. */
struct req;
struct form *form_read(struct req *, const struct form_table *);
/* Checks again after form_choices(): a choice must be one of the list. */
bool form_check(struct form *);
/* For put_form() and tests. */
const struct form_table *form_table_of(const struct form *);
const char *form_message(const struct form *, const char *name);
/* Choices of a field as set by form_choices(), else the fixed ones of its row. */
const struct choice *form_choices_of(const struct form *, const char *name, size_t *n);

/* ---- request, routes, replies ------------------------------------------------------------------ */

/* The others than GET and POST are for programs: whoever sends one must show a personal access token. */
enum method {
	GET = 1, POST, METHOD_PUT, METHOD_DELETE, METHOD_OPTIONS, METHOD_PROPFIND, METHOD_PROPPATCH, METHOD_MKCOL, METHOD_COPY, METHOD_MOVE, METHOD_LOCK,
	METHOD_UNLOCK, METHOD_END,
};
const char *method_name(enum method);

struct req {
	struct ctx *ctx;
	enum method method;            /* HEAD is served as GET without the body */
	const char *path;              /* decoded, canonical */
	const char *query;             /* raw */
	struct identity who;
	const char *key;               /* idempotency key of a POST, NULL if none came */
	const char *title;             /* handler sets: <title> and <h1>; translated */
	const char *crumb, *crumb_path;/* optional: link above the title to the page before */
	bool json;                     /* the answer is wanted as JSON */
	int refresh;                   /* handler sets: seconds until the page asks again; 0: never */
	int64_t as_of;                 /* handler sets: age of the data, shown as "as of hh:mm:ss" */
	bool wide;                     /* handler sets: page uses the full width */
	struct app_state *state;       /* private */
};

struct reply { int status; struct reply_state *state; };

typedef struct reply handler(struct req *);

struct route {
	enum method method;
	const char *path;              /* "/jobs/:id"; a last part "*name" takes the rest with its slashes */
	handler *run;
	enum role role;
	const char *scope;             /* a personal access token needs this word; NULL: tokens are refused unless GET and "read" */
	const char *help;              /* one line for the documents and the tests */
	int64_t limit;                 /* most bytes of body; 0: 1 MiB */
	bool upload;                   /* body is not read before the handler: upload_next() */
	bool anyone;                   /* no CSRF secret yet: the form's own cookie is checked (sign-in) */
};

const char *req_part(const struct req *, const char *name);   /* ":id" or "*name" of the route; decoded; "" if absent */
const char *req_query(const struct req *, const char *name);  /* decoded query value; NULL if absent; a doubled name is refused before */
const char *req_header(const struct req *, const char *name); /* FastCGI parameter, e.g. "HTTP_RANGE"; NULL if absent */
const char *req_cookie(const struct req *, const char *name);

/* 200 (or status): the view with its model, as HTML in the frame or as JSON. */
struct reply reply_page(struct req *, const struct view *, const void *model);
struct reply reply_page_status(struct req *, int status, const struct view *, const void *model);
/* 303 to a path of this site, with an optional message shown once on the next page. */
struct reply reply_go(struct req *, const char *path, const char *flash);
/* 303 to an app's own host, an address made by app_enter_address() (gate_address.h); anything else ends the process. */
struct reply reply_leave(struct req *, const char *address);
/* The error of r->ctx as a page (or JSON { "error": … }); KIND_INTERNAL if there is none. */
struct reply reply_oops(struct req *);
/* fail() and reply_oops() in one. */
struct reply reply_fail(struct req *, enum kind, const char *message);
/* Text as it is: type is e.g. "text/plain; charset=utf-8". Always nosniff. */
struct reply reply_text(struct req *, const char *type, const char *body, size_t n);
/* Bytes [offset, offset+length) of a regular file; fd is closed afterwards. status 200 or 206; `total` is for Content-Range.
 * download_name: attachment with that name (RFC 6266), NULL: inline. */
struct reply reply_file(struct req *, int fd, int64_t offset, int64_t length, int64_t total, const char *type, const char *download_name);
/* The same from a pipe that gives exactly these bytes of a file of `total`; if it ends before, the visitor sees a download that was cut. */
struct reply reply_pipe(struct req *, int fd, int64_t offset, int64_t length, int64_t total, const char *type, const char *download_name);
/* Without a body; no page says it. */
struct reply reply_status(struct req *, int status);
const char *status_reason(int status); /* "Not Found" */
/* What more() gives, until it gives nothing: its bytes live until its next call. False: the visitor sees a download that was cut. */
typedef bool reply_more(void *arg, struct bytes *);
struct reply reply_stream(struct req *, const char *type, const char *download_name, reply_more *more, void *arg);
/* Reads HTTP_RANGE against a file of `total` bytes: one range, or the whole; false (KIND_RANGE) if unsatisfiable. */
bool req_range(struct req *, int64_t total, int64_t *offset, int64_t *length, bool *partial) MUST_CHECK;
/* A header of the module's own; refused (die) if it holds a control byte. */
void reply_header(struct req *, const char *name, const char *value);
/* Set-Cookie with Secure; HttpOnly; SameSite=Lax; Path=/; name must begin with __Host-. max_age 0: session cookie, -1: delete. */
void reply_cookie(struct req *, const char *name, const char *value, int64_t max_age);

/* db_change() for handlers: only a POST that passed the CSRF check, or a method for programs, may write; anything else ends the process. */
bool app_change(struct req *, struct db *, bool (*fn)(struct ctx *, struct db_write *, void *arg), void *arg) MUST_CHECK;

/* The body of a method other than GET and POST as it arrives: up to n bytes, *got 0 at its end. False (KIND_BAD_REQUEST) if it was cut. */
bool body_next(struct req *, void *, size_t n, size_t *got) MUST_CHECK;
int64_t body_length(const struct req *); /* as it was announced; -1: not told */
/* What follows may take long, and counts as a transfer of the user's: KIND_TOO_MANY or KIND_UNAVAILABLE if there are too many. */
bool long_begin(struct req *) MUST_CHECK;

/* A file of a multipart/form-data body as it arrives (route with .upload; the csrf and key fields must come first, which put_hidden() sees to,
 * and upload_next() checks them before it hands out the first part). */
struct upload { const char *field, *file_name; /* file_name NULL: an ordinary field */ };
bool upload_next(struct req *, struct upload *, bool *more) MUST_CHECK;
/* Up to n bytes of the current part; *got 0 at its end. False if the body was cut. */
bool upload_read(struct req *, void *, size_t n, size_t *got) MUST_CHECK;

/* ---- process ------------------------------------------------------------------------------------ */

struct app {
	const char *name;                          /* the folder's */
	const struct route *routes; size_t n;
	bool (*start)(struct ctx *);               /* in each worker, after fork: open databases */
	int every; bool (*tick)(struct ctx *);     /* seconds; run in one process of its own */
	int workers;                               /* 0: 3 */
	const char *secret;                        /* addresses with this in them are secrets: no log has them; NULL: none are */
};

/* Options: --socket PATH, --workers N, --routes (prints "METHOD path role scope help", one line each, and ends). Else sd_listen_fds(3). */
int app_main(const struct app *, int argc, char **argv);

#endif
