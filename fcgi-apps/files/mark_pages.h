/* mark_pages: stars and tags on the pages of files, which other sources of the module fill in with these. */
#ifndef NARU_FILES_MARK_PAGES_H
#define NARU_FILES_MARK_PAGES_H

#include "files.h"
#include "marks.h"

/* The database of this module; opened at its first use. */
bool files_db(struct ctx *, struct db **) MUST_CHECK;
/* All marks of the user; none when the database does not answer, since pages are there without it, too. */
struct marks marks_mine(struct req *);
/* Of what is in the folder of `w`. */
struct marks marks_here(struct req *, const struct where *);
/* Star and tags of the path of `w`, for its page. */
const struct mark_line *mark_line_of(struct req *, const struct where *);
/* The same in a row of a listing. */
void mark_row_fill(struct req *, const struct where *, const struct marks *, const char *path, struct row *);
struct tag_link_list tag_links(struct req *, struct texts tags);
/* The field "tags", spelt as the user has spelt them elsewhere; what is wrong is said at the field. */
struct texts tags_of_form(struct req *, struct form *);
/* Up to twelve favourites for the page of places, by name. */
struct mark_row_list favourites_of(struct req *);
/* After a rename or a move inside a place: the marks follow. What was done is done, so this does not fail; it writes to the log. */
void marks_moved(struct req *, const char *place, const char *from, const char *to);
/* Does the user want to see hidden files in listings? Scripts always do. */
bool hidden_wanted(struct req *);
/* The place's title; NULL: the user has no such place (any more). */
const char *place_says(struct req *, const char *place);

handler mark_many_do, mark_show, mark_do, star_do, mark_drop, marks_show, hidden_do, find_show;

#endif
