#include "checkpoint/pipeline/copy_marks.h"

#include <set>

#include "store/marks.h"

namespace cairn {

namespace {

bool speaks_of_one_store(std::string_view key) {
  const auto mark = parse_mark(key);
  return mark && mark->kind == kCheckedMark;
}

}  // namespace

size_t copy_marks(Store& from, Store& to, const std::string& snapshot) {
  const std::string prefix = snapshot.empty() ? std::string(kMarkPrefix) : cat(kMarkPrefix, snapshot, "/");
  const auto theirs = to.keys(prefix);
  const std::set<std::string> there(theirs.begin(), theirs.end());
  size_t copied = 0;
  for (const std::string& key : from.keys(prefix)) {
    if (there.contains(key) || speaks_of_one_store(key)) continue;
    const auto bytes = from.backend().get(key);
    if (!bytes) continue;  // erased meanwhile
    to.backend().put(key, *bytes, PutMode::Replace);
    to.backend().commit(std::span(&key, 1));
    ++copied;
  }
  return copied;
}

}  // namespace cairn
