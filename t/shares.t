#!/usr/bin/perl
# Sharing, end to end: with people by access control lists that end by themselves, by links with password and count, and folders for uploads only.
use strict;
use warnings;
use utf8;
use Digest::SHA 'sha256_hex';
use Encode 'encode_utf8';
use HTTP::Request::Common ();
use JSON::PP;
use MIME::Base64 'encode_base64';
use POSIX 'strftime';
use Test::More;
use IO::Socket::UNIX;
use Naru::Account 'cookie';
use Naru::FastCGI;
use Naru::Pages 'faults';
use Naru::Test qw(output slurp spew wait_until);

my $site = Naru::Test->site(slurm => 0, private => 1);
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob carol);
my $home = $site->base . '/home/alice';
my ($uid, $gid) = (stat $home)[4, 5];
my ($soon, $sooner) = map { strftime '%Y-%m-%d', localtime time + $_ * 86400 } 5, 2;

sub plant {
	my ($name, $content, $mode) = @_;
	my $path = encode_utf8("$home/$name");
	defined $content ? spew($path, $content) : mkdir $path;
	chown $uid, $gid, $path;
	chmod $mode // (defined $content ? 0600 : 0700), $path;
}
sub get { my ($who, $path) = @_; my (undef, $data) = $site->api($mech{$who}, GET => $path); return $data // {} }
sub code { my ($who, $path) = @_; return ($site->api($mech{$who}, GET => $path))[0] }
my %csrf = map { $_ => $site->csrf($mech{$_}) } keys %mech;
sub post { my ($who, $path, $fields) = @_; return $site->api($mech{$who}, POST => $path, { csrf => $csrf{$who}, %{ $fields // {} } }) }
sub led { my ($response) = @_; return ($response->header('Location') // '') =~ s{^https://[^/]+}{}r }
sub share { my ($kind, $path, %fields) = @_; return post('alice', '/shares/new?place=home&path=' . Naru::Test::form_encode({ x => $path }) =~ s/^x=//r . "&kind=$kind", { ends => $soon, %fields }) }
# Can this user of the system do it, with a program of their own?
sub can { my ($who, @command) = @_; return (output('setpriv', "--reuid=$who", '--regid=' . (getpwnam $who)[3], '--init-groups', @command))[0] == 0 }
sub mode { return sprintf '%04o', (stat encode_utf8("$home/$_[0]"))[2] & 07777 }
sub people { my ($path, %fields) = @_; my ($status, $data, $response) = share(people => $path, with => 'user', who => 'bob', right => 'read', %fields); return ($status, $data, $status == 303 ? led($response) : '') }
sub mine { my ($name) = @_; my ($m) = grep { $_->{name} eq $name && $_->{state} eq 'Shared' } @{ get('alice', '/shares')->{mine} // [] }; return $m // {} }
# One who has no account: (status, headers, body).
sub visit { my ($path, @headers) = @_; return $site->http(GET => $path, @headers) }
sub token { my ($status, $data) = share(@_); is($status, 200, "a link to $_[1]") or diag explain $data; return ($data->{link} // '') =~ m{^https://localhost:\d+/s/([A-Za-z0-9_-]{32})$} ? $1 : '' }
# As after their fifteen minutes.
sub end_connectors { output('pkill', '-KILL', '-P', $site->service_pid('launcher'), '-U', $uid); sleep 1 }
sub audit_has { my (undef, $text) = output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', 'audit'); return $text }

plant('data');
plant('data/one.txt', "first\n");
plant('data/run.sh', "#!/bin/sh\n", 0700);
plant('data/deep');
plant('data/deep/low.txt', "deep\n");
plant('data/한 글.txt', "hangul\n");
plant('alone.txt', "alone\n");
plant('bad.html', '<script>alert(1)</script>');
symlink '../alone.txt', "$home/data/out";
ok(wait_until(10, sub { -s $site->base . '/state/launcher/people' }), 'account tells who may use the portal');

subtest 'account signs leave to act later for a POST alone' => sub {
	my $asked = sub {
		my (%o) = @_;
		my $s = IO::Socket::UNIX->new(Peer => $site->base . '/run/account/sock') or die $!;
		print $s Naru::FastCGI::begin() . Naru::FastCGI::params(REQUEST_METHOD => 'GET', REQUEST_URI => '/_auth/shares', DOCUMENT_URI => '/_auth/shares', QUERY_STRING => '',
			NARU_IDENTITY => 0, NARU_FOR => 'shares', NARU_WANTS => $o{wants} // 'proof errand', NARU_METHOD => $o{method} // 'POST', NARU_HOLDER => $o{holder} // 'shares',
			NARU_URI => '/shares/new', HTTP_COOKIE => '__Host-naru=' . ($o{session} // cookie($mech{alice}, '__Host-naru'))) . Naru::FastCGI::stdin('');
		local $/;
		return (<$s> // '') =~ /^Naru-Errand: ([\w-]+\.[\w-]+)\r?$/m ? $1 : '';
	};
	isnt($asked->(), '', 'for a module that wants it');
	is($asked->(@$_), '', "not for @$_") for [ method => 'GET' ], [ method => 'HEAD' ], [ method => 'PUT' ], [ wants => 'proof' ], [ wants => 'errands' ], [ holder => '' ], [ session => 'x' ];
};

subtest 'the form' => sub {
	$mech{alice}->get($site->url('/shares/new?place=home&path=data'));
	is($mech{alice}->status, 200, 'there');
	is(join("\n", faults($mech{alice}->content, 'en')), '', 'sound');
	is(code('alice', '/shares/new?place=home&path=nothing'), 404, 'not for what is not there');
	is(code('alice', '/shares/new?place=home&path=../bob'), 404, 'nor for what is not hers');
	is((share(link => 'data/out'))[0], 422, 'nor for a link');
	is(code('alice', '/shares/new?place=home&path=alone.txt&kind=drop'), 422, 'nor for uploads into a file');
	for my $case ([ who => 'nobody-here' ], [ who => 'root' ], [ who => 'alice' ], [ with => 'group' ], [ ends => '2020-01-01' ], [ ends => '2099-01-01' ], [ who => '' ], [ right => 'all' ]) {
		my ($status, $data) = people('data', passes => 1, @$case);
		is($status, 422, "@$case");
	}
	my ($status, $data) = people('data');
	is($status, 422, 'her home keeps bob out');
	like(encode_json($data), qr/top folder/, 'which the form says');
	is(mode('data'), '0700', 'nothing was changed');
	spew("$home/roots.txt", "root's\n");
	chmod 0644, "$home/roots.txt";
	($status, $data) = people('roots.txt', passes => 1);
	is($status, 422, 'nor can she share what is another\'s');
	like(encode_json($data), qr/Only its owner/, 'which the form says, too');
};

subtest 'with a colleague' => sub {
	my @before = map { mode($_) } '', 'data', 'data/one.txt', 'data/run.sh', 'data/deep', 'data/deep/low.txt';
	ok(!can(bob => 'cat', "$home/data/one.txt"), 'before, bob cannot read it');
	my ($status, $data, $url) = people('data', later => 1, passes => 1, note => 'for the paper');
	is($status, 303, 'shared') or diag explain $data;
	is(get('alice', $url)->{share}{state}, 'Shared', 'and set at once');
	ok(can(bob => 'cat', "$home/data/one.txt") && can(bob => 'cat', "$home/data/deep/low.txt") && can(bob => 'ls', "$home/data"), 'bob reads it with his own programs');
	ok(can(bob => 'test', '-x', "$home/data/run.sh") && !can(bob => 'test', '-x', "$home/data/one.txt"), 'and runs what alice may run');
	ok(!can(bob => 'ls', $home) && !can(bob => 'cat', "$home/alone.txt"), 'but not the rest of her home');
	ok(!can(bob => 'touch', "$home/data/new") && !can(bob => 'sh', '-c', "echo x >> $home/data/one.txt"), 'nor writes');
	ok(!can(carol => 'cat', "$home/data/one.txt"), 'carol does not');
	plant('data/later.txt', "later\n", 0640);
	output('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups', 'sh', '-c', "umask 022; echo x > $home/data/deep/later2.txt");
	ok(can(bob => 'cat', "$home/data/deep/later2.txt"), 'what comes later is bob\'s to read');
	my ($theirs) = @{ get('bob', '/shares')->{theirs} // [] };
	is($theirs->{name}, 'data', 'bob finds it in his list');
	is($theirs->{whom}, 'alice', 'with her name');
	is($theirs->{where}, "$home/data", 'and where it is');
	$mech{bob}->get($site->url($theirs->{files_url}));
	is($mech{bob}->status, 200, 'and leads to it under Files');
	like($mech{bob}->content, qr/one\.txt.*Home of user alice|Home of user alice.*one\.txt/s, 'where he sees what is in it');
	is((($site->api($mech{bob}, GET => "/files/raw/home\@alice/data/one.txt"))[2])->content, "first\n", 'and downloads');
	my ($copying, $why, $response) = post('bob', '/transfers', { from_place => 'home@alice', from_path => 'data', pick => 'one.txt', place => 'home', folder => '', verb => 'copy', rule => 'rename', verify => 'size', when => 'now' });
	is($copying, 303, 'he copies it to himself') or diag explain $why;
	ok(wait_until(20, sub { -s $site->base . '/home/bob/one.txt' }), 'and has it') or diag explain get('bob', led($response));
	is(code('bob', '/files/in/home@alice'), 403, 'but not the rest');
	is(code('bob', '/files/in/home@alice/alone.txt'), 200, 'of which he may know a name');
	is(code('bob', '/files/raw/home@alice/alone.txt'), 403, 'and nothing more');
	is(code('carol', '/files/in/home@alice/data'), 403, 'carol is kept out');
	is(code('bob', "/files/in/$_"), 404, "no place: $_") for 'home@', 'home@../alice', 'nowhere@alice', 'home@alice@bob', 'home@nobody-here';
	is(scalar @{ get('carol', '/shares')->{theirs} // [ 1 ] }, 0, 'carol finds nothing');
	is(code('bob', $url), 404, 'her page of it is hers alone');
	($status) = people('data/deep', passes => 1);
	is($status, 422, 'a part of it is not shared with him again');
	($status) = post('bob', "$url/end");
	is($status, 404, 'and he cannot end it');
	my ($alone, undef, $other) = people('alone.txt', passes => 1);
	is($alone, 303, 'another file for him');
	ok(can(bob => 'cat', "$home/alone.txt"), 'he reads it');
	($status) = post('alice', "$url/end");
	is($status, 303, 'she ends it');
	ok(!can(bob => 'cat', "$home/data/one.txt") && !can(bob => 'cat', "$home/data/deep/later2.txt") && !can(bob => 'ls', "$home/data"), 'and it is over');
	ok(can(bob => 'cat', "$home/alone.txt"), 'the other file is not: the way to it stays open');
	post('alice', "$other/end");
	ok(!can(bob => 'cat', "$home/alone.txt") && !can(bob => 'stat', "$home/data"), 'until that ends, too');
	is(join(' ', map { mode($_) } '', 'data', 'data/one.txt', 'data/run.sh', 'data/deep', 'data/deep/low.txt'), "@before", 'all is as it was');
	output('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups', 'sh', '-c', "umask 022; echo x > $home/data/deep/after.txt");
	is(mode('data/deep/after.txt'), '0644', 'new files are made as before');
};

subtest 'to write, and with a group' => sub {
	my ($status, undef, $url) = people('data', right => 'write', later => 1, passes => 1);
	is($status, 303, 'to change');
	ok(can(bob => 'sh', '-c', "umask 022; echo bob > $home/data/bobs.txt && echo more >> $home/data/one.txt"), 'bob writes');
	post('alice', "$url/end");
	ok(!can(bob => 'cat', "$home/data/one.txt"), 'over');
	is(get('alice', $url)->{left_over} ? 1 : 0, 1, 'what bob made is bob\'s, and told');
	my ($group) = getgrgid $gid;
	($status, my $data, my $response) = share(people => 'data', with => 'group', who => $group, right => 'read', passes => 1);
	is($status, 303, "with the group $group") or return diag explain $data;
	ok(can(bob => 'cat', "$home/data/deep/low.txt") && can(carol => 'cat', "$home/data/deep/low.txt"), 'all of it read');
	is(get('carol', '/shares')->{theirs}[0]{name}, 'data', 'and find it');
	post('alice', led($response) . '/end');
	ok(!can(carol => 'cat', "$home/data/deep/low.txt"), 'over');
};

# The clock cannot be moved here, so the record's last day is: by the module's own hand, as its ticker would find it.
subtest 'the end comes by itself, after a restart, too' => sub {
	my ($status, undef, $url) = people('data', passes => 1);
	is($status, 303, 'shared');
	my ($id) = $url =~ m{([0-9a-f]+)$};
	$site->sv(down => 'shares');
	my ($done, $text) = output("$ENV{BUILD}/t/share_end", $site->base . '/etc/naru.conf', 'alice', $id);
	is($done, 0, 'its day is over') or diag $text;
	ok(can(bob => 'cat', "$home/data/one.txt"), 'while nothing runs, it stays');
	$site->sv(up => 'shares');
	ok(wait_until(15, sub { !can(bob => 'cat', "$home/data/one.txt") }), 'then it ends');
	ok(wait_until(10, sub { get('alice', $url)->{share}{state} eq 'Over' }), 'and the page says so');
	is(mode('data'), '0700', 'as it was');
};

subtest 'what is shared is moved' => sub {
	plant('moving.txt', "moving\n");
	my ($status, undef, $url) = people('moving.txt', passes => 1);
	is($status, 303, 'shared');
	is(get('alice', $url)->{share}{problem}, undef, 'and there');
	rename "$home/moving.txt", "$home/moved.txt";
	like(get('alice', $url)->{share}{problem}, qr/not there any more/, 'then it is not, which the page says');
	is((post('alice', "$url/end"))[0], 303, 'its end');
	my $share = get('alice', $url)->{share};
	is($share->{state}, 'Over', 'is its end');
	like($share->{problem}, qr/still set there/, 'and the page says what is left');
	ok(!can(bob => 'cat', "$home/moved.txt"), 'the way to it is closed in any case');
};

subtest 'a link to a file' => sub {
	my $token = token(link => 'bad.html', downloads => 2) or return;
	my ($status, $headers, $body) = visit("/s/$token");
	is($status, 200, 'anybody sees its page');
	is(join("\n", faults($body, 'en')), '', 'sound');
	unlike($body, qr/<script>/, 'escaped');
	is_deeply([ grep { /session/ } split /\n/, $headers->{'set-cookie'} // '' ], [], 'no session is begun');
	($status, $headers, $body) = visit("/s/$token/get");
	is($status, 200, 'and its bytes');
	is($body, '<script>alert(1)</script>', 'exactly');
	like($headers->{'content-disposition'}, qr/^attachment; filename="bad.html"/, 'as a download');
	is($headers->{'content-type'}, 'application/octet-stream', 'that no browser shows');
	is($headers->{'x-content-type-options'}, 'nosniff', 'nor guesses');
	($status) = $site->http(HEAD => "/s/$token/get");
	is($status, 200, 'asking for the head');
	($status, $headers, $body) = visit("/s/$token/get", Range => 'bytes=8-12');
	is("$status $body", '206 alert', 'going on with a download');
	is(mine('bad.html')->{used}, '1 downloads, 1 left', 'is no new one');
	($status) = visit("/s/$token/get");
	is($status, 200, 'the second');
	($status, undef, $body) = visit("/s/$token/get");
	is($status, 404, 'there is no third');
	is((visit("/s/$token/in/x"))[0], 404, 'nor a look');
	is((grep { $_->{name} eq 'bad.html' } @{ get('alice', '/shares')->{mine} // [] })[0]{state}, 'Over', 'which alice sees');
	my ($unknown, undef, $same) = visit('/s/' . 'A' x 32);
	my $bare = sub { $_[0] =~ s/A{32}|\Q$token\E|\w{32}//gr =~ s/value="[^"]*"//gr };
	my (undef, undef, $used) = visit("/s/$token");
	is($bare->($used), $bare->($same), 'and its page is that of a link that never was');
	is((visit("/s/$token/get/../../alice"))[0] >= 400, 1, 'no way up');
};

subtest 'a link to a folder' => sub {
	my $token = token(link => 'data') or return;
	my ($status, undef, $body) = visit("/s/$token");
	is($status, 200, 'its page');
	like($body, qr{/s/$token/get/%ED%95%9C%20%EA%B8%80\.txt}, 'with its files');
	unlike($body, qr/\bout\b/, 'without links');
	($status, undef, $body) = visit("/s/$token/get/%ED%95%9C%20%EA%B8%80.txt");
	is("$status $body", "200 hangul\n", 'which are read');
	is((visit("/s/$token/in/deep"))[0], 200, 'and its folders');
	is((visit("/s/$token/get/out"))[0], 403, 'a link that leads out is not followed');
	for my $bad ('..', '%2e%2e/alone.txt', 'deep/../../alone.txt', '%2fetc/passwd', 'nothing') {
		cmp_ok((visit("/s/$token/get/$bad"))[0], '>=', 400, $bad);
	}
	rename "$home/data", "$home/moved";
	symlink 'moved', "$home/data";
	end_connectors();
	is((visit("/s/$token"))[0], 404, 'a link in the place of the folder is not followed');
	unlink "$home/data";
	rename "$home/moved", "$home/data";
	is((post('alice', mine('data')->{url} . '/end'))[0], 303, 'she ends it');
	is((visit("/s/$token"))[0], 404, 'and it is gone at once');
};

subtest 'a password' => sub {
	my ($status) = share(link => 'data', password => 'short');
	is($status, 422, 'not a short one');
	my $token = token(link => 'data', password => 'correct horse') or return;
	($status, my $headers, my $body) = visit("/s/$token");
	is($status, 403, 'is asked for');
	unlike($body, qr/one\.txt/, 'before anything is told');
	is((visit("/s/$token/get/one.txt"))[0], 403, 'or given');
	my $basic = sub { return visit("/s/$token/get/one.txt", Authorization => 'Basic ' . encode_base64(":$_[0]", '')) };
	is(($basic->('correct horse'))[0], 200, 'curl -u :password');
	is(($basic->('wrong'))[0], 403, 'not a wrong one');
	my $visitor = $site->mech;
	$visitor->get($site->url("/s/$token"));
	$visitor->submit_form(with_fields => { password => 'wrong' });
	is($visitor->status, 422, 'nor in the form');
	$visitor->submit_form(with_fields => { password => 'correct horse' });
	is($visitor->status, 200, 'the right one');
	like($visitor->content, qr/one\.txt/, 'opens');
	$visitor->get($site->url("/s/$token/get/deep/low.txt"));
	is($visitor->content, "deep\n", 'all of it');
	my $other = token(link => 'alone.txt', password => 'battery staple');
	$visitor->get($site->url("/s/$other"));
	is($visitor->status, 403, 'and no other link');
	# The time to wait doubles: however slow this machine is, it is met soon.
	my $waits = 0;
	for (1 .. 12) {
		($status) = $basic->("wrong$_");
		$waits = $status == 429 && ($basic->('correct horse'))[0] == 429 and last;
	}
	ok($waits, 'many wrong ones: one has to wait, also with the right one');
};

subtest 'a folder for uploads' => sub {
	plant('inbox');
	plant('inbox/secret.txt', "secret\n");
	my $token = token(drop => 'inbox', most => 1) or return;
	my $visitor = $site->mech;
	$visitor->get($site->url("/s/$token"));
	is($visitor->status, 200, 'its page');
	is(join("\n", faults($visitor->content, 'en')), '', 'sound');
	unlike($visitor->content, qr/secret/, 'tells nothing');
	my ($secret) = $visitor->content =~ /name="csrf"\s+value="([^"]*)"/;
	my $send = sub {
		my ($files, $csrf) = @_;
		my $request = HTTP::Request::Common::POST($site->url("/s/up/$token"), Content_Type => 'form-data', Content => [ csrf => $csrf // $secret, key => Naru::Test::random_key(),
			map { (file => [ undef, $_->[0], Content => $_->[1] ]) } @$files ]);
		my $answer = $visitor->clone->request($request);
		return ($answer->code, $answer->content);
	};
	my ($status, $body) = $send->([ [ 'a.txt', "first\n" ], [ 'secret.txt', "mine\n" ] ]);
	is($status, 200, 'two files');
	like($body, qr/secret \(2\)\.txt/, 'one gets another name, which is told');
	is(slurp("$home/inbox/a.txt") . slurp("$home/inbox/secret.txt") . slurp("$home/inbox/secret (2).txt"), "first\nsecret\nmine\n", 'nothing was overwritten');
	is((stat "$home/inbox/a.txt")[4], $uid, 'they are alice\'s');
	($status, $body) = $send->([ [ '../up.txt', 'x' ], [ 'deep\\name.txt', 'y' ] ]);
	ok(!-e "$home/up.txt" && -e "$home/inbox/up.txt" && -e "$home/inbox/name.txt", 'only names count');
	($status, $body) = $send->([ [ 'large', 'x' x (1 << 20) ] ]);
	is($status, 409, 'more than may come');
	ok(!-e "$home/inbox/large", 'is not kept');
	is(($send->([ [ 'b.txt', 'x' ] ], 'A' x 32))[0], 403, 'nothing without the form');
	is(($send->([ [ '.bash_profile', 'x' ] ]))[0], 409, 'no name that begins with a dot');
	ok(!-e "$home/inbox/.bash_profile", 'is there');
	is((visit("/s/$token/get/secret.txt"))[0], 404, 'nothing is given');
	is((visit("/s/$token/in/x"))[0], 404, 'nor listed');
	like(mine('inbox')->{used}, qr/^4 files/, 'alice sees how much has come');
};

subtest 'more days' => sub {
	my $mine = mine('inbox');
	is((post('alice', "$mine->{url}/prolong", { ends => '2099-01-01' }))[0], 422, 'not for ever');
	my ($status, $data) = post('alice', "$mine->{url}/prolong", { ends => $sooner });
	is($status, 303, 'another last day') or diag explain $data;
	is((post('bob', "$mine->{url}/prolong", { ends => $sooner }))[0], 404, 'not bob');
};

plant('long.bin', 'x' x (64 << 20));
subtest 'slow visitors keep no others away' => sub {
	my $token = token(link => 'long.bin');
	my $url = $site->url("/s/$token/get") =~ s/localhost/127.0.0.1/r;
	my @slow = map { my $pid = fork // die; exec 'timeout', 20, 'curl', '-sk', '--interface', '127.0.0.2', '--limit-rate', '1k', '-o', '/dev/null', '-H', 'Host: localhost:' . $site->port, $url if !$pid; $pid } 1 .. 6;
	ok(wait_until(15, sub { $site->log_text('shares') =~ /transfers of one user/ }), 'one network has all that it may have');
	is((output('curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}', $site->url("/s/$token/get")))[1], 200, 'another has its file');
	kill 'TERM', @slow;
	waitpid $_, 0 for @slow;
};

subtest 'no log knows a token' => sub {
	my $token = token(link => 'long.bin');
	visit("/s/$token/get//etc"), visit("/x/../s/$token/get/%00"), $site->http(POST => "/s/$token", 'Content-Type' => 'x');
	output('timeout', 1, 'curl', '-sk', '--limit-rate', '10k', '-o', '/dev/null', $site->url("/s/$token/get"));
	ok(wait_until(10, sub { $site->log_text('shares') =~ m{ /s/: the download was cut} }), 'a download that was cut is in the log');
};

subtest 'who is blocked shares nothing' => sub {
	my $token = token(link => 'data') or return;
	is((visit("/s/$token"))[0], 200, 'a link');
	my @cli = ('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-account');
	my ($done, $text) = output(@cli, '--block', 'alice');
	is($done, 0, 'alice is blocked') or diag $text;
	ok(wait_until(10, sub { slurp($site->base . '/state/launcher/people') !~ /^alice /m }), 'which the launcher is told');
	end_connectors();
	is((visit("/s/$token"))[0], 404, 'her links end');
	output(@cli, '--unblock', 'alice');
	ok(wait_until(20, sub { (visit("/s/$token"))[0] == 200 }), 'and are back with her');
};

my $audit = audit_has();
is(join(' ', grep { slurp($_) =~ m{/s/(?:up/)?[A-Za-z0-9_-]{32}} } glob $site->base . '/log/*.log'), '', 'no token is in any log');
ok($audit =~ /shares\.$_/, "audit: $_") for qw(make end over prolong get drop);
unlike($audit . join('', map { $site->log_text($_) } qw(shares launcher account)), qr/correct horse|battery staple/, 'no password is written anywhere');
$site->finish;
done_testing;
