// The objects of a batch as assigners read them: on the host, corners in pixels, grouped by image.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <cairn/model.h>

namespace cairn::models {

struct Object {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  int64_t label = 0;
  bool valid = true;  // the coordinates sum to more than 0
};

enum class Arithmetic { Float32, Float64 };  // in which normalised boxes become corners

class Objects {
 public:
  // Images outside 0 .. batch-1 or not rising, labels from `classes` on, and values that are not finite are
  // InvalidArgument; negative labels count as 0.
  Objects(const Targets& targets, double width, double height, int64_t classes,
          Arithmetic arithmetic = Arithmetic::Float32);

  int64_t images() const { return static_cast<int64_t>(first_.size()) - 1; }
  std::span<const Object> of(int64_t image) const;
  int64_t size() const { return static_cast<int64_t>(objects_.size()); }
  int64_t first_of(int64_t image) const { return first_[static_cast<size_t>(image)]; }  // its first row in `targets`
  const Object& operator[](int64_t row) const { return objects_[static_cast<size_t>(row)]; }

 private:
  std::vector<Object> objects_;
  std::vector<int64_t> first_;
};

}  // namespace cairn::models
