package Naru::Browser;
# A headless Chromium driven through chromedriver's WebDriver protocol (W3C WebDriver), with or without JavaScript.
#
#   my $b = Naru::Browser->new(js => 0, lang => 'ko', width => 390, height => 844, dark => 1);
#   $b->get($url); $b->type('#user', 'alice'); $b->click('button'); like $b->text('main'), qr/…/; $b->shot('file.png');
#
# With log => 1 requests() tells what was sent over the wire. Every call dies with chromedriver's message on failure. The browser and its profile are gone when the object is.
use strict;
use warnings;
use Test::More ();
use File::Basename;
use File::Temp;
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use POSIX ();
use Scalar::Util qw(refaddr weaken);
use Time::HiRes qw(sleep time);

my %open;   # weak, by address: what END has to close
my $ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

# Why a browser cannot be had, or undef.
sub missing {
	-x '/usr/bin/chromium' or return 'chromium is not installed';
	-x '/usr/bin/chromedriver' or return 'chromedriver is not installed';
	return;
}

sub new {
	my ($class, %o) = @_;
	my $self = bless { http => HTTP::Tiny->new(timeout => 60), owner => $$, dir => File::Temp->newdir }, $class;
	weaken($open{ refaddr $self } = $self);
	$self->_start_driver;
	my @args = ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
		'--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars',
		"--user-data-dir=$self->{dir}/profile", sprintf('--window-size=%d,%d', $o{width} // 1280, $o{height} // 900),
		'--lang=' . ($o{lang} // 'en'));
	push @args, '--blink-settings=preferredColorScheme=0', '--force-dark-mode' if $o{dark};
	my $prefs = { 'intl.accept_languages' => $o{lang} // 'en' };
	$prefs->{'profile.managed_default_content_settings.javascript'} = 2 if defined $o{js} && !$o{js};
	my $answer = $self->_call(POST => '/session', { capabilities => { alwaysMatch => { browserName => 'chrome',
		acceptInsecureCerts => JSON::PP::true, $o{log} ? ('goog:loggingPrefs' => { performance => 'ALL' }) : (), 'goog:chromeOptions' => { binary => '/usr/bin/chromium', args => \@args, prefs => $prefs } } } });
	$self->{session} = "/session/$answer->{sessionId}";
	$self->cdp('Emulation.setDeviceMetricsOverride', width => $o{width}, height => $o{height} // 900, deviceScaleFactor => 1, mobile => JSON::PP::false)
		if $o{width};
	return $self;
}

# What keeps Chromium from giving up or cutting off a page when a network appears on the machine, see t/still.c.
sub _still {
	my ($self) = @_;
	my $to = "$self->{dir}/still.so";
	system($ENV{CC} // 'cc', '-std=gnu11', '-shared', '-fPIC', '-o', $to, dirname(__FILE__) . '/../../still.c') == 0 or die 'still.c cannot be compiled';
	return $to;
}

sub _start_driver {
	my ($self) = @_;
	my $probe = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no free port: $!";
	$self->{base} = 'http://127.0.0.1:' . $probe->sockport;
	my $port = $probe->sockport;
	CORE::close($probe);
	my $still = $self->_still;
	defined($self->{pid} = fork) or die "fork: $!";
	if (!$self->{pid}) {
		setpgrp 0, 0;
		open STDOUT, '>', "$self->{dir}/driver.log";
		open STDERR, '>&', \*STDOUT;
		exec 'env', "LD_PRELOAD=$still", 'chromedriver', "--port=$port", '--allowed-ips=127.0.0.1' or POSIX::_exit(127);
	}
	for (1 .. 200) {
		my $r = $self->{http}->get("$self->{base}/status");
		return if $r->{success};
		sleep 0.05;
	}
	die 'chromedriver does not answer';
}

sub _call {
	my ($self, $method, $path, $body) = @_;
	my $r = $self->{http}->request($method, $self->{base} . $path,
		{ headers => { 'Content-Type' => 'application/json' }, defined $body ? (content => encode_json($body)) : () });
	my $answer = eval { decode_json($r->{content}) } or die "chromedriver: $r->{status} $r->{content}";
	die "chromedriver: $path: $answer->{value}{message}\n" if ref $answer->{value} eq 'HASH' && $answer->{value}{error};
	return $answer->{value};
}

sub _do { my ($self, $method, $path, $body) = @_; $self->_call($method, $self->{session} . $path, $body) }

sub cdp { my ($self, $cmd, %p) = @_; $self->_do(POST => '/goog/cdp/execute', { cmd => $cmd, params => \%p }) }
sub get { my ($self, $url) = @_; $self->_do(POST => '/url', { url => $url }) }
sub url { $_[0]->_do(GET => '/url') }
sub title { $_[0]->_do(GET => '/title') }
sub source { $_[0]->_do(GET => '/source') }
sub reload { $_[0]->_do(POST => '/refresh', {}) }
sub back { $_[0]->_do(POST => '/back', {}) }

sub find {
	my ($self, $css) = @_;
	my $using = $css =~ m{^/} ? 'xpath' : 'css selector';
	return $self->_do(POST => '/element', { using => $using, value => $css })->{$ELEMENT};
}

sub all {
	my ($self, $css) = @_;
	my $using = $css =~ m{^/} ? 'xpath' : 'css selector';
	return map { $_->{$ELEMENT} } @{ $self->_do(POST => '/elements', { using => $using, value => $css }) };
}

# A page that reloads by itself can take an element away between finding and using it.
sub _fresh {
	my ($self, $css, $use) = @_;
	for (1 .. 5) {
		my @result = eval { $use->($self->find($css)) };
		return $result[0] if !$@;
		die $@ unless $@ =~ /stale element|no such element|node with given id/i;
		sleep 0.2;
	}
	return $use->($self->find($css));
}

sub text { my ($self, $css) = @_; $self->_fresh($css, sub { $self->_do(GET => "/element/$_[0]/text") }) }
sub click { my ($self, $css) = @_; $self->_fresh($css, sub { $self->_do(POST => "/element/$_[0]/click", {}) }) }

# Clicks on what leads to another page, and waits for that page: a click alone may come back while the old one is still there.
sub follow {
	my ($self, $css, $seconds) = @_;
	my $old = $self->find('html');
	$self->click($css);
	my $end = time + ($seconds // 15);
	while (time < $end) {
		my $new = eval { $self->find('html') };
		return if defined $new && $new ne $old;
		sleep 0.05;
	}
	die "no other page after a click on $css";
}

# Signs in through the form, as somebody does who wanted the first page; two tests.
sub sign_in {
	my ($self, $site, $user) = @_;
	$self->get($site->url('/'));
	Test::More::is($self->url, $site->url('/sign-in'), 'nobody is led to the sign-in');
	$self->type('input[name=user]', $user);
	$self->type('input[name=password]', "$user-ferry");
	$self->follow('main form button');
	Test::More::is($self->url, $site->url('/'), "$user is in, on the dashboard");
}

# Clicks on what opens a window of its own, and goes on in that window. The former one is returned: window() leads back.
sub follow_out {
	my ($self, $css, $seconds) = @_;
	my $here = $self->window;
	my %old = map { $_ => 1 } $self->windows;
	$self->click($css);
	my $end = time + ($seconds // 15);
	while (time < $end) {
		my ($new) = grep { !$old{$_} } $self->windows;
		if (defined $new) {
			$self->window($new);
			return $here if (eval { $self->url } // '') =~ /^https:/;
		}
		sleep 0.05;
	}
	die "no other window after a click on $css";
}

sub windows { @{ $_[0]->_do(GET => '/window/handles') } }
# The window we are in; with its handle, goes there.
sub window { my ($self, $handle) = @_; return defined $handle ? $self->_do(POST => '/window', { handle => $handle }) : $self->_do(GET => '/window') }
sub close_window { $_[0]->_do(DELETE => '/window') }

# Headers of the requests since it was asked last, as they went over the wire.
sub requests {
	my ($self) = @_;
	my @events = map { decode_json($_->{message})->{message} } @{ $self->_do(POST => '/se/log', { type => 'performance' }) };
	return map { my $h = $_->{params}{headers}; +{ map { lc, $h->{$_} } keys %$h } } grep { $_->{method} eq 'Network.requestWillBeSentExtraInfo' } @events;
}

# Replaces what is in the field.
sub type {
	my ($self, $css, $text) = @_;
	my $e = $self->find($css);
	$self->_do(POST => "/element/$e/clear", {});
	$self->_do(POST => "/element/$e/value", { text => $text });
}

sub choose { my ($self, $css, $value) = @_; $self->click(qq{$css option[value="$value"]}) }
sub run { my ($self, $script, @args) = @_; $self->_do(POST => '/execute/sync', { script => $script, args => \@args }) }
sub run_async { my ($self, $script, @args) = @_; $self->_do(POST => '/execute/async', { script => $script, args => \@args }) }

# Waits until the text of an element matches; the page may reload by itself meanwhile.
sub wait_text {
	my ($self, $css, $re, $seconds) = @_;
	my $end = time + ($seconds // 20);
	my $seen = '';
	while (time < $end) {
		$seen = eval { $self->text($css) } // '';
		return $seen if $seen =~ $re;
		sleep 0.2;
	}
	die "no $re in $css after " . ($seconds // 20) . " s: $seen\n";
}

# The whole page as a PNG file.
sub shot {
	my ($self, $file) = @_;
	my $png = $self->cdp('Page.captureScreenshot', format => 'png', captureBeyondViewport => JSON::PP::true)->{data};
	open my $f, '>:raw', $file or die "$file: $!";
	print $f decode_base64($png);
	CORE::close($f) or die "$file: $!";
}

# Ends the browser and its driver. Asked for at the end of the program too, while everything that it needs still exists.
sub close {
	my ($self) = @_;
	my $pid = delete $self->{pid};
	return if !$pid || $$ != $self->{owner};
	local ($?, $@, $!);
	eval { $self->_do(DELETE => '') } if $self->{session};
	kill TERM => -$pid;
	waitpid $pid, 0;
	kill KILL => -$pid;
}

sub DESTROY { $_[0]->close }
END { my $status = $?; $_->close for grep { defined } values %open; $? = $status }

1;
