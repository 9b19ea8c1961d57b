#include "preview.h"

#include <png.h>
#include <string.h>

struct source { const unsigned char *at; size_t n; };

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

static void take(png_structp png, png_bytep to, size_t n)
{
	struct source *s = png_get_io_ptr(png);
	if (n > s->n)
		stop(PREVIEW_DAMAGED);
	memcpy(to, s->at, n);
	s->at += n;
	s->n -= n;
}

/* Whatever it is, rows of four bytes a pixel come out. */
static void ask_for_rgba(png_structp png, png_infop info)
{
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
	if (png_get_rowbytes(png, info) != (size_t)png_get_image_width(png, info) * 4)
		stop(PREVIEW_DAMAGED);
}

/* An interlaced picture comes in seven passes over all of it. */
static void read_whole(png_structp png, uint32_t width, uint32_t height)
{
	unsigned char *all = room((size_t)width * height * 4), **rows = room(height * sizeof *rows);
	for (uint32_t y = 0; y < height; y++)
		rows[y] = all + (size_t)y * width * 4;
	png_read_image(png, rows);
	for (uint32_t y = 0; y < height; y++)
		scale_row(rows[y]);
}

static void read_rows(png_structp png, uint32_t width, uint32_t height)
{
	unsigned char *row = room((size_t)width * 4);
	for (uint32_t y = 0; y < height; y++) {
		png_read_row(png, row, NULL);
		scale_row(row);
	}
}

void png_decode(const unsigned char *at, size_t n, struct size *size)
{
	struct source source = { at, n };
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, failed, warned);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info)
		stop(PREVIEW_TOO_LARGE);
	png_set_user_limits(png, 0x7fffffff, 0x7fffffff); /* check_size() says which of them is too large */
	png_set_chunk_malloc_max(png, 8 << 20);
	png_set_chunk_cache_max(png, 128);
	png_set_read_fn(png, &source, take);
	png_read_info(png, info);
	uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
	bool whole = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
	check_size(width, height, whole ? PIXELS_WHOLE : PIXELS_STREAMED);
	if (size) {
		*size = (struct size){ width, height };
		return;
	}
	bool alpha = (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
	ask_for_rgba(png, info);
	scale_begin(width, height, alpha);
	(whole ? read_whole : read_rows)(png, width, height);
}
