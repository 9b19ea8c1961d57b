/* image: which kind of picture it is, by its first bytes and never by its name. */
#include "preview.h"

#include <string.h>

static decoder *decoder_of(const unsigned char *at, size_t n)
{
	static const unsigned char png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' }, jpeg[] = { 0xff, 0xd8, 0xff };
	if (n > sizeof png && memcmp(at, png, sizeof png) == 0)
		return png_decode;
	if (n > sizeof jpeg && memcmp(at, jpeg, sizeof jpeg) == 0)
		return jpeg_decode;
	if (n > 6 && (memcmp(at, "GIF87a", 6) == 0 || memcmp(at, "GIF89a", 6) == 0))
		return gif_decode;
	if (n > 12 && memcmp(at, "RIFF", 4) == 0 && memcmp(at + 8, "WEBP", 4) == 0)
		return webp_decode;
	stop(PREVIEW_UNKNOWN);
}

void check_size(uint32_t width, uint32_t height, uint32_t pixels_most)
{
	if (width == 0 || height == 0)
		stop(PREVIEW_DAMAGED);
	if (width > SIDE_LARGEST || height > SIDE_LARGEST || (uint64_t)width * height > pixels_most)
		stop(PREVIEW_TOO_LARGE);
}

static void put_number(unsigned char *to, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(n >> (8 * i));
}

void image_size(const unsigned char *at, size_t n)
{
	struct size size = { 0 };
	unsigned char out[PREVIEW_SIZE];
	decoder_of(at, n)(at, n, &size);
	put_number(out, size.width);
	put_number(out + 4, size.height);
	out_add(out, sizeof out);
}

void image_show(const unsigned char *at, size_t n)
{
	decoder_of(at, n)(at, n, NULL);
	scale_end();
}
