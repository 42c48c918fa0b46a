// Who may open a sealed store. Every change touches keys/ alone, in all stores that are copies of each other.
#pragma once
#include <span>
#include <string>

#include "store/store.h"

namespace cairn {

// All of these unlock the first store, so they need a key that opens it; the others need none. InvalidArgument when a
// store is not sealed. An error in one store leaves those after it as they were, and says so.

// The record's ring is made here. AlreadyExists when the recipient is there.
void add_key(std::span<Store* const> stores, KeyRecord record);

// By the beginning of its id. The last one is FailedPrecondition: nobody could open the store any more. What the former
// recipient has kept stays readable for him; rotate_keys() ends that for what is written later.
KeyRecord remove_key(std::span<Store* const> stores, const std::string& id);

// A new master key, wrapped for all recipients; what is written from now on needs it. Returns its number. Processes
// that run go on with the former one. FailedPrecondition, here and for remove_key(), when another recipient has a newer
// master key than the caller's key opens: only he can repeat the rotation that was interrupted.
uint32_t rotate_keys(std::span<Store* const> stores);

}  // namespace cairn
