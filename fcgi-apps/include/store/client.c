#include "store/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "store/connector.h"

#define LINKS 8

struct link { int fd; unsigned serial, can; char *key; int64_t born, used; };

static struct link links[LINKS];
static unsigned serials;
static struct wire request, answer; /* one request at a time in a process */
static int64_t number, until;       /* of the request under way */

/* ---- the few connections ---- */

static void cut(struct link *l)
{
	if (l->serial) {
		close(l->fd);
		free(l->key);
	}
	*l = (struct link){ 0 };
}

static bool held(const struct store *s)
{
	return s->link && s->link->serial == s->serial && s->serial;
}

void client_forget(void)
{
	memset(links, 0, sizeof links);
	serials += 1000; /* no store that was opened before has one of the connections to come */
}

void client_drop(struct store *s)
{
	if (held(s))
		cut(s->link);
}

/* Still there, not about to end by itself, and with nothing said that nobody asked for. */
static bool fresh(const struct link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	int64_t t = clock_ms();
	return t - l->used < CONNECTOR_IDLE_MS - 10000 && t - l->born < CONNECTOR_LIFE_MS - 60000 && poll(&p, 1, 0) == 0;
}

static struct link *find(const char *key)
{
	for (size_t i = 0; i < LINKS; i++)
		if (links[i].serial && same(links[i].key, key)) {
			if (fresh(&links[i]))
				return &links[i];
			cut(&links[i]);
		}
	return NULL;
}

static struct link *oldest(void)
{
	struct link *l = &links[0];
	for (size_t i = 1; i < LINKS; i++)
		if (!links[i].serial || (l->serial && links[i].used < l->used))
			l = &links[i];
	cut(l);
	return l;
}

/* ---- a new one ---- */

static bool address(struct sockaddr_un *to)
{
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int n = snprintf(to->sun_path, sizeof to->sun_path, "%s/launcher/sock", conf_get("site", "run", "/run/naru"));
	return n > 0 && (size_t)n < sizeof to->sun_path;
}

/* A full queue of the launcher is EAGAIN for a unix socket: there is nothing to poll for, so try again. */
static int dial(int *fd)
{
	struct sockaddr_un to;
	if (!address(&to))
		return ENAMETOOLONG;
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (*fd >= 0 && connect(*fd, (struct sockaddr *)&to, sizeof to) < 0) {
		int e = errno == ENOENT ? ECONNREFUSED : errno;
		if (e == EAGAIN && clock_ms() < until) {
			nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
			continue;
		}
		close(*fd);
		return e == EAGAIN ? ETIMEDOUT : e;
	}
	return *fd < 0 ? errno : 0;
}

/* A text of a connector's, kept until the next one. */
static char words[WIRE_WORDS_MOST + 1];

static int read_error(struct wire *w)
{
	int64_t code = wire_int(w);
	snprintf(words, sizeof words, "%s", wire_text(w));
	return !wire_end(w) || code <= 0 || code > 100000 ? EPROTO : (int)code;
}

/* Shows the proof. 0, or an error code. */
static int greet(int fd, struct store *s)
{
	static struct wire hello;
	int64_t id;
	wire_begin(&hello, WIRE_HELLO, 0);
	wire_put_text(&hello, s->proof);
	wire_put_text(&hello, s->place);
	words[0] = 0;
	int e = wire_send(fd, &hello, -1, until);
	if (!e)
		e = wire_receive(fd, &hello, NULL, until);
	if (e)
		return e;
	enum wire_type type = wire_open(&hello, &id);
	if (type == WIRE_ERROR)
		return read_error(&hello);
	s->can = (unsigned)wire_int(&hello);
	return type == WIRE_OK && wire_end(&hello) ? 0 : EPROTO;
}

static int connect_new(struct store *s)
{
	int fd, e = dial(&fd);
	if (e)
		return e;
	e = greet(fd, s);
	if (e) {
		close(fd);
		return e;
	}
	struct link *l = oldest();
	*l = (struct link){ .fd = fd, .serial = ++serials, .born = clock_ms(), .key = strdup(s->key), .can = s->can };
	l->used = l->born;
	if (!l->key)
		die("out of memory");
	s->link = l;
	s->serial = l->serial;
	return 0;
}

static int attach(struct store *s)
{
	struct link *l = held(s) ? s->link : find(s->key);
	if (!l)
		return connect_new(s);
	s->link = l;
	s->serial = l->serial;
	s->can = l->can;
	return 0;
}

bool client_connect(struct ctx *c, struct store *s)
{
	until = clock_ms() + ctx_left_ms(c, 10000);
	words[0] = 0;
	int e = attach(s);
	return e ? client_fail_words(c, e, words, s->place) : true;
}

/* ---- asking ---- */

struct wire *client_begin(struct ctx *c, enum wire_type type, int most)
{
	int left = ctx_left_ms(c, most);
	until = clock_ms() + left;
	wire_begin(&request, type, ++number);
	wire_put_int(&request, left > 1000 ? left - 300 : left); /* so that its "not finished" arrives in time */
	return &request;
}

static int receive(struct store *s, int *got)
{
	if (got)
		*got = -1;
	int e = wire_receive(s->link->fd, &answer, got, until);
	s->link->used = clock_ms();
	return e;
}

static int exchange(struct store *s, int *got)
{
	int e = wire_send(s->link->fd, &request, -1, until);
	return e == EPIPE ? ECONNRESET : e ? e : receive(s, got);
}

/* Takes an answer apart as far as its type. */
static bool judge(struct ctx *c, struct store *s, int e, enum wire_type *type, struct wire **in)
{
	int64_t id;
	if (e) {
		client_drop(s);
		return client_fail(c, e == ECONNRESET ? EPIPE : e, s->place);
	}
	*in = &answer;
	*type = wire_open(&answer, &id);
	if (answer.bad || id != number)
		return client_nonsense(c, s, "number");
	if (*type == WIRE_OK || *type == WIRE_ENTRIES)
		return true;
	int code = *type == WIRE_ERROR ? read_error(&answer) : EPROTO;
	return code == EPROTO ? client_nonsense(c, s, "type") : client_fail_words(c, code, words, s->place);
}

static bool refused_as_old(void)
{
	struct wire *w = &answer;
	int64_t id;
	bool old = wire_open(w, &id) == WIRE_ERROR && wire_int(w) == WIRE_E_OLD;
	w->at = 0;
	w->bad = false;
	return old;
}

bool client_call(struct ctx *c, struct store *s, bool bound, enum wire_type *type, struct wire **in, int *got)
{
	if (request.bad)
		return client_fail(c, WIRE_E_PATH, s->place);
	words[0] = 0;
	int e = bound && !held(s) ? ECONNRESET : attach(s);
	if (e && !(bound && e == ECONNRESET))
		return client_fail_words(c, e, words, s->place);
	if (!e)
		e = exchange(s, got);
	if ((e == ECONNRESET || (!e && refused_as_old())) && !bound) {
		client_drop(s);
		e = attach(s);
		if (!e)
			e = exchange(s, got);
	}
	return judge(c, s, e, type, in);
}

bool client_more(struct ctx *c, struct store *s, enum wire_type *type, struct wire **in)
{
	return judge(c, s, held(s) ? receive(s, NULL) : EPIPE, type, in);
}

bool client_nonsense(struct ctx *c, struct store *s, const char *what)
{
	client_drop(s);
	log_line(c, "store: %s: the connector sent nonsense (%s)", s->place, what);
	return client_fail(c, EPROTO, s->place);
}
