package Naru::Bench;
# What the programs of ops/bench share: a line a figure, the load generator, the visitor's cookies.
use strict;
use warnings;
use Exporter 'import';
use Naru::Test qw(output slurp);

our @EXPORT_OK = qw(cookie_of line median memory per_second say_note wrk);

# line(name, ours, other, ratio, goal, met)
sub line {
	my ($name, $ours, $other, $ratio, $goal, $met) = @_;
	printf "%-22s %12s %12s %8s %14s %s\n", $name, $ours, $other // '-', $ratio // '-', $goal, $met ? 'met' : 'short';
}

sub say_note { print "  # @_\n" }

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ @sorted / 2 ] }

# MiB of these processes: what they share counts once (Pss), and as `ps` adds it up (Rss).
sub memory {
	my ($pss, $rss) = (0, 0);
	for my $pid (@_) {
		my $text = eval { slurp("/proc/$pid/smaps_rollup") } // '';
		$pss += $1 if $text =~ /^Pss:\s+(\d+)/m;
		$rss += $1 if $text =~ /^Rss:\s+(\d+)/m;
	}
	return ($pss / 1024, $rss / 1024);
}

sub cookie_of {
	my ($mech) = @_;
	my $text = '';
	$mech->cookie_jar->scan(sub { my (undef, $name, $value) = @_; $text .= "$name=$value; " });
	return $text =~ s/; $//r;
}

# wrk: requests per second, and the 99th percentile in milliseconds. Options: cookie, host, connections, threads, seconds, script.
sub wrk {
	my ($url, %o) = @_;
	my @script = $o{script} ? ('-s', $o{script}) : ();
	my @headers = map { ('-H', $_) } ($o{cookie} ? "Cookie: $o{cookie}" : ()), ($o{host} ? "Host: $o{host}" : ());
	my (undef, $text) = output('wrk', '-t' . ($o{threads} // 2), '-c' . ($o{connections} // 16), '-d' . ($o{seconds} // 5) . 's', '--latency', @script, @headers, $url);
	my ($rate) = $text =~ /Requests\/sec:\s+([\d.]+)/;
	my ($p99, $unit) = $text =~ /99%\s+([\d.]+)(us|ms|s)/;
	my ($bad) = $text =~ /Non-2xx or 3xx responses: (\d+)/;
	say_note("$bad answers of $url were errors") if $bad;
	return ($rate // 0, ($p99 // 0) * { us => 0.001, ms => 1, s => 1000 }->{ $unit // 'ms' });
}

sub per_second { my ($url, %o) = @_; return (wrk($url, %o))[0] }

1;
