# The edge: what nginx lets through, to whom, and what it says itself. Modules
# are fakes that print what they are told, so that nothing but nginx is tested.
use strict;
use warnings;
use JSON::PP;
use Naru::Fake;
use Naru::Test qw(output slurp wait_until);
use Test::More;

my $site = Naru::Test->site(fakes => 1, slurm => 0, rate => 20, alerts => qr/connect\(\) to unix/);
my $base = $site->base;
my $origin = 'localhost:' . $site->port;
my (%fake, @modules);

sub echo {
	my ($name) = @_;
	return sub {
		my ($params, $body) = @_;
		my %said = map { $_ => $params->{$_} } grep { /^NARU_|^HTTP_|^REMOTE|^REQUEST|_URI$|^CONTENT/ } keys %$params;
		return "Status: 200\r\nContent-Type: application/json\r\n\r\n" . encode_json({ module => $name, params => \%said, body => $body });
	};
}

my %who = (user => 'alice', uid => 20001, gid => 30000, role => 'user', csrf => 'c5rf', session => 't4g', via => 'session', lang => 'en');
sub identity { my (%h) = @_; return join '', "Status: 200\r\n", (map { 'Naru-' . ucfirst($_) . ": $h{$_}\r\n" } sort keys %h), "\r\n" }

