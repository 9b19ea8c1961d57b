# Faults of an API server that a real one does not make on demand: a stand-in behind TLS, the real driver. The real one is in t/cluster_kubernetes.t.
use strict;
use warnings;
use File::Temp;
use IO::Socket::SSL;
use JSON::PP;
use Naru::Test qw(output slurp spew);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $build = $ENV{BUILD} // "$Naru::Test::top/build";
my $id = 'abcdefghij';
my ($owner, $server, $stranger, $port, $other_port) = ($$);
my $range; # the header of the request that is being answered

# ---- the stand-in ----

for my $name ('good', 'other') {
	is((output('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', "$dir/$name.key", '-out', "$dir/$name.crt",
		'-days', 3, '-subj', "/CN=$name", '-addext', 'subjectAltName=' . ($name eq 'good' ? 'IP:127.0.0.1' : 'DNS:elsewhere.example')))[0], 0, "a certificate: $name");
}

# The way to answer is the first line of a file; $n counts the requests since it was set.
sub mode { unlink "$dir/requests"; spew("$dir/mode.new", $_[0]); rename "$dir/mode.new", "$dir/mode" }
sub requests { return [ split /\n/, eval { slurp("$dir/requests") } // '' ] }

sub http {
	my ($status, $body, @headers) = @_;
	return join "\r\n", "HTTP/1.1 $status X", 'Content-Type: application/json', 'Content-Length: ' . length $body, @headers, '', $body;
}

sub failure {
	my ($code, $reason, $message, %details) = @_;
	return http($code, encode_json({ kind => 'Status', apiVersion => 'v1', status => 'Failure', message => $message, reason => $reason, code => $code, details => \%details }));
}

my $version = '{"gitVersion":"v1.99.0"}';
sub nodes_with { return http(200, encode_json({ items => [ map { { spec => {}, status => defined $_ ? { features => { supplementalGroupsPolicy => $_ } } : {} } } @_ ] })) }
my $nodes = '{"kind":"NodeList","items":[{"spec":{},"status":{"allocatable":{"cpu":"4","memory":"1Gi"},"conditions":[{"type":"Ready","status":"True"}]}}]}';
my $ours = { metadata => { name => 'naru-alice', labels => { 'naru.site' => 'wire.example' }, annotations => { 'naru.user' => 'alice' } }, status => { phase => 'Active' } };
sub pod {
	my (%o) = @_;
	my $name = $o{id} // $id;
	return { metadata => { name => "naru-$name", namespace => $o{space} // 'naru-alice', uid => 'u1', resourceVersion => $o{version} // '7', labels => { 'naru.app' => $name,
		'naru.site' => 'wire.example', 'naru.generation' => $o{generation} // '1' }, annotations => { 'naru.user' => $o{user} // 'alice', 'naru.address' => '10.1.1.1:80' } },
		spec => {}, status => { phase => 'Running' } };
}
sub event { my ($type, $object) = @_; return encode_json({ type => $type, object => $object }) . "\n" }
sub chunk { return sprintf "%x\r\n%s\r\n", length $_[0], $_[0] }
my $stream = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
my $bookmark = event(BOOKMARK => { kind => 'Pod', metadata => { resourceVersion => '90' } });

# What a mode answers: text, or a list of texts and pauses (numbers); undef: what a good server says.
my %modes = (
	good => sub { undef },
	(map { my $code = $_; ("only$code" => sub { failure($code, 'X', "words of $code") }) } 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 500, 503, 504),
	busy => sub { $_[2] <= 2 ? http(429, 'Too many requests', 'Retry-After: 1') : undef },
	toobusy => sub { http(429, 'Too many requests', 'Retry-After: 1') },
	verybusy => sub { http(429, 'Too many requests', 'Retry-After: 3600') },
	garbage => sub { http(200, "\0\xff<html>" . 'x' x 5000) },
	html => sub { http(502, '<html><body>Bad gateway</body></html>') },
	text => sub { http(200, 'hello') },
	list => sub { http(200, '[1,2,3]') },
	empty => sub { http(200, '') },
	truncated => sub { http(200, substr $nodes, 0, 60) },
	cut => sub { "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n$nodes" },
	deep => sub { http(200, '{"items":' . '[' x 100000 . ']' x 100000 . '}') },
	closed => sub { '' },
	slow => sub { [ \4, http(200, $version) ] },
	drops => sub { [ map { ($_, \0.3) } split //, http(200, $version) ] },
	moved => sub { http(302, '', 'Location: https://127.0.0.1:1/') },
	# of a run
	early => sub { $_[0] eq 'POST' && $_[1] =~ m{/pods\?} && $_[2] < 6 ? failure(403, 'Forbidden', 'error looking up service account naru-alice/default: not found') : undef },
	neverearly => sub { $_[0] eq 'POST' && $_[1] =~ m{/pods\?} ? failure(403, 'Forbidden', 'error looking up service account naru-alice/default: not found') : undef },
	postcut => sub { $_[0] eq 'POST' && $_[1] =~ m{/pods\?} ? '' : undef },
	(map { my $code = $_; ("post$code" => sub { $_[0] eq 'POST' && $_[1] =~ m{/pods\?} ? failure($code, 'X', "words of $code") : undef }) } 409, 422, 500, 504),
	exists => sub { $_[0] eq 'GET' && $_[1] =~ m{/pods/} ? (grep { m{^GET .*/pods/} } @{ requests() }) == 1 ? undef : http(200, encode_json(pod())) :
		$_[0] eq 'POST' && $_[1] =~ m{/pods\?} ? failure(409, 'AlreadyExists', 'pods "x" already exists') : undef },
	keeps => sub { $_[1] =~ m{/nodes\?} ? nodes_with(JSON::PP::true, JSON::PP::true) : undef },
	mixed => sub { $_[1] =~ m{/nodes\?} ? nodes_with(JSON::PP::true, JSON::PP::false) : undef },
	nonodes => sub { $_[1] =~ m{/nodes\?} ? nodes_with() : undef },
	lies => sub { $_[1] =~ m{/nodes\?} ? nodes_with('true') : undef },
	(map { my $v = $_; ($v => sub { $_[1] eq '/version' ? http(200, encode_json({ gitVersion => $v })) : $_[1] =~ m{/nodes\?} ? nodes_with(JSON::PP::true) : undef }) }
		'v1.20.2', 'v1.30.14+k3s1', 'v1.31.0', 'v1.36.4-gke.1', '1.40', 'v2.0', 'v1.x'),
	# of prepare
	raced => sub { $_[0] eq 'PATCH' && $_[2] % 3 ? failure(409, 'Conflict', 'the object has been modified') : undef },
	noapply => sub { $_[0] eq 'PATCH' ? failure(415, 'UnsupportedMediaType', 'x') : $_[0] eq 'POST' && $_[1] =~ m{/limitranges} ? failure(409, 'AlreadyExists', 'x') :
		$_[0] eq 'GET' && $_[1] =~ m{/limitranges/} ? http(200, '{"metadata":{"resourceVersion":"3"}}') : undef },
	theirs => sub { $_[0] eq 'GET' ? http(200, encode_json({ %$ours, metadata => { name => 'naru-alice' } })) : undef },
	# of lists
	pages => sub {
		my ($method, $path) = @_;
		return undef unless $path =~ m{/pods\?labelSelector};
		my ($page) = $path =~ /continue=p%2B(\d)/;
		$page //= 0;
		return http(200, encode_json({ metadata => { resourceVersion => '5', $page < 2 ? (continue => 'p+' . ($page + 1)) : () }, items => [ pod(id => 'pageabc' . ('aaa', 'bbb', 'ccc')[$page]) ] }));
	},
	endlesspages => sub { $_[1] =~ m{/pods\?labelSelector} ? http(200, encode_json({ metadata => { continue => 'again' }, items => [] })) : undef },
	pagegone => sub { $_[1] =~ /continue=/ ? failure(410, 'Expired', 'The provided continue parameter is too old') :
		$_[1] =~ m{/pods\?labelSelector} ? http(200, encode_json({ metadata => { continue => 'x' }, items => [ pod() ] })) : undef },
	foreign => sub { $_[1] =~ m{/pods\?labelSelector} ? http(200, encode_json({ metadata => {}, items => [ pod(space => 'kube-system'), pod(user => 'bob'), pod(id => 'ABC'), 7, undef, [],
		pod(generation => '-1'), {}, pod() ] })) : undef },
	noitems => sub { $_[1] =~ m{/pods\?labelSelector} ? http(200, '{"kind":"PodList"}') : undef },
	metrics => sub { $_[1] =~ /metrics/ ? http(200, '{"items":[{"metadata":{"name":"naru-abcdefghij","namespace":"naru-alice"},"containers":[{"usage":{"cpu":"250500000n",' .
		'"memory":"131072Ki"}},{"usage":{"cpu":"1m","memory":"1Mi"}}]}]}') : $_[1] =~ m{/pods\?} ? http(200, encode_json({ items => [ pod() ] })) : undef },
	summary => sub { $_[1] =~ m{/nodes/n1/proxy/stats/summary} ? http(200, '{"pods":[{"podRef":{"name":"naru-abcdefghij","namespace":"naru-alice"},"containers":[{"cpu":{"usageNanoCores":3000001},' .
		'"memory":{"workingSetBytes":1048577}},{"cpu":{"usageNanoCores":-5},"memory":{"workingSetBytes":1e30}},7]}]}') : $_[1] =~ m{^/api/v1/pods\?} ? http(200, encode_json({ items => [ { %{ pod() }, spec => { nodeName => 'n1' } } ] })) : undef },
	untold => sub { $_[1] =~ m{/proxy/} ? failure(403, 'Forbidden', 'x') : $_[1] =~ m{^/api/v1/pods\?} ? http(200, encode_json({ items => [ { %{ pod() }, spec => { nodeName => 'n1' } } ] })) : undef },
	(map { my $mode = $_; ($mode => sub {
		my @told = (FailedMount => 'x', Pulling => 'Pulling image "far.example/x:1"', $mode eq 'pulled' ? (Pulled => 'y') : ());
		my @events;
		while (my ($reason, $message) = splice @told, 0, 2) { push @events, { reason => $reason, message => $message } }
		return http(200, encode_json({ items => \@events })) if $_[1] =~ m{/events\?fieldSelector=involvedObject\.uid%3Du1&};
		return http(200, encode_json({ %{ pod() }, spec => { nodeName => 'n1' }, status => { phase => 'Pending', conditions => [ { type => 'PodScheduled', status => 'True', lastTransitionTime => '2026-11-20T01:02:03Z' } ] } })) if $_[1] =~ m{/pods/};
		return undef;
	}) } qw(pulling pulled)),
	# of watches
	news => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk($bookmark), \0.4, chunk(event(MODIFIED => pod(version => '91'))), \20 ] : undef },
	pieces => sub { my $line = event(ADDED => pod(version => '91')); $_[1] =~ /watch=1/ ? [ $stream, map({ (chunk($_), \0.05) } $line =~ /(.{1,60}\n?)/gs), \20 ] : undef },
	ends => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk($bookmark), "0\r\n\r\n" ] : undef },
	expired => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk(event(ERROR => { kind => 'Status', code => 410, reason => 'Expired', message => 'too old resource version' })), "0\r\n\r\n" ] : undef },
	expired410 => sub { $_[1] =~ /watch=1/ ? failure(410, 'Expired', 'too old resource version') : undef },
	strangeerror => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk(event(ERROR => { kind => 'Status', code => 500, message => 'etcd event received with PrevKv=nil' })), "0\r\n\r\n" ] : undef },
	noise => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk("\0\xff{]\n"), \20 ] : undef },
	noversion => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk('{"type":"BOOKMARK","object":{}}' . "\n"), \20 ] : undef },
	watchcut => sub { $_[1] =~ /watch=1/ ? [ $stream, chunk('{"type":"ADDED","obj') ] : undef },
	silent => sub { $_[1] =~ /watch=1/ ? [ \20 ] : undef },
	quiet => sub { $_[1] =~ /watch=1/ ? [ $stream, \20 ] : undef },
	# of logs
	longlog => sub { $_[1] =~ m{/log\?} ? http(200, join '', map { "line $_\n" } 1 .. 1000) : undef },
	widelog => sub { $_[1] =~ /tailLines=5&/ ? http(200, 'x' x 5000 . "\nlast\n") : $_[1] =~ m{/log\?} ? http(200, 'x' x (9 << 20)) : undef },
	(map { my $mode = $_; ($mode => sub {
		my ($method, $path) = @_;
		my $current = $mode eq 'asideempty' ? '' : join '', map { "new $_\n" } 1 .. ($mode eq 'asidefull' ? 2000 : 3);
		return $mode eq 'asidegone' ? failure(400, 'BadRequest', 'failed to try resolving symlinks') : http(200, $current) if $path =~ m{/pods/naru-\w+/log\?};
		return http(200, encode_json({ %{ pod() }, spec => { nodeName => $mode eq 'asidenode' ? '../x' : 'n1' } })) if $path =~ m{/pods/naru-\w+$};
		return failure(403, 'Forbidden', 'x') if $mode eq 'asidedenied' && $path =~ m{/proxy/};
		return http(200, $mode eq 'asidejunk' ? '"0.log.' x 5000 . '"0.log."' : '<pre><a href="0.log">0.log</a><a href="0.log.20261129-145601">x</a><a href="0.log.20261129-145611">x</a>' .
			'<a href="0.log.20261129-145621.gz">x</a><a href="0.log.20261129-145631.tmp">x</a></pre>') if $path eq '/api/v1/nodes/n1/proxy/logs/pods/naru-alice_naru-abcdefghij_u1/app/';
		return http(206, "cut off F x\n" . join '', map { "2026-11-29T14:56:11.${_}Z stdout F old $_\n2026-11-29T14:56:11.${_}Z stderr P part \n2026-11-29T14:56:11.${_}Z stderr F of $_\n" } 1 .. 100)
			if $path =~ m{/app/0\.log\.20261129-145611$} && $range eq 'bytes=-524288';
		return undef;
	}) } qw(aside asideempty asidefull asidegone asidenode asidedenied asidejunk)),
	nolog => sub { $_[1] =~ m{/log\?} ? failure(400, 'BadRequest', 'container "app" in pod "x" is waiting to start: ContainerCreating') : undef },
);

