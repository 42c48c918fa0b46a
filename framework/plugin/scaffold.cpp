#include "plugin/scaffold.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <cairn/file.h>

namespace cairn {
namespace fs = std::filesystem;

namespace {

constexpr uint64_t kLargestTemplate = uint64_t{1} << 20;
constexpr size_t kLongestName = 60;

using Words = std::map<std::string, std::string>;

void check_name(const std::string& name) {
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
                     name.size() <= kLongestName;
  if (!name.empty() && plain && std::isalpha(static_cast<unsigned char>(name[0])) != 0) return;
  fail(Code::InvalidArgument, "'", name,
       "' is no name for a plugin: expected a-z, 0-9 and _, beginning with a letter, ", "such as my_cosine");
}

// my_cosine -> MyCosine
std::string camel_case(const std::string& name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return out;
}

std::string text_of(const fs::path& file) {
  const Bytes bytes = read_whole(real_files(), file, kLargestTemplate);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string filled(std::string text, const Words& words) {
  for (const auto& [word, value] : words) {
    const std::string mark = "@" + word + "@";
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  }
  return text;
}

// The part of a pipeline that belongs to the kind, or what all kinds have; nothing when neither is there.
std::string part(const fs::path& templates, const std::string& kind, const std::string& file, const Words& words) {
  for (const fs::path& folder : {templates / kind, templates / "common"}) {
    if (!fs::exists(folder / file)) continue;
    std::string text = filled(text_of(folder / file), words);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  return "";
}

Words words_of(const ScaffoldRequest& request, const fs::path& templates) {
  const std::string kind(name_of(request.kind));
  Words words{
      {"name", request.name}, {"Name", camel_case(request.name)}, {"kind", kind}, {"share", request.share.string()}};
  words["dataset"] = part(templates, kind, "dataset.toml", words);
  words["model"] = part(templates, kind, "model.toml", words);
  words["tables"] = part(templates, kind, "tables.toml", words);
  words["more"] = request.kind == Kind::Model                   ? " LIBS cairn::models_common"
                  : fs::exists(templates / kind / "check.toml") ? " CHECK_PARAMS check.toml"
                                                                : "";
  return words;
}

void write(const fs::path& file, std::string text) {
  while (text.ends_with("\n\n")) text.pop_back();
  write_durably(real_files(), file, std::as_bytes(std::span(text)));
}

void fill_folder(const ScaffoldRequest& request, const fs::path& folder) {
  const fs::path templates = request.share / "template";
  const fs::path own = templates / std::string(name_of(request.kind));
  const Words words = words_of(request, templates);
  for (const char* file : {"CMakeLists.txt", "README.md", "pipeline.toml"})
    write(folder / file, filled(text_of(templates / "common" / file), words));
  write(folder / (request.name + ".cpp"), filled(text_of(own / "plugin.cpp"), words));
  write(folder / (request.name + "_test.cpp"), filled(text_of(own / "test.cpp"), words));
  if (fs::exists(own / "check.toml")) write(folder / "check.toml", filled(text_of(own / "check.toml"), words));
  for (const char* data : {"labels.csv", "pictures"}) {
    if (fs::exists(own / data)) fs::copy(own / data, folder / data, fs::copy_options::recursive);
  }
}

}  // namespace

std::vector<fs::path> scaffold(const ScaffoldRequest& request) {
  check_name(request.name);
  const fs::path templates = request.share / "template";
  if (!fs::exists(templates / "common" / "CMakeLists.txt"))
    fail(Code::NotFound, "no templates in ", templates.string(), "; the installation is incomplete");
  if (fs::exists(request.folder))
    fail(Code::AlreadyExists, request.folder.string(), " exists; choose another name or --folder");
  const fs::path making = request.folder.string() + ".part";
  fs::remove_all(making);
  try {
    fill_folder(request, making);
    fs::rename(making, request.folder);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(making, ignored);
    throw;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(request.folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace cairn
