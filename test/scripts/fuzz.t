#!/usr/bin/env perl
# Fuzzing on the server: everything that the catalog lists is called with boundary values in every argument and with random combinations, and
# the input of every type of clm gets mutated text and bytes, by COPY and as parameters. No crash, no internal error, no NaN or infinity, no
# call that does not end or takes much memory; and what is accepted has an output, and comes back from it as it was. The seed is fixed, and
# so is the number of calls. `make fuzz` runs it for longer, round after round, each with the next seed:
#     scripts/with-cluster test/scripts/fuzz.t SECONDS [SEED]
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fuzz;
use Test::More;

my ($seconds, $seed) = @ARGV;
$seed //= 1;
my $quick = !defined $seconds;
my $end = $quick ? undef : time + $seconds;
my %effort = $quick ? (huge => 20000, timeout => 5, boundaries => 6, combinations => 6, mutations => 150)
    : (huge => 1000000, timeout => 10, boundaries => 40, combinations => 40, mutations => 1000);
my (%total, %tried);

sub run_round {
    my $fuzz = Fuzz->new("clm_fuzz_$$", $seed, $effort{huge}, $effort{timeout});
    $fuzz->end_at($end);
    $fuzz->discover(5, 6);
    $fuzz->insist(400);
    my @never = map { $_->{label} } $fuzz->never_work;
    is "@never", '', "seed $seed: of everything that only computes a call is known that works" if $quick;
    $fuzz->single_deviations($effort{boundaries});
    $fuzz->combinations($effort{combinations});
    $fuzz->mutate($effort{mutations});
    report($fuzz->findings);
    $total{$_} += $fuzz->{count}{$_} for keys %{ $fuzz->{count} };
    my $left_out = $fuzz->left_out;
    $fuzz->finish;
    return $left_out;
}

sub report {
    my (@findings) = @_;
    is scalar @findings, 0, "seed $seed: nothing is wrong";
    diag "$_->{what} ($_->{times} times), $_->{wrong}\n    " . statement($_->{statement}) for @findings;
}

# A statement, or where it has been written to if it is long.
sub statement {
    my ($sql) = @_;
    return $sql if length $sql < 2000;
    my $file = sprintf '%s/clm_fuzz_%d_%d.sql', $ENV{CLM_TEST_OUTPUT} // $ENV{TMPDIR} // '/tmp', $seed, ++$tried{files};
    open my $out, '>', $file or return substr $sql, 0, 2000;
    print $out "$sql\n";
    close $out;
    return substr($sql, 0, 200) . " ... (all of it in $file)";
}

# That what is looked for would be seen.
sub check_the_checks {
    my $fuzz = Fuzz->new("clm_fuzz_$$", 1, 10, 1);
    my %wrong = (
        'pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())' => qr/the server crashed/,
        q{ROW(1, 'NaN'::float8)}           => qr/a result is NaN/,
        q{ARRAY[1, -'infinity'::float8]}   => qr/a result is -Infinity/,
        q{pg_catalog.lo_get(1)}            => qr/42704 /,
        q{pg_catalog.pg_sleep(2)}          => qr/57014 /,
        q{pg_catalog.length(pg_catalog.repeat('x', 400000000))} => qr/the backend grew by \d+ MB/,
    );
    delete $wrong{$_} for grep { !-e '/proc/self/status' && /repeat/ } keys %wrong; # only Linux tells
    for my $sql (sort keys %wrong) {
        $fuzz->call({ label => $sql, sql => "SELECT $sql", kind => 'f', volatile => 'i', arguments => [] }, '', []);
        like join("\n", map { $_->{wrong} } grep { $_->{what} =~ /^\Q$sql\E:/ } $fuzz->findings), $wrong{$sql}, "seen as wrong: $sql";
    }
    $fuzz->finish;
}

my $left_out;
check_the_checks() if $quick;
do {
    diag "fuzz: seed $seed" unless $quick;
    $left_out = run_round();
    $seed++;
} while (!$quick && time < $end);
my $counts = join ', ', map { "$total{$_} $_" } sort keys %total;
$quick ? note $counts : diag "fuzz: $counts";
note "left out as $_: @{ $left_out->{$_} }" for sort keys %$left_out;
done_testing;
