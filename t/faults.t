#!/usr/bin/perl
# What must survive: programs replaced under load, processes killed at any moment, a full disk, thousands of slow visitors.
use strict;
use warnings;
use utf8;
use File::Temp;
use IO::Socket::SSL;
use Naru::Test qw(output wait_until);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

# All state on a small disk of its own, so that it can be full.
my $disk = File::Temp::tempdir('naru-disk-XXXXXXXX', TMPDIR => 1);
my $owner = $$;
system('mount', '-t', 'tmpfs', '-o', 'size=160m,mode=0755', 'tmpfs', $disk) == 0 or BAIL_OUT('tmpfs cannot be mounted');
END { if ($$ == $owner) { my $status = $?; $_->stop for grep { defined } our $site; system 'umount', '-l', $disk; rmdir $disk; $? = $status } }
$ENV{TMPDIR} = $disk;
our $site = Naru::Test->site(private => 1, slurm => 0, rate => 100000, alerts => qr/worker process \d+ exited|No space left|access\.log" was incomplete/);
delete $ENV{TMPDIR};
my $alice = $site->signed_in('alice');
my $carol = $site->signed_in('carol');
my %cookie = map { my ($who, $mech) = @$_; my $c; $mech->cookie_jar->scan(sub { $c = "$_[1]=$_[2]" if $_[1] eq '__Host-naru' }); ($who => $c) } [ alice => $alice ], [ carol => $carol ];

# `work` in n processes until the parent's code has run; returns the sum of what each counted: (done, failed).
sub under_load {
	my ($n, $work, $meanwhile) = @_;
	my (@pids, @pipes);
	for my $k (1 .. $n) {
		pipe my $from, my $to;
		defined(my $pid = fork) or die "fork: $!";
		if (!$pid) {
			close $from;
			my ($stop, $done, $failed) = (0, 0, '');
			$SIG{TERM} = sub { $stop = 1 };
			until ($stop) { my $bad = $work->($k, $done); $done++; $failed .= "$bad\n" if $bad }
			print $to "$done\n$failed";
			close $to;
			POSIX::_exit(0);
		}
		close $to;
		push @pids, $pid;
		push @pipes, $from;
	}
	$meanwhile->();
	kill TERM => @pids;
	my ($done, $failed) = (0, '');
	for (@pipes) { $done += <$_> // 0; local $/; $failed .= <$_> // '' }
	waitpid $_, 0 for @pids;
	return ($done, $failed);
}

sub get_home {
	my ($status) = $site->http(GET => '/notices', Cookie => $cookie{alice}, Accept => 'application/json');
	return $status == 200 ? '' : "status $status";
}

# ---- a module is replaced under load ----
my ($done, $failed) = under_load(4, \&get_home, sub { for (1 .. 5) { $site->ops('site', 'swap', 'dashboard'); sleep 0.4 } });
cmp_ok($done, '>', 50, "requests while the dashboard was replaced five times ($done)");
is($failed, '', 'none of them failed');
($done, $failed) = under_load(4, \&get_home, sub { for (1 .. 3) { $site->ops('site', 'swap', 'account'); sleep 0.4 } });
is($failed, '', 'nor while account was');

# ---- kill -9 at any moment: what was acknowledged is there ----
sub children { my ($pid) = @_; return split ' ', eval { Naru::Test::slurp("/proc/$pid/task/$pid/children") } // '' }
my $secret = $site->csrf($carol);
my $written = File::Temp->new;
my $add = sub {
	my ($k, $n) = @_;
	my $title = "kill-$k-$n-$$";
	my $body = Naru::Test::form_encode({ title => $title, csrf => $secret, key => Naru::Test::random_key() });
	my ($status) = $site->http(POST => '/notices', Cookie => $cookie{carol}, 'Content-Type' => 'application/x-www-form-urlencoded',
		Origin => 'https://localhost:' . $site->port, 'Sec-Fetch-Site' => 'same-origin', $body);
	if ($status == 303) { open my $f, '>>', "$written"; syswrite $f, "$title\n" }
	return '';
};
my $kills = 0;
my $wanted_kills = $ENV{NARU_KILLS} // 200;
under_load(3, $add, sub {
	my $end = time + 10 + $wanted_kills / 15;
	while ($kills < $wanted_kills && time < $end) {
		my $master = $site->service_pid('dashboard');
		my @workers = children($master);
		my $victim = rand() < 0.03 ? $master : $workers[ rand @workers ];
		$kills += kill KILL => $victim if $victim;
		sleep 0.01 + rand 0.06;
	}
});
cmp_ok($kills, '>=', $wanted_kills / 2, "$kills processes were killed");
ok(wait_until(20, sub { get_home() eq '' }), "the dashboard is back after $kills kills");
my @acknowledged = split /\n/, Naru::Test::slurp("$written");
my (undef, $dump) = output($site->_env, 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', 'portal');
my %there = map { $_ => 1 } $dump =~ /"(kill-[0-9-]+)"/g;
is(join(' ', grep { !$there{$_} } @acknowledged), '', 'all ' . @acknowledged . ' acknowledged notices are there');
cmp_ok(scalar @acknowledged, '>', 10, 'and they were not few');
my (undef, $verified) = output($site->_env, 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'audit', 'verify');
like($verified, qr/\d+/, 'the audit chain holds') or diag $verified;

# ---- a full disk ----
my $filler = "$disk/filler";
output('dd', 'if=/dev/zero', "of=$filler", 'bs=1M');
output('dd', 'if=/dev/zero', "of=$filler", 'bs=512', 'oflag=append', 'conv=notrunc');
my ($status, $page) = $site->api($carol, POST => '/notices', { title => 'full', body => 'x' x 3900 });
for (1 .. 40) { last if $status == 503; ($status, $page) = $site->api($carol, POST => '/notices', { title => "full $_", body => 'x' x 3900 }) }
is($status, 503, 'a full disk is a clear 503');
like($page->{error} // '', qr/disk is full|database does not answer/, 'that says so');
is(get_home(), '', 'pages are still read');
unlink $filler;
ok(wait_until(10, sub { ($site->api($carol, POST => '/notices', { title => 'room again' }))[0] == 303 }), 'with room again it works');

# ---- slow visitors ----
my $p98 = sub { my @t = sort { $a <=> $b } map { my $t = time; get_home(); time - $t } 1 .. 50; $t[48] };
my $alone = $p98->();
my @slow;
for (1 .. 2000) {
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $site->port, Timeout => 5) or next;
	syswrite $s, "\x16\x03";   # the beginning of a TLS record, and then nothing
	push @slow, $s;
}
cmp_ok(scalar @slow, '>=', 1900, @slow . ' visitors began to speak and fell silent');
my $beside = $p98->();
cmp_ok($beside, '<', 2 * ($alone < 0.25 ? 0.25 : $alone), sprintf 'the others do not notice (p98 %.0f ms, alone %.0f ms)', 1000 * $beside, 1000 * $alone);
close $_ for @slow;

$site->finish;
done_testing;
