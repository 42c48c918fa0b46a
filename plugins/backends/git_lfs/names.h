// What the keys of a store (docs/format/store.md) are in a Git repository.
#pragma once
#include <map>
#include <set>
#include <string>

#include "git_lfs/repository.h"

namespace cairn::git_lfs {

bool is_large(const std::string& key);            // an LFS object, by a pointer
bool is_of_this_machine(const std::string& key);  // not in the repository
bool is_mark(const std::string& key);

// Of the tags that snapshots have, marks that were not taken back: the name that each gets in Git, by its key. A name
// that Git would refuse has %2e for every dot.
std::map<std::string, std::string> tag_names(const std::set<std::string>& keys);

std::string message_for(const Changes& changes);  // of a commit

}  // namespace cairn::git_lfs
