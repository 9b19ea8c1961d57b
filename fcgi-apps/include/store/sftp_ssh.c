/* Sessions: connecting, the host key, logging in, and every wait of them. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/dial.h"
#include "store/sftp.h"
#include "store/why.h"

#define CONNECT_MS 8000
#define LOGIN_MS 9000          /* with the connection: the front waits for ten seconds */
#define WINDOW (8u << 20)       /* what the server may send ahead; how much is asked for is what bounds it */
#define PACKET 32768
#define BUDGET (1u << 20)

/* ---- waiting ---- */

/* libssh2 goes on for as long as something comes. A server that never stops must not keep it for ever: after so many bytes it is told that
 * there are no more, and comes back to ssh_again(), where time and wishes are looked at. */
static LIBSSH2_RECV_FUNC(receive)
{
	struct ssh *s = *abstract;
	size_t n = length < s->budget ? length : s->budget;
	if (n == 0)
		return -EAGAIN;
	ssize_t got = recv(socket, buffer, n, flags);
	if (got > 0)
		s->budget -= (size_t)got;
	return got < 0 ? -errno : got;
}

static int wait_for(struct ssh *s)
{
	int way = libssh2_session_block_directions(s->session);
	struct pollfd p = { .fd = s->fd, .events = (short)((way & LIBSSH2_SESSION_BLOCK_OUTBOUND ? POLLOUT : 0) | (way & LIBSSH2_SESSION_BLOCK_INBOUND ? POLLIN : 0)) };
	if (!p.events)
		p.events = POLLIN;
	for (int64_t from = clock_ms(), t = from;; t = clock_ms()) {
		if (s->stream && stream_given_up(s->stream))
			return ECANCELED;
		if (t >= s->until || t - from >= SFTP_SILENCE_MS)
			return ETIMEDOUT;
		if (poll(&p, 1, s->until - t < 1000 ? (int)(s->until - t) : 1000) > 0)
			return 0;
	}
}

bool ssh_again(struct ssh *s, ssize_t rc)
{
	s->budget = BUDGET;
	if (rc != LIBSSH2_ERROR_EAGAIN)
		return false;
	s->error = wait_for(s);
	return s->error == 0;
}

int ssh_failed(struct ssh *s)
{
	s->broken = true;
	return s->error ? s->error : s->stream ? WIRE_E_CUT : EPIPE;
}

static int last(struct ssh *s)
{
	return libssh2_session_last_errno(s->session);
}

/* libssh2's own words: it says "Socket disconnect" and the like, the server said nothing. */
static int words(struct ssh *s, int code)
{
	char *text = NULL;
	if (s->error)
		return s->error;
	libssh2_session_last_error(s->session, &text, NULL, 0);
	return empty(text) ? code : why(code, "%s", text);
}

/* ---- the connection ---- */

/* The kind of host key that was pinned comes first: a server may have several. SHA-1 is left out everywhere. */
static void choose(LIBSSH2_SESSION *session, const char *pinned)
{
	static const char ec[] = "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521";
	char keys[200];
	size_t n = strcspn(pinned, " ");
	snprintf(keys, sizeof keys, "%.*s%sssh-ed25519,%s", n < 40 ? (int)n : 0, pinned, n && n < 40 ? "," : "", ec);
	if (libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, keys))
		libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519,ecdsa-sha2-nistp256");
	libssh2_session_method_pref(session, LIBSSH2_METHOD_KEX, "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
		"ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256");
	libssh2_session_method_pref(session, LIBSSH2_METHOD_CRYPT_CS, "aes128-ctr,aes192-ctr,aes256-ctr");
	libssh2_session_method_pref(session, LIBSSH2_METHOD_CRYPT_SC, "aes128-ctr,aes192-ctr,aes256-ctr");
	libssh2_session_method_pref(session, LIBSSH2_METHOD_MAC_CS, "hmac-sha2-256,hmac-sha2-512");
	libssh2_session_method_pref(session, LIBSSH2_METHOD_MAC_SC, "hmac-sha2-256,hmac-sha2-512");
}

