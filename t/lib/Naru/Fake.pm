package Naru::Fake;
# A FastCGI module written in a test: stands at the socket of a real one and
# answers what the test wants, to see what nginx makes of it.
#
#   my $fake = Naru::Fake->start($socket, sub { my ($params, $body) = @_; return "Status: 200\r\n\r\nhello" });
#   $fake->stop;
#
# The code runs in a process of its own for each connection; undef as its answer closes without one.
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();
use Socket;

my ($BEGIN, $END, $PARAMS, $STDIN, $STDOUT) = (1, 3, 4, 5, 6);
my @all;

sub start {
	my ($class, $path, $code) = @_;
	unlink $path;
	my $listen = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 128) or die "$path: $!";
	chmod 0666, $path;
	defined(my $pid = fork) or die "fork: $!";
	if (!$pid) {
		setpgrp;
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		$SIG{CHLD} = 'IGNORE';
		while (1) {
			my $socket = $listen->accept or next;
			defined(my $child = fork) or next;
			if (!$child) {
				close $listen;
				_serve($socket, $code);
				POSIX::_exit(0);
			}
			close $socket;
		}
	}
	close $listen;
	my $self = bless { pid => $pid, path => $path, owner => $$ }, $class;
	push @all, $self;
	return $self;
}

sub stop {
	my ($self) = @_;
	return if $self->{owner} != $$ || $self->{stopped}++;
	kill -15, $self->{pid};
	waitpid $self->{pid}, 0;
	unlink $self->{path};
}

END { my $status = $?; $_->stop for grep { $_->{owner} == $$ } @all; $? = $status }

sub _read {
	my ($socket, $n) = @_;
	my $bytes = '';
	while (length $bytes < $n) {
		sysread($socket, $bytes, $n - length $bytes, length $bytes) or return;
	}
	return $bytes;
}

sub _serve {
	my ($socket, $code) = @_;
	my ($params, $body) = ('', '');
	while (defined(my $head = _read($socket, 8))) {
		my (undef, $type, $id, $n, $pad) = unpack 'CCnnC', $head;
		my $content = $n + $pad ? _read($socket, $n + $pad) : '';
		return unless defined $content;
		$content = substr $content, 0, $n;
		if ($type == $PARAMS) { $params .= $content }
		elsif ($type == $STDIN && $n) { $body .= $content }
		elsif ($type == $STDIN) {
			my $answer = $code->(_pairs($params), $body);
			return unless defined $answer;
			while (length(my $part = substr $answer, 0, 32000, '')) {
				syswrite $socket, pack('CCnnCC', 1, $STDOUT, $id, length $part, 0, 0) . $part;
			}
			syswrite $socket, pack('CCnnCC', 1, $STDOUT, $id, 0, 0, 0) . pack('CCnnCC', 1, $END, $id, 8, 0, 0) . "\0" x 8;
			return;
		}
	}
}

# Name-value pairs; of doubled names all values, in a list.
sub _pairs {
	my ($bytes) = @_;
	my %params;
	my $number = sub {
		my $first = ord substr $bytes, 0, 1;
		return unpack 'C', substr $bytes, 0, 1, '' if $first < 128;
		return unpack('N', substr $bytes, 0, 4, '') & 0x7fffffff;
	};
	while (length $bytes) {
		my $name_length = $number->();
		my $value_length = $number->();
		my $name = substr $bytes, 0, $name_length, '';
		push @{ $params{$name} }, substr $bytes, 0, $value_length, '';
	}
	return \%params;
}

1;
