/* scale: rows of a picture become a PNG of at most SIDE_MOST pixels a side. Each pixel is the mean of those that it stands for. */
#include "preview.h"

#include <png.h>
#include <string.h>

struct sum { uint64_t red, green, blue, alpha, n; };

static struct {
	struct size from, to;
	bool alpha;
	uint32_t row, at;      /* row that comes next, row that is being summed */
	uint16_t *column;      /* of each column: where it goes */
	struct sum *sums;
	unsigned char *out;
	png_structp png;
} s;

static _Noreturn void failed(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
	stop(PREVIEW_DAMAGED);
}

static void warned(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

static void put(png_structp png, png_bytep at, size_t n)
{
	(void)png;
	out_add(at, n);
}

static void put_nothing(png_structp png)
{
	(void)png;
}

static uint32_t shorter(uint32_t side, uint32_t longest)
{
	uint32_t to = longest <= SIDE_MOST ? side : (uint32_t)((uint64_t)side * SIDE_MOST / longest);
	return to ? to : 1;
}

static void write_head(void)
{
	s.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, failed, warned);
	png_infop info = s.png ? png_create_info_struct(s.png) : NULL;
	if (!info)
		stop(PREVIEW_TOO_LARGE);
	png_set_write_fn(s.png, NULL, put, put_nothing);
	png_set_compression_level(s.png, 3);
	png_set_IHDR(s.png, info, s.to.width, s.to.height, 8, s.alpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(s.png, info);
}

void scale_begin(uint32_t width, uint32_t height, bool alpha)
{
	uint32_t longest = width > height ? width : height;
	s.from = (struct size){ width, height };
	s.to = (struct size){ shorter(width, longest), shorter(height, longest) };
	s.alpha = alpha;
	s.column = room(width * sizeof *s.column);
	for (uint32_t x = 0; x < width; x++)
		s.column[x] = (uint16_t)((uint64_t)x * s.to.width / width);
	s.sums = room(s.to.width * sizeof *s.sums);
	memset(s.sums, 0, s.to.width * sizeof *s.sums);
	s.out = room(s.to.width * 4);
	write_head();
}

static void write_row(void)
{
	unsigned char *to = s.out;
	for (uint32_t x = 0; x < s.to.width; x++) {
		const struct sum *m = &s.sums[x];
		uint64_t a = m->alpha ? m->alpha : 1;
		*to++ = (unsigned char)(m->red / a);
		*to++ = (unsigned char)(m->green / a);
		*to++ = (unsigned char)(m->blue / a);
		if (s.alpha)
			*to++ = (unsigned char)(m->alpha / (m->n ? m->n : 1));
	}
	png_write_row(s.png, s.out);
	memset(s.sums, 0, s.to.width * sizeof *s.sums);
	s.at++;
}

void scale_row(const unsigned char *p)
{
	if (s.row >= s.from.height)
		stop(PREVIEW_DAMAGED);
	if ((uint64_t)s.row * s.to.height / s.from.height > s.at)
		write_row();
	for (uint32_t x = 0; x < s.from.width; x++, p += 4) {
		struct sum *m = &s.sums[s.column[x]];
		m->red += (uint64_t)p[0] * p[3];
		m->green += (uint64_t)p[1] * p[3];
		m->blue += (uint64_t)p[2] * p[3];
		m->alpha += p[3];
		m->n++;
	}
	s.row++;
}

void scale_end(void)
{
	if (s.row != s.from.height)
		stop(PREVIEW_DAMAGED);
	write_row();
	png_write_end(s.png, NULL);
}
