#!/usr/bin/env perl
# Runs every SQL example of README.md, README.zh.md and docs/*.md, but for docs/reference.md, which reference_doc.t checks: each
# ```sql block must run, and where a ```text block follows, print just that. Blocks marked ```sql cdnow need the table cdnow and
# run where CLM_SHARED names the folder with the data. All of it runs twice, without and with the schema clm in the search_path.
# With --update the texts are rewritten from what was printed, for review.
use strict;
use warnings;
use utf8;
use Test::More;
use File::Glob qw(:bsd_glob); # a folder may have a space in its name
use FindBin;
use IPC::Open3;

binmode $_, ':encoding(UTF-8)' for *STDOUT, *STDERR, Test::More->builder->output, Test::More->builder->failure_output;
my $top = "$FindBin::Bin/../..";
my $update = @ARGV && $ARGV[0] eq '--update';
my $database = "clm_docs_$$";

# Runs SQL with psql; returns its output, errors included, and whether it succeeded.
sub psql {
    my ($sql, $in) = @_;
    my $pid = open3(my $to, my $from, undef, 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $in // $database);
    binmode $_, ':encoding(UTF-8)' for $to, $from;
    print $to $sql;
    close $to;
    my $output = do { local $/; <$from> };
    waitpid $pid, 0;
    return ($output // '', $? == 0);
}

# The blocks of a file in their order: [kind, text, line, offset, length].
sub blocks {
    my ($text) = @_;
    my @blocks;
    while ($text =~ /^```(sql cdnow|sql|text)\n(.*?)^```$/msg) {
        push @blocks, { kind => $1, text => $2, from => $-[2], to => $+[2], line => 1 + (substr($text, 0, $-[0]) =~ tr/\n//) };
    }
    return @blocks;
}

sub load_cdnow {
    psql("CREATE TABLE cdnow (orig_id text, id text, date date, cds integer, amt float8);\n"
        . "\\copy cdnow FROM '$ENV{CLM_SHARED}/data/cdnow_sample_log.csv' CSV HEADER\n");
}

sub run_file {
    my ($name, $text, $set_up) = @_;
    my @blocks = blocks($text);
    my @printed;
    for my $i (0 .. $#blocks) {
        my ($kind, $sql) = @{ $blocks[$i] }{qw(kind text)};
        next if $kind eq 'text' || ($kind eq 'sql cdnow' && !$ENV{CLM_SHARED});
        my ($output, $success) = psql($sql);
        my $where = "$name, line $blocks[$i]{line}, $set_up";
        ok($success, "$where: runs") or diag($output);
        next unless $i < $#blocks && $blocks[$i + 1]{kind} eq 'text';
        $output =~ s/\n+\z/\n/;
        push @printed, [$blocks[$i + 1], $output];
        is($output, $blocks[$i + 1]{text}, "$where: prints what the text says") unless $update;
    }
    return @printed;
}

sub read_file {
    open my $file, '<:encoding(UTF-8)', $_[0] or die "cannot read $_[0]: $!";
    local $/;
    return <$file>;
}

for my $path ("$top/README.md", "$top/README.zh.md", grep { !m{/reference\.md$} } glob("$top/docs/*.md")) {
    my $text = read_file($path);
    my ($name) = $path =~ m{([^/]+)$};
    next unless $text =~ /^```sql/m;
    for my $search_path ('public', 'clm, public') {
        psql("CREATE DATABASE $database", 'postgres');
        psql("ALTER DATABASE $database SET search_path = $search_path; ALTER DATABASE $database SET client_min_messages = warning", 'postgres');
        psql('CREATE EXTENSION clm') unless $text =~ /^CREATE EXTENSION clm/m;
        load_cdnow() if $ENV{CLM_SHARED};
        my @printed = run_file($name, $text, "search_path = $search_path");
        psql("DROP DATABASE $database", 'postgres');
        next unless $update && $search_path eq 'public';
        substr($text, $_->[0]{from}, $_->[0]{to} - $_->[0]{from}) = $_->[1] for reverse @printed;
        open my $file, '>:encoding(UTF-8)', $path or die "cannot write $path: $!";
        print $file $text;
    }
}
done_testing();
