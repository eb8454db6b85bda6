#!/usr/bin/env perl
# What is given to others: META.json keeps to the PGXN Meta Spec; `make dist` packs all that is needed and nothing else, and what
# it packs can be built, installed and tested by PGXS; the Debian package is built where its tools are installed.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;
use IO::Uncompress::Unzip qw($UnzipError);
use JSON::PP;
use Test::More;

my $top = abs_path("$FindBin::Bin/../..");
my $dir = tempdir('clm-package-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($version) = content("$top/clm.control") =~ /^default_version *= *'([^']+)'/m;

sub content {
    my ($name) = @_;
    open my $in, '<:raw', $name or die "$name: $!";
    local $/;
    return scalar <$in>;
}

# Status and output of a shell command.
sub output_of {
    my ($command) = @_;
    my $output = `$command 2>&1`;
    return ($? >> 8, $output);
}

sub succeeds {
    my ($command, $name) = @_;
    my ($status, $output) = output_of($command);
    is $status, 0, $name or diag $output;
    return $output;
}

# The rules of the PGXN Meta Spec 1.0.0 for the keys that it knows; others begin with x_.
my $semver = qr/\A(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z-]+)?\z/;
my $term = qr{\A[^\s\x00-\x1f/\\]{2,}\z};
my @required = qw(name abstract version maintainer license provides meta-spec);
my @optional = qw(description generated_by no_index prereqs release_status resources tags);

sub known_keys {
    my ($map, $where, @known) = @_;
    my %known = map { $_ => 1 } @known;
    is join(' ', grep { !$known{$_} && !/\Ax_/i } sort keys %$map), '', "META.json: no unknown key in $where";
}

sub check_provides {
    my ($meta) = @_;
    is join(' ', keys %{ $meta->{provides} }), 'clm', 'META.json: provides the extension';
    my $clm = $meta->{provides}{clm};
    known_keys($clm, 'provides', qw(file version abstract docfile));
    is $clm->{version}, $version, 'META.json: the extension has the version of clm.control';
    ok -f "$top/$clm->{$_}", "META.json: its $_ is there" for qw(file docfile);
}

# Names of phases and relations are the spec's, versions are at least so many.
sub check_prereqs {
    my ($meta) = @_;
    for my $phase (sort keys %{ $meta->{prereqs} }) {
        like $phase, qr/\A(?:configure|build|test|runtime|develop)\z/, "META.json: phase $phase";
        my $relations = $meta->{prereqs}{$phase};
        for my $relation (sort keys %$relations) {
            like $relation, qr/\A(?:requires|recommends|suggests|conflicts)\z/, "META.json: relation $relation";
            my $needs = $relations->{$relation};
            like $_, $term, "META.json: $phase $relation $_" for sort keys %$needs;
            like $_, $semver, "META.json: version $_ in $phase" for values %$needs;
        }
    }
    my ($oldest) = content("$top/README.md") =~ /^PostgreSQL ([0-9]+) and later/m;
    is $meta->{prereqs}{runtime}{requires}{PostgreSQL}, "$oldest.0.0", 'META.json: needs the PostgreSQL that README.md names';
}

sub check_meta {
    my $meta = decode_json(content("$top/META.json"));
    known_keys($meta, 'the file', @required, @optional);
    ok defined $meta->{$_} && $meta->{$_} ne '', "META.json has $_" for @required;
    is $meta->{'meta-spec'}{version}, '1.0.0', 'META.json: the version of the spec';
    like $meta->{name}, $term, 'META.json: name';
    like $meta->{version}, $semver, 'META.json: a semantic version';
    is $meta->{version}, $version, 'META.json: the version of clm.control';
    is $meta->{license}, 'postgresql', 'META.json: license';
    like content("$top/LICENSE"), qr/without a written agreement is hereby granted/, 'LICENSE is that license';
    my ($comment) = content("$top/clm.control") =~ /^comment *= *'([^']+)'/m;
    is lc $meta->{abstract}, $comment, 'META.json: the abstract is the comment of clm.control';
    is join(' ', grep { ref || !m{\A[^\x00-\x1f/\\]{1,255}\z} } @{ $meta->{tags} }), '', 'META.json: tags';
    check_provides($meta);
    check_prereqs($meta);
}

