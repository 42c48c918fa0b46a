// Kind dataset: labelled pictures under numbers.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include <cairn/plugin.h>
#include <cairn/sample.h>

namespace cairn {

// One labelled picture. Boxes are in pixels of the picture as shown (after EXIF rotation).
struct Record {
  std::string name;            // stable and unique in the set, for messages: "images/train/a.jpg"
  std::filesystem::path file;  // where the encoded picture lies; empty when `encoded` holds it
  std::vector<std::byte> encoded;
  int width = 0, height = 0;  // as shown
  int64_t image_id = 0;       // of the annotation file, else the index
  std::vector<Box> boxes;
  std::vector<Polygon> polygons;  // empty, or one per box
};

// Something wrong with a set. Refuse: training must not start. Skip: this picture is left out. Warn: mended, and said.
struct Problem {
  enum class Severity { Warn, Skip, Refuse } severity = Severity::Warn;
  std::string file;  // relative to the set where possible
  int64_t line = 0;  // from 1; 0: the file as a whole
  std::string message;
};

// All methods are const and may be called from many threads at once. [worker, concurrent]
class CAIRN_API Dataset : public Plugin {
 public:
  ~Dataset() override;
  virtual int64_t size() const = 0;
  virtual ClassNames classes() const = 0;
  virtual Record at(int64_t index) const = 0;  // index in [0, size)
  // 64 hex digits over the ordered list of names, picture bytes or their (size, time) and labels: equal sets, equal
  // texts.
  virtual std::string fingerprint() const = 0;
  // Everything found while the set was opened. With a Refuse among them the host lists all and does not train.
  // Pictures that turned out unusable (Skip) are not counted by size().
  virtual const std::vector<Problem>& problems() const = 0;
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> dataset(std::string type, std::string help) {
  return {Kind::Dataset, std::move(type), std::move(help)};
}

}  // namespace cairn
