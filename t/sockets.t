# sockets: who may connect, what bad peers can do, and how workers come and go.
use strict;
use warnings;
use File::Copy;
use File::Temp;
use IO::Select;
use Naru::FastCGI qw(record begin params stdin answer form_encode);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $echo = ($ENV{BUILD} // 'build') . '/t/echo';
-x $echo or BAIL_OUT("$echo is not built");
$> == 0 or plan skip_all => 'needs root to become others';
my $dir = File::Temp->newdir;
my $state = "$dir/state";
my %env = (ECHO_STATE => $state);
my $m = Naru::FastCGI->start($echo, workers => 3, env => \%env);
$SIG{PIPE} = 'IGNORE';

sub changes { open my $f, '<', $state or return 0; my @l = <$f>; return scalar @l }
sub alive { my ($name) = @_; my $a = $m->get('/'); is($a ? $a->{status} : 'closed', 200, $name) }
sub raw { my ($bytes) = @_; my $s = $m->connect or return; syswrite $s, $bytes; return $s }

# Seconds until the other side closes.
sub closed_after {
	my ($socket, $most) = @_;
	my $begin = time;
	while (time - $begin < $most) {
		next unless IO::Select->new($socket)->can_read($most - (time - $begin));
		return time - $begin unless sysread $socket, my $bytes, 65536;
	}
	return $most;
}

# What a process of another uid gets.
sub as_uid {
	my ($uid, $code) = @_;
	pipe my $from, my $to;
	my $pid = fork // die;
	if (!$pid) {
		POSIX::setgid($uid);
		POSIX::setuid($uid);
		my $a = $code->();
		print $to ref $a ? $a->{status} : 'closed';
		close $to;
		POSIX::_exit(0);
	}
	close $to;
	my $said = <$from> // '';
	waitpid $pid, 0;
	return $said;
}

subtest 'who may connect' => sub {
	is(as_uid(33, sub { $m->get('/') }), '200', 'nginx');
	is(as_uid(0, sub { $m->get('/') }), '200', 'root');
	is(as_uid($_, sub { $m->get('/me', as => 'carol', role => 'admin') }), 'closed', "uid $_") for 1, 20001, 65534;
	like($m->log_text, qr/refused a connection of uid 20001/, 'and the log says so');
};

subtest 'held connections' => sub {
	my @held = (raw(''), raw("\1"));
	my $begin = time;
	for (1 .. 20) { $m->get('/') }
	cmp_ok(time - $begin, '<', 1.5, 'others are served meanwhile');
	my $third = raw(begin());
	cmp_ok(closed_after($_, 9), '<', 6, 'freed') for @held, $third;
	cmp_ok(time - $begin, '<', 6, 'within the time');
	is(changes(), 0, 'nothing was done');
	alive('served again');
};

subtest 'hostile bytes' => sub {
	my %bytes = (
		'lengths 0xfffffff0' => begin() . record(4, "\xff\xff\xff\xf0\xff\xff\xff\xf0" . 'x' x 100),
		'lengths 0x7fffffff' => begin() . record(4, "\xff" x 8 . 'x' x 100),
		'a sum that overflows' => begin() . record(4, "\xff\xff\xff\xff\x80\x00\x00\x01" . 'x' x 100),
		'a length of 2 GiB' => begin() . record(4, "\xff\xff\xff\x00\x01" . 'x' x 100),
		'version 0' => "\0" . substr(begin(), 1),
		'noise' => join('', map { chr int rand 256 } 1 .. 5000),
		'zeroes' => "\0" x 5000,
		'HTTP' => "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		'another role' => begin(role => 3) . params($m->environment('GET', '/')) . stdin(''),
		'management' => record(9, "\x0e\0FCGI_MAX_CONNS", 0),
		'abort' => begin() . record(2, ''),
		'body before parameters' => begin() . record(5, 'x'),
		'a name with NUL' => begin() . params("REQUEST\0METHOD" => 'GET', REQUEST_URI => '/') . stdin(''),
		'no parameters' => begin() . params() . stdin(''),
	);
	for my $name (sort keys %bytes) {
		my $s = raw($bytes{$name});
		shutdown $s, 1;
		cmp_ok(closed_after($s, 8), '<', 7, "$name: dropped");
		my $end = time + 1;
		my $a;
		sleep 0.05 until ($a = $m->get('/')) || time > $end;
		is($a ? $a->{status} : 'closed', 200, 'and the module lives');
	}
	is(changes(), 0, 'nothing was done');
};

# A POST of alice's that would do something.
sub post_bytes {
	my ($uri, $body, %o) = @_;
	my @more = (CONTENT_TYPE => 'application/x-www-form-urlencoded', CONTENT_LENGTH => $o{length} // length $body);
	return (begin(keep => $o{keep}), params($m->environment('POST', $uri, as => 'alice'), @more), stdin($body));
}
my $good = form_encode([ csrf => $Naru::FastCGI::secret, key => 'k' x 22, name => 'cut', nodes => 1 ]);

subtest 'cut requests' => sub {
	my ($begin, $params, $stdin) = post_bytes('/form', $good);
	my $whole = $begin . $params . $stdin;
	my $cuts = 0;
	for my $n (8, 16, 20, map { length($begin) + $_ } 8, 100, length($params) / 2, length($params) - 8, length($params) - 1, length $params) {
		my $s = raw(substr $whole, 0, int $n);
		shutdown $s, 1;
		closed_after($s, 7);
		$cuts++;
	}
	for my $n (length($whole) - length($stdin) + 30, length($whole) - 12, length($whole) - 8, length($whole) - 1) {
		my $s = raw(substr $whole, 0, $n);
		shutdown $s, 1;
		my $a = answer($s);
		ok(!$a || $a->{status} == 400, "a body cut at $n");
	}
	my ($b2, $p2, $s2) = ($begin, params($m->environment('POST', '/form', as => 'alice'), CONTENT_TYPE => 'application/x-www-form-urlencoded', CONTENT_LENGTH => ''), $stdin);
	my $s = raw($b2 . $p2 . substr $s2, 0, length($s2) - 8);
	shutdown $s, 1;
	my $a = answer($s);
	ok(!$a || $a->{status} == 400, 'a cut body of untold length');
	is(changes(), 0, 'nothing was done');
	is(answer(raw($whole))->{status}, 303, 'the whole request');
	is(changes(), 1, 'does it once');
};

subtest 'kept connections' => sub {
	my $s = $m->connect;
	is($m->get('/me', as => 'alice', on => $s, keep => 1)->{status}, 200, "request $_") for 1 .. 3;
	my $forged = begin(keep => 1) . params($m->environment('GET', '/admin', as => 'carol', role => 'admin')) . stdin('');
	# libfcgi reads 8 KiB at a time: where it would begin to read again, a request of somebody else stands in the body.
	for my $case ([ 'a body that is too large', '/small' ], [ 'a page that reads no body', '/nothing' ], [ 'a form that is refused', '/closed' ]) {
		for my $size (32_000, 100_000) {
			my ($begin, $params) = post_bytes($case->[1], 'x' x $size, keep => 1);
			my $body = 'x' x $size;
			substr $body, 8192 * $_ - length($begin . $params) - 8, length $forged, $forged for 1 .. 3;
			my $t = $m->connect;
			syswrite $t, $begin . $params . stdin($body);
			shutdown $t, 1;
			my $first = answer($t);
			cmp_ok($first ? $first->{status} : 0, '>=', 400, $case->[0]);
			is(answer($t), undef, 'what is in it is no request');
		}
	}
	my $u = $m->connect;
	is($m->post('/small', { name => 'y', text => 'x' x 1500 }, as => 'alice', on => $u, keep => 1)->{status}, 413, 'a small body that is too large');
	my $next = $m->get('/me', as => 'alice', on => $u, keep => 1);
	ok(!$next || $next->{body} =~ /Alice/, 'the next request is itself or not at all');
	alive('served');
};

# Statuses of n requests at once.
sub together {
	my ($n, $uri, %o) = @_;
	pipe my $from, my $to;
	my @pids = map {
		my $pid = fork // die;
		if (!$pid) {
			my $a = $m->get($uri, %o);
			syswrite $to, ($a ? $a->{status} : 'closed') . "\n";
			POSIX::_exit(0);
		}
		$pid;
	} 1 .. $n;
	close $to;
	my @said = <$from>;
	waitpid $_, 0 for @pids;
	chomp @said;
	return sort @said;
}

subtest 'pages of one user that take long' => sub {
	is(join(' ', together(2, '/slow?ms=3200', as => 'alice')), '200 200', 'two of them');
	my $begun = time;
	like(join(' ', together(7, '/slow?ms=1000', as => 'alice')), qr/^(?:200 )?429 429 429 429 429 429(?: 429)?$/, 'from then on one at a time, and the others are told at once');
	is($m->get('/me', as => 'bob')->{status}, 200, 'others go on');
	cmp_ok(time - $begun, '<', 2.5, 'without waiting for them');
	is($m->get('/me', as => 'alice')->{status}, 200, 'and one after the other is always possible');
	is(join(' ', together(5, '/slow?ms=300', as => 'bob')), '200 200 200 200 200', 'who was not slow is not held back');
	is(join(' ', together(5, '/slow?ms=300')), '200 200 200 200 200', 'nor who is nobody');
};

subtest 'workers that die' => sub {
	my @before = $m->workers;
	is($m->get('/crash'), undef, 'a crash cuts one request');
	alive('the next is served');
	for (1 .. 30) { kill KILL => ($m->workers)[0]; $m->get('/') }
	sleep 0.5;
	is(scalar(my @w = $m->workers), scalar @before, 'each is replaced');
	alive('served');
	kill KILL => $m->workers;
	my $end = time + 1.5;
	my $a;
	sleep 0.02 until ($a = $m->get('/')) || time > $end;
	is($a ? $a->{status} : 0, 200, 'all killed: back within a second');
	my $broken = Naru::FastCGI->start($echo, workers => 1, env => { %env, ECHO_BROKEN => 1 });
	sleep 3;
	my @starts = $broken->log_text =~ /cannot start/g;
	cmp_ok(scalar @starts, '<=', 8, 'one that cannot start is not started in a tight loop');
	my ($took) = $broken->stop;
	cmp_ok($took, '<', 5, 'and stops');
};

subtest 'swap under load' => sub {
	my $program = "$dir/echo";
	copy($echo, $program);
	chmod 0755, $program;
	my $n = Naru::FastCGI->start($program, workers => 3, env => \%env);
	my @pipes;
	for (1 .. 3) {
		pipe my $from, my $to;
		my $pid = fork // die;
		if (!$pid) {
			my ($good, $bad, $end) = (0, 0, time + 4);
			while (time < $end) {
				my $a = $n->get('/slow?ms=3');
				$a && $a->{status} == 200 && $a->{ended} ? $good++ : $bad++;
			}
			print $to "$good $bad";
			close $to;
			POSIX::_exit(0);
		}
		close $to;
		push @pipes, [ $pid, $from ];
	}
	my %seen;
	for (1 .. 4) {
		sleep 0.6;
		copy($echo, "$program.new");
		chmod 0755, "$program.new";
		rename "$program.new", $program;
		kill HUP => $n->{pid};
		kill HUP => $n->{pid} if $_ == 3;
		$seen{$_} = 1 for $n->workers;
	}
	my ($good, $bad) = (0, 0);
	for (@pipes) {
		my ($pid, $from) = @$_;
		my ($g, $b) = split ' ', <$from> // '0 1';
		$good += $g;
		$bad += $b;
		waitpid $pid, 0;
	}
	is($bad, 0, 'no request failed');
	cmp_ok($good, '>', 200, "of $good");
	my $now = { map { $_ => 1 } $n->workers };
	ok(!grep({ kill 0 => $_ } grep { !$now->{$_} } keys %seen), 'the old workers are gone');
	unlink $program;
	open my $f, '>', $program;
	print $f "#!/bin/sh\nexit 1\n";
	close $f;
	chmod 0755, $program;
	kill HUP => $n->{pid};
	sleep 0.5;
	is($n->get('/') && $n->get('/')->{status}, 200, 'a program that does not run takes nobody down');
	like($n->log_text, qr/does not run/, 'and the log says so');
	$n->stop;
};

subtest 'SIGTERM' => sub {
	my $n = Naru::FastCGI->start($echo, workers => 2, env => \%env);
	is($n->get('/')->{status}, 200, 'it runs');
	my $s = $n->connect;
	syswrite $s, begin() . params($n->environment('GET', '/slow?ms=1500')) . stdin('');
	sleep 0.5;
	kill TERM => $n->{pid};
	is(answer($s)->{status}, 200, 'a request under way is answered');
	my ($took, $status) = $n->stop;
	is($status, 0, 'and the module ends well');
	cmp_ok($took, '<', 3, 'soon');
};

my ($took) = $m->stop;
cmp_ok($took, '<', 7, 'stops');
unlike($m->log_text, qr/ERROR: \w+Sanitizer|runtime error/, 'no report of a sanitizer');
done_testing();