sub good {
	my ($method, $path) = @_;
	return http(200, $version) if $path eq '/version';
	return http(200, $nodes) if $path =~ m{^/api/v1/nodes\?};
	return http(200, encode_json($ours)) if $method eq 'GET' && $path =~ m{^/api/v1/namespaces/naru-alice$};
	return failure(404, 'NotFound', 'not found') if $method =~ /GET|DELETE/ && $path =~ m{^/api/v1/namespaces/[^/]+/\w+/} || $path =~ /metrics|proxy/;
	return http(200, '{"metadata":{"resourceVersion":"5"},"items":[]}') if $method eq 'GET';
	return http($method eq 'POST' ? 201 : 200, '{"metadata":{"uid":"u1"},"spec":{"clusterIP":"10.1.1.1"}}');
}

sub answer {
	my ($client, $method, $path, $body) = @_;
	spew("$dir/pod", $body) if $method eq 'POST' && $path =~ m{/pods\?};
	open my $log, '>>', "$dir/requests";
	syswrite $log, "$method $path\n";
	close $log;
	my $mode = slurp("$dir/mode");
	if ($mode eq 'endless') {
		print $client "HTTP/1.1 200 OK\r\n\r\n{\"items\":[";
		my $part = '{"metadata":{"name":"' . 'x' x 60000 . '"}},';
		for (1 .. 20000) { print $client $part or return 0 }
		return 0;
	}
	my $n = grep { /^\Q$method\E / } @{ requests() };
	my $said = $modes{$mode}->($method, $path, $n) // good($method, $path);
	return 0 if !ref $said && $said eq '';
	for my $piece (ref $said ? @$said : $said) {
		if (ref $piece) { sleep $$piece } else { print $client $piece or return 0 }
	}
	return $mode !~ /cut/;
}

