/*
 * view: models (what a page shows) and the writer that views, compiled from *.html, print them with.
 *
 * A model is declared once and gives a struct and a table; the table prints it as JSON, the struct is what
 * the view of the same name reads (a field it does not have is a compile error at the view's own line):
 *
 *     #define MODEL_job_row(X) X(text, id) X(integer, nodes) X(flag, running)
 *     MODEL(job_row)
 *     #define MODEL_jobs(X) X(text, filter) X(list(job_row), rows) X(form, form)
 *     MODEL(jobs)
 *
 * Kinds: text (const char *), integer (int64_t), flag (bool), time (int64_t seconds since 1970; shown in the site's
 * zone), size (int64_t bytes; shown as "1.4 GiB", in JSON the number), form (struct form *), markup (const char *,
 * already safe HTML made by our own code, e.g. an SVG; left out of JSON), list(MODEL) ({ at, n }), one(MODEL) (pointer, may be NULL).
 *
 * View language: {{name}} {{a.b}} {{#each rows}} {{#if x}} {{#unless x}} {{else}} {{/}} {{_ English text}} {{> partial}}, and
 * {{../name}} inside #each for the outer scope. #each may have an {{else}} for the empty list. #if is true for a non-empty text, a
 * number that is not 0, a list with entries, a set pointer. A text to translate stands on one line. Partials are _name.html, beside
 * the view or in include/views.
 *
 * The field's kind and its place (text, attribute, URL attribute) pick the printer. {{time name}}, {{size name}}, {{form name}} and
 * {{markup name}} only say the kind for the reader; {{clock name}} is the time of day with seconds, {{day name}} the day alone; {{url name}} is a whole address,
 * "/…" or "https://…" (in action= and formaction= only "/…"), and "#" instead of anything else. Without it an address begins literally,
 * with "/", "?", "#" or "https://host/", and fields in it are percent-encoded.
 *
 * Refused, with file and line: script, style, iframe, object, embed and their like; on*=, style=, srcdoc=, http-equiv=; a field in an
 * unquoted value or as a name; an address whose scheme or host a field could choose; a POST form that leaves the site; elements that are
 * not closed in order (also <li> and <p>); ways through a block that end at different places. A misspelt field is the C
 * compiler's error at the view's line. In each <form method="post"> the CSRF field and the idempotency key are inserted.
 * jobs.html of a module prints the model jobs and gives `const struct view jobs_view` in its views.h.
 */
#ifndef NARU_VIEW_H
#define NARU_VIEW_H

#include "base.h"

struct form;

/* Where a page is written. */
struct out {
	struct buf buf;
	const struct ctx *ctx;   /* language, arena */
	const char *csrf;        /* NULL: no session (the sign-in form gets its own) */
	const char *key;         /* a fresh idempotency key for this rendering */
};

enum model_kind { MODEL_TEXT, MODEL_INTEGER, MODEL_FLAG, MODEL_TIME, MODEL_SIZE, MODEL_FORM, MODEL_MARKUP, MODEL_LIST, MODEL_ONE };

struct model;
struct model_field { const char *name; enum model_kind kind; size_t offset; const struct model *of; };
struct model { const char *name; size_t size; const struct model_field *fields; size_t n; };

struct view {
	const char *name;
	void (*html)(struct out *, const void *model);
	const struct model *model;
};

