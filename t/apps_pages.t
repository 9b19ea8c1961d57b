# Pages of apps, on real podman: catalogue, form, review, status, log, sharing, volumes, requests; what others see of it; that looking changes nothing.
use strict;
use warnings;
use utf8;
use JSON::PP;
use Naru::Pages 'faults';
use Naru::Test qw(output wait_until);
use Test::More;
use Time::HiRes qw(sleep time);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1, conf => "[apps]\nquota-apps = 6\nquota-cpu = 4\nquota-memory = 4096\nquota-storage = 3\n");
my $base = $site->base;
my %mech = map { $_ => $site->signed_in($_) } qw(alice bob carol);

sub get { my ($who, $path) = @_; return ($site->api($mech{$who}, GET => $path))[1] // {} }
sub code { my ($who, $method, $path, $fields) = @_; return ($site->api($mech{$who}, $method => $path, $fields))[0] }
sub post { my ($who, $path, $fields) = @_; return $site->api($mech{$who}, POST => $path, $fields) }
sub page { my ($who, $path) = @_; $mech{$who}->get($site->url($path)); return $mech{$who}->content =~ s/.*<main/<main/sr }
sub led { my ($response) = @_; return ($response->header('Location') // '') =~ s{^https://[^/]+}{}r }
sub made { my ($response) = @_; return led($response) =~ m{^/apps/([a-z][a-z2-7]{9})$} ? $1 : '' }
sub field { my ($data, $name) = @_; my ($f) = grep { $_->{name} eq $name } @{ $data->{form}{fields} // [] }; return $f // {} }
sub running { my ($who, $id) = @_; return wait_until(30, sub { (get($who, "/apps/$id")->{app}{css} // '') eq 'running' }) }
sub records { my (undef, $text) = output('env', "NARU_CONF=$base/etc/naru.conf", "$base/bin/naru-ctl", 'dump', $_[0]); return grep { /^\{/ } split /\n/, $text }

# ---- catalogue ---------------------------------------------------------------------------------------------------
my %offers = map { $_->{name} => $_ } @{ get('alice', '/apps/new')->{offers} };
is(join(' ', sort keys %offers), 'code desktop jupyter memcached own-image redis', 'what is offered');
my %all = map { $_->{name} => $_ } @{ get('carol', '/apps/new')->{offers} };
ok($all{rstudio}{unset}, 'an administrator sees what is not set up');
is(code('carol', GET => '/apps/new?offer=rstudio'), 404, 'which has no form');
is(code('alice', GET => '/apps/new?offer=none'), 404, 'no such entry');
like(page('alice', '/apps'), qr/You have no apps/, 'an empty list says what apps are');
like(page('alice', '/'), qr{action="/apps\?offer=jupyter"}, 'one click on the first page');

# ---- form ------------------------------------------------------------------------------------------------------------
my $form = get('alice', '/apps/new?offer=jupyter');
is(field($form, 'name')->{value}, 'Jupyter', 'a name is there');
is(field($form, 'cpu')->{value}, '1', 'the preset size');
like(page('alice', '/apps/new?offer=jupyter'), qr/Left of your quota: 4\..*From 256 to 16384 \(16\.0 GiB\)\. Left of your quota: 4096 \(4\.0 GiB\)\./s, 'and what is left of the quota beside it, memory in GiB too');
my ($status, $data, $response) = post('alice', '/apps?offer=redis', { name => '<b>"Mine"</b> 나루', cpu => '9.5', memory => 128, hours => 1 });
is($status, 422, 'too many cores');
like(field($data, 'cpu')->{message} // $response->content, qr/Between 0\.1 and 4 cores/, 'are told at their field');
is(field($data, 'name')->{value}, '<b>"Mine"</b> 나루', 'and the text is kept');
($status, $data) = post('alice', '/apps?offer=redis', { name => '나루' x 31, cpu => 0.1, memory => 128, hours => 1 });
like(field($data, 'name')->{message} // '', qr/At most 60 characters fit here; this has 62/, 'letters are counted, not bytes');
for ([ cpu => 'many' ], [ memory => 'x' ], [ hours => 0 ], [ name => '' ]) {
	my ($name, $value) = @$_;
	my %f = (name => 'R', cpu => 0.1, memory => 128, hours => 1, $name => $value);
	is(code('alice', POST => '/apps?offer=redis', \%f), 422, "refused: $name = $value");
}
is(scalar records('apps'), scalar(grep { !/"table":"[AI]"/ } records('apps')), 'nothing of it was created');

# ---- review -----------------------------------------------------------------------------------------------------------
($status, $data) = post('alice', '/apps?offer=redis', { name => 'Big', cpu => 3, memory => 128, hours => 48 });
is($status, 422, 'what is unusual is asked once more');
is(scalar @{ $data->{reasons} }, 2, 'with the reasons');
like($data->{reasons}[0]{what}, qr/3 of the 4 CPU cores/, 'half of the quota');
like($data->{reasons}[1]{what}, qr/48 hours/, 'longer than a day');
$mech{alice}->get($site->url('/apps/new?offer=redis'));
$mech{alice}->submit_form(with_fields => { name => 'Big', cpu => 3, memory => 128, hours => 48 });
like($mech{alice}->content, qr/Nothing has been created yet/, 'the page says so');
$mech{alice}->form_with_fields('confirmed');
$mech{alice}->click('change');
is($mech{alice}->form_with_fields('cpu')->value('cpu'), '3', 'Change leads back with what was typed');
$mech{alice}->submit_form(with_fields => { cpu => '0.2', hours => 24 });
my ($redis) = $mech{alice}->uri =~ m{/apps/([a-z2-7]{10})$};
ok($redis, 'what is usual is created at once') or BAIL_OUT($mech{alice}->content);
($status, $data) = post('alice', '/apps?offer=own-image', { name => 'O', image => 'localhost/naru-redis:12', cpu => 0.1, memory => 64, hours => 1 });
is($status, 422, 'an image of her own');
like($data->{reasons}[0]{what}, qr/localhost/, 'where it comes from');
like($data->{reasons}[1]{what}, qr/\@sha256/, 'and that it may change');
for my $image ('docker.io/library/redis', '--privileged', 'localhost/naru x', 'localhost/../x') {
	($status, $data) = post('alice', '/apps?offer=own-image', { name => 'O', image => $image, cpu => 0.1, memory => 64, hours => 1, confirmed => 'yes' });
	is($status, 422, "$image may not run");
	ok(field($data, 'image')->{message}, 'told at its field');
}

# ---- a service ----------------------------------------------------------------------------------------------------------
ok(running('alice', $redis), 'Redis runs') or diag $site->log_tail('deployer');
$data = get('alice', "/apps/$redis");
like($data->{service}{secret}, qr/^[0-9a-f]{64}$/, 'its password');
is($data->{service}{port}, 6379, 'and port');
like($data->{service}{test}, qr{^A=$data->{service}{secret} bash -c 'exec 3<>/dev/tcp/[0-9.]+/6379; }, 'and how to try it');
like((output('timeout', '20', 'bash', '-c', $data->{service}{test}))[1], qr/^\+OK\r\n\+PONG\r\n/, 'which works with nothing but a shell');
like(page('alice', "/apps/$redis"), qr{<details><summary>Show the password</summary>}, 'folded away');
is($mech{alice}->clone->get($site->url($_))->header('Refresh'), undef, "$_ does not reload while nothing changes: what is opened or typed there stays") for '/apps', "/apps/$redis";
is(led((post('alice', "/apps/$redis/open"))[2]), '', 'Open is no POST');
$mech{alice}->get($site->url("/apps/$redis/open"));
is($mech{alice}->uri->path, "/apps/$redis", 'a service has nothing to open');
is(code('alice', POST => "/apps/$redis/share", { with => 'bob', until => '2099-01-01' }), 422, 'a day too far away');

# ---- its card, and what is pressed on it ---------------------------------------------------------------------------------------
sub card { my ($id) = @_; my ($card) = grep { $_->{id} eq $id } @{ get('alice', '/apps')->{mine} }; return $card // {} }
# A card's button leads to an address of its own, not to that of the form around the cards.
sub press {
	my ($id, $verb) = @_;
	$mech{alice}->get($site->url('/apps'));
	my ($to) = $mech{alice}->content =~ m{<button formaction="(/apps/$id/$verb)">};
	my ($cards) = grep { $_->action =~ m{/apps/do$} } $mech{alice}->forms;
	ok($to && $cards, "the card has a button: $verb") or return;
	$cards->action($site->url($to));
	$mech{alice}->request($cards->make_request);
	is($mech{alice}->uri->path, "/apps/$id", 'which leads to its page');
}
sub follow { my ($to) = @_; $mech{alice}->get($site->url('/apps')); ok($mech{alice}->follow_link(url => $to), "the card leads to $to"); return $mech{alice}->content }
ok(wait_until(60, sub { (card($redis)->{cpu} // '') =~ / of / }), 'what it uses becomes known') or diag explain card($redis);
like(card($redis)->{cpu}, qr/^0(?:\.\d+)? of 0\.2 CPU$/, 'CPU against what was asked for');
like(card($redis)->{memory}, qr/^[1-9][\d.]* MiB of 128\.0 MiB$/, 'and memory');
like(card($redis)->{left}, qr/^23 h [45]\d min left$/, 'and the time that is left');
like(page('alice', '/apps'), qr{<p class="use">0[\d.]* of 0\.2 CPU <svg.*<p class="use">Memory: <span class="nowrap">[\d.]+ MiB of 128\.0 MiB</span> <svg}s, 'as the card shows, with bars');
press($redis, 'stop');
ok(wait_until(20, sub { card($redis)->{can_start} }), 'Stop stops it');
is_deeply([ @{ card($redis) }{qw(css cpu left can_stop)} ], [ 'done', '0.2 CPU', undef, JSON::PP::false ], 'it uses nothing then, and nothing is left');
press($redis, 'start');
ok(running('alice', $redis), 'Start starts it');
my $until = card($redis)->{ends};
follow("/apps/$redis#time");
my ($extend) = grep { $_->action =~ m{/apps/$redis/extend$} } $mech{alice}->forms;
$mech{alice}->request($extend->click('hours')) if ok($extend, 'which has the buttons of Extend');
cmp_ok(card($redis)->{ends}, '==', $until + 3600, 'the first gives it an hour more');
like(follow("/apps/$redis/log"), qr/<pre class="log tail"/, 'Log');
like(follow("/apps/$redis/delete"), qr{action="/apps/$redis/delete"}, 'Delete asks first');
ok(running('alice', $redis), 'and has done nothing');

# ---- one click, and its status ---------------------------------------------------------------------------------------------
my $start = time;
($status, undef, $response) = post('alice', '/apps?offer=memcached', { quick => 'yes' });
my $app = made($response);
ok($app, 'one click') or diag $response->content;
my $first = $mech{alice}->clone->get($site->url("/apps/$app"));
like($first->decoded_content, qr/What happened.*Asked for\./s, 'its page tells what happens');
like($first->header('Refresh') // '', qr/^1\b/, 'and reloads each second') if $first->decoded_content !~ /state running/;
ok(running('alice', $app), 'it runs');
like((output('timeout', '20', 'bash', '-c', get('alice', "/apps/$app")->{service}{test}))[1], qr/^STORED\r\nVERSION /, 'and can be tried as its page says');
is(get('alice', '/apps/new?offer=memcached')->{form}{fields}[0]{value}, 'Memcached 2', 'the next one has another name');
like(page('alice', "/apps/$app/log"), qr/has written nothing yet|<pre class="log tail"/, 'log');
$response = $mech{alice}->clone->get($site->url("/apps/$redis/log/text"));
like($response->header('Content-Disposition'), qr/^attachment; filename="$redis\.log"$/, 'which can be had as a file');
like($response->content, qr/Ready to accept connections/, 'with what it wrote');
is($response->header('Content-Type'), 'text/plain; charset=utf-8', 'as text');
my $ends = get('alice', "/apps/$redis")->{app}{ends};
is(code('alice', POST => "/apps/$redis/extend", { hours => 8 }), 303, 'eight hours longer');
cmp_ok(get('alice', "/apps/$redis")->{app}{ends}, '==', $ends + 8 * 3600, 'it ends later');
is(code('alice', POST => "/apps/$redis/extend", { hours => 1000 }), 303, 'as long as it may');
is_deeply(get('alice', "/apps/$redis")->{longer}, [], 'then nothing longer is offered');
like(page('alice', "/apps/$redis"), qr/runs as long as it may/, 'and that is said');

# ---- others ------------------------------------------------------------------------------------------------------------------
is(code('bob', GET => "/apps/$redis$_"), 404, "bob: GET $_") for '', '/log', '/log/text', '/delete', '/open';
is(code('bob', POST => "/apps/$redis/$_", { hours => 1, with => 'carol', until => '2026-12-24' }), 404, "bob: POST $_") for qw(start stop delete extend keep share unshare);
is(code('carol', GET => "/apps/$redis"), 404, 'nor does an administrator see it here');
is(code('bob', POST => '/apps/do', { pick => $redis, verb => 'stop' }), 303, 'among several');
is(get('alice', "/apps/$redis")->{app}{css}, 'running', 'it runs on');
is(code('alice', GET => "/apps/$_"), 404, "no app: $_") for 'xxxxxxxxxx', 'a' x 300, '%22%3E';

($status, undef, $response) = post('alice', '/apps?offer=jupyter', { name => '"><script>alert(1)</script>', cpu => 0.5, memory => 512, hours => 2, places => 'scratch' });
my $jupyter = made($response);
ok($jupyter && running('alice', $jupyter), 'a notebook') or diag $response->content;
my $day = do { my @t = localtime(time + 3 * 86400); sprintf '%d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3] };
$mech{alice}->get($site->url("/apps/$jupyter"));
is((post('alice', "/apps/$jupyter/share", { with => 'zed', until => $day }))[0], 422, 'a colleague who is not there');
my $wrong = (post('alice', "/apps/$jupyter/share", { with => 'zed', until => $day }))[1];
is(field({ form => $wrong->{share_form} }, 'with')->{message}, 'Nobody here has the user name zed. A colleague who is new has to sign in once first.', 'is told at the field') or diag explain $wrong;
is_deeply((get('alice', "/apps/$jupyter"))->{shares}, [], 'and shared with nobody');
$mech{alice}->get($site->url("/apps/$jupyter"));
$mech{alice}->submit_form(with_fields => { with => 'bob', until => $day });
is($mech{alice}->uri->path, "/apps/$jupyter", 'shared with bob');
like($mech{alice}->content, qr/Shared with bob, who finds it under Apps\./, 'which is said');
is_deeply([ map { $_->{id} } @{ get('bob', '/apps')->{shared} } ], [ $jupyter ], 'he has it among what is shared');
is_deeply(get('bob', '/apps')->{mine}, [], 'not among his own');
like(page('bob', '/'), qr{Shared with me.*href="/apps/$jupyter"}s, 'and on his first page');
$data = get('bob', "/apps/$jupyter");
is($data->{app}{own}, JSON::PP::false, 'its page is not an owner\'s');
is_deeply([ $data->{events}, $data->{shares}, $data->{image}, $data->{service} ], [ [], [], undef, undef ], 'and keeps the owner\'s things to the owner') or diag explain $data;
like(page('bob', "/apps/$jupyter"), qr{href="/apps/$jupyter/open"}, 'he can open it');
unlike(page('bob', "/apps/$jupyter"), qr{/apps/$jupyter/(?:stop|delete|share|log|extend)}, 'and nothing else');
is(code('bob', POST => "/apps/$jupyter/stop"), 404, 'nor stop it');
like(page('alice', "/apps/$jupyter"), qr/<span class="mono">bob<\/span> shared until/, 'she sees with whom');
is(code('alice', POST => "/apps/$jupyter/share", { with => 'no such name!', until => $day }), 422, 'a name that is none');
is(code('alice', POST => "/apps/$jupyter/share", { with => 'bob', until => 'tomorrow' }), 422, 'a day that is none');
is(code('alice', POST => "/apps/$jupyter/unshare", { with => 'bob' }), 303, 'no longer');
is(code('bob', GET => "/apps/$jupyter"), 404, 'gone for him');
unlike(page('bob', '/'), qr{/apps/$jupyter}, 'from his first page at once as well');

# ---- as it was ---------------------------------------------------------------------------------------------------------------
$form = get('alice', '/apps/new?offer=jupyter');
is(field($form, 'cpu')->{value} . ' ' . field($form, 'memory')->{value}, '0.5 512', 'the last size is the next one\'s');
$form = get('alice', "/apps/new?offer=redis&like=$redis");
is(field($form, 'cpu')->{value}, '0.2', 'another one like this');
is(field(get('bob', "/apps/new?offer=redis&like=$redis"), 'cpu')->{value}, '0.5', 'which tells bob nothing');
my ($home) = map { $_->{quick} } get('alice', '/apps');
is($home->{open_path}, "/apps/$jupyter/open", 'one click opens what runs already');
like(page('alice', '/'), qr{href="/apps/$jupyter/open"[^>]*>Open }, 'on the first page too');

my ($engine) = @{ field(get('alice', '/apps/volumes'), 'engine')->{choices} };
ok($engine, 'a cluster that has volumes');
# ---- volumes -------------------------------------------------------------------------------------------------------------------
like(page('alice', '/apps/volumes'), qr/nothing holds a volume to its size: it counts for your quota, but it is no limit/, 'podman holds none to its size, which the form says');
is(code('alice', POST => '/apps/volumes', { name => 'work', engine => $engine, size => 1 }), 303, 'a volume');
ok(wait_until(20, sub { (get('alice', '/apps/volumes')->{rows}[0]{css} // '') eq 'running' }), 'is ready') or diag $site->log_tail('deployer');
like(page('alice', "/apps/volumes/$engine/work"), qr{<p class="note">On [^<]+ nothing holds a volume to its size}, 'as does its page');
is(code('alice', POST => '/apps/volumes', { name => 'work', engine => $engine, size => 1 }), 422, 'not twice');
is(code('alice', POST => '/apps/volumes', { name => $_, engine => $engine, size => 1 }), 422, "no name: $_") for '../x', 'A', '-a', '';
($status, undef, $response) = post('alice', '/apps/volumes', { name => 'more', engine => $engine, size => 3 });
is($status, 422, 'not more than the quota');
like($response->decoded_content, qr/Your quota has 2 GiB left for this volume; you asked for 3\./, 'which the form tells');
is(code('alice', POST => '/apps/volumes', { name => 'x', engine => 'nowhere', size => 1 }), 422, 'no such cluster');
is(code('bob', $_->[0] => "/apps/volumes/$engine/work$_->[1]", { size => 5 }), 404, "bob: $_->[0] $_->[1]") for [ GET => '' ], [ POST => '/resize' ], [ POST => '/delete' ];
unlike(page('alice', "/apps/volumes/$engine/work"), qr/Enlarge/, 'podman cannot enlarge it, so that is not offered');
for my $size (1, 2) {
	($status, undef, $response) = post('alice', "/apps/volumes/$engine/work/resize", { size => $size });
	is($status, 422, "asked for all the same ($size)");
	like($response->decoded_content, qr/Volumes of this cluster cannot change their size\. Make a new one and copy the files\./, 'it is refused in words');
}
is_deeply(field(get('alice', '/apps/new?offer=redis'), 'volumes')->{choices}, [ "$engine/work" ], 'the form offers it');
($status, undef, $response) = post('bob', '/apps?offer=redis', { name => '나루' x 30, cpu => 0.1, memory => 64, hours => 1, volumes => "$engine/work" });
is(get('bob', '/apps/' . made($response))->{volumes}, '', 'not to bob');
($status, undef, $response) = post('alice', '/apps?offer=redis', { name => 'With volume', cpu => 0.1, memory => 64, hours => 1, volumes => "$engine/work" });
my $with = made($response);
ok($with && running('alice', $with), 'an app with it') or diag $response->content, $site->log_tail('deployer');
is(get('alice', '/apps/volumes')->{rows}[0]{used_by}, 'With volume', 'who uses it');
is(code('alice', POST => "/apps/volumes/$engine/work/delete"), 409, 'it cannot be deleted then');

# ---- requests --------------------------------------------------------------------------------------------------------------------
my $key = Naru::Test::random_key();
is(code('alice', POST => '/apps/requests', { what => 'Julia <i>1.11</i>', why => "For\nnotebooks", key => $key }), 303, 'a request') for 1 .. 2;
my @requests = @{ get('alice', '/apps/requests')->{rows} };
is(scalar @requests, 1, 'sent twice it is one');
is($requests[0]{what}, 'Julia <i>1.11</i>', 'as it was typed');
is(code('alice', POST => '/apps/requests', { what => '' }), 422, 'an empty one is none');
my $path = $requests[0]{path};
is(code('bob', GET => $path), 404, 'bob does not see it');
is_deeply(get('bob', '/apps/requests')->{rows}, [], 'nor its line');
is(code('alice', POST => "$path/$_->[0]", $_->[1]), 403, "alice does not $_->[0] it") for [ 'answer', { answer => 'x' } ], [ 'offer', { name => 'x', like => 'redis', image => 'localhost/naru-redis:12', title => 'X' } ];
is(code('alice', GET => '/apps/offers'), 403, 'nor sees what was added');
is(code('alice', POST => '/apps/offers', { name => 'x', like => 'redis', image => 'localhost/naru-redis:12', title => 'X' }), 403, 'nor adds');
like(get('carol', '/apps')->{asked}, qr/: 1$/, 'administrators are told that it waits');
is(code('carol', POST => "$path/answer", { answer => 'Next week.' }), 303, 'carol answers');
is(get('alice', $path)->{request}{answer}, 'Next week.', 'alice reads it');
is(code('carol', POST => "$path/offer", { name => 'julia', like => 'redis', image => 'evil.example/x', title => 'Julia' }), 422, 'an image from elsewhere');
is(code('carol', POST => "$path/offer", { name => 'redis', like => 'redis', image => 'localhost/naru-redis:12', title => 'Julia' }), 422, 'a name that a file has');
is(code('carol', POST => "$path/offer", { name => 'julia', like => 'redis', image => 'localhost/naru-redis:12', title => 'Julia', title_ko => '줄리아' }), 303, 'an entry of it');
is(get('alice', $path)->{request}{offer}, 'julia', 'the request leads there');
like(page('alice', '/apps/requests'), qr{href="/apps/new\?offer=julia"}, 'on its page');
($status, undef, $response) = post('alice', '/apps?offer=julia', { name => 'J', cpu => 0.1, memory => 64, hours => 1 });
ok(made($response), 'and it can be started') or diag $response->content;
my $julia = made($response);
ok(running('alice', $julia), 'and runs') or diag $site->log_tail('deployer');
is_deeply([ map { $_->{name} } @{ get('carol', '/apps/offers')->{rows} } ], ['julia'], 'carol sees what was added');
is(code('carol', POST => '/apps/offers/julia/remove'), 303, 'and removes it');
is(code('alice', GET => '/apps/new?offer=julia'), 404, 'then it is not offered');
is(code('alice', GET => "/apps/$julia"), 200, 'what was started of it has its page');

# ---- looking changes nothing; every page is sound ------------------------------------------------------------------------------------
sub state_now { return join "\n", map { s/"(?:as_of|used_at|used_cpu_milli|used_memory_mb|active_at|cpu_milli_used|memory_mb_used)":\d+,?//gr } grep { !/"table":"C"/ } records('apps'), records('portal') }
ok(running('alice', $julia), 'nothing is changing');
my $before = state_now();
my @pages = ('/', '/apps', '/apps/new', (map { "/apps/new?offer=$_" } qw(jupyter own-image redis)), "/apps/new?offer=redis&like=$with", (map { ("/apps/$_", "/apps/$_/log", "/apps/$_/delete") } $redis, $jupyter, $julia),
	'/apps/volumes', "/apps/volumes/$engine/work", '/apps/requests', $path);
for my $lang (qw(en ko)) {
	for my $who (qw(alice carol)) {
		$mech{$who}->get($site->url('/account'));
		$site->speak($mech{$who}, $lang);
		for my $address ($who eq 'alice' ? @pages : ('/apps', '/apps/new', '/apps/requests', $path, '/apps/offers')) {
			$mech{$who}->get($site->url($address));
			is($mech{$who}->status, 200, "$who, $lang: $address");
			is(join("\n", faults($mech{$who}->response->decoded_content, $lang)), '', 'is sound');
		}
	}
}
is(state_now(), $before, 'looking at all of it has changed nothing');
$site->speak($mech{$_}, 'en') for qw(alice carol);
for my $address ('/apps', "/apps/$redis/stop", "/apps/$redis/delete", '/apps/do', '/apps/volumes', '/apps/requests') {
	is(code('alice', POST => $address, { csrf => 'wrong' }), 403, "without the secret of the form: $address");
}
is(state_now(), $before, 'nor did those');

# ---- several at once ---------------------------------------------------------------------------------------------------------------------
is(led((post('alice', '/apps/do', { verb => 'stop' }))[2]), '/apps', 'nothing chosen');
is(code('alice', POST => '/apps/do', { pick => [ $with, $julia ], verb => 'stop' }), 303, 'two are stopped');
ok(wait_until(20, sub { 2 == grep { $_->{css} eq 'done' } @{ get('alice', '/apps')->{mine} } }), 'they stop');
my ($code, $asked) = post('alice', '/apps/do', { pick => [ $with, $julia ], verb => 'delete' });
is($code, 200, 'deleting asks');
is(scalar @{ $asked->{apps} }, 2, 'which');
is(scalar @{ get('alice', '/apps')->{mine} }, 5, 'and has done nothing yet');
is(code('alice', POST => '/apps/do', { pick => [ $with, $julia ], verb => 'delete', confirmed => 'yes' }), 303, 'confirmed');
ok(wait_until(20, sub { 3 == @{ get('alice', '/apps')->{mine} } }), 'they are gone');
is(code('alice', POST => "/apps/volumes/$engine/work/delete"), 303, 'then the volume can go');
ok(wait_until(20, sub { !@{ get('alice', '/apps/volumes')->{rows} } }), 'and is gone');
is(code('alice', POST => "/apps/$redis/stop"), 303, 'stop');
ok(wait_until(20, sub { get('alice', "/apps/$redis")->{app}{can_start} }), 'it is stopped');
like(page('alice', '/'), qr{href="/apps/$redis">.*?Stopped}s, 'on the first page too');
is(code('alice', POST => "/apps/$redis/start"), 303, 'start');
ok(running('alice', $redis), 'it runs again');

# ---- the deployer is away ------------------------------------------------------------------------------------------------------------------
$site->sv('down', 'deployer');
($status, $data) = post('alice', '/apps?offer=redis', { name => 'Kept', cpu => 0.1, memory => 64, hours => 1 });
is($status, 503, 'nobody to ask');
is(field($data, 'name')->{value}, 'Kept', 'what was typed is kept');
is(code('alice', GET => '/apps'), 200, 'the list is there');
is(code('alice', GET => "/apps/$redis/log"), 200, 'the log\'s page says why it is empty');
$site->sv('up', 'deployer');
ok(wait_until(20, sub { code('alice', POST => "/apps/$redis/keep") == 303 }), 'and then it goes on');
$site->finish;
done_testing;
