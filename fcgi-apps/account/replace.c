#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_replace(struct ctx *ctx, const char *path, const char *what)
{
	const char *temporary = text(ctx->arena, "%s.new", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	size_t n = strlen(what);
	bool good = fd >= 0 && fchmod(fd, 0640) == 0 && write(fd, what, n) == (ssize_t)n;

	if (fd >= 0)
		good = close(fd) == 0 && good;
	if (!good || rename(temporary, path) != 0)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The portal cannot write its state now. Please try again later."), "%s: %s", path, strerror(errno));
	return true;
}
