package Naru::Sched;
# A poller and schedtool against a cluster of their own: a real one (ops/slurm) or whatever stands at a socket.
#
#   my $bed = Naru::Sched->new(slurm => 1);                     # a private real Slurm
#   my $bed = Naru::Sched->new(socket => $path);                # something else at slurmrestd's place
#   $bed->poller_start; $bed->poller_stop;
#   my $job = $bed->tool(job => 'alice', 'demo', 18);           # { state => …, error => … }
#   my $row = $bed->submit('alice', "#!/bin/sh\n…", name => 'x');
#   $bed->until_job('alice', 18, sub { $_[0]{state} eq 'RUNNING' });
#
# Everything is stopped and removed when the test file ends.
use strict;
use warnings;
use File::Temp;
use IPC::Open2;
use Naru::Test qw(output wait_until slurp spew);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

our $build = $ENV{BUILD} // "$Naru::Test::top/build";
my @all;

sub new {
	my ($class, %o) = @_;
	my $self = bless { owner => $$, env => {}, %o }, $class;
	push @all, $self;
	$self->{dir} = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1);
	chmod 0755, $self->{dir};
	mkdir "$self->{dir}/$_" for qw(state state/db state/db/sched tokens);
	if ($o{slurm}) {
		$self->{env} = { NARU_BASE => "$self->{dir}/site", NARU_PORT_BASE => Naru::Test::free_ports() };
		$self->slurm('up');
		$self->{socket} = "$self->{dir}/site/slurm/run/rest/sock";
	}
	$self->token($_) for qw(alice bob naru-poller);
	$self->{conf} = "$self->{dir}/naru.conf";
	spew($self->{conf}, join "\n", '[site]', "state = $self->{dir}/state", '[cluster demo]', 'driver = slurm', "socket = $self->{socket}",
		"token-file = $self->{dir}/tokens/naru-poller", 'poll-seconds = 1', 'nodes-seconds = ' . ($o{nodes_seconds} // 2), 'history-seconds = 2',
		'accounting = ' . ($o{slurm} ? 'yes' : 'no'), $o{more} // '', '');
	return $self;
}

sub slurm {
	my ($self, @words) = @_;
	my ($status, $text) = output('env', (map { "$_=$self->{env}{$_}" } sort keys %{ $self->{env} }), "$Naru::Test::top/ops/slurm", @words);
	die "ops/slurm @words failed:\n$text" if $status;
	return $text;
}

# A Slurm command whose status does not matter.
sub run {
	my ($self, @words) = @_;
	return (output('env', (map { "$_=$self->{env}{$_}" } sort keys %{ $self->{env} }), "$Naru::Test::top/ops/slurm", 'run', @words))[1];
}

sub token {
	my ($self, $user) = @_;
	spew("$self->{dir}/tokens/$user", $self->{slurm} ? $self->slurm('token', $user, 3600) : "token-of-$user\n");
	return "$self->{dir}/tokens/$user";
}

# ---- the tool ----

sub parse {
	my ($text) = @_;
	my %h;
	for (split /\n/, $text) {
		my ($key, $value) = /^(\w+)=(.*)$/ or next;
		push @{ $h{rows} }, $value if $key eq 'row';
		$h{$key} = $value unless exists $h{$key};
	}
	$h{text} = $text;
	return \%h;
}

sub tool {
	my ($self, @words) = @_;
	local $ENV{NARU_CONF} = $self->{conf};
	return parse((output("$build/t/schedtool", @words))[1]);
}

sub submit {
	my ($self, $user, $script, %o) = @_;
	my $home = $o{home} // '/tmp';
	my $tokens = delete $o{token} // $user;
	local $ENV{NARU_CONF} = $self->{conf};
	my $pid = open2(my $out, my $in, "$build/t/schedtool", 'submit', 'demo', $user, "$self->{dir}/tokens/$tokens",
		(map { "$_=$o{$_}" } sort keys %o), "home=$home", "folder=$home");
	print $in $script;
	close $in;
	my $text = do { local $/; <$out> };
	waitpid $pid, 0;
	return parse($text // '');
}

sub control {
	my ($self, $user, $id, $verb, $token) = @_;
	return $self->tool('control', 'demo', $user, "$self->{dir}/tokens/" . ($token // $user), $id, $verb);
}

# The job once the code likes it; what it was last if it never does.
sub until_job {
	my ($self, $user, $id, $code, $seconds) = @_;
	my $job;
	wait_until($seconds // 30, sub { $job = $self->tool('job', $user, 'demo', $id); return $job->{found} && $code->($job) });
	return $job;
}

# ---- the poller ----

sub poller_start {
	my ($self) = @_;
	defined(my $pid = fork) or die "fork: $!";
	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		$ENV{NARU_CONF} = $self->{conf};
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/poller.log";
		open STDERR, '>&', \*STDOUT;
		exec "$build/bin/naru-poller" or POSIX::_exit(127);
	}
	$self->{poller} = $pid;
}

sub poller_stop {
	my ($self, $signal) = @_;
	my $pid = delete $self->{poller} or return;
	kill $signal // 'TERM', $pid;
	waitpid $pid, 0;
	return $?;
}

sub log { my ($self) = @_; return eval { slurp("$self->{dir}/poller.log") } // '' }

END {
	my $status = $?;
	for my $bed (grep { $_->{owner} == $$ } @all) {
		$bed->poller_stop;
		eval { $bed->slurm('down') if $bed->{slurm}; 1 } or diag $@;
		system 'rm', '-rf', $bed->{dir} unless $ENV{NARU_KEEP};
	}
	$? = $status;
}

1;