# A repository with the files of the checkout as they are, committed or not.
sub make_repository {
    my $repository = "$dir/repository";
    mkdir $repository or die;
    my ($status, $output) = output_of("cd '$top' && git ls-files -z --cached --others --exclude-standard");
    my @files = grep { -e "$top/$_" || -l "$top/$_" } split /\0/, $output;
    open my $list, '>', "$dir/files" or die;
    print $list join "\0", @files;
    close $list;
    succeeds("tar -C '$top' --null -T '$dir/files' -cf - | tar -C '$repository' -xf -", 'the files of the checkout');
    my $git = "git -C '$repository' -c user.name=test -c user.email=test\@localhost -c commit.gpgSign=false";
    succeeds("git init -q '$repository' && $git add -A && $git commit -q -m test", 'a repository of its own');
    return ($repository, @files);
}

# Unpack as programs do that know neither modes nor links; returns the names of the files.
sub unpack_zip {
    my ($zip) = @_;
    my $from = IO::Uncompress::Unzip->new($zip) or die "$zip: $UnzipError";
    my @names;
    for (my $status = 1; $status > 0; $status = $from->nextStream) {
        my $name = $from->getHeaderInfo->{Name};
        next if $name =~ m{/\z};
        push @names, $name;
        make_path("$dir/" . dirname($name));
        open my $to, '>:raw', "$dir/$name" or die "$name: $!";
        local $/;
        print $to scalar(<$from>) // '';
        close $to;
    }
    return @names;
}

