#!/usr/bin/perl
# However many people look at their jobs, the scheduler gets the same few calls: counted by a relay before slurmrestd.
use strict;
use warnings;
use File::Temp;
use IO::Select;
use IO::Socket::UNIX;
use Naru::Test 'wait_until';
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use constant SECONDS => 10;

my $dir = File::Temp::tempdir('naru-relay-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my ($socket, $log) = ("$dir/sock", "$dir/calls");
our $site = Naru::Test->site(private => 1, rate => 100000, conf => "[cluster demo]\nsocket = $socket\n");
my $relay = start_relay($site->base . '/slurm/run/rest/sock');
END { my $status = $?; if ($relay && $relay > 0) { kill KILL => $relay; waitpid $relay, 0 } $? = $status }

# Passes bytes on both ways and notes the time of each request.
sub start_relay {
	my ($to) = @_;
	my $listen = IO::Socket::UNIX->new(Local => $socket, Listen => 64) or die "$socket: $!";
	chmod 0666, $socket;
	defined(my $pid = fork) or die "fork: $!";
	return $pid if $pid;
	$SIG{$_} = 'DEFAULT' for qw(TERM INT HUP);
	open my $calls, '>>', $log or POSIX::_exit(1);
	my $select = IO::Select->new($listen);
	my (%peer, %client);
	while (1) {
		for my $from ($select->can_read) {
			if ($from == $listen) {
				my $in = $listen->accept or next;
				my $out = IO::Socket::UNIX->new(Peer => $to) or next;
				@peer{$in, $out} = ($out, $in);
				$client{$in} = 1;
				$select->add($in, $out);
				next;
			}
			my $other = $peer{$from} or next;
			if (sysread $from, my $bytes, 65536) {
				if ($client{$from}) { syswrite $calls, sprintf("%.3f %s\n", time, $1) while $bytes =~ m{^([A-Z]+ /\S+) HTTP/1\.1\r$}mg }
				my $at = 0;
				while ($at < length $bytes) { my $n = syswrite $other, $bytes, length($bytes) - $at, $at; last unless $n; $at += $n }
				next;
			}
			$select->remove($from, $other);
			delete @peer{$from, $other};
			delete $client{$_} for $from, $other;
			close $_ for $from, $other;
		}
	}
}

sub calls {
	my ($from, $until) = @_;
	return grep { my ($at) = split; $at >= $from && $at < $until } split /\n/, eval { Naru::Test::slurp($log) } // '';
}

# Each process refreshes the pages of its sessions in turn for ten seconds. (requests, those that failed, calls)
sub refresh {
	my ($processes, @cookies) = @_;
	my $begin = time;
	my @from;
	for my $k (0 .. $processes - 1) {
		pipe my $from, my $to;
		defined(my $pid = fork) or die "fork: $!";
		if (!$pid) {
			my @mine = @cookies[ grep { $_ % $processes == $k } 0 .. $#cookies ];
			my ($n, $bad) = (0, 0);
			while (time < $begin + SECONDS) {
				my ($status) = $site->http(GET => $n % 2 ? '/' : '/jobs', Cookie => $mine[ ($n >> 1) % @mine ]);
				$n++;
				$bad++ unless $status == 200 || $status == 403;   # dave's contract has ended
			}
			syswrite $to, "$n $bad\n";
			POSIX::_exit(0);
		}
		close $to;
		push @from, [ $pid, $from ];
	}
	my ($n, $bad) = (0, 0);
	for (@from) {
		my ($pid, $from) = @$_;
		my ($one, $failed) = split ' ', <$from> // '0 1';
		waitpid $pid, 0;
		$n += $one;
		$bad += $failed;
	}
	return ($n, $bad, calls($begin, $begin + SECONDS));
}

sub cookie {
	my ($mech) = @_;
	my $cookie;
	$mech->cookie_jar->scan(sub { $cookie = "$_[1]=$_[2]" if $_[1] eq '__Host-naru' });
	return $cookie;
}

my @cookies = map { cookie($site->signed_in((qw(alice bob carol dave))[ $_ % 4 ])) } 0 .. 29;
my %different = map { $_ => 1 } @cookies;
is(scalar keys %different, 30, 'thirty sessions');
ok(wait_until(40, sub { grep { m{/slurm/\S+/jobs} } calls(0, time) }), 'the poller asks through the relay');
ok(wait_until(40, sub { grep { m{/slurmdb/} } calls(0, time) }), 'accounting too');

my ($alone, $bad_alone, @alone) = refresh(1, $cookies[0]);
my ($many, $bad_many, @many) = refresh(6, @cookies);
cmp_ok($alone, '>', 10, "one user made $alone requests");
cmp_ok($many, '>', 30, "thirty sessions made $many requests");
is($bad_alone + $bad_many, 0, 'and all were answered');
cmp_ok(scalar @alone, '>', 1, 'the poller went on: ' . @alone . ' calls beside one user');
cmp_ok(scalar @alone, '<=', SECONDS + 1, 'at most one a second');
cmp_ok(scalar @many, '<=', SECONDS + 1, 'at most one a second beside thirty: ' . @many);
cmp_ok(scalar @many, '<=', @alone + 3, 'as many as beside one');
is(join("\n", grep { !/ GET / } @alone, @many), '', 'looking changes nothing');

$site->finish;
done_testing;
