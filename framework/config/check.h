// The merged tree to a Pipeline.
#pragma once
#include "config/table_check.h"

namespace cairn {

// Fills result.pipeline and result.entries and adds a problem for everything that is wrong.
void check_tree(const Node& root, const CheckContext& context);

// A site must not change results unless it, or the caller, says that it may.
void check_site(const Node& site, const CheckContext& context);

}  // namespace cairn
