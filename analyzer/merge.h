/* SPDX-License-Identifier: MIT */
/*
 * merge - findings that read the same become one.
 */
#ifndef OURO_MERGE_H
#define OURO_MERGE_H

#include "report.h"

/* Folds findings whose class, shape and named stacks are equal into the first of them and puts the
 * worst first again. Returns how many are left. Expected linear in frames, members and edges. */
size_t findings_merge(struct report_finding *findings, size_t count);

#endif
