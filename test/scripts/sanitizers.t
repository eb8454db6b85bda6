#!/usr/bin/env perl
# The core without a server, built with the address and undefined behaviour sanitizers: all its unit tests, and each fuzz
# target of test/fuzz with a fixed number of inputs from a fixed seed. Longer runs are scripts/fuzz-core's.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use Test::More;

# Inputs of the targets; 2000 of those that are not here.
my %runs = (
    contracts  => 20000, economics   => 20000, exact_sum   => 20000, number_text => 50000, groups => 20000,
    history    => 15000, transitions => 10000, cohorts     => 3000,  quantiles   => 4000,  pilots => 2000,
    families   => 6000,  fits        => 150,   intervals   => 100,
);

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('clm-sanitizers-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chdir $top or die;

# The libraries of the server are not these programs'.
delete @ENV{qw(LD_PRELOAD SANITIZE)};
$ENV{ASAN_OPTIONS} = 'detect_leaks=1';
$ENV{UBSAN_OPTIONS} = 'print_stacktrace=1';
chomp(my $jobs = `getconf _NPROCESSORS_ONLN`);

# Builds a target of the makefile; true where that went well.
sub build {
    my ($target) = @_;
    my $output = `make -s -k -j $jobs -f test/sanitized.mk OUT='$dir' $target 2>&1`;
    return ok($? == 0, "$target are built with sanitizers") || diag $output;
}

# Runs commands, as many at a time as there are processors; one test each. What a failing one prints is shown.
sub run_all {
    my @commands = @_;
    my %running;
    for my $command (@commands) {
        finish(\%running) if keys %running >= $jobs;
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            open STDOUT, '>', $command->{log} or die;
            open STDERR, '>&', \*STDOUT or die;
            exec @{$command->{run}} or die;
        }
        $running{$pid} = $command;
    }
    finish(\%running) while %running;
}

sub finish {
    my ($running) = @_;
    my $pid = wait;
    my $command = delete $running->{$pid} or return;
    ok($? == 0, $command->{name}) or diag `grep -vE '^(ok |#[0-9]+)' '$command->{log}' | head -n 60`;
}

sub has_fuzzer {
    open my $source, '>', "$dir/has.c" or die;
    print $source "int LLVMFuzzerTestOneInput(const char *s, unsigned long n) { return 0 * s[0] * (int)n; }\n";
    close $source;
    return system("clang -fsanitize=fuzzer,address,undefined -o '$dir/has' '$dir/has.c' >/dev/null 2>&1") == 0;
}

if (build('tests')) {
    run_all(map { { name => 'sanitizers: ' . basename($_), run => [$_], log => "$_.log" } } sort glob "$dir/tests/*_test");
}

SKIP: {
    skip 'no clang with libFuzzer', 1 unless has_fuzzer();
    last SKIP unless build('fuzz');
    my @targets;
    for my $program (sort glob "$dir/fuzz/*_fuzz") {
        my ($name) = basename($program) =~ /(.*)_fuzz\z/;
        my $runs = $runs{$name} // 2000;
        push @targets, {
            name => "fuzz: $runs inputs to $name",
            run  => [$program, '-seed=1', "-runs=$runs", '-timeout=120', '-max_len=600', '-len_control=0',
                "-artifact_prefix=$dir/$name-", '-print_final_stats=0'],
            log => "$program.log",
        };
    }
    run_all(@targets);
}
done_testing;
