package Naru::Test;
# A running site for a test file, and the ways to speak to it.
#
#   my $site = Naru::Test->site;                        # the shared one of ops/check, else a private one
#   my $site = Naru::Test->site(private => 1, slurm => 0, ldap => 1, rate => 20, env => { … }, conf => "[section]\n…");
#   my $alice = $site->signed_in('alice');              # a WWW::Mechanize
#   my ($status, $data) = $site->api($alice, GET => '/jobs');
#   $site->finish;                                      # the logs hold no alert and no sanitizer's report
#   done_testing;
#
# A private site is stopped and removed when the test file ends, however it ends.
# Options: private (a site of this file alone), slurm (1: with a private Slurm; default 1),
# apps (1: with podman, so that apps can run; a private site has none by default),
# kubernetes ([ 'jupyter' ]: with a whole Kubernetes of its own that has these images of ops/images),
# files ({ 'etc/registries.conf' => "…" }: written below the site's base before it is made),
# ldap (1: identity from a private directory), rate (requests/s of a session), env (more
# variables for ops/), conf (text for naru.local.conf), fakes (1: nginx alone runs, the test puts a
# Naru::Fake in the place of each module), alerts (regular expression of lines
# in nginx's log that are expected, because the test makes faults).
use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Basename;
use File::Temp;
use HTTP::Request;
use IO::Socket::INET;
use IO::Socket::SSL ();
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use WWW::Mechanize;

our @EXPORT_OK = qw(run_ok output wait_until slurp spew);
our $top = abs_path(dirname(__FILE__) . '/../../..');
our %password = map { $_ => "$_-ferry" } qw(alice bob carol dave);
my @sites;

# ---- starting and stopping ------------------------------------------------------------------

sub site {
	my ($class, %o) = @_;
	my $shared = $ENV{NARU_SHARED} && !$o{private} && !$o{ldap} && !$o{env} && !$o{conf} && !$o{rate} && !$o{fakes};
	my $self = bless { options => \%o, owner => $$, shared => $shared, offsets => {} }, $class;
	push @sites, $self;
	if ($shared) {
		$self->{base} = $ENV{NARU_BASE};
		$self->{port_base} = $ENV{NARU_PORT_BASE};
	} else {
		$self->_start;
	}
	$self->{port} = $self->{port_base} + 3;
	$self->{offsets}{$_} = -s $_ for $self->_logs;
	return $self;
}

# A block of 40 ports of which those that a site uses are free now.
sub free_ports {
	my @wanted = @_ ? @_ : (3, 10, 11, 12, 21, 22, 23, 24, 31, 32);
	for (1 .. 200) {
		my $base = 10000 + 40 * int rand 500;
		my $busy = grep { !IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $base + $_) }
			@wanted;
		return $base unless $busy;
	}
	die "no free ports";
}

