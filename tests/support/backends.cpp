#include "support/backends.h"

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn::test {

Registry& plugins() {
  static Registry* const registry = [] {
    auto* made = new Registry;  // immortal: plugins are never unloaded
    made->add_folder(plugin_dir());
    return made;
  }();
  return *registry;
}

std::unique_ptr<Backend> local_backend(const std::filesystem::path& folder, FileSystem* files) {
  Context context;
  context.files = files;
  return plugins().create<Backend>("local", {{"path", folder.string()}}, context);
}

PutResult MemoryBackend::put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
  const std::lock_guard lock(mutex_);
  if (mode == PutMode::IfAbsent && objects_.contains(key)) return PutResult::Existed;
  objects_[key] = Bytes(bytes.begin(), bytes.end());
  return PutResult::Written;
}

std::optional<Bytes> MemoryBackend::get(const std::string& key, const ByteRange& range) {
  const std::lock_guard lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) return std::nullopt;
  const Bytes& all = it->second;
  const size_t begin = std::min<size_t>(range.offset, all.size());
  const size_t length = std::min<size_t>(range.length.value_or(all.size()), all.size() - begin);
  return Bytes(all.begin() + static_cast<std::ptrdiff_t>(begin),
               all.begin() + static_cast<std::ptrdiff_t>(begin + length));
}

Page MemoryBackend::list(const std::string& prefix, const std::string& from) {
  const std::lock_guard lock(mutex_);
  Page page;
  for (auto it = objects_.lower_bound(std::max(prefix, from)); it != objects_.end() && it->first.starts_with(prefix);
       ++it) {
    if (page.keys.size() == page_size) {
      page.next = it->first;
      break;
    }
    page.keys.push_back(it->first);
  }
  return page;
}

std::optional<ObjectStat> MemoryBackend::stat(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) return std::nullopt;
  return ObjectStat{it->second.size(), {}};
}

void MemoryBackend::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
}

std::map<std::string, Bytes> MemoryBackend::copy() {
  const std::lock_guard lock(mutex_);
  return objects_;
}

void MemoryBackend::set(const std::string& key, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  objects_[key] = std::move(bytes);
}

}  // namespace cairn::test
