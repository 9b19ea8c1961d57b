package Naru::Entry;
# Entries of a catalogue of a site's own, of an app that tells what it was given.
#
#   my $entries = Naru::Entry->new;                       # with what is shipped; $entries->{folder} is for [apps] catalogue
#   $entries->write('one', title => 'One', base => 'file /run/one/base');
#   my $told = $entries->told($apps, 'one');              # starts it with a Naru::Notebook, asks it through the gateway, deletes it
#
# What is told: argv, the environment, and the texts of the files that secret and base name (those that begin with /).
use strict;
use warnings;
use Encode ();
use JSON::PP;
use Naru::Test qw(output spew wait_until);

my %preset = (image => 'localhost/naru-jupyter:12', command => 'python3 tell.py "two words"', port => 8080, ready => '/', secret => 'env TELL_SECRET',
	gate => 'header X-Tell: %s', places => 'home', tmpfs => '/tmp /run', cpu => '0.1 0.5 1', memory => '64 128 512', hours => '1 1 8', idle => 'none');

sub new {
	my ($class) = @_;
	my $folder = File::Temp::tempdir('naru-entries-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $folder;
	output('sh', '-c', 'cp "$1"/fcgi-apps/apps/catalogue/*.app "$2"', 'sh', $Naru::Test::top, $folder);
	return bless { folder => $folder }, $class;
}

sub write {
	my ($self, $name, %o) = @_;
	my %keys = (%preset, %o);
	spew("$self->{folder}/$name.app.new", Encode::encode_utf8(join "\n", '[app]', (map { "$_ = $keys{$_}" } grep { defined $keys{$_} } sort keys %keys), ''));
	rename "$self->{folder}/$name.app.new", "$self->{folder}/$name.app" or die $!;
}

# Its program is in alice's home.
sub _program {
	my ($home) = @_;
	spew("$home/tell.py", <<'P');
import http.server, json, os, sys

def file(path):
    try:
        return open(path).read()
    except OSError as e:
        return e.strerror

class Tell(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        names = [n for n in self.path.partition("?")[2].split("&") if n]
        text = json.dumps({"argv": sys.argv[1:], "env": dict(os.environ), "given": self.headers.get("X-Tell"), "files": {n: file(n) for n in names}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

http.server.ThreadingHTTPServer(("", 8080), Tell).serve_forever()
P
}

# `while`: code that is called with the id while it runs.
sub told {
	my ($self, $apps, $name, $while) = @_;
	my ($site, $alice) = @$apps{qw(site alice)};
	_program($site->base . '/home/alice');
	my ($code, undef, $response) = $site->api($alice, POST => "/apps?offer=$name", { quick => 'yes' });
	my ($id) = ($response->header('Location') // '') =~ m{/apps/(\w+)$} or die "$name: $code " . $response->content;
	$apps->running($alice, $id, 60) or die "$name does not run: " . encode_json(($site->api($alice, GET => "/apps/$id"))[1]{app});
	my $entry = Naru::Test::slurp("$self->{folder}/$name.app");
	my ($status, undef, $text) = $apps->app($id, $apps->enter($alice, $id), GET => '/?' . join '&', $entry =~ /^(?:secret|base) = file (\S+)$/mg);
	$while->($id) if $while;
	$site->api($alice, POST => "/apps/$id/delete", { confirmed => 'yes' });
	wait_until(30, sub { ($site->api($alice, GET => "/apps/$id"))[0] == 404 }) or die "$id stays";
	return $status == 200 ? decode_json($text) : { status => $status };
}

1;
