# app: the frame of a module, asked as nginx would ask it: routes, roles, identity, forms, uploads, files, replies.
use strict;
use warnings;
use File::Temp;
use JSON::PP;
use Naru::FastCGI;
use Test::More;

my $echo = ($ENV{BUILD} // 'build') . '/t/echo';
-x $echo or BAIL_OUT("$echo is not built");
my $dir = File::Temp->newdir;
my ($state, $file) = ("$dir/state", "$dir/file");
open my $f, '>', $file or die;
print $f join '', map { chr(97 + $_ % 26) } 0 .. 199_999;
close $f;
my $m = Naru::FastCGI->start($echo, env => { ECHO_STATE => $state, ECHO_FILE => $file, ECHO_TICK => "$dir/tick" },
	conf => "[nav first]\npath = /me\ntitle = First\norder = 2\n[nav second]\npath = /parts\ntitle = Second\norder = 1\n[nav only]\npath = /admin\ntitle = Only\nrole = admin\n");

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return <$in> // '' }
sub status_is { my ($a, $want, $name) = @_; is($a ? $a->{status} : 'closed', $want, $name) }
sub header { Naru::FastCGI::header(@_) }
my $changes = 0;
sub unchanged { my ($name) = @_; my @lines = split /\n/, slurp($state); is(scalar @lines, $changes, "$name: nothing was done") }
sub changed { my ($name) = @_; $changes++; my @lines = split /\n/, slurp($state); is(scalar @lines, $changes, "$name: done once"); return $lines[-1] // '' }

subtest 'routes' => sub {
	status_is($m->get('/'), 200, 'a public page');
	status_is($m->get('/nothing'), 404, 'no such page');
	my $a = $m->get('/form/', as => 'alice');
	status_is($a, 200, 'a final slash');
	for my $case ([ 'DELETE', '/form', 'GET, HEAD, POST' ], [ 'POST', '/me', 'GET, HEAD' ], [ 'GET', '/upload', 'POST' ], [ 'GETT', '/', 'GET, HEAD' ], [ 'get', '/', 'GET, HEAD' ]) {
		my $b = $m->call([ $m->environment($case->[0], $case->[1], as => 'alice') ]);
		status_is($b, 405, "$case->[0] $case->[1]");
		is(header($b, 'allow'), $case->[2], 'and says what is');
	}
	my $head = $m->call([ $m->environment('HEAD', '/me', as => 'alice') ]);
	my $get = $m->get('/me', as => 'alice');
	status_is($head, 200, 'HEAD');
	is($head->{body}, '', 'has no body');
	cmp_ok(header($head, 'content-length'), '>', 1000, 'and says its length');
	like($get->{body}, qr/<h1>Echo<\/h1>/, 'the page stands in the frame');
	like(header($get, 'cache-control'), qr/no-store/, 'nothing is stored');
	for my $bad ('/../me', '/parts/../me', '/parts/%2e%2e/me', '/parts/%2E./x', '//me', '/parts//x', '/parts/%00', '/parts/%zz', '/parts/%2', '/parts/a%2fb', 'me', '', '/' . 'a/' x 300) {
		status_is($m->get($bad, as => 'alice'), 400, "refused: " . substr $bad, 0, 20);
	}
	like($m->get('/%6de', as => 'alice')->{body}, qr/Alice/, 'an encoded letter is that letter');
	my $parts = sub { my $d = decode_json($m->get($_[0], as => 'alice', more => [ HTTP_ACCEPT => 'application/json' ])->{body}); return "$d->{part}|$d->{rest}" };
	is($parts->('/parts/a%20b'), 'a b|', 'a part is decoded');
	is($parts->('/parts/x/y/z%3F'), 'x|y/z?', 'the rest keeps its slashes');
	is($parts->('/parts/new'), '|', 'a literal path before a part');
	is($parts->('/parts/a.json'), 'a|', '.json is no part of a part');
	is($parts->('/parts/a/b.json'), 'a|b.json', 'but of the name of a file');
};

subtest 'roles' => sub {
	status_is($m->get('/me'), 401, 'nobody');
	my $expired = $m->get('/me', as => 'dave', role => 'expired');
	status_is($expired, 403, 'contract over');
	like($expired->{body}, qr/contract does not run/, 'the page says so');
	like($expired->{body}, qr{href="/account/contract"}, 'and shows the way');
	status_is($m->get('/expired', as => 'dave', role => 'expired'), 200, 'what the expired may');
	status_is($m->get('/admin', as => 'alice'), 403, 'a user at an admin page');
	status_is($m->get('/admin', as => 'carol', role => 'admin'), 200, 'an admin');
	my $nav = $m->get('/me', as => 'alice')->{body};
	like($nav, qr/Second.*First/s, 'navigation in its order');
	unlike($nav, qr/Only/, 'without what is for admins');
	like($m->get('/me', as => 'carol', role => 'admin')->{body}, qr/Only/, 'which admins see');
	my $token = sub { $m->get('/me', as => 'alice', via => 'token', scope => $_[0])->{status} };
	is($token->('read'), 200, 'a token that reads');
	is($token->('jobs%20read'), 200, 'among others');
	is($token->('ready'), 403, 'a word that only begins so');
	is($token->(''), 403, 'a token without a scope');
	my $post = sub { $m->post('/form', { name => 'x', csrf => 'none' }, as => 'alice', via => 'token', scope => $_[0])->{status} };
	is($post->('read'), 403, 'a token that only reads cannot change');
	unchanged('token');
	is($post->('jobs'), 303, 'one with the scope can, without the secret of a form');
	changed('token');
};

subtest 'identity' => sub {
	my @p = $m->environment('GET', '/me', as => 'alice');
	my $without = sub { my ($name) = @_; my @q; for (my $i = 0; $i < @p; $i += 2) { push @q, @p[$i, $i + 1] if $p[$i] ne $name } return \@q };
	my $with = sub { my ($name, $value) = @_; my $q = $without->($name); return [ @$q, $name => $value ] };
	status_is($m->call($without->('NARU_IDENTITY')), 403, 'missing');
	status_is($m->call($with->(NARU_IDENTITY => '2')), 403, 'unknown');
	status_is($m->call($with->(NARU_USER => '')), 403, 'without a user');
	status_is($m->call($with->(NARU_UID => $_)), 403, "uid $_") for '', 0, 999, -1, '20001x', '4294967296';
	status_is($m->call($with->(NARU_GID => $_)), 403, "gid $_") for '', 0, 'x';
	status_is($m->call($with->(NARU_ROLE => $_)), 403, "role '$_'") for '', 'root';
	status_is($m->call($with->(NARU_USER => $_)), 403, "user '$_'") for '../etc', 'a b', '-rf', "a\nb", 'a/b', ".x";
	status_is($m->call($with->(NARU_CSRF => '')), 403, 'a session without a secret');
	status_is($m->call([ @p, NARU_USER => 'carol' ]), 403, 'a doubled user');
	status_is($m->call([ @p, NARU_ROLE => 'admin' ]), 403, 'a doubled role');
	status_is($m->call([ NARU_NEW => 1, @p, NARU_NEW => 1 ]), 403, 'a doubled parameter nobody knows');
	my @nobody = $m->environment('GET', '/me');
	status_is($m->call([ map { $_ eq '' ? '' : $_ } @nobody, HTTP_X_USER => 'carol', HTTP_NARU_USER => 'carol', HTTP_X_NARU_USER => 'carol', REMOTE_USER => 'carol' ]), 401, "a visitor's own words");
	my $korean = $m->get('/me', as => 'alice', lang => 'ko');
	like($korean->{body}, qr/<html lang="ko">/, "the user's language");
	my %accept = ('ko' => 'ko', 'ko-KR,ko;q=0.9,en;q=0.8' => 'ko', 'en;q=0.5, ko;q=0.9' => 'ko', 'en-GB,ko;q=0.5' => 'en', 'kok,en' => 'en', 'ko;q=0' => 'en', '' => 'en', ',,;q=' => 'en');
	for my $header (sort keys %accept) {
		like($m->get('/', more => [ HTTP_ACCEPT_LANGUAGE => $header ])->{body}, qr/<html lang="$accept{$header}">/, "Accept-Language '$header'");
	}
	like($m->get('/', more => [ HTTP_COOKIE => '__Host-naru-lang=ko' ])->{body}, qr/<html lang="ko">/, 'the cookie of a language');
	like($m->get('/me', as => 'alice', name => '%3Cb%3E%EA%B9%80')->{body}, qr/&lt;b&gt;김/, 'a name is decoded and escaped');
};

subtest 'identities that are none, whoever says so' => sub {
	for my $case ([ UID => 0 ], [ UID => 999 ], [ UID => -1 ], [ UID => '' ], [ UID => 4294967295 ], [ UID => '20001x' ], [ GID => 0 ], [ ROLE => 'root' ], [ USER => '' ]) {
		my ($name, $value) = @$case;
		my %params = ($m->environment('GET', '/me', as => 'alice'), "NARU_$name" => $value);
		status_is($m->call([ %params ]), 403, "$name '$value'");
	}
};

subtest 'forms' => sub {
	my $good = { name => 'abc', nodes => 3 };
	my $wrong = $m->post('/form', { name => '1 <b>', nodes => 65, colour => 'green' }, as => 'alice');
	status_is($wrong, 422, 'wrong values');
	like($wrong->{body}, qr/Enter a whole number from 1 to 64\./, 'a message in words');
	like($wrong->{body}, qr/value="1 &lt;b&gt;"/, 'what was typed comes back');
	like($wrong->{body}, qr/Please choose from the list\./, 'a choice outside the list');
	unchanged('wrong values');
	my $a = $m->post('/form', { %$good, uid => 0, owner => 'bob' }, as => 'alice');
	status_is($a, 303, 'good values');
	is(header($a, 'location'), '/me', 'and on');
	is(changed('good values'), 'alice abc 3 0', 'fields that no row knows are nothing');
	my ($flash) = header($a, 'set-cookie') =~ /(__Host-naru-flash=[^;]+)/;
	my $next = $m->get('/me', as => 'alice', more => [ HTTP_COOKIE => $flash ]);
	like($next->{body}, qr/Done: 완료/, 'the message is shown');
	like(header($next, 'set-cookie'), qr/__Host-naru-flash=;.*Max-Age=0/, 'once');
	for my $case ([ 'no secret', { %$good, csrf => '' } ], [ "another's secret", { %$good, csrf => 'x' x 31 } ], [ 'a shorter secret', { %$good, csrf => substr $Naru::FastCGI::secret, 0, 20 } ]) {
		status_is($m->post('/form', $case->[1], as => 'alice'), 403, $case->[0]);
	}
	status_is($m->post('/form', $good, as => 'alice', more => $_), 403, "@$_")
		for [ HTTP_ORIGIN => 'https://evil.example' ], [ HTTP_ORIGIN => 'null' ], [ HTTP_ORIGIN => 'http://localhost:8443' ], [ HTTP_SEC_FETCH_SITE => 'cross-site' ], [ HTTP_SEC_FETCH_SITE => 'same-site' ];
	unchanged('not from a page of ours');
	status_is($m->post('/form', $good, as => 'alice', more => [ HTTP_ORIGIN => 'https://localhost:8443', HTTP_SEC_FETCH_SITE => 'same-origin' ]), 303, 'a browser on our page');
	changed('a browser');
	my $secret = $Naru::FastCGI::secret;
	my @base = (csrf => $secret, key => 'k' x 22, nodes => 1);
	status_is($m->post('/form', [ @base, name => 'a', name => 'b' ], as => 'alice'), 400, 'a doubled field');
	status_is($m->post('/form', [ @base, name => 'a', csrf => $secret ], as => 'alice'), 400, 'a doubled secret');
	status_is($m->post('/form', [ csrf => $secret, key => 'a b', name => 'a' ], as => 'alice'), 400, 'a key that is none');
	status_is($m->post('/form', "csrf=$secret&name=%FF", as => 'alice'), 400, 'bad UTF-8');
	status_is($m->post('/form', "csrf=$secret&name=a%00b", as => 'alice'), 400, 'NUL');
	status_is($m->post('/form', "csrf=$secret&name=a\0b", as => 'alice'), 400, 'a NUL as it is');
	status_is($m->post('/form', "csrf=$secret&name=%4", as => 'alice'), 400, 'a broken %');
	status_is($m->post('/form', "csrf=$secret&name=a", as => 'alice', type => 'text/plain'), 400, 'another type');
	status_is($m->post('/form', "csrf=$secret&name=a", as => 'alice', length => 500), 400, 'a body that is shorter than told');
	status_is($m->post('/form', "csrf=$secret&name=a", as => 'alice', length => 'x'), 400, 'a length that is none');
	status_is($m->post('/small', { %$good, text => 'x' x 2000 }, as => 'alice'), 413, 'over the limit of the route');
	status_is($m->post('/form', 'a=1&' x 100_000, as => 'alice'), 400, '100,000 fields');
	status_is($m->post('/form', "csrf=$secret&text=" . 'x' x 10_000_000, as => 'alice'), 413, 'a field of 10 MB');
	unchanged('bad bodies');
	my ($memory) = map { slurp("/proc/$_/status") =~ /VmRSS:\s+(\d+)/ } $m->workers;
	cmp_ok($memory, '<', $echo =~ /san/ ? 400_000 : 60_000, 'memory stays flat');
	my $multi = multipart('B', [ csrf => $secret ], [ name => 'multi' ], [ nodes => 2 ]);
	status_is($m->post('/form', $multi, as => 'alice', type => 'multipart/form-data; boundary=B'), 303, 'a small multipart form');
	is(changed('multipart'), 'alice multi 2 0', 'is the same form');
};

sub multipart {
	my ($boundary, @parts) = @_;
	my $body = '';
	for (@parts) {
		my ($name, $value, $file) = @$_;
		$body .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"" . (defined $file ? "; filename=\"$file\"\r\nContent-Type: application/octet-stream" : '') . "\r\n\r\n$value\r\n";
	}
	return "$body--$boundary--\r\n";
}

subtest 'forms of nobody in particular' => sub {
	my $page = $m->get('/open');
	my ($cookie) = header($page, 'set-cookie') =~ /^(__Host-naru-form=[\w-]+); Path=\/; Secure; HttpOnly; SameSite=Lax$/m;
	my ($secret) = $page->{body} =~ /name="csrf" value="([^"]+)"/;
	is($cookie, "__Host-naru-form=$secret", 'the form has the secret of its cookie');
	status_is($m->post('/open', { csrf => $secret }), 403, 'without the cookie');
	status_is($m->post('/open', { csrf => 'x' x 32 }, more => [ HTTP_COOKIE => $cookie ]), 403, 'with another secret');
	status_is($m->post('/open', { csrf => '' }, more => [ HTTP_COOKIE => '__Host-naru-form=' ]), 403, 'with nothing twice');
	status_is($m->post('/closed', { csrf => $secret }, more => [ HTTP_COOKIE => $cookie ]), 403, 'where nobody may');
	unchanged('refused');
	status_is($m->post('/open', { csrf => $secret }, more => [ HTTP_COOKIE => "a=b; $cookie; c=d" ]), 303, 'with both');
	changed('with both');
	unlike(header($m->get('/open', more => [ HTTP_COOKIE => $cookie ]), 'set-cookie'), qr/naru-form/, 'a good cookie is kept');
};

