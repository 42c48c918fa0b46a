// Keys of stores for tests: files in a folder of the test's own.
#pragma once
#include <memory>
#include <string>

#include "store/store_keys.h"
#include "support/files.h"

namespace cairn::test {

inline Path key_file(const Path& folder, const std::string& name) {
  const Path path = folder / name;
  write_secret_file(path, Identity::random().text().text());
  return path;
}

// Of a process that seals what it makes with a key file.
inline std::shared_ptr<StoreKeys> sealing_with(const Path& file) {
  StoreKeys::Options options;
  options.seal = true;
  options.key.file = file;
  return std::make_shared<StoreKeys>(options);
}

inline std::shared_ptr<StoreKeys> reading_with(const KeySource& source) {
  StoreKeys::Options options;
  options.key = source;
  return std::make_shared<StoreKeys>(options);
}

}  // namespace cairn::test
