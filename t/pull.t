# Images that podman has to fetch: a registry of the test's own that keeps it waiting, longer than anything else about a start may take.
use strict;
use warnings;
use Digest::SHA 'sha256_hex';
use File::Temp;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Naru::Test qw(output run_ok slurp spew wait_until);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $owner = $$;

# ---- images: one static program that answers -----------------------------------------------------------------------

spew("$dir/server.c", <<'C');
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(8080) };
	const char *said = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n";
	int s = socket(AF_INET, SOCK_STREAM, 0);
	char got[4096];

	if (bind(s, (struct sockaddr *)&at, sizeof at) != 0 || listen(s, 16) != 0)
		return 1;
	for (;;) {
		int c = accept(s, 0, 0);

		if (read(c, got, sizeof got) > 0 && write(c, said, strlen(said)) < 0)
			return 1;
		close(c);
	}
}
C
run_ok('a program', 'cc', '-Os', '-static', '-o', "$dir/server", "$dir/server.c");

my %blob;
sub blob { my ($bytes) = @_; my $digest = 'sha256:' . sha256_hex($bytes); $blob{$digest} = $bytes; return { digest => $digest, size => length $bytes } }

# The manifest of an image, and the digest of what makes it up.
sub image {
	my ($name) = @_;
	mkdir "$dir/$name";
	system 'cp', "$dir/server", "$dir/$name/";
	spew("$dir/$name/name", $name);
	output('tar', '-C', "$dir/$name", '--owner=0', '--group=0', '-cf', "$dir/$name.tar", '.');
	my $tar = slurp("$dir/$name.tar");
	my $layer = blob($tar);
	my $config = blob(encode_json({ architecture => (output('dpkg', '--print-architecture'))[1] =~ s/\s//gr, os => 'linux', config => { Cmd => ['/server'] },
		rootfs => { type => 'layers', diff_ids => [ $layer->{digest} ] } }));
	my $type = 'application/vnd.oci.image';
	return (encode_json({ schemaVersion => 2, mediaType => "$type.manifest.v1+json", config => { mediaType => "$type.config.v1+json", %$config },
		layers => [ { mediaType => "$type.layer.v1.tar", %$layer } ] }), $layer->{digest});
}
my (%manifest, %held);
for my $name (qw(slow never)) { ($manifest{$name}, my $layer) = image($name); $held{$layer} = $name }

# ---- the registry ------------------------------------------------------------------------------------------------------

my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1) or die $!;
my $port = $listen->sockport;

sub say_to { my ($client, $status, $type, $body, $head) = @_; print $client "HTTP/1.1 $status X\r\nContent-Type: $type\r\nDocker-Content-Digest: sha256:" . sha256_hex($body) .
	"\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n", $head ? '' : $body }

# A layer is held back, which leaves a file of the image's name with ".held", until there is one with ".go"; who goes before that leaves ".gone".
sub hold {
	my ($client, $name) = @_;
	spew("$dir/$name.held", '');
	while (!-e "$dir/$name.go") {
		next unless IO::Select->new($client)->can_read(0.1);
		sysread($client, my $more, 4096) or do { spew("$dir/$name.gone", ''); return 0 };
	}
	return 1;
}

