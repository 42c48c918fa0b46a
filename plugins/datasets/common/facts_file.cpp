#include "common/facts_file.h"

#include <cstdlib>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <cairn/sha256.h>

#include "common/text.h"

namespace cairn::datasets {
namespace {

// A first line with the version; per picture "size time width height digest path<TAB>reason"; a last line with the
// SHA-256 of all before it.
constexpr std::string_view kFirstLine = "cairn pictures 1\n";
constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

bool fits_a_line(std::string_view text) {
  return text.find_first_of("\n\t") == std::string_view::npos;
}

std::string digest_of(std::string_view text) {
  return Sha256().text(text).hex();
}

// The part before the last line when that line's digest is right.
std::string_view intact_part(std::string_view text) {
  const size_t end = text.size() < 65 ? std::string_view::npos : text.size() - 65;
  if (end == std::string_view::npos || !text.starts_with(kFirstLine) || text.back() != '\n') return {};
  const std::string_view body = text.substr(0, end);
  return digest_of(body) == text.substr(end, 64) ? body.substr(kFirstLine.size()) : std::string_view();
}

void read_line(std::string_view line, KnownPictures& pictures) {
  KnownPicture picture;
  std::string_view fields[5];
  for (auto& field : fields) {
    const size_t end = line.find(' ');
    if (end == std::string_view::npos) return;
    field = line.substr(0, end);
    line.remove_prefix(end + 1);
  }
  const auto integer = [](std::string_view text) { return std::strtoll(std::string(text).c_str(), nullptr, 10); };
  picture.state = {integer(fields[0]), integer(fields[1])};
  picture.facts.width = static_cast<int>(integer(fields[2]));
  picture.facts.height = static_cast<int>(integer(fields[3]));
  if (fields[4] != "-") picture.facts.digest = fields[4];
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return;
  picture.facts.reason = line.substr(tab + 1);
  pictures.emplace(line.substr(0, tab), std::move(picture));
}

}  // namespace

FileState state_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return {static_cast<int64_t>(status.st_size),
          int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::filesystem::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto own = variable("CAIRN_CACHE_DIR"); !own.empty()) return own;
  if (const auto shared = variable("XDG_CACHE_HOME"); !shared.empty()) return shared / "cairn";
  if (const auto home = variable("HOME"); !home.empty()) return home / ".cache" / "cairn";
  return {};
}

KnownPictures read_facts(const std::filesystem::path& file) {
  KnownPictures pictures;
  try {
    const std::string text = read_text(file, kMaxBytes);
    std::string_view rest = intact_part(text);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size() - 1);
      read_line(rest.substr(0, end), pictures);
      rest.remove_prefix(end + 1);
    }
  } catch (const Error&) {
    pictures.clear();
  }
  return pictures;
}

void write_facts(const std::filesystem::path& file, const KnownPictures& pictures) {
  std::ostringstream text;
  text << kFirstLine;
  for (const auto& [path, picture] : pictures) {
    if (!fits_a_line(path) || !fits_a_line(picture.facts.reason)) continue;
    text << picture.state.size << ' ' << picture.state.changed_ns << ' ' << picture.facts.width << ' '
         << picture.facts.height << ' ' << (picture.facts.digest.empty() ? "-" : picture.facts.digest) << ' ' << path
         << '\t' << picture.facts.reason << '\n';
  }
  const std::string body = text.str();
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  const std::filesystem::path temporary = file.string() + cat(".", ::getpid());
  std::ofstream out(temporary, std::ios::binary);
  out << body << digest_of(body) << '\n';
  out.close();
  if (out)
    std::filesystem::rename(temporary, file, ignored);
  else
    std::filesystem::remove(temporary, ignored);
}

}  // namespace cairn::datasets
