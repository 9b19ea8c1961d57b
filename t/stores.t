# Stores: the contract of store.h with each real server of ops/stores, in each way a server can be spoken to, and with the files of this machine.
use strict;
use warnings;
use File::Temp;
use Naru::Test qw(output slurp);
use Test::More;

my $top = $Naru::Test::top;
my $dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;
my $program = ($ENV{BUILD} // "$top/build") . '/t/store_contract_test';
my @stores = ('env', 'NARU_STORES_PORT=' . Naru::Test::free_ports(), "$top/ops/stores");
my $owner = $$;
END { system @stores, 'down', $dir if $owner == $$ && -d $dir }

my ($status, $text) = output(@stores, 'up', $dir);
is($status, 0, 'servers of all kinds') or do { diag $text; done_testing(); exit };
my %is = slurp("$dir/env") =~ /^(\w+)='(.*)'$/mg;
is((output('stat', '-c', '%a', "$dir/env"))[1], "600\n", 'what they are to be asked with is root\'s alone');
isnt((output(@stores, 'up', $dir))[0], 0, 'a bed that is up is not made again');

# The record of a way to speak to a server, from the variables with this prefix.
sub record {
	my ($kind, $prefix, %more) = @_;
	my %r = (KIND => $kind, HOST => $is{STORES_HOST}, PORT => $is{"${prefix}_PORT"}, USER => $is{"${prefix}_USER"}, SECRET => $is{"${prefix}_SECRET"},
		FILES => $is{"${prefix}_FILES"}, BUCKET => $is{"${prefix}_BUCKET"}, REGION => $is{"${prefix}_REGION"}, PATH => $is{"${prefix}_PATH"}, %more);
	return map { "STORE_$_=$r{$_}" } grep { defined $r{$_} } sort keys %r;
}

# Runs the contract, its lines as tests of this file.
sub contract {
	my ($what, @record) = @_;
	my ($code, $said) = output('env', "STORES_CA=$is{STORES_CA}", "STORES_OTHER_CA=$is{STORES_OTHER_CA}", @record, $program);
	my ($good, $bad) = (0, 0);
	for (split /\n/, $said) {
		if (/^ok /) { $good++ }
		elsif (/^not ok \d+ - (.*)/) { $bad++; fail("$what: $1") }
		elsif (/^# (.*)/) { note "$what: $1" }
	}
	is($code, 0, "$what: all of it is kept") or diag $said;
	cmp_ok($good, '>=', 180, "$what: $good cases");
}

my %ways = (
	'this machine' => [ 'STORE_KIND=posix' ],
	's3 tls' => [ record('s3', 'S3', SECURITY => 'tls', PORT => $is{S3_TLS_PORT}) ],
	's3 none' => [ record('s3', 'S3', SECURITY => 'none') ],
	'sftp password' => [ record('sftp', 'SFTP', PINNED => $is{SFTP_HOST_KEY_ED25519}) ],
	'sftp key' => [ record('sftp', 'SFTP', AUTH => 'key', SECRET => '', KEY_FILE => $is{SFTP_KEY_FILE}, PINNED => $is{SFTP_HOST_KEY_ED25519}) ],
	'sftp locked key' => [ record('sftp', 'SFTP', AUTH => 'key', SECRET => $is{SFTP_LOCKED_SECRET}, KEY_FILE => $is{SFTP_LOCKED_KEY_FILE}, PINNED => $is{SFTP_HOST_KEY_ED25519}) ],
	'ftp explicit' => [ record('ftp', 'FTP', SECURITY => 'explicit') ],
	'ftp implicit' => [ record('ftp', 'FTP', SECURITY => 'implicit', PORT => $is{FTP_IMPLICIT_PORT}) ],
	'ftp none' => [ record('ftp', 'FTP', SECURITY => 'none') ],
	'ftp active' => [ record('ftp', 'FTP', SECURITY => 'none', ACTIVE => 1) ],
	'vsftpd explicit' => [ record('ftp', 'VSFTPD', SECURITY => 'explicit') ],
	'vsftpd none' => [ record('ftp', 'VSFTPD', SECURITY => 'none') ],
	'webdav tls' => [ record('webdav', 'WEBDAV', SECURITY => 'tls') ],
	'webdav none' => [ record('webdav', 'WEBDAV', SECURITY => 'none', PORT => $is{WEBDAV_PLAIN_PORT}) ],
);
# NARU_STORES names some of them alone, by a pattern.
my $only = $ENV{NARU_STORES} // '';
contract($_, @{ $ways{$_} }) for grep { /$only/ } sort keys %ways;

# Not yet reaped is gone.
sub lives {
	my ($pid) = @_;
	return (eval { slurp("/proc/$pid/stat") } // '') =~ /\) [^Z]/;
}

my @pids = map { slurp($_) =~ /(\d+)/ } glob "$dir/run/*.pid";
is((output(@stores, 'down', $dir))[0], 0, 'down');
is(join(' ', grep { lives($_) } @pids), '', @pids . ' servers have ended');
is(join(' ', grep { -e "$dir/$_" } qw(s3 sftp ftp vsftpd webdav tls env)), '', 'nothing that they kept is left');

done_testing();
