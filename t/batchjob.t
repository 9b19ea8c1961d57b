#!/usr/bin/perl
# batchjob: from the form to the output on a real Slurm; what is refused; and that a job is sent once whatever breaks on the way.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use Encode;
use Naru::Test qw(wait_until slurp spew);
use Test::More;
use Time::HiRes qw(sleep time);

my $site = Naru::Test->site(private => 1, alerts => qr/recv\(\) failed|upstream prematurely closed|writev\(\) failed/);
my $base = $site->base;
my $home = "$base/home/alice";
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');
ok(wait_until(30, sub { my (undef, $d) = $site->api($alice, GET => '/jobs/new'); grep { $_->{name} eq 'partition' && @{ $_->{choices} // [] } } @{ $d->{form}{fields} // [] } }),
	'the poller knows the partitions') or diag $alice->content;

sub page { my ($m) = @_; return ($m // $alice)->content =~ s/.*<main/<main/sr }

# Fills the form of a template and comes to the review.
sub review {
	my ($template, %f) = @_;
	$alice->get($site->url("/jobs/new?template=$template"));
	$alice->submit_form(with_fields => \%f);
	return $alice->status;
}

# Submits the review page; `edit` changes the script.
sub submit {
	my ($edit) = @_;
	my $form = $alice->form_with_fields('script');
	if ($edit) {
		local $_ = $form->value('script');
		$edit->();
		$form->value(script => $_);
	}
	$alice->submit;
	my ($id) = $alice->uri->path =~ m{^/jobs/demo/(\d+)$};
	return $id;
}

sub job { my ($id, $m) = @_; my ($status, $data) = $site->api($m // $alice, GET => "/jobs/demo/$id"); return $status == 200 ? $data : { status => $status } }
sub count { my ($name) = @_; return scalar(() = $site->slurm_run('squeue', '-h', '-t', 'all', '-n', $name, '-o', '%i') =~ /\d+/g) }
sub record { my ($id) = @_; return { $site->slurm_run('scontrol', '-o', 'show', 'job', $id) =~ /(\w+)=(\S+)/g } }

subtest 'the whole way' => sub {
	is(review('serial', name => 'hello', command => "id -un\nenv\necho done", walltime => '00:05:00', account => 'physics'), 200, 'review');
	like(page(), qr/#SBATCH --time=00:05:00/, 'the script has its lines');
	like(page(), qr/can start|start soon|waits until/, 'and an estimate');
	my $id = submit();
	ok($id, 'submitted, and on the page of the job') or diag page();
	ok(wait_until(40, sub { job($id)->{finished} }), 'it ends');
	my $job = job($id);
	is($job->{state}, 'Completed', 'well');
	like($job->{output}{content}, qr/^alice\n.*done\n\z/s, 'it ran as alice and its output is on the page');
	unlike($job->{output}{content}, qr/eyJ|TOKEN|NARU|PROOF/, 'no secret in its environment');
	is($job->{account}, 'physics', 'account');
	my ($wall) = grep { $_->{what} eq 'Wall time' } @{ $job->{advice} };
	ok($wall, 'used against asked for');
	$alice->get($site->url("/jobs/demo/$id/script"));
	is($alice->content, $job->{script}, 'the script can be had');
	like($job->{script}, qr/^#!\/bin\/bash\n#SBATCH --job-name=hello\n.*\nid -un\nenv\necho done\n\z/s, 'byte for byte');
	is(record($id)->{Comment} =~ s/:.*//r, 'naru', 'it carries the mark of its record');
	$alice->get($site->url('/jobs'));
	like(page(), qr{href="/jobs/demo/$id">hello}, 'it is in the list');
	$alice->get($site->url("/jobs/new?again=demo/$id"));
	is($alice->form_with_fields('command')->value('command') =~ s/\r//gr =~ s/^\n//r, "id -un\nenv\necho done", 'run again fills the form');
};

subtest 'fields and the scheduler' => sub {
	is(review('array', name => 'fields', command => 'sleep 1', array => '1-3%2', memory => '300M', cpus => 2, walltime => '1-00:00:00', output => 'o-%A_%a.txt', hold => 'yes'), 200, 'review');
	my $id = submit();
	ok(wait_until(20, sub { job($id)->{seen} }), 'known') or diag page();
	my $r = record($id);
	is($r->{JobName}, 'fields', 'name');
	is($r->{TimeLimit}, '1-00:00:00', 'time');
	is($r->{'NumCPUs'} // '', '2', 'CPUs');
	is($r->{MinMemoryNode}, '300M', 'memory');
	like($r->{ArrayTaskId}, qr/1-3%2/, 'array');
	like($r->{StdOut}, qr{^\Q$home\E/o-}, 'output');
	is($r->{WorkDir}, $home, 'folder');
	my $job = job($id);
	ok($job->{held}, 'held') or diag explain $job;
	ok($job->{why}, "why it waits: $job->{why}");
	$alice->get($site->url("/jobs/demo/$id"));
	is(($site->api($alice, POST => "/jobs/demo/$id/release"))[0], 303, 'released');
	ok(wait_until(40, sub { job("${id}_3")->{finished} }), 'the last task ends');
	is(scalar @{ job("${id}_3")->{tasks} }, 3, 'three tasks on its page');
};

subtest 'a whole array' => sub {
	review('array', name => 'whole', command => '[ $SLURM_ARRAY_TASK_ID = 0 ] || sleep 100', array => '0-2', walltime => '00:05:00', memory => '100M');
	my $id = submit();
	ok(wait_until(40, sub { job("${id}_0")->{finished} && job("${id}_2")->{running} }), 'the first task has ended, others run') or diag $site->slurm_run('squeue');
	$alice->get($site->url("/jobs/demo/$id"));
	my ($form) = grep { $_->action->path eq "/jobs/demo/$id/cancel" } $alice->forms;
	ok($form, 'the button for all of it') or return;
	$alice->request($form->click);
	ok(wait_until(40, sub { !grep { !job("${id}_$_")->{finished} } 0 .. 2 }), 'cancelled as a whole') or diag page();
};

subtest 'a script that was changed' => sub {
	review('serial', name => 'edited', command => 'sleep 30', walltime => '00:05:00');
	my $none = submit(sub { s/--time=00:05:00/--time=00:07:00/ });
	ok(!$none, 'not sent yet');
	is($alice->status, 422, 'but asked');
	like(page(), qr/Wall time.*00:05:00.*→ 00:07:00/s, 'what differs is shown');
	is(count('edited'), 0, 'nothing was sent');
	$none = submit(sub { s/--time=00:07:00/--time=00:08:00/ });
	ok(!$none && count('edited') == 0, 'another change needs another look');
	my $id = submit();
	ok($id, 'confirmed') or diag page();
	is(record($id)->{TimeLimit}, '00:08:00', 'as the script says');
	review('serial', name => 'edited2', command => 'true');
	submit(sub { s/^#SBATCH --mem.*$/#SBATCH --nodelist=n1/m });
	like(page(), qr/Line 9:.*--nodelist: The batch system(?:'|&#39;)s interface takes no lists/s,
		'an option that cannot be handed on is named with its line, and what to do');
	is(count('edited2'), 0, 'and nothing is sent');
	is(($site->api($alice, POST => "/jobs/demo/$id/cancel"))[0], 303, 'cancelled');
	ok(wait_until(20, sub { (job($id)->{state} // '') eq 'Cancelled' }), 'it is');
	is(($site->api($alice, POST => "/jobs/demo/$id/cancel"))[0], 409, 'not twice');
};

subtest 'rarer options in the script' => sub {
	my $lines = join "\n", map { "#SBATCH $_" } '--nodes=1-2', '--mem-per-cpu=150M', '--exclusive', '-b 2035-01-31T08:00', '--nice=7', '--gres=gpu:fake:1', '--requeue',
		'--export=ALL,COLOUR=red', '--open-mode=append', '--signal=USR1@30';
	review('serial', name => 'rare', command => 'true', walltime => '00:05:00', account => 'physics');
	submit(sub { s/^#SBATCH --(?:nodes|mem|ntasks-per-node)=.*\n//mg; s/^(#SBATCH --job-name=.*)$/$1\n$lines\n#SBATCH -C gpu/m });
	is($alice->status, 422, 'asked before it is sent');
	like(page(), qr/Nodes for this job alone.*not set.*→ yes/s, 'what differs');
	like(page(), qr/Node features.*→ gpu/s, 'features, too');
	like(page(), qr/no terminal here/, 'what --export=ALL means');
	like(page(), qr/does not start before/, 'and when');
	my $id = submit();
	ok($id, 'confirmed and sent') or return diag page();
	my $r = record($id);
	is(join(' ', map { $r->{$_} // '-' } qw(NumNodes MinMemoryCPU OverSubscribe EligibleTime Nice TresPerNode Requeue Features)),
		'1-2 150M NO 2035-01-31T08:00:00 7 gres:gpu:fake:1 1 gpu', 'the scheduler has all of it');
	ok(wait_until(20, sub { job($id)->{seen} }), 'the job is seen');
	$alice->get($site->url("/jobs/new?again=demo/$id"));
	my $form = $alice->form_with_fields('command', 'nice', 'begin');
	is(join(' ', map { $form->value($_) } qw(nice begin constraint exclusive memory_cpu export)), '7 2035-01-31T08:00 gpu yes 150M ALL,COLOUR=red', 'run again keeps them');
	isnt($form->find_input('nice')->type, 'hidden', 'where they can be seen');
	$alice->submit_form(with_fields => { command => 'true' });
	is($alice->status, 200, 'review again');
	my $script = $alice->form_with_fields('script')->value('script');
	like($script, qr/^#SBATCH --\Q$_\E\r?$/m, "--$_ again") for 'nice=7', 'exclusive', 'gres=gpu:fake:1', 'mem-per-cpu=150M', 'open-mode=append', 'signal=USR1@30', 'constraint=gpu';
	is(($site->api($alice, POST => "/jobs/demo/$id/cancel"))[0], 303, 'cancelled');
};

subtest 'checks in words' => sub {
	my @cases = ([ walltime => '2-00:00:00' ] => qr/allows at most 1-00:00:00/, [ cpus => 99 ] => qr/at most 4/, [ memory => '900G' ] => qr/at most/,
		[ folder => '~/nothing' ] => qr/does not exist/, [ folder => "$base/home/bob" ] => qr/could not be checked|outside|may not/);
	while (my ($change, $says) = splice @cases, 0, 2) {
		review('serial', name => 'checks', command => 'true', @$change);
		like(page(), $says, "@$change");
	}
	spew("$home/there.txt", 'x');
	chown((stat $home)[4, 5], "$home/there.txt");
	review('serial', name => 'checks', command => 'true', output => 'there.txt');
	like(page(), qr/there\.txt exists: the job will overwrite it/, 'a file that is there');
	review('mpi', name => 'checks', command => 'true', nodes => 9);
	like(page(), qr/at most 3/, 'nodes');
	submit();
	is(count('checks'), 0, 'errors are not sent');
};

subtest 'grammars' => sub {
	my %good = (name => 'g', command => 'true', walltime => '00:05:00', folder => $home, partition => 'normal', account => 'physics', cpus => 1, memory => '1G');
	for my $value ("a\nb", '#SBATCH', ';id', '$(id)', '-x', 'a' x 10240, "a\e[1m", "a\x{202e}b") {
		for my $field (qw(name partition account walltime mail_user memory)) {
			my ($status, $data) = $site->api($alice, POST => '/jobs/review?template=serial', { %good, $field => $value });
			is($status, 422, "$field = " . substr($value, 0, 12) =~ s/([^ -~])/sprintf '\\x%x', ord $1/ger);
		}
	}
	my ($status) = $site->api($alice, POST => '/jobs', { script => "#!/bin/sh\n#SBATCH -J g\n#SBATCH -D $home\n" . ('x' x 1100000) });
	is($status, 422, 'more than 1 MiB');
	($status) = $site->api($alice, POST => '/jobs', { script => "#!/bin/sh\n#SBATCH -J g -D $home\n\0" });
	ok($status == 400 || $status == 422, "NUL: $status");
	($status) = $site->api($alice, POST => '/jobs', { script => "true\n#SBATCH -J g -D $home\n" });
	is($status, 422, 'no #!');
	is(($site->api($alice, POST => '/jobs', { script => "#!/bin/sh\n#SBATCH -J g -D $home\n", csrf => 'x' }))[0], 403, 'without the secret of the form');
	is(count('g'), 0, 'nothing was sent');
};

subtest 'once' => sub {
	my %f = (script => "#!/bin/sh\r\n#SBATCH -J once -p normal -A physics -t 5 --mem 100M\r\n#SBATCH -D $home\r\nsleep 60\r\n", key => Naru::Test::random_key());
	my (undef, undef, $first) = $site->api($alice, POST => '/jobs', { %f });
	my (undef, undef, $second) = $site->api($alice, POST => '/jobs', { %f });
	is($first->code, 303, 'a script alone is enough') or diag $first->content;
	is($second->header('Location'), $first->header('Location'), 'the same form a second time leads to the same job');
	is(count('once'), 1, 'which is one');
	my ($id) = ($first->header('Location') // '') =~ m{(\d+)$};
	my ($script) = job($id)->{script};
	unlike($script, qr/\r/, 'line ends of the browser are gone');
	ok(wait_until(20, sub { job($id)->{running} }), 'it runs');

	for my $bad ("$id,1", '1..9', "${id}_0", '0', '-1', "$id%2f1", '99999999999999', "$id%00") {
		my ($get) = $site->api($alice, GET => "/jobs/demo/$bad");
		my ($post) = $site->api($alice, POST => "/jobs/demo/$bad/cancel");
		ok(($get == 404 || $get == 400) && ($post == 404 || $post == 400), "$bad is no job ($get, $post)");
	}
	is(job($id, $bob)->{status}, 404, "bob's view");
	is(($site->api($bob, GET => "/jobs/demo/$id/script"))[0], 404, "nor its script");
	is(($site->api($bob, POST => "/jobs/demo/$id/$_"))[0], 404, "bob cannot $_ it") for qw(cancel hold release);
	is(($site->api($bob, GET => "/jobs/new?again=demo/$id"))[0], 404, 'nor run it again');
	my (undef, $outcome) = $site->api($bob, POST => '/jobs/do', { pick => [ "demo/$id", 'demo/1..9', 'x' ], verb => 'cancel' });
	is(scalar(grep { $_->{good} } @{ $outcome->{outcomes} }), 0, 'nor among several');
	is($site->job_state($id), 'RUNNING', 'it still runs');
	my ($held, $why) = $site->api($alice, POST => "/jobs/demo/$id/hold");
	is($held, 409, 'a running job cannot be held');
	like($why->{error}, qr/runs already/, 'which is said');
	is(($site->api($alice, GET => '/jobs/nowhere/1'))[0], 404, 'no such cluster');
	$alice->get($site->url('/jobs?show=running'));
	my $form = $alice->form_with_fields('pick');
	$_->check for grep { $_->type eq 'checkbox' } $form->find_input('pick');
	$alice->click_button(value => 'cancel');
	like(page(), qr/Done: 1 of 1 jobs|cancelled/, 'picked and cancelled') or diag page();
	ok(wait_until(20, sub { $site->job_state($id) eq 'CANCELLED' }), 'it is');
};

subtest 'list' => sub {
	my (undef, $all) = $site->api($alice, GET => '/jobs');
	my (undef, $found) = $site->api($alice, GET => '/jobs?match=once');
	is(scalar @{ $found->{rows} }, 1, 'search');
	my (undef, $named) = $site->api($alice, GET => '/jobs?sort=name&dir=asc');
	my @names = map { lc $_->{name} } @{ $named->{rows} };
	is("@names", join(' ', sort @names), 'sorted');
	is(scalar @{ $all->{rows} }, $all->{tabs}[0]{count}, 'counted');
	my (undef, $bobs) = $site->api($bob, GET => '/jobs');
	is(scalar @{ $bobs->{rows} }, 0, 'bob sees none of it');
	is(($site->api($alice, GET => "/jobs?$_"))[0], 200, $_) for 'page=0', 'page=99999', 'sort=x&dir=y&show=z', 'match=%25%27%3Cb%3E';
	my $hit = $alice->clone;
	$hit->get($site->url('/jobs?match=%3Cscript%3E%22'));
	unlike($hit->content, qr/<script>/, 'what was searched for is text');
	$hit->get($site->url('/jobs'), 'Accept-Language' => 'ko');
};

sub restd { my $pid = slurp("$base/slurm/run/slurmrestd.pid"); $pid =~ s/\D//g; return $pid }
my $plain = "#!/bin/sh\n#SBATCH -J %s -p normal -A physics -t 5 --mem 100M -D $home\nsleep 1\n";

subtest 'the scheduler is down' => sub {
	review('serial', name => 'down', command => 'echo kept text');
	$site->slurm('stop-rest');
	my $begin = time;
	my $id = submit();
	ok(!$id && time - $begin < 12, 'an answer in time');
	is($alice->status, 503, 'not available');
	like(page(), qr/not accepted; everything you typed is still here/, 'it says so');
	like($alice->form_with_fields('script')->value('script'), qr/kept text/, 'and keeps the script');
	$begin = time;
	$alice->get($site->url('/jobs'));
	ok($alice->success && time - $begin < 1, 'the list answers within a second');
	ok(wait_until(40, sub { (($site->api($alice, GET => '/jobs'))[1]{troubles}[0]{what} // '') =~ /answer(?:ed)? since/ }), 'and says since when');
	$site->slurm('start-rest');
	my ($status, $data) = $site->api($alice, POST => '/jobs', { script => sprintf $plain, 'down' });
	is($status, 303, 'then it is accepted');
	ok(wait_until(40, sub { !@{ ($site->api($alice, GET => '/jobs'))[1]{troubles} } }), 'and the line is gone');
};

subtest 'the answer does not come' => sub {
	my $pid = restd();
	kill STOP => $pid;
	my (undef, undef, $answer) = $site->api($alice, POST => '/jobs', { script => sprintf $plain, 'late' });
	kill CONT => $pid;
	is($answer->code, 303, 'sent on');
	my $path = $answer->header('Location') // '';
	like($path, qr{^/jobs/submissions/}, 'to a page that looks for it');
	ok(wait_until(30, sub { ($site->api($alice, GET => $path))[2]->header('Location') }), 'which finds it') or diag(($site->api($alice, GET => $path))[2]->content);
	is(count('late'), 1, 'one job');
	is(($site->api($bob, GET => $path))[0], 404, "not bob's");
};

subtest 'the worker is killed between record and answer' => sub {
	my %f = (script => (sprintf $plain, 'killed'), key => Naru::Test::random_key(), csrf => $site->csrf($alice));
	my $pid = restd();
	kill STOP => $pid;
	defined(my $child = fork) or die;
	if (!$child) {
		$site->api($alice, POST => '/jobs', { %f });
		POSIX::_exit(0);
	}
	sleep 2; # the record is written and the call is under way
	my $master = $site->service_pid('batchjob');
	for (map { split } slurp("/proc/$master/task/$master/children")) {
		kill KILL => $_;
	}
	waitpid $child, 0;
	kill CONT => $pid;
	ok(wait_until(30, sub { count('killed') == 1 }), 'Slurm took the job');
	my $answer;
	ok(wait_until(30, sub { (undef, undef, $answer) = $site->api($alice, POST => '/jobs', { %f }); ($answer->header('Location') // '') =~ m{^/jobs/demo/\d+$} }),
		'the same form leads to it') or diag $answer->code, $answer->content;
	is(count('killed'), 1, 'and sends no second one');
};

subtest 'tokens' => sub {
	my (undef, $data) = $site->api($alice, POST => '/account/tokens', { label => 't', scope => [ 'read', 'jobs' ], days => 7 });
	my @auth = (Authorization => 'Bearer ' . ($data->{secret} // ''), Accept => 'application/json');
	my ($status, undef, $body) = $site->http(GET => '/jobs', @auth);
	is($status, 200, 'reads the list');
	($status, my $headers) = $site->http(POST => '/jobs?cluster=demo', @auth, 'Content-Type' => 'application/x-www-form-urlencoded',
		Naru::Test::form_encode({ script => sprintf $plain, 'token' }));
	is($status, 303, 'submits with a script alone');
	is(count('token'), 1, 'one job');
	(undef, $data) = $site->api($alice, POST => '/account/tokens', { label => 't', scope => ['read'], days => 7 });
	($status) = $site->http(POST => '/jobs', Authorization => 'Bearer ' . ($data->{secret} // ''), 'Content-Type' => 'application/x-www-form-urlencoded',
		Naru::Test::form_encode({ script => sprintf $plain, 'token' }));
	is($status, 403, 'but not with "read" alone');
};

subtest 'not sent from here' => sub {
	my ($id) = $site->slurm('as', 'alice', 'sbatch', '--parsable', '-A', 'physics', '-J', 'outside', '-o', "$home/%x.txt", '--wrap', 'echo outside') =~ /(\d+)/;
	ok(wait_until(30, sub { job($id)->{finished} }), 'it appears, and ends');
	is(job($id)->{output}{content}, "outside\n", 'with its output');
	is(job($id)->{script}, undef, 'without a script');
	is(($site->api($alice, GET => "/jobs/demo/$id/script"))[0], 404, 'to download');
	is(($site->api($alice, GET => "/jobs/new?again=demo/$id"))[0], 200, 'run again gives the form');
};

subtest 'output is text' => sub {
	my $evil = "#!/bin/sh\n#SBATCH -J evil -p normal -A physics -t 5 --mem 100M -D $home\nprintf '<script>x</script>\\033[1m\\000\\377\\342\\200\\256end\\n'\n";
	my (undef, undef, $answer) = $site->api($alice, POST => '/jobs', { script => $evil });
	my ($id) = ($answer->header('Location') // '') =~ m{(\d+)$};
	ok(wait_until(30, sub { job($id)->{finished} && job($id)->{output}{content} }), 'it ran');
	$alice->get($site->url("/jobs/demo/$id"));
	unlike($alice->content, qr/<script>|\e|\x{202e}/, 'neither markup nor controls');
	like($alice->content, qr/&lt;script&gt;.*end/s, 'but all of it is there');
};

$site->finish;
done_testing;
