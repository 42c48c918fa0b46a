#include "common/text.h"

#include <algorithm>
#include <charconv>

#include <cairn/image.h>

namespace cairn::datasets {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

std::string read_text(const std::filesystem::path& path, uint64_t max_bytes) {
  const std::vector<std::byte> bytes = read_file(path, max_bytes);
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const Line line{++number, trimmed(text.substr(at, end - at))};
    if (!line.text.empty()) lines.push_back(line);
    at = end + 1;
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = line.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kBlank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlank, end);
  }
  return words;
}

std::optional<double> number_of(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || word.empty()) return std::nullopt;
  return value;
}

size_t find_binary(std::string_view text) {
  const auto odd = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v';
  };
  const auto found = std::find_if(text.begin(), text.end(), odd);
  return found == text.end() ? std::string_view::npos : static_cast<size_t>(found - text.begin());
}

LineIndex::LineIndex(std::string_view text) {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ends_.push_back(at);
}

int64_t LineIndex::line_of(size_t offset) const {
  return std::lower_bound(ends_.begin(), ends_.end(), offset) - ends_.begin() + 1;
}

}  // namespace cairn::datasets
