package Naru::WebSocket;
# A small WebSocket client (RFC 6455) for tests, over TLS to a site's nginx.
#
#   my $ws = Naru::WebSocket->open($site, $host, $path, Cookie => '…');
#   $ws->status;                       # 101, or what was answered
#   $ws->send('text');
#   my $text = $ws->receive(5);        # undef: nothing came in 5 seconds, or it is closed
#   my $seconds = $ws->closed(5);      # how long it took to be closed; undef: still open after 5 seconds
use strict;
use warnings;
use IO::Select;
use IO::Socket::SSL;
use MIME::Base64;
use Time::HiRes qw(time);

sub open {
	my ($class, $site, $host, $path, @headers) = @_;
	my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $site->port, SSL_hostname => $host =~ s/:\d+$//r,
		SSL_ca_file => $site->base . '/etc/tls/cert.pem', SSL_verifycn_scheme => 'http', SSL_verifycn_name => $host =~ s/:\d+$//r, Timeout => 10)
		or die "connect: $IO::Socket::SSL::SSL_ERROR";
	my $text = "GET $path HTTP/1.1\r\nHost: $host\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" .
		'Sec-WebSocket-Key: ' . encode_base64(pack('N4', map { int rand 2**32 } 1 .. 4), '') . "\r\n";
	while (my ($name, $value) = splice @headers, 0, 2) { $text .= "$name: $value\r\n" }
	print $socket "$text\r\n";
	my $self = bless { socket => $socket, in => '', gone => 0 }, $class;
	$socket->blocking(0);
	$self->_more(10) or return $self until $self->{in} =~ /\r\n\r\n/;
	$self->{in} =~ s/^(.*?)\r\n\r\n//s;
	$self->{head} = $1;
	($self->{status}) = $self->{head} =~ m{^HTTP/1\.1 (\d+)};
	return $self;
}

sub status { return $_[0]{status} // 0 }
sub head { return $_[0]{head} // '' }

# Reads once what is there; false when nothing came in time or nothing will come.
sub _more {
	my ($self, $seconds) = @_;
	my $end = time + $seconds;
	while (!$self->{gone} && time < $end) {
		my $n = sysread $self->{socket}, my $part, 65536;
		if ($n) { $self->{in} .= $part; return 1 }
		if (defined $n || ($SSL_ERROR != SSL_WANT_READ && $SSL_ERROR != SSL_WANT_WRITE)) { $self->{gone} = 1; last }
		IO::Select->new($self->{socket})->can_read(0.1);
	}
	return 0;
}

sub send {
	my ($self, $text) = @_;
	my @mask = map { int rand 256 } 1 .. 4;
	my $n = 0;
	my $masked = join '', map { chr(ord($_) ^ $mask[$n++ % 4]) } split //, $text;
	my $length = length $text < 126 ? pack('C', 128 | length $text) : pack('Cn', 128 | 126, length $text);
	return syswrite $self->{socket}, pack('C', 0x81) . $length . pack('C4', @mask) . $masked;
}

sub receive {
	my ($self, $seconds) = @_;
	my $end = time + ($seconds // 5);
	while (1) {
		if (length $self->{in} >= 2) {
			my $n = ord(substr $self->{in}, 1, 1) & 127;
			my $head = $n == 126 ? 4 : 2;
			$n = unpack 'n', substr $self->{in}, 2, 2 if $n == 126 && length $self->{in} >= 4;
			if (length $self->{in} >= $head + $n) {
				my $text = substr $self->{in}, $head, $n;
				substr $self->{in}, 0, $head + $n, '';
				return $text;
			}
		}
		return undef unless $end > time && $self->_more($end - time);
	}
}

sub closed {
	my ($self, $seconds) = @_;
	my $start = time;
	while (!$self->{gone} && time < $start + $seconds) { $self->_more($start + $seconds - time) }
	return $self->{gone} ? time - $start : undef;
}

1;
