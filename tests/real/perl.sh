#!/bin/bash
# SPDX-License-Identifier: MIT
# perl: regular expressions, hashes, closures, a fork, sort, a die that is caught.
. "$TOP/tests/lib/real.sh"

# The order of hashes, and with it what is left over, is drawn anew for each run.
export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0

agrees perl /usr/bin/perl -e '
use strict; use warnings; use List::Util qw(sum); use POSIX qw(floor);
my %h = map { $_ => $_ * $_ } 1 .. 500;
my @s = sort { $h{$b} <=> $h{$a} } keys %h;
print "$s[0] ", sum(values %h), " ", floor(3.7), "\n";
my $n = 0; $n++ while "abc abc abd" =~ /ab[cd]/g; print "$n\n";
eval { die { code => 7 } }; print "caught $@->{code}\n";
my @c = map { my $i = $_; sub { $i++ } } 1 .. 10; print $c[3]->() + $c[3]->(), "\n";
my $pid = fork // die; if (!$pid) { exit 3 } waitpid $pid, 0; print $? >> 8, "\n";
print STDERR "to stderr\n"; exit 2;'
# Here Valgrind takes a stack of perl's (2552 bytes) for lost in one run and for possible in the next.
same version /usr/bin/perl -V:version
finish
