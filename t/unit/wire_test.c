/* The protocol between front and connector: what is written is read back, and nothing else is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "store/connector.h"
#include "store/wire.h"
#include "tap.h"

static struct wire w, v;

static void round_trip(void)
{
	int64_t id;
	wire_begin(&w, WIRE_RENAME, -7);
	wire_put_int(&w, INT64_MIN);
	wire_put_text(&w, "a\xff\n\"name");
	wire_put_text(&w, NULL);
	wire_put_int(&w, 1);
	ok(wire_open(&w, &id) == WIRE_RENAME && id == -7, "type and number come back");
	ok(wire_int(&w) == INT64_MIN, "the smallest integer comes back");
	ok(same(wire_text(&w), "a\xff\n\"name"), "a text of any bytes comes back");
	ok(same(wire_text(&w), ""), "NULL comes back as an empty text");
	ok(wire_flag(&w) && wire_end(&w), "a flag, and the end");
	wire_int(&w);
	ok(!wire_end(&w), "a read behind the end is noticed");
}

static void cut_anywhere(void)
{
	int64_t id;
	size_t good = 0;
	wire_begin(&w, WIRE_READ, 1);
	wire_put_int(&w, 5);
	wire_put_text(&w, "path");
	for (size_t n = 0; n < w.n; n++) {
		v = w;
		v.n = n;
		wire_open(&v, &id);
		wire_int(&v);
		wire_text(&v);
		good += wire_end(&v);
	}
	ok(good == 0, "a message cut at any byte is bad");
	v = w;
	v.data[v.n++] = 0;
	wire_open(&v, &id);
	wire_int(&v);
	wire_text(&v);
	ok(!wire_end(&v), "a message with a byte too many is bad");
}

static void bad_texts(void)
{
	int64_t id;
	wire_begin(&w, WIRE_STAT, 1);
	wire_put_text(&w, "abc");
	v = w;
	v.data[9] = v.data[10] = v.data[11] = v.data[12] = 0xff;
	wire_open(&v, &id);
	ok(same(wire_text(&v), "") && v.bad, "a length of 4 GiB is bad");
	v = w;
	v.data[14] = 0;
	wire_open(&v, &id);
	ok(same(wire_text(&v), "") && v.bad, "a NUL inside a text is bad");
	v = w;
	v.data[16] = 'x';
	wire_open(&v, &id);
	ok(same(wire_text(&v), "") && v.bad, "a text without its NUL is bad");
	wire_begin(&w, WIRE_STAT, 1);
	wire_put_int(&w, 2);
	wire_open(&w, &id);
	ok(!wire_flag(&w) && w.bad, "2 is no flag");
}

static void overflow(void)
{
	static char long_text[WIRE_MOST];
	memset(long_text, 'x', sizeof long_text - 1);
	wire_begin(&w, WIRE_STAT, 1);
	wire_put_text(&w, long_text);
	ok(w.bad && wire_room(&w) == 0, "what does not fit is refused");
	ok(wire_send(0, &w, -1, 0) == EMSGSIZE, "and is not sent");
}

static void over_a_socket(void)
{
	int s[2], got = -1;
	int64_t id;
	struct wire *in = &v;
	ok(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == 0, "a socket pair");
	wire_begin(&w, WIRE_OK, 9);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ok(wire_send(s[0], &w, null, clock_ms() + 1000) == 0, "a message with a descriptor is sent");
	ok(wire_receive(s[1], in, &got, clock_ms() + 1000) == 0 && got >= 0, "and received");
	ok(wire_open(in, &id) == WIRE_OK && id == 9 && wire_end(in), "as it was");
	ok(fcntl(got, F_GETFD) == FD_CLOEXEC, "the descriptor is close-on-exec");
	close(got);
	wire_send(s[0], &w, null, clock_ms() + 1000);
	ok(wire_receive(s[1], in, NULL, clock_ms() + 1000) == 0 && fcntl(got, F_GETFD) < 0, "a descriptor nobody asked for is closed");
	int64_t start = clock_ms();
	ok(wire_receive(s[1], in, NULL, start + 100) == ETIMEDOUT && clock_ms() - start < 1000, "silence ends at the deadline");
	static char big[2 * WIRE_MOST];
	ok(send(s[0], big, sizeof big, 0) == (ssize_t)sizeof big && wire_receive(s[1], in, NULL, clock_ms() + 1000) == EPROTO, "a message too long is refused");
	close(s[0]);
	ok(wire_receive(s[1], in, NULL, clock_ms() + 1000) == EPIPE, "the end of the conversation");
	ok(wire_send(s[1], &w, -1, clock_ms() + 1000) == EPIPE, "nobody to send to");
	close(s[1]);
	close(null);
}

static void paths(void)
{
	static const struct { const char *path; bool good; } rows[] = {
		{ "", true }, { "a", true }, { "a/b", true }, { "...", true }, { "a/.hidden", true }, { "\xff\xfe", true }, { "a\nb", true }, { "..a", true },
		{ "/", false }, { "/a", false }, { "a/", false }, { "a//b", false }, { ".", false }, { "..", false }, { "a/..", false },
		{ "../a", false }, { "a/./b", false }, { "a/../b", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		ok(wire_path_good(rows[i].path) == rows[i].good, "path %zu is %s", i, rows[i].good ? "good" : "bad");
	static char name[300], deep[9000];
	memset(name, 'n', 255);
	ok(wire_path_good(name), "255 bytes are a name");
	name[255] = 'n';
	ok(!wire_path_good(name), "256 are not");
	for (size_t i = 0; i < 4096; i++)
		memcpy(deep + 2 * i, "a/", 2);
	deep[8191] = 0;
	ok(!wire_path_good(deep), "4096 folders deep is no path");
}

/* A driver that does nothing: what reaches it has passed the connector's checks. */
static int reached;
static int fake_list(void *s, const struct row_query *q, struct rows *r)
{
	(void)s, (void)q, (void)r;
	reached++;
	return 0;
}
static int fake_remove(void *s, const char *path, bool with, int64_t until)
{
	(void)s, (void)path, (void)with, (void)until;
	reached++;
	return ENOENT;
}
static const struct store_driver fake = { .name = "fake", .list = fake_list, .remove = fake_remove };

