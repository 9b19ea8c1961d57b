#!/usr/bin/perl
# The pages of transfers, and Copy, Cut and Paste under Files: what is chosen, pasted, refused; the form of options with what is wrong said at its
# field; one transfer in each of its states; the lists; who may see and do what. What the mover does is shown from records: transfers.t runs it.
use strict;
use warnings;
use utf8;
use Naru::Pages 'faults';
use POSIX ();
use Naru::Test qw(output slurp wait_until);
use Test::More;
use Time::HiRes 'time';

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site(private => 1, slurm => 0);
my $build = $ENV{BUILD} // "$Naru::Test::top/build";
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob carol);
my $home = $site->base . '/home/alice';

sub get { my ($who, $path) = @_; return ($site->api($mech{$who}, GET => $path))[1] // {} }
sub code { my ($who, $method, $path, $fields) = @_; return ($site->api($mech{$who}, $method => $path, $fields))[0] }
sub post { my ($who, $path, $fields) = @_; return $site->api($mech{$who}, POST => $path, $fields) }
sub led { my ($response) = @_; return ($response->header('Location') // '') =~ s{^https://[^/]+}{}r }
sub field { my ($data, $name) = @_; my ($f) = grep { $_->{name} eq $name } @{ $data->{form}{fields} // [] }; return $f // {} }
sub page { my ($who, $path) = @_; $mech{$who}->get($site->url($path)); return $mech{$who}->content }

# Takes entries of a folder; what the card of another folder says then.
sub take {
	my ($who, $verb, $folder, $names, $there) = @_;
	is(code($who, POST => "/files/do/clip/$folder", { verb => $verb, pick => $names }), 303, "$who: $verb of " . join ', ', @$names);
	return get($who, "/files/in/$there")->{clip};
}

output('sh', '-c', 'cd "$0" && mkdir -p results/sub empty && for i in 1 2 3; do echo $i >results/f$i; done && cp results/f1 "results/나루 <b>.txt" && chown -R alice:researchers .', $home);

# ---- the clipboard ------------------------------------------------------------------------------------------------------

is(get('alice', '/files/in/home')->{clip}, undef, 'nothing was copied yet');
is(code('alice', POST => '/files/do/clip/home/results', { verb => 'copy' }), 303, 'nothing chosen: said, not kept');
is(get('alice', '/files/in/home')->{clip}, undef, 'still nothing');
is(code('alice', POST => '/files/do/clip/home/results', { verb => 'steal', pick => 'f1' }), 422, 'another verb is none');
is(code('alice', POST => '/files/do/clip/home/results', { verb => 'copy', pick => '..' }), 400, 'and “..” is no name');
is(code('alice', POST => '/files/do/clip/home/results', { verb => 'copy', pick => 'f1', csrf => 'x' }), 403, 'nor is it anybody else who copies');
my $clip = take('alice', 'copy', 'home/results', [ 'f1', 'f2', 'f3' ], 'scratch');
is($clip->{what}, '3 entries of Home/results', 'it is on the page of another place');
is($clip->{refusal}, undef, 'and can be pasted there');
like(page('alice', '/files/in/scratch'), qr/Paste here.*Options/s, 'with one click, or with options');
is(get('bob', '/files/in/scratch')->{clip}, undef, 'bob does not see it');
is(get('alice', '/files/in/home/results')->{clip}{refusal}, undef, 'a copy beside itself is possible');
$clip = take('alice', 'copy', 'home', ['results'], 'home/results/sub');
like($clip->{refusal}, qr/“results” cannot be put into itself/, 'a folder is not pasted into what is in it');
$clip = take('alice', 'move', 'home/results', ['f1'], 'home/results');
like($clip->{refusal}, qr/in this folder already/, 'nor is what was cut put where it is');
like(page('alice', '/files/in/home/results/f1'), qr{<button name="verb" value="copy">}, 'a file has the buttons on its own page');
my $other = $site->signed_in('alice');
is(($site->api($other, GET => '/files/in/scratch'))[1]{clip}{what}, '“f1” of Home/results', 'it is there after another sign-in');
is(code('alice', POST => '/files/do/forget/scratch', {}), 303, 'it is forgotten');
is(get('alice', '/files/in/scratch')->{clip}, undef, 'and gone');

# ---- pasting ---------------------------------------------------------------------------------------------------------------

$clip = take('alice', 'copy', 'home/results', ['나루 <b>.txt'], 'home/empty');
my ($status, $data, $response) = post('alice', '/transfers/paste', { clip => 'other', place => 'scratch', path => '' });
is($status, 409, 'what was copied before is not pasted any more');
($status, $data) = post('alice', '/transfers/paste', { clip => $clip->{id}, place => 'home', path => 'a%2F..' });
is($status, 400, 'a path with “..” is none');
($status, $data) = post('alice', '/transfers/paste', { clip => $clip->{id}, place => 'nowhere', path => '' });
is($status, 422, 'no such place: the form asks again');
my $key = Naru::Test::random_key();
my @ids = map { led((post('alice', '/transfers/paste', { clip => $clip->{id}, place => $clip->{place}, path => $clip->{path}, key => $key }))[2]) } 1 .. 2;
like($ids[0], qr{^/transfers/[0-9a-z]{18}$}, 'one click leads to the page of the transfer');
is($ids[1], $ids[0], 'two clicks to the same');
my $one = get('alice', $ids[0]);
is($one->{transfer}{from}, '“나루 <b>.txt” of Home/results', 'from');
is($one->{transfer}{to}, 'Home/empty', 'to');
is(code('bob', GET => $ids[0]), 404, 'for bob there is none');
is(code('bob', POST => "$ids[0]/$_", {}), 404, "nor can he $_ it") for qw(pause resume cancel again retry remove);
is($site->signed_in('alice')->get($site->url('/files/in/scratch'))->decoded_content =~ /Paste here/ ? 1 : 0, 1, 'a copy can be pasted again');
$clip = take('alice', 'move', 'home/results', ['f2'], 'scratch');
($status, $data, $response) = post('alice', '/transfers/paste', { clip => $clip->{id}, place => 'scratch', path => '' });
is($status, 303, 'a cut is pasted');
is(get('alice', '/files/in/scratch')->{clip}, undef, 'once');
($status, $data, $response) = post('alice', '/transfers/paste', { clip => $clip->{id}, place => 'home', path => 'empty' });
is(led($response), led((post('alice', '/transfers/paste', { clip => $clip->{id}, place => 'scratch', path => '' }))[2]), 'a second paste leads to the first');
like((output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', 'audit'))[1], qr/transfer\.create/, 'the audit list has it');

# ---- the form --------------------------------------------------------------------------------------------------------------------

$clip = take('alice', 'copy', 'home/results', [ 'f1', 'f3' ], 'scratch');
$data = get('alice', $clip->{options_url});
is($data->{from}, '2 entries of Home/results', 'the form says from where');
is(field($data, 'place')->{value}, 'scratch', 'and knows to where');
is(field($data, 'rule')->{value}, 'rename', 'as it stands nothing is replaced');
my %form = (from_place => 'home', from_path => 'results', pick => [ 'f1', 'f3' ], place => 'scratch', folder => '', led => '', verb => 'copy', rule => 'skip', verify => 'size', when => 'now');
for ([ place => 'nowhere' ], [ verb => 'destroy' ], [ rule => '' ], [ lanes => 99 ], [ rate => 'fast' ], [ folder => 'a/../b' ], [ folder => 'nosuch' ], [ date => '2020-01-01', when => 'later' ],
	[ date => '', when => 'day' ], [ date => POSIX::strftime('%Y-%m-%d', localtime time + 60 * 86400), when => 'later' ], [ time => '25:00', when => 'later' ], [ sure => '', verb => 'mirror' ], [ folder => 'f1', place => 'home', led => '' ]) {
	my ($name, $value, %more) = @$_;
	output('sh', '-c', "echo x >'$home/f1'; chown alice '$home/f1'");
	($status, $data) = post('alice', '/transfers', { %form, lanes => '3', %more, $name => $value });
	is($status, 422, "$name = “$value”") or diag explain $data;
	ok(length(field($data, $name)->{message} // ''), 'is told at its field') or diag explain $data;
	is(field($data, 'rule')->{value}, $name eq 'rule' ? '' : 'skip', 'the rest is kept');
	is(scalar(@{ $data->{picks} }), 2, 'and what was chosen');
}
is(code('alice', POST => '/transfers', { %form, from_path => '..' }), 400, 'a source with “..” is none');
is(code('alice', POST => '/transfers', { %form, pick => 'a/b' }), 400, 'nor is a name with a slash');
is((post('alice', '/transfers', { %form, from_place => 'store-aaaaaaaaaa' }))[0], 422, 'a store that is not there is no source');
($status, $data, $response) = post('alice', '/transfers', { %form, dry => 'yes', lanes => 2, rate => 5, when => 'later', date => POSIX::strftime('%Y-%m-%d', localtime time + 20 * 86400), time => '22:30' });
is($status, 303, 'a trial, later, slowly') or diag explain $data;
$one = get('alice', led($response));
is($one->{transfer}{state}, 'Waiting for its time', 'waits for its time');
is($one->{rate}, '5.0 MiB/s', 'and knows its speed');
ok($one->{goes_on} > time, 'and when it starts');
ok($one->{dry}, 'and that it is a trial');
$data = get('alice', $one->{change_url});
is(field($data, 'rate')->{value}, '5', 'another like it has the same options');
is(code('alice', GET => '/transfers/new'), 303, 'without anything copied the form leads to Files');
is(code('alice', GET => '/transfers/new?like=0000000000000000zz'), 404, 'nor is there one like one that never was');
is(code('bob', GET => $one->{change_url}), 404, 'nor for bob one like hers');

# ---- verbs -----------------------------------------------------------------------------------------------------------------------------

my $id = $one->{url};
is(code('alice', POST => "$id/pause", {}), 303, 'paused');
is(get('alice', $id)->{transfer}{state}, 'Paused', 'it is');
is(code('alice', POST => "$id/cancel", {}), 303, 'cancelled');
is(get('alice', $id)->{transfer}{state}, 'Cancelled', 'it is');
$mech{alice}->post($site->url("$id/pause"), { csrf => $site->csrf($mech{alice}), key => Naru::Test::random_key() });
like($mech{alice}->content, qr{<p class="note good flash" role="status">[^<]*cannot be done with it}, 'what does not fit the state is said on its page');
is(code('alice', GET => "$id/remove"), 405, 'a look removes nothing');
is(code('alice', POST => '/transfers/do', { verb => 'remove', pick => [ $one->{id} ] }), 303, 'removed from the list');
is(code('alice', GET => $id), 404, 'it is');
is(code('alice', POST => '/transfers/do', { pick => 'x' }), 422, 'several: what to do must be said');

# ---- with the mover: a trial, what failed once more, an administrator's hand ----------------------------------------------------------------

sub ends { my ($url) = @_; my $d; wait_until(40, sub { $d = get('alice', $url); $d->{ended} }) or diag explain $d; return $d }
my ($made) = map { led((post('alice', '/transfers', { %form, dry => 'yes', pick => 'f3' }))[2]) } 1;
my $end = ends($made);
is(join(' ', map { "$_->{path}: $_->{what}" } @{ $end->{rows} }), 'f3: would be new', 'a trial says what would be');
ok(!-e $site->base . '/scratch/alice/f3', 'and does nothing');
$data = get('alice', $end->{real_url});
is(field($data, 'dry')->{value} // '', '', 'the real one is one click away');
$made = led((post('alice', '/transfers', { %form, pick => [ 'f3', 'late' ] }))[2]);
$end = ends($made);
is("$end->{files_done} $end->{files_failed} $end->{rows}[0]{path}", '1 1 late', 'one arrived, one was not there') or diag explain $end;
output('sh', '-c', 'echo x >"$0" && chown alice:researchers "$0"', "$home/results/late");
is(code('alice', POST => "$made/retry", {}), 303, 'it is there now: the failed once more');
ok(wait_until(40, sub { $end = get('alice', $made); $end->{ended} && !$end->{files_failed} }), 'then all of it has arrived') or diag explain $end;
is(slurp($site->base . '/scratch/alice/late'), "x\n", 'it has');
output('sh', '-c', 'cd "$0" && mkdir -p run7 && echo x >run7/a && echo y >b && chown -R alice:researchers run7 b', $home);
is(code('alice', POST => "/files/do/mark/home/$_", { favourite => 'yes', tags => 'seven' }), 303, "$_ is a favourite") for 'run7', 'run7/a';
$clip = take('alice', 'move', 'home', [ 'run7', 'b' ], 'scratch');
ok(ends(led((post('alice', '/transfers/paste', { clip => $clip->{id}, place => 'scratch', path => '' }))[2]))->{ended}, 'they are moved');
sub marked { return join ' ', sort map { "$_->{url}" =~ s{.*/in/}{}r } @{ get('alice', '/files/marks?tags=seven')->{rows} } }
ok(wait_until(20, sub { marked() eq 'scratch/run7 scratch/run7/a' }), 'favourites and tags follow what was cut and pasted') or diag marked(), explain get('alice', '/files/marks?tags=seven');
$made = led((post('alice', '/transfers', { %form, when => 'later', date => POSIX::strftime('%Y-%m-%d', localtime time + 9 * 86400) }))[2]);
is(code('carol', POST => '/transfers/all/do', { verb => 'cancel', pick => $made =~ s{.*/}{}r }), 303, 'an administrator cancels one of hers');
is(get('alice', $made)->{transfer}{state}, 'Cancelled', 'it is');
like((output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', $site->base . '/bin/naru-ctl', 'dump', 'audit'))[1], qr/carol.*transfer\.cancel|transfer\.cancel.*carol/, 'the audit list says who did');

for (['read', 'files'], ['read']) {
	my $token = (post('alice', '/account/tokens', { label => 'script', scope => $_, days => 7 }))[1]{secret} // '';
	my ($answer, $headers) = $site->http(POST => '/transfers', Authorization => "Bearer $token", 'Content-Type' => 'application/x-www-form-urlencoded',
		Naru::Test::form_encode({ %form, pick => 'f3', rule => 'replace' }));
	is($answer, @$_ == 2 ? 303 : 403, "a script with a token for @$_");
	ok(ends(($headers->{location} // '') =~ s{^https://[^/]+}{}r)->{files_done}, 'its transfer arrives') if $answer == 303;
}

# ---- every state, from records -------------------------------------------------------------------------------------------------------------

ok($site->sv(down => 'mover'), 'the mover is down');
is(code('alice', POST => "$ids[0]/pause", {}), 503, 'then nothing can be changed, and that is said');
sub record { my ($bad, $text) = output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', "$build/t/transferrecord", @_); is($bad, 0, "record $_[0] $_[1]") or diag $text }
my $now = time;
my @progress = ("created=$now", 'started=' . int($now - 300), 'as_of=' . int $now);
record(put => '9running0000000000', 'alice', 'running', @progress, 'planned=yes', 'files=40', 'files_done=10', 'bytes=4294967296', 'bytes_done=1073741824', 'speed=10485760', 'names=a/b', 'node=dtn1');
record(put => '9looking0000000000', 'alice', 'running', @progress, 'files=5', 'files_done=1', 'bytes=500', 'bytes_done=100');
record(put => '9waiting0000000000', 'alice', 'waiting', @progress, 'code=2001', 'next_try=' . int($now + 300), 'tries=3');
record(put => '9failed00000000000', 'alice', 'failed', @progress, 'code=2007', 'ended=' . int $now);
record(put => '9partly00000000000', 'alice', 'done', @progress, 'planned=yes', 'files=150', 'files_done=100', 'files_failed=48', 'files_skipped=2', 'ended=' . int $now);
record(file => '9partly00000000000', $_, 'failed', "dir/<i>$_</i>", 'size=1000', 'code=2001') for 101 .. 103;
record(file => '9partly00000000000', 200 + $_, 'failed', "more/$_", 'code=2000') for 1 .. 2;
record(file => '9partly00000000000', 4, 'skipped', 'there.txt', 'action=kept');
record(file => '9partly00000000000', 1, 'done', 'good name.txt', 'action=renamed', 'name=good name (2).txt', 'size=5000');
record(put => '9trial000000000000', 'alice', 'done', @progress, 'dry=yes', 'planned=yes', 'files=1', 'files_done=1', 'verb=mirror', 'ended=' . int $now);
record(file => '9trial000000000000', 1, 'done', 'old.txt', 'action=deleted');
record(put => '9daily000000000000', 'alice', 'waiting', "created=$now", 'every=86400', 'next_try=' . int($now + 7200));
record(put => '9bobs0000000000000', 'bob', 'running', @progress, 'planned=yes', 'files=2', 'speed=2000000');

$one = get('alice', '/transfers/9running0000000000');
is($one->{transfer}{percent}, 25, 'running: how far');
is($one->{transfer}{progress}, '10 of 40 files, 1.0 GiB of 4.0 GiB', 'in words');
is($one->{transfer}{speed}, '10.0 MiB/s', 'how fast');
is($one->{transfer}{left}, 'about 5 min left', 'how long still');
like(page('alice', '/transfers/9running0000000000'), qr/It goes on when you close the browser.*dtn1/s, 'that one may go, and where it works');
is($mech{alice}->response->header('Refresh') ? 1 : 0, 1, 'this page asks for itself again');
is(get('alice', '/transfers/9looking0000000000')->{transfer}{known} ? 1 : 0, 0, 'while it still looks, no share is told');
like(page('alice', '/transfers/9waiting0000000000'), qr/Waiting to try again.*not what was sent|goes on at/s, 'waiting: why, and until when');
is($mech{alice}->response->header('Refresh'), undef, 'nothing changes soon: no reload');
$one = get('alice', '/transfers/9partly00000000000');
is($one->{transfer}{state}, 'Finished, but not all of it', 'not everything arrived: it says so');
is($one->{rows}[0]{path}, 'dir/<i>101</i>', 'what failed comes first');
ok(length $one->{rows}[0]{why}, 'with its reason');
is(scalar @{ $one->{rows} }, 5, 'all that failed');
ok($one->{can_retry} && $one->{can_again} && $one->{can_remove} && !$one->{can_pause}, 'it can be run again: the failed or all');
is(get('alice', '/transfers/9partly00000000000?show=skipped')->{rows}[0]{what}, 'the old one was kept', 'what was left out, and why');
my ($row) = @{ get('alice', '/transfers/9partly00000000000?show=all')->{rows} };
is($row->{name}, 'good name (2).txt', 'another name is told');
is($row->{url}, '/files/in/scratch/good%20name%20%282%29.txt', 'and leads there');
is(get('alice', '/transfers/9trial000000000000')->{rows}[0]{what}, 'would be deleted at the target', 'a trial says what would be');
is(get('alice', get('alice', '/transfers/9trial000000000000')->{real_url})->{form}{fields} ? 1 : 0, 1, 'and leads to the real one');
is(get('alice', '/transfers/9daily000000000000')->{repeats}, 'every day', 'repeated');
my $line = get('alice', '/')->{transfers}[0];
is("$line->{what} $line->{percent}", '2 entries of Home → Scratch 25', 'the dashboard shows what runs');
my @states = map { $_->{css} } @{ get('alice', '/')->{transfers} };
is("@states", 'running running waiting waiting', 'and what waits');
like(page('alice', '/files/'), qr{href="/transfers">Transfers \(\d+\)}, 'and Files how many');

like(page('alice', '/transfers'), qr{<a href="/files/" aria-current="page">}, 'transfers stand under Files');

# ---- lists -----------------------------------------------------------------------------------------------------------------------------------

is(join(' ', map { $_->{id} } @{ get('alice', '/transfers?show=running')->{rows} }), '9running0000000000 9looking0000000000', 'by state, newest first');
is(scalar(grep { $_->{user} ne 'alice' } @{ get('alice', '/transfers')->{rows} }), 0, 'only her own');
is(code($_, GET => '/transfers/all'), $_ eq 'carol' ? 200 : 403, "$_ and the list of everybody") for qw(alice carol);
my %seen = map { $_->{user} => 1 } @{ get('carol', '/transfers/all?show=running')->{rows} };
is(join(' ', sort keys %seen), 'alice bob', 'an administrator sees all that run');
is(code('bob', POST => '/transfers/all/do', { verb => 'cancel', pick => '9running0000000000' }), 403, 'a user cancels nothing of others');
is(get('carol', '/transfers/9bobs0000000000000')->{can_again} ? 1 : 0, 0, 'an administrator runs nothing again for others');

for my $language (qw(en ko)) {
	$site->speak($mech{alice}, $language);
	for my $path ('/transfers', '/transfers?show=failed', (map { "/transfers/$_" } qw(9running0000000000 9waiting0000000000 9failed00000000000 9partly00000000000 9trial000000000000 9daily000000000000)),
		'/transfers/new?like=9partly00000000000', $clip->{options_url}, '/files/', '/files/in/scratch', '/') {
		$mech{alice}->get($site->url($path));
		is_deeply([ faults($mech{alice}->content, $language) ], [], "$path ($language) is sound");
	}
}
$site->speak($mech{alice}, 'en');
record(many => 'alice', 'queued', 20_000);
my ($first, $next) = map { my $t = time; my $d = get('alice', $_); [ time - $t, $d ] } ('/transfers', '/transfers?show=queued');
is(scalar @{ $next->[1]{rows} }, 50, '20,000 in the queue: a page of fifty');
is(get('alice', $next->[1]{pager}{next})->{rows}[0]{id}, '0many0000000019949', 'and the next one goes on');
is($next->[1]{tabs}[0]{label}, 'All', 'tabs');
$site->finish;
done_testing;
