# ops/kubernetes: a real API server of the test's own, who may do what on it, its volumes,
# and that it ends without a trace. Where the machine lets pods run, a node as well:
# a pod runs under a user's uid in that user's home and is reached from the host.
use strict;
use warnings;
use File::Temp;
use IO::Socket::INET;
use JSON::PP;
use Naru::Test qw(output slurp wait_until);
use Test::More;
use Time::HiRes qw(sleep time);

my $top = $Naru::Test::top;
my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my $owner = $$;
my (@clusters, $base, $port, @env);
END {
	my $status = $?;
	for my $one ($owner == $$ ? @clusters : ()) {
		system 'env', "NARU_BASE=$one", "$top/ops/kubernetes", 'down', '--purge' if -d "$one/kubernetes";
	}
	$? = $status;
}

# What follows is about a new cluster, below a folder of its own.
sub cluster {
	$base = "$dir/$_[0]";
	mkdir $base;
	push @clusters, $base;
	my $first = Naru::Test::free_ports();
	$port = $first + 24;
	@env = ('env', '-u', 'NARU_SHARED', "NARU_BASE=$base", "NARU_PORT_BASE=$first");
}

sub kube { return output(@env, "$top/ops/kubernetes", @_) }

# timed WORDS...: it must succeed; returns the seconds.
sub timed {
	my $start = time;
	my ($status, $text) = kube(@_);
	is($status, 0, "ops/kubernetes @_") or BAIL_OUT("ops/kubernetes @_: $text");
	return time - $start;
}

