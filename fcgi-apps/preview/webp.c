#include "preview.h"

#include <webp/decode.h>
#include <webp/demux.h>

/* Of a moving picture the first frame. */
static WebPData first_frame(const unsigned char *at, size_t n)
{
	WebPData all = { at, n };
	WebPIterator frame;
	WebPDemuxer *d = WebPDemux(&all);
	if (!d || !WebPDemuxGetFrame(d, 1, &frame))
		stop(PREVIEW_DAMAGED);
	return frame.fragment;
}

static void fit(WebPDecoderOptions *o, int width, int height)
{
	int longest = width > height ? width : height;
	if (longest <= SIDE_MOST)
		return;
	o->use_scaling = 1;
	o->scaled_width = (int)((int64_t)width * SIDE_MOST / longest);
	o->scaled_height = (int)((int64_t)height * SIDE_MOST / longest);
	o->scaled_width += !o->scaled_width;
	o->scaled_height += !o->scaled_height;
}

void webp_decode(const unsigned char *at, size_t n, struct size *size)
{
	WebPDecoderConfig c;
	if (!WebPInitDecoderConfig(&c) || WebPGetFeatures(at, n, &c.input) != VP8_STATUS_OK)
		stop(PREVIEW_DAMAGED);
	check_size((uint32_t)c.input.width, (uint32_t)c.input.height, PIXELS_WHOLE);
	if (size) {
		*size = (struct size){ (uint32_t)c.input.width, (uint32_t)c.input.height };
		return;
	}
	WebPData data = c.input.has_animation ? first_frame(at, n) : (WebPData){ at, n };
	if (WebPGetFeatures(data.bytes, data.size, &c.input) != VP8_STATUS_OK)
		stop(PREVIEW_DAMAGED);
	check_size((uint32_t)c.input.width, (uint32_t)c.input.height, PIXELS_WHOLE);
	fit(&c.options, c.input.width, c.input.height);
	c.output.colorspace = MODE_RGBA;
	VP8StatusCode e = WebPDecode(data.bytes, data.size, &c);
	if (e != VP8_STATUS_OK)
		stop(e == VP8_STATUS_OUT_OF_MEMORY ? PREVIEW_TOO_LARGE : PREVIEW_DAMAGED);
	scale_begin((uint32_t)c.output.width, (uint32_t)c.output.height, c.input.has_alpha);
	for (int y = 0; y < c.output.height; y++)
		scale_row(c.output.u.RGBA.rgba + (ptrdiff_t)y * c.output.u.RGBA.stride);
}
