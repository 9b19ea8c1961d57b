/* bar: a small bar drawn as SVG. Only numbers and our own label go into it; the label is escaped. */
#include "view.h"

const char *bar_svg(struct arena *arena, int64_t used, int64_t total, const char *label)
{
	if (total <= 0)
		return "";
	int64_t share = used >= total ? 100 : used <= 0 ? 0 : used * 100 / total;
	struct out label_out = {0};
	buf_in(&label_out.buf, arena);
	put_html(&label_out, label);
	return text(arena, "<svg class=\"bar\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\">"
		"<rect class=\"track\" width=\"100\" height=\"6\" rx=\"3\"/><rect class=\"fill%s\" width=\"%d\" height=\"6\" rx=\"3\"/></svg>",
		buf_cstr(&label_out.buf), share >= 95 ? " bad" : share >= 85 ? " warn" : "", (int)share);
}
