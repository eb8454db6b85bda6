# Further servers for a test, and psql on them. They are stopped when the test ends, however it ends.
package Server;
use strict;
use warnings;
use FindBin;
use IPC::Open3;

my @started;
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

sub command {
    system("$FindBin::Bin/lib/server", @_) == 0 or die "server @_ failed\n";
}

# The throw-away cluster, with a database to connect to.
sub cluster {
    my ($class, $database) = @_;
    return bless { port => $ENV{PGPORT}, database => $database }, $class;
}

# A server of its own, with these settings.
sub start {
    my ($class, $port, @settings) = @_;
    return $class->make('start', $port, @settings);
}

# A hot standby of another server, with these settings.
sub standby_of {
    my ($class, $primary, $port, @settings) = @_;
    return $class->make('standby', $port, $primary->{port}, @settings);
}

sub make {
    my ($class, $command, $port, @arguments) = @_;
    my $self = bless { port => $port, database => 'postgres' }, $class;
    push @started, $self;
    command($command, $port, @arguments);
    return $self;
}

sub promote {
    my ($self) = @_;
    command('promote', $self->{port});
}

sub restart {
    my ($self) = @_;
    command('restart', $self->{port});
}

# Begin a script of psql; what finish gives: (succeeded, everything printed, errors included).
sub begin {
    my ($self, $sql) = @_;
    my $pid = open3(my $to, my $from, undef, 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
        '-p', $self->{port}, '-d', $self->{database});
    print $to $sql;
    close $to;
    return [$pid, $from];
}

sub finish {
    my ($run) = @_;
    my ($pid, $from) = @$run;
    my $output = do { local $/; <$from> } // '';
    waitpid $pid, 0;
    chomp $output;
    return ($? == 0, $output);
}

sub try {
    my ($self, $sql) = @_;
    return finish($self->begin($sql));
}

# What a script that must succeed prints.
sub sql {
    my ($self, $sql) = @_;
    my ($success, $output) = $self->try($sql);
    die "on port $self->{port}:\n$sql\n$output\n" unless $success;
    return $output;
}

END {
    my $status = $?;
    system("$FindBin::Bin/lib/server", 'stop', $_->{port}) for @started;
    $? = $status;
}

1;
