/*
 * Any bytes as a picture, a Markdown text or a notebook (by the first byte), as naru-preview reads them; each in a process of its own, since it
 * ends at the first thing that is wrong. It must end by itself, and what it answers must make a page without anything that acts.
 * link: fcgi-apps/preview/image.c fcgi-apps/preview/png.c fcgi-apps/preview/jpeg.c fcgi-apps/preview/webp.c fcgi-apps/preview/gif.c
 * link: fcgi-apps/preview/scale.c fcgi-apps/preview/record.c fcgi-apps/preview/markdown.c fcgi-apps/preview/notebook.c
 * flags: -iquote fcgi-apps/preview
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "preview.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t written;

void stop(enum preview_status status)
{
	_exit(status);
}

void *room(size_t n)
{
	void *at = malloc(n ? n : 1);
	if (!at)
		stop(PREVIEW_TOO_LARGE);
	return at;
}

void out_add(const void *at, size_t n)
{
	if (n && !at)
		abort();
	written += n;
	if (written > OUTPUT_MOST)
		stop(PREVIEW_TOO_LARGE);
}

void out_flush(void)
{
}

static void show(const uint8_t *data, size_t n)
{
	unsigned char *picture;
	size_t length;
	if (n && *data == '{')
		notebook_show((const char *)data, n);
	else if (n && *data == '[')
		notebook_picture((const char *)data, n, 1, &picture, &length);
	else if (n && *data == '#')
		markdown_show((const char *)data, n);
	else
		image_show(data, n);
	stop(PREVIEW_DONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int status;
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		alarm(20);
		show(data, n);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > PREVIEW_UNKNOWN)
		abort();
	return 0;
}