static bool asks(struct connector *c, enum wire_type type, const char *path, int64_t last)
{
	int pass;
	bool close_pass;
	wire_begin(&w, type, 3);
	wire_put_int(&w, 1000);
	wire_put_text(&w, path);
	wire_put_int(&w, last);
	return connector_answer(c, &w, &v, &pass, &close_pass);
}

static void connector(void)
{
	int64_t id;
	struct connector c = { .socket = -1, .driver = &fake, .born = clock_ms(), .idle_ms = 1000, .life_ms = 1000 };
	ok(asks(&c, WIRE_REMOVE, "a", 1) && reached == 1, "a good request reaches the driver");
	ok(wire_open(&v, &id) == WIRE_ERROR && id == 3 && wire_int(&v) == ENOENT, "and its error comes back with the number");
	ok(!asks(&c, WIRE_REMOVE, "../a", 1) && reached == 1, "a path out of the place does not");
	ok(!asks(&c, WIRE_REMOVE, "a", 2) && reached == 1, "nor a flag that is none");
	ok(!asks(&c, WIRE_LIST, "a", 1) && reached == 1, "nor a request that is too short");
	ok(!asks(&c, WIRE_HELLO, "a", 1) && !asks(&c, WIRE_OK, "a", 1) && !asks(&c, (enum wire_type)255, "a", 1), "nor a type that is no request");
	c.born -= 2000;
	ok(asks(&c, WIRE_REMOVE, "a", 1) && reached == 1 && wire_open(&v, &id) == WIRE_ERROR && wire_int(&v) == WIRE_E_OLD, "an old connector asks to be replaced");
}

/* ---- a connector of its own process ---- */

static pid_t start_connector(const char *folder, int *socket)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	pid_t pid = fork();
	if (pid == 0) {
		struct connector n = { .socket = pair[1], .driver = &posix_driver, .born = clock_ms(), .idle_ms = 150, .life_ms = 60000 };
		close(pair[0]);
		if (n.driver->open(&(struct remote){ .path = folder }, &n.state) == 0)
			connector_serve(&n);
		_exit(0);
	}
	close(pair[1]);
	*socket = pair[0];
	return pid;
}

static int64_t say_one(int socket, enum wire_type type, const char *path, int64_t handle)
{
	int64_t id;
	wire_begin(&w, type, 1);
	wire_put_int(&w, 1000);
	if (path)
		wire_put_text(&w, path);
	else
		wire_put_int(&w, handle);
	if (type == WIRE_CREATE)
		wire_put_int(&w, -1);
	if (wire_send(socket, &w, -1, clock_ms() + 1000) || wire_receive(socket, &v, NULL, clock_ms() + 1000))
		return -1;
	return wire_open(&v, &id) == WIRE_OK ? wire_int(&v) : -2;
}

static bool ended(int socket, int64_t within)
{
	return wire_receive(socket, &v, NULL, clock_ms() + within) == EPIPE;
}

static void idleness(void)
{
	char folder[] = "/tmp/naru-wire-XXXXXX";
	int socket;
	ok(mkdtemp(folder) != NULL, "a folder");
	pid_t pid = start_connector(folder, &socket);
	ok(ended(socket, 3000), "a connector that is not asked ends");
	waitpid(pid, NULL, 0);
	close(socket);
	pid = start_connector(folder, &socket);
	int64_t handle = say_one(socket, WIRE_CREATE, "new", 0);
	ok(handle == 1 && !ended(socket, 600), "it stays while a file of its waits for its content");
	ok(say_one(socket, WIRE_ABORT, NULL, 77) == -2, "a handle it did not give is refused");
	ok(say_one(socket, WIRE_ABORT, NULL, handle) == 0 && ended(socket, 3000), "and ends when that is dropped");
	waitpid(pid, NULL, 0);
	close(socket);
	ok(rmdir(folder) == 0, "nothing is left");
}

int main(void)
{
	round_trip();
	cut_anywhere();
	bad_texts();
	overflow();
	over_a_socket();
	paths();
	connector();
	idleness();
	return done_testing();
}
