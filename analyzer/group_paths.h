/* SPDX-License-Identifier: MIT */
/*
 * group_paths - the paths of what becomes a finding or a part of one; what findings hold, by far
 * the most, has none.
 */
#ifndef OURO_GROUP_PATHS_H
#define OURO_GROUP_PATHS_H

#include "classify.h"
#include "paths.h"

/* reached: also of what the snapshot reached. */
struct paths *group_paths_create(const struct session *session, const struct block_set *set,
				 const struct scc *s, const struct verdicts *v, bool reached);
/* Of what lives now. */
struct paths *group_paths_live(const struct session *session);

#endif
