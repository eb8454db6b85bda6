#!/usr/bin/env perl
# Rows that users add, change and hide in the reference tables: they survive dumps, restores and upgrades that replace
# the shipped rows or drop some, whoever has installed the extension; others read them and do not write. And a further reference table
# needs nothing but its data.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('clm-reference-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($admin, $owner, $reader) = ($ENV{PGUSER}, map { "clm_reference_${_}_$$" } 'owner', 'reader');
my @databases;
$ENV{PGOPTIONS} = '-c client_min_messages=warning';

sub content {
    my ($name) = @_;
    open my $in, '<:raw', $name or die "$name: $!";
    local $/;
    return scalar <$in>;
}

sub write_file {
    my ($name, $content) = @_;
    open my $out, '>:raw', $name or die "$name: $!";
    print $out $content;
    close $out;
}

# Output of psql that runs a script as a role: (succeeded, text).
sub psql {
    my ($role, $database, $sql) = @_;
    write_file("$dir/script.sql", $sql);
    my $output = `psql -X -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -U $role -d $database -f $dir/script.sql 2>&1`;
    return ($? == 0, $output);
}

sub succeeds {
    my ($role, $database, $sql, $name) = @_;
    my ($success, $output) = psql($role, $database, $sql);
    ok $success, $name or diag $output;
    return $output;
}

sub make_database {
    my ($name) = @_;
    my $database = "clm_reference_${name}_$$";
    push @databases, $database;
    psql($admin, 'postgres', "CREATE DATABASE $database OWNER $owner");
    # In this database the extension is looked for in the folder with the versions made here.
    psql($admin, 'postgres', "ALTER DATABASE $database SET $_->[0] = '$_->[1]'") for extension_folder();
    return $database;
}

my ($sharedir) = map { chomp; $_ } `$ENV{PG_CONFIG} --sharedir`;

