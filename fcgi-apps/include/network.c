#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct place { int family; unsigned char at[16]; };

static bool read_place(const char *from, size_t n, struct place *out)
{
	char copy[INET6_ADDRSTRLEN + 1];
	struct in6_addr v6;

	*out = (struct place){ 0 };
	if (n == 0 || n >= sizeof copy)
		return false;
	memcpy(copy, from, n);
	copy[n] = '\0';
	out->family = memchr(copy, ':', n) != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(out->family, copy, out->at) != 1)
		return false;
	memcpy(&v6, out->at, sizeof v6);
	return out->family == AF_INET || (!IN6_IS_ADDR_V4MAPPED(&v6) && !IN6_IS_ADDR_V4COMPAT(&v6));
}

static bool inside(const struct place *place, const char *network, size_t n)
{
	const char *slash = memchr(network, '/', n);
	struct place base;
	int64_t bits;
	char digits[4] = "";
	size_t n_digits;

	if (slash == NULL || !read_place(network, (size_t)(slash - network), &base) || base.family != place->family)
		return false;
	n_digits = n - (size_t)(slash - network) - 1;
	if (n_digits == 0 || n_digits >= sizeof digits)
		return false;
	memcpy(digits, slash + 1, n_digits);
	if (!parse_int(digits, 0, base.family == AF_INET ? 32 : 128, &bits))
		return false;
	for (int64_t bit = 0; bit < bits; bit++)
		if (((base.at[bit / 8] ^ place->at[bit / 8]) >> (7 - bit % 8)) & 1)
			return false;
	return true;
}

bool network_has(const char *networks, const char *address, size_t size)
{
	struct place place;

	if (!read_place(address, size, &place))
		return false;
	for (size_t n; *networks != '\0'; networks += n + (networks[n] != '\0')) {
		n = strcspn(networks, " \t,");
		if (n > 0 && inside(&place, networks, n))
			return true;
	}
	return false;
}

bool network_address_ok(const char *address, size_t n, bool *v6)
{
	struct place place;
	bool ok = read_place(address, n, &place);

	if (v6 != NULL)
		*v6 = place.family == AF_INET6;
	return ok;
}

bool network_split(const char *address, const char **ip, size_t *n, int64_t *port)
{
	const char *colon = strrchr(address, ':');
	bool brackets = address[0] == '[', v6;

	if (colon == NULL || !parse_int(colon + 1, 1, 65535, port))
		return false;
	*ip = address;
	*n = (size_t)(colon - address);
	if (brackets) {
		if (*n < 2 || address[*n - 1] != ']')
			return false;
		*ip += 1;
		*n -= 2;
	}
	return network_address_ok(*ip, *n, &v6) && v6 == brackets;
}

bool network_socket(const char *address, struct sockaddr_storage *out, socklen_t *size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
	const char *ip;
	struct place place;
	size_t n;
	int64_t port;

	*out = (struct sockaddr_storage){ 0 };
	if (!network_split(address, &ip, &n, &port) || !read_place(ip, n, &place))
		return false;
	out->ss_family = (sa_family_t)place.family;
	if (place.family == AF_INET6) {
		v6->sin6_port = htons((uint16_t)port);
		memcpy(&v6->sin6_addr, place.at, sizeof v6->sin6_addr);
		*size = sizeof *v6;
	} else {
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, place.at, sizeof v4->sin_addr);
		*size = sizeof *v4;
	}
	return true;
}
