// What the three built-in datasets share: records in memory, problems as they are found, rules for boxes, the
// fingerprint.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <cairn/dataset.h>

#include "common/picture_check.h"

namespace cairn::datasets {

// A place in a file of the set.
struct Place {
  std::string file;
  int64_t line = 0;
};

class LabelledSet : public Dataset {
 public:
  int64_t size() const final { return static_cast<int64_t>(records_.size()); }
  ClassNames classes() const final { return classes_; }
  Record at(int64_t index) const final;
  // Over class names and, in order, each picture's name, SHA-256 of its file, size, boxes and polygons.
  std::string fingerprint() const final { return fingerprint_; }
  const std::vector<Problem>& problems() const final { return problems_; }

 protected:
  // Problems of one kind have one wording; `found` is part of the message already.
  void refuse(const Place& place, std::string message);
  void skip(const Place& place, std::string message);
  void warn(const Place& place, std::string message);

  // Runs a part of the opening; an Error that leaves it becomes a Refuse at `place`.
  template <class Function>
  void guard(const Place& place, Function&& part) {
    try {
      part();
    } catch (const Error& error) {
      if (error.code() == Code::Cancelled) throw;
      refuse(place, error.message());
    }
  }

  // Adds a picture with its labels, or, when it is unusable, names it as skipped.
  void add(Record record, const PictureFacts& facts);
  // A box that lies in the picture or is brought there. Empty: not to be used, and the reason is among the problems.
  // Negative sides are refused; empty boxes are dropped with a warning; what leaves the picture is clipped, with a
  // warning when it is more than half a pixel.
  std::optional<Box> fitting(Box box, int width, int height, const Place& place);
  // Refuses a set without pictures, orders the problems by severity (worst first) and computes the fingerprint.
  void finish(const Place& set);

  ClassNames classes_;

 private:
  std::vector<Record> records_;
  std::vector<std::string> digests_;
  std::vector<Problem> problems_;
  std::string fingerprint_;
};

// The area of the rings by the trapezoid formula.
float area_of(const Polygon& polygon);
// The smallest box around all rings. The polygon has at least one point.
Box box_around(const Polygon& polygon);

// Files that are taken for pictures when a folder is listed: by extension. What they hold is decided by content.
bool has_picture_extension(const std::filesystem::path& file);
// `file` as it is shown in messages: relative to the set's folder where it lies below it.
std::string shown_name(const std::filesystem::path& file, const std::filesystem::path& root);

}  // namespace cairn::datasets
