#include "store/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "store/why.h"

#define PIPE_BYTES (1 << 20)
#define STACK_BYTES (256 << 10)

struct stream {
	int64_t handle;
	pthread_t thread;
	stream_work *work;
	void *arg;
	void (*done)(void *);
	int pipe, wake;              /* our end; says that total or given_up has changed */
	bool writes;                 /* content goes to the server */
	_Atomic(int64_t) bytes;      /* moved so far */
	_Atomic(int64_t) total;      /* of a stream_write(), once the front has said so; -1 */
	atomic_bool given_up, ended;
	int result;
	char words[WHY_MOST];
	pthread_mutex_t lock;
	pthread_cond_t end;
	struct stream *next;
};

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct stream *s = arg;
	int e = s->work(s, s->arg);
	close(s->pipe); /* the end of the content, or of the wish for it, for the front */
	pthread_mutex_lock(&s->lock);
	s->result = e;
	snprintf(s->words, sizeof s->words, "%s", why_words());
	atomic_store(&s->ended, true);
	pthread_cond_signal(&s->end);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool stream_given_up(const struct stream *s)
{
	return atomic_load(&s->given_up);
}

/* Until the pipe can be read or written, or something is to be looked at. No events: the pipe is over. */
static void wait_for(struct stream *s, short events)
{
	struct pollfd p[2] = { { .fd = events ? s->pipe : -1, .events = events }, { .fd = s->wake, .events = POLLIN } };
	eventfd_t times;
	if (poll(p, 2, 10000) > 0 && p[1].revents)
		eventfd_read(s->wake, &times);
}

bool stream_put(struct stream *s, const void *data, size_t n)
{
	for (const char *from = data; n && !stream_given_up(s);) {
		ssize_t k = write(s->pipe, from, n);
		if (k > 0) {
			from += k;
			n -= (size_t)k;
			atomic_fetch_add(&s->bytes, k);
		} else if (errno == EAGAIN) {
			wait_for(s, POLLOUT);
		} else if (errno != EINTR) {
			return false;
		}
	}
	return n == 0;
}

/* The front has said how much there is, and all of that has come. */
static bool complete(struct stream *s)
{
	return atomic_load(&s->total) == atomic_load(&s->bytes);
}

static bool too_much(struct stream *s)
{
	int64_t total = atomic_load(&s->total);
	return total >= 0 && atomic_load(&s->bytes) > total;
}

ssize_t stream_get(struct stream *s, void *to, size_t n)
{
	while (!stream_given_up(s)) {
		ssize_t k = read(s->pipe, to, n);
		if (k > 0)
			atomic_fetch_add(&s->bytes, k);
		if (too_much(s))
			return -1;
		if (k > 0)
			return k;
		if (complete(s))
			return 0;
		if (k == 0 && atomic_load(&s->total) >= 0)
			return -1; /* less than it said */
		if (k == 0)
			wait_for(s, 0); /* the front has closed it: what does it say now? */
		else if (errno == EAGAIN)
			wait_for(s, POLLIN);
		else if (errno != EINTR)
			return -1;
	}
	return -1;
}

ssize_t stream_fill(struct stream *s, void *to, size_t n)
{
	size_t got = 0;
	while (got < n) {
		ssize_t k = stream_get(s, (char *)to + got, n - got);
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

/* ---- starting ---- */

static struct stream *find(const struct streams *all, int64_t handle)
{
	struct stream *s = all->first;
	while (s && s->handle != handle)
		s = s->next;
	return s;
}

/* If there are too many, the oldest source that is over makes room: how it has ended may not have been asked for yet, so the others stay. */
static bool room(struct streams *all)
{
	size_t n = 0;
	int64_t over = 0;
	for (const struct stream *s = all->first; s; s = s->next, n++)
		if (!s->writes && atomic_load(&s->ended))
			over = s->handle;
	if (n < STREAM_MOST)
		return true;
	stream_close(all, over);
	return over != 0;
}

/* The front's end blocks, ours does not. */
static int make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) < 0)
		return errno;
	fcntl(fd[0], F_SETPIPE_SZ, PIPE_BYTES); /* as large as the system lets it be */
	return 0;
}

