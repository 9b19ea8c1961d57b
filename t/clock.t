#!/usr/bin/perl
# A clock that jumps: forward an hour, back again, forward a day, back again; for the portal, the web server and the batch system together.
use strict;
use warnings;
use utf8;
use File::Temp;
use Naru::Test qw(output wait_until slurp spew);
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use constant { HOUR => 3600, DAY => 86400 };
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $dir = File::Temp::tempdir('naru-clock-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my ($status, $text) = output($ENV{CC} // 'cc', '-std=gnu11', '-Wall', '-Wextra', '-shared', '-fPIC', '-o', "$dir/clock.so", 't/clock.c');
is($status, 0, 'the clock library is built') or BAIL_OUT($text);
my $ahead = 0;
my $file = "$dir/offset";
spew($file, sprintf '%-24s', 0);

# In place: the file is mapped.
sub jump {
	($ahead) = @_;
	open my $f, '+<', $file or die "$file: $!";
	syswrite $f, sprintf '%-24s', $ahead;
	close $f;
}
sub there { return time + $ahead }   # what the site takes for the time
sub day { return POSIX::strftime('%Y-%m-%d', gmtime $_[0]) }

my @preload = ("LD_PRELOAD=$dir/clock.so", "NARU_TEST_CLOCK=$file");
my $service = Naru::Test::service_env();
# The sanitizer wants to be the first library, and here it is the second.
my @asan = $service =~ s/ASAN_OPTIONS=/ASAN_OPTIONS=verify_asan_link_order=0:/ ? (ASAN_OPTIONS => 'verify_asan_link_order=0:detect_leaks=0') : ();
my $site = Naru::Test->site(private => 1, rate => 100000, conf => "[cluster demo]\nhistory-seconds = 5\n",
	env => { (map { split /=/, $_, 2 } @preload), @asan, NARU_SERVICE_ENV => join(' ', $service, @preload), NARU_IDLE_MINUTES => 120, NARU_ZONE => 'UTC' });
my $base = $site->base;
my $alice = $site->signed_in('alice');
my $carol = $site->signed_in('carol');

sub job_script { my ($name) = @_; return "#!/bin/sh\n#SBATCH -J $name -p normal -A physics -t 5 --mem 100M -D $base/home/alice\nsleep 2\n" }
sub submit { my ($name, $key) = @_; return ($site->api($alice, POST => '/jobs', { script => job_script($name), key => $key }))[2] }
sub signed { my ($mech) = @_; return ($site->api($mech, GET => '/account'))[0] == 200 }
sub rows { return ($site->api($alice, GET => '/jobs'))[1] // {} }
sub listed { my ($name) = @_; return scalar grep { $_->{name} eq $name } @{ rows()->{rows} // [] } }
sub quiet { return !@{ rows()->{troubles} // [1] } }
# When the cluster was last seen, as the poller wrote it.
sub as_of {
	my (undef, $text) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'sched');
	my ($at) = $text =~ /"as_of":(\d+)/;
	return $at // 0;
}
sub sane { return abs(as_of() - there()) < 15 }

# All that must hold whatever the clock has just done.
sub goes_on {
	my ($when) = @_;
	ok(wait_until(60, sub { quiet() && sane() }), "$when: the poller goes on, and its time is the clock's") or diag as_of() - there(), explain(rows());
	my $key = Naru::Test::random_key();
	(my $name = $when) =~ s/\W+/-/g;
	my $first;
	wait_until(20, sub { $first = submit($name, $key); $first->code == 303 });
	is($first->code, 303, "$when: a job is accepted") or diag $first->content;
	is(submit($name, $key)->header('Location'), $first->header('Location'), "$when: the same form is the same job");
	ok(wait_until(30, sub { listed($name) == 1 }), "$when: it comes into the list, once");
	is(($site->api($alice, GET => '/files/'))[0], 200, "$when: files");
	is(($site->api($alice, GET => '/files/in/home/'))[0], 200, "$when: and a proof for them");
	return ($name, $key, $first->header('Location'));
}

# ---- before ----
my ($first_name, $first_key, $first_job) = goes_on('now');
is(($site->api($carol, POST => '/notices', { title => 'for tomorrow', from => day(there() + DAY) }))[0], 303, 'a notice for tomorrow');
my $page = sub { return $alice->get($site->url('/'))->decoded_content };
unlike($page->(), qr/for tomorrow/, 'is not shown today');

# ---- an hour forward ----
jump(HOUR);
ok(signed($alice), 'a session with two hours of idle time lives an hour later');
goes_on('an hour forward');
is(submit($first_name, $first_key)->header('Location'), $first_job, 'a form of before is still its job');
my $bob = $site->mech;
$site->sign_in($bob, 'bob', 'wrong') for 1 .. 9;
ok(!$site->sign_in($bob, 'bob'), 'after many wrong tries bob has to wait');
my $dave = $site->signed_in('dave');

# ---- and back ----
jump(0);
ok($site->sign_in($bob, 'bob'), 'a clock that goes back does not keep him out for that hour');
ok(signed($alice), 'nor end a session') or diag $alice->status;
is(($site->api($dave, GET => '/account/contract'))[0], 200, 'nor one that began in the hour that is now to come');
goes_on('back');
is(submit($first_name, $first_key)->header('Location'), $first_job, 'a form of before is still its job');

# ---- a day forward ----
jump(DAY);
ok(!signed($alice), 'no session lives for ever');
$alice = $site->signed_in('alice');
ok(wait_until(20, sub { $page->() =~ /for tomorrow/ }), 'the notice is shown');
my $day_key = Naru::Test::random_key();
my $of_the_day = submit('a-day-forward', $day_key);
is($of_the_day->code, 303, 'a job is accepted');
is(submit('a-day-forward', $day_key)->header('Location'), $of_the_day->header('Location'), 'once');

# ---- and back ----
jump(0);
ok(signed($alice), 'going back ends no session');
unlike($page->(), qr/for tomorrow/, 'the notice waits again');
goes_on('a day back');
my (undef, $accounts) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'accounts');
my @of_alice = grep { ($_->{record} // '') eq 'session' && $_->{value}{user} eq 'alice' } map { eval { decode_json($_) } // () } split /\n/, $accounts;
cmp_ok(scalar(grep { $_->{value}{created} <= there() + 1 } @of_alice), '>', 0, 'a session that was used after it counts its hours from now');
is(scalar(grep { $_->{value}{created} > there() + 1 } @of_alice), 0, 'and not from tomorrow') or diag explain \@of_alice;
($status, $text) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'audit', 'verify');
is($status, 0, 'the audit chain holds') or diag $text;

$site->finish;
done_testing;
