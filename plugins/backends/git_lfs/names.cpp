#include "git_lfs/names.h"

#include <optional>
#include <string_view>

#include <cairn/error.h>

namespace cairn::git_lfs {

namespace {

constexpr std::string_view kMarks = "marks/", kTag = "/tag-", kGone = "/gone.tag-";
constexpr size_t kIdDigits = 64, kShownDigits = 12;

// "marks/<id>/tag-<name>-<random>"
struct TagKey {
  std::string id, name;
  std::string gone;  // the key that takes it back
};

std::optional<TagKey> tag_key(const std::string& key) {
  const size_t kind = kMarks.size() + kIdDigits, name = kind + kTag.size(), last = key.rfind('-');
  if (!is_mark(key) || key.size() <= name || key.compare(kind, kTag.size(), kTag) != 0 || last <= name)
    return std::nullopt;
  return TagKey{key.substr(kMarks.size(), kIdDigits), key.substr(name, last - name),
                cat(key.substr(0, kind), kGone, key.substr(name))};
}

// What `git check-ref-format` refuses in [A-Za-z0-9._-]{1,64}.
std::string for_git(const std::string& name) {
  const bool refused =
      name.starts_with('.') || name.ends_with('.') || name.ends_with(".lock") || name.find("..") != std::string::npos;
  if (!refused) return name;
  std::string out;
  for (const char c : name) out += c == '.' ? std::string("%2e") : std::string(1, c);
  return out;
}

std::string subject_of(const std::string& key) {
  if (key.starts_with("snapshots/")) {
    const size_t slash = key.rfind('/');
    return cat(key.substr(10, slash - 10), ": snapshot ", key.substr(slash + 1, key.rfind('.') - slash - 1));
  }
  const auto tag = tag_key(key);
  return tag ? cat("tag ", tag->name, " of snapshot ", tag->id.substr(0, kShownDigits)) : "";
}

}  // namespace

bool is_large(const std::string& key) {
  return key.starts_with("packs/");
}
bool is_of_this_machine(const std::string& key) {
  return key.starts_with("leases/") || key.starts_with("gc/");
}
bool is_mark(const std::string& key) {
  return key.starts_with(kMarks);
}

std::map<std::string, std::string> tag_names(const std::set<std::string>& keys) {
  std::map<std::string, std::string> names;
  for (auto key = keys.lower_bound(std::string(kMarks)); key != keys.end() && is_mark(*key); ++key) {
    const auto tag = tag_key(*key);
    if (tag && !keys.contains(tag->gone)) names[*key] = for_git(tag->name);
  }
  return names;
}

std::string message_for(const Changes& changes) {
  std::string subject;
  for (const auto& [key, bytes] : changes) {
    if (const std::string text = bytes ? subject_of(key) : ""; !text.empty()) subject = text;
  }
  return subject.empty() ? cat("cairn: ", changes.size(), " files") : subject;
}

}  // namespace cairn::git_lfs
