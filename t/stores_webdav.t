# Stores: the contract of store.h with Apache's mod_dav.
use strict;
use warnings;
use Naru::Stores;
use Test::More;

my $bed = Naru::Stores::bed('webdav');
Naru::Stores::contract($bed, 'with TLS', Naru::Stores::record($bed, 'webdav', 'WEBDAV', SECURITY => 'tls'));
Naru::Stores::contract($bed, 'without TLS', Naru::Stores::record($bed, 'webdav', 'WEBDAV', SECURITY => 'none', PORT => $bed->{WEBDAV_PLAIN_PORT}));
Naru::Stores::down();

done_testing();
