#include "cli/copies.h"

#include <set>

#include "store/lease.h"
#include "store/marks.h"

namespace cairn {

namespace {

// What a mirror has.
struct Known {
  std::string name;
  bool answers = true;
  std::set<std::string> manifests, verified;  // keys; ids
};

Known look_into(const OpenStores& stores, size_t number, const std::string& uuid, const Say& say) {
  Known known;
  known.name = stores.backends[number]->describe();
  try {
    const auto store = stores.open(number, OpenStore::MustExist, uuid);
    for (const std::string& key : store->keys(manifest_prefix(""))) known.manifests.insert(key);
    for (const Mark& mark : read_marks(*store)) {
      if (mark.kind == kCheckedMark) known.verified.insert(mark.snapshot);
    }
  } catch (const Error& error) {
    known.answers = error.code() == Code::NotFound;  // empty: it has nothing yet
    if (!known.answers) say(error.message());
  }
  return known;
}

}  // namespace

CopiesOf mirrors_of(const OpenStores& stores, Store& first, const Say& say) {
  std::vector<Known> all;
  for (size_t i = 1; i < stores.backends.size(); ++i) all.push_back(look_into(stores, i, first.uuid(), say));
  std::set<std::string> held;
  for (const std::string& run : first.runs()) {
    if (WriterLease::held(first, run)) held.insert(run);
  }
  return [all, held](const SnapshotInfo& info) {
    const std::string key = key_of(info).key();
    std::vector<std::pair<std::string, Copy>> copies;
    for (const Known& each : all) {
      const Copy found = !each.answers                     ? Copy::Unknown
                         : !each.manifests.contains(key)   ? (held.contains(info.run) ? Copy::Replicating : Copy::Local)
                         : each.verified.contains(info.id) ? Copy::Verified
                                                           : Copy::Replicated;
      copies.emplace_back(each.name, found);
    }
    return copies;
  };
}

}  // namespace cairn
