/* The catalogue is sorted, finds each of its messages, and says the English text when it has none. */
#include "base.h"
#include "catalogue.h"
#include "tap.h"

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0), .lang = LANG_KO };
	size_t unsorted = 0, lost = 0, not_text = 0;

	ok(catalogue_size > 0, "there are translations");
	for (size_t i = 0; i < catalogue_size; i++) {
		unsorted += i > 0 && strcmp(catalogue[i - 1].english, catalogue[i].english) >= 0;
		lost += !same(tr(&ctx, catalogue[i].english), catalogue[i].korean);
		not_text += !utf8_valid(catalogue[i].korean, strlen(catalogue[i].korean));
	}
	is_int(unsorted, 0, "sorted");
	is_int(lost, 0, "each is found");
	is_int(not_text, 0, "each is UTF-8");
	is(tr(&ctx, "no such message"), "no such message", "else the English text");
	is(tr(&ctx, ""), "", "nothing is nothing");
	is(tr_lang(LANG_KO, NULL), NULL, "NULL is NULL");
	is(say(&ctx, "The audit list is broken at entry %lld.", 7LL), "감사 기록의 7번 항목이 훼손되었습니다.", "with a number in it");
	ctx.lang = LANG_EN;
	is(say(&ctx, "The audit list is broken at entry %lld.", 7LL), "The audit list is broken at entry 7.", "and in English");
	arena_free(ctx.arena);
	return done_testing();
}