/* What it calls itself, in letters that can be shown. */
static void note_software(struct ssh *s)
{
	const char *from = libssh2_session_banner_get(s->session);
	char *to = s->about.software;
	for (size_t i = 0; from && from[i] && i < sizeof s->about.software - 1; i++)
		to[i] = from[i] < ' ' || from[i] > '~' ? '?' : from[i];
	s->strict = starts_with(to, "SSH-2.0-OpenSSH_");
}

static int check_host(struct ssh *s, const char *pinned)
{
	size_t n = 0;
	int kind;
	const char *key = libssh2_session_hostkey(s->session, &n, &kind);
	if (!key || !sftp_host_key(key, n, s->about.key, sizeof s->about.key))
		return WIRE_E_ANSWER;
	return empty(pinned) || same(pinned, s->about.key) ? 0 : why(WIRE_E_HOST_KEY, "%s", s->about.key);
}

static int connect_to(struct ssh *s, const struct remote *r)
{
	s->until = clock_ms() + LOGIN_MS;
	int rc, e = dial(r->networks, r->host, (int)r->port, CONNECT_MS, &s->fd);
	if (e)
		return s->fd = -1, e;
	s->session = libssh2_session_init_ex(NULL, NULL, NULL, s);
	if (!s->session)
		return ENOMEM;
	libssh2_session_set_blocking(s->session, 0);
	libssh2_session_callback_set(s->session, LIBSSH2_CALLBACK_RECV, (void *)(uintptr_t)receive);
	choose(s->session, r->pinned);
	do
		rc = libssh2_session_handshake(s->session, s->fd);
	while (ssh_again(s, rc));
	if (rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE)
		return s->error ? s->error : why(WIRE_E_ANSWER, "no cipher, or no host key, that both sides can use (a server needs one of ed25519 or ECDSA beside its RSA key)");
	if (rc)
		return words(s, WIRE_E_ANSWER);
	note_software(s);
	return check_host(s, r->pinned);
}

/* ---- logging in ---- */

/* One question, once: that is how servers ask for a password this way. Anything else (a one-time code) cannot be answered. */
static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(answer)
{
	(void)name, (void)name_len, (void)instruction, (void)instruction_len, (void)prompts;
	struct ssh *s = *abstract;
	for (int i = 0; i < num_prompts; i++) {
		const char *says = num_prompts == 1 && s->answer ? s->answer : "";
		responses[i].text = strdup(says);
		responses[i].length = responses[i].text ? (unsigned)strlen(says) : 0;
	}
	if (num_prompts)
		s->answer = NULL;
}

static int methods(struct ssh *s, const char *user, const char **list)
{
	do
		*list = libssh2_userauth_list(s->session, user, (unsigned)strlen(user));
	while (!*list && !libssh2_userauth_authenticated(s->session) && ssh_again(s, last(s)));
	if (*list || libssh2_userauth_authenticated(s->session))
		return 0;
	return words(s, last(s) == LIBSSH2_ERROR_AUTHENTICATION_FAILED ? WIRE_E_LOGIN : WIRE_E_ANSWER);
}

static int login_error(struct ssh *s, int rc)
{
	switch (rc) {
	case 0: return 0;
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED: case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED: case LIBSSH2_ERROR_PASSWORD_EXPIRED: case LIBSSH2_ERROR_METHOD_NONE:
		return s->error ? s->error : WIRE_E_LOGIN;
	case LIBSSH2_ERROR_FILE: case LIBSSH2_ERROR_KEYFILE_AUTH_FAILED:
		return WIRE_E_KEY;
	case LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
		return WIRE_E_KEY_KIND;
	default:
		return words(s, WIRE_E_ANSWER);
	}
}

