# Stores: the contract of store.h with vsftpd, which has no MLSD and wants TLS sessions to be used again.
use strict;
use warnings;
use Naru::Stores;
use Test::More;

my $bed = Naru::Stores::bed('vsftpd');
Naru::Stores::contract($bed, "$_ TLS", Naru::Stores::record($bed, 'ftp', 'VSFTPD', SECURITY => $_)) for qw(explicit none);
Naru::Stores::down();

done_testing();