sub serve {
	my ($client) = @_;
	my $request = '';
	while (1) {
		until ($request =~ /\r\n\r\n/ && length($request) - $+[0] >= ($request =~ /content-length: (\d+)/i ? $1 : 0)) {
			sysread($client, $request, 65536, length $request) or return;
		}
		my ($method, $path) = $request =~ /^(\S+) (\S+)/;
		($range) = $request =~ /^range: (.*?)\r$/mi;
		my (undef, $body) = split /\r\n\r\n/, $request, 2;
		$request = '';
		answer($client, $method, $path, $body) or return;
	}
}

sub stand_in {
	my ($name) = @_;
	my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1) or die $!;
	defined(my $child = fork) or die;
	return ($child, $listen->sockport) if $child;
	setpgrp;
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	$SIG{CHLD} = 'IGNORE';
	while (1) {
		my $client = $listen->accept or next;
		defined(my $one = fork) or next;
		if (!$one) {
			IO::Socket::SSL->start_SSL($client, SSL_server => 1, SSL_cert_file => "$dir/$name.crt", SSL_key_file => "$dir/$name.key") and serve($client);
			close $client;
			POSIX::_exit(0);
		}
		close $client;
	}
}

mode('good');
($server, $port) = stand_in('good');
($stranger, $other_port) = stand_in('other');
END { my $status = $?; if ($owner == $$) { kill 'KILL', -$_ for grep { $_ } $server, $stranger } $? = $status }

