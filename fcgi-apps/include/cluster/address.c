/* Where the gateway may connect to: "IP:port" inside the networks of an engine. */
#include "cluster.h"

#include "cluster/driver.h"

#include "network.h"

bool cluster_address_ok(const char *engine, const char *address)
{
	const char *ip;
	int64_t port;
	size_t n;

	return address != NULL && network_split(address, &ip, &n, &port) && network_has(cluster_setting(NULL, engine, "networks"), ip, n);
}
