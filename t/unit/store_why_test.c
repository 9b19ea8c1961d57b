/* why: words of a server, which may be anything. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/why.h"
#include "tap.h"

static void plain(const char *said, const char *want, const char *what)
{
	ok(why(7, "%s", said) == 7, "the code comes back");
	is(why_words(), want, "%s", what);
}

static void *other(void *arg)
{
	bool none = !*why_words();
	why(1, "another's");
	return none ? arg : NULL;
}

int main(void)
{
	char longest[2000], *mine;
	pthread_t thread;
	void *none = NULL;
	is(why_words(), "", "none at first");
	plain("530 Login incorrect.", "530 Login incorrect.", "words");
	plain("a\r\nb\tc", "a  b c", "on one line");
	plain("\x1b[31mred\x7f", " [31mred ", "no escapes of a terminal");
	plain("\xc2\x9b" "31m", "  31m", "of Latin-1 neither");
	plain("a\xe2\x80\xae" "b\xe2\x81\xa6", "a   b   ", "nothing that turns the writing");
	plain("\xff\xfe\xed\xa0\x80", "?????", "what is no UTF-8");
	plain("\xed\x95\x9c\xea\xb8\x80", "\xed\x95\x9c\xea\xb8\x80", "Korean");
	memset(longest, 'x', sizeof longest);
	longest[sizeof longest - 1] = 0;
	why(0, "%s", longest);
	ok(strlen(why_words()) == WHY_MOST - 1, "not too many");
	for (int i = 0; i < 4; i++) {
		memset(longest, 'x', WHY_MOST);
		memcpy(longest + WHY_MOST - 1 - i, "\xed\x95\x9c\xed\x95\x9c", 7);
		why(0, "%s", longest);
		ok(strlen(why_words()) < WHY_MOST && !strchr(why_words(), '\xed') == (i < 3), "no half letter at the end (%d)", i);
	}
	why(0, "first");
	why(0, "%s, then more", why_words());
	is(why_words(), "first, then more", "words about words");
	mine = strdup(why_words());
	if (pthread_create(&thread, NULL, other, longest) == 0)
		pthread_join(thread, &none);
	ok(none && !strcmp(why_words(), mine), "each thread has its own");
	free(mine);
	why_forget();
	is(why_words(), "", "forgotten");
	return done_testing();
}
