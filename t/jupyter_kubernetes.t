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
$site->finish;
done_testing;
