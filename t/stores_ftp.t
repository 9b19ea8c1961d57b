# Stores: the contract of store.h with proftpd, which has MLSD.
use strict;
use warnings;
use Naru::Stores;
use Test::More;

my $bed = Naru::Stores::bed('ftp');

sub contract {
	my ($what, %more) = @_;
	Naru::Stores::contract($bed, $what, Naru::Stores::record($bed, 'ftp', 'FTP', %more));
}

contract('explicit TLS', SECURITY => 'explicit');
contract('implicit TLS', SECURITY => 'implicit', PORT => $bed->{FTP_IMPLICIT_PORT});
contract('without TLS', SECURITY => 'none');
contract('without TLS, active', SECURITY => 'none', ACTIVE => 1);
Naru::Stores::down();

done_testing();