# The server's setting for that and its value; none where the server knows its own folder only.
sub extension_folder {
    my ($known) = (psql($admin, 'postgres', "SELECT name FROM pg_settings
        WHERE name IN ('extension_destdir', 'extension_control_path') ORDER BY name = 'extension_destdir' DESC LIMIT 1"))[1];
    chomp $known;
    return $known eq 'extension_destdir' ? [$known, $dir] : $known ? [$known, "$dir$sharedir:\$system"] : ();
}

# What the user sees, and what the user has written.
my $rows_of = q{SELECT format('SELECT %L, r FROM clm.%I r ORDER BY r::text', relname, relname) FROM pg_class
    WHERE relnamespace = 'clm'::regnamespace AND relkind IN ('r', 'v') AND relname LIKE '%s' ORDER BY relname \gexec};
sub rows {
    my ($database, $pattern) = @_;
    my ($success, $output) = psql($admin, $database, $rows_of =~ s/%s'/$pattern'/r);
    die $output unless $success;
    return $output;
}

# The first shipped row of each table changed in its English name alone, the second one added under another name, the last
# hidden by its key alone.
my $write_rows = <<'SQL';
DO $$
DECLARE
    name text;
    key text[];
    change text;
BEGIN
    FOR name, key IN SELECT left(t.relname, -length('_builtin')), array_agg(a.attname ORDER BY a.attnum) FROM pg_class t
        JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
        WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\_builtin' GROUP BY t.relname
    LOOP
        FOR i IN 0 .. 2 LOOP
            change := CASE i WHEN 0 THEN '{"hidden": false, "en": "Changed"}' WHEN 2 THEN '{"hidden": true}'
                      ELSE format('{"hidden": false, "en": "Added", "%s": "ours"}', key[1]) END;
            EXECUTE format('INSERT INTO clm.%1$I SELECT (jsonb_populate_record(NULL::clm.%1$I, given || %3$L)).*
                            FROM clm.%2$I b, LATERAL (SELECT jsonb_object_agg(k, v) FROM jsonb_each(to_jsonb(b)) c(k, v)
                                                      WHERE %6$L OR k = ANY (%7$L)) g(given)
                            ORDER BY b::text %4$s LIMIT 1 OFFSET %5$s', name || '_user', name || '_builtin',
                           change::jsonb, CASE i WHEN 2 THEN 'DESC' ELSE '' END, i % 2, i = 1, key);
        END LOOP;
    END LOOP;
END
$$;
SQL

# For each table the problems that the view has with the user's rows over shipped ones whose names end so.
sub problems {
    my ($database, $ending) = @_;
    return (psql($admin, $database, <<"SQL"))[1];
SELECT format('SELECT %1\$L WHERE (SELECT count(*) FILTER (WHERE en = ''Changed'' AND right(zh, length(''$ending'')) = ''$ending'') <> 1 OR count(*) FILTER (WHERE en = ''Added'') <> 1
        OR count(*) FILTER (WHERE en NOT IN (''Changed'', ''Added'') AND right(en, length(''$ending'')) <> ''$ending'') > 0 OR count(*) < 4
        FROM clm.%1\$I)
    OR (SELECT count(*) <> 1 FROM clm.%2\$I u JOIN clm.%3\$I b USING (%4\$s) WHERE u.hidden)
    OR EXISTS (SELECT FROM clm.%1\$I JOIN clm.%2\$I u USING (%4\$s) WHERE u.hidden)',
    left(t.relname, -length('_builtin')), left(t.relname, -length('_builtin')) || '_user', t.relname,
    (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = t.oid AND attnum = ANY (i.indkey)))
FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\\_builtin' \\gexec
SQL
}

# A plain user reads every reference table and writes none.
sub reader_only_reads {
    my ($database, $name) = @_;
    succeeds($reader, $database, $rows_of =~ s/%s'/%'/r, "$name: others read");
    my ($tables) = (psql($admin, $database, q{SELECT relname FROM pg_class
        WHERE relnamespace = 'clm'::regnamespace AND relkind IN ('r', 'v') ORDER BY relname}))[1];
    my @written = grep { (psql($reader, $database, "BEGIN; DELETE FROM clm.$_; ROLLBACK"))[1] !~ /ERROR:  (42501|55000)/ } split ' ', $tables;
    is "@written", '', "$name: others do not write";
}

# A version whose update script replaces all shipped rows by those of the data files, with names that end in "(next)", and
# drops one.
sub make_next_version {
    my ($folder, $version) = @_;
    my $script = "SET LOCAL search_path = pg_catalog, pg_temp;\n";
    my (@tables, @rows);
    for my $file (glob "'$top'/sql/*_data.sql") {
        for my $statement (split /;\n/, content($file)) {
            $statement =~ s/\A(\s*(--.*)?\n)*//;
            push @tables, $1 if $statement =~ /\ACREATE TABLE (\S+)/;
            push @rows, $statement if $statement =~ /\A(INSERT|UPDATE)/;
        }
    }
    $script .= "DELETE FROM $_;\n" for @tables;
    $script .= "$_;\n" for @rows;
    $script .= "UPDATE $_ SET en = en || ' (next)', zh = zh || ' (next)';\n" for @tables;
    $script .= "DELETE FROM clm.term_builtin WHERE code = 'loyalty';\n";
    write_file("$folder/clm--$version--next.sql", $script);
    return scalar @tables;
}

# The install script of a version with one reference table more, which refers to another one.
sub make_version_with_one_more {
    my ($folder, $version) = @_;
    my $reference = content("$top/sql/reference.sql");
    my $script = content("$folder/clm--$version.sql");
    my $at = index $script, $reference;
    die 'the install script lacks reference.sql' if $at < 0;
    substr($script, $at, 0) = <<'SQL';
CREATE TABLE clm.offer_builtin (code text PRIMARY KEY, lever text, en text NOT NULL, zh text NOT NULL);
COMMENT ON TABLE clm.offer_builtin IS 'Offers';
COMMENT ON COLUMN clm.offer_builtin.code IS 'Code';
COMMENT ON COLUMN clm.offer_builtin.lever IS 'Lever';
COMMENT ON COLUMN clm.offer_builtin.en IS 'English';
COMMENT ON COLUMN clm.offer_builtin.zh IS 'Chinese';
INSERT INTO clm.offer_builtin VALUES ('a', 'usage', 'A', 'A'), ('b', 'price', 'B', 'B'), ('c', NULL, 'C', 'C');
SQL
    write_file("$folder/clm--onemore.sql", $script);
}

# The rows of a database after a dump in a format, restored by a role into another one.
sub restored {
    my ($role, $database, $format, $name) = @_;
    my $copy = make_database("copy" . @databases);
    my $dump = "$dir/$format.dump";
    my $output = `pg_dump -U $role -F $format -f $dump $database 2>&1`;
    is $?, 0, "$name: pg_dump" or diag $output;
    # Privileges in a dump would name roles, the superuser's among them, which another cluster may not have.
    unlike content($dump), qr/^(?:GRANT|REVOKE)\b/m, "$name: no privileges in the dump" if $format eq 'plain';
    $output = $format eq 'plain' ? `psql -X -q -v ON_ERROR_STOP=1 -U $role -d $copy -f $dump 2>&1 >$dir/out`
        : `pg_restore --exit-on-error -U $role -d $copy $dump 2>&1`;
    is $?, 0, "$name: restored" or diag $output;
    is $output, '', "$name: without a complaint";
    return $copy;
}

system('cp', '-R', "$ENV{CLM_STAGE}/.", $dir) == 0 or die;
system('chmod', '-R', 'u+w,a+rX', $dir) == 0 or die;
my ($control) = glob "'$dir$sharedir/extension/clm.control'";
my ($version) = content($control) =~ /^default_version *= *'([^']+)'/m;
my $folder = dirname($control);
my $has_folder = () = extension_folder();
is make_next_version($folder, $version), 12, 'twelve tables with data';
make_version_with_one_more($folder, $version);
psql($admin, 'postgres', "CREATE ROLE $owner LOGIN; CREATE ROLE $reader LOGIN");