subtest 'uploads' => sub {
	my $secret = $Naru::FastCGI::secret;
	my $send = sub { my ($body, %o) = @_; return $m->post('/upload', $body, as => 'alice', type => 'multipart/form-data; boundary="----b0"', %o) };
	my $big = join '', map { pack 'N', $_ * 2654435761 & 0xffffffff } 1 .. 600_000;
	my $sum = do { use integer; my $s = 0; $s = ($s * 31 + $_) & 0xffffffff for unpack 'C*', $big; $s };
	my $a = $send->(multipart('----b0', [ csrf => $secret ], [ key => 'k' x 22 ], [ file => $big, 'a %22b%22 한.bin' ], [ file => '', 'empty' ], [ note => "x\r\n--" ]));
	status_is($a, 200, 'an upload');
	is($a->{body}, "file a \"b\" 한.bin " . length($big) . " $sum\nfile empty 0 0\nnote - 5 " . sum("x\r\n--") . "\n", 'each part as it was sent');
	changed('upload');
	my $near = "\r\n----b" x 50_000;
	is($send->(multipart('----b0', [ csrf => $secret ], [ file => $near, 'near' ]))->{body}, 'file near ' . length($near) . ' ' . sum($near) . "\n", 'what is nearly the boundary');
	changed('near');
	status_is($send->(multipart('----b0', [ file => 'x', 'f' ], [ csrf => $secret ])), 403, 'the secret behind the file');
	status_is($send->(multipart('----b0', [ csrf => 'no' ], [ file => 'x', 'f' ])), 403, 'a wrong secret');
	status_is($send->(multipart('----b0', [ key => 'k' x 22 ])), 403, 'no secret at all');
	my $whole = multipart('----b0', [ csrf => $secret ], [ file => 'y' x 100_000, 'f' ]);
	status_is($send->(substr($whole, 0, 50_000), length => length $whole), 400, 'cut in the file');
	status_is($send->(substr($whole, 0, length($whole) - 6)), 400, 'cut in the last boundary');
	status_is($send->('nothing'), 400, 'no part');
	status_is($send->($whole, type => 'multipart/form-data'), 400, 'no boundary');
	status_is($send->($whole, type => 'application/x-www-form-urlencoded'), 400, 'another type');
	status_is($send->($whole, more => [ HTTP_ORIGIN => 'https://evil.example' ]), 403, 'from another site');
	unchanged('refused uploads');
};

