/*
 * One-time codes and recovery codes.
 * flags: -Ifcgi-apps/account
 * link: fcgi-apps/account/otp.c fcgi-apps/account/people.c fcgi-apps/account/qr.c
 */
#include <string.h>

#include "otp.h"
#include "qr.h"
#include "tap.h"

/* RFC 6238, appendix B, SHA-1; its 8 digits cut to 6. */
static const struct { int64_t when; const char *code; } known[] = {
	{ 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" }, { 2000000000, "279037" },
};

static const struct bytes secret = { (const unsigned char *)"12345678901234567890", 20 };

static void test_match(void)
{
	int64_t counter = 0;

	for (size_t i = 1; i < COUNT(known); i++) {
		ok(otp_match(secret, known[i].code, known[i].when, &counter), "code of RFC 6238 at %lld", (long long)known[i].when);
		ok(counter == known[i].when / 30, "its counter");
		ok(otp_match(secret, known[i].code, known[i].when + 30, &counter) && counter == known[i].when / 30, "one step late");
		ok(otp_match(secret, known[i].code, known[i].when - 30, &counter), "one step early");
		ok(!otp_match(secret, known[i].code, known[i].when + 90, &counter), "three steps late is too late");
	}
	ok(otp_match(secret, "050 471", 1111111111, &counter), "a space in the middle");
	for (const char *const *bad = (const char *const[]){ "", "05047", "0504711", "05047a", "-50471", "0x0471", "０５０４７１", NULL }; *bad; bad++)
		ok(!otp_match(secret, *bad, 1111111111, &counter), "refused: '%s'", *bad);
	ok(!otp_match((struct bytes){ 0 }, "000000", 1111111111, &counter), "without a secret nothing matches");
}

static void test_once(struct arena *arena)
{
	struct account a = { .user = "alice", .otp_secret = secret };

	ok(otp_use(arena, &a, "050471", 1111111111), "a code opens once");
	ok(!otp_use(arena, &a, "050471", 1111111111), "and not twice");
	ok(!otp_use(arena, &a, "081804", 1111111111), "nor does an older one after it");
	ok(!otp_use(arena, &(struct account){ .user = "bob" }, "050471", 1111111111), "who has no secret has no code");
}

static void test_recovery(struct arena *arena)
{
	struct account a = { .user = "alice", .otp_secret = secret };
	struct texts codes;
	char upper[32];

	otp_recovery(arena, &a, &codes);
	ok(codes.n == 10 && a.recovery.n == 10, "ten codes");
	ok(strlen(codes.at[0]) == 19 && !same(codes.at[0], codes.at[1]), "of 16 letters, all different");
	ok(!strstr(a.recovery.at[0], codes.at[0]), "only hashes are kept");
	ok(otp_use(arena, &a, codes.at[3], 1111111111) && a.recovery.n == 9, "one opens, nine are left");
	ok(!otp_use(arena, &a, codes.at[3], 1111111111) && a.recovery.n == 9, "it does not open again");
	for (size_t i = 0; i <= strlen(codes.at[4]); i++)
		upper[i] = (char)(codes.at[4][i] >= 'a' && codes.at[4][i] <= 'z' ? codes.at[4][i] - 32 : codes.at[4][i]);
	ok(otp_use(arena, &a, upper, 1111111111), "capital letters will do");
	ok(!otp_use(arena, &a, "", 1111111111) && !otp_use(arena, &a, "----", 1111111111), "nothing is no code");
}

static void test_show(struct arena *arena)
{
	const char *svg;

	is(otp_text(arena, secret), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", "the secret in groups of four");
	is(otp_uri(arena, "Naru 나루", "alice", secret),
		"otpauth://totp/Naru%20%EB%82%98%EB%A3%A8:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Naru%20%EB%82%98%EB%A3%A8&algorithm=SHA1&digits=6&period=30",
		"the address in the QR code");
	svg = qr_svg(arena, "otpauth://totp/x", "A \"label\" <b>");
	ok(svg && starts_with(svg, "<svg class=\"qr\" role=\"img\"") && strstr(svg, "</svg>"), "an SVG");
	ok(strstr(svg, "aria-label=\"A &#34;label&#34; &#60;b>\""), "with an escaped label");
	ok(!strstr(svg, "style") && !strstr(svg, "script"), "without styles and scripts");
}

int main(void)
{
	struct arena *arena = arena_new(0);

	test_match();
	test_once(arena);
	test_recovery(arena);
	test_show(arena);
	arena_free(arena);
	return done_testing();
}
