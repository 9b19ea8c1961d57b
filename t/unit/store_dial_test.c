/* dial: which addresses a connector may reach, connections of its own, and libcurl's. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/dial.h"
#include "store/why.h"
#include "store/wire.h"
#include "tap.h"

static bool allowed(const char *networks, const char *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return dial_allowed(networks, (struct sockaddr *)&v4);
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		die("%s is no address", address);
	return dial_allowed(networks, (struct sockaddr *)&v6);
}

/* Not this machine, not its neighbours, not what hands out a cloud's credentials, in any clothes. */
static const char *const never[] = {
	"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "169.254.169.254", "169.254.0.1", "172.16.0.1",
	"172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.2.3", "240.0.0.1",
	"255.255.255.255",
	"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "100::1", "2001::1", "2001:0:7f00::1",
	"2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "ffff::1",
};
static const char *const public[] = {
	"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
	"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:1.1.1.1", "2001:200::1", "2400:cb00::1", "2606:4700::1111", "2a00::1", "3000::1",
};

static void policy(void)
{
	for (size_t i = 0; i < COUNT(never); i++)
		ok(!allowed("", never[i]) && !allowed(NULL, never[i]), "not public: %s", never[i]);
	for (size_t i = 0; i < COUNT(public); i++)
		ok(allowed("", public[i]) && allowed(NULL, public[i]), "public: %s", public[i]);
}

static void lists(void)
{
	const char *own = "10.1.0.0/16 192.168.7.9/32,fd00:1::/32";
	ok(allowed(own, "10.1.2.3") && allowed(own, "192.168.7.9") && allowed(own, "fd00:1:2::3") && allowed(own, "::ffff:10.1.2.3"), "what a site lists");
	ok(!allowed(own, "10.2.0.1") && !allowed(own, "192.168.7.8") && !allowed(own, "fd00:2::1") && !allowed(own, "::ffff:10.2.0.1"), "and nothing beside it");
	ok(!allowed(own, "1.1.1.1") && !allowed(own, "127.0.0.1") && !allowed(own, "2606:4700::1111"), "not even the public ones");
	ok(!allowed(own, "::10.1.2.3") && !allowed(own, "2002:a01:203::") && !allowed(own, "64:ff9b::a01:203"), "nor in other clothes");
	ok(allowed("0.0.0.0/0 ::/0", "127.0.0.1") && allowed("0.0.0.0/0 ::/0", "::1"), "all of them");
	ok(!allowed("0.0.0.0/0", "::1") && !allowed("::/0", "127.0.0.1"), "of one family");
	ok(!allowed("nonsense 10.0.0.0 10.0.0.0/ 10.0.0.0/33 /8 10.0.0.0/-1 ::/129", "10.0.0.1"), "nonsense lets nobody pass");
	struct sockaddr_un other = { .sun_family = AF_UNIX, .sun_path = "/run/x" };
	ok(!dial_allowed("0.0.0.0/0 ::/0", (struct sockaddr *)&other) && !dial_allowed("", (struct sockaddr *)&other), "what is no address of a network");
}

static int listener(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 5) || getsockname(fd, (struct sockaddr *)&at, &n))
		die("no listener");
	*port = ntohs(at.sin_port);
	return fd;
}

static void own_connections(void)
{
	int port, fd = -1, server = listener(&port);
	ok(dial("127.0.0.0/8", "127.0.0.1", port, 2000, &fd) == 0 && fd >= 0, "a connection by number");
	close(fd);
	ok(dial("127.0.0.0/8 ::1/128", "localhost", port, 2000, &fd) == 0, "by name, though its other address does not answer");
	close(fd);
	is_int(dial("", "127.0.0.1", port, 2000, &fd), WIRE_E_NETWORK, "not allowed");
	is_int(dial("", "localhost", port, 2000, &fd), WIRE_E_NETWORK, "by name neither");
	is_int(dial("", "0x7f000001", port, 2000, &fd), WIRE_E_NETWORK, "nor in other digits");
	is_int(dial("", "127.1", port, 2000, &fd), WIRE_E_NETWORK, "or fewer");
	is_int(dial("", "2130706433", port, 2000, &fd), WIRE_E_NETWORK, "or as one number");
	is_int(dial("", "::ffff:127.0.0.1", port, 2000, &fd), WIRE_E_NETWORK, "or as IPv6");
	ok(dial("127.0.0.0/8", "no-such-host.invalid", port, 2000, &fd) == WIRE_E_HOST && *why_words(), "a name that is none: %s", why_words());
	close(server);
	is_int(dial("127.0.0.0/8", "127.0.0.1", port, 2000, &fd), WIRE_E_REFUSED, "nobody listens any more");
}

/* Its queue is full and nobody takes anyone out of it. */
static void silent_server(void)
{
	int port, fd = -1, server = listener(&port), waiting[4], n = 0;
	listen(server, 0);
	int64_t before = clock_ms();
	int e = 0;
	while (n < 4 && !e && !(e = dial("127.0.0.0/8", "127.0.0.1", port, 300, &fd)))
		waiting[n++] = fd;
	is_int(e, WIRE_E_REFUSED, "a server that does not answer");
	ok(clock_ms() - before < 2000, "is not waited for long");
	while (n)
		close(waiting[--n]);
	close(server);
}

static int fetch(const char *networks, const char *protocols, const char *url)
{
	char words[CURL_ERROR_SIZE] = "";
	CURL *h = dial_curl(networks, "", protocols, words);
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 1000L);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 1000L);
	int e = dial_curl_error(curl_easy_perform(h));
	curl_easy_cleanup(h);
	return e;
}

static void by_curl(void)
{
	char url[100];
	int port, server = listener(&port);
	snprintf(url, sizeof url, "http://localhost:%d/", port);
	is_int(fetch("", "http", url), WIRE_E_NETWORK, "libcurl may not go there either");
	ok(poll(&(struct pollfd){ .fd = server, .events = POLLIN }, 1, 0) == 0, "and does not");
	is_int(fetch("127.0.0.0/8 ::1/128", "http", url), ETIMEDOUT, "where it may, and nobody answers");
	is_int(fetch("127.0.0.0/8 ::1/128", "https", url), WIRE_E_ANSWER, "a protocol that was not asked for");
	close(server);
	is_int(fetch("127.0.0.0/8 ::1/128", "http", url), WIRE_E_REFUSED, "nobody listens");
	is_int(fetch("", "http", "http://no-such-host.invalid/"), WIRE_E_HOST, "no such host");
	is_int(fetch("", "http", "http://169.254.169.254/latest/meta-data/"), WIRE_E_NETWORK, "no credentials of a cloud");
	is_int(fetch("", "http", "http://[::ffff:169.254.169.254]/"), WIRE_E_NETWORK, "in no clothes");
	ok(dial_curl_error(CURLE_OK) == 0 && dial_curl_error(CURLE_PARTIAL_FILE) == WIRE_E_CUT && dial_curl_error(CURLE_WEIRD_SERVER_REPLY) == WIRE_E_ANSWER, "what errors mean");
}

int main(void)
{
	program = "test";
	curl_global_init(CURL_GLOBAL_DEFAULT);
	policy();
	lists();
	own_connections();
	silent_server();
	by_curl();
	curl_global_cleanup();
	return done_testing();
}
