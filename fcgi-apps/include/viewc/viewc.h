/*
 * viewc: compiles views (HTML with {{fields}}) to C. The language is in view.h; the output stands on view_gen.h.
 *
 * text.c    growing text and error lines
 * html.c    where in the HTML we are: the state machine over the literal parts, and what it refuses
 * url.c     attribute values that are addresses
 * parse.c   {{…}}: fields, blocks, partials
 * emit.c    the C code
 * models.c  MODEL(name) lines of a models.h
 * viewc.c   the program
 *
 * Needs nothing of the library, so that it can be built first. The fuzz target calls viewc_view().
 */
#ifndef NARU_VIEWC_H
#define NARU_VIEWC_H

#include <stdbool.h>
#include <stddef.h>

/* ---- text.c ---- */
struct vtext { char *at; size_t n, cap; };
void vtext_add(struct vtext *, const char *, size_t);
void vtext_char(struct vtext *, char);
void vtext_printf(struct vtext *, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
void vtext_free(struct vtext *);
/* A C string literal with its quotes. */
void vtext_quote(struct vtext *, const char *, size_t);

/* ---- a source file, and how partials are found ---- */
struct source { char *path; char *at; size_t n; };
void source_free(struct source *);
struct partials {
	/* Fills *found with the partial _name.html; false if there is none. NULL: no partials. */
	bool (*load)(void *arg, const char *name, struct source *found);
	void *arg;
};

/* ---- html.c ---- */
enum { MOST_OPEN = 48, MOST_NAME = 24, MOST_VALUE = 120, MOST_BLOCKS = 24 };

enum place {
	IN_TEXT,      /* between tags */
	AFTER_LESS,   /* a '<' was just read */
	IN_DOCTYPE,
	IN_CLOSE,     /* </name */
	IN_TAG_NAME,
	IN_TAG,       /* between attributes */
	IN_ATTRIBUTE, /* its name */
	AFTER_EQUALS,
	IN_BARE,      /* unquoted value */
	IN_DOUBLE, IN_SINGLE,
};

/* How far an address is known to be safe. */
enum url { URL_EMPTY, URL_UNDECIDED, URL_SAFE };

struct html {
	enum place place;
	char tag[MOST_NAME];           /* the tag being read */
	char attribute[MOST_NAME];
	char value[MOST_VALUE];        /* literal beginning of the attribute's value */
	enum url url;
	bool has_field;                /* the value holds a field or a block */
	bool post, away;               /* this tag: method="post"; its action may lead to another site */
	bool gap;                      /* in a tag: an attribute may begin here */
	bool slash;                    /* "/" before ">" */
	int keep_space;                /* depth inside <pre> and <textarea> */
	bool first;                    /* the next byte is the first inside <pre> or <textarea> */
	bool space;                    /* the last byte written was white space that the next one may merge with */
	int depth;
	char open[MOST_OPEN][MOST_NAME];
};

struct block {
	enum { BLOCK_EACH, BLOCK_IF, BLOCK_UNLESS } type;
	unsigned line;
	char name[MOST_VALUE];         /* what #each runs over */
	bool has_else;
	struct html before, then;
};

struct viewc {
	struct vtext *out, *errors;
	const struct partials *partials;
	const char *path;              /* file and line being read */
	unsigned line;
	bool failed;                   /* the first error ends a view */
	struct vtext literal;          /* not yet written */
	struct html html;
	struct block blocks[MOST_BLOCKS];
	int n_blocks;
	int scope;                     /* number of #each around; the variables are v0, v1, … */
	int partial_depth;
};

/* Records "path:line: error: …" and returns false. */
bool viewc_error(struct viewc *, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));

/* One literal byte. */
bool html_char(struct viewc *, char);
/* A directive in the middle of the HTML: may a block stand here? */
bool html_may_branch(struct viewc *);
/* Both ways of a block must lead to the same place. */
bool html_same_place(const struct html *, const struct html *);
bool html_is_url(const char *attribute);
bool html_in_value(const struct html *);
/* Stands for a field in the value's literal beginning: "/{{a}}/b" does not begin with two slashes (put_url_part() sees to that). */
void html_stand_in(struct html *, const char *);

/* ---- url.c ---- */
enum url url_class(const char *value);
bool url_refused(const char *value);
bool url_stays_here(const char *value);

/* ---- parse.c ---- */
bool viewc_view(const struct source *, const char *name, const struct partials *, struct vtext *out, struct vtext *errors);

/* ---- emit.c ---- */
void emit_literal(struct viewc *);
void emit_line(struct viewc *);
bool emit_field(struct viewc *, const char *macro, const char *name);
bool emit_if(struct viewc *, const char *name, bool negate);
bool emit_each(struct viewc *, const char *name);
bool emit_each_else(struct viewc *, const char *name);
void emit_view_start(struct viewc *, const char *name);
void emit_view_end(struct viewc *, const char *name);

/* ---- models.c ---- */
void emit_models(const struct source *, struct vtext *out);
bool is_name(const char *, size_t n);

#endif
