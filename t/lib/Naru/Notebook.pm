package Naru::Notebook;
# Apps of a site as their user's browser meets them, and the way to a notebook, the same on every engine.
#
#   my $apps = Naru::Notebook->new($site);              # alice and bob sign in: $apps->{alice}, $apps->{bob}
#   my $cookie = $apps->enter($apps->{alice}, $id);     # the ticket moves the sign-in to the app's host
#   my ($status, $headers, $body) = $apps->app($id, $cookie, GET => '/tree');
#   $apps->journey(within => 10);                       # from the click to a cell, others, sign-out, stop; the id of the app, which is stopped
#
# `within`: seconds from the click until it answers; `running`: code that is called with the id while it runs.
use strict;
use warnings;
use JSON::PP;
use Naru::Test qw(wait_until);
use Naru::WebSocket;
use Test::More;
use Time::HiRes qw(time);

sub new {
	my ($class, $site) = @_;
	return bless { site => $site, port => $site->port, alice => $site->signed_in('alice'), bob => $site->signed_in('bob') }, $class;
}

sub host { my ($self, $id) = @_; return "$id.apps.localhost:$self->{port}" }

# Where a page leads, without following.
sub leads {
	my ($self, $mech, $path) = @_;
	my $copy = $mech->clone;
	$copy->cookie_jar($mech->cookie_jar);
	$copy->requests_redirectable([]);
	return $copy->get($self->{site}->url($path));
}

