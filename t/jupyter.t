# A notebook, from the sign-in to a cell that has run: real podman, real Jupyter, the real gateway. Then VS Code and the desktop.
use strict;
use warnings;
use HTTP::Request;
use JSON::PP;
use Naru::Test qw(output slurp wait_until);
use Naru::WebSocket;
use Test::More;
use Time::HiRes qw(sleep time);

my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1);
my $port = $site->port;
my $alice = $site->signed_in('alice');
my $bob = $site->signed_in('bob');

sub host { return "$_[0].apps.localhost:$port" }
# Where a page leads, without following.
sub leads { my ($mech, $path) = @_; my $copy = $mech->clone; $copy->cookie_jar($mech->cookie_jar); $copy->requests_redirectable([]); return $copy->get($site->url($path)) }
# Enters an app as a browser does: the cookie of its host.
sub enter {
	my ($mech, $id) = @_;
	my $to = leads($mech, "/apps/$id/open")->header('Location') // return '';
	my ($path) = $to =~ m{^https://\Q@{[ host($id) ]}\E(/.*)} or return '';
	my ($status, $headers) = $site->http(GET => $path, Host => host($id));
	my ($cookie) = ($headers->{'set-cookie'} // '') =~ /^(__Host-naru-app=[^;]+)/m;
	return $status == 303 ? $cookie : '';
}
sub app { my ($id, $cookie, $method, $path, @more) = @_; return $site->http($method => $path, Host => host($id), Cookie => $cookie, @more) }
sub running { my ($mech, $id, $seconds) = @_; return wait_until($seconds, sub { my (undef, $page) = $site->api($mech, GET => "/apps/$id"); ($page->{app}{css} // '') eq 'running' }) }

# ---- one click -----------------------------------------------------------------------------------------------------
$alice->get($site->url('/'));
my ($form) = grep { $_->action =~ m{/apps\?offer=jupyter$} } $alice->forms;
ok($form, 'the first page offers to start Jupyter') or BAIL_OUT($alice->content);
my $start = time;
$alice->request($form->click);
my ($id) = $alice->uri =~ m{/apps/([a-z][a-z2-7]{9})$};
ok($id, 'one click makes an app and leads to its page') or BAIL_OUT($alice->content);
like($alice->content, qr/http-equiv|reloads by itself/i, 'which reloads while it starts') if $alice->content !~ /state running/;
ok(running($alice, $id, 30), 'it answers') or BAIL_OUT($site->log_tail('deployer'));
my $took = time - $start;
diag sprintf 'from the click to a notebook that answers: %.2f s', $took;
cmp_ok($took, '<', 10, 'soon');
$alice->get($site->url("/apps/$id"));
like($alice->content, qr{href="/apps/$id/open" target="_blank" rel="noopener"}, 'Open leads to it, in a new window');

# ---- in it ------------------------------------------------------------------------------------------------------------
my $cookie = enter($alice, $id);
ok($cookie, 'a ticket opens the door of its host') or BAIL_OUT(join "\n", $site->log_tail('account'), $site->log_tail('gate'));
my ($status, $headers, $body) = app($id, $cookie, GET => '/tree');
is($status, 200, 'the notebook list is there');
like($body, qr/Home Page/, 'and is Jupyter');
is((app($id, '', GET => '/tree', Accept => 'application/json'))[0], 401, 'without the cookie it is not');
my $origin = 'https://' . host($id);
($status, undef, $body) = app($id, $cookie, POST => '/api/kernels', Origin => 'https://evil.example', 'Content-Type' => 'application/json', '{"name":"python3"}');
is($status, 403, 'a foreign page starts no kernel');
my (undef, $first) = app($id, $cookie, GET => '/tree');
my ($xsrf) = ($first->{'set-cookie'} // '') =~ /_xsrf=([^;]+)/;
($status, undef, $body) = app($id, "$cookie; _xsrf=" . ($xsrf // ''), POST => '/api/kernels', Origin => $origin, 'X-XSRFToken' => $xsrf // '', 'Content-Type' => 'application/json', '{"name":"python3"}');
is($status, 201, 'its own page does') or diag $body;
my $kernel = eval { decode_json($body)->{id} } // '';

# Runs a cell over the WebSocket; what it printed.
sub run_cell {
	my ($ws, $code) = @_;
	$ws->send(encode_json({ header => { msg_id => "m$$-" . int rand 1e9, username => 'alice', session => 's1', msg_type => 'execute_request', version => '5.3' },
		parent_header => {}, metadata => {}, channel => 'shell', content => { code => $code, silent => JSON::PP::false, store_history => JSON::PP::false, user_expressions => {}, allow_stdin => JSON::PP::false } }));
	my $out = '';
	my $end = time + 30;
	while (time < $end) {
		my $text = $ws->receive(5) // next;
		my $m = eval { decode_json($text) } or next;
		$out .= $m->{content}{text} if $m->{msg_type} eq 'stream';
		$out .= "error: $m->{content}{evalue}" if $m->{msg_type} eq 'error';
		last if $m->{msg_type} eq 'execute_reply' && length $out;
	}
	return $out;
}
my $ws = Naru::WebSocket->open($site, host($id), "/api/kernels/$kernel/channels", Cookie => $cookie, Origin => $origin);
is($ws->status, 101, 'a WebSocket to the kernel');
my $home = $site->base . '/home/alice';
is(run_cell($ws, 'import os; print(os.getuid(), os.getgid(), 30001 in os.getgroups(), os.environ["HOME"])'), "20001 30000 True $home\n", 'a cell runs as alice, in her groups, with her home');
is(run_cell($ws, 'open(os.path.expanduser("~/from-a-cell"), "w").write("x" * 10); print(os.stat(os.path.expanduser("~/from-a-cell")).st_uid)'), "20001\n", 'and writes her files');
is(-s "$home/from-a-cell", 10, 'which are there');
like(run_cell($ws, 'print(open("/proc/self/status").read())'), qr/CapEff:\t0+\n.*NoNewPrivs:\t1/s, 'without capabilities or new privileges');
like(run_cell($ws, 'try:
    open("/usr/x", "w")
except OSError as e: print(e.errno)'), qr/^30$/, 'the image is read-only');
is(run_cell($ws, 'print(os.path.exists("' . $site->base . '/state"), os.path.exists("' . $site->base . '/home/bob"))'), "False False\n", 'nothing else of the machine is in it');
unlike(run_cell($ws, 'print(dict(os.environ))'), qr/__Host-naru/, 'and no cookie of the portal');
is(run_cell($ws, 'x = bytearray(1); print(len(x))'), "1\n", 'it goes on');

# ---- somebody else ---------------------------------------------------------------------------------------------------------
is(($site->api($bob, $_->[0] => "/apps/$id$_->[1]"))[0], 404, "bob: $_->[0] /apps/ID$_->[1]")
	for [ GET => '' ], [ GET => '/open' ], [ GET => '/log' ], [ GET => '/delete' ], [ POST => '/stop' ], [ POST => '/start' ], [ POST => '/delete' ], [ POST => '/keep' ];
is(($site->api($bob, POST => "/apps/$id/extend", { hours => 1 }))[0], 404, 'bob extends nothing');
is(($site->api($bob, POST => "/apps/$id/share", { with => 'bob', until => '2099-01-01' }))[0] =~ /^(?:404|422)$/, 1, 'and shares nothing');
my @day = localtime time + 7 * 86400;
($status) = $site->api($alice, POST => "/apps/$id/share", { with => 'bob', until => sprintf '%04d-%02d-%02d', $day[5] + 1900, $day[4] + 1, $day[3] });
is($status, 303, 'alice shares it with bob');
my $his = enter($bob, $id);
ok($his, 'then he has a ticket too');
is((app($id, $his, GET => '/api/status'))[0], 200, 'and is let in');
is(($site->api($bob, POST => "/apps/$id/stop"))[0], 404, 'but may not stop it');
my $his_ws = Naru::WebSocket->open($site, host($id), "/api/kernels/$kernel/channels", Cookie => $his, Origin => $origin);
is($his_ws->status, 101, 'he sits in the notebook');
is(($site->api($alice, POST => "/apps/$id/unshare", { with => 'bob' }))[0], 303, 'until alice ends it');
ok(defined $his_ws->closed(5), 'his stream is cut within 5 seconds');
is((app($id, $his, GET => '/api/status'))[0] =~ /^(?:401|403|404)$/, 1, 'and he is out');
ok($ws->send('', 'ping') || 1, 'hers goes on');
is(run_cell($ws, 'print(6 * 7)'), "42\n", 'a cell still runs');

# ---- sign-out ---------------------------------------------------------------------------------------------------------------------
my $second = $site->signed_in('alice');
my $her_second = enter($second, $id);
my $second_ws = Naru::WebSocket->open($site, host($id), "/api/kernels/$kernel/channels", Cookie => $her_second, Origin => $origin);
is($second_ws->status, 101, 'a second browser of hers');
is(($site->api($second, POST => '/sign-out'))[0], 303, 'signs out');
ok(defined $second_ws->closed(5), 'and its stream is cut within 5 seconds');
is(run_cell($ws, 'print(2)'), "2\n", "the first one's is not");

# ---- stop --------------------------------------------------------------------------------------------------------------------------
is(($site->api($alice, POST => "/apps/$id/stop"))[0], 303, 'stop');
ok(defined $ws->closed(5), 'cuts what is open within 5 seconds');
is((app($id, $cookie, GET => '/tree'))[0] >= 400, 1, 'and nothing answers there');

# ---- VS Code and the desktop ------------------------------------------------------------------------------------------------------------
for my $kind ([ code => '/', qr/code-server|vscode|workbench/i ], [ desktop => '/', qr/noVNC|vnc/i ]) {
	my ($offer, $path, $looks) = @$kind;
	my ($code, undef, $response) = $site->api($alice, POST => "/apps?offer=$offer", { quick => 'yes' });
	is($code, 303, "$offer: one click") or diag $response->content;
	my ($app_id) = ($response->header('Location') // '') =~ m{/apps/(\w+)};
	ok(running($alice, $app_id, 60), "$offer: it answers") or diag $site->log_tail('deployer');
	my $key = enter($alice, $app_id);
	my ($got, $head, $page) = app($app_id, $key, GET => $path);
	($got, $head, $page) = app($app_id, $key, GET => $head->{location} =~ s{^\./}{/}r =~ s{^https://[^/]+}{}r) if $got == 302;
	is($got, 200, "$offer: its page is there");
	like($page, $looks, "$offer: and is what it should be") or diag substr $page, 0, 300;
}
$site->finish;
done_testing;
