package Naru::FastCGI;
# A FastCGI client (specification 1.0), and a module under test beside it.
#
#   my $m = Naru::FastCGI->start('build/t/echo', workers => 2, env => { … }, conf => "[nav …]\n…");
#   my $a = $m->get('/me', as => 'alice');               # { status, headers, body, ended, stderr }
#   my $b = $m->post('/form', { name => 'x' }, as => 'alice');
#   my $c = $m->call([ REQUEST_METHOD => 'GET', … ], $body, keep => 1);
#   my $socket = $m->connect; print $socket begin(), params(…), stdin('');      # bytes of one's own
#
# The module is stopped and its folder removed when the object goes.
use strict;
use warnings;
use Exporter 'import';
use File::Temp;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(record begin params stdin answer form_encode);

our $secret = 'csrf-secret-of-alice-0123456789';
my %uid = (alice => 20001, bob => 20002, carol => 20003, dave => 20004);

# ---- records ----

sub record {
	my ($type, $content, $id, $padding) = @_;
	$padding //= 0;
	return pack('CCnnCC', 1, $type, $id // 1, length $content, $padding, 0) . $content . "\0" x $padding;
}

sub begin { my (%o) = @_; return record(1, pack('nCx5', $o{role} // 1, $o{keep} ? 1 : 0), $o{id}) }

sub _length { my ($n) = @_; return $n < 128 ? chr $n : pack 'N', $n | 0x80000000 }

sub pairs {
	my @list = @_;
	my $text = '';
	while (my ($name, $value) = splice @list, 0, 2) {
		$text .= _length(length $name) . _length(length $value) . $name . $value;
	}
	return $text;
}

sub stream {
	my ($type, $bytes, $id) = @_;
	my $out = '';
	while (length $bytes) { $out .= record($type, substr($bytes, 0, 32768, ''), $id) }
	return $out . record($type, '', $id);
}

sub params { return stream(4, pairs(@_)) }
sub stdin { return stream(5, $_[0]) }

# ---- one request ----

sub _read {
	my ($socket, $n) = @_;
	my $bytes = '';
	while (length $bytes < $n) {
		my $got = sysread $socket, $bytes, $n - length $bytes, length $bytes;
		return unless $got;
	}
	return $bytes;
}

# Reads an answer; undef if the connection was closed before anything came.
sub answer {
	my ($socket) = @_;
	my %a = (stdout => '', stderr => '', ended => 0);
	while (defined(my $head = _read($socket, 8))) {
		my (undef, $type, undef, $n, $padding) = unpack 'CCnnC', $head;
		my $content = $n ? _read($socket, $n) : '';
		last unless defined $content;
		last if $padding && !defined _read($socket, $padding);
		$a{stdout} .= $content if $type == 6;
		$a{stderr} .= $content if $type == 7;
		if ($type == 3) { $a{ended} = 1; last }
	}
	return unless length $a{stdout} || $a{ended};
	my ($top, $body) = split /\r\n\r\n/, $a{stdout}, 2;
	@a{qw(head body status)} = ($top // '', $body // '', 0);
	for (split /\r\n/, $a{head}) {
		my ($name, $value) = /^([^:]+): ?(.*)$/ or next;
		push @{ $a{headers}{lc $name} }, $value;
	}
	$a{status} = $1 if ($a{headers}{status}[0] // '') =~ /^(\d+)/;
	return \%a;
}

sub header { my ($a, $name) = @_; return join "\n", @{ $a->{headers}{$name} // [] } }

sub form_encode {
	my @list = ref $_[0] eq 'ARRAY' ? @{ $_[0] } : %{ $_[0] };
	my $escape = sub { my ($s) = @_; utf8::encode($s) if utf8::is_utf8($s); $s =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ge; $s };
	my @pairs;
	while (my ($name, $value) = splice @list, 0, 2) { push @pairs, $escape->($name) . '=' . $escape->($value) }
	return join '&', @pairs;
}

# The parameters of a request as nginx sends them. as: user; role; via; scope; more: further pairs.
sub environment {
	my ($self, $method, $uri, %o) = @_;
	my ($path, $query) = $uri =~ /^([^?]*)\??(.*)/s;
	my @p = (SERVER_PROTOCOL => 'HTTP/1.1', HTTPS => 'on', REMOTE_ADDR => '127.0.0.1', QUERY_STRING => $query // '', DOCUMENT_URI => $path,
		HTTP_PROXY => '', REQUEST_METHOD => $method, REQUEST_URI => $uri, HTTP_HOST => 'localhost:8443');
	my $user = $o{as};
	push @p, NARU_IDENTITY => $user ? 1 : 0, NARU_USER => $user // '';
	my %identity = $user ? (NAME => $o{name} // ucfirst $user, UID => $uid{$user} // 20009, GID => 30000, GROUPS => '30000', ROLE => $o{role} // 'user', LANG => $o{lang} // 'en',
		CSRF => $o{secret} // $secret, SESSION => 'tag', VIA => $o{via} // 'session', SCOPE => $o{scope} // '', CONTRACT => 0, PROOF => '', TOKEN => '') : ();
	push @p, map { ("NARU_$_" => $identity{$_} // '') } qw(NAME UID GID GROUPS ROLE LANG CSRF SESSION VIA SCOPE CONTRACT PROOF TOKEN);
	return (@p, @{ $o{more} // [] });
}

sub connect {
	my ($self) = @_;
	return IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $self->{socket});
}

sub call {
	my ($self, $params, $body, %o) = @_;
	my $socket = $o{on} // $self->connect or return;
	local $SIG{PIPE} = 'IGNORE';
	my $bytes = begin(keep => $o{keep}) . params(@$params) . stdin($body // '');
	while (length $bytes) {
		my $n = syswrite $socket, $bytes or last;
		substr $bytes, 0, $n, '';
	}
	return answer($socket);
}

sub get { my ($self, $uri, %o) = @_; return $self->call([ $self->environment('GET', $uri, %o) ], '', %o) }

# fields: { name => value }, [ name => value, … ] or the body itself. csrf and key are added to a hash that lacks them.
sub post {
	my ($self, $uri, $fields, %o) = @_;
	$fields = { csrf => $secret, key => 'k' x 22, %$fields } if ref $fields eq 'HASH';
	my $body = ref $fields ? form_encode($fields) : $fields;
	my @more = (CONTENT_TYPE => $o{type} // 'application/x-www-form-urlencoded', CONTENT_LENGTH => $o{length} // length $body);
	return $self->call([ $self->environment('POST', $uri, %o), @more ], $body, %o);
}

# ---- the module ----

sub start {
	my ($class, $program, %o) = @_;
	my $self = bless { dir => File::Temp->newdir('naru-XXXXXXXX', TMPDIR => 1), owner => $$, program => $program }, $class;
	chmod 0755, $self->{dir};
	$self->{socket} = "$self->{dir}/sock";
	$self->{log} = "$self->{dir}/log";
	open my $conf, '>', "$self->{dir}/naru.conf" or die $!;
	print $conf "[site]\nname = Test\nhost = localhost:8443\nstate = $self->{dir}\nnginx-uid = " . ($o{nginx_uid} // 33) . "\n" . ($o{conf} // '');
	close $conf;
	defined($self->{pid} = fork) or die "fork: $!";
	if (!$self->{pid}) {
		open STDERR, '>>', $self->{log};
		open STDOUT, '>&', \*STDERR;
		%ENV = (%ENV, NARU_CONF => "$self->{dir}/naru.conf", ASAN_OPTIONS => 'detect_leaks=0:abort_on_error=1:allocator_may_return_null=1', %{ $o{env} // {} });
		exec $program, '--socket', $self->{socket}, '--workers', $o{workers} // 2 or POSIX::_exit(127);
	}
	# The file is there before anybody listens.
	for (1 .. 500) {
		last if -S $self->{socket} && $self->connect;
		sleep 0.02;
	}
	chmod 0666, $self->{socket};
	return $self;
}

sub log_text { my ($self) = @_; open my $f, '<', $self->{log} or return ''; local $/; return <$f> // '' }

sub workers {
	my ($self) = @_;
	open my $f, '<', "/proc/$self->{pid}/task/$self->{pid}/children" or return;
	return split ' ', <$f> // '';
}

# Sends SIGTERM; seconds until it ended, and its status.
sub stop {
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	my $begin = time;
	kill TERM => $pid;
	waitpid $pid, 0;
	return (time - $begin, $?);
}

sub DESTROY { my ($self) = @_; local ($?, $@, $!); $self->stop if $self->{owner} == $$ }

1;
