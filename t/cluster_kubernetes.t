# Engines: a real API server, whose nodes this test plays; and where the machine lets pods run, the contract of cluster.h with a whole Kubernetes.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use Naru::Kube;
use Naru::Test qw(output wait_until slurp spew);
use Test::More;
use POSIX ();
use Time::HiRes qw(sleep time);

my $secret = '0123456789abcdef' x 4;
my $kube = Naru::Kube->new;
my $space = '/api/v1/namespaces/naru-alice';
my $id = 'abcdefghij';
my $pod_path = "$space/pods/naru-$id";

sub status_of { my ($path, $status) = @_; return $kube->api(PATCH => "$path/status", { status => $status }) }
sub running { return status_of($_[0], { phase => 'Running', podIP => '127.0.0.1', hostIP => '127.0.0.1', conditions => [ { type => 'Ready', status => 'True' } ] }) }
sub bind_to { return $kube->api(POST => "$_[0]/binding", { apiVersion => 'v1', kind => 'Binding', metadata => { name => $_[1] }, target => { apiVersion => 'v1', kind => 'Node', name => 'n1' } }) }

# ---- before the first app ----

like($kube->tool('health')->{version}, qr/^v1\./, 'its version');
ok($kube->tool('prepare', 'alice', 'cpu=2000', 'memory=2048', 'gpus=1', 'apps=3', 'storage=4096')->{done}, 'prepare');
my $made = $kube->api(GET => $space);
is($made->{metadata}{annotations}{'naru.user'}, 'alice', 'the namespace names its user');
is($made->{metadata}{labels}{'pod-security.kubernetes.io/enforce'}, 'privileged', 'and its level');
is_deeply($kube->api(GET => "$space/resourcequotas/naru")->{spec}{hard},
	{ 'limits.cpu' => '2', 'limits.memory' => '2Gi', pods => '3', 'requests.nvidia.com/gpu' => '1', 'requests.storage' => '4Gi' }, 'the limits');
