# SPDX-License-Identifier: MIT
# script.pl ROUNDS - hashes of lists of strings, filled and pruned.
use strict;
use warnings;

my %count; my $state = 1;
for (1 .. $ARGV[0]) {
	$state = ($state * 69069 + 1) % 4294967296;
	my @words = map { "word" . ($state >> $_) % 5000 } 3, 7, 11;
	push @{$count{$_}}, join("-", @words) for @words;
	delete $count{$words[0]} if $state % 3 == 0;
}
print scalar(keys %count), "\n";
