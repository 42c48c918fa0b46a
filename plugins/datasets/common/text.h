// Text files that people wrote: a byte order mark at the start is dropped, lines are counted from 1.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::datasets {

// As read_file, without the byte order mark.
std::string read_text(const std::filesystem::path& path, uint64_t max_bytes);

struct Line {
  int64_t number = 0;
  std::string_view text;  // without spaces at its ends and without the line end
};
std::vector<Line> lines_of(std::string_view text);  // those that are not blank

std::vector<std::string_view> words_of(std::string_view line);

// The number that the whole word is; empty when it is none. NaN and infinities are numbers.
std::optional<double> number_of(std::string_view word);

// The first byte that no text contains (a control character), or npos.
size_t find_binary(std::string_view text);

// Finds line numbers of rising or falling offsets, each in the time of a search.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  int64_t line_of(size_t offset) const;

 private:
  std::vector<size_t> ends_;
};

}  // namespace cairn::datasets
