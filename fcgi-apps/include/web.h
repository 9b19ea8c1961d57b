/*
 * web: one HTTP call with a deadline, over libcurl. Blocks up to the context's deadline (or 5 s). No redirects, no proxy, no netrc, no
 * cookies, TLS always verified, protocols http (unix socket or loopback only) and https.
 *
 * A process keeps one connection open and uses it again for GET and for what may be sent twice. Other calls get a connection of their own: libcurl
 * would silently send a request twice when a kept connection turns out to be closed, and a job must not be submitted twice.
 */
#ifndef NARU_WEB_H
#define NARU_WEB_H

#include "base.h"

struct web_request {
	const char *method;            /* "GET" … */
	const char *url;               /* http://localhost/… with unix_socket, or https://… */
	const char *unix_socket;       /* path, or NULL */
	const char *const *headers;    /* "Name: value", ended by NULL; or NULL itself */
	struct bytes body;             /* {0}: none */
	const char *content_type;
	size_t most;                   /* most bytes of answer; 0: 64 MiB */
	const char *ca_file;           /* NULL: the system's */
	bool checked_address;          /* plain http to an address (not a name) that the caller has looked at: an app on a container network */
	bool again;                    /* harmless when it arrives twice */
	/* The body of an answer 200 goes here as it comes instead of into the answer, without limit; false ends the call, which is a success. */
	bool (*part)(void *arg, struct bytes);
	void *part_arg;
	/* Asked at least once a second while the call lasts; false ends it, which is a failure. */
	bool (*wanted)(void *arg);
	void *wanted_arg;
};
struct web_answer {
	int status;
	struct bytes body;
	int retry_after;               /* seconds that the server asks to be left alone; 0: not told */
	bool sent;                     /* also set on failure: the server may have got the whole request and acted on it */
};

/* False (KIND_UNAVAILABLE, KIND_TIMEOUT, KIND_TOO_LARGE) when no complete answer came; any HTTP status is a success here. The body is
 * NUL-terminated, in the arena. */
bool web_call(struct ctx *, const struct web_request *, struct web_answer *) MUST_CHECK;

#endif