# ask [WHO,] METHOD, PATH, OBJECT: ($done, $answer)
sub ask {
	my @who = $_[0] =~ /^[a-z]/ ? ('--as', shift) : ();
	my ($method, $path, $object) = @_;
	my ($status, $text) = kube('curl', @who, $method, $path, $object ? encode_json($object) : ());
	return (!$status, eval { decode_json($text =~ s/^curl: .*\n?//mr) } // $text);
}

sub may { my ($what, @question) = @_; my ($done, $answer) = ask('deployer', @question); ok($done, "the deployer may $what") or diag explain $answer; return $answer }
sub may_not { my ($what, @question) = @_; my ($done, $answer) = ask('deployer', @question); is($done ? 'done' : $answer->{reason} // $answer, 'Forbidden', "but not $what") }

sub processes {
	my @found;
	for my $process (glob '/proc/[0-9]*') {
		my ($command, $environment) = map { eval { slurp("$process/$_") } // '' } 'cmdline', 'environ';
		push @found, "$process " . $command =~ tr/\0/ /r if $process ne "/proc/$$" && index("$command$environment", "$base/") >= 0;
	}
	return join "\n", @found;
}

# ---- an API server ------------------------------------------------------------------------------

cluster('api');
timed('build'); # not to be counted below; minutes where the machine has none yet
diag sprintf 'up in %.1f s', timed('up');
like((kube('curl', 'GET', '/readyz'))[1], qr/^ok/, 'it is ready');
like((kube('status'))[1], qr/^etcd up \d+\napi up \d+\ncontrollers up \d+\n$/, 'and says what runs');
my %setting = (kube('settings', 'large'))[1] =~ /^([\w-]+) = (.*)$/mg;
like((kube('settings', 'large'))[1], qr/^\[engine large\]\n/, 'its section of naru.conf');
is("$setting{driver} $setting{server} $setting{reach}", "kubernetes https://127.0.0.1:$port pod", 'names the driver and the address');
is((output('stat', '-c', '%a %U', $setting{'token-file'}))[1], "400 naru-deployer\n", 'and a token that only the deployer reads');
my $ours = join '|', (kube('status'))[1] =~ / up (\d+)/g;
my @listening = map { (split ' ')[3] } grep { /pid=(?:$ours),/ } split /\n/, (output('ss', '-Hltnp'))[1];
is("@listening", "127.0.0.1:$port", 'one port of the loopback is all that they listen on');
my $tokens = join '|', map { slurp($_) =~ /(\w+)/ } glob "$base/kubernetes/etc/*.token";
unlike(processes(), qr/$tokens/, 'no token among the words of a process');
is((output('curl', '-s', '--cacert', $setting{ca}, '-o', '/dev/null', '-w', '%{http_code}', "$setting{server}/api"))[1], '401', 'without a token nobody is answered');

# ---- who may do what ------------------------------------------------------------------------------

my $space = '/api/v1/namespaces/naru-test';
my $secret = { apiVersion => 'v1', kind => 'Secret', metadata => { name => 's' }, stringData => { a => 'b' } };
may('make a namespace', POST => '/api/v1/namespaces', { apiVersion => 'v1', kind => 'Namespace', metadata => { name => 'naru-test' } });
may('write a secret', POST => "$space/secrets", $secret);
may('write it again', PUT => "$space/secrets/s", $secret);
may_not('read it', GET => "$space/secrets/s");
may_not('change a part of it', PATCH => "$space/secrets/s", { stringData => { c => 'd' } });
may_not('list the system\'s', GET => '/api/v1/namespaces/kube-system/secrets');
may('remove it', DELETE => "$space/secrets/s");
may('look at pods, quotas, claims and events', GET => "$space/$_") for qw(pods resourcequotas limitranges persistentvolumeclaims services events);
may('see the nodes', GET => '/api/v1/nodes');
may('see the classes of storage', GET => '/apis/storage.k8s.io/v1/storageclasses');
may_not('see roles', GET => '/apis/rbac.authorization.k8s.io/v1/clusterroles');
may_not('give rights', POST => "/apis/rbac.authorization.k8s.io/v1/namespaces/naru-test/rolebindings",
	{ apiVersion => 'rbac.authorization.k8s.io/v1', kind => 'RoleBinding', metadata => { name => 'x' }, roleRef => { apiGroup => 'rbac.authorization.k8s.io', kind => 'ClusterRole', name => 'cluster-admin' } });
may_not('change a node', PATCH => '/api/v1/nodes/naru1', { spec => { unschedulable => JSON::PP::true } });
may_not('run a command in a pod', POST => "$space/pods/p/exec");
may_not('have a token of an account', POST => "$space/serviceaccounts/default/token", { apiVersion => 'authentication.k8s.io/v1', kind => 'TokenRequest', spec => {} });

# ---- volumes ----------------------------------------------------------------------------------------

sub claim { return { apiVersion => 'v1', kind => 'PersistentVolumeClaim', metadata => { name => 'c' },
	spec => { accessModes => ['ReadWriteOnce'], storageClassName => $_[0], resources => { requests => { storage => '1Gi' } } } } }
sub bound { my (undef, $claim) = ask(GET => "$space/persistentvolumeclaims/c"); return ($claim->{status}{phase} // '') eq 'Bound' && $claim->{spec}{volumeName} }
sub volume_phase { my (undef, $volume) = ask(GET => "/api/v1/persistentvolumes/$_[0]"); return $volume->{status}{phase} // '' }

may('claim a volume', POST => "$space/persistentvolumeclaims", claim('naru'));
my $volume;
ok(wait_until(15, sub { $volume = bound() }), 'a volume is given to it');
is((output('stat', '-c', '%a', "$base/kubernetes/volumes/$volume"))[1], "1777\n", 'into which every user may write');
Naru::Test::spew("$base/kubernetes/volumes/$volume/file", 'text');
may_not('make it larger where the class does not allow it', PATCH => "$space/persistentvolumeclaims/c", { spec => { resources => { requests => { storage => '2Gi' } } } });
may('give it back', DELETE => "$space/persistentvolumeclaims/c");
ok(wait_until(15, sub { volume_phase($volume) eq 'Released' }), 'it is free again');
ok(-f "$base/kubernetes/volumes/$volume/file", 'and what was in it is kept');
timed('volumes');
ok(wait_until(15, sub { volume_phase($volume) eq 'Available' }), 'until it is made anew');
ok(-d "$base/kubernetes/volumes/$volume" && !-e "$base/kubernetes/volumes/$volume/file", 'empty');
may('claim one that can grow', POST => "$space/persistentvolumeclaims", claim('naru-growing'));
ok(wait_until(15, \&bound), 'it is given');
may('ask for more', PATCH => "$space/persistentvolumeclaims/c", { spec => { resources => { requests => { storage => '2Gi' } } } });

# ---- stopping ---------------------------------------------------------------------------------------

timed('stop-api');
isnt((kube('curl', 'GET', '/readyz'))[0], 0, 'an API server that is stopped does not answer');
timed('start-api');
ok((ask(GET => $space))[0], 'started again it knows what it knew');
timed('down');
is(processes(), '', 'down leaves no process');
timed('up');
ok((ask(GET => $space))[0], 'nor is anything forgotten');
timed('down', '--purge');
ok(!-e "$base/kubernetes", 'with --purge all is');

# ---- pods -------------------------------------------------------------------------------------------

my ($cannot, $why) = kube('can-run-full');
chomp $why;
pass("Kubernetes without pods was tested: $why") if $cannot;
run_pods() unless $cannot;
done_testing;

# What a node could leave on the machine.
sub traces {
	my @kernel = map { eval { slurp("/proc/sys/$_") } // '' } qw(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops net/ipv4/ip_forward);
	return join "\n", "kernel @kernel", grep { /\Q$base\E|KUBE-/ } map { split /\n/, (output('sh', '-c', $_))[1] } 'cat /proc/self/mountinfo', 'cat /sys/class/net/*/ifalias 2>/dev/null',
		'iptables-save 2>/dev/null', 'iptables-legacy-save 2>/dev/null';
}

sub run_pods {
	cluster('full');
	my $home = "$base/home";
	mkdir $home, 0700;
	chown 20001, 30000, $home;
	my $before = traces();
	is((output("$top/ops/images", 'base'))[0], 0, 'the image that all others stand on');
	timed('build', '--full');
	diag sprintf 'up --full in %.1f s', timed('up', '--full', 'base');
	my $number = slurp("$base/kubernetes/etc/number") + 0;
	like((kube('settings'))[1], qr{^networks = 10\.@{[ 200 + $number ]}\.64\.0/18 10\.@{[ 200 + $number ]}\.0\.0/20\nreach = service\n}m, 'its networks, which the host reaches');
	my $script = 'use IO::Socket::INET; open my $f, ">", "$ENV{HOME}/file"; print $f "from the pod"; close $f; $| = 1; print qx(id);'
		. ' my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 8888) or die; while (my $c = $s->accept) { print $c "hello\n"; close $c }';
	may('start a pod', POST => '/api/v1/namespaces', { apiVersion => 'v1', kind => 'Namespace', metadata => { name => 'naru-test' } });
	my $pod = { apiVersion => 'v1', kind => 'Pod', metadata => { name => 'p', labels => { app => 'p' } }, spec => { restartPolicy => 'Never', automountServiceAccountToken => JSON::PP::false,
		securityContext => { runAsUser => 20001, runAsGroup => 30000, supplementalGroups => [30001], runAsNonRoot => JSON::PP::true },
		containers => [ { name => 'app', image => 'localhost/naru-base:12', imagePullPolicy => 'Never', command => [ 'perl', '-e', $script ], env => [ { name => 'HOME', value => $home } ],
			resources => { limits => { cpu => '500m', memory => '64Mi' } }, volumeMounts => [ { name => 'home', mountPath => $home } ],
			securityContext => { allowPrivilegeEscalation => JSON::PP::false, readOnlyRootFilesystem => JSON::PP::true, capabilities => { drop => ['ALL'] } } } ],
		volumes => [ { name => 'home', hostPath => { path => $home, type => 'Directory' } } ] } };
	# The controllers give a new namespace its account first.
	ok(wait_until(20, sub { (ask('deployer', POST => "$space/pods", $pod))[0] }), 'in the namespace that it made');
	may('and a service', POST => "$space/services", { apiVersion => 'v1', kind => 'Service', metadata => { name => 'p' }, spec => { selector => { app => 'p' }, ports => [ { port => 80, targetPort => 8888 } ] } });
	my $seen;
	ok(wait_until(40, sub { (undef, $seen) = ask('deployer', GET => "$space/pods/p"); $seen->{status}{phase} eq 'Running' }), 'it runs') or diag explain $seen->{status};
	ok(wait_until(10, sub { -s "$home/file" }), 'and writes into the home of the user');
	is((stat "$home/file")[4] // '', 20001, 'as that user');
	is((kube('curl', '--as', 'deployer', 'GET', "$space/pods/p/log"))[1], "uid=20001 gid=30000 groups=30000,30001\n", 'whose ids it has, as its log tells the deployer');
	my (undef, $service) = ask(GET => "$space/services/p");
	ok(wait_until(15, sub { hello(@$_) }), "it answers at $_->[0]") for [ $seen->{status}{podIP}, 8888 ], [ $service->{spec}{clusterIP}, 80 ];
	my ($limit) = grep { -e } map { "/sys/fs/cgroup$_/naru-kube-$number/kubepods/pod$seen->{metadata}{uid}/memory." . ($_ ? 'limit_in_bytes' : 'max') } '', '/memory';
	is(slurp($limit // '/dev/null'), 64 * 1024 * 1024 . "\n", 'within its memory');
	ok(wait_until(30, sub { usage() }), 'its use of memory is told');
	timed('down', '--purge');
	is(processes(), '', 'down leaves no process');
	is(traces(), $before, 'no mount, no link, no packet rule, no kernel setting');
	is(join(' ', grep { -d } glob "/sys/fs/cgroup/naru-kube-$number /sys/fs/cgroup/*/naru-kube-$number"), '', 'no control group') if !-e "/sys/class/net/nkube$number";
	is((output('ip', '-4', 'route', 'show', 'root', '10.' . (200 + $number) . '.0.0/16'))[1], '', 'no route') if !-e "/sys/class/net/nkube$number";
	is(slurp("$home/file"), 'from the pod', 'and all of the home');
}

sub hello {
	my $socket = IO::Socket::INET->new(PeerAddr => $_[0], PeerPort => $_[1], Timeout => 2) or return 0;
	return (<$socket> // '') eq "hello\n";
}

sub usage {
	my (undef, $summary) = ask('deployer', GET => '/api/v1/nodes/naru1/proxy/stats/summary');
	my ($of) = grep { $_->{podRef}{name} eq 'p' } @{ (ref $summary ? $summary : {})->{pods} // [] };
	return $of && $of->{memory}{workingSetBytes};
}