sub sum { use integer; my $s = 0; $s = ($s * 31 + $_) & 0xffffffff for unpack 'C*', $_[0]; return $s }

subtest 'files' => sub {
	my $content = slurp($file);
	my $get = sub { my ($range, $query) = @_; return $m->get('/file' . ($query // ''), as => 'alice', more => [ $range ? (HTTP_RANGE => $range) : () ]) };
	my $a = $get->();
	is($a->{body}, $content, 'the whole');
	is(header($a, 'content-length'), 200_000, 'with its length');
	is(header($a, 'accept-ranges'), 'bytes', 'ranges are possible');
	is(header($a, 'x-content-type-options'), 'nosniff', 'nobody guesses its type');
	my %cases = ('bytes=0-0' => [ 0, 1 ], 'bytes=100-199' => [ 100, 100 ], 'bytes=199999-' => [ 199_999, 1 ], 'bytes=-5' => [ 199_995, 5 ],
		'bytes=5000-999999999' => [ 5000, 195_000 ], 'bytes=1-130000' => [ 1, 130_000 ]);
	for my $range (sort keys %cases) {
		my ($from, $n) = @{ $cases{$range} };
		my $b = $get->($range);
		status_is($b, 206, $range);
		is($b->{body}, substr($content, $from, $n), 'the bytes');
		is(header($b, 'content-range'), sprintf('bytes %d-%d/200000', $from, $from + $n - 1), 'and which they are');
	}
	for my $range ('bytes=200000-', 'bytes=-0') {
		my $b = $get->($range);
		status_is($b, 416, $range);
		is(header($b, 'content-range'), 'bytes */200000', 'says how long it is');
	}
	status_is($get->($_), 200, "$_ gives the whole") for 'bytes=0-1,5-6', 'lines=1-2', 'bytes=x-', 'bytes=5-1', 'bytes=' . '0-1,' x 5000;
	my $name = $get->('', '?name=%22a%3Bb%22%20%ED%95%9C%5C..%2Fx%0D%0Ay');
	is(header($name, 'content-disposition'), q{attachment; filename="_a_b_ ____.._x__y"; filename*=UTF-8''%22a%3Bb%22%20%ED%95%9C%5C..%2Fx%0D%0Ay}, 'a name with everything');
};

subtest 'replies' => sub {
	my $j = $m->get('/me', as => 'alice', more => [ HTTP_ACCEPT => 'application/json' ]);
	is(header($j, 'content-type'), 'application/json', 'JSON by Accept');
	is(decode_json($j->{body})->{user}, 'alice', 'the same model');
	is(decode_json($m->get($_, as => 'alice')->{body})->{said}, 'Alice', $_) for '/me.json', '/me?format=json';
	like(header($m->get('/me', as => 'alice', more => [ HTTP_ACCEPT => 'text/html,application/json;q=0.9' ]), 'content-type'), qr/html/, 'a browser gets HTML');
	my $e = $m->get('/nothing.json', more => [ HTTP_ACCEPT => 'application/json' ]);
	is(decode_json($e->{body})->{status}, 404, 'an error as JSON');
	my $full = $m->get('/full');
	status_is($full, 503, 'not available');
	is(header($full, 'retry-after'), 5, 'says when to come again');
	like($full->{body}, qr/The disk is full\./, 'and why');
	my $doubled = $m->get('/doubled?a=1&a=2');
	status_is($doubled, 400, 'a doubled query field');
	is(scalar @{ $doubled->{headers}{'content-type'} }, 1, 'nothing of the other answer is left');
	unlike($doubled->{head}, qr/__Host-echo/, 'no cookie of it either');
	is($m->get('/header?value=a%0D%0AX-Evil:%201'), undef, 'a header with a line break is never sent');
	status_is($m->get('/'), 200, 'and the module lives');
	for my $n (0, 1, 7999, 8000, 8001, 61440, 61441, 1_000_000) {
		my $large = $m->get("/large?n=$n");
		is(length $large->{body}, $n, "an answer of $n bytes");
		is($large->{ended}, 1, 'ends well');
	}
	is($m->get('/large?n=1000000')->{body}, join('', map { chr(97 + $_ % 26) } 0 .. 999_999), 'byte for byte');
	my $kept = $m->connect;
	is(join(' ', map { length(($m->get("/large?n=$_", on => $kept, keep => 1) // {})->{body} // '') } 20_000, 100, 100_000), '20000 100 100000', 'one after the other over one connection');
	my $line = $m->get("/nothing/%1B%5B31m%0Afake");
	unlike($m->log_text, qr/\x1b|^fake/m, 'nobody writes their own lines into the log');
};

like(slurp("$dir/tick"), qr/tick/, 'the tick runs');
my $routes = `$echo --routes`;
like($routes, qr/^GET \/ public - Greets$/m, '--routes prints the routes');
like($routes, qr/^POST \/form user jobs /m, 'with role and scope');
unlike($m->log_text, qr/ERROR: \w+Sanitizer|runtime error/, 'no report of a sanitizer');
done_testing();
