/*
 * viewc MODULE OUT.c OUT.h models.h view.html…
 *
 * Compiles the views of a folder to C. Files whose name begins with "_" are partials and skipped here; a partial is looked for beside
 * the view, then in the library's views (the folder ../views beside this program's source, or $NARU_VIEWS). Errors are printed as the
 * compiler prints them, "file:line: error: …"; nothing is written then.
 */
#include "viewc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VIEWC_LIBRARY
#define VIEWC_LIBRARY "fcgi-apps/include/views"
#endif

enum { MOST_FILE = 1024 * 1024 };

struct files { const char *module, *c, *h, *models; };

static bool read_file(const char *path, struct source *found)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	struct vtext content = { 0 };
	char chunk[4096];
	size_t n;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && content.n < MOST_FILE)
		vtext_add(&content, chunk, n);
	bool good = !ferror(f);
	fclose(f);
	vtext_add(&content, "", 0);
	*found = (struct source){ strdup(path), content.at, content.n };
	return good;
}

static bool load_from(const char *folder, size_t n, const char *name, struct source *found)
{
	struct vtext path = { 0 };
	vtext_printf(&path, "%.*s/_%s.html", (int)n, folder, name);
	bool good = read_file(path.at, found);
	vtext_free(&path);
	return good;
}

static bool load_partial(void *arg, const char *name, struct source *found)
{
	const char *view = arg, *slash = strrchr(view, '/'), *library = getenv("NARU_VIEWS");
	if (load_from(slash ? view : ".", slash ? (size_t)(slash - view) : 1, name, found))
		return true;
	if (!library)
		library = VIEWC_LIBRARY;
	return load_from(library, strlen(library), name, found);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "a/b/jobs.html" → "jobs"; NULL: not a view's name. */
static char *view_name(const char *path)
{
	const char *base = base_name(path), *dot = strstr(base, ".html");
	if (!dot || dot[5] != '\0' || !is_name(base, (size_t)(dot - base)))
		return NULL;
	return strndup(base, (size_t)(dot - base));
}

static bool compile(char *path, const char *name, struct vtext *c, struct vtext *h)
{
	struct source s;
	struct vtext errors = { 0 };
	struct partials partials = { load_partial, path };
	if (!name || !read_file(path, &s)) {
		fprintf(stderr, "%s:1: error: %s\n", path, name ? strerror(errno) : "not the name of a view: letters, digits, _, then .html");
		return false;
	}
	bool good = viewc_view(&s, name, &partials, c, &errors);
	if (!good)
		fputs(errors.at, stderr);
	vtext_printf(h, "extern const struct view %s_view;\n", name);
	vtext_free(&errors);
	source_free(&s);
	return good;
}

/* The models.h by its full path: the generated files lie in another folder. */
static void include_models(struct vtext *h, const char *models)
{
	char *full = realpath(models, NULL);
	vtext_printf(h, "#include \"%s\"\n", full ? full : models);
	free(full);
}

static bool compile_views(char **views, int n, struct vtext *c, struct vtext *h)
{
	bool good = true;
	for (int i = 0; i < n; i++) {
		if (*base_name(views[i]) == '_')
			continue;
		char *name = view_name(views[i]);
		good = compile(views[i], name, c, h) && good;
		free(name);
	}
	return good;
}

static bool compile_all(const struct files *f, char **views, int n, struct vtext *c, struct vtext *h)
{
	struct source models;
	if (!read_file(f->models, &models)) {
		fprintf(stderr, "viewc: %s: %s\n", f->models, strerror(errno));
		return false;
	}
	vtext_printf(h, "/* Made by viewc from the views of %s. */\n#ifndef NARU_VIEWS_OF_%s\n#define NARU_VIEWS_OF_%s\n#include \"view.h\"\n",
		f->module, f->module, f->module);
	include_models(h, f->models);
	vtext_printf(c, "/* Made by viewc from the views of %s. */\n#include \"view_gen.h\"\n#include \"%s\"\n", f->module, base_name(f->h));
	emit_models(&models, c);
	source_free(&models);
	bool good = compile_views(views, n, c, h);
	vtext_printf(h, "#endif\n");
	return good;
}

static bool write_file(const char *path, const struct vtext *content)
{
	FILE *f = fopen(path, "wb");
	bool good = f && fwrite(content->at, 1, content->n, f) == content->n;
	if (f && fclose(f) != 0)
		good = false;
	if (!good)
		fprintf(stderr, "viewc: %s: %s\n", path, strerror(errno));
	return good;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fputs("usage: viewc MODULE OUT.c OUT.h models.h view.html…\n", stderr);
		return 2;
	}
	struct files f = { argv[1], argv[2], argv[3], argv[4] };
	struct vtext c = { 0 }, h = { 0 };
	bool good = is_name(f.module, strlen(f.module)) && compile_all(&f, argv + 5, argc - 5, &c, &h)
		&& write_file(f.c, &c) && write_file(f.h, &h);
	vtext_free(&c);
	vtext_free(&h);
	return good ? 0 : 1;
}
