# Messages: each of the sources has its Korean, and the generator refuses what would print nonsense.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir('naru-catalogue-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

sub spew { my ($file, $text) = @_; open my $f, '>', "$dir/$file" or die $!; print $f $text; close $f or die $! }

sub catalogue { my $out = qx(perl ops/catalogue @_ 2>&1); return ($? >> 8, $out) }

my ($code, $missing) = catalogue('--missing');
is($missing, '', 'every message of the sources has its Korean');
is($code, 0, 'and the tool says so');

# ---- what is written ----

my @good = (
	[ 'plain', qq{msgid "Jobs"\nmsgstr "작업"\n}, qr/\{ "Jobs", "작업" \}/ ],
	[ 'several lines', qq{msgid ""\n"Two "\n"parts"\nmsgstr ""\n"두 "\n"조각"\n}, qr/\{ "Two parts", "두 조각" \}/ ],
	[ 'quotes and line ends', qq{msgid "a \\"b\\"\\n"\nmsgstr "가 \\"나\\"\\n"\n}, qr/\{ "a \\"b\\"\\n", "가 \\"나\\"\\n" \}/ ],
	[ 'directives', qq{msgid "%s has %lld of %5.1f"\nmsgstr "%s: %5.1f 중 %lld"\n}, undef ],
	[ 'the same directives', qq{msgid "%s has %lld"\nmsgstr "%s: %lld개"\n}, qr/%lld개/ ],
	[ 'per cent', qq{msgid "100%% of %d"\nmsgstr "%d의 100%%"\n}, qr/100%%/ ],
	[ 'comments and the head', qq{# x\nmsgid ""\nmsgstr ""\n"Language: ko\\n"\n\n#. y\nmsgid "a"\nmsgstr "가"\n}, qr/catalogue_size = 1;/ ],
	[ 'no translation', qq{msgid "a"\nmsgstr ""\n}, undef ],
	[ 'one directive too many', qq{msgid "%s"\nmsgstr "%s %s"\n}, undef ],
	[ 'a directive out of nothing', qq{msgid "a"\nmsgstr "%s"\n}, undef ],
	[ 'another kind of directive', qq{msgid "%d"\nmsgstr "%s"\n}, undef ],
	[ 'not a po file', qq{Jobs = 작업\n}, undef ],
);
for my $case (@good) {
	my ($name, $po, $want) = @$case;
	spew('ko.po', $po);
	my ($end, $out) = catalogue("$dir/ko.po");
	if (defined $want) { is($end, 0, "$name: taken"); like($out, $want, "$name: written") }
	else { isnt($end, 0, "$name: refused"); like($out, qr{ko\.po:\d+: }, "$name: with file and line") }
}
spew('ko.po', join '', map { qq{msgid "$_"\nmsgstr "x"\n\n} } 'b', 'a', 'B', '_', 'ab');
my (undef, $sorted) = catalogue("$dir/ko.po");
is(join(' ', $sorted =~ /\{ "(.*?)", "x" \}/g), 'B _ a ab b', 'sorted by bytes');

# ---- what is missed ----

my @used = (
	[ 'x.c', 'return fail(ctx, KIND_X, tr(ctx, "One"), NULL);', 'One' ],
	[ 'x.c', 'say(r->ctx, "Two %d"' . "\n\t" . '" and more", 2)', 'Two %d and more' ],
	[ 'x.h', '{ .label = MSG("Three") },', 'Three' ],
	[ 'x.c', 'tr(ctx, many ? "Four" : "Five")', 'Five' ],
	[ 'x.html', '<p>{{_ Six }}</p>', 'Six' ],
	[ 'manifest', 'nav="/jobs Seven"', 'Seven' ],
);
for my $case (@used) {
	my ($file, $text, $want) = @$case;
	mkdir "$dir/src";
	mkdir "$dir/src/m";
	spew("src/m/$file", "$text\n");
	my ($end, $out) = catalogue('--missing', "$dir/src");
	is($end, 1, "missing in $file: the tool fails");
	like($out, qr{m/\Q$file\E: "\Q$want\E"$}m, "and says \"$want\"");
	unlink "$dir/src/m/$file";
}
spew('src/m/x.c', "/* tr(ctx, \"a comment\") */\n");
is((catalogue('--missing', "$dir/src"))[1], '', 'comments are not shown to anybody');
done_testing();
