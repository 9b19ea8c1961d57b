# Stores: the contract of store.h with real servers of S3 and SFTP, in each way they can be spoken to, and with the files of this machine.
# FTP and WebDAV are in files of their own, since two of them run at a time.
use strict;
use warnings;
use Naru::Stores;
use Test::More;

my $bed = Naru::Stores::bed(qw(s3 sftp));
isnt((Naru::Stores::ops('up', Naru::Stores::folder()))[0], 0, 'a bed that is up is not made again');

sub contract {
	my ($what, @record) = @_;
	Naru::Stores::contract($bed, $what, Naru::Stores::record($bed, @record));
}

Naru::Stores::contract($bed, 'this machine', 'STORE_KIND=posix');
contract('s3 over TLS', 's3', 'S3', SECURITY => 'tls', PORT => $bed->{S3_TLS_PORT});
contract('s3 without TLS', 's3', 'S3', SECURITY => 'none');
contract('sftp with a password', 'sftp', 'SFTP', PINNED => $bed->{SFTP_HOST_KEY_ED25519});
contract('sftp with a key', 'sftp', 'SFTP', AUTH => 'key', SECRET => '', KEY_FILE => $bed->{SFTP_KEY_FILE}, PINNED => $bed->{SFTP_HOST_KEY_ED25519});
contract('sftp with a locked key', 'sftp', 'SFTP', AUTH => 'key', SECRET => $bed->{SFTP_LOCKED_SECRET}, KEY_FILE => $bed->{SFTP_LOCKED_KEY_FILE}, PINNED => $bed->{SFTP_HOST_KEY_ED25519});
Naru::Stores::down();

done_testing();
