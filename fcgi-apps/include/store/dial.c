#include "store/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "network.h"
#include "store/why.h"
#include "store/wire.h"

/* What is not the public internet (RFC 6890 and its successors), plus multicast. Of IPv6, 2000::/3 alone is public, and of that not what leads to
 * IPv4 addresses in other ways. */
static const char *const not_public = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 "
	"192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 ::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20";

/* An IPv4 address in the clothes of IPv6 is judged, and reached, as what it is. */
static bool digits(const struct sockaddr *a, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (a->sa_family == AF_INET) {
		memcpy(&v4, a, sizeof v4);
		return inet_ntop(AF_INET, &v4.sin_addr, out, INET6_ADDRSTRLEN) != NULL;
	}
	if (a->sa_family != AF_INET6)
		return false;
	memcpy(&v6, a, sizeof v6);
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], out, INET6_ADDRSTRLEN) != NULL;
	return inet_ntop(AF_INET6, &v6.sin6_addr, out, INET6_ADDRSTRLEN) != NULL;
}

bool dial_allowed(const char *networks, const struct sockaddr *a)
{
	char at[INET6_ADDRSTRLEN];
	if (!digits(a, at) || !network_address_ok(at, strlen(at), NULL))
		return false;
	return empty(networks) ? !network_has(not_public, at, strlen(at)) : network_has(networks, at, strlen(at));
}

/* ---- connections of our own ---- */

static bool connected(int fd, int ms)
{
	int e = 0;
	socklen_t n = sizeof e;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	return poll(&p, 1, ms) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0;
}

static int try_one(const struct addrinfo *a, int64_t until, int *fd)
{
	int on = 1, left = (int)(until - clock_ms());
	*fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return WIRE_E_REFUSED;
	setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(*fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (connect(*fd, a->ai_addr, a->ai_addrlen) == 0 || (errno == EINPROGRESS && left > 0 && connected(*fd, left)))
		return 0;
	close(*fd);
	return WIRE_E_REFUSED;
}

int dial(const char *networks, const char *host, int port, int ms, int *fd)
{
	char service[12];
	struct addrinfo *all, wish = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	int64_t until = clock_ms() + ms;
	snprintf(service, sizeof service, "%d", port);
	int e = getaddrinfo(host, service, &wish, &all);
	if (e)
		return why(WIRE_E_HOST, "%s", gai_strerror(e));
	e = WIRE_E_NETWORK;
	for (const struct addrinfo *a = all; a; a = a->ai_next) {
		if (!dial_allowed(networks, a->ai_addr))
			continue;
		e = try_one(a, until, fd);
		if (!e)
			break;
	}
	freeaddrinfo(all);
	return e;
}

/* ---- libcurl's ---- */

static _Thread_local bool refused;

/* The end that an active FTP connection waits at: nobody can be reached at port 0. */
static bool waits(const struct sockaddr *a)
{
	return ((const struct sockaddr_in *)(const void *)a)->sin_port == 0; /* at the same place in sockaddr_in6 */
}

static curl_socket_t open_allowed(void *networks, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)purpose;
	refused = !waits(&a->addr) && !dial_allowed(networks, &a->addr);
	return refused ? CURL_SOCKET_BAD : socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

CURL *dial_curl(const char *networks, const char *ca_file, const char *protocols, char *words)
{
	CURL *h = curl_easy_init();
	if (!h)
		die("libcurl gives no handle");
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
	if (!empty(ca_file))
		curl_easy_setopt(h, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(h, CURLOPT_CAPATH, NULL); /* no other authorities beside those; and with a folder libcurl reads them for each connection */
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_allowed);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, (void *)(uintptr_t)networks);
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 8000L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, 30L);
	curl_easy_setopt(h, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(h, CURLOPT_BUFFERSIZE, 512L << 10);
	curl_easy_setopt(h, CURLOPT_UPLOAD_BUFFERSIZE, 1L << 20);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, words);
	return h;
}

int dial_curl_error(CURLcode e)
{
	if (refused && e == CURLE_COULDNT_CONNECT)
		return WIRE_E_NETWORK;
	/* Codes that are missing here mean an answer that this kind of server does not give. */
	static const struct { CURLcode is; int means; } codes[] = {
		{ CURLE_OK, 0 }, { CURLE_COULDNT_RESOLVE_HOST, WIRE_E_HOST }, { CURLE_COULDNT_CONNECT, WIRE_E_REFUSED },
		{ CURLE_OPERATION_TIMEDOUT, ETIMEDOUT }, { CURLE_ABORTED_BY_CALLBACK, ECANCELED }, { CURLE_WRITE_ERROR, ECANCELED },
		{ CURLE_PEER_FAILED_VERIFICATION, WIRE_E_TLS }, { CURLE_SSL_CONNECT_ERROR, WIRE_E_TLS }, { CURLE_SSL_CACERT_BADFILE, WIRE_E_TLS },
		{ CURLE_USE_SSL_FAILED, WIRE_E_TLS }, { CURLE_SSL_CERTPROBLEM, WIRE_E_TLS }, { CURLE_LOGIN_DENIED, WIRE_E_LOGIN },
		{ CURLE_PARTIAL_FILE, WIRE_E_CUT }, { CURLE_GOT_NOTHING, WIRE_E_CUT }, { CURLE_RECV_ERROR, WIRE_E_CUT }, { CURLE_SEND_ERROR, WIRE_E_CUT },
		{ CURLE_REMOTE_FILE_NOT_FOUND, ENOENT }, { CURLE_REMOTE_ACCESS_DENIED, EACCES }, { CURLE_REMOTE_DISK_FULL, ENOSPC },
		{ CURLE_REMOTE_FILE_EXISTS, EEXIST }, { CURLE_OUT_OF_MEMORY, ENOMEM },
	};
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].is == e)
			return codes[i].means;
	return WIRE_E_ANSWER;
}
