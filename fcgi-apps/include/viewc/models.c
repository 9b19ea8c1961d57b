/* models: finds the MODEL(name) lines of a models.h and writes their tables. */
#include "viewc.h"

#include <string.h>

bool is_name(const char *s, size_t n)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", more[] = "0123456789";
	if (n == 0 || n > 60)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!memchr(first, s[i], sizeof first - 1) && (i == 0 || !memchr(more, s[i], sizeof more - 1)))
			return false;
	return true;
}

static void model_line(const char *line, size_t n, struct vtext *out)
{
	static const char head[] = "MODEL(";
	size_t skip = sizeof head - 1;
	if (n <= skip || memcmp(line, head, skip) != 0)
		return;
	const char *end = memchr(line, ')', n);
	const char *name = line + skip;
	if (!end || !is_name(name, (size_t)(end - name)))
		return;
	int length = (int)(end - name);
	vtext_printf(out, "#define MODEL_SELF struct %.*s\nMODEL_TABLE(%.*s);\n#undef MODEL_SELF\n", length, name, length, name);
}

void emit_models(const struct source *models, struct vtext *out)
{
	const char *at = models->at, *end = models->at + models->n;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		model_line(at, (size_t)(stop - at), out);
		at = stop + 1;
	}
}
