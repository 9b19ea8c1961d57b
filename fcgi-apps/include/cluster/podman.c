/*
 * podman as the engine of one machine: its REST interface on a unix socket that only the deployer may open, since who opens it is root.
 */
#include "cluster/driver.h"

static const struct cluster_setting settings[] = {
	{ "socket", "Path of the unix socket of `podman system service`", "/run/podman/podman.sock", false },
};

const struct cluster_driver podman_driver = {
	.name = "podman",
	.settings = settings, .n_settings = COUNT(settings),
};
