#include "yolo/label_file.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <cairn/error.h>

#include "common/text.h"

namespace cairn::datasets {
namespace {

constexpr double kRounding = 1e-5;  // how far beyond 1 a printed coordinate may lie

// Empty when the line is good, else what is wrong with it.
std::string read_class(std::string_view word, int64_t classes, int32_t& out) {
  const auto value = number_of(word);
  if (!value || *value != std::floor(*value)) return cat("expected a whole class number, found \"", word, "\"");
  const double limit = classes > 0 ? static_cast<double>(classes) : 0x1p31;
  if (*value < 0 || *value >= limit) {
    return cat("class ", word, " does not exist: there are ", classes, " classes, from 0");
  }
  out = static_cast<int32_t>(*value);
  return {};
}

std::string read_coordinate(std::string_view word, double& out) {
  const auto value = number_of(word);
  if (!value) return cat("expected a number, found \"", word, "\"");
  if (!std::isfinite(*value)) return cat("expected a finite number, found ", word);
  out = *value;
  return {};
}

std::string check_range(double value) {
  if (value >= -kRounding && value <= 1 + kRounding) return {};
  return cat("coordinate ", value, " lies outside [0, 1]: expected shares of the picture's size, not pixels");
}

std::string read_box(const std::vector<double>& numbers, LabelLine& line) {
  line.cx = numbers[0];
  line.cy = numbers[1];
  line.width = numbers[2];
  line.height = numbers[3];
  if (line.width < 0 || line.height < 0) return cat("the box has a negative side: ", line.width, " x ", line.height);
  for (double value : numbers) {
    if (auto problem = check_range(value); !problem.empty()) return problem;
  }
  return {};
}

std::string read_outline(const std::vector<double>& numbers, LabelLine& line) {
  double x1 = 1, y1 = 1, x2 = 0, y2 = 0;
  for (size_t i = 0; i < numbers.size(); i += 2) {
    for (double value : {numbers[i], numbers[i + 1]}) {
      if (auto problem = check_range(value); !problem.empty()) return problem;
    }
    const cv::Point2d point(std::clamp(numbers[i], 0.0, 1.0), std::clamp(numbers[i + 1], 0.0, 1.0));
    line.outline.push_back(point);
    x1 = std::min(x1, point.x);
    x2 = std::max(x2, point.x);
    y1 = std::min(y1, point.y);
    y2 = std::max(y2, point.y);
  }
  line.cx = (x1 + x2) / 2;
  line.cy = (y1 + y2) / 2;
  line.width = x2 - x1;
  line.height = y2 - y1;
  return {};
}

std::string read_line(std::string_view text, int64_t classes, LabelLine& line) {
  const std::vector<std::string_view> words = words_of(text);
  const bool box = words.size() == 5, outline = words.size() >= 7 && words.size() % 2 == 1;
  if (!box && !outline) {
    return cat("expected a class and 4 numbers, or a class and at least 3 corner points; found ", words.size(),
               " columns");
  }
  if (auto problem = read_class(words[0], classes, line.class_id); !problem.empty()) return problem;
  std::vector<double> numbers(words.size() - 1);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (auto problem = read_coordinate(words[i + 1], numbers[i]); !problem.empty()) return problem;
  }
  return box ? read_box(numbers, line) : read_outline(numbers, line);
}

}  // namespace

std::vector<LabelLine> parse_labels(std::string_view text, int64_t classes, const ReportLine& refuse,
                                    const ReportLine& warn) {
  std::vector<LabelLine> out;
  if (const size_t odd = find_binary(text); odd != std::string_view::npos) {
    refuse(LineIndex(text).line_of(odd), "not a text file: it holds control characters, as after a power cut");
    return out;
  }
  std::set<std::string_view> seen;
  for (const Line& line : lines_of(text)) {
    LabelLine label;
    label.number = line.number;
    if (const std::string problem = read_line(line.text, classes, label); !problem.empty())
      refuse(line.number, problem);
    else if (!seen.insert(line.text).second)
      warn(line.number, "the line repeats another exactly and is dropped");
    else
      out.push_back(std::move(label));
  }
  return out;
}

}  // namespace cairn::datasets