static int by_password(struct ssh *s, const struct remote *r, const char *list)
{
	int rc;
	unsigned n = (unsigned)strlen(r->user);
	s->answer = r->secret;
	if (strstr(list, "password"))
		do
			rc = libssh2_userauth_password_ex(s->session, r->user, n, r->secret, (unsigned)strlen(r->secret), NULL);
		while (ssh_again(s, rc));
	else if (strstr(list, "keyboard-interactive"))
		do
			rc = libssh2_userauth_keyboard_interactive_ex(s->session, r->user, n, answer);
		while (ssh_again(s, rc));
	else
		return why(WIRE_E_LOGIN, "%s", list);
	return login_error(s, rc);
}

static int by_key(struct ssh *s, const struct remote *r)
{
	int rc;
	do
		rc = libssh2_userauth_publickey_frommemory(s->session, r->user, strlen(r->user), NULL, 0, r->key, strlen(r->key), empty(r->secret) ? NULL : r->secret);
	while (ssh_again(s, rc));
	return login_error(s, rc);
}

static int login(struct ssh *s, const struct remote *r)
{
	const char *list;
	int e = methods(s, r->user, &list);
	if (e || !list)
		return e; /* without a list: it lets in whoever has that name */
	return same(r->auth, "key") ? by_key(s, r) : by_password(s, r, list);
}

/* ---- SFTP on it ---- */

static int open_channel(struct ssh *s)
{
	int rc;
	do
		s->channel = libssh2_channel_open_ex(s->session, "session", 7, WINDOW, PACKET, NULL, 0);
	while (!s->channel && ssh_again(s, last(s)));
	if (!s->channel)
		return words(s, WIRE_E_ANSWER);
	do
		rc = libssh2_channel_handle_extended_data2(s->channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
	while (ssh_again(s, rc));
	do
		rc = libssh2_channel_process_startup(s->channel, "subsystem", 9, "sftp", 4);
	while (ssh_again(s, rc));
	return rc ? words(s, WIRE_E_ANSWER) : 0;
}

static int greet(struct ssh *s)
{
	struct answer a;
	sftp_begin(&s->out, SFTP_INIT, 3);
	sftp_end(&s->out);
	int e = sftp_flush(s);
	s->waiting = 1;
	if (!e)
		e = sftp_answer(s, &a);
	if (e)
		return e == EPIPE ? WIRE_E_ANSWER : e;
	if (a.type != SFTP_VERSION || a.id < 3)
		return WIRE_E_ANSWER;
	s->extensions = sftp_read_extensions(&a.in);
	return 0;
}

int ssh_open(const struct remote *r, struct ssh **out)
{
	struct ssh *s = calloc(1, sizeof *s);
	if (!s)
		return ENOMEM;
	*s = (struct ssh){ .fd = -1, .budget = BUDGET, .out.room = SFTP_CHUNK + 16384, .in = malloc(SFTP_IN_MOST) };
	s->out.at = malloc(s->out.room);
	int e = s->in && s->out.at ? connect_to(s, r) : ENOMEM;
	if (!e)
		e = login(s, r);
	if (!e)
		e = open_channel(s);
	if (!e)
		e = greet(s);
	if (!e) {
		*out = s;
		return 0;
	}
	ssh_close(s);
	return e;
}

bool ssh_alive(const struct ssh *s)
{
	char one;
	ssize_t n = recv(s->fd, &one, 1, MSG_PEEK | MSG_DONTWAIT);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* The goodbye is sent if that takes no time. With the connection shut, libssh2 waits for nothing more. */
void ssh_close(struct ssh *s)
{
	if (s->session && !s->broken)
		libssh2_session_disconnect(s->session, "done");
	if (s->fd >= 0)
		shutdown(s->fd, SHUT_RDWR);
	s->budget = BUDGET;
	for (int i = 0; s->session && i < 100 && libssh2_session_free(s->session) == LIBSSH2_ERROR_EAGAIN; i++)
		s->budget = BUDGET;
	if (s->fd >= 0)
		close(s->fd);
	free(s->in);
	free(s->out.at);
	free(s);
}
