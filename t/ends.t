# How apps end: warnings a day, an hour and ten minutes before, as a line on every page and as mail; the end; Extend; idleness, told by the app
# itself; shares. Real podman with a Redis and a Jupyter; the portal's clock is moved (clock.c), that of the apps is not.
use strict;
use warnings;
use utf8;
use Encode ();
use JSON::PP;
use MIME::Base64;
use Naru::Test qw(output slurp spew wait_until);
use Naru::WebSocket;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use constant { MINUTE => 60, HOUR => 3600, DAY => 86400 };
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $dir = File::Temp::tempdir('naru-ends-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my ($status, $text) = output($ENV{CC} // 'cc', '-std=gnu11', '-Wall', '-Wextra', '-shared', '-fPIC', '-o', "$dir/clock.so", 't/clock.c');
is($status, 0, 'the clock library is built') or BAIL_OUT($text);
my $file = "$dir/offset";
my $ahead = 0;
spew($file, sprintf '%-24s', 0);
# In place: the file is mapped. Time only goes forward here.
sub jump_to {
	my ($when) = @_;
	$ahead = POSIX::ceil($when - time) if $when > time + $ahead;
	open my $f, '+<', $file or die "$file: $!";
	syswrite $f, sprintf '%-24s', $ahead;
	close $f;
}
sub there { return time + $ahead }

# A program in sendmail's place: writes each letter into a file of its own, its arguments first.
mkdir "$dir/mail";
chmod 01777, "$dir/mail";
spew("$dir/sendmail", <<"S");
#!/bin/sh
umask 022
letter=\$(mktemp $dir/mail/.XXXXXXXX)
{ printf '%s\\n' "\$*"; cat; } >"\$letter"
chmod 644 "\$letter"
mv "\$letter" "$dir/mail/\${letter##*.}"
S
chmod 0755, "$dir/sendmail";

my @preload = ("LD_PRELOAD=$dir/clock.so", "NARU_TEST_CLOCK=$file");
my $service = Naru::Test::service_env();
# The sanitizer wants to be the first library, and here it is the second.
$service =~ s/ASAN_OPTIONS=/ASAN_OPTIONS=verify_asan_link_order=0:/;
my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1, rate => 100000, conf => "[mail]\nsendmail = $dir/sendmail\nfrom = portal\@example.org\n",
	env => { NARU_SERVICE_ENV => join(' ', $service, @preload), NARU_IDLE_MINUTES => 100000, NARU_ABSOLUTE_HOURS => 10000, NARU_ZONE => 'UTC' });
my ($base, $port) = ($site->base, $site->port);
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');

