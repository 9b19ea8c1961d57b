# The notebook's journey of t/jupyter.t where apps run on a whole Kubernetes of ops/kubernetes: one file of settings makes the difference, as the README says.
use strict;
use warnings;
use JSON::PP;
use Naru::Entry;
use Naru::Notebook;
use Naru::Test qw(output slurp wait_until);
use Test::More;

my ($cannot, $why) = output("$Naru::Test::top/ops/kubernetes", 'can-run-full');
if ($cannot) {
	pass("the journey on Kubernetes was not made: $why");
	done_testing;
	exit;
}
is((output("$Naru::Test::top/ops/images", qw(base jupyter)))[0], 0, 'the images');
my $entries = Naru::Entry->new;
my $site = Naru::Test->site(private => 1, slurm => 0, kubernetes => ['jupyter'], conf => "[apps]\ncatalogue = $entries->{folder}\n");
like(slurp($site->base . '/etc/naru.local.conf'), qr/^\[engine kube\]\n.*^driver = kubernetes$/ms, 'the file of own settings names the cluster');
ok(!-d $site->base . '/podman', 'and there is no other');

sub api { my ($method, $path) = @_; my ($status, $text) = output($site->_env, "$Naru::Test::top/ops/kubernetes", 'curl', $method, $path); return $status ? undef : decode_json($text) }
my $space = '/api/v1/namespaces/naru-alice';

# What the cluster has of it while it runs.
sub on_the_cluster {
	my ($id) = @_;
	my $pod = api(GET => "$space/pods/naru-$id");
	is($pod->{status}{phase}, 'Running', 'it is a pod in her namespace');
	is_deeply($pod->{spec}{containers}[0]{resources}, { map { $_ => { cpu => '1', memory => '1Gi' } } qw(limits requests) }, 'of the size that the page says');
	is("$pod->{spec}{securityContext}{runAsUser} $pod->{spec}{nodeName}", '20001 naru1', 'that runs as she on the node');
	my $used = api(GET => "$space/resourcequotas/naru")->{status}{used};
	is("$used->{'limits.cpu'} $used->{pods}", '1 1', 'within the quota');
	my $policy = api(GET => "/apis/networking.k8s.io/v1/namespaces/naru-alice/networkpolicies/naru");
	my ($networks) = slurp($site->base . '/etc/naru.local.conf') =~ /^gate-networks = (.*)$/m;
	is(join(' ', map { $_->{ipBlock}{cidr} // () } @{ $policy->{spec}{ingress}[0]{from} }), $networks, 'where only the gateway and her own apps get in');
	my (undef, $log) = $site->api($apps::alice, GET => "/apps/$id/log");
	like($log->{content}, qr/naru-jupyter|Jupyter Notebook|Serving notebooks/i, 'its log is on its page');
}

my $apps = Naru::Notebook->new($site);
$apps::alice = $apps->{alice};
my $id = $apps->journey(within => 30, running => \&on_the_cluster);
ok(wait_until(30, sub { !api(GET => "$space/pods/naru-$id") }), 'then the pod is gone');
is(join(' ', grep { api(GET => "$space/$_/naru-$id") } qw(services secrets)), '', 'and all that belonged to it');

# ---- secret and path in files ------------------------------------------------------------------------------------------------
$entries->write('filed', title => 'Filed', secret => 'file /run/filed/secret', base => 'file /run/filed/base');
my $pod = '';
my $told = $entries->told($apps, 'filed', sub { $pod = encode_json(api(GET => "$space/pods/naru-$_[0]")) });
is($told->{files}{'/run/filed/base'}, '/', 'the path that an app is served under, in a file');
is($told->{files}{'/run/filed/secret'}, $told->{given}, 'its secret in another');
like($told->{given}, qr/^[0-9a-f]{64}$/, 'which the gateway sends along');
unlike($pod, qr/\Q$told->{given}\E/, 'and which the pod does not show');

# ---- volumes, by their pages ---------------------------------------------------------------------------------------------------
my $alice = $site->signed_in('alice');
sub volume { return ($site->api($alice, GET => "/apps/volumes/kube/$_[0]"))[1]{volume} // {} }
sub ready { my ($name) = @_; return wait_until(30, sub { (volume($name)->{css} // '') eq 'running' }) }
sub make_volume {
	my ($name) = @_;
	is(($site->api($alice, POST => '/apps/volumes', { name => $name, engine => 'kube', size => 1 }))[0], 303, "a volume: $name");
	ok(ready($name), 'is ready') or diag $site->log_tail('deployer');
}
sub enlarge {
	my ($name) = @_;
	is(($site->api($alice, POST => "/apps/volumes/kube/$name/resize", { size => 2 }))[0], 303, "more of it: $name");
	ok(ready($name), 'is answered');
}
make_volume('fixed');
enlarge('fixed');
$alice->get($site->url('/apps/volumes/kube/fixed'));
like($alice->content, qr/Volumes of this cluster cannot change their size\. Make a new one and copy the files\./, 'where its class cannot grow the page says so');
is(api(GET => "$space/persistentvolumeclaims/fixed")->{spec}{resources}{requests}{storage}, '1Gi', 'and it stays as it is');
my $own = slurp($site->base . '/etc/naru.local.conf');
Naru::Test::spew($site->base . '/etc/naru.local.conf', $own =~ s/^storage-class = naru$/storage-class = naru-growing/mr);
$site->ops('site', 'make');
$site->sv('restart', $_) for qw(deployer apps);
make_volume('growing');
enlarge('growing');
is(api(GET => "$space/persistentvolumeclaims/growing")->{spec}{resources}{requests}{storage}, '2Gi', 'one of a class that can grows on the cluster');
like(volume('growing')->{size}, qr/2/, 'and on its page');
$site->finish;
done_testing;
