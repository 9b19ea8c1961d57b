package Naru::WebSocket;
# A small WebSocket client (RFC 6455) for tests, over TLS to a site's nginx, and frames for servers of tests.
#
#   my $ws = Naru::WebSocket->open($site, $host, $path, Cookie => '…', Origin => "https://$host");
#   $ws->status;                       # 101, or what was answered; $ws->head, $ws->body then
#   $ws->send('text');  $ws->send($bytes, 'binary');  $ws->send('', 'ping');
#   my $text = $ws->receive(5);        # undef: nothing came in 5 seconds, or it is closed; in a list: (payload, kind)
#   my $seconds = $ws->closed(5);      # how long it took to be closed; undef: still open after 5 seconds
#   my $bytes = frame('binary', $payload, plain => 1);  my ($kind, $payload) = unframe(\$buffer);
#
# Pings are answered while one receives.
use strict;
use warnings;
use Digest::SHA 'sha1_base64';
use Exporter 'import';
use IO::Select;
use IO::Socket::SSL;
use MIME::Base64;
use Time::HiRes qw(time);

our @EXPORT_OK = qw(frame unframe accept_of);
my %code = (text => 1, binary => 2, close => 8, ping => 9, pong => 10);
my %kind = reverse %code;

sub open {
	my ($class, $site, $host, $path, @headers) = @_;
	my $name = $host =~ s/:\d+$//r;
	my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $site->port, SSL_hostname => $name,
		SSL_ca_file => $site->base . '/etc/tls/cert.pem', SSL_verifycn_scheme => 'http', SSL_verifycn_name => $name, Timeout => 10)
		or die "connect: $IO::Socket::SSL::SSL_ERROR";
	my $key = encode_base64(pack('N4', map { int rand 2**32 } 1 .. 4), '');
	my $text = "GET $path HTTP/1.1\r\nHost: $host\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: $key\r\n";
	while (my ($header, $value) = splice @headers, 0, 2) { $text .= "$header: $value\r\n" }
	print $socket "$text\r\n";
	my $self = bless { socket => $socket, in => '', gone => 0 }, $class;
	$socket->blocking(0);
	$self->_more(10) or return $self until $self->{in} =~ /\r\n\r\n/;
	$self->{in} =~ s/^(.*?)\r\n\r\n//s;
	$self->{head} = $1;
	($self->{status}) = $self->{head} =~ m{^HTTP/1\.1 (\d+)};
	my ($accept) = $self->{head} =~ /^Sec-WebSocket-Accept: *(\S+)/mi;
	$self->{status} = 0 if $self->{status} == 101 && ($accept // '') ne accept_of($key);
	return $self;
}

sub accept_of { return sha1_base64($_[0] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=' }

sub status { return $_[0]{status} // 0 }
sub head { return $_[0]{head} // '' }
sub body { my ($self) = @_; 1 while $self->_more(1); return $self->{in} }

# Reads once what is there; false when nothing came in time or nothing will come.
sub _more {
	my ($self, $seconds) = @_;
	my $end = time + $seconds;
	while (!$self->{gone} && time < $end) {
		my $n = sysread $self->{socket}, $self->{in}, 262144, length $self->{in};
		return 1 if $n;
		if (defined $n || ($SSL_ERROR != SSL_WANT_READ && $SSL_ERROR != SSL_WANT_WRITE)) { $self->{gone} = 1; last }
		IO::Select->new($self->{socket})->can_read(0.1);
	}
	return 0;
}

# One whole message; masked, as a client's must be, unless plain.
sub frame {
	my ($kind, $payload, %o) = @_;
	my $n = length $payload;
	my $mask = $o{plain} ? 0 : 0x80;
	my $head = chr(0x80 | $code{$kind}) . ($n < 126 ? chr($mask | $n) : $n < 65536 ? pack('Cn', $mask | 126, $n) : pack('CQ>', $mask | 127, $n));
	return $head . $payload if $o{plain};
	my $key = pack 'N', int rand 2**32;
	return $head . $key . ($payload ^ substr $key x (1 + $n / 4), 0, $n);
}

# The first whole frame of a buffer is taken out: (kind, payload); nothing: there is none yet.
sub unframe {
	my ($in) = @_;
	return if length $$in < 2;
	my ($first, $second) = unpack 'CC', $$in;
	my ($n, $at, $key) = ($second & 0x7f, 2, '');
	if ($n == 126) {
		return if length $$in < 4;
		($n, $at) = (unpack('n', substr $$in, 2, 2), 4);
	} elsif ($n == 127) {
		return if length $$in < 10;
		($n, $at) = (unpack('Q>', substr $$in, 2, 8), 10);
	}
	if ($second & 0x80) {
		$key = substr $$in, $at, 4;
		$at += 4;
	}
	return if length $$in < $at + $n;
	my $payload = substr $$in, $at, $n;
	substr($$in, 0, $at + $n) = '';
	$payload ^= substr $key x (1 + $n / 4), 0, $n if length $key;
	return ($kind{ $first & 15 } // 'more', $payload);
}

# True when all of it was written.
sub send {
	my ($self, $payload, $kind) = @_;
	my $bytes = frame($kind // 'text', $payload);
	my $end = time + 20;
	while (length $bytes) {
		my $n = syswrite $self->{socket}, $bytes;
		if ($n) { substr($bytes, 0, $n) = ''; next }
		return 0 if time > $end || ($SSL_ERROR != SSL_WANT_READ && $SSL_ERROR != SSL_WANT_WRITE);
		IO::Select->new($self->{socket})->can_write(0.1);
	}
	return 1;
}

sub receive {
	my ($self, $seconds) = @_;
	my $end = time + ($seconds // 5);
	while (1) {
		my ($kind, $payload) = unframe(\$self->{in});
		if (!defined $kind) {
			next if $end > time && $self->_more($end - time);
			return;
		}
		$self->send($payload, 'pong') if $kind eq 'ping';
		next if $kind eq 'ping';
		return wantarray ? ($payload, $kind) : $payload;
	}
}

sub closed {
	my ($self, $seconds) = @_;
	my $start = time;
	while (!$self->{gone} && time < $start + $seconds) { $self->_more($start + $seconds - time) }
	return $self->{gone} ? time - $start : undef;
}

1;