sub check_dist {
    my ($repository, @files) = @_;
    my $zip = "build/clm-$version.zip";
    my $output = succeeds("TZ=Asia/Shanghai make -C '$repository' -s dist PG_CONFIG=/nonexistent", 'make dist, without PostgreSQL');
    is $output, "$zip\n", 'it says what it made';
    my $first = content("$repository/$zip");
    succeeds("umask 077; TZ=America/Lima make -C '$repository' -s dist", 'make dist again');
    ok $first eq content("$repository/$zip"), 'the same commit gives the same bytes';
    my @names = map { s{\Aclm-\Q$version\E/}{}r } my @packed = unpack_zip("$repository/$zip");
    is scalar(grep { !m{\Aclm-\Q$version\E/} } @packed), 0, 'all is in one folder';
    my $only_here = qr{\A(?:\.ci/.*|\.gitattributes|(?:.*/)?\.gitignore|test/expected)\z};
    is_deeply [sort @names], [sort grep { !/$only_here/ } @files], 'it has every file but those of the checkout alone';
    is join(' ', grep { /\.(?:o|bc|so|deb|zip)\z|\Aclm--|\A(?:build|results)\// } @names), '', 'no product of a build';
    open my $readme, '>>', "$repository/README.md" or die;
    print $readme "more\n";
    close $readme;
    like succeeds("make -C '$repository' -s dist", 'make dist with a change'), qr/^Changes that are not committed are left out\.$/m,
        'it says that changes are left out';
    ok $first eq content("$repository/$zip"), 'and leaves them out';
}

sub check_no_checkout {
    mkdir "$dir/repository/copy" or die; # a folder in a repository that is another project's
    system("cp -R '$top/scripts' '$top/Makefile' '$top/clm.control' '$dir/repository/copy'") == 0 or die;
    my ($status, $output) = output_of("make -C '$dir/repository/copy' -s dist");
    is $status, 2, 'make dist fails outside of a checkout';
    like $output, qr/\Aclm: make dist packs a commit, but \S+ is not a git checkout\nmake: [^\n]*\n\z/, 'with one clear line';
}

sub check_pgxs {
    my $make = "make -s -C '$dir/clm-$version' with_llvm=no";
    succeeds("$make -j2", 'what is packed can be built');
    succeeds("$make DESTDIR='$dir/stage' install", 'and installed');
    my @installed = sort map { chomp; s/.*\///r } `find '$dir/stage' -type f`;
    is "@installed", "clm--$version.sql clm.control clm.so", 'three files are installed';
    my @tests = map { s/.*\/(.*)\.sql\z/$1/r } glob "'$top/test/sql/'*.sql";
    my ($command) = grep { /pg_regress/ } map { s/\\\n//gr } split /(?<!\\)\n/, succeeds("$make -n installcheck", 'make -n installcheck');
    is_deeply [sort grep { -e "$top/test/sql/$_.sql" } split ' ', $command], [sort @tests], 'installcheck runs every test of test/sql';
    # In the throw-away cluster, which has the same extension. All of test/sql has been run there by its own harness.
    my $output = succeeds("$make installcheck REGRESS='label stage value'", 'make installcheck');
    is scalar(() = $output =~ /^(?:test \S+ +\.\.\. ok|ok \d+ +[-+] \S+)/mg), 3, 'runs the tests that it is told to' or diag $output;
    succeeds('dropdb contrib_regression', 'its database has that name');
    succeeds("$make clean", 'make clean');
    ok !-e "$dir/clm-$version/build", 'takes what installcheck made';
}

sub check_debian {
    my ($upstream) = content("$top/debian/changelog") =~ /\Aclm \(([^)]+)-[^-)]+\)/;
    is $upstream, $version, 'debian/changelog has the version of clm.control';
    my $control = content("$top/debian/control.in") =~ s/PGVERSION/15/gr;
    is content("$top/debian/control"), $control, 'debian/control is debian/control.in for PostgreSQL 15';
    my ($grant) = content("$top/LICENSE") =~ /(Permission to use.*)/s;
    my ($copied) = content("$top/debian/copyright") =~ /(Permission to use.*)/s;
    is $copied =~ s/^ \.?//mgr, $grant, 'debian/copyright has the text of LICENSE';
}

# Whether all is there that debian/control asks for, so that scripts/deb has nothing to install.
sub has_debian_tools {
    return !system("cd '$top' && dpkg-checkbuilddeps >/dev/null 2>&1");
}

# Without its tests, which are those that make test runs.
sub check_deb {
    my $tree = "$dir/clm-$version";
    system("chmod +x '$tree'/scripts/*") == 0 or die;
    my ($package) = succeeds("cd '$tree' && DEB_BUILD_OPTIONS='nocheck parallel=2' scripts/deb", 'scripts/deb')
        =~ m{^(build/postgresql-[0-9]+-clm_\S+\.deb)$}m;
    ok $package, 'names the package' or return;
    my ($pg) = $package =~ /postgresql-([0-9]+)-/;
    my @files = map { m{ \./(\S*[^/\s])$} } split /\n/, `dpkg-deb --contents '$tree/$package'`;
    my %packed = map { $_ => 1 } @files;
    my $doc = "usr/share/doc/postgresql-$pg-clm";
    ok $packed{$_}, "the package has $_"
        for "usr/lib/postgresql/$pg/lib/clm.so", "usr/share/postgresql/$pg/extension/clm.control",
        "usr/share/postgresql/$pg/extension/clm--$version.sql", "$doc/copyright", "$doc/README.md.gz", "$doc/changelog.gz",
        "$doc/examples/early_warning.sql", "$doc/examples/demo.sql";
    my $depends = `dpkg-deb --field '$tree/$package' Depends`;
    like $depends, qr/\b$_\b/, "the package depends on $_" for "postgresql-$pg", 'libnlopt0';
}

check_meta();
check_debian();
SKIP: {
    skip 'this is not a checkout that git can read', 1 unless -e "$top/.git" && !system("git -C '$top' rev-parse HEAD >/dev/null 2>&1");
    check_dist(make_repository());
    check_no_checkout();
    check_pgxs();
    skip 'what builds Debian packages is not installed', 1 unless has_debian_tools();
    check_deb();
}
done_testing;
