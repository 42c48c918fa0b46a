#include "store/generation.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "store/canonical_json.h"

namespace cairn {

namespace {

// leases/<run>/<generation>-<number>.json
int64_t generation_of(std::string_view key, const std::string& prefix) {
  if (!key.starts_with(prefix)) return 0;
  key.remove_prefix(prefix.size());
  int64_t value = 0;
  std::from_chars(key.data(), key.data() + key.size(), value);
  return value;
}

int64_t highest(Store& store, const std::string& run) {
  int64_t found = 0;
  for (const ManifestKey& key : store.manifests(run)) found = std::max(found, key.generation);
  const std::string prefix = cat("leases/", run, "/");
  std::optional<std::string> from = "";
  while (from) {
    const Page page = store.backend().list(prefix, *from);
    from = page.next;
    for (const std::string& key : page.keys) found = std::max(found, generation_of(key, prefix));
  }
  return found;
}

}  // namespace

int64_t claim_generation(Store& store, const std::string& run) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const std::string text = canonical_json({{"format", 1}, {"host", host}, {"pid", getpid()}});
  const PutMode mode = store.backend().capabilities().conditional_put ? PutMode::IfAbsent : PutMode::Replace;
  for (int64_t generation = highest(store, run) + 1;; ++generation) {
    const std::string key = lease_key(run, generation, 0);
    if (store.backend().put(key, std::as_bytes(std::span(text.data(), text.size())), mode) == PutResult::Written) {
      store.backend().commit(std::span(&key, 1));
      return generation;
    }
  }
}

}  // namespace cairn
