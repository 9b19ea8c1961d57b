/*
 * stream: the content of one file between a pipe and a server, moved by a thread while the connector answers other requests. The pipe's other end
 * is the front's. What the thread does is the driver's `work`: it gives content with stream_put() or gets it with stream_get() and returns 0 or
 * an error of driver.h (its words, too: why.h). Everything else is called by the connector's own thread only.
 */
#ifndef NARU_STORE_STREAM_H
#define NARU_STORE_STREAM_H

#include <sys/types.h>

#include "base.h"

#define STREAM_MOST 16 /* of one connector at a time */

struct stream;
struct streams { struct stream *first; int64_t last; }; /* a driver's state has one, all zero at first */

typedef int stream_work(struct stream *, void *arg);

/* Starts `work`. *fd: for the front, to be closed here once it is sent. `done` (may be NULL) frees arg when the stream is closed. On an error
 * (EMFILE: too many, EAGAIN: no thread) arg is still the caller's. */
int stream_read(struct streams *, stream_work *, void *arg, void (*done)(void *), int64_t *handle, int *fd);
int stream_write(struct streams *, stream_work *, void *arg, void (*done)(void *), int64_t *handle, int *fd);

/* ---- for the work ---- */

/* False: nobody wants it any more. The work ends with ECANCELED then. Blocks while the front is slow. */
bool stream_put(struct stream *, const void *, size_t n);
/* As many bytes as there are, at most n; 0: that was all; -1: given up, the work ends with ECANCELED. Blocks while the front is slow. */
ssize_t stream_get(struct stream *, void *, size_t n);
/* As stream_get(), but fills all n bytes unless the content ends before. */
ssize_t stream_fill(struct stream *, void *, size_t n);
/* To be asked now and then (at least each second) by a work that waits for its server. */
bool stream_given_up(const struct stream *);

/* ---- for the connector's thread ---- */

/* The arg of an open stream; NULL: no such handle. */
void *stream_arg(const struct streams *, int64_t handle);
/* The front has written `size` bytes and no more will come. Waits for the work until clock_ms() is `until` (then ETIMEDOUT; may be called again).
 * EPROTO: the front wrote another number of bytes. Else what the work returned. The stream stays open. */
int stream_finish(struct streams *, int64_t handle, int64_t size, int64_t until);
/* How a stream_read() has ended: EINPROGRESS, or the work's result, and how many bytes went into the pipe. */
int stream_result(struct streams *, int64_t handle, int64_t *bytes);
/* Gives up what still runs, waits for the thread and frees it. */
void stream_close(struct streams *, int64_t handle);
void stream_close_all(struct streams *);
/* Does one wait for its front, or run? */
bool stream_busy(const struct streams *);

#endif