# account: the cookie says how it answers.
sub account {
	my ($params) = @_;
	my $cookie = $params->{HTTP_COOKIE}[0] // '';
	my $path = $params->{DOCUMENT_URI}[0];
	if ($path !~ m{^/_auth/}) {
		return "Status: 303\r\nLocation: /sign-in?next=" . ($params->{NARU_URI}[0] // '?') . "\r\n\r\n" if $path eq '/sign-in-needed';
		return echo('account')->(@_);
	}
	return "Status: 403\r\nContent-Type: text/plain\r\n\r\nno" if grep { @{ $params->{$_} } != 1 } grep { /^NARU_/ } keys %$params;
	return identity(%who) if $cookie =~ /__Host-naru=alice/;
	return identity(%who, user => 'bob') if $cookie =~ /__Host-naru=bob/;
	return "Status: 200\r\n\r\n" if $cookie =~ /=nobody/;
	return "Status: 302\r\nLocation: /\r\nNaru-User: root\r\n\r\n" if $cookie =~ /=found/;
	return "Status: 500\r\nNaru-User: root\r\n\r\n" if $cookie =~ /=broken/;
	return "Status: 403\r\nNaru-User: root\r\n\r\n" if $cookie =~ /=forbidden/;
	return undef if $cookie =~ /=silent/;
	sleep 10 if $cookie =~ /=slow/;
	return "Status: 401\r\n\r\n";
}

for my $dir (glob "$base/run/*/") {
	my ($name) = $dir =~ m{/([a-z]+)/$};
	next unless -f "$base/etc/nginx/modules/$name.conf";
	push @modules, $name unless $name eq 'account';
	$fake{$name} = Naru::Fake->start("$base/run/$name/sock", $name eq 'account' ? \&account : echo($name));
}

# Locations of the generated configuration: path => [module, public].
my (%guarded, %public);
for my $file (glob "$base/etc/nginx/modules/*.conf") {
	my $path;
	for (split /\n/, slurp($file)) {
		$path = $1 if /^location (?:= )?(\S+)/;
		$guarded{$path} = $1 if m{/guard/(\w+);};
		$public{$path} = $1 if m{/open/(\w+);};
	}
}
ok(keys %guarded > 5, 'there are guarded locations');

my @alice = (Cookie => '__Host-naru=alice');
my $pause = sub { select undef, undef, undef, 0.06 };
sub said { my (@request) = @_; $pause->(); my ($status, $h, $body) = $site->http(@request); return ($status, scalar(eval { decode_json($body) }), $h, $body) }

# ---- identity ---------------------------------------------------------------------------------
my ($page) = grep { $guarded{$_} ne 'account' && $_ =~ m{^/[a-z]+/?$} } sort keys %guarded;
my $module = $guarded{$page};
my ($status, $plain) = said(GET => $page, @alice);
is($status, 200, "$page answers alice");
is($plain->{params}{NARU_USER}[0], 'alice', 'the module hears of alice');
is($plain->{params}{NARU_IDENTITY}[0], '1', 'and that it is an identity');
is(scalar(grep { @{ $plain->{params}{$_} } != 1 } grep { /^NARU_/ } keys %{ $plain->{params} }), 0, 'each identity parameter comes once');
is(join(' ', sort map { s/^NARU_//r } grep { /^NARU_/ } keys %{ $plain->{params} }),
	'CONTRACT CSRF ERRAND GID GROUPS IDENTITY LANG NAME PROOF ROLE SCOPE SESSION TICKET TOKEN UID USER VIA', 'and they are these');

my @forged;
for my $name ('X-User', 'X-Naru-User', 'Naru-User', 'NARU_USER', 'naru_user', 'Naru_User', 'Remote-User', 'REMOTE_USER', 'X-Remote-User', 'X-Forwarded-User', 'NARU-IDENTITY', 'Naru-Uid', 'naru_uid', 'NARU_PROOF') {
	push @forged, $name => 'root';
}
my (undef, $forged) = said(GET => $page, @alice, @forged);
is_deeply({ map { $_ => $forged->{params}{$_} } grep { /^(NARU_|REMOTE_)/ } keys %{ $forged->{params} } },
	{ map { $_ => $plain->{params}{$_} } grep { /^(NARU_|REMOTE_)/ } keys %{ $plain->{params} } }, 'headers of the visitor change no identity');
is((said(GET => $page, @forged))[0], 303, 'and give none');
is((said(GET => $page, Authorization => 'Basic YWRtaW46eA=='))[0], 303, 'a basic authorization has no effect');
my (undef, $auth) = said(GET => $page, @alice, Authorization => 'Bearer secret');
is($auth->{params}{HTTP_AUTHORIZATION}[0] // '', '', 'the token of a visitor reaches account alone');
is((said(GET => $page, @alice, 'NARU_USER' => 'root', 'HTTP_NARU_USER' => 'root'))[1]{params}{NARU_USER}[0], 'alice', 'names with underscores are dropped');

# ---- answers of account that are none --------------------------------------------------------------
my ($s, $data) = said(GET => $page, Cookie => 'x=nobody');
ok($s == 200 && $data->{params}{NARU_USER}[0] eq '', 'a yes without a name reaches the module as nobody, which it refuses');
for my $case ([ found => 500 ], [ broken => 500 ], [ silent => 500 ], [ forbidden => 403 ]) {
	my ($code, undef, $h, $text) = said(GET => $page, Cookie => "x=$case->[0]");
	is($code, $case->[1], "account answers '$case->[0]': $case->[1]");
	unlike($text, qr/"module"/, 'the module is not asked');
}
my $start = time;
my ($code, undef, undef, $text) = said(GET => $page, Cookie => 'x=slow');
ok($code >= 500 && time - $start <= 6, 'a slow account: an error within six seconds') or diag "$code after " . (time - $start);
unlike($text, qr/"module"/, 'and no module');

# ---- locations without a cookie -----------------------------------------------------------------------
for my $path (sort keys %guarded) {
	my ($got, undef, $h, $body) = said(GET => $path);
	# Where only programs come, they are told so.
	my $want = slurp("$base/etc/nginx/guard/$guarded{$path}") =~ /errors-programs/ ? 401 : 303;
	is($got, $want, "$path without a cookie leads to " . ($want == 303 ? 'the sign-in' : 'a question'));
	unlike($body, qr/"module"/, 'and not to the module');
	my ($post) = said(POST => $path, 'Content-Type' => 'text/plain', 'hello');
	is($post, $want, 'a POST neither');
}
for my $path (sort keys %public) {
	my ($got, $answer) = said(GET => $path, @forged);
	is($got, 200, "$path is public");
	is(join('', map { @{ $answer->{params}{$_} } } grep { /^NARU_/ && $_ ne 'NARU_IDENTITY' } keys %{ $answer->{params} }), '', 'and its module hears of nobody');
	is($answer->{params}{NARU_IDENTITY}[0], '0', 'in so many words');
}
is((said(GET => "/_auth/$module", @alice))[0], 404, 'the question to account cannot be asked from outside');
is((said(GET => '/sign-in-needed'))[0], 404, 'nor its answer');
is((said(GET => '/static/error/404.html'))[0], 404, 'nor the error pages by name');

# ---- other ways to write a path ---------------------------------------------------------------------
my ($folder) = grep { m{^/[a-z]+/$} && $guarded{$_} ne 'account' } sort keys %guarded;
my $word = $folder =~ s{/}{}gr;
my $coded = sprintf '%%%02x%s', ord $word, substr $word, 1;
for my $path ("/static/..$folder" . 'x', "//${word}/x", "/$coded/x", "/./$word/x", "/%2e/$word/x", "/nothing/..%2f$word/x", "/static/%2e%2e/$word/x") {
	my ($without) = said(GET => $path);
	my ($with, $answer) = said(GET => $path, @alice);
	ok($without =~ /^(303|400|404)$/, "$path without a cookie: $without");
	ok($with =~ /^(200|400|404)$/ && (!$answer || $answer->{params}{NARU_USER}[0] eq 'alice'), "and with alice's: $with, as alice");
}
for my $path ("/$word%2f", "/$word%00", "/sign-in/..%2f$word/", "/sign-in/../$word/") {
	my ($without, $answer) = said(GET => $path);
	ok($without =~ /^(303|400|404)$/ && !$answer, "$path without a cookie: $without");
}

# ---- methods, hosts, headers --------------------------------------------------------------------------
is((said(TRACE => $page, @alice))[0], 405, 'TRACE is refused');
is((said(BREW => '/static/naru.css'))[0], 405, 'an unknown method on a file is refused');
is((said(POST => '/static/naru.css', 'x'))[0], 405, 'a POST to a file too');
my ($auth_seen) = said(POST => $folder, @alice, 'Content-Type' => 'text/plain', 'body of the post');
is($auth_seen, 200, 'a POST with a body passes the question');
is((said(POST => $folder, @alice, 'body of the post'))[1]{body}, 'body of the post', 'and the module has the body');
for my $host ('evil.example', 'localhost.evil.example', 'evil.example:443', '127.0.0.1', '[::1]') {
	my ($got, undef, $h, $body) = said(GET => '/', Host => $host);
	is($got, 421, "Host: $host is answered 421");
	unlike($body . join('', %$h), qr/\Q$host\E/, 'and not reflected');
}
is((said(GET => '/', Host => $origin, Host => 'evil.example'))[0], 400, 'two Hosts: 400');
like($site->raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), qr{^HTTP/1.1 400}, 'no Host: 400');
like($site->raw("GET / HTTP/1.0\r\n\r\n"), qr{^HTTP/1.1 421}, 'no Host in HTTP/1.0: 421');
like($site->raw("GET $page HTTP/1.1\r\nHost: $origin\r\nX-A: b\nNaru-User: root\r\nConnection: close\r\n\r\n"), qr{^HTTP/1.1 (303|400)}, 'a bare line feed gives no identity');
like($site->raw("GET $page HTTP/1.1\r\nHost: $origin\r\nX-A: b\0c\r\nConnection: close\r\n\r\n"), qr{^HTTP/1.1 400}, 'a NUL in a header: 400');
like($site->raw("POST $folder HTTP/1.1\r\nHost: $origin\r\nCookie: __Host-naru=alice\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"), qr{^HTTP/1.1 400}, 'two lengths: 400');
is((said(GET => "/$word/" . 'x' x 40000, @alice))[0], 414, 'an endless path: 414');
is((said(POST => $page, @alice, 'Content-Length' => 3_000_000, ''))[0], 413, 'a body over the limit: 413');
my @uploads = grep { m{/upload/$} } keys %guarded;
for my $path (@uploads) {
	my $answer = $site->raw("POST ${path}x HTTP/1.1\r\nHost: $origin\r\nCookie: __Host-naru=alice\r\nContent-Length: 3000000\r\nConnection: close\r\n\r\n" . 'x' x 3_000_000);
	like($answer, qr{^HTTP/1.1 200}, "but $path takes it");
}
my $large = $site->raw("POST /jobs HTTP/1.1\r\nHost: $origin\r\nCookie: __Host-naru=alice\r\nContent-Length: 5000000\r\nConnection: close\r\n\r\n" . 'x' x 5_000_000);
like($large, qr{^HTTP/1.1 200}, 'and a path that asks for it takes a larger body');

# ---- headers of every answer --------------------------------------------------------------------------------
my %wanted = (
	'content-security-policy' => qr/^default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
	'x-content-type-options' => qr/^nosniff$/, 'referrer-policy' => qr/^same-origin$/, 'cross-origin-opener-policy' => qr/^same-origin$/,
	'cross-origin-resource-policy' => qr/^same-origin$/, 'strict-transport-security' => qr/^max-age=\d{7,}$/,
);
sub headers_good {
	my ($what, $h, $cache) = @_;
	my @missing = grep { ($h->{$_} // '') !~ $wanted{$_} } sort keys %wanted;
	push @missing, 'cache-control' unless ($h->{'cache-control'} // '') =~ $cache;
	is("@missing", '', "$what: security headers");
	is($h->{server} // '', 'nginx', 'and no version');
}
for my $case ([ 200, $page, @alice ], [ 303, $page ], [ 404, '/nothing/here' ], [ 403, $page, Cookie => 'x=forbidden' ], [ 500, $page, Cookie => 'x=broken' ],
	[ 421, '/', Host => 'evil.example' ], [ 400, '/', Host => $origin, Host => 'two' ]) {
	my ($want, $path, @more) = @$case;
	my ($got, undef, $h, $body) = said(GET => $path, @more);
	is($got, $want, "$want for $path");
	headers_good($got, $h, qr/^no-store$/);
	next if $want < 400;
	like($body, qr/lang="ko"/, 'the page of the error speaks Korean too');
	unlike($body, qr/<script|nginx/i, 'has no script and names no server');
}
my (undef, undef, $css) = said(GET => '/static/naru.css');
headers_good('a static file', $css, qr/^public, max-age=\d+$/);
$fake{$module}->stop;
my ($gone, undef, $gone_headers) = said(GET => $page, @alice);
is($gone, 502, 'a module that is gone: 502');
headers_good(502, $gone_headers, qr/^no-store$/);
$fake{$module} = Naru::Fake->start("$base/run/$module/sock", sub {
	return "Status: 200\r\nX-Accel-Redirect: /_auth/$module\r\nX-Accel-Limit-Rate: 1\r\nCache-Control: public\r\nX-Content-Type-Options: maybe\r\nContent-Type: text/plain\r\n\r\nmine";
});
my ($mine, undef, $mine_headers, $mine_body) = said(GET => $page, @alice);
is($mine_body, 'mine', 'X-Accel-Redirect of a module is ignored');
headers_good('a module with headers of its own', $mine_headers, qr/^no-store$/);

# ---- limits ------------------------------------------------------------------------------------------------------
sub burst {
	my ($n, $cookie) = @_;
	my (undef, $codes) = output('curl', '-sk', '--parallel', '--parallel-max', 20, '-o', '/dev/null', '-w', '%{http_code}\n', '-H', "Cookie: __Host-naru=$cookie",
		$site->url("/notices/[1-$n]"));
	my %count;
	$count{$_}++ for split /\n/, $codes;
	return \%count;
}
my $many = burst(200, 'alice');
ok(($many->{429} // 0) > 20, '200 requests at once from one session: some are refused with 429') or diag explain $many;
my $few = burst(10, 'bob');
is($few->{429} // 0, 0, 'and none of another session') or diag explain $few;

# ---- TLS --------------------------------------------------------------------------------------------------------------
my $tls = sub { return (output('sh', '-c', "echo | openssl s_client -connect 127.0.0.1:" . $site->port . " @_ 2>&1"))[1] };
like($tls->('-tls1_2'), qr/Protocol\s*: TLSv1\.2/, 'TLS 1.2');
like($tls->('-tls1_3'), qr/TLSv1\.3/, 'TLS 1.3');
unlike($tls->('-tls1_1 -cipher ALL@SECLEVEL=0'), qr/Cipher is [A-Z]+-/, 'not TLS 1.1');
like((output('curl', '-sk', '-o', '/dev/null', '-w', '%{http_version}', $site->url('/static/naru.css')))[1], qr/^2/, 'HTTP/2');
like($tls->('-servername localhost </dev/null | openssl x509 -noout -ext subjectAltName'), qr/DNS:localhost.*DNS:\*\.apps\.localhost.*127\.0\.0\.1/, 'names of the certificate');

# ---- lint ------------------------------------------------------------------------------------------------------------------
my ($lint, $report) = output("$Naru::Test::top/ops/lint-nginx", "$base/etc/nginx/nginx.conf");
is($lint, 0, 'the lint passes the configuration') or diag $report;
Naru::Test::spew("$base/etc/nginx/bad", "proxy_pass http://127.0.0.1:9;\n");
for my $case (
	[ 'a fastcgi_param in a location', "location = /bad { include $base/etc/nginx/guard/$module; fastcgi_param NARU_USER root; }" ],
	[ 'a regular expression', "location ~ /bad { include $base/etc/nginx/guard/$module; }" ],
	[ 'a prefix without a slash', "location /bad { include $base/etc/nginx/guard/$module; }" ],
	[ 'a location without identity', "location /bad/ { include $base/etc/nginx/to/account; }" ],
	[ 'a rewrite', 'rewrite /a /b;' ], [ 'an alias', 'location /bad/ { alias /tmp/; }' ], [ 'an if', 'if ($a) { return 200; }' ],
	[ 'a way to an app past account', "location /bad/ { include $base/etc/nginx/bad; }" ],
	[ 'a named location', "location \@bad { include $base/etc/nginx/nothing; }" ],
) {
	Naru::Test::spew("$base/etc/nginx/modules/zz-bad.conf", "$case->[1]\n");
	isnt((output("$Naru::Test::top/ops/lint-nginx", "$base/etc/nginx/nginx.conf"))[0], 0, "and refuses $case->[0]");
}
unlink "$base/etc/nginx/modules/zz-bad.conf";
$site->finish;
done_testing;
