package Naru::Account;
# What the tests of sign-in, tokens and forms share.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha1 sha256_hex);
use Exporter 'import';
use Naru::Test qw(output slurp);

our @EXPORT_OK = qw(totp base32 set_cookies cookie status get_as post_as naru_account state_hash edit_conf);

# The code of RFC 6238 for a key as people type it.
sub totp {
	my ($key, $when) = @_;
	my $hash = hmac_sha1(pack('Q>', int(($when // time) / 30)), base32($key));
	my $at = ord(substr $hash, -1) & 15;
	return sprintf '%06d', (unpack('N', substr $hash, $at, 4) & 0x7fffffff) % 1_000_000;
}

sub base32 {
	my ($text) = @_;
	my %value;
	@value{'A' .. 'Z', 2 .. 7} = 0 .. 31;
	my $bits = join '', map { sprintf '%05b', $value{$_} } grep { defined $value{$_} } split //, uc $text;
	return pack 'B*', substr $bits, 0, 8 * int(length($bits) / 8);
}

# name => whole line, of the last response and the redirects that led to it
sub set_cookies {
	my ($response) = @_;
	my %all;
	for my $r ($response->redirects, $response) {
		/^([^=]+)=/ and $all{$1} = $_ for $r->header('Set-Cookie');
	}
	return \%all;
}

# The value a browser holds now.
sub cookie {
	my ($mech, $name) = @_;
	my $found;
	$mech->cookie_jar->scan(sub { $found = $_[2] if $_[1] eq $name });
	return $found;
}

# Status of a page for the holder of a cookie, without following redirects, asked as a program does.
sub status {
	my ($site, $path, @headers) = @_;
	my ($status) = $site->http(GET => $path, Accept => 'application/json', @headers);
	return $status;
}

sub get_as { my ($site, $cookie, $path) = @_; return status($site, $path, Cookie => "__Host-naru=$cookie") }

# A POST with exactly these fields and headers: (status, headers, body).
sub post_as {
	my ($site, $cookie, $path, $body, @headers) = @_;
	utf8::downgrade($body);
	return $site->http(POST => $path, Cookie => "__Host-naru=$cookie", 'Content-Type' => 'application/x-www-form-urlencoded', @headers, $body);
}

# The command line of account, with standard input.
sub naru_account {
	my ($site, $input, @arguments) = @_;
	my $file = $site->base . '/etc/input';
	Naru::Test::spew($file, $input);
	my ($code, $text) = output('sh', '-c', 'conf=$1 in=$2; shift 2; NARU_CONF=$conf exec "$@" <"$in"', 'sh', $site->base . '/etc/naru.conf', $file,
		$site->base . '/bin/naru-account', @arguments);
	unlink $file;
	return wantarray ? ($code, $text) : $code;
}

# One text for everything that is stored.
sub state_hash {
	my ($site) = @_;
	return join ' ', map { sha256_hex(slurp($_)) } grep { -f } map { $site->base . "/state/db/$_/data.mdb" } qw(accounts portal audit);
}

# Children of a process.
sub children {
	my ($parent) = @_;
	return grep { (eval { slurp("/proc/$_/stat") } // '') =~ /\) \S $parent / } map { m{(\d+)$} } glob '/proc/[0-9]*';
}

# Changes a setting and lets account read it; the workers of before are gone then.
sub edit_conf {
	my ($site, $key, $value) = @_;
	my $file = $site->base . '/etc/naru.conf';
	my $text = slurp($file);
	$text =~ s/^\Q$key\E = .*$/$key = $value/m or die "no $key in $file";
	Naru::Test::spew($file, $text);
	my $master = $site->service_pid('account');
	my %old = map { $_ => 1 } children($master);
	output('sv', 'hup', $site->base . '/etc/sv/account');
	Naru::Test::wait_until(15, sub { !grep { $old{$_} } children($master) }) or die 'the old workers of account stay';
}

1;
