# Faults of slurmrestd that a real one does not make on demand: a stand-in at its socket, the real driver and poller.
use strict;
use warnings;
use File::Temp;
use IO::Socket::UNIX;
use Naru::Sched;
use Naru::Test qw(wait_until slurp spew);
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $socket = "$dir/sock";
my %plain = (200 => 'OK', 304 => 'Not Modified', 400 => 'Bad', 401 => 'No', 404 => 'Not Found', 500 => 'Error');

# The way to answer is the first line of a file, so that it can change while the poller runs: one word for reads, one for submits.
sub mode { spew("$dir/mode.new", join ' ', @_); rename "$dir/mode.new", "$dir/mode" }
sub requests { return [ split /\n/, eval { slurp("$dir/requests") } // '' ] }

sub http {
	my ($status, $body, $type) = @_;
	return "HTTP/1.1 $status $plain{$status}\r\nContent-Type: " . ($type // 'application/json') . "\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
}

my $meta = '"meta":{"Slurm":{"release":"22.05.8"}}';
my $jobs = '{' . $meta . ',"errors":[],"jobs":[{"job_id":7,"user_name":"alice","user_id":20001,"job_state":"RUNNING","name":"kept","partition":"normal","submit_time":1000,"cpus":1}]}';
my %reads = (
	good => sub { http(200, $jobs) },
	empty => sub { http(200, '{"errors":[],"jobs":[]}') },
	unchanged => sub { "HTTP/1.1 304 Not Modified\r\n\r\n" },
	truncated => sub { http(200, substr $jobs, 0, 150) },
	cut => sub { "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n$jobs" },
	garbage => sub { http(200, "\0\xff<html>" . 'x' x 5000) },
	text => sub { http(200, 'hello', 'text/plain') },
	auth => sub { http(500, '{"errors":[{"description":"Failed while looking for jobs","error_number":-1,"error":"Unspecified error"}]}') },
	refused401 => sub { http(401, 'Authentication failure', 'text/plain') },
	refused404 => sub { http(404, 'Unable find requested URL', 'text/plain') },
	deep => sub { http(200, '{"errors":[],"jobs":[' . '[' x 500000 . ']' x 500000 . ']}') },
	closed => sub { '' },
);
my %submits = (
	good => sub { http(200, '{"errors":[],"job_id":42}') },
	warned => sub { http(200, '{"errors":[{"error_code":2015,"error":"Requested partition configuration not available now"}],"job_id":43}') },
	truncated => sub { http(200, '{"errors":[],"job_') },
	closed => sub { '' },
	zero => sub { http(500, '{"errors":[{"error_code":5005,"error":"Zero Bytes were transmitted or received"}]}') },
	strange => sub { http(500, '{"errors":[{"error_code":4242,"error":"<b>Something</b> new"}]}') },
	text => sub { http(400, 'Unable to parse query.', 'text/plain') },
	nothing => sub { http(200, '{"errors":[]}') },
	broken => sub { http(500, 'Internal') },
);

sub serve {
	my ($client) = @_;
	while (1) {
		my $request = '';
		until ($request =~ /\r\n\r\n/ && length($request) - $+[0] >= ($request =~ /content-length: (\d+)/i ? $1 : 0)) {
			sysread($client, $request, 65536, length $request) or return;
		}
		my ($line) = $request =~ /^(\S+ \S+)/;
		open my $log, '>>', "$dir/requests";
		syswrite $log, "$line\n";
		close $log;
		my ($read, $submit) = split ' ', slurp("$dir/mode");
		my $post = $line =~ /^POST/;
		my $name = $post ? $submit : $read;
		return sleep 30 if $name eq 'hang';
		if ($name eq 'endless') {
			syswrite $client, "HTTP/1.1 200 OK\r\n\r\n{\"errors\":[],\"jobs\":[";
			my $part = '{"job_id":1,"name":"' . 'x' x 60000 . '"},';
			local $SIG{PIPE} = 'DEFAULT';
			for (1 .. 20000) { defined syswrite $client, $part or return }
			return;
		}
		return syswrite $client, http(200, '{"errors":[],"nodes":[],"partitions":[]}') if !$post && $line !~ m{/jobs};
		my $answer = ($post ? $submits{$name} : $reads{$name})->();
		syswrite $client, $answer;
		return if $answer eq '' || $name eq 'cut';
	}
}

mode('good', 'good');
my $listen = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $socket, Listen => 64) or die $!;
defined(my $server = fork) or die;
if (!$server) {
	setpgrp;
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	$SIG{CHLD} = 'IGNORE';
	while (1) {
		my $client = $listen->accept or next;
		defined(my $child = fork) or next;
		if (!$child) { serve($client); POSIX::_exit(0) }
		close $client;
	}
}
END { my $status = $?; kill 'KILL', -$server if $server; $? = $status }

my $bed = Naru::Sched->new(socket => $socket, nodes_seconds => 1000, more => 'gone-seconds = 4');

# ---- submit ----

sub submit_in {
	my ($mode) = @_;
	mode('good', $mode);
	unlink "$dir/requests";
	return $bed->submit('alice', "#!/bin/sh\n");
}
is(submit_in('good')->{job}, 42, 'accepted');
my $sent = submit_in('warned');
is($sent->{job}, 43, 'a job id with errors is an accepted job');
like($sent->{warning}, qr/does not allow a job of this size/, 'with the errors as a warning');
for my $mode (qw(truncated closed zero)) {
	$sent = submit_in($mode);
	like($sent->{error}, qr/^13 .*may have taken it all the same/, "$mode: nobody knows, and it is said");
	is(scalar @{ requests() }, 1, "$mode: sent once");
}
like(submit_in('strange')->{error}, qr/^9 .*<b>Something<\/b> new/, 'an unknown code: the text of Slurm');
like(submit_in($_)->{error}, qr/^12 /, "$_: refused") for qw(text nothing broken);
mode('good', 'hang');
my $begun = time;
like($bed->submit('alice', "#!/bin/sh\n")->{error}, qr/^13 .*may have taken/, 'a server that hangs');
cmp_ok(time - $begun, '<', 6, 'is waited for five seconds');

# ---- the poller ----

mode('good', 'good');
$bed->poller_start;
is($bed->until_job('alice', 7, sub { 1 })->{state}, 'RUNNING', 'a good answer');
my $child = sub { my @pids = split ' ', eval { slurp("/proc/$bed->{poller}/task/$bed->{poller}/children") } // ''; return $pids[0] // 0 };
my $first = $child->();
for my $mode (qw(truncated cut garbage text auth refused401 refused404 closed endless deep)) {
	mode('good', 'good');
	wait_until(25, sub { !$bed->tool('cluster', 'demo')->{error} }) or diag "$mode: no recovery before";
	mode($mode, 'good');
	if ($mode eq 'deep') { # complete JSON, but no job in it can be read
		sleep 3;
		is($bed->tool('job', 'alice', 'demo', 7)->{state}, 'RUNNING', "$mode: jobs are not taken as gone");
		next;
	}
	ok(wait_until(25, sub { $bed->tool('cluster', 'demo')->{error} }), "$mode: the error is recorded") or diag $bed->log;
	like($bed->tool('cluster', 'demo')->{error}, qr/^[A-Z].*\.$/, "$mode: as a sentence");
	is($bed->tool('job', 'alice', 'demo', 7)->{state}, 'RUNNING', "$mode: the last state is kept");
}
is($child->(), $first, 'the same process lived through all of it');
mode('unchanged', 'good');
ok(wait_until(25, sub { !$bed->tool('cluster', 'demo')->{error} }), 'an answer without news is good news');
my $as_of = $bed->tool('cluster', 'demo')->{as_of};
ok(wait_until(10, sub { $bed->tool('cluster', 'demo')->{as_of} > $as_of }), 'and renews the time');

mode('hang', 'good');
ok(wait_until(25, sub { $bed->tool('cluster', 'demo')->{error} }), 'a server that hangs is noticed');
mode('good', 'good');
ok(wait_until(25, sub { !$bed->tool('cluster', 'demo')->{error} }), 'and forgiven');

unlink "$dir/requests";
sleep 5;
cmp_ok(scalar @{ requests() }, '<=', 6, 'at most one call a second');
cmp_ok(scalar @{ requests() }, '>=', 3, 'but calls there are');

chmod 0, "$bed->{dir}/tokens/naru-poller";
rename "$bed->{dir}/tokens/naru-poller", "$bed->{dir}/tokens/away";
ok(wait_until(15, sub { $bed->tool('cluster', 'demo')->{error} =~ /no key/ }), 'a missing token is told');
rename "$bed->{dir}/tokens/away", "$bed->{dir}/tokens/naru-poller";
ok(wait_until(25, sub { !$bed->tool('cluster', 'demo')->{error} }), 'a new one is picked up');

mode('empty', 'good');
ok($bed->until_job('alice', 7, sub { $_[0]{state} eq 'UNKNOWN' }, 40)->{state} eq 'UNKNOWN', 'a job that vanishes without accounting becomes unknown');
mode('good', 'good');
is($bed->until_job('alice', 7, sub { $_[0]{state} eq 'RUNNING' })->{state}, 'RUNNING', 'and comes back when it is listed again');
is($bed->tool('usage', 'alice')->{running}, 1, 'with right counts');
is($bed->poller_stop, 0, 'TERM ends the poller');
unlike($bed->log, qr/Sanitizer|runtime error|ended with status/, 'nothing crashed');
done_testing;
