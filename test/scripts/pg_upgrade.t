#!/usr/bin/env perl
# pg_upgrade from an older PostgreSQL, by copies and by links: every row is the same as text and in bytes, the objects are those of a
# fresh installation, and tracked tables and marts go on. CLM_OLD_SERVER names a folder with a copy of the old server and
# CLM_OLD_BINDIR where its programs are below that: `make test-pg-upgrade` makes it and runs this.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Kept;
use Server;
use Test::More;

plan skip_all => 'there is no older server to upgrade from: make test-pg-upgrade' unless $ENV{CLM_OLD_SERVER};

my $bindir = "$ENV{CLM_OLD_SERVER}$ENV{CLM_OLD_BINDIR}";
$ENV{LD_LIBRARY_PATH} = "$ENV{CLM_OLD_SERVER}/lib";

# What a server says on one line for each fact, apart from what its version adds.
sub check_upgrade {
    my ($mode, $old_port, $new_port) = @_;
    my $old = do {
        # Its extension is in its own folders.
        local @ENV{qw(PG_CONFIG CLM_STAGE)} = ("$bindir/pg_config", '/nonexistent');
        Server->start($old_port, 'wal_level = replica');
    };
    Kept::fill($old);
    my ($from, $rows, $readings) = ($old->sql('SHOW server_version_num'), Kept::rows($old), Kept::readings($old));
    $old->sql('CREATE DATABASE later TEMPLATE postgres');
    Kept::go_on($old->on('later'));
    my $later = Kept::tables($old->on('later'));

    my $new = Server->make('upgrade', $new_port, $old_port, $bindir, $mode);
    my $to = $new->sql('SHOW server_version_num');
    cmp_ok int($to / 10000), '>', int($from / 10000), "$mode: from $from to $to";
    Kept::is_same(Kept::rows($new), $rows, "$mode: every row is the same, as text and in bytes");
    Kept::is_same(Kept::tables($new->on('later')), $later, "$mode: also those of marts and tracked tables that have changed");
    Kept::is_same(Kept::readings($new), $readings, "$mode: stored values read, score and merge as before");
    $new->sql('CREATE DATABASE fresh');
    $new->on('fresh')->sql('CREATE EXTENSION clm');
    Kept::is_same(Kept::objects($new), Kept::objects($new->on('fresh')), "$mode: the objects are those of a fresh installation");
    Kept::is_alive($new, $later, $mode);
}

eval {
    check_upgrade('copy', 5441, 5442);
    check_upgrade('link', 5443, 5444);
    1;
} or do {
    fail('pg_upgrade');
    diag($@);
};
done_testing;
