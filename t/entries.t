# The catalogue as a site writes it: files that are added, changed, broken and removed while the portal runs, and how an app learns its secret and the
# path it is served under, on real podman. t/jupyter_kubernetes.t does the latter on Kubernetes.
use strict;
use warnings;
use utf8;
use Naru::Entry;
use Naru::Notebook;
use Naru::Test qw(output wait_until);
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $entries = Naru::Entry->new;
my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1, conf => "[apps]\ncatalogue = $entries->{folder}\n");
my $apps = Naru::Notebook->new($site);
my $alice = $apps->{alice};

sub offers { return map { $_->{name} => $_ } @{ ($site->api($alice, GET => '/apps/new'))[1]{offers} } }

# ---- while the portal runs ---------------------------------------------------------------------------------------------------
my @pids = map { $site->service_pid($_) } qw(apps deployer);
my %before = offers();
ok(!$before{tell}, 'the catalogue without an entry');
$entries->write('tell', title => 'Teller', 'title.ko' => '말하는 앱', help => 'Tells all.');
is({ offers() }->{tell}{title}, 'Teller', 'a file more is an entry at the next page');
$alice->get($site->url('/apps/new?offer=tell'));
like($alice->content, qr/Tells all\./, 'with a form');
$entries->write('tell', title => 'Narrator', memory => '64 256 512');
is({ offers() }->{tell}{title}, 'Narrator', 'a changed file is a changed entry');
my ($memory) = grep { $_->{name} eq 'memory' } @{ ($site->api($alice, GET => '/apps/new?offer=tell'))[1]{form}{fields} };
is($memory->{value}, 256, 'with its new size in the form');
is(($site->api($alice, POST => '/apps?offer=tell', { name => 'T', cpu => 0.5, memory => 2048, hours => 1 }))[0], 422, 'and its bounds');
$entries->write('tell', title => 'Narrator', colour => 'red');
my %broken = offers();
ok(!$broken{tell} && $broken{jupyter}, 'one that cannot be read is left out, the others stay');
ok(wait_until(5, sub { $site->log_text('apps') =~ /tell\.app:\d+: this key is not known/ }), 'and the log names its line');
$entries->write('tell', title => 'Teller');
ok({ offers() }->{tell}, 'mended, it is back');
is(join(' ', map { $site->service_pid($_) } qw(apps deployer)), "@pids", 'nothing was started again');

# ---- what an app is told --------------------------------------------------------------------------------------------------------
my $secret;
my $told = $entries->told($apps, 'tell', sub {
	my ($id) = @_;
	(undef, $secret) = output($site->_env, "$Naru::Test::top/ops/podman", 'with', 'inspect', '--format', '{{json .Config.Cmd}} {{json .Config.Entrypoint}}', "naru-$id");
});
is(join('|', @{ $told->{argv} }), 'two words', 'a command is its words');
like($told->{given}, qr/^[0-9a-f]{64}$/, 'the gateway sends the secret along');
is($told->{env}{TELL_SECRET}, $told->{given}, 'that the app has in its environment');
like($secret, qr/tell\.py/, 'the engine shows the command');
unlike($secret, qr/\Q$told->{given}\E/, 'but not the secret');
like($told->{env}{NARU_ADDRESS}, qr{^https://[a-z2-7]{10}\.apps\.localhost:\d+/$}, 'its address is told');

$entries->write('filed', title => 'Filed', secret => 'file /run/filed/secret', base => 'file /run/filed/base');
$told = $entries->told($apps, 'filed', sub {
	my ($id) = @_;
	(undef, $secret) = output($site->_env, "$Naru::Test::top/ops/podman", 'with', 'inspect', "naru-$id");
});
is($told->{files}{'/run/filed/base'}, '/', 'the path it is served under, in a file');
is($told->{files}{'/run/filed/secret'}, $told->{given}, 'the secret in another');
unlike(join(' ', @{ $told->{argv} }, %{ $told->{env} }), qr/\Q$told->{given}\E/, 'it is nowhere else');
unlike($secret, qr/\Q$told->{given}\E/, 'nor in what the engine tells');
my (undef, $left) = output($site->_env, "$Naru::Test::top/ops/podman", 'with', 'secret', 'ls', '-q');
is($left, '', 'with the app its files are gone');

$entries->write('argued', title => 'Argued', base => 'argument --base=%s');
is(join('|', @{ $entries->told($apps, 'argued')->{argv} }), 'two words|--base=/', 'the path as an argument');
$entries->write('named', title => 'Named', base => 'env BASE_URL');
is($entries->told($apps, 'named')->{env}{BASE_URL}, '/', 'and in the environment');
$site->finish;
done_testing;
