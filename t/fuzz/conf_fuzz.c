/* Any bytes as naru.conf: they are refused with the line, or every setting can be asked for. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base.h"
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(void)
{
	static const char *const kinds[] = { "nav", "cluster", "place", "" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct texts names = conf_names(kinds[i]);
		for (size_t k = 0; k < names.n; k++) {
			char section[256];
			if (snprintf(section, sizeof section, "%s %s", kinds[i], names.at[k]) < (int)sizeof section)
				conf_get(section, "title", "");
		}
	}
	if (!conf_get("site", "name", "none"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .arena = arena_new(0) };
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (conf_load(&ctx, path))
		ask();
	else if (ctx.error.kind == KIND_NONE || empty(ctx.error.detail))
		abort();
	close(fd);
	arena_free(ctx.arena);
	return 0;
}