static int start_thread(struct stream *s)
{
	pthread_attr_t a;
	sigset_t all, before;
	sigfillset(&all);
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int e = pthread_create(&s->thread, &a, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&a);
	return e;
}

static void release(struct stream *s)
{
	if (s->wake >= 0)
		close(s->wake);
	pthread_cond_destroy(&s->end);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct stream *make(stream_work *work, void *arg, void (*done)(void *), bool writes)
{
	pthread_condattr_t monotonic;
	struct stream *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	*s = (struct stream){ .work = work, .arg = arg, .done = done, .writes = writes, .total = -1, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->end, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return s;
}

static int start(struct streams *all, struct stream *s, int64_t *handle, int *fd)
{
	int ends[2], e = s->wake < 0 ? EMFILE : make_pipe(ends);
	if (e)
		return e;
	s->pipe = ends[!s->writes];
	*fd = ends[s->writes];
	fcntl(s->pipe, F_SETFL, O_NONBLOCK);
	e = start_thread(s);
	if (e) {
		close(ends[0]);
		close(ends[1]);
		*fd = -1;
		return EAGAIN;
	}
	*handle = s->handle = ++all->last;
	s->next = all->first;
	all->first = s;
	return 0;
}

static int start_new(struct streams *all, struct stream *s, int64_t *handle, int *fd)
{
	if (!s)
		return ENOMEM;
	int e = room(all) ? start(all, s, handle, fd) : EMFILE;
	if (e)
		release(s);
	return e;
}

int stream_read(struct streams *all, stream_work *work, void *arg, void (*done)(void *), int64_t *handle, int *fd)
{
	return start_new(all, make(work, arg, done, false), handle, fd);
}

int stream_write(struct streams *all, stream_work *work, void *arg, void (*done)(void *), int64_t *handle, int *fd)
{
	return start_new(all, make(work, arg, done, true), handle, fd);
}

/* ---- how they end ---- */

void *stream_arg(const struct streams *all, int64_t handle)
{
	const struct stream *s = find(all, handle);
	return s ? s->arg : NULL;
}

static void wake(struct stream *s)
{
	eventfd_write(s->wake, 1);
}

/* False: the time is over. */
static bool wait_end(struct stream *s, int64_t until)
{
	struct timespec at = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
	int e = 0;
	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->ended) && e != ETIMEDOUT)
		e = pthread_cond_timedwait(&s->end, &s->lock, &at);
	pthread_mutex_unlock(&s->lock);
	return atomic_load(&s->ended);
}

static int result(const struct stream *s)
{
	return *s->words ? why(s->result, "%s", s->words) : s->result;
}

int stream_finish(struct streams *all, int64_t handle, int64_t size, int64_t until)
{
	struct stream *s = find(all, handle);
	if (!s || !s->writes || size < 0)
		return ENOENT;
	atomic_store(&s->total, size);
	wake(s);
	if (!wait_end(s, until))
		return ETIMEDOUT;
	if (atomic_load(&s->bytes) != size && (!s->result || s->result == ECANCELED))
		return EPROTO;
	return result(s);
}

int stream_result(struct streams *all, int64_t handle, int64_t *bytes)
{
	const struct stream *s = find(all, handle);
	if (!s || s->writes)
		return ENOENT;
	*bytes = atomic_load(&s->bytes);
	return atomic_load(&s->ended) ? result(s) : EINPROGRESS;
}

void stream_close(struct streams *all, int64_t handle)
{
	for (struct stream **p = &all->first; *p; p = &(*p)->next) {
		struct stream *s = *p;
		if (s->handle != handle)
			continue;
		*p = s->next;
		atomic_store(&s->given_up, true);
		wake(s);
		pthread_join(s->thread, NULL);
		if (s->done)
			s->done(s->arg);
		release(s);
		return;
	}
}

void stream_close_all(struct streams *all)
{
	while (all->first)
		stream_close(all, all->first->handle);
}

bool stream_busy(const struct streams *all)
{
	for (const struct stream *s = all->first; s; s = s->next)
		if (s->writes || !atomic_load(&s->ended))
			return true;
	return false;
}
