/* What the pages of transfers show. Texts are in the reader's language; numbers and addresses stand beside them for scripts. */
#ifndef NARU_TRANSFERS_MODELS_H
#define NARU_TRANSFERS_MODELS_H

#include "views/models.h"

/* ---- the list ---- */

#define MODEL_tab(X) X(text, label) X(text, url) X(text, count) X(flag, current)
MODEL(tab);

#define MODEL_transfer_row(X) X(text, id) X(text, url) X(text, user) X(text, from) X(text, from_url) X(text, to) X(text, to_url) X(text, verb) X(text, css) \
	X(text, state) X(text, why) X(flag, known) X(integer, percent) X(text, progress) X(text, left) X(text, speed) X(integer, bytes_per_second) X(text, node) X(time, created) X(time, when)
MODEL(transfer_row);

/* everybody: an administrator's list of all; action: where its form goes. */
#define MODEL_transfers(X) X(list(tab), tabs) X(list(transfer_row), rows) X(one(pager), pager) X(flag, everybody) X(flag, admin) X(text, action) X(text, show)
MODEL(transfers);

/* ---- one transfer ---- */

#define MODEL_file_row(X) X(integer, number) X(text, path) X(text, url) X(size, size) X(flag, folder) X(text, css) X(text, state) X(text, what) X(text, why) X(text, name)
MODEL(file_row);

#define MODEL_one_transfer(X) X(text, id) X(text, url) X(one(transfer_row), transfer) X(flag, dry) X(flag, changing) X(flag, failed) X(flag, remote) \
	X(text, verb) X(text, rule) X(text, verify) X(text, lanes) X(text, rate) X(text, repeats) X(time, until) \
	X(flag, planned) X(integer, files) X(integer, folders) X(integer, files_done) X(integer, files_skipped) X(integer, files_failed) X(integer, files_deleted) X(integer, bytes) X(integer, bytes_done) \
	X(time, started) X(time, ended) X(time, goes_on) X(integer, tries) X(text, took) \
	X(flag, can_pause) X(flag, can_resume) X(flag, can_again) X(flag, can_retry) X(flag, can_cancel) X(flag, can_remove) X(text, change_url) X(text, real_url) \
	X(list(tab), tabs) X(list(file_row), rows) X(text, first) X(text, next) X(text, nothing)
MODEL(one_transfer);

/* ---- making one ---- */

#define MODEL_pick(X) X(text, value) X(text, name)
MODEL(pick);

/* What is to be copied (places, percent-encoded path, chosen names) and the form of how. */
#define MODEL_new_transfer(X) X(text, from) X(text, from_url) X(text, from_place) X(text, from_path) X(list(pick), picks) X(text, more) X(text, once) X(form, form)
MODEL(new_transfer);

#endif