#define MODEL_C_text const char *
#define MODEL_C_integer int64_t
#define MODEL_C_flag bool
#define MODEL_C_time int64_t
#define MODEL_C_size int64_t
#define MODEL_C_form const struct form *
#define MODEL_C_markup const char *
#define MODEL_C_list(m) struct m##_list
#define MODEL_C_one(m) const struct m *
#define MODEL_K_text MODEL_TEXT, NULL
#define MODEL_K_integer MODEL_INTEGER, NULL
#define MODEL_K_flag MODEL_FLAG, NULL
#define MODEL_K_time MODEL_TIME, NULL
#define MODEL_K_size MODEL_SIZE, NULL
#define MODEL_K_form MODEL_FORM, NULL
#define MODEL_K_markup MODEL_MARKUP, NULL
#define MODEL_K_list(m) MODEL_LIST, &m##_model
#define MODEL_K_one(m) MODEL_ONE, &m##_model
/* The kind of each field as a type (its size, for view_gen.h): no object of these structs is ever made. */
#define MODEL_T_(kind_) struct { char is[1 + (kind_)]; }
#define MODEL_T_OF_(kind_, m) struct { char is[1 + (kind_)]; const struct m##_kinds *of; }
#define MODEL_T_text MODEL_T_(MODEL_TEXT)
#define MODEL_T_integer MODEL_T_(MODEL_INTEGER)
#define MODEL_T_flag MODEL_T_(MODEL_FLAG)
#define MODEL_T_time MODEL_T_(MODEL_TIME)
#define MODEL_T_size MODEL_T_(MODEL_SIZE)
#define MODEL_T_form MODEL_T_(MODEL_FORM)
#define MODEL_T_markup MODEL_T_(MODEL_MARKUP)
#define MODEL_T_list(m) MODEL_T_OF_(MODEL_LIST, m)
#define MODEL_T_one(m) MODEL_T_OF_(MODEL_ONE, m)
#define MODEL_DECLARE_FIELD(kind_, name_) MODEL_C_##kind_ name_;
#define MODEL_DECLARE_KIND(kind_, name_) MODEL_T_##kind_ name_;
#define MODEL(m) \
	struct m { MODEL_##m(MODEL_DECLARE_FIELD) char model_end_; }; \
	struct m##_kinds { MODEL_##m(MODEL_DECLARE_KIND) char model_end_; }; \
	struct m##_list { const struct m *at; size_t n; }; \
	extern const struct model m##_model

/* The table behind MODEL(m); the view compiler writes MODEL_SELF and this for each MODEL(m) line of a models.h. */
#define MODEL_ROW_(name_, offset_, kind_, of_) { .name = #name_, .offset = offset_, .kind = kind_, .of = of_ },
#define MODEL_ROW(...) MODEL_ROW_(__VA_ARGS__)
#define MODEL_TABLE_FIELD(kind_, name_) MODEL_ROW(name_, offsetof(MODEL_SELF, name_), MODEL_K_##kind_)
#define MODEL_TABLE(m) \
	static const struct model_field m##_fields[] = { MODEL_##m(MODEL_TABLE_FIELD) }; \
	const struct model m##_model = { #m, sizeof(struct m), m##_fields, sizeof m##_fields / sizeof *m##_fields }

/* The escapers and printers that compiled views call; handlers do not. */
void put_raw(struct out *, const char *literal, size_t n);
void put_html(struct out *, const char *text);      /* text and quoted attributes: & < > " ' and control and bidi characters made visible */
void put_url_part(struct out *, const char *text);  /* percent-encodes all but unreserved characters and '/' */
void put_url(struct out *, const char *url);        /* whole URL: "/…" (not "//") or "https://…", else "#" */
void put_path(struct out *, const char *path);      /* as put_url(), but of this site only: where forms go */
void put_integer(struct out *, int64_t);
void put_flag(struct out *, bool);                  /* yes or no, translated */
void put_time(struct out *, int64_t);               /* <time datetime="…">2026-11-29 14:03</time>; a dash for 0 */
void put_clock(struct out *, int64_t);              /* the same with 14:03:05 as its text */
void put_day(struct out *, int64_t);                /* … with 2026-11-29 */
void put_date(struct out *, int64_t);               /* 2026-11-29 14:03, for attributes */
void put_size(struct out *, int64_t);
void put_tr(struct out *, const char *english);     /* translated, escaped */
void put_form(struct out *, const struct form *);   /* all inputs of a form (app.h), with values and messages */
void put_hidden(struct out *);                      /* csrf and key inputs */
void put_markup(struct out *, const char *);

/* A bar as SVG, for a markup field: `used` of `total`, with a text for those who do not see it. "" when total is 0. */
const char *bar_svg(struct arena *, int64_t used, int64_t total, const char *label);

/* The model as JSON: { "field": …, "rows": [ … ] }. */
void model_json(struct out *, const struct model *, const void *object);
void json_text(struct buf *, const char *); /* a JSON string with quotes; bad UTF-8 becomes U+FFFD */

#endif