# Enters an app as a browser does: the cookie of its host.
sub enter {
	my ($self, $mech, $id) = @_;
	my $to = $self->leads($mech, "/apps/$id/open")->header('Location') // return '';
	my ($path) = $to =~ m{^https://\Q@{[ $self->host($id) ]}\E(/.*)} or return '';
	my ($status, $headers) = $self->{site}->http(GET => $path, Host => $self->host($id));
	my ($cookie) = ($headers->{'set-cookie'} // '') =~ /^(__Host-naru-app=[^;]+)/m;
	return $status == 303 ? $cookie : '';
}

sub app { my ($self, $id, $cookie, $method, $path, @more) = @_; return $self->{site}->http($method => $path, Host => $self->host($id), Cookie => $cookie, @more) }

sub running {
	my ($self, $mech, $id, $seconds) = @_;
	return wait_until($seconds, sub { my (undef, $page) = $self->{site}->api($mech, GET => "/apps/$id"); ($page->{app}{css} // '') eq 'running' });
}

sub kernel_socket {
	my ($self, $id, $kernel, $cookie) = @_;
	return Naru::WebSocket->open($self->{site}, $self->host($id), "/api/kernels/$kernel/channels", Cookie => $cookie, Origin => 'https://' . $self->host($id));
}

# Runs a cell over the WebSocket; what it printed.
sub run_cell {
	my ($ws, $code) = @_;
	my $id = "m$$-" . int rand 1e9;
	$ws->send(encode_json({ header => { msg_id => $id, username => 'alice', session => 's1', msg_type => 'execute_request', version => '5.3' },
		parent_header => {}, metadata => {}, channel => 'shell', content => { code => $code, silent => JSON::PP::false, store_history => JSON::PP::false, user_expressions => {}, allow_stdin => JSON::PP::false } }));
	my ($out, $replied, $idle) = ('', 0, 0);
	my $end = time + 30;
	while (time < $end) {
		my $text = $ws->receive(5) // next;
		my $m = eval { decode_json($text) } or next;
		next if ($m->{parent_header}{msg_id} // '') ne $id; # of a cell before
		$out .= $m->{content}{text} if $m->{msg_type} eq 'stream';
		$out .= "error: $m->{content}{evalue}" if $m->{msg_type} eq 'error';
		$replied = 1 if $m->{msg_type} eq 'execute_reply'; # which may come before what it printed; all of that comes before "idle"
		$idle = 1 if $m->{msg_type} eq 'status' && $m->{content}{execution_state} eq 'idle';
		last if $replied && $idle;
	}
	return $out;
}

# ---- the journey, its stages --------------------------------------------------------------------------------------

sub journey {
	my ($self, %o) = @_;
	$self->start($o{within} // 10);
	$self->enter_notebook;
	$self->run_cells;
	$self->run_r;
	$o{running}->($self->{id}) if $o{running};
	$self->somebody_else;
	$self->sign_out;
	$self->stop;
	return $self->{id};
}

sub start {
	my ($self, $within) = @_;
	my ($site, $alice) = @$self{qw(site alice)};
	$alice->get($site->url('/'));
	my ($form) = grep { $_->action =~ m{/apps\?offer=jupyter$} } $alice->forms;
	ok($form, 'the first page offers to start Jupyter') or BAIL_OUT($alice->content);
	my $start = time;
	$alice->request($form->click);
	my ($id) = $alice->uri =~ m{/apps/([a-z][a-z2-7]{9})$};
	ok($id, 'one click makes an app and leads to its page') or BAIL_OUT($alice->content);
	like($alice->content, qr/http-equiv|reloads by itself/i, 'which reloads while it starts') if $alice->content !~ /state running/;
	ok($self->running($alice, $id, 60), 'it answers') or BAIL_OUT($site->log_tail('deployer'));
	my $took = time - $start;
	diag sprintf 'from the click to a notebook that answers: %.2f s', $took;
	cmp_ok($took, '<', $within, 'soon');
	$alice->get($site->url("/apps/$id"));
	like($alice->content, qr{href="/apps/$id/open" target="_blank" rel="noopener"}, 'Open leads to it, in a new window');
	$self->{id} = $id;
}

sub enter_notebook {
	my ($self) = @_;
	my ($site, $id) = @$self{qw(site id)};
	my $cookie = $self->{cookie} = $self->enter($self->{alice}, $id);
	ok($cookie, 'a ticket opens the door of its host') or BAIL_OUT(join "\n", $site->log_tail('account'), $site->log_tail('gate'));
	my ($status, $headers, $body) = $self->app($id, $cookie, GET => '/tree');
	is($status, 200, 'the notebook list is there');
	like($body, qr/Home Page/, 'and is Jupyter');
	is(($self->app($id, '', GET => '/tree', Accept => 'application/json'))[0], 401, 'without the cookie it is not');
	is(($self->app($id, $cookie, POST => '/api/kernels', 'Content-Type' => 'application/json', Origin => 'https://evil.example', '{"name":"python3"}'))[0], 403, 'a foreign page starts no kernel');
	my ($xsrf) = ($headers->{'set-cookie'} // '') =~ /_xsrf=([^;]+)/;
	$self->{xsrf} = $xsrf // '';
	($self->{kernel}, $self->{ws}) = $self->new_kernel('python3');
}

# Starts a kernel of this kind as the notebook's own page does; its id and a WebSocket to it.
sub new_kernel {
	my ($self, $kind) = @_;
	my ($id, $cookie, $xsrf) = @$self{qw(id cookie xsrf)};
	my ($status, undef, $body) = $self->app($id, "$cookie; _xsrf=$xsrf", POST => '/api/kernels', 'Content-Type' => 'application/json', Origin => 'https://' . $self->host($id),
		'X-XSRFToken' => $xsrf, encode_json({ name => $kind }));
	is($status, 201, "its own page starts one: $kind") or diag $body;
	my $kernel = eval { decode_json($body)->{id} } // '';
	my $ws = $self->kernel_socket($id, $kernel, $cookie);
	is($ws->status, 101, 'a WebSocket to the kernel');
	return ($kernel, $ws);
}

sub run_cells {
	my ($self) = @_;
	my ($site, $ws) = @$self{qw(site ws)};
	my $home = $site->base . '/home/alice';
	is(run_cell($ws, 'import os; print(os.getuid(), os.getgid(), 30001 in os.getgroups(), os.environ["HOME"])'), "20001 30000 True $home\n", 'a cell runs as alice, in her groups, with her home');
	is(run_cell($ws, 'open(os.path.expanduser("~/from-a-cell"), "w").write("x" * 10); print(os.stat(os.path.expanduser("~/from-a-cell")).st_uid)'), "20001\n", 'and writes her files');
	is(-s "$home/from-a-cell", 10, 'which are there');
	my (undef, $page) = $site->api($self->{alice}, GET => "/apps/$self->{id}");
	like($page->{size}, qr/^1 /, 'on a page that says how large it is');
	is(run_cell($ws, 'def first(*names):
    for name in names:
        if os.path.exists("/sys/fs/cgroup/" + name): return open("/sys/fs/cgroup/" + name).read().split()
v1 = first("cpu/cpu.cfs_quota_us")
quota, period = (v1[0], first("cpu/cpu.cfs_period_us")[0]) if v1 else first("cpu.max")
print(first("memory/memory.limit_in_bytes", "memory.max")[0], int(quota) / int(period))'), "1073741824 1.0\n", 'within its memory and CPUs');
	like(run_cell($ws, 'print(open("/proc/self/status").read())'), qr/CapEff:\t0+\n.*NoNewPrivs:\t1/s, 'without capabilities or new privileges');
	like(run_cell($ws, 'try:
    open("/usr/x", "w")
except OSError as e: print(e.errno)'), qr/^30$/, 'the image is read-only');
	is(run_cell($ws, 'print(os.path.exists("' . $site->base . '/state"), os.path.exists("' . $site->base . '/home/bob"))'), "False False\n", 'nothing else of the machine is in it');
	unlike(run_cell($ws, 'print(dict(os.environ))'), qr/__Host-naru/, 'and no cookie of the portal');
	is(run_cell($ws, 'x = bytearray(1); print(len(x))'), "1\n", 'it goes on');
}

# The other language of the image: its kernel runs as alice too.
sub run_r {
	my ($self) = @_;
	my ($kernel, $ws) = $self->new_kernel('ir');
	is(run_cell($ws, 'cat(paste(system("id -u", intern = TRUE), R.version$language, sum(1:10)))'), '20001 R 55', 'a cell of R runs as alice');
	is(run_cell($ws, 'writeLines("x", "~/from-r"); cat(file.info("~/from-r")$uid)'), '20001', 'and writes her files');
	is(-s $self->{site}->base . '/home/alice/from-r', 2, 'which are there');
	is(($self->app($self->{id}, "$self->{cookie}; _xsrf=$self->{xsrf}", DELETE => "/api/kernels/$kernel", Origin => 'https://' . $self->host($self->{id}), 'X-XSRFToken' => $self->{xsrf}))[0],
		204, 'it is shut down');
}

sub somebody_else {
	my ($self) = @_;
	my ($site, $alice, $bob, $id) = @$self{qw(site alice bob id)};
	is(($site->api($bob, $_->[0] => "/apps/$id$_->[1]"))[0], 404, "bob: $_->[0] /apps/ID$_->[1]")
		for [ GET => '' ], [ GET => '/open' ], [ GET => '/log' ], [ GET => '/delete' ], [ POST => '/stop' ], [ POST => '/start' ], [ POST => '/delete' ], [ POST => '/keep' ];
	is(($site->api($bob, POST => "/apps/$id/extend", { hours => 1 }))[0], 404, 'bob extends nothing');
	is(($site->api($bob, POST => "/apps/$id/share", { with => 'bob', until => '2099-01-01' }))[0] =~ /^(?:404|422)$/, 1, 'and shares nothing');
	my @day = localtime time + 7 * 86400;
	my ($status) = $site->api($alice, POST => "/apps/$id/share", { with => 'bob', until => sprintf '%04d-%02d-%02d', $day[5] + 1900, $day[4] + 1, $day[3] });
	is($status, 303, 'alice shares it with bob');
	my $his = $self->enter($bob, $id);
	ok($his, 'then he has a ticket too');
	is(($self->app($id, $his, GET => '/api/status'))[0], 200, 'and is let in');
	is(($site->api($bob, POST => "/apps/$id/stop"))[0], 404, 'but may not stop it');
	my $ws = $self->kernel_socket($id, $self->{kernel}, $his);
	is($ws->status, 101, 'he sits in the notebook');
	is(($site->api($alice, POST => "/apps/$id/unshare", { with => 'bob' }))[0], 303, 'until alice ends it');
	ok(defined $ws->closed(5), 'his stream is cut within 5 seconds');
	is(($self->app($id, $his, GET => '/api/status'))[0] =~ /^(?:401|403|404)$/, 1, 'and he is out');
	ok($self->{ws}->send('', 'ping') || 1, 'hers goes on');
	is(run_cell($self->{ws}, 'print(6 * 7)'), "42\n", 'a cell still runs');
}

sub sign_out {
	my ($self) = @_;
	my $second = $self->{site}->signed_in('alice');
	my $ws = $self->kernel_socket($self->{id}, $self->{kernel}, $self->enter($second, $self->{id}));
	is($ws->status, 101, 'a second browser of hers');
	is(($self->{site}->api($second, POST => '/sign-out'))[0], 303, 'signs out');
	ok(defined $ws->closed(5), 'and its stream is cut within 5 seconds');
	is(run_cell($self->{ws}, 'print(2)'), "2\n", "the first one's is not");
}

sub stop {
	my ($self) = @_;
	is(($self->{site}->api($self->{alice}, POST => "/apps/$self->{id}/stop"))[0], 303, 'stop');
	ok(defined $self->{ws}->closed(5), 'cuts what is open within 5 seconds');
	is(($self->app($self->{id}, $self->{cookie}, GET => '/tree'))[0] >= 400, 1, 'and nothing answers there');
}

1;
