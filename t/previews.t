#!/usr/bin/perl
# What the page of a file shows of it: pictures made anew, Markdown, notebooks, tables, lines, bytes. Hostile ones of each: whatever is in the
# file, no page acts, and none takes long.
use strict;
use warnings;
use utf8;
use Compress::Zlib;
use FindBin;
use MIME::Base64;
use Test::More;
use Time::HiRes 'time';
use lib "$FindBin::Bin/lib";
use Naru::Pages 'faults';
use Naru::Test qw(output slurp spew);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site(slurm => 0, private => 1); # it takes a program away
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
my $home = $site->base . '/home/alice/previews-test';
my ($uid, $gid) = (stat $site->base . '/home/alice')[4, 5];
mkdir $home;
chown $uid, $gid, $home;

sub plant {
	my ($name, $content) = @_;
	utf8::encode($content) if utf8::is_utf8($content);
	spew("$home/$name", $content);
	chown $uid, $gid, "$home/$name";
}

# The page of a file, which must be sound whatever is in it; in `seconds`.
sub page {
	my ($name, $query, $lang) = @_;
	my $begun = time;
	$alice->get($site->url("/files/in/home/previews-test/$name" . ($query // '')));
	is $alice->status, 200, "$name has a page";
	cmp_ok time - $begun, '<', 15, 'in time';
	my $html = $alice->content;
	my @faults = faults($html, $lang // 'en');
	is join("\n", @faults), '', 'sound: no script, nothing that acts';
	my @elsewhere = grep { !m{^/} } $html =~ /<(?:img|link|source|video|audio|embed)\b[^>]*(?:src|href)="([^"]*)"/g;
	is "@elsewhere", '', 'nothing is loaded from elsewhere';
	return $html =~ s/.*<main/<main/sr;
}

sub get_raw { return $_[0]->clone->get($site->url($_[1])) }

sub size_of { my ($png) = @_; return $png =~ /^\x89PNG\r\n\x1a\n....IHDR(........)/s ? join 'x', unpack 'NN', $1 : 'no PNG' }

sub chunk { my ($type, $data) = @_; return pack('N', length $data) . $type . $data . pack('N', crc32($type . $data)) }

# A PNG of such a size with so many rows of nothing in it.
sub png {
	my ($width, $height, $rows, @more) = @_;
	my ($z) = deflateInit(-Level => 9);
	my $row = "\0" x ($width < 100_000 ? $width + 1 : 1);
	my $data = join('', map { ($z->deflate($row))[0] } 1 .. $rows) . ($z->flush)[0];
	return "\x89PNG\r\n\x1a\n" . chunk('IHDR', pack('NNCCCCC', $width, $height, 8, 0, 0, 0, 0)) . join('', @more) . chunk('IDAT', $data) . chunk('IEND', '');
}

subtest 'pictures' => sub {
	my $corpus = "$Naru::Test::top/t/fuzz/corpus/preview";
	for my $name (map { m{([^/]+)$} } glob "$corpus/*.png $corpus/*.jpg $corpus/*.gif $corpus/*.webp") {
		plant($name, slurp("$corpus/$name"));
		my $r = get_raw($alice, "/files/preview/home/previews-test/$name");
		is $r->code, 200, $name;
		is $r->header('Content-Type'), 'image/png', 'is sent as a PNG';
		is size_of($r->content), '40x24', 'of its size';
		isnt $r->content, slurp("$corpus/$name"), 'made anew';
	}
	my $r = get_raw($alice, '/files/preview/home/previews-test/small.jpg');
	is $r->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
	like join(' ', $r->header('Content-Security-Policy')), qr/\bsandbox\b/, 'and sandboxed';
	like page('small.jpg'), qr{<img src="/files/preview/home/previews-test/small\.jpg" alt="Picture small\.jpg">.*40 × 24 pixels}s, 'the page shows it';
	plant('large.png', png(5000, 2500, 2500));
	is size_of(get_raw($alice, '/files/preview/home/previews-test/large.png')->content), '1600x800', 'a large one is made smaller';
	is get_raw($bob, '/files/preview/home/previews-test/small.jpg')->code, 404, "bob does not see alice's";
	is get_raw($alice, '/files/preview/home/previews-test/nothing.png')->code, 404, 'one that is not there';
	is get_raw($alice, '/files/preview/home/previews-test')->code, 404, 'a folder is no picture';
};

subtest 'hostile pictures' => sub {
	my $small = slurp("$Naru::Test::top/t/fuzz/corpus/preview/small.jpg");
	my $script = '<script>alert(1)</script>';
	my %bad = (
		'pixels.png' => png(20000, 20000, 1), 'sides.png' => png(70000, 10, 1), 'promise.png' => png(0x7fffffff, 0x7fffffff, 1),
		'cut.png' => substr(png(300, 300, 300), 0, 60), 'rows.png' => png(300, 300, 10), 'text.png' => png(10, 10, 1, chunk('iCCP', "x\0\0" . compress('y' x 50_000_000))),
		'cut.jpg' => substr($small, 0, 500), 'html.png' => "<html>$script", 'svg.png' => "<svg xmlns='http://www.w3.org/2000/svg'>$script</svg>",
		'empty.png' => '', 'pdf.jpg' => '%PDF-1.4', 'long.gif' => "GIF89a\xff\xff\xff\xff\x80\0\0", 'cut.webp' => "RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff",
		'zeros.jpg' => "\xff\xd8\xff" . "\0" x 1_000_000, 'name.gif' => 'GIF89a', 'none.png' => png(0, 0, 0),
	);
	for my $name (sort keys %bad) {
		plant($name, $bad{$name});
		my $begun = time;
		my $r = get_raw($alice, "/files/preview/home/previews-test/$name");
		like $r->code, qr/^4(13|22)$/, "$name is refused";
		unlike $r->content, qr/\Q$script\E/, 'nothing of it is sent';
		cmp_ok time - $begun, '<', 15, 'in time';
	}
	like page('pixels.png'), qr/too large to be shown/, 'the page says that it is too large';
	like page('html.png'), qr/content is of another kind/, 'or no picture at all';
	plant('huge.png', '');
	truncate "$home/huge.png", 2 ** 40;
	like page('huge.png'), qr/shown up to 32(\.0)? MiB/, 'a file of 1 TiB is not read';
	plant('both.jpg', $small . "<html>$script</html>");
	unlike get_raw($alice, '/files/preview/home/previews-test/both.jpg')->content, qr/script/, 'a picture that is a page as well: the page is gone';
	plant('drawing.svg', "<svg xmlns='http://www.w3.org/2000/svg' onload='x()'>$script</svg>");
	like page('drawing.svg'), qr/&lt;svg xmlns/, 'a drawing is text';
	is get_raw($alice, '/files/preview/home/previews-test/drawing.svg')->code, 404, 'and never a picture';
	plant('page.html', "<b onclick=x>$script");
	like page('page.html'), qr/&lt;b onclick=x&gt;/, 'so is a page';
};

subtest 'Markdown' => sub {
	plant('README.md', <<'END');
# Title

Some *emphasis*, **strong**, `code`, ~~gone~~ and [a file](data/run%201.csv), [up](../../../../etc/passwd), [top](/x.md),
[site](https://example.org/?a=1&b="2"), <mailto:a@example.org>.

| a | b |
|---|---|
| 1 | <script>alert(2)</script> |

1. one
2. two
   - three

![Figure](fig.png)

```sh
#SBATCH --time=1
```
END
	my $html = page('README.md');
	like $html, qr{<h2>Title</h2>}, 'a heading below that of the page';
	like $html, qr{<em>emphasis</em>.*<strong>strong</strong>.*<code>code</code>.*<del>gone</del>}s, 'words';
	like $html, qr{<a href="/files/in/home/previews-test/data/run%201\.csv">a file</a>}, 'a relative link leads into Files';
	like $html, qr{<a href="/files/in/home/etc/passwd">up</a>}, 'never out of the place';
	like $html, qr{<a href="/files/in/home/x\.md">top</a>}, 'from the top of the place';
	like $html, qr{<a href="https://example\.org/\?a=1&amp;b=%22?&?[^"]*" rel="noopener noreferrer nofollow">site</a>}, 'others leave';
	like $html, qr{<th scope="col">a</th>.*<td>1</td>}s, 'a table with heads';
	like $html, qr{<ol>\s*<li>one</li>\s*<li>two.*<ul>\s*<li>three}s, 'lists';
	like $html, qr{<a href="/files/in/home/previews-test/fig\.png">\[Picture\] Figure</a>}, 'a picture is a link';
	like $html, qr{&lt;script&gt;}, 'a script is text';
	like page('README.md', '?look=text'), qr/# Title/, 'its text';
	like page('README.md', '?look=lines'), qr{<a class="line" id="L3" href="#L3">3</a>  Some \*emphasis}, 'its lines, each a target';
	plant('none.md', '');
	page('none.md');
};

subtest 'hostile Markdown' => sub {
	my @links = ('javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,<script>', 'vbscript:x', '//evil.example/x', '\\\\evil.example', 'java&#10;script:alert(1)',
		"\x{1}javascript:alert(1)", 'file:///etc/passwd', '&#x6A;avascript:alert(1)', '/\\evil.example', '%6aavascript:x', '..//evil.example', '///evil.example', "https://a\"onclick=x b");
	my %bad = (
		links => join("\n\n", map { "[x]($_) ![i](<$_>) <$_>" } @links),
		html => "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n<iframe src=//x></iframe> <b onclick=x>\n\n<!-- <script> -->\n\n<style>*{}</style>\n\n<plaintext>",
		attributes => "[x](a \"\\\" onclick=\\\"x\")\n\n```\" onclick=x\ny\n```\n\n<a\@b\"onclick=x>",
		deep => '>' x 50_000 . "\n\n" . ('- ' x 5_000) . "x\n\n" . ('[' x 30_000) . "\n\n" . ('*a ' x 30_000),
		quadratic => ('![[]()' x 20_000) . "\n\n" . ('`' x 1 . join(' ', map { '`' x $_ } 1 .. 500)) . "\n\n" . ("a|" x 20_000) . "\n" . ('-|' x 20_000),
		references => "[a]: " . ('x' x 10_000) . "\n\n" . ("[a]\n" x 30_000),
		controls => "a\x{202e}b\x{1b}[31mc\x{0}d\x{7f}",
		bytes => join('', map { chr } 128 .. 255) x 100,
	);
	utf8::encode($bad{$_}) for 'links', 'controls';
	for my $name (sort keys %bad) {
		plant("$name.md", $bad{$name});
		my $html = page("$name.md");
		is join(' ', grep { !m{^(?:https?://|mailto:|/files/|/static/|#|/)} || m{^//} || m{^/\\} } $html =~ /href="([^"]*)"/g), '', 'no link leads where it should not';
		unlike $html, qr/<(?!\/?(?:main|div|nav|ol|ul|li|a|p|dl|dt|dd|span|h[1-6]|article|pre|code|em|strong|del|br|hr|table|tbody|tr|th|td|blockquote|time|footer|form|input|button|label|select|option|body|html|section|details|summary|svg|path|rect)\b)\w/, 'no element but ours';
		unlike $html, qr/\x{202e}|\x1b/, 'no control character';
	}
};

subtest 'notebooks' => sub {
	my $pixel = encode_base64(png(30, 20, 20), '');
	my $script = '<script>alert(1)</script>';
	plant('run.ipynb', JSON::PP->new->encode({ nbformat => 4, nbformat_minor => 5, metadata => {}, cells => [
		{ cell_type => 'markdown', source => [ "# Results\n", "[x](javascript:alert(1)) $script\n" ] },
		{ cell_type => 'code', source => "plot('<b>')", outputs => [
			{ output_type => 'stream', name => 'stdout', text => [ "\e[31mred\e[0m\n", "$script\n" ] },
			{ output_type => 'display_data', data => { 'image/png' => $pixel, 'text/plain' => '<Figure>' } },
			{ output_type => 'execute_result', data => { 'text/html' => $script, 'application/javascript' => 'alert(1)' } },
			{ output_type => 'display_data', data => { 'image/svg+xml' => "<svg onload=x>$script</svg>" } },
			{ output_type => 'error', ename => 'E', evalue => 'v', traceback => [ "\e[0;31mTraceback", 'last <line>' ] },
		] },
		{ cell_type => 'code', source => '', outputs => [ { output_type => 'display_data', data => { 'image/png' => encode_base64("<html>$script") } } ] },
	] }));
	my $html = page('run.ipynb');
	like $html, qr{<h2>Results</h2>}, 'a text cell';
	like $html, qr{<pre class="cell" tabindex="0" role="group" aria-label="Code"><code>plot\(&#39;&lt;b&gt;&#39;\)</code></pre>}, 'a code cell';
	like $html, qr{<pre class="output" tabindex="0" role="group" aria-label="Output">red\n&lt;script}, 'what it printed, without colours';
	like $html, qr{<img class="picture" loading="lazy" src="/files/preview/home/previews-test/run\.ipynb\?n=1" alt="Picture 1 of the notebook">}, 'its picture';
	like $html, qr{Traceback\nlast &lt;line&gt;}, 'its error';
	is scalar(() = $html =~ /Something is not shown here/g), 2, 'what is not shown is told';
	my $r = get_raw($alice, '/files/preview/home/previews-test/run.ipynb?n=1');
	is size_of($r->content), '30x20', 'the picture comes, made anew';
	is get_raw($alice, '/files/preview/home/previews-test/run.ipynb?n=2')->code, 422, 'one that is none does not';
	like get_raw($alice, "/files/preview/home/previews-test/run.ipynb?n=$_")->code, qr/^4(04|22)$/, "n=$_" for 3, 0, -1, 'x';
	my %bad = (
		deep => '{"cells":' . '[' x 100_000, empty => '', text => "# no JSON\n", other => '[1,2,3]', old => '{"nbformat":3,"worksheets":[]}', types => '{"cells":[1,"x",null,{"cell_type":5},{"cell_type":"code","source":{},"outputs":[[],{"data":[]},{"output_type":"stream","text":7}]}]}',
		numbers => '{"cells":[' . '{},' x 300_000 . '{}]}', bomb => '{"cells":[' . '[],' x 3_000_000 . '[]]}',
		nul => '{"cells":[{"cell_type":"code","source":"a\\u0000b<script>","outputs":[{"output_type":"stream","text":"\\ud800\\u202e"}]}]}',
		markdown => JSON::PP->new->encode({ cells => [ map { { cell_type => 'markdown', source => '![[]()' x 500 } } 1 .. 300 ] }),
	);
	for my $name (sort keys %bad) {
		plant("$name.ipynb", $bad{$name});
		page("$name.ipynb");
	}
	like page('old.ipynb'), qr/of another kind/, 'an old format is told';
};

subtest 'tables' => sub {
	plant('small.csv', qq{name,value\n"a, ""b""",=cmd|'/c calc'!A1\n<script>alert(1)</script>,"two\nlines"\n});
	my $html = page('small.csv');
	like $html, qr{<thead><tr><th scope="col">Row</th><th scope="col">name</th><th scope="col">value</th></tr></thead>}, 'heads';
	like $html, qr{<th scope="row">2</th><td>a, &#34;b&#34;</td><td>=cmd\|&#39;/c calc&#39;!A1</td>}, 'cells are text';
	like $html, qr{<td>&lt;script&gt;alert\(1\)&lt;/script&gt;</td><td>two\nlines</td>}, 'whatever is in them';
	like $html, qr{<caption>Rows 2 to 3</caption>}, 'a caption';
	plant('long.csv', join '', "n,m\n", map { "$_,x\n" } 2 .. 1000);
	like page('long.csv'), qr{Rows 2 to 201}, 'a page of rows';
	my ($status, $data) = $site->api($alice, GET => '/files/in/home/previews-test/long.csv');
	my @seen;
	for (1 .. 10) {
		push @seen, map { $_->{cells}[0]{value} } @{ $data->{sheet}{rows} };
		my $next = $data->{sheet}{next} or last;
		($status, $data) = $site->api($alice, GET => $next);
	}
	is "@seen", join(' ', 2 .. 1000), 'the pages have every row once';
	is $data->{sheet}{heads}[0]{value}, 'n', 'each with the names of the columns';
	is $data->{sheet}{rows}[-1]{number}, 1000, 'and the numbers of the rows';
	plant('wide.csv', (',' x 1_000_000) . "\n1,2\n");
	like page('wide.csv'), qr/columns 1 to 50 of 1000001/, '1,000,001 columns';
	plant('open.csv', "a,b\n\"" . 'x' x 2_000_000);
	like page('open.csv'), qr/quotation mark in it has no end/, 'a quotation mark without end';
	plant('binary.csv', "a\0b");
	like page('binary.csv'), qr/not a table/, 'no table';
	plant('empty.csv', '');
	like page('empty.csv'), qr/no rows/, 'an empty one';
	plant('head.tsv', "a\tb\n");
	page('head.tsv');
	page('long.csv', "?look=table&$_") for 'at=-1', 'at=99999999', 'at=x&row=y', 'at=5&row=-3', 'row=9223372036854775807&at=9';
	plant('korean.csv', "\xb0\xa1,\xb3\xaa\n1,\xb3\xaa\xb7\xe7\n");
	like page('korean.csv'), qr{<th scope="col">가</th>.*<td>나루</td>}s, 'one in CP949 can be read';
};

subtest 'long logs and bytes' => sub {
	plant('run.log', join '', map { "line $_\n" } 1 .. 60_000);
	my $html = page('run.log');
	like $html, qr/line 1\n/, 'the beginning';
	ok $alice->follow_link(text => 'Last part'), 'a way to the end';
	like $alice->content, qr/line 60000\n/, 'the end';
	ok $alice->follow_link(text => 'With line numbers'), 'with numbers';
	$alice->get($site->url('/files/in/home/previews-test/run.log?look=lines&part=2'));
	like $alice->content, qr{id="L60000" href="#L60000">60000</a>  line 60000}, 'counted from the beginning';
	open my $f, '+<', "$home/run.log";
	seek $f, 10 * 2 ** 30, 0;
	print $f "the last line\n";
	close $f;
	my $begun = time;
	my $parts = 10 * 4096 + 1;
	like page('run.log', '?part=' . ($parts - 1)), qr/the last line/, 'the end of a log of 10 GiB';
	cmp_ok time - $begun, '<', 3, 'without reading it';
	$alice->submit_form(with_fields => { go => 2 });
	like $alice->content, qr/Part 2 of $parts/, 'any part by its number';
	page('run.log', '?from=/jobs/demo/7');
	$alice->follow_link(text => 'Last part');
	$alice->submit_form(with_fields => { go => 3 });
	like $alice->content, qr{href="/jobs/demo/7">Back to the job}, 'the way back to a job is kept';
	plant('korean.txt', "\xb3\xaa\xb7\xe7\n");
	like page('korean.txt'), qr/shown as Korean.*나루/s, 'text in CP949 can be read';
	plant('some.bin', join '', map { chr } 0 .. 255);
	like page('some.bin'), qr{00000030  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  0123456789:;&lt;=&gt;\?}, 'bytes as numbers';
	page('run.log', "?look=$_") for 'bytes', 'page', 'picture', 'x';
	plant('lines.txt', "\n" x 262_144);
	page('lines.txt', '?look=lines');
};

subtest 'without naru-preview' => sub {
	my $program = $site->base . '/bin/naru-preview';
	rename $program, "$program.away";
	like page('README.md'), qr/Previews do not work on this site now/, 'the page says so';
	like page('README.md', '?look=text'), qr/# Title/, 'and shows the text';
	is get_raw($alice, '/files/preview/home/previews-test/small.jpg')->code, 503, 'there are no pictures';
	rename "$program.away", $program;
	is get_raw($alice, '/files/preview/home/previews-test/small.jpg')->code, 200, 'when it is back, there are again';
};

subtest 'in Korean' => sub {
	$site->speak($alice, 'ko');
	unlike page($_, '', 'ko'), qr/With line numbers|Shown as|not shown here|Rows \d/, "$_: no English is left" for 'small.jpg', 'run.ipynb', 'small.csv', 'some.bin', 'pixels.png';
	$site->speak($alice, 'en');
};

system 'rm', '-rf', $home;
$site->finish;
done_testing;
