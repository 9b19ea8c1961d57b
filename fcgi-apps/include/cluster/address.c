/* Where the gateway may connect to: "IP:port" inside the networks of an engine. */
#include "cluster.h"

#include "cluster/driver.h"

#include <arpa/inet.h>
#include <string.h>

struct place { int family; unsigned char at[16]; };

/* "10.1.2.3" or "fd00::1" of n bytes. IPv6 that means an IPv4 address is none: it would be let through by another rule than it is reached by. */
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

static bool read_address(const char *address, struct place *out)
{
	const char *colon = strrchr(address, ':');
	size_t n;
	int64_t port;

	if (colon == NULL || !parse_int(colon + 1, 1, 65535, &port))
		return false;
	n = (size_t)(colon - address);
	if (n > 2 && address[0] == '[' && address[n - 1] == ']')
		return read_place(address + 1, n - 2, out) && out->family == AF_INET6;
	return memchr(address, ':', n) == NULL && read_place(address, n, out);
}

bool cluster_address_ok(const char *engine, const char *address)
{
	const char *networks = cluster_setting(NULL, engine, "networks");
	struct place place;

	if (address == NULL || !read_address(address, &place))
		return false;
	for (size_t n; *networks != '\0'; networks += n + (networks[n] != '\0')) {
		n = strcspn(networks, " \t,");
		if (n > 0 && inside(&place, networks, n))
			return true;
	}
	return false;
}
