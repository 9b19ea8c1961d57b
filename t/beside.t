#!/usr/bin/perl
# Two administrators at the same time, and two versions of a module on one database: no change of one is lost by the other.
use strict;
use warnings;
use utf8;
use JSON::PP;
use Naru::Test qw(output wait_until slurp);
use POSIX ();
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site(private => 1, slurm => 0, rate => 100000);
my $base = $site->base;
my @admins = map { $site->signed_in('carol') } 1, 2;
my $alice = $site->signed_in('alice');

sub at_once {
	my (@work) = @_;
	my @pids;
	for my $one (@work) {
		defined(my $pid = fork) or die "fork: $!";
		if (!$pid) { POSIX::_exit($one->() ? 0 : 1) }
		push @pids, $pid;
	}
	my $bad = 0;
	for (@pids) { waitpid $_, 0; $bad++ if $? }
	return $bad;
}

sub notices { return @{ ($site->api($_[0], GET => '/notices'))[1]{rows} // [] } }
sub publish { my ($mech, $title, %more) = @_; return ($site->api($mech, POST => '/notices', { title => $title, %more }))[0] }

# ---- two administrators ----
my $failed = at_once(map { my $k = $_; sub { !grep { publish($admins[$k], "both $k-$_") != 303 } 1 .. 10 } } 0, 1);
is($failed, 0, 'two administrators publish ten notices each at the same time');
my %there;
$there{ $_->{title} }++ for notices($alice);
is(join(' ', sort keys %there), join(' ', map { my $k = $_; map { "both $k-$_" } sort 1 .. 10 } 0, 1), 'all are there');
is(scalar(grep { $_ != 1 } values %there), 0, 'each once');
my $key = Naru::Test::random_key();
at_once(map { my $mech = $_; sub { publish($mech, 'one form', key => $key) } } @admins);
is(scalar(grep { $_->{title} eq 'one form' } notices($alice)), 1, 'one form that both browsers send is one notice');
my @ids = map { $_->{id} } notices($admins[0]);
at_once(map { my $mech = $_; sub { $site->api($mech, POST => "/notices/$_/remove") for @ids; 1 } } @admins);
is(scalar notices($alice), 0, 'both remove all of them: none is left, and nobody falls over the other');
my ($status) = $site->api($admins[0], POST => "/notices/$ids[0]/remove");
ok($status == 303 || $status == 404, "removed again: $status");
($status, my $text) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'audit', 'verify');
is($status, 0, 'the audit chain holds') or diag $text;
(undef, $text) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'audit');
my @lines = map { eval { decode_json($_)->{value} } // () } split /\n/, $text;
cmp_ok(scalar(grep { ($_->{user} // '') eq 'carol' && $_->{what} =~ /notice/ } @lines), '>=', 41, 'with a line for each thing that was done');

# ---- a module of a later version has written a field that this one does not know ----
my $build = $ENV{BUILD} || 'build';
my $later = "$build/t/later";
($status, $text) = output('make', '-s', "BUILD=$build", ($build =~ /san/ ? 'SAN=1' : ()), $later) if !-x $later;
ok(-x $later, 'the program of a later version is built') or diag $text;
sub later { return (output($site->_env, "NARU_CONF=$base/etc/naru.conf", $later, @_))[1] }
sub account {
	my ($user) = @_;
	my (undef, $text) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'accounts');
	my ($entry) = grep { ($_->{record} // '') eq 'account' && $_->{key}[0] eq $user } map { eval { decode_json($_) } // () } split /\n/, $text;
	return $entry->{value};
}
sub speak { my ($lang) = @_; return ($site->api($alice, POST => '/account/language', { lang => $lang }))[0] }

my $motto = "나루 of tomorrow";
utf8::encode($motto);
is(later('accounts', 'A', 1, 'alice'), "1 $motto\n", 'a later version writes a field of its own into the record of alice');
is(speak('ko'), 303, 'the present one changes the record');
is(account('alice')->{language}, 'ko', 'which it reads and writes as ever');
is(later('accounts', 'A', 0, 'alice'), "1 $motto\n", 'and the field is still there');
my $again = $site->signed_in('alice');
is(later('accounts', 'A', 0, 'alice'), "1 $motto\n", 'after a sign-in too');
$failed = at_once(sub { later('accounts', 'A', 100, 'alice'); 1 }, sub { !grep { speak($_ % 2 ? 'en' : 'ko') != 303 } 1 .. 15 });
is($failed, 0, 'both at the same time');
is(later('accounts', 'A', 0, 'alice'), "101 $motto\n", 'every change of the later one is there');
is(account('alice')->{language}, 'en', 'and the last of the present one');

# ---- the present program is put in the place of a running one while both write ----
$failed = at_once(sub { later('accounts', 'A', 200, 'alice'); 1 }, sub { !grep { speak($_ % 2 ? 'ko' : 'en') != 303 } 1 .. 15 },
	sub { $site->ops('site', 'swap', 'account') for 1 .. 2; 1 });
is($failed, 0, 'a swap between them');
is(later('accounts', 'A', 0, 'alice'), "301 $motto\n", 'loses nothing');
is(account('alice')->{language}, 'ko', 'on either side');
is(account('alice')->{name}, 'Alice Kim', 'nor anything else of the record');

$site->finish;
done_testing;
