# What networks do: each kind of server behind t/modules/proxy, struck at every stage. The kinds are tried side by side, since most of it is waiting.
use strict;
use warnings;
use Naru::Stores;
use Naru::Test qw(output);
use Test::More;

my $bed = Naru::Stores::bed(qw(s3 sftp ftp webdav));
my ($proxied, $target) = qw(127.0.0.2 127.0.0.1); # the same ports on another address, so that FTP's second connections find the proxy too
my %ways = (
	s3 => [ 's3', 'S3', SECURITY => 'tls', PORT => $bed->{S3_TLS_PORT} ],
	sftp => [ 'sftp', 'SFTP', PINNED => $bed->{SFTP_HOST_KEY_ED25519} ],
	ftp => [ 'ftp', 'FTP', SECURITY => 'explicit' ],
	webdav => [ 'webdav', 'WEBDAV', SECURITY => 'tls' ],
);
my $program = ($ENV{BUILD} // "$Naru::Test::top/build") . '/t/store_faults';
my %child;
%ways = map { $_ => $ways{$_} } grep { $ways{$_} } split / /, $ENV{FAULTS} if $ENV{FAULTS};
for my $kind (sort keys %ways) {
	my @record = Naru::Stores::record($bed, @{ $ways{$kind} });
	my $passive = $kind eq 'ftp' ? "STORE_PORTS=$bed->{FTP_PASSIVE}" : ();
	open $child{$kind}, '-|', 'env', "STORES_CA=$bed->{STORES_CA}", @record, "STORE_HOST=$proxied", "STORE_TARGET=$target", $passive || (), $program or die $!;
}
for my $kind (sort keys %child) {
	my @said = readline $child{$kind};
	close $child{$kind};
	my $status = $?;
	fail("$kind: $_") for map { /^not ok \d+ - (.*)/ } @said;
	my $good = grep { /^ok / } @said;
	is($status, 0, "$kind: all of it was kept") or diag @said;
	cmp_ok($good, '>=', 100, "$kind: $good cases");
}
Naru::Stores::down();
done_testing();
