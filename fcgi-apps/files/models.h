/* Models of the pages of files. `path` is relative to the place, as the file system has it; `url` is the same as an address: in JSON, use that. */
#ifndef NARU_FILES_MODELS_H
#define NARU_FILES_MODELS_H

#include "view.h"

/* ---- places ---- */
#define MODEL_place_row(X) X(text, name) X(text, title) X(text, path) X(text, url) X(text, problem) X(size, free) X(size, total) \
	X(integer, percent) X(flag, known)
MODEL(place_row);
#define MODEL_places(X) X(list(place_row), places) X(list(place_row), remotes)
MODEL(places);

/* ---- a folder ---- */
#define MODEL_step(X) X(text, name) X(text, url)
MODEL(step);
#define MODEL_row(X) X(text, name) X(text, key) X(text, path) X(text, url) X(text, kind) X(flag, file) X(flag, folder) X(flag, link) \
	X(size, size) X(time, modified) X(text, mode) X(text, raw_url) X(text, rename_url) X(text, delete_url)
MODEL(row);
#define MODEL_column(X) X(text, label) X(text, url) X(text, sorted) X(flag, current)
MODEL(column);
#define MODEL_folder(X) X(text, place) X(text, path) X(text, url) X(list(step), steps) X(list(row), rows) X(list(column), columns) \
	X(text, match) X(text, sort) X(flag, descending) X(text, shown) X(text, first) X(text, next) X(integer, total) X(flag, unsorted) \
	X(flag, writable) X(form, new_folder) X(form, upload) X(text, back) \
	X(text, upload_url) X(text, new_url) X(text, folder_url) X(text, select_url)
MODEL(folder);

/* ---- a file ---- */
#define MODEL_look_link(X) X(text, label) X(text, url) X(flag, current)
MODEL(look_link);
#define MODEL_sheet_cell(X) X(text, value)
MODEL(sheet_cell);
#define MODEL_sheet_row(X) X(integer, number) X(list(sheet_cell), cells)
MODEL(sheet_row);
#define MODEL_sheet(X) X(list(sheet_cell), heads) X(list(sheet_row), rows) X(text, shown) X(text, first) X(text, next) X(text, stuck)
MODEL(sheet);
#define MODEL_file(X) X(text, place) X(text, path) X(text, url) X(text, raw) X(text, inert) X(list(step), steps) X(text, name) X(text, kind) \
	X(size, size) X(integer, bytes) X(time, modified) X(flag, modes) X(text, mode) X(integer, uid) X(integer, gid) X(flag, ordinary) X(flag, is_text) X(flag, foreign) \
	X(text, content) X(text, part) X(integer, parts) X(integer, part_number) X(text, look) X(text, first) X(text, previous) X(text, next) X(text, last) X(text, back) \
	X(text, rename_url) X(text, delete_url) X(text, edit_url) X(text, problem) \
	X(list(look_link), looks) X(markup, lines) X(text, hex) X(one(sheet), sheet) X(markup, page) X(text, picture) X(text, measures)
MODEL(file);

/* ---- the editor ---- */
#define MODEL_diff_line(X) X(text, text) X(integer, theirs) X(integer, yours) X(flag, gone) X(flag, come) X(flag, skipped)
MODEL(diff_line);
#define MODEL_edit_page(X) X(text, place) X(text, path) X(text, url) X(text, leave) X(list(step), steps) X(form, form) X(form, name) X(flag, fresh) \
	X(flag, again) X(flag, mixed) X(flag, conflict) X(flag, gone) X(time, changed) X(list(diff_line), lines) X(flag, cut) X(text, unlike)
MODEL(edit_page);

/* ---- changes ---- */
#define MODEL_rename_page(X) X(text, place) X(text, path) X(text, url) X(text, name) X(list(step), steps) X(form, form)
MODEL(rename_page);
#define MODEL_victim(X) X(text, name) X(text, key) X(text, kind) X(size, size) X(flag, folder) X(flag, file)
MODEL(victim);
#define MODEL_delete_page(X) X(text, place) X(text, path) X(text, url) X(list(step), steps) X(list(victim), victims) X(integer, count) \
	X(flag, folders) X(text, action)
MODEL(delete_page);
#define MODEL_outcome(X) X(text, name) X(text, state) X(text, says) X(flag, good)
MODEL(outcome);
#define MODEL_outcomes(X) X(text, url) X(list(step), steps) X(list(outcome), outcomes) X(text, summary)
MODEL(outcomes);

#endif