for my $installer (['superuser', $admin], ['owner', $owner]) {
    my ($who, $role) = @$installer;
    my $database = make_database($who);
    succeeds($role, $database, 'CREATE EXTENSION clm', "$who\'s: installed");
    succeeds($role, $database, $write_rows, "$who\'s: rows added, changed and hidden");
    is problems($database, ''), '', "$who\'s: the views show them";
    reader_only_reads($database, "$who\'s");
    my ($seen, $written) = (rows($database, '%'), rows($database, '%\_user'));
    is $written =~ tr/\n//, 36, "$who\'s: three rows a table";

    for my $restorer ($role eq $admin ? ([$who, $role]) : ([$who, $role], ['superuser', $admin])) {
        for my $format ('plain', 'custom') {
            my $name = "$who\'s, $format dump, restored by the $restorer->[0]";
            my $copy = restored($restorer->[1], $database, $format, $name);
            is rows($copy, '%'), $seen, "$name: every row is there";
            reader_only_reads($copy, $name);
            succeeds($restorer->[1], $copy, "BEGIN; DELETE FROM clm.lever_user; ROLLBACK", "$name: who restored writes");
        }
    }

    SKIP: {
        skip 'this server looks for extensions in its own folder only', 8 unless $has_folder;
        succeeds($role, $database, "INSERT INTO clm.term_user (code, en) VALUES ('loyalty', 'Faith')", "$who\'s: a term renamed");
        my ($success, $output) = psql($reader, $database, "ALTER EXTENSION clm UPDATE TO 'next'");
        like $output, qr/42501/, "$who\'s, upgraded: not by others";
        succeeds($role, $database, "ALTER EXTENSION clm UPDATE TO 'next'", "$who\'s, upgraded: done");
        is succeeds($role, $database, "SELECT code, en, zh FROM clm.term WHERE code = 'loyalty'; DELETE FROM clm.term_user WHERE code = 'loyalty'",
            "$who\'s, upgraded: the renamed term is read"), "loyalty|Faith|\n", "$who\'s, upgraded: the name stays where its row is dropped";
        is rows($database, '%\_user'), $written, "$who\'s, upgraded: the user's rows are as they were";
        is problems($database, ' (next)'), '', "$who\'s, upgraded: they stand over the new shipped rows";
        reader_only_reads($database, "$who\'s, upgraded");
    }
}

SKIP: {
    skip 'this server looks for extensions in its own folder only', 6 unless $has_folder;
    my $database = make_database('onemore');
    succeeds($owner, $database, "CREATE EXTENSION clm VERSION 'onemore'", 'one more: installed');
    reader_only_reads($database, 'one more');
    is succeeds($owner, $database, q{
        INSERT INTO clm.lever_user (code, hidden) VALUES ('price', true);
        INSERT INTO clm.offer_user VALUES ('d', 'usage', 'D', 'D'), ('e', 'price', 'E', 'E');
        SELECT string_agg(code, ' ' ORDER BY code) FROM clm.offer;
        SELECT obj_description('clm.offer'::regclass) || '|' || col_description('clm.offer'::regclass, 2) || '|' || col_description('clm.offer_user'::regclass, 2);
    }, 'one more: the user writes'), "a c d\nOffers; the shipped rows and your own|Lever|Lever (NULL keeps the shipped value)\n", 'one more: a view with comments, which follows hidden parents';
    my $seen = rows($database, '%\_user');
    my $output = `pg_dump -U $owner --data-only $database 2>&1`;
    like $output, qr/^COPY clm\.offer_user .*\nd\t/m, 'one more: dumped';
}

END {
    my $status = $?;
    psql($admin, 'postgres', join '', map { "DROP DATABASE IF EXISTS $_;\n" } @databases);
    psql($admin, 'postgres', "DROP ROLE IF EXISTS $owner; DROP ROLE IF EXISTS $reader");
    $? = $status;
}

done_testing;
