#!/usr/bin/env perl
# What scripts/valgrind-errors and scripts/sqlsmith-log make of logs: which errors fail a run, and that a log without an end does.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More tests => 10;

my $folder = tempdir(CLEANUP => 1);

# Runs a script of scripts/ on a log with that text: its exit code and output.
sub judge {
    my ($script, $text, @more) = @_;
    my $file = "$folder/1.log";
    open my $log, '>', $file or die "cannot write $file: $!";
    print $log $text;
    close $log;
    my $output = `scripts/$script $file @more 2>&1`;
    return ($? >> 8, $output);
}

sub valgrind_error {
    my ($frame) = @_;
    return "==7== VALGRINDERROR-BEGIN\n==7== Invalid read of size 8\n==7==    at 0x4C2: palloc (/x/postgresql-15/src/backend/utils/mmgr/mcxt.c:9)\n"
        . "==7==    by 0x4D3: $frame\n==7== \n==7== VALGRINDERROR-END\n";
}
my $summary = "==7== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)\n";

my ($status, $output) = judge('valgrind-errors', $summary);
is($status, 0, 'no error');
like($output, qr/1 processes, 0 errors/, 'and a count');
($status, $output) = judge('valgrind-errors', '');
isnt($status, 0, 'a server that said nothing at its end is not a success');
my $statement = "2024-01-01 [7] LOG:  statement: SELECT 1\n2024-01-01 [8] LOG:  statement: SELECT 2\n";
($status, $output) = judge('valgrind-errors', $statement . valgrind_error('f (history.c:5)') x 2 . valgrind_error('g (history.c:5)') . $summary);
isnt($status, 0, 'errors');
like($output, qr/2 times, first in: SELECT 1\nInvalid read.*\n.*palloc.*\n.*f \(history/, 'told once, with the number and the statement');
like($output, qr/1 processes, 2 errors/, 'by their stacks');
($status, $output) = judge('valgrind-errors', $statement . valgrind_error('f (history.c:5)') =~ s/^==7== Invalid/==8== VALGRINDERROR-BEGIN\n==7== Invalid/mr . $summary);
like($output, qr/1 processes, 1 errors/, 'though lines of processes mix');

my $ran = "sqlsmith::dut 5 00000 LOG:  00000: duration: 1.0 ms  statement: SELECT clm.total(h) FROM t\nsqlsmith::dut 5 00000 LOCATION:  exec_simple_query, postgres.c:1\n";
($status) = judge('sqlsmith-log', $ran . "sqlsmith::dut 5 22023 ERROR:  22023: not so\nsqlsmith::dut 5 22023 LOCATION:  f, history.c:1\n", 'total');
is($status, 0, 'errors with a SQLSTATE of their own are the answer to random queries');
($status, $output) = judge('sqlsmith-log', $ran . "sqlsmith::dut 5 XX000 ERROR:  XX000: odd\nsqlsmith::dut 5 XX000 LOCATION:  f, history.c:1\n", 'total');
isnt($status, 0, 'an internal error');
($status, $output) = judge('sqlsmith-log', $ran . "TRAP: FailedAssertion\n 5 00000 LOG:  00000: server process was terminated by signal 6\n", 'total');
isnt($status, 0, 'a crash');
