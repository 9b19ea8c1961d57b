/* Models of the pages of files. `path` is relative to the place, as the file system has it; `url` is the same as an address: in JSON, use that. */
#ifndef NARU_FILES_MODELS_H
#define NARU_FILES_MODELS_H

#include "view.h"
#include "views/models.h"

#define MODEL_step(X) X(text, name) X(text, url)
MODEL(step);

/* ---- favourites and tags ---- */
#define MODEL_tag_link(X) X(text, name) X(text, url)
MODEL(tag_link);
#define MODEL_mark_line(X) X(flag, favourite) X(list(tag_link), tags) X(text, star_url) X(text, edit_url)
MODEL(mark_line);
/* gone: nothing is there any more; unknown: that cannot be told now; says: either in words. */
#define MODEL_mark_row(X) X(text, place) X(text, path) X(text, url) X(text, name) X(text, from) X(text, from_url) X(flag, folder) X(flag, favourite) \
	X(list(tag_link), tags) X(text, edit_url) X(text, drop_url) X(flag, gone) X(flag, unknown) X(text, says)
MODEL(mark_row);
#define MODEL_tag_row(X) X(text, name) X(text, url) X(integer, count) X(flag, current)
MODEL(tag_row);
#define MODEL_marks_page(X) X(list(tag_row), tags) X(text, chosen) X(list(mark_row), rows) X(integer, total) X(one(pager), pager)
MODEL(marks_page);
#define MODEL_mark_page(X) X(text, place) X(text, path) X(text, url) X(text, action) X(list(step), steps) X(form, form) X(text, known)
MODEL(mark_page);

#define MODEL_victim(X) X(text, name) X(text, key) X(text, kind) X(size, size) X(flag, folder) X(flag, file)
MODEL(victim);
#define MODEL_mark_many(X) X(text, place) X(text, path) X(text, url) X(text, action) X(list(step), steps) X(list(victim), picks) X(form, form)
MODEL(mark_many);

/* ---- searching ---- */
#define MODEL_find_row(X) X(text, name) X(text, url) X(text, from) X(text, from_url) X(text, kind) X(flag, file) X(flag, folder) X(size, size) X(time, modified)
MODEL(find_row);
#define MODEL_find_page(X) X(text, place) X(text, path) X(text, url) X(list(step), steps) X(form, form) X(flag, asked) X(list(find_row), rows) X(integer, looked) \
	X(text, shown) X(text, next) X(text, unread) X(text, everywhere)
MODEL(find_page);

/* ---- places ---- */
#define MODEL_place_row(X) X(text, name) X(text, title) X(text, path) X(text, url) X(text, problem) X(size, free) X(size, total) \
	X(integer, percent) X(flag, known) X(flag, quota) X(text, quota_says) X(text, quota_files) X(integer, quota_percent) X(text, quota_warning) \
	X(flag, quota_bad) X(time, quota_grace)
MODEL(place_row);
#define MODEL_places(X) X(list(mark_row), favourites) X(list(place_row), places) X(list(place_row), remotes) X(text, transfers)
MODEL(places);

/* ---- a folder ---- */
#define MODEL_row(X) X(text, name) X(text, key) X(text, path) X(text, url) X(text, kind) X(flag, file) X(flag, folder) X(flag, link) \
	X(size, size) X(time, modified) X(text, mode) X(text, raw_url) X(text, rename_url) X(text, delete_url) \
	X(text, mark_url) X(flag, favourite) X(list(tag_link), tags) X(text, ending)
MODEL(row);
#define MODEL_column(X) X(text, label) X(text, url) X(text, sorted) X(flag, current)
MODEL(column);
/* What was copied or cut, and pasting it here; refusal: why that cannot be. path is percent-encoded. */
#define MODEL_clip_card(X) X(text, id) X(text, what) X(flag, moving) X(text, from_url) X(text, place) X(text, path) X(text, refusal) X(text, options_url) \
	X(text, forget_url) X(time, made)