sub serve {
	my ($client) = @_;
	my $request = '';
	until ($request =~ /\r\n\r\n/) { sysread($client, $request, 65536, length $request) or return }
	my ($method, $path) = $request =~ /^(\S+) (\S+)/;
	my ($name, $digest) = $path =~ m{^/v2/(\w+)/(?:manifests|blobs)/(.*)};
	return say_to($client, 200, 'application/json', '{}') if $path eq '/v2/';
	return say_to($client, 404, 'application/json', '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}') unless $manifest{ $name // '' };
	return say_to($client, 200, decode_json($manifest{$name})->{mediaType}, $manifest{$name}, $method eq 'HEAD') if $path =~ m{/manifests/};
	return say_to($client, 404, 'application/json', '{}') unless $blob{$digest};
	return if $held{$digest} && !hold($client, $held{$digest});
	return say_to($client, 200, 'application/octet-stream', $blob{$digest}, $method eq 'HEAD');
}

defined(my $registry = fork) or die;
if (!$registry) {
	setpgrp;
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
	$SIG{CHLD} = 'IGNORE';
	while (1) {
		my $client = $listen->accept or next;
		defined(my $one = fork) or next;
		if (!$one) { serve($client); POSIX::_exit(0) }
		close $client;
	}
}
END { my $status = $?; if ($owner == $$ && $registry) { kill 'TERM', -$registry; waitpid $registry, 0 } $? = $status }

# ---- apps of them ---------------------------------------------------------------------------------------------------------

my $site = Naru::Test->site(private => 1, slurm => 0, apps => 1, conf => "[apps]\nregistries = localhost/ localhost:$port/\n[engine local]\npull = yes\n",
	files => { 'etc/registries.conf' => "unqualified-search-registries = []\n[[registry]]\nlocation = \"localhost:$port\"\ninsecure = true\n" });
my $alice = $site->signed_in('alice');

sub start {
	my ($name) = @_;
	my ($status, undef, $response) = $site->api($alice, POST => '/apps?offer=own-image',
		{ name => $name, image => "localhost:$port/$name:1", cpu => 0.1, memory => 64, hours => 1, confirmed => 'yes' });
	is($status, 303, "$name: asked for") or BAIL_OUT($response->content);
	return ($response->header('Location') // '') =~ m{/apps/(\w+)$} ? $1 : '';
}
sub seen { my ($id) = @_; return ($site->api($alice, GET => "/apps/$id"))[1] // {} }
sub says { my ($id) = @_; my $page = seen($id); return join ' ', $page->{app}{state} // '', map { $_->{what} } @{ $page->{events} // [] } }
sub css { return seen($_[0])->{app}{css} // '' }
my $fetching = qr/The image is being fetched/;

my $begun = time;
my $slow = start('slow');
ok(wait_until(20, sub { says($slow) =~ $fetching }), 'its page says that the image is being fetched') or diag says($slow), $site->log_tail('deployer');
$alice->get($site->url("/apps/$slow"));
like($alice->content, $fetching, 'also in a browser');

my $none = start('none');
ok(wait_until(30, sub { css($none) eq 'failed' }), 'an image that the registry does not have') or diag says($none);
like(says($none), qr/The image was not found/, 'is a failure in words');

my $never = start('never');
ok(wait_until(20, sub { says($never) =~ $fetching && -e "$dir/never.held" }), 'one that is fetched');
my $asked = time;
is(($site->api($alice, POST => "/apps/$never/stop"))[0], 303, 'can be stopped');
ok(wait_until(15, sub { css($never) !~ /waiting|held|running/ && says($never) =~ /its resources are free again/ }), 'at once') or diag says($never);
diag sprintf 'stopped %.1f s after the ask', time - $asked;
ok(wait_until(15, sub { -e "$dir/never.gone" }), 'and nothing is fetched any more');

# No other step of a start may take a minute.
sleep($begun + 66 - time) if time < $begun + 66;
like(says($slow), $fetching, 'after more than a minute it still is');
is(css($slow), 'waiting', 'and the app waits');
unlike(says($slow), qr/did not answer in time|could not be fetched/, 'without a failure');
spew("$dir/slow.go", '');
ok(wait_until(40, sub { css($slow) eq 'running' }), 'when the image is there it runs') or diag says($slow), $site->log_tail('deployer');
like(says($slow), qr/The image is there\./, 'which its page says');
is(($site->api($alice, POST => "/apps/$slow/delete"))[0], 303, 'it is deleted');
my $again = time;
my $second = start('slow');
ok(wait_until(20, sub { css($second) eq 'running' }), 'the next of this image') or diag says($second);
unlike(says($second), $fetching, 'fetches nothing');
$site->finish;
done_testing;