spew("$dir/token", "token\n");
sub engine { my ($name, $at, $ca) = @_; return "[engine $name]\ndriver = kubernetes\nserver = https://$at\nca = $dir/$ca.crt\ntoken-file = $dir/token\nnetworks = 10.0.0.0/8\n" }
spew("$dir/naru.conf", "[site]\nhost = wire.example\nstate = $dir\n" . engine('kube', "127.0.0.1:$port", 'good') . engine('name', "127.0.0.1:$other_port", 'other') .
	engine('sign', "127.0.0.1:$port", 'other') . engine('nobody', '127.0.0.1:1', 'good') .
	engine('strict', "127.0.0.1:$port", 'good') . "image-groups = no\n" . engine('loose', "127.0.0.1:$port", 'good') . "image-groups = yes\n");

sub tool {
	my ($mode, $engine, @words) = @_;
	mode($mode) if defined $mode;
	local $ENV{NARU_CONF} = "$dir/naru.conf";
	my ($status, $text) = output("$build/t/clustertool", $engine, @words);
	my %h = (text => $text, rows => [ $text =~ /^row=(.*)$/mg ]);
	for (split /\n/, $text) { $h{$1} //= $2 if /^(\w+)=(.*)$/ }
	unlike($text, qr/Sanitizer|runtime error/, "$engine @words: nothing crashed") if $text =~ /Sanitizer|runtime error/;
	return \%h;
}

# ---- any call ----

my $good = tool('good', 'kube', 'health');
is("$good->{version} $good->{cpu} $good->{memory}", 'v1.99.0 4000 1024', 'a good answer');
my %want = (
	only401 => qr/^12 The cluster does not accept Naru's key/, only403 => qr/^12 Naru lacks a right/, only404 => qr/^4 The cluster does not have this/,
	only400 => qr/^9 The cluster does not accept this/, only405 => qr/^12 Naru and the cluster/, only409 => qr/^6 It changed/, only410 => qr/^6 What Naru knew/,
	only413 => qr/^7 The app's description/, only415 => qr/^12 Naru and the cluster/, only422 => qr/^9 The cluster does not accept this/,
	only500 => qr/^12 The cluster has a fault/, only503 => qr/^12 The cluster does not answer now/, only504 => qr/^13 The cluster did not answer in time/,
	(map { ($_ => qr/^12 The cluster sent an answer that cannot be read/) } qw(garbage text list empty truncated deep)),
	html => qr/^12 The cluster has a fault/, moved => qr/^12 The cluster has a fault/, cut => qr/^12 The cluster does not answer now/,
	closed => qr/^12 The cluster does not answer now/, endless => qr/^7 The cluster answers with more data/,
);
for my $mode (sort keys %want) {
	my $said = tool($mode, 'kube', 'health');
	like($said->{error}, $want{$mode}, "$mode: in words") or diag $said->{text};
	like($said->{detail}, $mode =~ /^only(\d+)/ ? qr/words of $1/ : qr/\S/, "$mode: with what the server said");
	like(tool(undef, 'kube', 'list')->{error} // '', qr/^\d+ [A-Z]/, "$mode: a list fails as well") if $mode !~ /text|list/;
}
for my $mode (qw(slow drops)) {
	my $begun = time;
	like(tool($mode, 'kube', 'health', 'seconds=2')->{error}, qr/^13 The cluster did not answer in time/, "$mode: given up");
	cmp_ok(time - $begun, '<', 3.5, "$mode: at the deadline");
}
my $begun = time;
ok(tool('busy', 'kube', 'health')->{done}, 'a busy server is asked again');
cmp_ok(time - $begun, '>', 1.9, 'after the time that it wants');
like(tool('toobusy', 'kube', 'health', 'seconds=3')->{error}, qr/^12 The cluster has too much to do/, 'within the deadline');
$begun = time;
like(tool('verybusy', 'kube', 'health')->{error}, qr/^12 The cluster has too much to do/, 'not for an hour');
cmp_ok(time - $begun, '<', 2, 'but told at once');
like(tool('good', $_, 'health')->{error}, qr/^12 The cluster does not answer now/, "no trust: $_") for qw(name sign nobody);
is(scalar @{ requests() }, 0, 'and no request with a token was sent');

# ---- run ----

my @run = ('kube', 'run', 'alice', $id, 1, 'secret=' . '0123456789abcdef' x 4);
ok(tool('good', @run)->{done}, 'run');
is(join(' ', map { s/\?.*//r } grep { /^POST/ } @{ requests() }), join(' ', map { "POST /api/v1/namespaces/naru-alice/$_" } qw(secrets services pods)), 'in this order');
like(requests()->[-1], qr{^PUT /api/v1/namespaces/naru-alice/secrets/naru-$id}, 'then they are given to the pod');
like((grep { m{^POST .*/pods} } @{ requests() })[0], qr/fieldValidation=Strict/, 'strictly');
ok(tool('early', @run)->{done}, 'a namespace that is not complete: the pod is sent until it is');
$begun = time;
like(tool('neverearly', @run, 'seconds=3')->{error}, qr/^12 Your space on the cluster is not ready/, 'or until the deadline');
cmp_ok(time - $begun, '<', 4, 'which holds');
like(tool($_, @run)->{error}, qr/^13 The cluster did not confirm the app/, "$_: nobody knows") for qw(postcut post500 post504);
like(tool('post422', @run)->{error}, qr/^9 The cluster does not accept this/, 'a refusal is one');
ok(tool('exists', @run)->{done}, 'a pod of this generation that appears meanwhile is ours');
like(tool('post409', @run)->{error}, qr/^6 It changed/, 'one that is there and is not is no endless loop');
cmp_ok(scalar @{ requests() }, '<', 40, 'but a few tries');

# ---- groups of the image ----

sub policy { my ($mode, $engine) = @_; unlink "$dir/pod"; my $said = tool($mode, $engine // 'kube', @run[1 .. $#run]); return $said->{error} // decode_json(slurp("$dir/pod"))->{spec}{securityContext}{supplementalGroupsPolicy} // 'none' }
is(policy($_), 'Strict', "$_: the image gives its user no groups") for qw(keeps v1.31.0 v1.36.4-gke.1);
is(scalar(grep { $_ eq 'GET /version' } @{ requests() }), 1, 'the server is asked once');
is(policy($_), 'none', "$_: the Pod says nothing") for qw(good mixed nonodes lies v1.20.2 v1.30.14+k3s1 1.40 v2.0 v1.x);
is(policy('v1.20.2', 'strict'), 'Strict', 'image-groups = no');
is(policy('keeps', 'loose'), 'none', 'image-groups = yes');
is(scalar(grep { m{^GET /(?:version|api/v1/nodes)} } @{ requests() }), 0, 'nobody is asked then');
like(policy('only503'), qr/^12 /, 'an answer that does not come is no permission');

# ---- prepare ----

ok(tool('good', 'kube', 'prepare', 'alice')->{done}, 'prepare');
ok(tool('raced', 'kube', 'prepare', 'alice')->{done}, 'conflicts are tried again');
ok(tool('noapply', 'kube', 'prepare', 'alice')->{done}, 'a server without apply');
like(join("\n", @{ requests() }), qr{POST \S+/limitranges\S*\nGET \S+/limitranges/naru\nPUT \S+/limitranges/naru}, 'is given what is there anew') or diag join "\n", @{ requests() };
like(tool('theirs', 'kube', 'prepare', 'alice')->{error}, qr/^12 Your space on the cluster belongs to somebody else/, 'a namespace without our mark');
is(scalar(grep { !/^GET/ } @{ requests() }), 0, 'is not touched');

# ---- lists ----

is(tool('pages', 'kube', 'list')->{n}, 3, 'a list in pages');
like(tool('endlesspages', 'kube', 'list')->{error}, qr/^7 The cluster answers with more data/, 'that do not end');
like(tool('pagegone', 'kube', 'list')->{error}, qr/^6 What Naru knew/, 'that go away meanwhile');
is(tool('foreign', 'kube', 'list')->{n}, 1, 'only pods that are what they say');
like(tool('noitems', 'kube', 'list')->{error}, qr/^12 The cluster sent an answer that cannot be read/, 'a list that is none is not an empty one');

# ---- what a node says while it makes an app ----

my $made = tool('pulling', 'kube', 'look', 'alice', $id);
like($made->{text}, qr/^phase=starting\n.*^message=The node is fetching the image\..*^detail=Pulling image/ms, 'an image that is being fetched') or diag $made->{text};
$made = tool('pulled', 'kube', 'look', 'alice', $id);
is("$made->{phase} " . ($made->{message} // ''), 'starting ', 'one that is there');

# ---- usage ----

sub used { my $seen = tool($_[0], 'kube', 'list'); return "$seen->{cpu} $seen->{memory}" }
is(used('metrics'), '252 129', 'from metrics-server');
is(used('summary'), '4 2', 'from the nodes');
is(used('untold'), '-1 -1', 'or not at all');

# ---- watches ----

sub follow { my ($mode, $seconds) = @_; return tool($mode, 'kube', 'follow', $seconds // 3, 1, 'cursor=7')->{rows}[0] }
like(follow('news'), qr/^changed (4|5|6)\d\d$/, 'an event after a bookmark');
like(follow('pieces'), qr/^changed \d{1,4}$/, 'a line in pieces');
like(follow('ends'), qr/^quiet \d{1,3}$/, 'a watch that ends by itself');
like(follow($_), qr/^failed 6 What Naru knew of the cluster is too old/, $_) for qw(expired expired410);
like(follow('strangeerror'), qr/^failed 12 The cluster has a fault/, 'another error');
like(follow($_), qr/^failed 12 The cluster sent an answer that cannot be read/, $_) for qw(noise noversion);
like(follow('watchcut'), qr/^failed 12 /, 'cut off');
like(follow('quiet', 1), qr/^quiet [12]\d\d\d$/, 'a server that keeps the connection open for too long');
like(follow('silent', 1), qr/^failed 13 The cluster did not answer in time/, 'one that says nothing at all');
like(follow('only401'), qr/^failed 12 The cluster does not accept Naru's key/, 'a refusal');
like(tool('ends', 'kube', 'follow', 3, 3)->{text}, qr/row=changed \d+\nrow=quiet \d+\nrow=quiet/, 'from the beginning');
like(join("\n", @{ requests() }), qr/resourceVersion=5&.*resourceVersion=90&/s, 'each goes on where the last one ended');

# ---- logs ----

my $log = tool('longlog', 'kube', 'log', 'alice', $id, 50);
like($log->{text}, qr/text=line 99\d\n(line \d+\n)+/, 'the last whole lines');
cmp_ok($log->{bytes}, '<=', 50, 'that fit');
like(tool('widelog', 'kube', 'log', 'alice', $id, 100)->{text}, qr/text=last\n/, 'lines that are too long for a log');
like(tool('aside', 'kube', 'log', 'alice', $id, 50)->{text}, qr/\nold 100\npart of 100\nnew 1\nnew 2\nnew 3\n/, 'what the node has put aside stands before what came since');
like(tool($_, 'kube', 'log', 'alice', $id, 30)->{text}, qr/text=old 100\npart of 100\n\n?done/, "$_: and alone when nothing came") for qw(asideempty asidegone);
like(tool('asidefull', 'kube', 'log', 'alice', $id, 30000)->{text}, qr/text=new 1\nnew 2\n/, 'a log that is long enough is all that is asked for');
is(scalar(grep { m{/proxy/} } @{ requests() }), 0, 'by itself');
is(tool($_, 'kube', 'log', 'alice', $id, 50)->{bytes}, 18, "$_: what the API server gives") for qw(asidenode asidedenied asidejunk);
is(tool('nolog', 'kube', 'log', 'alice', $id, 100)->{bytes}, 0, 'no log yet');
is(tool('good', 'kube', 'log', 'alice', $id, 100)->{bytes}, 0, 'none of what is not there');
like(tool('only500', 'kube', 'log', 'alice', $id, 100)->{error}, qr/^12 /, 'a failure is one');
done_testing;