MODEL(clip_card);
#define MODEL_folder(X) X(text, place) X(text, path) X(text, url) X(list(step), steps) X(list(row), rows) X(list(column), columns) \
	X(text, match) X(text, sort) X(flag, descending) X(text, shown) X(text, first) X(text, next) X(integer, total) X(flag, unsorted) \
	X(flag, writable) X(form, new_folder) X(form, upload) X(text, back) \
	X(text, upload_url) X(text, new_url) X(text, folder_url) X(text, select_url) X(text, clip_url) X(one(clip_card), clip) X(text, trash_url) X(text, archive_url) X(text, details_url) X(text, pack_url) \
	X(one(mark_line), mark) X(list(place_row), room) X(text, find_url) X(text, tags_url) X(flag, hidden) X(text, hidden_url)
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
	X(text, rename_url) X(text, delete_url) X(text, edit_url) X(text, clip_url) X(text, key) X(text, problem) \
	X(list(look_link), looks) X(markup, lines) X(text, hex) X(one(sheet), sheet) X(markup, page) X(text, picture) X(text, measures) \
	X(one(mark_line), mark) X(text, details_url) X(text, extract_url)
MODEL(file);

/* ---- the editor ---- */
#define MODEL_diff_line(X) X(text, text) X(integer, theirs) X(integer, yours) X(flag, gone) X(flag, come) X(flag, skipped)
MODEL(diff_line);
#define MODEL_edit_page(X) X(text, place) X(text, path) X(text, url) X(text, leave) X(list(step), steps) X(form, form) X(form, name) X(flag, fresh) \
	X(flag, again) X(flag, mixed) X(flag, conflict) X(flag, gone) X(time, changed) X(list(diff_line), lines) X(flag, cut) X(text, unlike)
MODEL(edit_page);

/* ---- details ---- */
#define MODEL_right_row(X) X(text, who) X(text, may)
MODEL(right_row);
#define MODEL_details(X) X(text, place) X(text, path) X(text, url) X(list(step), steps) X(text, kind) X(flag, folder) X(flag, ordinary) X(size, size) \
	X(integer, bytes) X(time, modified) X(text, mode) X(integer, links) X(text, target) X(flag, counted) X(integer, entries) X(flag, at_least) \
	X(list(right_row), rights) X(form, form) X(text, mode_url) X(text, sums_url) X(text, sha256) X(text, md5) X(text, problem)
MODEL(details);

/* ---- archives and their tasks ---- */
#define MODEL_note_row(X) X(text, line)
MODEL(note_row);
#define MODEL_task_page(X) X(text, url) X(flag, running) X(flag, done) X(flag, failed) X(text, message) X(integer, entries) X(size, bytes) \
	X(integer, left_out) X(time, begun) X(list(note_row), notes) X(flag, more)
MODEL(task_page);
#define MODEL_extract_page(X) X(text, url) X(text, back) X(list(step), steps) X(form, form)
MODEL(extract_page);
#define MODEL_picked_row(X) X(text, name) X(text, pick)
MODEL(picked_row);
#define MODEL_pack_page(X) X(text, url) X(text, back) X(list(step), steps) X(text, name) X(text, wrong) X(list(picked_row), rows)
MODEL(pack_page);

/* ---- changes ---- */
#define MODEL_rename_page(X) X(text, place) X(text, path) X(text, url) X(text, name) X(list(step), steps) X(form, form)
MODEL(rename_page);
#define MODEL_delete_page(X) X(text, place) X(text, path) X(text, url) X(list(step), steps) X(list(victim), victims) X(integer, count) \
	X(flag, folders) X(text, action) X(flag, trash) X(text, kept) X(text, problem)
MODEL(delete_page);
/* ---- the trash ---- */
#define MODEL_trash_row(X) X(text, id) X(text, name) X(text, path) X(text, from) X(text, kind) X(flag, folder) X(size, size) X(time, deleted)
MODEL(trash_row);
#define MODEL_trash_page(X) X(text, place) X(text, url) X(list(step), steps) X(list(trash_row), rows) X(text, kept) X(flag, measured) \
	X(size, bytes) X(flag, at_least) X(text, first) X(text, next)
MODEL(trash_page);
#define MODEL_trash_ask(X) X(text, url) X(list(step), steps) X(list(trash_row), rows) X(text, verb) X(flag, all)
MODEL(trash_ask);

#define MODEL_outcome(X) X(text, name) X(text, state) X(text, says) X(flag, good)
MODEL(outcome);
#define MODEL_outcomes(X) X(text, url) X(list(step), steps) X(list(outcome), outcomes) X(text, summary)
MODEL(outcomes);

#endif
