# Transfers of a site for a test: asking the mover as a module would (t/modules/transfer), and what its records say.
package Naru::Transfers;
use strict;
use warnings;
use Exporter 'import';
use JSON::PP;
use Naru::Test qw(output wait_until);

our @EXPORT_OK = qw(ask create record files state_is settled);
my %people = (alice => [ 20001, 30000, '30000,30001', 'user' ], bob => [ 20002, 30000, '30000', 'user' ], carol => [ 20003, 30000, '30000', 'admin' ]);
my $site;

sub of { ($site) = @_; return }
sub _run { return output('env', 'NARU_CONF=' . $site->base . '/etc/naru.conf', @_) }

# ask(USER, WORD…): status and what was said.
sub ask {
	my ($user, @words) = @_;
	my $program = ($ENV{BUILD} // "$Naru::Test::top/build") . '/t/transfer';
	my ($status, $said) = _run($program, $user, @{ $people{$user} }, @words);
	chomp $said;
	return ($status, $said);
}

# create(USER, name => value…): the id, or dies.
sub create {
	my ($user, %how) = @_;
	my ($status, $said) = ask($user, 'create', map { "$_=$how{$_}" } sort keys %how);
	die "create: $said" if $status;
	return $said;
}

sub _dump {
	my (undef, $out) = _run($site->base . '/bin/naru-ctl', 'dump', 'transfers');
	return map { decode_json($_) } grep { /^\{/ } split /\n/, $out;
}
sub record { my ($id) = @_; return { (ask('alice', 'show', $id))[1] =~ /^(\w+)=(.*)$/mg } }
sub files { my ($id) = @_; return map { $_->{value} } grep { $_->{table} eq 'F' && $_->{key}[0] eq $id } _dump() }
sub state_is { my ($id, $state, $seconds) = @_; return wait_until($seconds // 20, sub { (record($id)->{state} // '') eq $state }) }
# Waits for an end; the record.
sub settled { my ($id, $seconds) = @_; wait_until($seconds // 30, sub { (record($id)->{state} // '') =~ /^(?:done|failed|cancelled)$/ }); return record($id) }

1;
