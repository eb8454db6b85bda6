#!/usr/bin/env perl
# Dump and restore lose nothing and change nothing: plain, custom, directory with two jobs, over what is there (--clean), in sections,
# and schema and data apart. Afterwards every row is the same as text and in bytes, another dump has the same definitions, the
# triggers of tracked tables and the refreshes of marts go on.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Kept;
use Server;
use Test::More;

my $dir = tempdir('clm-dump-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cluster = Server->cluster('postgres');
my @databases;

sub database {
    my ($name, $template) = @_;
    my $database = "clm_dump_${name}_$$";
    push @databases, $database;
    $cluster->sql("CREATE DATABASE $database" . ($template ? " TEMPLATE $template->{database}" : ''));
    return Server->cluster($database);
}

sub drop {
    my ($server) = @_;
    $cluster->sql("DROP DATABASE $server->{database}");
}

# A command that must say nothing.
sub quiet {
    my ($command, $name) = @_;
    my $output = `$command 2>&1 >'$dir/out'`;
    ok $? == 0 && $output eq '', $name or diag $output;
}

# The definitions of what users have made. From PostgreSQL 15.14 on a dump has a line with a key of its own; and the server prints a
# name for a constant in a UNION only where the view has been made from what it had printed.
sub definitions {
    my ($server) = @_;
    my $dump = `pg_dump --schema-only -d $server->{database}`;
    die "pg_dump failed\n" if $? != 0;
    return $dump =~ s/^\\(?:un)?restrict .*\n//mgr =~ s/'-1'::integer\K AS int4(?=,)//gr;
}

my ($from, $rows, $definitions, $readings, $objects, $later);

# Data alone leave materialized views empty.
sub is_restored {
    my ($to, $name) = @_;
    $to->sql('REFRESH MATERIALIZED VIEW kept.stages') if $name eq 'schema and data apart';
    Kept::is_same(Kept::rows($to), $rows, "$name: every row is there, as text and in bytes");
    Kept::is_same(definitions($to), $definitions, "$name: the same definitions");
}

# A method of restoring: the options of pg_dump, the commands that restore into $db, and whether into a database that has it all.
my @methods = (
    ['plain',      '-F p', ['psql -X -q -v ON_ERROR_STOP=1 -d $db -f $dump']],
    ['custom',     '-F c', ['pg_restore --exit-on-error -d $db $dump']],
    ['directory, two jobs', '-F d -j 2', ['pg_restore --exit-on-error -j 2 -d $db $dump']],
    ['plain, over what is there',  '-F p --clean --if-exists', ['psql -X -q -v ON_ERROR_STOP=1 -d $db -f $dump'], 1],
    ['custom, over what is there', '-F c', ['pg_restore --exit-on-error --clean --if-exists -d $db $dump'], 1],
    ['in sections', '-F c', [map { "pg_restore --exit-on-error --section=$_ -d \$db \$dump" } 'pre-data', 'data', 'post-data']],
    ['schema and data apart', '-F c', ['pg_restore --exit-on-error --schema-only -d $db $dump', 'pg_restore --exit-on-error --data-only --disable-triggers -d $db $dump']],
);

sub check_method {
    my ($name, $options, $commands, $is_over) = @_;
    my $dump = "$dir/" . $name =~ s/\W/_/gr;
    quiet("pg_dump $options -f $dump -d $from->{database}", "$name: dumped");
    my $to = database('to', $is_over ? $from : undef);
    $to->sql("DELETE FROM shop.orders WHERE customer % 2 = 0; INSERT INTO shop.parts VALUES ('new', '2024-05-05', 1); UPDATE clm.term_user SET en = 'x'; DROP MATERIALIZED VIEW kept.stages") if $is_over;
    for my $command (@$commands) {
        quiet($command =~ s/\$db/$to->{database}/r =~ s/\$dump/$dump/r, "$name: restored" . (@$commands > 1 ? ", $command" =~ s/ -d .*//r : ''));
    }
    is_restored($to, $name);
    if ($name eq 'custom') {
        Kept::is_same(Kept::objects($to), $objects, "$name: the extension's objects are the same");
        Kept::is_same(Kept::readings($to), $readings, "$name: stored values read, score and merge as before");
    }
    Kept::is_alive($to, $later, $name) if $name =~ /^(?:directory, two jobs|plain, over what is there)$/;
    drop($to);
}

# Triggers that see the orders come in make the histories, and then their rows are there twice: an error that loses nothing.
sub check_data_with_triggers {
    my $to = database('triggers');
    my $dump = "$dir/custom";
    quiet("pg_restore --exit-on-error --schema-only -d $to->{database} $dump", 'data with triggers: schema');
    my @errors = grep { /error: (?!could|.*errors ignored)/ } split /\n/, `pg_restore --data-only -d $to->{database} $dump 2>&1`;
    is scalar(grep { !/COPY failed for table "(?:history|part_histories)": ERROR:  duplicate key/ } @errors), 0, 'data with triggers: no error but of histories that are there already'
        or diag join "\n", @errors;
    Kept::is_same(Kept::rows($to) =~ s/^kept\.stages .*\n//mr, $rows =~ s/^kept\.stages .*\n//mr, 'data with triggers: every row is there');
    drop($to);
}

# What the checksums are for: each of these must change those of its table.
sub checksums_can_fail {
    my $copy = database('changed', $from);
    for my $change (
        ['a lost row', 'DELETE FROM kept.history WHERE id = 5', 'kept.history'],
        ['the sign of a zero', q{UPDATE kept.value SET v.ckv = CASE WHEN id = 1 THEN '-0'::float8 END WHERE id = 1}, 'kept.value'],
        ['a last digit', q{UPDATE kept.rfm SET v.t_x = (v).t_x * (1 + 2.3e-16) WHERE (v).t_x > 0}, 'kept.rfm'],
        ['an element', q{UPDATE kept.users SET many[1] = '{}' WHERE id = 1}, 'kept.users'],
        ['a NULL in a composite', q{UPDATE kept.users SET both_of.s = NULL WHERE id = 1}, 'kept.users']) {
        my ($what, $statement, $table) = @$change;
        my $changed = $copy->sql("SET client_min_messages = error; BEGIN; $statement;\n" . Kept::file('rows.sql') . 'SELECT * FROM pg_temp.row_sums(); ROLLBACK');
        ok scalar(grep { /^\+ \Q$table\E / } Kept::differences($rows, $changed)), "the checksums show $what";
    }
    drop($copy);
}

eval {
    $from = database('from');
    Kept::fill($from);
    ($rows, $readings, $objects, $definitions) = (Kept::rows($from), Kept::readings($from), Kept::objects($from), definitions($from));
    my $copy = database('later', $from);
    Kept::go_on($copy);
    $later = Kept::tables($copy);
    drop($copy);
    checksums_can_fail();
    check_method(@$_) for @methods;
    check_data_with_triggers();
    1;
} or do {
    fail('dumps');
    diag($@);
};

END {
    my $status = $?;
    eval { $cluster->sql("DROP DATABASE IF EXISTS $_ WITH (FORCE)") } for @databases;
    $? = $status;
}

done_testing;
