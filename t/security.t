#!/usr/bin/perl
# Hostile text wherever somebody may put some, seen on every page that shows it; and no GET that changes anything.
use strict;
use warnings;
use utf8;
use Encode;
use IO::Socket::SSL ();
use JSON::PP;
use Naru::Pages qw(routes faults);
use Naru::Test qw(output spew wait_until);
use Socket qw(:DEFAULT IPPROTO_TCP TCP_MAXSEG);
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site;
my %hostile = (
	element => '<script>alert(1)</script><iframe src=x></iframe>', attribute => q{" onx="alert(1)" '><img src=x onerror=alert(1)>}, address => 'javascript:alert(1)',
	escape => "\e[31mred\e]0;title\a", turned => "abc\x{202e}fdp.exe", lines => "two\nSet-Cookie: x=y\r\n\r\n<b>", invalid => "bad\xff\xfe\xc0\xaf\xed\xa0\x80", long => 'n' x 255,
);

# The bytes of one; all but `invalid` are UTF-8.
sub bytes_of { my ($kind) = @_; return $kind eq 'invalid' ? $hostile{$kind} : encode('UTF-8', $hostile{$kind}) }

# A page as a browser and as a script get it; true when both are sound.
sub sound {
	my ($mech, $path, $name) = @_;
	my $page = $mech->clone;
	$page->cookie_jar($mech->cookie_jar);
	$page->get($site->url($path), Accept => 'text/html', 'Accept-Language' => 'en');
	my $body = $page->response->content;
	my @faults;
	push @faults, 'status ' . $page->status unless $page->status =~ /^(?:200|404|422)$/;
	push @faults, 'not UTF-8' unless eval { decode('UTF-8', my $copy = $body, Encode::FB_CROAK); 1 };
	push @faults, 'control bytes: ' . unpack 'H*', $1 if $body =~ /([\x00-\x08\x0b\x0c\x0e-\x1f\x7f])/;
	push @faults, 'turned around' if $body =~ /\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]/;
	push @faults, 'a foreign element' if $body =~ /<(?:b|img)\b[^>]*(?:src=x|>\s*$)/;
	push @faults, 'a foreign header' if defined $page->response->header('Set-Cookie') && $page->response->header('Set-Cookie') =~ /^x=/;
	push @faults, faults(Encode::decode('UTF-8', $body), 'en');
	my ($status, $data, $response) = $site->api($mech, GET => $path);
	push @faults, "JSON $status" unless ref $data;
	push @faults, 'JSON is not JSON' unless ($response->header('Content-Type') // '') =~ m{^application/json};
	is(join("\n", @faults), '', $name) or diag substr $body, 0, 200;
	return ($body, $data);
}

my %mech = map { $_ => $site->signed_in($_) } qw(alice carol);
my $alice = $mech{alice};

subtest 'names of files and folders, and what is in them' => sub {
	my ($uid, $gid) = (stat $site->base . '/home/alice')[4, 5];
	my $folder = $site->base . '/home/alice/hostile';
	mkdir $folder;
	for my $kind (sort keys %hostile) {
		my $name = bytes_of($kind) =~ s{/}{|}gr;
		$name = substr $name, 0, 255;
		mkdir "$folder/d" . substr($name, 0, 250);
		spew("$folder/$name", bytes_of($kind) . "\n");
		spew("$folder/d" . substr($name, 0, 250) . '/inside', 'x');
	}
	output('chown', '-R', "$uid:$gid", $folder);
	my (undef, $list) = sound($alice, '/files/in/home/hostile', 'the folder');
	is(scalar @{ $list->{rows} // [] }, 2 * keys %hostile, 'shows all of them');
	for my $row (@{ $list->{rows} // [] }) {
		my $url = $row->{url};
		sound($alice, $url, "page of $url");
		for my $verb (qw(rename delete)) {
			sound($alice, $url =~ s{^/files/in/}{/files/do/$verb/}r, "$verb it");
		}
	}
	for my $query ('match=%3Cscript%3E%1b%22+onx%3D', "match=%e2%80%ae", 'order=%3Cb%3E', 'after=%22%3E%3Cscript%3E') {
		sound($alice, "/files/in/home/hostile?$query", "with $query");
	}
	output('rm', '-rf', $folder);
};

subtest 'jobs of plain sbatch' => sub {
	my $home = $site->base . '/home/alice';
	my %job;
	for my $kind (sort keys %hostile) {
		my $text = bytes_of($kind);
		my $script = "$home/hostile.sh";
		spew($script, "#!/bin/sh\nprintf '%b' '" . join('', map { sprintf '\\0%03o', ord } split //, $text) . "\\n'\n# @{[ $text =~ s/[\r\n]+/ /gr ]}\n"); # sbatch refuses CR
		chmod 0755, $script;
		my ($id) = $site->slurm('as', 'alice', 'sbatch', '--parsable', '-A', 'physics', '-D', $home, '-J', $text, "--comment=$text", '-o', "$home/hostile-%j.out", $script) =~ /^(\d+)/m;
		ok($id, "$kind: taken") and $job{$kind} = $id;
	}
	ok(wait_until(60, sub { !grep { $site->job_state($_) !~ /COMPLETED|FAILED/ } values %job }), 'they end');
	my $newest = (sort { $b <=> $a } values %job)[0];
	ok(wait_until(10, sub { ($site->api($alice, GET => "/jobs/demo/$newest"))[0] == 200 }), 'and are known');
	sound($alice, '/jobs', 'the list');
	sound($alice, '/jobs?match=' . '%3Cscript%3E%1b%22+onx%3D', 'a search');
	sound($alice, '/', 'the dashboard');
	for my $kind (sort keys %job) {
		sound($alice, "/jobs/demo/$job{$kind}", "job: $kind");
		sound($alice, "/jobs/new?again=demo/$job{$kind}", "again: $kind");
		my ($status, undef, $script) = $site->api($alice, GET => "/jobs/demo/$job{$kind}/script");
		like($status, qr/^(?:200|404)$/, 'its script');
		like($script->header('Content-Type') // '', qr{^(?:text/plain|application/(?:json|octet-stream))}, 'is inert');
	}
	unlink "$home/hostile.sh", glob "$home/hostile-*.out";
};

subtest 'words of administrators and of browsers' => sub {
	for my $kind (sort keys %hostile) {
		my $text = bytes_of($kind);
		my ($status) = $site->api($mech{carol}, POST => '/notices', { title => substr($text, 0, 100), body => $text });
		like($status, qr/^(?:303|400|422)$/, "$kind as a notice: $status");
	}
	sound($alice, '/notices', 'the notices');
	sound($alice, '/', 'the dashboard');
	sound($mech{carol}, '/notices', 'the notices as an administrator');
	for my $kind (grep { $_ ne 'lines' } sort keys %hostile) {
		my $other = $site->mech(agent => bytes_of($kind));
		ok($site->sign_in($other, 'alice'), "a browser of the name $kind");
		sound($other, '/account/sessions', 'the list of sessions');
	}
};

subtest 'what comes back to who sent it' => sub {
	for my $kind (sort keys %hostile) {
		my $coded = join '', map { sprintf '%%%02X', ord } split //, bytes_of($kind);
		my ($status, $headers, $body) = $site->http(GET => "/sign-in?next=$coded", Cookie => "__Host-naru-flash=$coded");
		like($status, qr/^(?:200|400)$/, "a message and a way back of others: $kind");
		unlike($body, qr/<script|<iframe|<img|onx="|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80\xae|value="javascript:/, 'are text');
		ok(!exists $headers->{'set-cookie'} || $headers->{'set-cookie'} !~ /^x=/m, 'and no header');
		($status, $headers) = $site->http(GET => "/nothing/$coded");
		like($status, qr/^(?:400|404)$/, 'an address that is none');
		my ($id) = $alice->cookie_jar->as_string =~ /__Host-naru=([^;\s]+)/;
		($status, undef, $body) = $site->http(GET => "/jobs/demo/$coded", Cookie => "__Host-naru=$id");
		like($status, qr/^(?:400|404)$/, 'a job that is none');
		unlike($body, qr/<script>alert|<iframe|<img|onx="|\e|\xe2\x80\xae/, 'is not repeated');
	}
	for my $next ('//evil.example', '/\\evil.example', '/%09/evil.example', '/%0a/evil.example', 'https://evil.example', '/..//evil.example', "%2F%5Cevil.example", '///evil.example') {
		my $mech = $site->mech;
		$mech->get($site->url("/sign-in?next=$next"));
		$mech->requests_redirectable([]);
		$mech->submit_form(with_fields => { user => 'alice', password => $Naru::Test::password{alice} });
		my $to = $mech->response->header('Location') // '';
		like($to, qr{^/(?![/\\])[\x21-\x7e]*$}, "next=$next leads to a path of ours") or diag $to;
	}
};

subtest 'other ways to send a form' => sub {
	my ($id) = $alice->cookie_jar->as_string =~ /__Host-naru=([^;\s]+)/;
	my $csrf = $site->csrf($alice);
	my @session = (Cookie => "__Host-naru=$id");
	my $count = sub { scalar @{ ($site->api($alice, GET => '/account/tokens'))[1]{rows} // [] } };
	my $before = $count->();
	my $form = "csrf=$csrf&key=0123456789abcdef&label=x&scope=read&days=7";
	my %try = (
		'text/plain' => $form, 'application/json' => qq({"csrf":"$csrf","label":"x"}), 'application/x-www-form-urlencoded; charset=utf-7' => 'label=x&scope=read&days=7',
		'multipart/form-data; boundary=b' => "--b\r\nContent-Disposition: form-data; name=\"label\"\r\n\r\nx\r\n--b--\r\n", '' => $form,
	);
	for my $type (sort keys %try) {
		my ($status) = $site->http(POST => '/account/tokens', @session, ($type ? ('Content-Type' => $type) : ()), $try{$type});
		like($status, qr/^4(?:00|03|15)$/, "type '$type': $status");
	}
	for my $override ([ 'X-HTTP-Method-Override' => 'POST' ], [ 'X-Method-Override' => 'POST' ], [ 'X-HTTP-Method' => 'POST' ]) {
		my ($status) = $site->http(GET => "/account/tokens?$form&_method=POST", @session, @$override);
		like($status, qr/^(?:200|4\d\d)$/, "$override->[0] means nothing");
	}
	like(($site->http($_ => '/account/tokens', @session))[0], qr/^40[05]$/, "$_ is no method") for qw(PUT DELETE PATCH OPTIONS PROPFIND);
	is($count->(), $before, 'and nothing was made');
	like(($site->http(GET => '/', Cookie => "__Host-naru=$id; x=" . 'y' x 15_000))[0], qr/^(?:200|400|494)$/, 'a very long cookie');
	is(($site->http(GET => '/', Cookie => "__Host-naru=$id; __Host-naru-flash=" . '%41' x 2000))[0], 200, 'a long message');
};

# A visitor who sends a request and then takes next to nothing of the answer, over a link of small packets.
sub slow_reader {
	my ($request) = @_;
	socket(my $tcp, PF_INET, SOCK_STREAM, 0) or die;
	setsockopt $tcp, SOL_SOCKET, SO_RCVBUF, 2048;
	setsockopt $tcp, IPPROTO_TCP, TCP_MAXSEG, 536;
	connect $tcp, sockaddr_in($site->port, inet_aton('127.0.0.1')) or die;
	my $socket = IO::Socket::SSL->start_SSL($tcp, SSL_verify_mode => 0) or die;
	print $socket $request;
	return $socket;
}

subtest 'long pages that are read slowly' => sub {
	my ($id) = $alice->cookie_jar->as_string =~ /__Host-naru=([^;\s]+)/;
	my $body = Naru::Test::form_encode({ csrf => $site->csrf($alice), key => Naru::Test::random_key() }) . "&script=%23!/bin/sh%0A%23SBATCH+--no-such-option%0A" . '<' x 1_000_000;
	my @held = map { slow_reader("POST /jobs?cluster=demo HTTP/1.1\r\nHost: localhost:" . $site->port . "\r\nCookie: __Host-naru=$id\r\n"
		. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " . length($body) . "\r\n\r\n$body") } 1 .. 8;
	sysread $held[0], my $head, 64;
	like($head, qr{^HTTP/1.1 422}, 'a page of four megabytes comes back') or diag $head;
	my $begun = time;
	my ($status) = $site->api($mech{carol}, GET => '/jobs');
	is($status, 200, 'others have their pages');
	cmp_ok(time - $begun, '<', 5, 'without waiting');
	close $_ for @held;
};

# All databases and the users' files as text, without what changes by itself: when somebody was last seen, and what the scheduler says.
sub state_of {
	my ($site) = @_;
	my (undef, $all) = output('sh', '-c', 'cd "$1" && find home scratch -printf "%p %s %m %u %T@ %C@\n" | sort', 'sh', $site->base);
	for my $env (qw(accounts portal audit files)) {
		my ($status, $text) = output($site->_env, 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', $env);
		is($status, 0, "$env can be read") or diag $text;
		$text =~ s/"seen":\s*"?[^,}]*//g;
		$text =~ s/"used":\s*"?[^,}]*//g;
		$all .= $text;
	}
	return $all;
}

subtest 'no GET changes anything' => sub {
	my $own = Naru::Test->site(private => 1, slurm => 0); # nobody else changes it
	my %who = (nobody => $own->mech, map { $_ => $own->signed_in($_) } qw(dave alice carol));
	my @routes = grep { $_->{path} !~ m{^/(?:_auth|sign-in-needed)} } routes($own);
	$own->api($who{$_}, GET => '/') for sort keys %who;
	my $before = state_of($own);
	my $n = 0;
	for my $route (@routes) {
		my $path = $route->{path};
		$path =~ s{:cluster/:id}{demo/1};
		$path =~ s{:place}{home};
		$path =~ s{[:*]\w+}{x}g;
		for my $who (sort keys %who) {
			$own->api($who{$who}, GET => "$path?csrf=" . ($own->csrf($who{$who}) // '') . '&key=0123456789abcdef&lang=ko&label=x&scope=read&days=7&title=x&body=x&name=x&job=demo/1');
			$n++;
		}
	}
	cmp_ok($n, '>', 150, "$n addresses were visited");
	is(state_of($own), $before, 'the databases are as they were');
	$own->finish;
};

$site->finish;
done_testing;
