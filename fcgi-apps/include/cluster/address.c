/* Where the gateway may connect to: "IP:port" inside the networks of an engine. */
#include "cluster.h"

#include "cluster/driver.h"

#include <string.h>

#include "network.h"

/* The address in "IP:port" or "[IPv6]:port". */
static bool read_address(const char *address, const char **ip, size_t *n)
{
	const char *colon = strrchr(address, ':');
	bool v6;
	int64_t port;

	if (colon == NULL || !parse_int(colon + 1, 1, 65535, &port))
		return false;
	*ip = address;
	*n = (size_t)(colon - address);
	if (*n > 2 && address[0] == '[' && address[*n - 1] == ']') {
		*ip = address + 1;
		*n -= 2;
		return network_address_ok(*ip, *n, &v6) && v6;
	}
	return memchr(address, ':', *n) == NULL;
}

bool cluster_address_ok(const char *engine, const char *address)
{
	const char *ip;
	size_t n;

	return address != NULL && read_address(address, &ip, &n) && network_has(cluster_setting(NULL, engine, "networks"), ip, n);
}
