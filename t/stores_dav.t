# Stores: the contract of store.h with the portal's own WebDAV door.
use strict;
use warnings;
use Naru::Stores;
use Naru::Test qw(output);
use Test::More;

my $site = Naru::Test->site(private => 1, slurm => 0);
my (undef, $token) = $site->api($site->signed_in('alice'), POST => '/account/tokens', { label => 'contract', scope => ['files'], days => 7 });
my ($uid, $gid) = (stat $site->base . '/home/alice')[4, 5];
my $folder = $site->base . '/home/alice/contract';
mkdir $folder;
chown $uid, $gid, $folder;
my $other = $site->base . '/etc/other-ca.pem';
is((output('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', 3, '-subj', '/CN=other', '-keyout', '/dev/null', '-out', $other))[0], 0, 'another authority');
Naru::Stores::contract({ STORES_CA => $site->base . '/etc/tls/cert.pem', STORES_OTHER_CA => $other }, 'our own door', 'STORE_KIND=webdav', 'STORE_HOST=localhost',
	'STORE_PORT=' . $site->port, 'STORE_USER=alice', "STORE_SECRET=$token->{secret}", 'STORE_PATH=/dav/home/contract', "STORE_FILES=$folder", 'STORE_SECURITY=tls', 'STORE_BRIEF=1');
$site->finish;
done_testing;
