#!/usr/bin/perl
# The machine stops in the middle of submits and starts again: nothing that was acknowledged is lost without a word, nothing is doubled.
use strict;
use warnings;
use utf8;
use JSON::PP;
use Naru::Test qw(output wait_until slurp spew);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $lost_seconds = 8;
my $site = Naru::Test->site(private => 1, rate => 100000, alerts => qr/./,
	conf => "[batch]\nlost-seconds = $lost_seconds\n\n[cluster demo]\nhistory-seconds = 3\n");
my $base = $site->base;
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob);
my %csrf = map { $_ => $site->csrf($mech{$_}) } keys %mech;
my %cookie;
for my $user (keys %mech) {
	$mech{$user}->cookie_jar->scan(sub { $cookie{$user} = "$_[1]=$_[2]" if $_[1] eq '__Host-naru' });
}
ok(wait_until(40, sub { my (undef, $d) = $site->api($mech{alice}, GET => '/'); @{ $d->{partitions} // [] } == 3 }), 'the poller knows the cluster');

# (status, Location): one submit of a script, as a browser sends it.
sub submit {
	my ($user, $name, $key) = @_;
	my $script = "#!/bin/sh\n#SBATCH -J $name -p normal -A physics -t 5 --mem 100M -D $base/home/$user\nsleep 100\n";
	my ($status, $headers) = eval { $site->http(POST => '/jobs', Cookie => $cookie{$user}, 'Content-Type' => 'application/x-www-form-urlencoded',
		Accept => 'application/json', Origin => 'https://localhost:' . $site->port, 'Sec-Fetch-Site' => 'same-origin',
		Naru::Test::form_encode({ script => $script, key => $key, csrf => $csrf{$user} })) };
	return ($status // 0, ($headers // {})->{location} // '');
}

# What the batch system knows: comment => [ids], name => [ids].
sub in_slurm {
	my (%comment, %name);
	for (split /\n/, $site->slurm_run('scontrol', '-o', 'show', 'job')) {
		my ($id, $name) = /JobId=(\d+) JobName=(\S+)/ or next;
		push @{ $name{$name} }, $id;
		push @{ $comment{$1} }, $id if /Comment=naru:(\S+)/;
	}
	return (\%comment, \%name);
}

# What the portal has written down: name of the job => records; and how many are looked for.
sub in_portal {
	my (%record, $waiting);
	$waiting = 0;
	my ($status, $text) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', 'portal');
	for (split /\n/, $text) {
		my $entry = eval { decode_json($_) } or next;
		my $table = $entry->{table} // '';
		$waiting++ if $table eq 'W';
		push @{ $record{$1} }, $entry->{value} if $table eq 'B' && $entry->{value}{script} =~ /-J (\S+)/;
	}
	return (\%record, $waiting);
}

# All processes of the site, its Slurm and its database: those that have its folder among their words or in their environment, and
# the children of those, since nginx's workers give neither.
sub of_the_site {
	my (%parent, %is);
	for my $dir (glob '/proc/[0-9]*') {
		my ($pid) = $dir =~ /(\d+)$/;
		($parent{$pid}) = (eval { slurp("$dir/stat") } // '') =~ /.*\) [^Z] (\d+)/s or next;
		my $words = join "\0", map { eval { slurp("$dir/$_") } // '' } qw(cmdline environ);
		$is{$pid} = 1 if index($words, $base) >= 0;
	}
	my $before = -1;
	while ($before != keys %is) {
		$before = keys %is;
		for (keys %parent) { $is{$_} = 1 if $is{ $parent{$_} // 0 } }
	}
	delete @is{$$, getppid};
	return keys %is;
}

sub pull_the_plug {
	for (1 .. 50) {
		my @pids = of_the_site() or return $_;
		kill STOP => @pids;   # nobody sees another one die
		kill KILL => @pids;
		sleep 0.05;
	}
	return 0;
}

# ---- some that are old enough to be in the batch system's own records ----
my @attempts;
for my $n (1 .. 4) {
	my ($user, $key) = ($n % 2 ? 'alice' : 'bob', Naru::Test::random_key());
	my ($status, $location) = submit($user, "early-$n", $key);
	push @attempts, { user => $user, key => $key, name => "early-$n", status => $status, location => $location, early => 1 };
}
is(join(' ', map { $_->{status} } @attempts), '303 303 303 303', 'four submits');
my $acknowledged = time;
ok(wait_until(30, sub { ((stat "$base/slurm/state/ctld/job_state")[9] // 0) > $acknowledged }), 'slurmctld has written them down');

# ---- eight at a time, and the plug is pulled ----
my $log = "$base/log/attempts";
spew($log, '');
my @children;
for my $k (1 .. 8) {
	defined(my $pid = fork) or die "fork: $!";
	if (!$pid) {
		open my $f, '>>', $log or POSIX::_exit(1);
		for my $n (1 .. 12) {
			my ($user, $key) = ($k % 2 ? 'alice' : 'bob', Naru::Test::random_key());
			syswrite $f, "begin $user $key plug-$k-$n\n";
			my ($status, $location) = submit($user, "plug-$k-$n", $key);
			last unless $status;
			syswrite $f, "end $key $status $location\n";
		}
		POSIX::_exit(0);
	}
	push @children, $pid;
}
ok(wait_until(30, sub { (() = slurp($log) =~ /^end \S+ 303 /mg) >= 5 }), 'five more are acknowledged');
ok(pull_the_plug(), 'all processes of the machine are killed');
waitpid $_, 0 for @children;
my %attempt;
for (split /\n/, slurp($log)) {
	my ($word, @rest) = split / /;
	if ($word eq 'begin') { $attempt{ $rest[1] } = { user => $rest[0], key => $rest[1], name => $rest[2], status => 0, location => '' } }
	else { @{ $attempt{ $rest[0] } }{qw(status location)} = @rest[ 1, 2 ] }
}
my @cut = grep { !$_->{status} } values %attempt;
my @told = grep { $_->{status} == 303 } values %attempt;
push @attempts, values %attempt;
cmp_ok(scalar @cut, '>', 0, @cut . ' had no answer when it happened, ' . @told . ' had');

# ---- and everything starts again; numbers in old pid files are other processes' by now ----
my $innocent = fork // die "fork: $!";
exec 'sleep', '1000' or POSIX::_exit(1) if !$innocent;
my @pid_files = ("$base/run/runsvdir.pid", "$base/slurm/munge/run/munged.pid", map { "$base/slurm/run/$_.pid" } qw(slurmctld slurmdbd slurmrestd mariadbd slurmd-n1));
spew($_, "$innocent\n") for @pid_files;
$site->ops('slurm', 'up');
$site->ops('site', 'start');
is(waitpid($innocent, POSIX::WNOHANG()), 0, 'a process that has the number of an old one is left alone');
kill KILL => $innocent;
waitpid $innocent, 0;
is(($site->api($mech{$_}, GET => '/jobs'))[0], 200, "$_ is still signed in") for qw(alice bob);
my ($status, $verified) = output($site->_env, "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'audit', 'verify');
is($status, 0, 'the audit chain holds') or diag $verified;

# New jobs take the numbers that slurmctld forgot; and a browser sends two of the cut forms once more.
for my $n (1 .. 12) {
	my ($user, $key) = ($n % 2 ? 'alice' : 'bob', Naru::Test::random_key());
	my $location;
	wait_until(30, sub { ($status, $location) = submit($user, "late-$n", $key); $status == 303 });
	push @attempts, { user => $user, key => $key, name => "late-$n", status => $status, location => $location, early => 1 };
}
for my $one (grep { defined } @cut[ 0, 1 ]) {
	@$one{qw(status location)} = submit($one->{user}, $one->{name}, $one->{key});
	is($one->{status}, 303, "$one->{name}, sent again");
}
ok(wait_until(60, sub { my ($records, $waiting) = in_portal(); $waiting == 0 && !grep { $_->{state} eq 'sending' } map { @$_ } values %$records }),
	"within $lost_seconds seconds and a poll it is known what became of each") or diag explain((in_portal())[0]);

# ---- what there is ----
my ($records) = in_portal();
my ($comment, $name) = in_slurm();
my (%claimed, %count, @wrong);
for my $one (@attempts) {
	my ($record, @more) = @{ $records->{ $one->{name} } // [] };
	push @wrong, "$one->{name}: recorded twice" if @more;
	my $jobs = $name->{ $one->{name} } // [];
	if (!$record) {
		push @wrong, "$one->{name}: acknowledged, but not recorded" if $one->{status} == 303;
		push @wrong, "$one->{name}: not recorded, but job @$jobs" if @$jobs;
		$count{unrecorded}++;
		next;
	}
	my $state = $record->{state};
	my $mine = $comment->{ $record->{id} } // [];
	$count{$state}++;
	push @wrong, "$one->{name}: jobs @$jobs" if @$jobs > 1 || @$mine > 1 || "@$jobs" ne "@$mine";
	push @wrong, "$one->{name}: $state, but job @$mine" if $state ne 'sent' && @$mine;
	push @wrong, "$one->{name}: sent as $record->{job_id}, but job @$mine" if $state eq 'sent' && "@$mine" ne $record->{job_id};
	push @wrong, "$one->{name}: not lost before the plug was pulled, yet $state" if $one->{early} && $state ne 'sent';
	push @wrong, "$one->{name}: job $record->{job_id} claimed by $claimed{$record->{job_id}} as well" if $record->{job_id} && $claimed{ $record->{job_id} };
	$claimed{ $record->{job_id} } = $one->{name} if $record->{job_id};
	next if $state eq 'sent';
	my ($status, $page) = $site->api($mech{ $one->{user} }, GET => "/jobs/submissions/$record->{id}");
	push @wrong, "$one->{name}: $state, but its page says ($status) " . ($page->{message} // '')
		unless $status == 200 && ($page->{message} // '') =~ ($state eq 'forgotten' ? qr/accepted this job and then lost it/ : qr/not accepted|\S/);
}
is(join("\n", @wrong), '', 'each submit is one job, or is told not to be: ' . join ', ', map { "$count{$_} $_" } sort keys %count) or diag explain $records;
my ($any) = grep { $_->{early} } @attempts;
my (undef, $job) = $site->api($mech{ $any->{user} }, GET => $any->{location});
is($job->{name}, $any->{name}, 'a job of before is on its page');

$site->finish;
done_testing;
