/*
 * preview: reads one file of a user's that other people may have made, and answers with what a page can show of it: a picture as a small
 * PNG, a Markdown text or a notebook as the records of preview_wire.h. Started by naru-files for each file, with the file as standard
 * input; before the first byte of it is read the process can do nothing but read, write and end (sandbox.c).
 *
 *   naru-preview size | image | markdown | notebook | picture NUMBER
 */
#include "preview.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The call itself: a sanitizer's _exit() would look for leaks first, which the sandbox does not let it. */
void stop(enum preview_status status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

void *room(size_t n)
{
	void *at = malloc(n ? n : 1);
	if (!at)
		stop(PREVIEW_TOO_LARGE);
	return at;
}

static char pending[65536];
static size_t n_pending, written;

static void write_all(const char *at, size_t n)
{
	while (n) {
		ssize_t k = write(1, at, n);
		if (k <= 0)
			stop(PREVIEW_DAMAGED); /* nobody reads */
		at += k;
		n -= (size_t)k;
	}
}

void out_flush(void)
{
	write_all(pending, n_pending);
	n_pending = 0;
}

void out_add(const void *at, size_t n)
{
	if (n > OUTPUT_MOST - written)
		stop(PREVIEW_TOO_LARGE);
	written += n;
	if (n > sizeof pending - n_pending)
		out_flush();
	if (n > sizeof pending) {
		write_all(at, n);
		return;
	}
	if (n)
		memcpy(pending + n_pending, at, n);
	n_pending += n;
}

/* All of the input, or of a picture whose size alone is asked for as much as there is. */
static unsigned char *read_all(size_t *n)
{
	unsigned char *at = room(INPUT_MOST + 1);
	ssize_t k;
	*n = 0;
	while (*n <= INPUT_MOST && (k = read(0, at + *n, INPUT_MOST + 1 - *n)) > 0)
		*n += (size_t)k;
	if (*n > INPUT_MOST)
		stop(PREVIEW_TOO_LARGE);
	return at;
}

static void show_picture(const char *at, size_t n, const char *number)
{
	unsigned char *picture;
	size_t length;
	notebook_picture(at, n, strtol(number, NULL, 10), &picture, &length);
	image_show(picture, length);
}

static void show(const char *how, const char *number, unsigned char *at, size_t n)
{
	bool notebook = strcmp(how, "notebook") == 0;
	if (strcmp(how, "size") == 0) {
		image_size(at, n);
	} else if (strcmp(how, "image") == 0) {
		image_show(at, n);
	} else if (strcmp(how, "picture") == 0) {
		show_picture((char *)at, n, number);
	} else if (notebook || strcmp(how, "markdown") == 0) {
		(notebook ? notebook_show : markdown_show)((char *)at, n);
		record(PREVIEW_END, 0, NULL, 0);
	} else {
		stop(PREVIEW_UNKNOWN);
	}
}

int main(int argc, char **argv)
{
	size_t n;
	prctl(PR_SET_NAME, "naru-preview"); /* started from a descriptor, it would be called by its number */
	sandbox();
	if (argc < 2)
		stop(PREVIEW_UNKNOWN);
	unsigned char *at = read_all(&n);
	show(argv[1], argc == 3 ? argv[2] : "", at, n);
	out_flush();
	stop(PREVIEW_DONE);
}
