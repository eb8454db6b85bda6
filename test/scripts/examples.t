#!/usr/bin/env perl
# Runs every report of examples/ on the tables that examples/tables.sql makes from simulated orders and compares what it
# prints with examples/expected/: once on the tables themselves, and once, with the schema clm in the search_path, on views
# that have only the tables and columns of the report's line "Needs". Each report must run for other days, too, on the same
# tables and on those of that day. Where CLM_SHARED names the folder with the reference data, the reports run on the tables
# made from the purchases of CDNOW as well, and so do the analyst's statements of reference/reports.sql, on both sets of
# tables. With --update examples/expected/ is rewritten from what was printed, for review:
#     scripts/with-cluster test/scripts/examples.t --update
use strict;
use warnings;
use utf8;
use Test::More;
use File::Basename;
use File::Glob qw(:bsd_glob); # a folder may have a space in its name
use FindBin;
use IPC::Open3;

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR, Test::More->builder->output, Test::More->builder->failure_output;
my $top = "$FindBin::Bin/../..";
my $update = @ARGV && $ARGV[0] eq '--update';
my $simulated = "clm_examples_$$";
my $monthly = "clm_examples_monthly_$$";
my $cdnow = "clm_examples_cdnow_$$";
my $day = '2024-06-30'; # the day of what is expected
my @other_days = qw(2022-06-30 2023-06-30 2024-03-31 2024-12-31); # the first has half a year of orders, the last is their end
my @reports = grep { $_ ne 'tables' } map { basename($_, '.sql') } glob("$top/examples/*.sql");