sub _start {
	my ($self) = @_;
	my $o = $self->{options};
	$self->{dir} = File::Temp::tempdir('naru-XXXXXXXX', TMPDIR => 1);
	chmod 0755, $self->{dir};
	$self->{base} = "$self->{dir}/site";
	$self->{port_base} = free_ports();
	mkdir $self->{base};
	mkdir "$self->{base}/etc";
	spew("$self->{base}/etc/naru.local.conf", $o->{conf}) if $o->{conf};
	spew("$self->{base}/$_", $o->{files}{$_}) for sort keys %{ $o->{files} // {} };
	$self->{env} = { NARU_RATE => $o->{rate} // 2000, NARU_SERVICE_ENV => service_env(),
		NARU_APPS => $o->{apps} ? 'yes' : 'no',
		($o->{ldap} ? (NARU_IDENTITY => 'ldap') : ()), %{ $o->{env} // {} } };
	$self->_kubernetes(@{ $o->{kubernetes} }) if $o->{kubernetes};
	$self->ops('slapd', 'up') if $o->{ldap};
	$self->ops('slurm', 'up') if $o->{slurm} // 1;
	$self->ops('site', 'make');
	if ($o->{fakes}) {
		system 'rm', '-rf', grep { !m{/nginx$} } glob "$self->{base}/etc/sv/*";
	}
	$self->ops('site', 'start');
}

# As the README says: its section goes into the site's own settings.
sub _kubernetes {
	my ($self, @images) = @_;
	$self->ops('kubernetes', 'up', '--full', @images);
	my $settings = $self->ops('kubernetes', 'settings');
	open my $f, '>>', "$self->{base}/etc/naru.local.conf" or die $!;
	print $f $settings;
	close $f or die $!;
}

# Leaks are looked for by the unit programs; a service cannot trace itself.
sub service_env {
	return '' unless ($ENV{BUILD} // '') =~ /san/;
	return 'ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1';
}

sub _env {
	my ($self) = @_;
	return ('env', "NARU_BASE=$self->{base}", "NARU_PORT_BASE=$self->{port_base}", map { "$_=$self->{env}{$_}" } sort keys %{ $self->{env} // {} });
}

# ops/NAME ARGUMENT...: dies with its output if it fails; returns its output.
sub ops {
	my ($self, $name, @arguments) = @_;
	my ($status, $text) = output($self->_env, "$top/ops/$name", @arguments);
	die "ops/$name @arguments failed ($status):\n$text" if $status;
	return $text;
}

sub stop {
	my ($self) = @_;
	return if $self->{shared} || $self->{stopped}++;
	eval { $self->ops('site', 'stop') };
	diag $@ if $@;
	eval { $self->ops('podman', 'down') if -d "$self->{base}/podman"; 1 } or diag $@;
	eval { $self->ops('slurm', 'down') if -d "$self->{base}/slurm"; 1 } or diag $@;
	eval { $self->ops('kubernetes', 'down', '--purge') if -d "$self->{base}/kubernetes"; 1 } or diag $@;
	eval { $self->ops('slapd', 'down') if -d "$self->{base}/slapd"; 1 } or diag $@;
	system 'rm', '-rf', $self->{dir} unless $ENV{NARU_KEEP};
}

# A peer that closes early must not end a test without its clean-up.
$SIG{PIPE} = 'IGNORE';
$SIG{$_} = sub { exit 130 } for qw(INT TERM HUP);
END {
	my $status = $?;
	for my $site (grep { $_->{owner} == $$ } @sites) {
		$site->stop;
	}
	$? = $status;
}

# ---- requests -------------------------------------------------------------------------------

sub base { return $_[0]{base} }
sub port { return $_[0]{port} }
sub url { return "https://localhost:$_[0]{port}$_[1]" }

# A browser of one visitor. Redirects are followed, errors are answers.
sub mech {
	my ($self, %o) = @_;
	my $mech = WWW::Mechanize->new(
		autocheck => 0, timeout => 60, keep_alive => 2, cookie_jar => {}, stack_depth => 2,
		ssl_opts => { SSL_ca_file => "$self->{base}/etc/tls/cert.pem", verify_hostname => 1 },
		agent => 'naru-test', %o,
	);
	$mech->default_header('Accept-Language' => 'en');
	# A browser says where a form comes from.
	$mech->add_handler(request_prepare => sub {
		my ($request) = @_;
		return if $request->method eq 'GET' || $request->header('Origin') || $request->header('X-Test-No-Origin');
		$request->header(Origin => "https://localhost:$self->{port}", 'Sec-Fetch-Site' => 'same-origin');
	});
	return $mech;
}

# Signs a browser in; true when the site let it in.
sub sign_in {
	my ($self, $mech, $user, $password) = @_;
	$mech->get($self->url('/sign-in'));
	return 0 unless $mech->success;
	$mech->submit_form(with_fields => { user => $user, password => $password // $password{$user} });
	return $mech->success && $mech->uri->path ne '/sign-in';
}

# A signed-in browser, in English whatever a test before this one chose for the user; the test ends here if that
# fails, since nothing after it would mean anything.
sub signed_in {
	my ($self, $user, %o) = @_;
	my $mech = $self->mech(%o);
	$self->sign_in($mech, $user) or BAIL_OUT("$user cannot sign in: " . $mech->status . ' ' . $self->log_tail('account'));
	$self->speak($mech, 'en') if $mech->content =~ /<html lang="ko"/;
	return $mech;
}

# Chooses the language of a signed-in user.
sub speak {
	my ($self, $mech, $lang) = @_;
	my ($secret) = $mech->content =~ /name="csrf"\s+value="([^"]*)"/;
	$mech->post($self->url('/account/language'), { lang => $lang, next => '/account/contract', csrf => $secret, key => random_key() });
	$mech->get($self->url('/'));
}

# The CSRF secret of a browser's session, from any page that has a form.
sub csrf {
	my ($self, $mech) = @_;
	my $page = $mech->clone->get($self->url('/account'));
	my ($secret) = $page->decoded_content =~ /name="csrf"\s+value="([^"]*)"/;
	return $secret;
}

# ($status, $data, $response): the page as JSON. A POST sends the fields as a form with the
# session's CSRF secret and a fresh key, unless the fields have their own.
sub api {
	my ($self, $mech, $method, $path, $fields) = @_;
	my $request = HTTP::Request->new($method => $self->url($path), [ Accept => 'application/json' ]);
	if ($method eq 'POST') {
		my %f = %{ $fields // {} };
		$f{csrf} = $self->csrf($mech) unless exists $f{csrf};
		$f{key} = random_key() unless exists $f{key};
		$request->content(form_encode(\%f));
		$request->header('Content-Type' => 'application/x-www-form-urlencoded');
	}
	my $copy = $mech->clone;
	$copy->requests_redirectable([]);
	my $response = $copy->request($request);
	my $data = eval { decode_json($response->content) };
	return ($response->code, $data, $response);
}

sub random_key {
	open my $f, '<:raw', '/dev/urandom' or die;
	read $f, my $bytes, 16;
	return unpack 'H*', $bytes;
}

sub form_encode {
	my ($fields) = @_;
	my $escape = sub {
		my ($text) = @_;
		utf8::encode($text) if utf8::is_utf8($text);
		$text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ge;
		return $text;
	};
	my @pairs;
	for my $name (sort keys %$fields) {
		my $value = $fields->{$name};
		push @pairs, $escape->($name) . '=' . $escape->($_) for ref $value ? @$value : $value;
	}
	return join '&', @pairs;
}

# Bytes of our own over TLS with HTTP/1.1, and all that comes back until the server closes or `wait` seconds pass.
sub raw {
	my ($self, $bytes, %o) = @_;
	my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, SSL_hostname => 'localhost',
		SSL_ca_file => "$self->{base}/etc/tls/cert.pem", SSL_verifycn_name => 'localhost', Timeout => 10) or die "connect: $IO::Socket::SSL::SSL_ERROR";
	print $socket $bytes;
	my $answer = '';
	my $end = time + ($o{wait} // 10);
	$socket->blocking(0);
	while (time < $end) {
		my $n = sysread $socket, my $part, 65536;
		if ($n) { $answer .= $part; next }
		last if defined $n;
		last unless $!{EAGAIN} || $!{EWOULDBLOCK} || $IO::Socket::SSL::SSL_ERROR =~ /WANT/;
		select undef, undef, undef, 0.02;
	}
	close $socket;
	return $answer;
}

# One HTTP/1.1 request with the headers as given: (status, headers in lower case, body).
sub http {
	my ($self, $method, $target, @headers) = @_;
	my $body = @headers % 2 ? pop @headers : '';
	my $text = "$method $target HTTP/1.1\r\n";
	my $has_host;
	while (my ($name, $value) = splice @headers, 0, 2) {
		$has_host = 1 if lc $name eq 'host';
		$text .= "$name: $value\r\n";
	}
	$text .= "Host: localhost:$self->{port}\r\n" unless $has_host;
	$text .= 'Content-Length: ' . length($body) . "\r\n" if length $body;
	my $answer = $self->raw("${text}Connection: close\r\n\r\n$body");
	my ($head, $rest) = split /\r\n\r\n/, $answer, 2;
	my ($first, @lines) = split /\r\n/, $head // '';
	my ($status) = ($first // '') =~ m{^HTTP/1\.[01] (\d+)};
	my %h;
	for (@lines) {
		my ($name, $value) = /^([^:]+):\s*(.*)$/ or next;
		$h{lc $name} = exists $h{lc $name} ? "$h{lc $name}\n$value" : $value;
	}
	return ($status // 0, \%h, ($h{'transfer-encoding'} // '') eq 'chunked' ? unchunk($rest) : $rest // '');
}

sub unchunk {
	my ($rest) = @_;
	my $body = '';
	while ($rest =~ s/^([0-9a-fA-F]+)[^\r\n]*\r\n//) {
		my $n = hex $1 or last;
		$body .= substr $rest, 0, $n, '';
		$rest =~ s/^\r\n//;
	}
	return $body;
}

# ---- Slurm ------------------------------------------------------------------------------------

sub slurm { my ($self, @words) = @_; return $self->ops('slurm', @words) }

# A Slurm command's output (status ignored): $site->slurm_run('squeue', '-h').
sub slurm_run {
	my ($self, @words) = @_;
	my (undef, $text) = output($self->_env, "$top/ops/slurm", 'run', @words);
	return $text;
}

# state of a job, by slurmctld
sub job_state {
	my ($self, $id) = @_;
	my ($state) = $self->slurm_run('scontrol', '-o', 'show', 'job', $id) =~ /JobState=(\S+)/;
	return $state // '';
}

# ---- services and their logs ----------------------------------------------------------------------

sub service_pid {
	my ($self, $name) = @_;
	my $text = eval { slurp("$self->{base}/etc/sv/$name/supervise/pid") } // '';
	$text =~ s/\D//g;
	return $text;
}

# What sv says begins with "ok:", which a harness would take for a test.
sub sv {
	my ($self, $what, $name) = @_;
	my ($status) = output('sv', '-w', '20', $what, "$self->{base}/etc/sv/$name");
	return $status == 0;
}

sub _logs { my ($self) = @_; return grep { !m{/access\.log$} } glob "$self->{base}/log/*.log" }

# What a log has gained since this test began.
sub log_text {
	my ($self, $name) = @_;
	my $file = "$self->{base}/log/$name.log";
	open my $f, '<', $file or return '';
	seek $f, $self->{offsets}{$file} // 0, 0;
	local $/;
	return <$f> // '';
}

sub log_tail {
	my ($self, $name) = @_;
	my @lines = split /\n/, $self->log_text($name);
	return join "\n", @lines > 20 ? @lines[-20 .. -1] : @lines;
}

# Two checks: what must not be in any log after a test.
sub finish {
	my ($self) = @_;
	my (@reports, @alerts);
	for my $file ($self->_logs) {
		my $name = basename($file, '.log');
		for (split /\n/, $self->log_text($name)) {
			push @reports, "$name: $_" if /ERROR: \w*Sanitizer|runtime error:|SUMMARY: /;
			next unless $name eq 'nginx-error' && /\[(alert|crit|emerg)\]/;
			push @alerts, $_ unless $self->{options}{alerts} && /$self->{options}{alerts}/;
		}
	}
	is(join("\n", @reports), '', 'no sanitizer report in the logs');
	is(join("\n", @alerts), '', 'no alert in the log of nginx');
}

# ---- small things -----------------------------------------------------------------------------------

# (status, output and errors together)
sub output {
	my @command = @_;
	defined(my $pid = open my $from, '-|') or die "fork: $!";
	if (!$pid) {
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		exec @command or POSIX::_exit(127);
	}
	my $text = do { local $/; <$from> };
	close $from;
	return ($? >> 8 || $? & 127, $text // '');
}

sub run_ok {
	my ($name, @command) = @_;
	my ($status, $text) = output(@command);
	is($status, 0, $name) or diag $text;
	return $text;
}

# True as soon as the code is; false after `seconds`.
sub wait_until {
	my ($seconds, $code) = @_;
	my $end = time + $seconds;
	while (1) {
		my $value = $code->();
		return $value if $value;
		return 0 if time > $end;
		sleep 0.1;
	}
}

sub slurp {
	my ($file) = @_;
	open my $f, '<', $file or die "$file: $!";
	local $/;
	return scalar <$f>;
}

sub spew {
	my ($file, $text) = @_;
	open my $f, '>', $file or die "$file: $!";
	print $f $text;
	close $f or die "$file: $!";
}

1;
