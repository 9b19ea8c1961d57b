#include "preview.h"

#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

static _Noreturn void failed(j_common_ptr j)
{
	stop(j->err->msg_code == JERR_OUT_OF_MEMORY ? PREVIEW_TOO_LARGE : PREVIEW_DAMAGED);
}

/* Much can be amiss with a JPEG that is still all there; one that ends too soon is not. */
static void warned(j_common_ptr j, int level)
{
	if (level < 0 && (j->err->msg_code == JWRN_JPEG_EOF || j->err->msg_code == JWRN_HIT_MARKER))
		stop(PREVIEW_DAMAGED);
}

static void say_nothing(j_common_ptr j)
{
	(void)j;
}

/* The decoder itself can leave out what a smaller picture does not need. */
static void choose_scale(struct jpeg_decompress_struct *j)
{
	uint32_t longest = j->image_width > j->image_height ? j->image_width : j->image_height;
	j->scale_num = 1;
	for (j->scale_denom = 8; j->scale_denom > 1 && longest / j->scale_denom < SIDE_MOST; j->scale_denom /= 2)
		;
}

/* Adobe's programs write CMYK the other way round, and hardly anybody else writes it. */
static void to_rgba(const struct jpeg_decompress_struct *j, const unsigned char *p, unsigned char *to)
{
	bool cmyk = j->output_components == 4;
	for (uint32_t x = 0; x < j->output_width; x++, p += j->output_components, to += 4) {
		for (int i = 0; i < 3; i++)
			to[i] = cmyk ? (unsigned char)(p[i] * p[3] / 255) : p[i];
		to[3] = 255;
	}
}

void jpeg_decode(const unsigned char *at, size_t n, struct size *size)
{
	struct jpeg_decompress_struct j = { 0 };
	struct jpeg_error_mgr errors;
	j.err = jpeg_std_error(&errors);
	errors.error_exit = failed;
	errors.emit_message = warned;
	errors.output_message = say_nothing;
	jpeg_create_decompress(&j);
	jpeg_mem_src(&j, at, n);
	jpeg_read_header(&j, TRUE);
	check_size(j.image_width, j.image_height, PIXELS_STREAMED);
	if (size) {
		*size = (struct size){ j.image_width, j.image_height };
		return;
	}
	j.out_color_space = j.jpeg_color_space == JCS_CMYK || j.jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
	choose_scale(&j);
	jpeg_start_decompress(&j);
	unsigned char *row = room((size_t)j.output_width * (size_t)j.output_components), *rgba = room((size_t)j.output_width * 4);
	scale_begin(j.output_width, j.output_height, false);
	while (j.output_scanline < j.output_height) {
		jpeg_read_scanlines(&j, &row, 1);
		to_rgba(&j, row, rgba);
		scale_row(rgba);
	}
}
