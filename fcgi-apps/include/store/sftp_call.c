/* Requests and answers on a session's channel. */
#include <errno.h>
#include <string.h>

#include "store/sftp.h"

/* ---- requests ---- */

uint32_t sftp_request(struct ssh *s, enum sftp_type type)
{
	sftp_begin(&s->out, type, ++s->id);
	s->waiting++;
	return s->id;
}

uint32_t sftp_path_request(struct ssh *s, enum sftp_type type, const char *path)
{
	sftp_request(s, type);
	sftp_put_text(&s->out, path);
	if (type == SFTP_MKDIR)
		sftp_put_u32(&s->out, 0); /* no attributes: the server's own */
	sftp_end(&s->out);
	return s->id;
}

uint32_t sftp_handle_request(struct ssh *s, enum sftp_type type, struct bytes handle)
{
	sftp_request(s, type);
	sftp_put(&s->out, handle.at, handle.n);
	sftp_end(&s->out);
	return s->id;
}

/* A message that was begun must go out whole, or the session is of no use any more. */
int sftp_flush(struct ssh *s)
{
	size_t sent = 0, n = s->out.n;
	s->out.n = 0;
	if (s->out.bad) {
		s->broken = true;
		return ENAMETOOLONG;
	}
	while (sent < n) {
		ssize_t k = libssh2_channel_write(s->channel, (const char *)s->out.at + sent, n - sent);
		if (k > 0)
			sent += (size_t)k;
		else if (!ssh_again(s, k ? k : LIBSSH2_ERROR_EAGAIN))
			return ssh_failed(s);
	}
	return 0;
}

/* ---- answers ---- */

/* What has come, behind what is there. False: nothing, or an error that the next wait will see. */
static ssize_t receive_some(struct ssh *s)
{
	if (s->in_at) {
		memmove(s->in, s->in + s->in_at, s->in_n - s->in_at);
		s->in_n -= s->in_at;
		s->in_at = 0;
	}
	ssize_t n = libssh2_channel_read(s->channel, (char *)s->in + s->in_n, SFTP_IN_MOST - s->in_n);
	if (n > 0)
		s->in_n += (size_t)n;
	return n;
}

bool sftp_answer_ready(struct ssh *s)
{
	if (sftp_whole(s->in + s->in_at, s->in_n - s->in_at) != 0)
		return true;
	return receive_some(s) > 0 && sftp_whole(s->in + s->in_at, s->in_n - s->in_at) != 0;
}

static int receive(struct ssh *s)
{
	ssize_t n;
	do {
		n = receive_some(s);
		if (n == 0 && !libssh2_channel_eof(s->channel))
			n = LIBSSH2_ERROR_EAGAIN;
	} while (ssh_again(s, n));
	return n > 0 ? 0 : ssh_failed(s);
}

static int next_message(struct ssh *s, struct answer *a)
{
	int64_t n;
	while ((n = sftp_whole(s->in + s->in_at, s->in_n - s->in_at)) == 0) {
		int e = receive(s);
		if (e)
			return e;
	}
	if (n < 0)
		return WIRE_E_ANSWER;
	a->in = (struct sftp_in){ s->in + s->in_at + 4, (size_t)n - 4, false };
	s->in_at += (size_t)n;
	a->type = (enum sftp_type)sftp_u8(&a->in);
	a->id = sftp_u32(&a->in);
	return 0;
}

/* None that nobody asked for. */
int sftp_answer(struct ssh *s, struct answer *a)
{
	int e = next_message(s, a);
	if (!e && s->ignored && a->id == s->ignored) {
		s->ignored = 0;
		e = next_message(s, a);
	}
	if (!e && s->waiting == 0)
		e = WIRE_E_ANSWER;
	if (e)
		s->broken = true;
	else
		s->waiting--;
	return e;
}

int sftp_ask(struct ssh *s, struct answer *a)
{
	uint32_t id = s->id;
	int e = sftp_flush(s);
	if (!e)
		e = sftp_answer(s, a);
	if (!e && a->id != id) {
		s->broken = true;
		e = WIRE_E_ANSWER;
	}
	return e;
}

int sftp_expect(struct answer *a, enum sftp_type type)
{
	if (a->type == SFTP_STATUS) {
		int e = sftp_read_status(&a->in);
		return e || type == SFTP_STATUS ? e : WIRE_E_ANSWER;
	}
	return a->type == type ? 0 : WIRE_E_ANSWER;
}

int sftp_ask_status(struct ssh *s)
{
	struct answer a;
	int e = sftp_ask(s, &a);
	e = e ? e : sftp_expect(&a, SFTP_STATUS);
	return e == SFTP_EOF ? WIRE_E_ANSWER : e;
}

int sftp_statuses(struct ssh *s, unsigned n)
{
	int first = 0, e = sftp_flush(s);
	for (unsigned i = 0; i < n && !e; i++) {
		struct answer a;
		e = sftp_answer(s, &a);
		int code = e ? 0 : sftp_expect(&a, SFTP_STATUS);
		if (code && !first)
			first = code == SFTP_EOF ? WIRE_E_ANSWER : code;
	}
	return e ? e : first;
}

int sftp_close_later(struct ssh *s, const struct handle *h)
{
	sftp_handle_request(s, SFTP_CLOSE, SFTP_BYTES(h));
	if (s->ignored)
		return sftp_statuses(s, 1);
	s->ignored = s->id;
	s->waiting--;
	return sftp_flush(s);
}

int sftp_ask_handle(struct ssh *s, struct handle *h)
{
	struct answer a;
	int e = sftp_ask(s, &a);
	e = e ? e : sftp_expect(&a, SFTP_HANDLE);
	if (e)
		return e == SFTP_EOF ? WIRE_E_ANSWER : e;
	struct bytes b = sftp_bytes(&a.in);
	if (a.in.bad || b.n == 0 || b.n > sizeof h->at)
		return WIRE_E_ANSWER;
	memcpy(h->at, b.at, b.n);
	h->n = b.n;
	return 0;
}

int sftp_attrs_of(struct ssh *s, enum sftp_type type, const char *path, struct sftp_attrs *to)
{
	struct answer a;
	sftp_path_request(s, type, path);
	int e = sftp_ask(s, &a);
	e = e ? e : sftp_expect(&a, SFTP_ATTRS);
	if (e)
		return e == SFTP_EOF ? WIRE_E_ANSWER : e;
	sftp_read_attrs(&a.in, to);
	return a.in.bad ? WIRE_E_ANSWER : 0;
}

int sftp_open_new(struct ssh *s, const char *path, uint32_t mode, struct handle *h)
{
	sftp_request(s, SFTP_OPEN);
	sftp_put_text(&s->out, path);
	sftp_put_u32(&s->out, SFTP_OPEN_WRITE | SFTP_OPEN_CREATE | SFTP_OPEN_NEW);
	sftp_put_u32(&s->out, mode ? SFTP_HAS_MODE : 0);
	if (mode)
		sftp_put_u32(&s->out, mode);
	sftp_end(&s->out);
	return sftp_ask_handle(s, h);
}
