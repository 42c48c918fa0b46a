#include "store/manage_keys.h"

#include <algorithm>

#include <cairn/error.h>

namespace cairn {

namespace {

// Unlocks, before anything is written.
const Seal& seal_of(std::span<Store* const> stores) {
  for (Store* store : stores) {
    if (!store->sealed()) {
      fail(Code::InvalidArgument, "the ", store->describe(), " is not sealed: it has no keys. A store is sealed when ",
           "it is made, by checkpoint.seal = true");
    }
  }
  return *stores.front()->seal();
}

// A rotation that was interrupted may have given a master key to some recipients only. Whoever lacks it must not put
// another in its place: what was sealed with it meanwhile could never be opened again.
void need_newest(std::span<Store* const> stores, const Seal& seal) {
  for (Store* store : stores) {
    for (const KeyRecord& record : read_key_records(store->backend())) {
      if (record.newest <= seal.newest()) continue;
      fail(Code::FailedPrecondition, "in the ", store->describe(), " the key ", record.id(), " opens master key ",
           record.newest, " and yours only up to ", seal.newest(),
           ": a rotation was interrupted. Let the owner of that ",
           "key run 'cairn key rotate', which gives it to all. Nothing was changed");
    }
  }
}

template <class Change>
void in_all(std::span<Store* const> stores, const Change& change) {
  for (size_t i = 0; i < stores.size(); ++i) {
    try {
      change(stores[i]->backend());
    } catch (Error& error) {
      throw error.note(cat("the ", stores[i]->describe(), " is unchanged; of ", stores.size(), " stores ", i,
                           " were changed before it. Run the command again when it is back"));
    }
  }
}

}  // namespace

void add_key(std::span<Store* const> stores, KeyRecord record) {
  const Seal& seal = seal_of(stores);
  const auto there = read_key_records(stores.front()->backend());
  if (std::any_of(there.begin(), there.end(), [&](const auto& each) { return each.id() == record.id(); })) {
    fail(Code::AlreadyExists, "the key ", record.id(), " opens the ", stores.front()->describe(), " already");
  }
  record.wrap(seal);
  in_all(stores, [&](Backend& backend) { write_key_record(backend, record); });
}

KeyRecord remove_key(std::span<Store* const> stores, const std::string& id) {
  need_newest(stores, seal_of(stores));
  auto records = read_key_records(stores.front()->backend());
  const size_t all = records.size();
  std::erase_if(records, [&](const KeyRecord& each) { return !each.id().starts_with(id); });
  if (id.empty() || records.size() != 1) {
    fail(Code::NotFound, "of the ", all, " keys of the ", stores.front()->describe(), " ", records.size(),
         " begin with '", id, "'; see 'cairn key list'. Nothing was changed");
  }
  if (all == 1) {
    fail(Code::FailedPrecondition, "the key ", records[0].id(), " is the only one of the ", stores.front()->describe(),
         ": nobody could open it any more. Add another one first. Nothing was changed");
  }
  in_all(stores, [&](Backend& backend) { remove_key_record(backend, records[0]); });
  return records[0];
}

uint32_t rotate_keys(std::span<Store* const> stores) {
  const Seal& seal = seal_of(stores);
  need_newest(stores, seal);
  const Seal next = seal.with_new_key();
  auto records = read_key_records(stores.front()->backend());
  for (KeyRecord& record : records) record.wrap(next);
  in_all(stores, [&](Backend& backend) {
    for (const KeyRecord& record : records) write_key_record(backend, record);
  });
  return next.newest();
}

}  // namespace cairn
