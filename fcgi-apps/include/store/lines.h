/*
 * lines: connections over libcurl that are kept and taken again. A line is an easy handle with a multi handle of its own, because libcurl's easy
 * interface stalls a second now and then on FTP. The connector's thread and each stream take a line for a while; no two use one at the same time.
 */
#ifndef NARU_STORE_LINES_H
#define NARU_STORE_LINES_H

#include <pthread.h>

#include "remotes.h"
#include "store/dial.h"
#include "store/stream.h"

struct line {
	CURL *easy;
	CURLM *multi;
	struct line *next;
	char words[CURL_ERROR_SIZE]; /* libcurl's own, of the last run */
};

struct lines {
	pthread_mutex_t lock;
	struct line *idle;
	size_t kept;
	const char *networks, *ca_file, *protocols;
	int tick_ms;                 /* how long a line waits at most before it looks again */
};

/* The record must live as long as the lines. */
void lines_begin(struct lines *, const struct remote *, const char *protocols, int tick_ms);
/* Closes the idle ones; all others must have been given back. */
void lines_end(struct lines *);
struct line *lines_take(struct lines *);
void lines_give(struct lines *, struct line *);
/* In place of lines_give(): its connection is not to be used again. */
void line_drop(struct line *);

/* Does what the easy handle is set to. Ends with CURLE_ABORTED_BY_CALLBACK when the stream (may be NULL) is given up. */
CURLcode line_run(struct line *, int tick_ms, const struct stream *);
/* What that result means here; libcurl's words go to why(). */
int line_error(const struct line *, CURLcode);
/* Was a connection used that had been there before? */
bool line_was_kept(const struct line *);

#endif
