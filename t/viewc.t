# The view compiler: what it writes for each place in the HTML, what it refuses and where it says so.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;

my $build = $ENV{BUILD} // 'build';
my $san = $build =~ /san/ ? '-fsanitize=address,undefined' : '';
my $dir = tempdir('naru-viewc-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
-x "$build/viewc" or BAIL_OUT("$build/viewc is not built");

my $models = <<'END';
#ifndef MODELS_H
#define MODELS_H
#include "view.h"
#define MODEL_cell(X) X(text, name)
MODEL(cell);
#define MODEL_row(X) X(text, name) X(integer, n) X(flag, on) X(list(cell), cells)
MODEL(row);
#define MODEL_page(X) X(text, t) X(text, none) X(text, slashes) X(integer, n) X(flag, on) X(time, when) X(size, big) X(form, form) X(markup, svg) \
	X(list(row), rows) X(list(row), no_rows) X(one(row), row) X(one(row), no_row)
MODEL(page);
#endif
END

sub spew { my ($file, $text) = @_; open my $f, '>', "$dir/$file" or die $!; print $f $text; close $f or die $! }
sub slurp { my ($file) = @_; open my $f, '<', "$dir/$file" or die $!; local $/; return <$f> }

# Compiles page.html (and others) to $dir/views.c; what it said, "" if it was content.
sub viewc {
	my ($page, %others) = @_;
	unlink glob("$dir/*");
	spew('models.h', $models);
	spew('page.html', $page);
	spew($_, $others{$_}) for keys %others;
	my $status = system("$build/viewc test $dir/views.c $dir/views.h $dir/models.h $dir/page.html >$dir/said 2>&1");
	my $said = slurp('said');
	return $status == 0 && $said eq '' ? '' : "status $status: $said";
}

sub gcc { my ($words) = @_; my $status = system("gcc -std=gnu11 -D_GNU_SOURCE -Ifcgi-apps/include -Ischema $words >$dir/gcc 2>&1"); return $status ? slurp('gcc') || 'failed' : '' }

my $warn = '-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wwrite-strings -Wcast-qual -Wnull-dereference -Werror';

# Prints page_view with a model full of bad news.
my $main = <<'END';
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "views.h"
int main(void)
{
	static const struct cell cells[] = { { .name = "c<1>" }, { .name = "c2" } };
	static const struct row rows[] = { { .name = "r&1", .n = 1, .on = true, .cells = { cells, 2 } }, { .name = "r2", .n = 2 } };
	static const struct page page = {
		.t = "<b a=\"1\" b='2'>&\033[1m\xe2\x80\xaeX\xff", .slashes = "//evil", .n = -42, .on = true, .when = 1796000000, .big = 1536, .svg = "<svg></svg>",
		.rows = { rows, 2 }, .row = &rows[0],
	};
	setenv("TZ", "Asia/Seoul", 1);
	tzset();
	struct ctx ctx = { .arena = arena_new(0), .lang = LANG_EN };
	struct out o = { .ctx = &ctx, .csrf = "se\"cret", .key = "k1" };
	page_view.html(&o, &page);
	fwrite(o.buf.at, 1, o.buf.n, stdout);
	buf_free(&o.buf);
	arena_free(ctx.arena);
	return 0;
}
END

sub render {
	my ($page, %others) = @_;
	my $said = viewc($page, %others);
	return "viewc: $said" if $said;
	spew('main.c', $main);
	my $wrong = gcc("$warn -c -o $dir/views.o $dir/views.c")
		|| gcc("$san -I$dir -o $dir/main $dir/main.c $dir/views.o $build/libnaru.a -Wl,--as-needed -lsodium -lfcgi -llmdb -lcurl -ljson-c -lldap -llber -loath -lqrencode -lcap -lcrypto -lm");
	return "gcc: $wrong" if $wrong;
	return scalar `$dir/main`;
}

my $text = '&lt;b a=&#34;1&#34; b=&#39;2&#39;&gt;&amp;␛[1m[U+202E]X�';
my $part = '%3Cb%20a%3D%221%22%20b%3D%272%27%3E%26%1B%5B1m%E2%80%AEX%FF';

# One page with a line for each place: the compiler of C is slow, not ours.
my @places = (
	['text', '<p>{{t}}</p>', "<p>$text</p>"],
	['NULL text', '<p>{{none}}</p>', '<p></p>'],
	['integer', '<p>{{n}}</p>', '<p>-42</p>'],
	['flag', '<p>{{on}}</p>', '<p>yes</p>'],
	['time', '<p>{{when}}</p>', '<p><time datetime="2026-11-30T09:53:20+09:00">2026-11-30 09:53</time></p>'],
	['time, said', '<p>{{time when}}</p>', '<p><time datetime="2026-11-30T09:53:20+09:00">2026-11-30 09:53</time></p>'],
	['clock', '<p>{{clock when}}</p>', '<p><time datetime="2026-11-30T09:53:20+09:00">09:53:20</time></p>'],
	['day', '<p>{{day when}}</p>', '<p><time datetime="2026-11-30T09:53:20+09:00">2026-11-30</time></p>'],
	['size', '<p>{{big}} {{size big}}</p>', '<p>1.5 KiB 1.5 KiB</p>'],
	['markup', '<p>{{svg}}{{markup svg}}</p>', '<p><svg></svg><svg></svg></p>'],
	['quoted attribute', qq(<p title="{{t}}" lang='{{t}}'></p>), qq(<p title="$text" lang='$text'></p>)],
	['time in an attribute', '<p title="{{when}}"></p>', '<p title="2026-11-30 09:53"></p>'],
	['address, path', '<a href="/x/{{t}}">a</a>', qq(<a href="/x/$part">a</a>)],
	['address, query', '<a href="?q={{t}}&amp;n={{n}}">a</a>', qq(<a href="?q=$part&amp;n=-42">a</a>)],
	['address, no other host by an empty field', '<a href="/{{none}}/evil">a</a>', '<a href="/./evil">a</a>'],
	['address, no other host by a field', '<a href="/{{slashes}}/evil">a</a>', '<a href="/%2F/evil/evil">a</a>'],
	['whole address', '<a href="{{url t}}">a</a>', '<a href="#">a</a>'],
	['a translated text', '<p title="{{_ Next}} &lt;">{{_ "Q" & <A>}}</p>', '<p title="Next &lt;">&#34;Q&#34; &amp; &lt;A&gt;</p>'],
	['POST form', '<form method="post" action="/x"><button>b</button></form>',
		'<form method="post" action="/x"><input type="hidden" name="csrf" value="se&#34;cret"><input type="hidden" name="key" value="k1"><button>b</button></form>'],
	['POST form in capitals', q(<FORM action='?x' METHOD=POST></FORM>),
		q(<FORM action='?x' METHOD=POST><input type="hidden" name="csrf" value="se&#34;cret"><input type="hidden" name="key" value="k1"></FORM>)],
	['POST form to an address of ours', '<form method="post" action="{{url t}}"></form>',
		'<form method="post" action="#"><input type="hidden" name="csrf" value="se&#34;cret"><input type="hidden" name="key" value="k1"></form>'],
	['GET form', '<form method="get" action="/x"></form>', '<form method="get" action="/x"></form>'],
	['each', '<p>{{#each rows}}[{{name}}:{{n}}:{{../n}}{{#each cells}}({{name}}/{{../name}}/{{../../n}}){{else}}-{{/}}]{{/}}</p>',
		'<p>[r&amp;1:1:-42(c&lt;1&gt;/r&amp;1/-42)(c2/r&amp;1/-42)][r2:2:-42-]</p>'],
	['each of nothing', '<p>{{#each no_rows}}{{name}}{{else}}no{{n}}{{/each}}</p>', '<p>no-42</p>'],
	['if', '<p>{{#if t}}a{{/}}{{#if none}}b{{else}}c{{/if}}{{#if n}}d{{/}}{{#if on}}e{{/}}{{#if rows}}f{{/}}{{#if no_rows}}g{{/}}{{#if row}}h{{/}}{{#if no_row}}i{{/}}{{#if form}}j{{/}}{{#if row.n}}k{{/}}{{#if no_row.n}}l{{/}}</p>',
		'<p>acdefhk</p>'],
	['unless', '<p>{{#unless none}}a{{/}}{{#unless t}}b{{else}}c{{/unless}}</p>', '<p>ac</p>'],
	['one', '<p>{{row.name}} {{no_row.name}}</p>', '<p>r&amp;1 </p>'],
	['lists of one', '<p>{{#each row.cells}}{{name}}{{/}}{{#each no_row.cells}}{{name}}{{/}}</p>', '<p>c&lt;1&gt;c2</p>'],
	['blocks in tags and values', '<p class="a{{#if on}} b{{/}}"{{#if on}} hidden{{/}}{{#if none}} id="x"{{/}}></p>', '<p class="a b" hidden></p>'],
	['blocks in addresses', '<a href="/x{{#if on}}?q={{n}}{{/}}">a</a>', '<a href="/x?q=-42">a</a>'],
	['comments', '<p><!-- {{nothing}} <script> -->x</p>', '<p>x</p>'],
	['white space', "<p>a  \n\t b</p>", '<p>a b</p>'],
	['pre keeps its own', "<pre>\na  b</pre><pre>{{n}}\n\n</pre>", "<pre>\na  b</pre><pre>\n-42\n\n</pre>"],
	['textarea', '<textarea name="x">{{t}}</textarea>', "<textarea name=\"x\">\n$text</textarea>"],
	['SVG', '<svg><path d="M0 {{n}}"/></svg>', '<svg><path d="M0 -42"/></svg>'],
	['question marks and backslashes', '<p>??/ \\ %d "x"</p>', '<p>??/ \\ %d "x"</p>'],
	['partial', '{{> part}}', '<i>part -42</i>'],
	['a long literal', '<p>' . 'xyz' x 3000 . '</p>', '<p>' . 'xyz' x 3000 . '</p>'],
);
my $all = join '', map { "<section>$_->[1]</section>\n" } @places;
my $got = render($all, '_part.html' => '<i>part {{n}}</i>');
my @got = $got =~ m{<section>(.*?)</section>}gs;
for my $i (0 .. $#places) {
	my ($name, undef, $want) = @{ $places[$i] };
	is($got[$i] // $got, $want, $name);
	last unless defined $got[$i];
}
is(viewc('{{> pager}}'), '', "a partial of the library is found");

# Refused, and where.
my @refused = (
	['script', "<p>\n\n<script>x</script>", 3, 'script'],
	['script in capitals', "<ScRiPt>", 1, 'script'],
	['script in two parts', "<scr{{#if on}}ipt{{/}}>", 1, 'space is missing'],
	['style', "<style>x</style>", 1, 'style'], ['iframe', "\n<iframe>", 2, 'iframe'], ['object', '<object>', 1, 'object'], ['embed', '<embed>', 1, 'embed'],
	['base', '<base href="/">', 1, 'base'], ['SVG animation', '<svg><set/></svg>', 1, 'set'],
	['on…', "<p\nonclick=\"x\">", 2, 'onclick'], ['ON…', '<p ONCLICK=x>', 1, 'onclick'], ['style=', '<p style="color:red">', 1, 'style'],
	['srcdoc', '<p srcdoc="x">', 1, 'srcdoc'], ['http-equiv', '<meta http-equiv="refresh">', 1, 'http-equiv'],
	['field without quotes', "<p>\n<a title={{t}}>", 2, 'without quotes'], ['field in an unquoted value', '<a title=x{{t}}>', 1, 'without quotes'],
	['field as a tag', '<{{t}}>', 1, 'cannot be the name'], ['field as an attribute', '<p {{t}}>', 1, 'cannot be the name'], ['field in a name', '<p a{{t}}="x">', 1, 'cannot be the name'],
	['address from a field', "\n<a href=\"{{t}}\">", 2, 'literal path'], ['address, scheme from a field', '<a href="java{{t}}">', 1, 'literal path'],
	['address, host from a field', '<a href="https://{{t}}/">', 1, 'literal path'], ['address, two slashes', '<a href="//{{t}}">', 1, 'literal path'],
	['address by two ways', '<a href="{{#if on}}java{{/}}script:x">', 1, 'literal path'],
	['address that may be empty', '<a href="{{#if on}}/x{{/}}">', 1, 'different places'],
	['javascript:', '<a href="javascript:x">', 1, 'not allowed'], ['JavaScript with a space', '<a href=" JavaScript:x">', 1, 'not allowed'],
	['javascript with an entity', '<a href="java&#115;cript:x">', 1, 'not allowed'], ['data:', '<img src="data:x">', 1, 'not allowed'], ['//host', '<a href="//evil">', 1, 'not allowed'],
	['url not at the beginning', '<a href="/{{url t}}">', 1, 'beginning'], ['url in text', '<p>{{url t}}</p>', 1, 'not known here'],
	['POST to another site', '<form method="post" action="https://evil.example/x"></form>', 1, 'secrets'],
	['POST, action first', "<form action=\"https://evil.example/x\"\nmethod=\"post\"></form>", 2, 'secrets'],
	['formaction to another site', '<button formaction="https://evil.example/x">', 1, 'formaction'],
	['method from a field', '<form method="{{t}}">', 1, 'literal'], ['method put', '<form method="put">', 1, 'only get and post'],
	['POST by one way', '<form {{#if on}}method="post"{{/}}></form>', 1, 'different places'],
	['not closed', "<p>\n<b>\n", 3, 'still open'], ['closed in disorder', "<p><b></p></b>", 1, 'does not close'], ['closed twice', '</p>', 1, 'nothing is open'],
	['self-closed', '<p/>', 1, 'does not close'], ['bare <', '<p>a < b</p>', 1, 'bare'], ['no space between attributes', '<p a="b"c="d">', 1, 'space'],
	['element in a title', '<title><b></b></title>', 1, 'text only'], ['open comment', "<p>\n<!-- x", 2, 'comment'], ['ends in a tag', '<p title="x', 1, 'middle of a tag'],
	['block left open', "<p>\n{{#if t}}\n\n</p>", 2, 'has no'], ['block never opened', "\n{{/}}", 2, 'without a block'], ['else alone', '{{else}}', 1, 'without a block'],
	['wrong end', '{{#if t}}{{/each}}', 1, 'does not close'], ['ways that differ', "<p>\n{{#if t}}<b>{{/}}x</p>", 2, 'different places'],
	['loop that opens', '{{#each rows}}<p>{{/}}', 1, 'different places'], ['no outer scope', '{{../t}}', 1, 'outer scope'], ['unknown block', '{{#with t}}', 1, 'only each'],
	['no name', '{{#if }}', 1, 'not the name'], ['an expression', '{{t + 1}}', 1, 'not known|not the name'], ['C in a name', '{{t;exit(1)}}', 1, 'not the name'],
	['three braces', '{{{t}}}', 1, 'not the name'], ['no end', "<p>{{t\n}}", 1, 'same line'], ['empty', '{{ }}', 1, 'empty'],
	['no such partial', "\n{{> nothing_there}}", 2, 'no _nothing_there.html'], ['partial by a path', '{{> ../x}}', 1, 'not the name'],
	['text in an address', '<a href="/{{_ x}}">', 1, 'stands in text'], ['control character', "<p>\x01", 1, 'control'],
);
for my $case (@refused) {
	my ($name, $view, $line, $why) = @$case;
	like(viewc($view), qr/page\.html:$line: error: .*(?:$why)/, "refused: $name");
}
like(viewc("<p>\n{{> loop}}", '_loop.html' => "{{> loop}}"), qr/_loop\.html:1: error: .*too deep/, 'refused: a partial in itself');
like(viewc("<p>\n{{> bad}}</p>", '_bad.html' => "\n\n<script>"), qr/_bad\.html:3: error/, "an error in a partial names the partial's line");
ok(!-e "$dir/views.c", 'nothing is written after an error');

# Refused by the C compiler, at the view's line.
my @c_refused = (
	['misspelt field', "<p>\n{{tt}}</p>", 2, 'tt'], ['misspelt in a loop', "<p>\n\n{{#each rows}}{{nam}}{{/}}</p>", 3, 'nam'], ['misspelt list', "\n{{#each rws}}{{/}}", 2, 'rws'],
	['misspelt condition', "\n\n{{#if tt}}{{/}}", 3, 'tt'], ['markup of a text', "<p>\n{{markup t}}</p>", 2, '_Generic'], ['markup in an attribute', "<p\ntitle=\"{{svg}}\"></p>", 2, '_Generic'],
	['list as text', "\n{{rows}}", 2, '_Generic'], ['size of a text', "\n{{size t}}", 2, '_Generic'], ['each of a text', "\n{{#each t}}{{/}}", 2, 'not a structure'], ['form of a text', "\n{{form t}}", 2, '_Generic'],
);
for my $case (@c_refused) {
	my ($name, $view, $line, $why) = @$case;
	is(viewc($view), '', "viewc: $name");
	like(gcc("-fsyntax-only $dir/views.c"), qr/page\.html:$line:\d+: error: .*$why/, "C: $name");
}
done_testing();
