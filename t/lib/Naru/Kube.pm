package Naru::Kube;
# A private Kubernetes of ops/kubernetes and cluster.h's command line against it.
#
#   my $kube = Naru::Kube->new(full => 0);              # full: pods really run
#   $kube->conf('kube', 'reach = service');             # one more [engine NAME], or another one for it
#   my $seen = $kube->tool('look', 'alice', $id);       # engine "kube"; { phase => …, error => …, rows => [ … ] }
#   my $pod = $kube->api(GET => '/api/v1/…');           # as its administrator; undef when refused
#   $kube->ops('stop-api');
#
# It is stopped and removed when the test file ends.
use strict;
use warnings;
use File::Temp;
use JSON::PP;
use Naru::Test qw(output spew);
use Test::More;

our $build = $ENV{BUILD} // "$Naru::Test::top/build";
my @all;

sub new {
	my ($class, %o) = @_;
	my $self = bless { owner => $$, %o }, $class;
	push @all, $self;
	$self->{dir} = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1);
	chmod 0755, $self->{dir};
	$self->{base} = "$self->{dir}/site";
	mkdir $self->{base};
	$self->{env} = [ 'env', '-u', 'NARU_SHARED', "NARU_BASE=$self->{base}", 'NARU_PORT_BASE=' . Naru::Test::free_ports() ];
	$self->ops('up', $o{full} ? '--full' : ());
	($self->{settings}) = $self->ops('settings') =~ /^\[engine kube\]\n(.*)/s;
	$self->conf('kube');
	return $self;
}

# May be refused: ($status, $output).
sub try { my ($self, @words) = @_; return output(@{ $self->{env} }, "$Naru::Test::top/ops/kubernetes", @words) }

sub ops {
	my ($self, @words) = @_;
	my ($status, $text) = $self->try(@words);
	die "ops/kubernetes @words failed:\n$text" if $status;
	return $text;
}

# Lines given here take the place of those of ops/kubernetes with the same key.
sub conf {
	my ($self, $name, @lines) = @_;
	my %own = map { /^(\S+) = / ? ($1 => 1) : () } @lines;
	$self->{engines}{$name} = join "\n", "[engine $name]", @lines, grep { !/^(\S+) = / || !$own{$1} } split /\n/, $self->{settings};
	spew("$self->{dir}/naru.conf", join "\n", '[site]', 'host = kube.example.org:8443', "state = $self->{dir}", (map { $self->{engines}{$_} } sort keys %{ $self->{engines} }), '');
	chmod 0644, "$self->{dir}/naru.conf";
}

sub tool { my ($self, @words) = @_; return $self->tool_of('kube', @words) }

sub tool_of {
	my ($self, $engine, @words) = @_;
	local $ENV{NARU_CONF} = "$self->{dir}/naru.conf";
	my ($status, $text) = output("$build/t/clustertool", $engine, @words);
	my %h = (text => $text, rows => []);
	for (split /\n/, $text) {
		my ($key, $value) = /^(\w+)=(.*)$/ or next;
		push @{ $h{rows} }, $value if $key eq 'row';
		push @{ $h{list} }, { id => $value } if $key eq 'id';
		$h{list}[-1]{$key} = $value if $h{list};
		$h{$key} = $value unless exists $h{$key};
	}
	return \%h;
}

sub api {
	my ($self, $method, $path, $body) = @_;
	my ($status, $text) = $self->try('curl', $method, $path, $body ? encode_json($body) : ());
	return $status ? undef : eval { decode_json($text) } // $text;
}

END {
	my $status = $?;
	for my $kube (grep { $_->{owner} == $$ } @all) {
		$kube->try('down', '--purge');
		system 'rm', '-rf', $kube->{dir} unless $ENV{NARU_KEEP};
	}
	$? = $status;
}

1;