# Runs psql with these arguments and this input; returns its output, errors included, and whether it succeeded.
sub psql {
    my ($sql, @arguments) = @_;
    my $pid = open3(my $to, my $from, undef, 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', @arguments);
    binmode $_, ':encoding(UTF-8)' for $to, $from;
    print $to $sql;
    close $to;
    my $output = do { local $/; <$from> };
    waitpid $pid, 0;
    return ($output // '', $? == 0);
}

sub read_file {
    open my $file, '<:encoding(UTF-8)', $_[0] or return '';
    local $/;
    return <$file>;
}

sub write_file {
    my ($name, $text) = @_;
    open my $file, '>:encoding(UTF-8)', $name or die "cannot write $name: $!";
    print $file $text;
}

# A database with the tables of the analyst.
sub make_tables {
    my ($database, $source, $before, $d) = @_;
    psql("CREATE DATABASE $database", '-d', 'postgres');
    # Compiling the queries takes longer than running them.
    psql("ALTER DATABASE $database SET client_min_messages = warning; ALTER DATABASE $database SET jit = off", '-d', 'postgres');
    psql("CREATE EXTENSION clm;\n$before", '-d', $database);
    my ($output, $success) = psql('', '-d', $database, '-v', "d=$d", '-v', "source=$source", '-f', "$top/examples/tables.sql");
    ok($success, "tables from the $source orders, $d");
    is($output, '', "tables from the $source orders, $d: nothing to complain about");
}

sub run_report {
    my ($database, $report, $d) = @_;
    return psql('', '-d', $database, '-v', "d=$d", '-f', "$top/examples/$report.sql");
}

# What a report says that it needs: the columns of each table.
sub needs {
    my ($report) = @_;
    my ($lines) = read_file("$top/examples/$report.sql") =~ /^-- Needs: (.*(?:\n-- (?!Source:).+)*)/m
        or return;
    my %needs;
    $lines =~ s/\n--//g;
    $needs{$1} = $2 while $lines =~ /(\w+)\(([^)]*)\)/g;
    return \%needs;
}

# Views of these tables and columns, and of nothing else, in the schema needs.
sub make_views {
    my ($database, $needs) = @_;
    my $views = join '', map { "CREATE VIEW needs.$_ AS SELECT $needs->{$_} FROM public.$_;\n" } sort keys %$needs;
    return psql("DROP SCHEMA IF EXISTS needs CASCADE; CREATE SCHEMA needs;\n$views", '-d', $database);
}

# The statements of a script in which each ends with a semicolon at the end of a line.
sub statements {
    my ($text) = @_;
    $text =~ s/^--.*\n//mg;
    return grep { /\S/ } split /;\s*$/m, $text;
}

# Each must run and find something.
sub run_statements {
    my ($database, $tables) = @_;
    my $n = 0;
    for my $statement (statements(read_file("$ENV{CLM_SHARED}/reference/reports.sql"))) {
        my ($output, $success) = psql("$statement;\n", '-d', $database, '-At', '-v', q(d='2024-06-30'), '-v', 'v=120', '-v', 'cost=4');
        $n++;
        ok($success && $output =~ /\S/, "reports.sql, statement $n, on the $tables tables: gives rows") or diag($statement, $output);
    }
    ok($n >= 12, 'reports.sql has its statements');
    my ($stages) = psql(<<'END', '-d', $database, '-At');
SELECT as_of, count(DISTINCT stage) FROM (SELECT as_of, clm.lifecycle_stage(h, as_of) AS stage
    FROM c, (VALUES (date '2024-06-30' - 90), (date '2024-06-30')) d(as_of) WHERE h IS NOT NULL) s GROUP BY as_of ORDER BY as_of;
END
    is($stages, "2024-04-01|7\n2024-06-30|7\n", "on the $tables tables all stages but engaged occur on both days");
}

sub is_expected {
    my ($report, $what) = @_;
    my ($output, $success) = run_report($simulated, $report, $day);
    my $expected = "$top/examples/expected/$report.out";
    ok($success, "$report, $what: runs") or diag($output);
    write_file($expected, $output) if $update && $success && $what eq 'tables';
    is($output, read_file($expected), "$report, $what: prints what it should");
}

make_tables($simulated, 'simulated', '', $day);
is_expected($_, 'tables') for @reports;

psql("ALTER DATABASE $simulated SET search_path = clm, needs", '-d', 'postgres');
my %listed = read_file("$top/examples/README.md") =~ /^\| \[(\w+)\].*\| ([^|]+) \|$/mg;
for my $report (@reports) {
    my $needs = needs($report);
    ok($needs, "$report says what it needs") or next;
    is(join(' ', sort($listed{$report} =~ /\w+/g)), join(' ', sort keys %$needs), "$report: README.md says what it needs");
    my $sql = read_file("$top/examples/$report.sql") =~ s/^--.*\n//mgr;
    my @unused = grep { $sql !~ /\b$_\b/ } map { /\w+/g } %$needs;
    is("@unused", '', "$report reads all that it needs");
    my ($output, $success) = make_views($simulated, $needs);
    ok($success, "$report: what it needs is there") or diag($output);
    is_expected($report, 'only what it needs');
}
psql("ALTER DATABASE $simulated RESET search_path", '-d', 'postgres');

for my $d (@other_days) {
    make_tables($monthly, 'simulated', '', $d);
    for my $report (@reports) {
        for my $database ($simulated, $monthly) {
            my ($output, $success) = run_report($database, $report, $d);
            ok($success, "$report, as of $d, on the tables of " . ($database eq $monthly ? $d : $day) . ': runs') or diag($output);
        }
    }
    psql("DROP DATABASE $monthly", '-d', 'postgres');
}
is_deeply([map { basename($_, '.out') } glob("$top/examples/expected/*.out")], \@reports, 'nothing else is expected');

if ($ENV{CLM_SHARED}) {
    run_statements($simulated, 'simulated');
    make_tables($cdnow, 'cdnow', "CREATE TABLE cdnow (orig_id text, id text, date date, cds integer, amt float8);\n"
        . "\\copy cdnow FROM '$ENV{CLM_SHARED}/data/cdnow_sample_log.csv' CSV HEADER\n", $day);
    run_statements($cdnow, 'CDNOW');
    for my $report (@reports) {
        my ($output, $success) = run_report($cdnow, $report, $day);
        ok($success, "$report, on the CDNOW tables: runs") or diag($output);
    }
    psql("DROP DATABASE $cdnow", '-d', 'postgres');
}
psql("DROP DATABASE $simulated", '-d', 'postgres');
done_testing();