sub get { my ($path, $mech) = @_; return ($site->api($mech // $alice, GET => $path))[1] // {} }
sub post { my ($path, $fields) = @_; return $site->api($alice, POST => $path, $fields) }
sub create {
	my ($offer, %f) = @_;
	my ($code, undef, $r) = post("/apps?offer=$offer", { confirmed => 'yes', cpu => 0.5, memory => 512, %f });
	my ($id) = ($r->header('Location') // '') =~ m{/apps/([a-z][a-z2-7]{9})$};
	ok($id, "$offer is created") or BAIL_OUT($r->content);
	return $id;
}
sub records { my (undef, $out) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'apps');
	return map { $_->{value} } grep { $_->{table} eq $_[0] } map { decode_json($_) } grep { /^\{/ } split /\n/, $out }
sub app { my ($id) = @_; my ($a) = grep { $_->{id} eq $id } records('A'); return $a // {} }
sub state_is { my ($id, $state) = @_; return wait_until(40, sub { (app($id)->{state} // '') eq $state }) }
sub events { my ($id) = @_; return join "\n", map { $_->{what} } @{ get("/apps/$id")->{events} // [] } }
sub event_comes { my ($id, $re) = @_; return wait_until(20, sub { events($id) =~ $re }) }
# The line on a page that is no page of apps.
sub line { my ($path, $mech) = @_; my $m = ($mech // $alice)->clone; return join ' ', $m->get($site->url($path))->decoded_content =~ m{(Your app .*?)</}gs }
sub restart { return $site->sv('restart', 'deployer') }

# Letters that have come since the last time, each as { to, subject, body, head }.
my %read;
sub letters {
	my @new = grep { !$read{$_}++ } glob "$dir/mail/*";
	return map {
		my ($arguments, $rest) = split /\n/, slurp($_), 2;
		my ($head, $body) = split /\n\n/, $rest, 2;
		my ($subject) = $head =~ /^Subject: (.*(?:\n .*)*)/m;
		{ arguments => $arguments, head => $head, body => Encode::decode('UTF-8', $body), subject => Encode::decode('UTF-8', join '', map { decode_base64($_) } $subject =~ /=\?UTF-8\?B\?(.*?)\?=/g), raw => $subject }
	} @new;
}
sub one_letter { my ($what) = @_; my @got; wait_until(15, sub { push @got, letters(); @got }); is(scalar @got, 1, "$what: one letter"); return $got[0] // { map { $_ => '' } qw(arguments head body subject raw) } }
sub no_letter { my ($what) = @_; sleep 2; is(scalar(letters()), 0, "$what: no letter") }

# ---- a Redis for two days --------------------------------------------------------------------------------------------------
# Its name would like to be a header, and is long.
my $name = 'Bcc: 나루터의 아주 긴 앱 <evil@x.org>, "x"';
my $redis = create('redis', name => $name, cpu => 0.1, memory => 64, hours => 48);
my $short = create('redis', name => 'Short', cpu => 0.1, memory => 64, hours => 1);
my $jupyter = create('jupyter', name => 'Notebook', hours => 72);
ok(state_is($_, 'running'), 'it runs') or diag explain(app($_)), $site->log_tail('deployer') for $redis, $short, $jupyter;
my $ends = app($redis)->{ends};
cmp_ok(abs($ends - app($redis)->{ready} - 2 * DAY), '<', 2, 'until two days after it answered');
is(line('/account'), '', 'nothing is announced yet');

# ---- shared until the end of a day ---------------------------------------------------------------------------------------------
my $until = POSIX::strftime('%Y-%m-%d', gmtime there() + HOUR);
is((post("/apps/$jupyter/share", { with => 'bob', until => $until }))[0], 303, 'the notebook is shared with bob for the day');
is((get("/apps/$jupyter", $bob)->{app}{css} // ''), 'running', 'he sees it');
my ($share) = records('S');
cmp_ok($share->{until}, '<=', there() + DAY + HOUR, 'until midnight');

# ---- in the notebook -------------------------------------------------------------------------------------------------------------
sub host { return "$jupyter.apps.localhost:$port" }
sub enter {
	my ($mech) = @_;
	my $copy = $mech->clone;
	$copy->requests_redirectable([]);
	my ($path) = ($copy->get($site->url("/apps/$jupyter/open"))->header('Location') // '') =~ m{^https://[^/]+(/.*)} or return '';
	my (undef, $headers) = $site->http(GET => $path, Host => host());
	return ($headers->{'set-cookie'} // '') =~ /^(__Host-naru-app=[^;]+)/m ? $1 : '';
}
my $cookie = enter($alice);
ok($cookie, 'alice enters her notebook');
my $bobs = enter($bob);
is(($site->http(GET => '/api/status', Host => host(), Cookie => $bobs))[0], 200, 'and bob');
my (undef, $first) = $site->http(GET => '/tree', Host => host(), Cookie => $cookie);
my ($xsrf) = ($first->{'set-cookie'} // '') =~ /_xsrf=([^;]+)/;
sub jupyter {
	my ($method, $path, @body) = @_;
	return $site->http($method => $path, Host => host(), Cookie => "$cookie; _xsrf=" . ($xsrf // ''), Origin => 'https://' . host(), 'X-XSRFToken' => $xsrf // '', 'Content-Type' => 'application/json', @body);
}
my ($code, undef, $body) = jupyter(POST => '/api/kernels', '{"name":"python3"}');
is($code, 201, 'a kernel') or diag $body;
my $kernel = eval { decode_json($body)->{id} } // '';
sub kernel_state { my (undef, undef, $said) = jupyter(GET => "/api/kernels/$kernel"); return (eval { decode_json($said) } // {})->{execution_state} // '' }
# A cell that takes an hour and hardly any CPU; then the browser is closed.
sub busy_cell {
	my ($ws, $busy);
	# What is sent to a kernel that is just starting may be lost, and a stream that was opened then stay deaf: each try has one of its own, and waits.
	for (1 .. 4) {
		close $ws->{socket} if $ws;
		$ws = Naru::WebSocket->open($site, host(), "/api/kernels/$kernel/channels", Cookie => $cookie, Origin => 'https://' . host());
		last if $ws->status != 101;
		wait_until(10, sub { kernel_state() eq 'idle' }) or next;
		$ws->send(encode_json({ header => { msg_id => "m$$-" . int rand 1e9, username => 'alice', session => 's1', msg_type => 'execute_request', version => '5.3' },
			parent_header => {}, metadata => {}, channel => 'shell', content => { code => 'import time; time.sleep(3600)', silent => JSON::PP::false,
			store_history => JSON::PP::false, user_expressions => {}, allow_stdin => JSON::PP::false } }));
		last if $busy = wait_until(10, sub { $ws->receive(0.2); kernel_state() eq 'busy' });
	}
	is($ws->status, 101, 'a browser');
	ok($busy, 'starts a cell that computes') or diag kernel_state();
	close $ws->{socket};
}
sub interrupt { is((jupyter(POST => "/api/kernels/$kernel/interrupt"))[0], 204, 'the cell is interrupted'); ok(wait_until(20, sub { kernel_state() eq 'idle' }), 'nothing computes') or diag kernel_state() }
# Each look at idleness is told by active_at of the record, or what it led to. The deployer looks when it starts; what it knows of the CPU may be of before.
sub looked {
	my ($what, $test) = @_;
	for (1 .. 4) {
		restart();
		return ok(1, $what) if wait_until(15, sub { $test->(app($jupyter)) });
	}
	return ok(0, $what) || diag explain(app($jupyter)), $site->log_tail('deployer');
}
# As of now it uses no CPU.
sub quiet_cpu { my $since = there(); restart(); return wait_until(60, sub { my $a = app($jupyter); ($a->{used_at} // 0) >= $since && ($a->{used_cpu_milli} // 0) < 20 }) }
busy_cell();

# ---- ten minutes before the end of an hour -----------------------------------------------------------------------------------------
jump_to(app($short)->{ends} - 59 * MINUTE);
ok(restart(), 'a restart changes nothing');
unlike(events($short), qr/within/, 'of an hour, an hour is not announced');
is(line('/account'), '', 'nor on a page');
jump_to(app($short)->{ends} - 9 * MINUTE);
ok(event_comes($short, qr/It ends within ten minutes/), 'ten minutes are');
like(line('/account'), qr/Your app Short ends at \d\d:\d\d\./, 'on every page') or diag explain(app($short));
is(line('/account', $bob), '', 'of hers, not of his');
my $letter = one_letter('ten minutes');
like($letter->{subject}, qr/the app Short ends at \d{4}-\d\d-\d\d \d\d:\d\d$/, 'by mail too');
is($letter->{arguments}, '-i -- alice@example.org', 'handed over with her address alone');
like($letter->{head}, qr/^From: portal\@example\.org\nTo: alice\@example\.org\nSubject: .*\nMIME-Version: 1\.0\n/, 'with a sender');
like($letter->{body}, qr{https://localhost:\d+/apps/$short\n}, 'and the way to its page');
ok(restart(), 'the deployer starts again');
no_letter('told once');
is(() = events($short) =~ /within ten minutes/g, 1, 'once in its events');

# ---- Extend ------------------------------------------------------------------------------------------------------------------------------
my $before = app($short)->{ends};
is((post("/apps/$short/extend", { hours => 1 }))[0], 303, 'it is extended');
cmp_ok(app($short)->{ends}, '==', $before + HOUR, 'by an hour');
is(line('/account'), '', 'the line is gone');
jump_to($before + 51 * MINUTE);
ok(wait_until(20, sub { (() = events($short) =~ /within ten minutes/g) == 2 }), 'before its new end it is announced again') or diag events($short);
like(one_letter('before the new end')->{subject}, qr/Short ends/, 'the new end is told as the old one was');
is(app($short)->{state}, 'running', 'it runs on beyond its first end');

# ---- the end -----------------------------------------------------------------------------------------------------------------------------------
jump_to($before + HOUR + 2);
ok(state_is($short, 'stopped'), 'at its end it is stopped') or diag explain(app($short));
like(events($short), qr/Its time was over\. Your files are all there/, 'and its events say why');
like(get("/apps/$short")->{app}{message} // '', qr/Its time was over/, 'so does its page');
is(line('/account'), '', 'no page speaks of it any more');
(undef, undef, my $no) = post("/apps/$short/extend", { hours => 1 });
like($no->decoded_content, qr/It does not run\. Start it again instead\./, 'what has ended is not extended');
is(app($short)->{state}, 'stopped', 'and stays so');

# ---- a computing kernel -------------------------------------------------------------------------------------------------------------------------
my $now = there();
cmp_ok($now - app($jupyter)->{ready}, '>', 1.5 * HOUR, 'hours without a browser have passed');
jump_to(app($jupyter)->{ready} + 3 * HOUR);
ok(quiet_cpu(), 'it uses no CPU') or diag explain(app($jupyter));
$now = there();
looked('but a kernel that computes keeps its app', sub { $_[0]{active_at} >= $now });
ok(!app($jupyter)->{idle_ends}, 'nothing is announced');
is(app($jupyter)->{state}, 'running', 'it runs');

# ---- idle -----------------------------------------------------------------------------------------------------------------------------------------
interrupt();
jump_to(there() + 6 * HOUR);
looked('of one that computes nothing its stop is announced', sub { $_[0]{idle_ends} });
cmp_ok(abs(app($jupyter)->{idle_ends} - there() - 30 * MINUTE), '<', 2 * MINUTE, 'half an hour before');
like(events($jupyter), qr/Nobody seems to use it/, 'in its events');
my $stops = POSIX::strftime('%Y-%m-%dT%H:%M', gmtime app($jupyter)->{idle_ends});
like($alice->clone->get($site->url("/apps/$jupyter"))->decoded_content, qr/It will be stopped at <time datetime="\Q$stops\E/, 'on its page, with the time');
like(line('/account'), qr/Your app Notebook seems unused and is stopped at/, 'on every page');
$letter = one_letter('idle');
like($letter->{subject}, qr/the app Notebook seems unused and is stopped at/, 'by mail');
like($letter->{body}, qr/say that it is in use:\nhttps/, 'with what to do');
busy_cell();
looked('who comes back keeps it', sub { !$_[0]{idle_ends} });
like(events($jupyter), qr/It is in use again/, 'which is told');
is(line('/account'), '', 'the line is gone');
interrupt();
jump_to(there() + 3 * HOUR);
looked('idle once more, it is announced once more', sub { $_[0]{idle_ends} });
one_letter('idle again');
is((post("/apps/$jupyter/keep"))[0], 303, 'she says that it is in use');
ok(!app($jupyter)->{idle_ends}, 'that is believed');
looked('for now', sub { !$_[0]{idle_ends} });

# ---- the share is over -------------------------------------------------------------------------------------------------------------------------------
jump_to($share->{until} + 1);
is(($site->api($bob, GET => "/apps/$jupyter"))[0], 404, 'after its day the share is over');
like(($site->http(GET => '/api/status', Host => host(), Cookie => $bobs))[0], qr/^40[134]$/, 'bob is out');
is((jupyter(GET => '/api/status'))[0], 200, 'and alice in');

# ---- not in use ----------------------------------------------------------------------------------------------------------------------------------------------
jump_to(there() + 3 * HOUR);
looked('its stop is announced', sub { $_[0]{idle_ends} });
jump_to(app($jupyter)->{idle_ends} + 2);
ok(state_is($jupyter, 'stopped'), 'the notebook that nobody came back to is stopped') or diag explain(app($jupyter)), $site->log_tail('deployer');
like(events($jupyter), qr/It was not in use and was stopped, as announced/, 'and its events say why');
is(app($redis)->{state}, 'running', 'the Redis runs on');

# ---- a day and an hour before the end ------------------------------------------------------------------------------------------------------------------
jump_to($ends - DAY + 5);
ok(event_comes($redis, qr/It ends within a day/), 'a day before its end it is told');
my $day = POSIX::strftime('%Y-%m-%d', gmtime $ends);
like(line('/account'), qr/ends at \Q$day\E \d\d:\d\d\./, 'with the day') or diag explain(app($redis));
my @letters;
ok(wait_until(20, sub { push @letters, grep { $_->{subject} !~ /Notebook/ } letters(); @letters }), 'by mail');
$letter = $letters[0];
like($letter->{subject}, qr/\Q$name\E ends at \Q$day\E/, 'its name is in the subject as it is') or diag $letter->{raw};
is(join(' ', grep { length > 78 } split /\n/, $letter->{raw}), '', 'in lines that are short enough');
is(join(' ', map { /^([\w-]+):/ ? $1 : "no header: $_" } split /\n(?! )/, $letter->{head}), 'From To Subject MIME-Version Content-Type Content-Transfer-Encoding Auto-Submitted', 'and no header of its own');
jump_to($ends - 50 * MINUTE);
ok(event_comes($redis, qr/It ends within an hour/), 'an hour before');
ok(wait_until(20, sub { grep { $_->{subject} !~ /Notebook/ } letters() }), 'by mail too');

# ---- policy ------------------------------------------------------------------------------------------------------------------------------------------------
is((post("/apps/$redis/extend", { hours => 24 }))[0], 303, 'a day longer') for 1 .. 5;
(undef, undef, my $r) = post("/apps/$redis/extend", { hours => 24 });
cmp_ok(abs(app($redis)->{ends} - app($redis)->{ready} - 168 * HOUR), '<', 2, 'is as long as the catalogue allows');
like($r->decoded_content, qr/This app may run for 168 hours after its start, and already does/, 'longer is refused in words');
my $page = $alice->clone;
$page->get($site->url("/apps/$redis"));
like($page->content, qr/It runs as long as it may/, 'and not offered any more');

$site->finish;
done_testing;
