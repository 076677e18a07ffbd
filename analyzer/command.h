/* SPDX-License-Identifier: MIT */
/*
 * command - what main calls: one function for each command of `ouro`.
 */
#ifndef OURO_COMMAND_H
#define OURO_COMMAND_H

#include "judge.h"
#include "options.h"

#ifndef OURO_VERSION
#define OURO_VERSION "0.1.0"
#endif

/* argv[0..argc) is what follows the command's name.  Return the exit status. */
int run_command(int argc, char **argv);
int report_command(int argc, char **argv);

/* Prints usage and options of a command; EXIT_CLEAN, or EXIT_FAILED if there is no such command. */
int command_help(const char *command);

/* Prints "ouro: COMMAND: what" and returns EXIT_FAILED. */
int command_fail(const char *command, const struct error *err);

/* The suppressions that the options ask for, read and checked. */
int command_suppressions(const struct options *o, struct suppressions **ret, struct error *err);

/* Will a report show the frames below main? */
bool command_shows_startup(const struct options *o);

/* The exit status of a verdict; own is what it would be without one. */
int command_status(const struct options *o, enum report_verdict verdict, int own);

#endif
