# Servers of ops/stores for a test, and the contract of store.h with them.
package Naru::Stores;
use strict;
use warnings;
use File::Temp;
use Naru::Test qw(output slurp);
use Test::More;

my $owner = $$;
my ($dir, @ops);
END { system @ops, 'down', $dir if @ops && $owner == $$ && -d $dir }

# bed(KIND...): starts these servers and gives what DIR/env says of them.
sub bed {
	$dir = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $dir;
	@ops = ('env', 'NARU_STORES_PORT=' . Naru::Test::free_ports(0 .. 19), "$Naru::Test::top/ops/stores");
	my ($status, $text) = output(@ops, 'up', $dir, @_);
	is($status, 0, "servers: @_") or do { diag $text; done_testing(); exit 1 };
	is((output('stat', '-c', '%a', "$dir/env"))[1], "600\n", 'what they are to be asked with is root\'s alone');
	return { slurp("$dir/env") =~ /^(\w+)='(.*)'$/mg };
}

# The folder of the bed, and its command.
sub folder { return $dir }
sub ops { return output(@ops, @_) }

# The forms of /stores for the servers of a bed, one of each kind.
sub forms {
	my ($bed) = @_;
	my %ends = map { $_ => { user => $bed->{"\U${_}_USER"}, secret => $bed->{"\U${_}_SECRET"} } } qw(s3 sftp ftp webdav);
	return (
		s3 => { %{ $ends{s3} }, title => 'S3', host => $bed->{STORES_HOST}, port => $bed->{S3_TLS_PORT}, security => 'tls', bucket => $bed->{S3_BUCKET}, region => 'us-east-1', path_style => 'yes', path => '' },
		sftp => { %{ $ends{sftp} }, title => 'SFTP', host => $bed->{STORES_HOST}, port => $bed->{SFTP_PORT}, path => $bed->{SFTP_FILES}, auth => 'password' },
		ftp => { %{ $ends{ftp} }, title => 'FTP', host => $bed->{STORES_HOST}, port => $bed->{FTP_PORT}, security => 'explicit', path => '' },
		webdav => { %{ $ends{webdav} }, title => 'DAV', url => "https://$bed->{STORES_HOST}:$bed->{WEBDAV_PORT}$bed->{WEBDAV_PATH}", auth => 'password' },
	);
}

# register(SITE, MECH, BED, KIND, FORM): its place, or undef.
sub register {
	my ($site, $mech, $bed, $kind, $form) = @_;
	my (undef, $data, $r) = $site->api($mech, POST => "/stores?kind=$kind", $form);
	my ($id) = ($r->header('Location') // '') =~ m{/stores/([a-z2-7]{10})$} or do { diag explain $data; return };
	$site->api($mech, POST => "/stores/$id/accept", { host_key => $bed->{SFTP_HOST_KEY_ED25519} }) if $kind eq 'sftp';
	return "store-$id";
}

# The record of a way to speak to a server, from the bed's variables with this prefix, as the contract wants it.
sub record {
	my ($bed, $kind, $prefix, %more) = @_;
	my %r = (KIND => $kind, HOST => $bed->{STORES_HOST}, (map { $_ => $bed->{"${prefix}_$_"} } qw(PORT USER SECRET FILES BUCKET REGION PATH)), %more);
	return map { "STORE_$_=$r{$_}" } grep { defined $r{$_} } sort keys %r;
}

# Runs the contract, its lines as tests of this file. The sanitizers' build, which is slow, sees each kind of server in one way.
my %seen;
sub contract {
	my ($bed, $what, @record) = @_;
	my ($kind) = map { /^STORE_KIND=(.*)/ } @record;
	my $again = $seen{$kind}++;
	return if ($ENV{BUILD} // '') =~ /san/ && $again;
	push @record, 'STORE_BRIEF=1' if $again;
	my $program = ($ENV{BUILD} // "$Naru::Test::top/build") . '/t/store_contract_test';
	my ($code, $said) = output('env', "STORES_CA=$bed->{STORES_CA}", "STORES_OTHER_CA=$bed->{STORES_OTHER_CA}", @record, $program);
	my ($good, $bad) = (0, 0);
	for (split /\n/, $said) {
		if (/^ok /) { $good++ }
		elsif (/^not ok \d+ - (.*)/) { $bad++; fail("$what: $1") }
	}
	is($code, 0, "$what: all of it is kept") or diag $said;
	cmp_ok($good, '>=', $again ? 150 : 175, "$what: $good cases");
}

sub _lives {
	my ($pid) = @_;
	return (eval { slurp("/proc/$pid/stat") } // '') =~ /\) [^Z]/; # not yet reaped is gone
}

# Ends the servers and looks that they have ended.
sub down {
	my @pids = map { slurp($_) =~ /(\d+)/ } glob "$dir/run/*.pid";
	is((output(@ops, 'down', $dir))[0], 0, 'down');
	is(join(' ', grep { _lives($_) } @pids), '', @pids . ' servers have ended');
	is(join(' ', grep { -e "$dir/$_" } qw(s3 sftp ftp vsftpd webdav tls env)), '', 'nothing that they kept is left');
}

1;
