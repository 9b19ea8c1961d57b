# static/: contrast of every pair of colours that meet, in light and in dark; nothing from elsewhere; the pages of nginx's own errors.
use strict;
use warnings;
use utf8;
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

sub slurp { my ($file) = @_; open my $f, '<:utf8', $file or die "$file: $!"; local $/; return <$f> }

my $css = slurp('static/naru.css');
(my $plain = $css) =~ s{/\*.*?\*/}{}gs;

# Custom properties of a block; those of dark stand on those of light.
sub colours {
	my ($block) = @_;
	return $block =~ /--([\w-]+):\s*(#[0-9a-f]{3,6})\b/g;
}
my ($light_block, $dark_block) = $plain =~ /:root\s*\{(.*?)\n\}.*?prefers-color-scheme: dark\)\s*\{\s*:root\s*\{(.*?)\n\t\}/s;
my %light = colours($light_block // '');
my %dark = (%light, colours($dark_block // ''));
is(join(' ', sort keys %light), join(' ', sort keys %{ { colours($dark_block // '') } }), 'light and dark name the same colours');

# WCAG 2: relative luminance and contrast.
sub luminance {
	my ($hex) = @_;
	my @rgb = map { hex($_) / 255 } $hex =~ /^#(..)(..)(..)$/ or die $hex;
	my ($r, $g, $b) = map { $_ <= 0.04045 ? $_ / 12.92 : (($_ + 0.055) / 1.055)**2.4 } @rgb;
	return 0.2126 * $r + 0.7152 * $g + 0.0722 * $b;
}
sub contrast {
	my ($a, $b) = sort { $b <=> $a } map { luminance($_) } @_;
	return ($a + 0.05) / ($b + 0.05);
}
cmp_ok(abs(contrast('#777777', '#ffffff') - 4.478), '<', 0.01, 'contrast is computed as WCAG does');

my @text = (
	(map { my $ground = $_; map { [$_, $ground] } qw(ink muted accent accent-deep bad) } qw(paper sheet sunk)),
	[qw(ink accent-soft)], [qw(accent accent-soft)], [qw(accent-ink accent)], [qw(accent-ink accent-deep)], [qw(muted accent-soft)],
	(map { my $state = $_; ([$state, "$state-soft"], ['ink', "$state-soft"]) } qw(good warn bad info held)),
	[qw(bad bad-soft)],
);
my @shapes = ((map { ["edge", $_], ["focus", $_] } qw(paper sheet sunk)), (map { [$_, 'sheet'] } qw(accent warn bad good)), [qw(accent line)], [qw(warn line)], [qw(bad line)]);
for my $theme (['light', \%light], ['dark', \%dark]) {
	my ($name, $c) = @$theme;
	for my $pair (@text, @shapes) {
		my ($front, $back) = @$pair;
		my $shape = grep { $_ == $pair } @shapes;
		my $least = $shape ? 3 : 4.5;
		my $got = contrast($c->{$front}, $c->{$back});
		cmp_ok($got, '>=', $least, sprintf('%s: %s on %s (%s)', $name, $front, $back, $shape ? 'shape' : 'text'));
	}
}

# Colours are used by name only.
(my $rules = $plain) =~ s/--[\w-]+:[^;]*;//g;
unlike($rules, qr/#[0-9a-f]{3,8}\b(?=[^{}]*;)/i, 'no colour outside the custom properties');
my %known = map { $_ => 1 } $plain =~ /--([\w-]+):/g;
is(join(' ', grep { !$known{$_} } $plain =~ /var\(--([\w-]+)/g), '', 'every property that is used is set');
is(join(' ', grep { !m{^"?/static/} } $plain =~ /url\(([^)]*)\)/g), '', 'nothing is loaded from elsewhere');
unlike($plain, qr/\@import|expression\(|behavior:/, 'no import');
is(($plain =~ tr/{//), ($plain =~ tr/}//), 'braces are balanced');
like($plain, qr/:focus-visible\s*\{[^}]*outline/, 'focus is visible');
unlike($plain, qr/(?<!main:focus )\{\s*outline:\s*(?:none|0)/, 'and nothing but the target of the skip link takes it away');
for my $class (qw(cards card bar list actions button primary danger state running waiting done failed held note warn bad good field hint wrong muted mono log pager filter facts visually-hidden two)) {
	like($plain, qr/\.\Q$class\E\b/, "class .$class");
}

# Icons and error pages: no script, both languages, a way on.
for my $svg (glob 'static/*.svg') {
	unlike(slurp($svg), qr/<script|\bon\w+=|href=|<foreignObject/i, "$svg holds no code and loads nothing");
}
for my $code (qw(400 403 404 413 421 429 500 502 503 504)) {
	my $page = slurp("static/error/$code.html");
	unlike($page, qr/<script|\bon\w+=|style=|https?:/i, "$code: no script, nothing from elsewhere");
	like($page, qr/<title>$code – [^<]+<\/title>/, "$code: title");
	like($page, qr/<div lang="ko">\s*<h2>[^<]*\p{Hangul}/, "$code: Korean");
	like($page, qr/<a class="button primary" href="\/">/, "$code: a way on");
	my $said = `tidy -q -e -utf8 static/error/$code.html 2>&1`;
	is($said, '', "$code: well-formed");
}
done_testing();