is($kube->api(GET => "$space/limitranges/naru")->{spec}{limits}[0]{default}{cpu}, '500m', 'a size for what has none');
sub policy_of { return $kube->api(GET => "/apis/networking.k8s.io/v1/namespaces/naru-$_[0]/networkpolicies/naru") }
is_deeply([ map { $_->{ipBlock}{cidr} // () } @{ policy_of('alice')->{spec}{ingress}[0]{from} } ], [ $kube->{settings} =~ /^gate-networks = (\S+)$/m ], 'a policy, as the settings of ops/kubernetes say');
$kube->conf('open', 'gate-networks = ');
ok($kube->tool_of('open', 'prepare', 'oscar')->{done} && !policy_of('oscar'), 'no policy where the gateway has no network');
ok($kube->tool('prepare', 'alice', 'cpu=2000', 'memory=2048', 'gpus=1', 'apps=3', 'storage=4096')->{done}, 'prepare again');
is($kube->api(GET => $space)->{metadata}{resourceVersion}, $made->{metadata}{resourceVersion}, 'writes nothing');
ok($kube->tool('prepare', 'alice', 'cpu=4000', 'memory=2048', 'gpus=1', 'apps=5')->{done}, 'prepare with other limits');
is($kube->api(GET => "$space/resourcequotas/naru")->{spec}{hard}{'limits.cpu'}, '4', 'changes them');
$kube->conf('guarded', 'gate-networks = 10.9.0.0/16 10.8.0.1/32', 'pod-security = baseline');
ok($kube->tool_of('guarded', 'prepare', 'gina')->{done}, 'prepare where the gateway has networks');
my $policy = policy_of('gina');
is_deeply($policy->{spec}, { podSelector => {}, policyTypes => ['Ingress'], ingress => [ { from => [ { podSelector => {} }, { ipBlock => { cidr => '10.9.0.0/16' } },
	{ ipBlock => { cidr => '10.8.0.1/32' } } ] } ] }, 'only they and the user\'s own apps get in');
is($kube->api(GET => '/api/v1/namespaces/naru-gina')->{metadata}{labels}{'pod-security.kubernetes.io/enforce'}, 'baseline', 'with the level that is set');
$kube->api(POST => '/api/v1/namespaces', { apiVersion => 'v1', kind => 'Namespace', metadata => { name => 'naru-carol' } });
like($kube->tool('prepare', 'carol')->{error}, qr/^12 Your space on the cluster belongs to somebody else/, 'a namespace of somebody else is left alone');
ok($kube->tool('prepare', 'Al.Ice@example.org')->{done}, 'a user name that is no DNS name');
my @spaces = map { $_->{metadata}{name} } grep { ($_->{metadata}{annotations}{'naru.user'} // '') eq 'Al.Ice@example.org' } @{ $kube->api(GET => '/api/v1/namespaces')->{items} };
like("@spaces", qr/^naru-h--[0-9a-f]{32}$/, 'has a namespace as well');

# ---- an app ----

ok($kube->tool('run', 'alice', $id, 1, "secret=$secret", 'place=/home/alice', 'home=/home/alice')->{done}, 'run');
my $pod = $kube->api(GET => $pod_path);
unlike(encode_json($pod), qr/$secret/, 'the secret is not in the pod');
is($pod->{spec}{securityContext}{runAsUser}, 20001, 'it runs as the user');
ok(!$pod->{spec}{automountServiceAccountToken} && !$pod->{spec}{enableServiceLinks}, 'without a token of the cluster');
my ($variable) = grep { $_->{name} eq 'NARU_SECRET' } @{ $pod->{spec}{containers}[0]{env} };
is_deeply($variable->{valueFrom}, { secretKeyRef => { name => "naru-$id", key => 'secret' } }, 'the secret is a Secret\'s');
my $owner = [ { apiVersion => 'v1', kind => 'Pod', name => "naru-$id", uid => $pod->{metadata}{uid} } ];
is_deeply($kube->api(GET => "$space/secrets/naru-$id")->{metadata}{ownerReferences}, $owner, 'which goes with the pod');
ok(!$kube->api(GET => "$space/services/naru-$id"), 'reach = pod needs no service');
is($kube->tool('look', 'alice', $id)->{phase}, 'waiting', 'it waits for a node');
running($pod_path);
my $seen = $kube->tool('look', 'alice', $id);
is("$seen->{phase} $seen->{address} $seen->{generation}", 'up 127.0.0.1:8888 1', 'it runs at its address');
ok($kube->tool('run', 'alice', $id, 1)->{done}, 'run again, same generation');
is($kube->api(GET => $pod_path)->{metadata}{uid}, $pod->{metadata}{uid}, 'is the same pod');
is(scalar @{ $kube->tool('list')->{list} }, 1, 'one in the list');
ok($kube->tool('run', 'alice', $id, 2, "secret=$secret")->{done}, 'run again, next generation');
isnt($kube->api(GET => $pod_path)->{metadata}{uid}, $pod->{metadata}{uid}, 'is another pod');
is($kube->tool('look', 'alice', $id)->{generation}, 2, 'of that generation');
is($kube->tool('look', 'bob', $id)->{phase}, 'absent', 'bob does not see it');
ok($kube->tool('stop', 'bob', $id, 1)->{done}, 'bob cannot stop it');
ok($kube->api(GET => $pod_path), 'it is still there');
ok($kube->tool('stop', 'alice', $id, 1)->{done}, 'stop');
is(join('', map { $kube->api(GET => "$space/$_/naru-$id") ? $_ : '' } qw(pods secrets services)), '', 'leaves nothing');
ok($kube->tool('stop', 'alice', $id, 1)->{done}, 'stop what is not there');

# ---- other ways to it ----

$kube->conf('service', 'reach = service', 'networks = 10.96.0.0/16');
$kube->conf('port', 'reach = nodeport');
ok($kube->tool_of('service', 'run', 'alice', $id, 1, "secret=$secret")->{done}, 'reach = service');
my $service = $kube->api(GET => "$space/services/naru-$id");
is_deeply($service->{spec}{selector}, { 'naru.app' => $id }, 'its service leads to it alone');
is($service->{metadata}{ownerReferences}[0]{uid}, $kube->api(GET => $pod_path)->{metadata}{uid}, 'and goes with it');
running($pod_path);
is($kube->tool_of('service', 'look', 'alice', $id)->{address}, "$service->{spec}{clusterIP}:8888", 'the address is the service\'s');
is($kube->tool('look', 'alice', $id)->{address}, '127.0.0.1:8888', 'or the pod\'s, as the engine is set up');
$kube->conf('narrow', 'reach = service', 'networks = 10.1.0.0/16');
my $narrow = $kube->tool_of('narrow', 'look', 'alice', $id);
ok(!$narrow->{address} && $narrow->{message} =~ /outside of the cluster's networks/, 'an address of another network is none');
# An API server that was interrupted left a service and a secret behind: they are made anew.
$kube->api(DELETE => "$pod_path?gracePeriodSeconds=0");
$kube->api(POST => "$space/services", { apiVersion => 'v1', kind => 'Service', metadata => { name => "naru-$id" }, spec => { selector => { a => 'b' }, ports => [ { port => 1 } ] } });
$kube->api(POST => "$space/secrets", { apiVersion => 'v1', kind => 'Secret', metadata => { name => "naru-$id" }, stringData => { secret => 'old' } });
ok($kube->tool_of('port', 'run', 'alice', $id, 3, "secret=$secret")->{done}, 'reach = nodeport, over the rest of an earlier try');
$service = $kube->api(GET => "$space/services/naru-$id");
is_deeply($service->{spec}{selector}, { 'naru.app' => $id }, 'the service is the new one');
is($kube->api(GET => "$space/secrets/naru-$id")->{data}{secret}, encode_base64($secret, ''), 'and the secret');
running($pod_path);
is($kube->tool_of('port', 'look', 'alice', $id)->{address}, "127.0.0.1:$service->{spec}{ports}[0]{nodePort}", 'the address is the node\'s');
$kube->tool('stop', 'alice', $id, 1);

# ---- how it goes on a node ----

$kube->tool('run', 'alice', $id, 1, 'place=/nosuch');
bind_to($pod_path, "naru-$id");
is($kube->tool('look', 'alice', $id)->{phase}, 'starting', 'on a node');
sleep 2.2;
$pod = $kube->api(GET => $pod_path);
$kube->api(POST => "$space/events", { apiVersion => 'v1', kind => 'Event', metadata => { name => 'e1' }, type => 'Warning', reason => 'FailedMount',
	involvedObject => { kind => 'Pod', namespace => 'naru-alice', name => "naru-$id", uid => $pod->{metadata}{uid} },
	message => 'MountVolume.SetUp failed for volume "place-0" : hostPath type check failed: /nosuch is not a directory' });
$seen = $kube->tool('look', 'alice', $id);
is($seen->{phase}, 'broken', 'a folder that is missing is told by an event');
like($seen->{message}, qr/^A folder of the app does not exist on this cluster/, 'in words');
is($kube->tool('list')->{list}[0]{phase}, 'broken', 'in the list, too');
status_of($pod_path, { phase => 'Running', containerStatuses => [ { name => 'app', ready => JSON::PP::true, restartCount => 0, image => 'x', imageID => 'x', state => { running => {} } } ] });
my $stopped = $kube->tool('stop', 'alice', $id, 1, 'seconds=3');
like($stopped->{error}, qr/^13 The app has not ended in time/, 'a node that does not end it');
is($kube->tool('look', 'alice', $id)->{phase}, 'stopping', 'meanwhile it is stopping');
status_of($pod_path, { phase => 'Failed', containerStatuses => [ { name => 'app', ready => JSON::PP::false, restartCount => 0, image => 'x', imageID => 'x',
	state => { terminated => { exitCode => 0 } } } ] });
ok($kube->tool('stop', 'alice', $id, 1, 'seconds=5')->{done}, 'one that has ended it is not waited for');
is($kube->tool('look', 'alice', $id)->{phase}, 'absent', 'and it is gone');
like($kube->tool('run', 'alice', $id, 1, 'cpu=9000')->{error}, qr/^9 Your quota on this cluster/, 'more than the quota');
like($kube->tool('run', 'alice', $id, 1, 'cpu=9000')->{detail}, qr/exceeded quota/, 'with the words of the cluster');
like($kube->tool('run', 'alice', $id, 1, 'volume=nosuch')->{error}, qr/^9 A volume of the app does not exist/, 'a volume that is missing');

# Another site on the same cluster.
$kube->api(POST => "$space/pods", { apiVersion => 'v1', kind => 'Pod', metadata => { name => 'naru-otherother', labels => { 'naru.site' => 'other', 'naru.app' => 'otherother',
	'naru.generation' => '1' }, annotations => { 'naru.user' => 'alice' } }, spec => { containers => [ { name => 'app', image => 'x', resources => { limits => { cpu => '1m', memory => '1Mi' } } } ] } });
is($kube->tool('list')->{n}, 0, 'apps of another site are not listed');
is($kube->tool('look', 'alice', 'otherother')->{phase}, 'absent', 'nor seen');
like($kube->tool('run', 'alice', 'otherother', 1)->{error}, qr/^6 The cluster has something else of this name/, 'nor replaced');

# ---- volumes ----

$kube->conf('grows', 'storage-class = naru-growing');
ok($kube->tool('volume-make', 'alice', 'work', 900)->{done}, 'a volume') for 1, 2;
ok(wait_until(15, sub { $kube->tool('volumes', 'alice')->{text} =~ /row=work 1024 1 $/m }), 'has what the cluster gave it') or diag $kube->tool('volumes', 'alice')->{text};
like($kube->tool('volume-make', 'alice', 'work', 901)->{error}, qr/^6 The cluster has something of this name already/, 'a second one of the name');
like($kube->tool('volume-resize', 'alice', 'work', 2000)->{error}, qr/^9 Volumes of this cluster cannot change their size/, 'it cannot grow here');
ok($kube->tool_of('grows', 'volume-make', 'alice', 'more', 900)->{done}, 'one of another class');
ok(wait_until(15, sub { $kube->tool('volumes', 'alice')->{text} =~ /row=more 1024 1 $/m }), 'is ready');
ok($kube->tool('volume-resize', 'alice', 'more', 1500)->{done}, 'and grows');
like($kube->tool('volume-resize', 'alice', 'more', 100)->{error}, qr/^9 A volume cannot become smaller/, 'but does not shrink');
like($kube->tool('volume-resize', 'alice', 'nosuch', 100)->{error}, qr/^4 /, 'one that is missing');
my $huge = $kube->tool('volume-make', 'alice', 'huge', 20000);
like("$huge->{error} $huge->{detail}", qr/^9 Your quota on this cluster.*exceeded quota.*requests\.storage/, 'more than the quota has is refused by the cluster itself');
ok($kube->tool('volume-remove', 'alice', $_)->{done}, "$_ is removed") for qw(work more nosuch);
is_deeply($kube->tool('volumes', 'alice')->{rows}, [], 'none is left');
is_deeply($kube->tool('volumes', 'nobody')->{rows}, [], 'somebody without a namespace has none');

# ---- rights ----

my $token_file = "$kube->{dir}/token";
my ($given) = $kube->{settings} =~ /^token-file = (.*)$/m;
my $token = slurp($given);
$kube->conf('key', "token-file = $token_file");
like($kube->tool_of('key', 'health')->{error}, qr/^12 Naru has no key for this cluster/, 'no token');
spew($token_file, $token);
ok($kube->tool_of('key', 'health')->{done}, 'the token is read at each call');
spew($token_file, "not-a-token\n");
like($kube->tool_of('key', 'health')->{error}, qr/^12 The cluster does not accept Naru's key/, 'a wrong one');
spew($token_file, "two\nwords: x");
like($kube->tool_of('key', 'health')->{error}, qr/^12 Naru has no key/, 'one that would break out of its header');
spew($token_file, slurp("$kube->{base}/kubernetes/etc/proxy.token"));
like($kube->tool_of('key', 'list')->{error}, qr/^12 Naru lacks a right on the cluster/, 'one without rights');
my ($port) = $kube->{settings} =~ /^server = .*:(\d+)$/m;
$kube->conf('stranger', 'ca = /etc/ssl/certs/ca-certificates.crt');
like($kube->tool_of('stranger', 'health')->{error}, qr/^12 The cluster does not answer now/, 'a certificate of another authority');
like($kube->tool_of('stranger', 'health')->{detail}, qr/certificate|SSL/i, 'is told the administrators');
$kube->conf('plain', "server = http://127.0.0.1:$port");
like($kube->tool_of('plain', 'health')->{error}, qr/^12 The cluster is not set up correctly/, 'http is not spoken');

# ---- changes, and a server that goes away ----

sub followed { # follow, with something done meanwhile; without a number of times until that is done
	my ($seconds, $times, $meanwhile, @more) = @_;
	my $file = "$kube->{dir}/follow";
	defined(my $child = fork) or die;
	if (!$child) {
		$ENV{NARU_CONF} = "$kube->{dir}/naru.conf";
		open STDOUT, '>', $file;
		exec "$Naru::Kube::build/t/clustertool", 'kube', 'follow', $seconds, $times || 1000, @more or POSIX::_exit(127);
	}
	wait_until(5, sub { -s $file });
	$meanwhile->($file);
	kill 'TERM', $child unless $times;
	waitpid $child, 0;
	return [ slurp($file) =~ /^row=(.*)$/mg ];
}
my $rows = followed(2, 3, sub { });
like($rows->[0], qr/^changed/, 'the first time there is all to be seen');
like($rows->[1], qr/^quiet (19|20|21)\d\d$/, 'then nothing, for the time that was asked for');
$rows = followed(4, 2, sub { sleep 0.3; $kube->tool('run', 'alice', $id, 1) });
like($rows->[1], qr/^changed \d{1,4}$/, 'a start is told at once');
$rows = followed(1, 0, sub {
	my ($file) = @_;
	sleep 0.3;
	$kube->ops('stop-api');
	wait_until(10, sub { slurp($file) =~ /failed/ });
	$kube->ops('start-api');
	running($pod_path);
	wait_until(20, sub { slurp($file) =~ /failed.*changed/s });
});
ok((grep { /^failed 12 The cluster does not answer now/ } @$rows), 'a server that is away is told') or diag join "\n", @$rows;
like(join("\n", @$rows), qr/failed.*changed/s, 'what happened is told when it is back');
like($kube->tool('follow', 2, 1, 'cursor=1')->{rows}[0], qr/^failed 6 What Naru knew of the cluster is too old/, 'a cursor that is too old');

# ---- a controller that is slow, a namespace on its way out ----

$kube->ops('stop-controllers');
ok($kube->tool('prepare', 'dave')->{done}, 'a namespace that is not complete yet');
defined(my $later = fork) or die;
if (!$later) { sleep 2.5; $kube->try('start-controllers'); POSIX::_exit(0) }
my $begun = time;
ok($kube->tool('run', 'dave', $id, 1)->{done}, 'the app waits for it');
cmp_ok(time - $begun, '>', 1, 'and no longer');
waitpid $later, 0;
ok($kube->tool('stop', 'dave', $id, 1)->{done}, 'it is stopped');
$kube->ops('stop-controllers');
$kube->api(DELETE => '/api/v1/namespaces/naru-dave');
like($kube->tool('prepare', 'dave')->{error}, qr/^12 Your space on the cluster is just being removed/, 'a namespace that is being removed');
like($kube->tool('run', 'dave', $id, 2)->{error}, qr/^12 Your space on the cluster is just being removed/, 'takes no app');
$kube->ops('start-controllers');

# ---- a server without its store ----

$kube->ops('stop-etcd');
my $lost = $kube->tool('list', 'seconds=4');
like($lost->{error}, qr/^1[23] The cluster (has a fault|did not answer in time|does not answer now)/, 'a server that has lost its store') or diag $lost->{text};
$lost = $kube->tool('run', 'alice', 'storeaaaaa', 1, 'seconds=4');
like($lost->{error}, qr/^1[23] The cluster /, 'and an app for it') or diag $lost->{text};
$kube->ops('start-etcd');
ok(wait_until(20, sub { $kube->tool('list')->{done} }), 'it comes back');
ok($kube->tool('stop', 'alice', $id, 1)->{done}, 'and works');
$kube->ops('down', '--purge');

# ---- pods that run ----

SKIP: {
	my ($cannot, $why) = $kube->try('can-run-full');
	if ($cannot) { pass("Kubernetes without pods was tested: $why"); last SKIP }
	my $full = Naru::Kube->new(full => 1);
	my $home = "$full->{dir}/home/alice";
	mkdir $_ for "$full->{dir}/home", $home, "$home.other";
	chown 20001, 30000, $home;
	chmod 0700, $home;
	is((output("$Naru::Test::top/ops/images", 'base'))[0], 0, 'the image that all others stand on');
	my ($status, $text) = output('sh', '-c', join ' ', "$Naru::Test::top/ops/images podman save --format docker-archive localhost/naru-base:12 |", @{ $full->{env} },
		"$Naru::Test::top/ops/kubernetes node ctr -n k8s.io images import -");
	is($status, 0, 'is given to the node') or diag $text;
	ok(wait_until(60, sub { $full->tool('image', 'localhost/naru-base:12')->{found} }), 'which tells it') or diag $full->tool('image', 'localhost/naru-base:12')->{text};
	local $ENV{NARU_CONF} = "$full->{dir}/naru.conf";
	($status, $text) = output("$Naru::Kube::build/t/cluster_contract_test", 'kube', $home);
	my $good = () = $text =~ /^ok /mg;
	fail("contract: $_") for $text =~ /^not ok \d+ - (.*)$/mg;
	is($status, 0, 'all of the contract is kept') or diag $text;
	cmp_ok($good, '>=', 100, "$good cases");
	is($full->tool('list')->{n}, 0, 'nothing is left');
}
done_testing;
