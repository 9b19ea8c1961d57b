/* kubernetes_site: settings with an engine "kube" of this kind, for unit tests; nothing answers there. */
#ifndef NARU_KUBERNETES_SITE_H
#define NARU_KUBERNETES_SITE_H

#include "cluster/kubernetes.h"
#include "conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `more`: further lines of [engine kube]. */
__attribute__((unused)) static void kubernetes_site(struct ctx *ctx, const char *more)
{
	char path[] = "/tmp/naru-kube-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		die("no settings");
	dprintf(fd, "[site]\nhost = naru.example\nstate = /nonexistent\n[engine kube]\ndriver = kubernetes\nserver = https://127.0.0.1:1\n"
		"token-file = /nonexistent\nnetworks = 10.0.0.0/8\n%s", more);
	close(fd);
	if (!conf_load(ctx, path))
		die("%s", ctx->error.detail);
	unlink(path);
}

__attribute__((unused)) static struct json_object *tree_of(struct ctx *ctx, const char *json)
{
	struct json_object *made;

	if (!cluster_json(ctx, "kube", (struct bytes){ (const unsigned char *)json, strlen(json) }, &made))
		die("no JSON: %s", json);
	return made;
}

#endif
