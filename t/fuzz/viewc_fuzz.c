/*
 * viewc_fuzz: any text is a view or is refused with file and line; nothing it says in between may crash the compiler.
 * flags: -Ifcgi-apps/include/viewc
 * link: fcgi-apps/include/viewc/text.c fcgi-apps/include/viewc/html.c fcgi-apps/include/viewc/html_rules.c fcgi-apps/include/viewc/url.c fcgi-apps/include/viewc/parse.c fcgi-apps/include/viewc/emit.c fcgi-apps/include/viewc/models.c
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "viewc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A partial that is the view itself: recursion must end. */
static bool load(void *arg, const char *name, struct source *found)
{
	const struct source *view = arg;
	if (strcmp(name, "x") != 0)
		return false;
	*found = (struct source){ strdup("_x.html"), malloc(view->n + 1), view->n };
	memcpy(found->at, view->at, view->n);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "fuzz.html";
	struct source view = { path, malloc(size + 1), size };
	struct vtext out = { 0 }, errors = { 0 };
	struct partials partials = { load, &view };

	if (size)
		memcpy(view.at, data, size);
	if (viewc_view(&view, "fuzz", &partials, &out, &errors) == (errors.n > 0))
		abort();
	if (errors.n && !strstr(errors.at, ".html:"))
		abort();
	emit_models(&view, &out);
	vtext_free(&out);
	vtext_free(&errors);
	free(view.at);
	return 0;
}
