#!/usr/bin/env perl
# The plain way of building: make, make install, make clean; and what make says where there is no PostgreSQL.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir('clm-build-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my @sources = qw(Makefile META.json clm.control scripts sql src);
system('cp', '-R', (map { "$top/$_" } @sources), $dir) == 0 or die;
system("chmod -R u+w '$dir'; find '$dir' -name '*.o' -delete -o -name '*.bc' -delete");
chdir $dir or die;

# Status and output of a command.
sub output_of {
    my ($command) = @_;
    my $output = `$command 2>&1`;
    return ($? >> 8, $output);
}

sub files {
    return join ' ', sort map { chomp; $_ } `find . -type f`;
}

my $before = files();
my ($status, $output) = output_of('make -s -j2 with_llvm=no');
is $status, 0, 'make' or diag $output;
ok -s 'clm.so', 'there is a library';

($status, $output) = output_of('make with_llvm=no');
like $output, qr/\Amake: Nothing to be done for 'all'\.\n\z/, 'a second make does nothing';

my ($header) = glob 'src/core/core.h';
my $later = time + 10;
utime $later, $later, $header;
($status, $output) = output_of('make -n with_llvm=no');
like $output, qr/-o src\/core\/\w+\.o/, 'a changed header rebuilds what includes it';
my ($part) = glob 'sql/*.sql';
utime $later, $later, $part;
($status, $output) = output_of('make -n with_llvm=no');
like $output, qr/cat sql\/schema\.sql .* >> clm--/, 'a changed part rebuilds the install script';

my @exported = map { (split)[-1] } `nm -D --defined-only clm.so`;
is join(' ', grep { !/^(?:clm_|pg_finfo_clm_|Pg_magic_func$|_PG_)/ } @exported), '', 'no foreign name leaves the library';

($status, $output) = output_of("make -s with_llvm=no DESTDIR='$dir/stage' install");
is $status, 0, 'make install' or diag $output;
my @installed = map { s/.*\///r } map { chomp; $_ } `find stage -type f`;
is join(' ', sort @installed), 'clm--0.1.0.sql clm.control clm.so', 'installs three files';
system('rm', '-rf', 'stage');

# Beside a later version, the scripts of the releases before it, and those that update to it.
system('cp', 'clm.control', 'clm.control.before') == 0 or die;
system(q{sed -i "s/^default_version.*/default_version = '9.0.0'/" clm.control; echo 'SELECT 1;' > sql/clm--0.1.0--9.0.0.sql}) == 0 or die;
($status, $output) = output_of("make -s with_llvm=no DESTDIR='$dir/stage' install");
is $status, 0, 'make install of a later version' or diag $output;
is join(' ', sort map { s/.*\///r } map { chomp; $_ } `find stage -name '*.sql'`), 'clm--0.1.0--9.0.0.sql clm--0.1.0.sql clm--9.0.0.sql',
    'installs the scripts of earlier releases and the upgrade scripts';
system(q{rm -rf stage sql/clm--0.1.0--9.0.0.sql; mv clm.control.before clm.control}) == 0 or die;

($status, $output) = output_of('make -s with_llvm=no clean');
is files(), $before, 'make clean leaves nothing';

($status, $output) = output_of('make PG_CONFIG=/nonexistent/pg_config');
is $status, 2, 'without PostgreSQL make fails';
like $output, qr/\A[^\n]*finds no PostgreSQL server development files[^\n]*\n\z/, 'with one clear line';
($status, $output) = output_of('make help PG_CONFIG=/nonexistent/pg_config');
is $status, 0, 'make help works even so';
like $output, qr/^make demo .*^make test /ms, 'and names the targets';

sub content {
    my ($name) = @_;
    open my $in, '<', $name or die "$name: $!";
    local $/;
    return scalar <$in>;
}

my ($version) = content('clm.control') =~ /^default_version *= *'([^']+)'/m;
my @in_meta = content('META.json') =~ /"version": "([^"]+)"/g;
is_deeply [@in_meta[0, 1]], [$version, $version], 'META.json has the version of clm.control';

done_testing;
