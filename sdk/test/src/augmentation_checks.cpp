// Checks of the kind augmentation.
#include <thread>

#include <cairn/augmentation.h>

#include "check.h"

namespace cairn::conformance {
namespace {

constexpr uint64_t kKeys = 12;

Sample made_up(cv::Size size, int64_t objects, uint64_t number) {
  Rng rng({number, 77});
  Sample sample;
  sample.image = cv::Mat(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width * 3; ++x) sample.image.ptr(y)[x] = static_cast<uint8_t>(rng.below(256));
  }
  for (int64_t i = 0; i < objects; ++i) {
    const float x = static_cast<float>(rng.uniform(0, size.width * 0.5)),
                y = static_cast<float>(rng.uniform(0, size.height * 0.5)), w = static_cast<float>(size.width) * 0.4f,
                h = static_cast<float>(size.height) * 0.4f;
    Box box{x, y, x + w, y + h, static_cast<int32_t>(rng.below(3)), 0, w * h};
    sample.boxes.push_back(box);
  }
  sample.mapping.file_width = size.width;
  sample.mapping.file_height = size.height;
  return sample;
}

AugmentContext at_train() {
  AugmentContext at;
  at.output = {64, 64};
  at.image_size = 64;
  at.epochs = 10;
  return at;
}

// One application, as the host does it: partners drawn first, from the same stream.
Sample apply(const Augmentation& augmentation, const Sample& sample, uint64_t key, int64_t objects = 3) {
  Rng rng({key});
  const AugmentContext at = at_train();
  const int count = augmentation.partners(at, rng);
  expect(count >= 0 && count <= 64, "partners() wants ", count, " samples");
  std::vector<Sample> partners;
  for (int i = 0; i < count; ++i) partners.push_back(made_up({72, 48}, objects, 100 * key + static_cast<uint64_t>(i)));
  return augmentation.apply(sample, partners, at, rng);
}

bool same(const Sample& a, const Sample& b) {
  if (a.image.size() != b.image.size() || a.boxes.size() != b.boxes.size()) return false;
  if (!a.image.empty() && cv::norm(a.image, b.image, cv::NORM_INF) != 0) return false;
  for (size_t i = 0; i < a.boxes.size(); ++i) {
    const Box &p = a.boxes[i], &q = b.boxes[i];
    if (p.x1 != q.x1 || p.y1 != q.y1 || p.x2 != q.x2 || p.y2 != q.y2 || p.class_id != q.class_id) return false;
  }
  return true;
}

void expect_valid(const Sample& sample) {
  expect(!sample.image.empty() && sample.image.type() == CV_8UC3, "the picture is to be 8-bit BGR, found type ",
         sample.image.type(), " of ", sample.image.cols, " x ", sample.image.rows);
  expect(sample.polygons.empty() || sample.polygons.size() == sample.boxes.size(), "found ", sample.polygons.size(),
         " polygons for ", sample.boxes.size(), " boxes");
  for (const Box& box : sample.boxes) {
    const bool inside = box.x1 >= 0 && box.y1 >= 0 && box.x2 <= static_cast<float>(sample.image.cols) &&
                        box.y2 <= static_cast<float>(sample.image.rows);
    expect(inside && box.x2 > box.x1 && box.y2 > box.y1, "box ", box.x1, " ", box.y1, " ", box.x2, " ", box.y2,
           " is empty or leaves the picture of ", sample.image.cols, " x ", sample.image.rows);
  }
}

void check_same_key(const Specimen& s) {
  const auto one = s.make<Augmentation>(), two = s.make<Augmentation>();
  const auto sample = [] { return made_up({72, 48}, 3, 1); };  // pixels of its own each time
  std::vector<Sample> first(kKeys), second(kKeys);
  for (uint64_t key = 0; key < kKeys; ++key) first[key] = apply(*one, sample(), key);
  const auto backwards = [&](uint64_t from) {
    for (uint64_t key = kKeys; key-- > 0;) {
      if (key % 2 == from) second[key] = apply(*two, sample(), key);
    }
  };
  std::thread even(backwards, 0), odd(backwards, 1);
  even.join();
  odd.join();
  for (uint64_t key = 0; key < kKeys; ++key)
    expect(same(first[key], second[key]), "key ", key, " gives another sample on another thread, in another order");
}

void check_input(const Specimen& s) {
  const auto augmentation = s.make<Augmentation>();
  const Sample sample = made_up({72, 48}, 3, 1);
  const cv::Mat before = sample.image.clone();
  for (uint64_t key = 0; key < kKeys; ++key) {
    apply(*augmentation, sample, key);
    expect(cv::norm(sample.image, before, cv::NORM_INF) == 0,
           "pixels that are shared with the caller were changed; write through Sample::writable()");
  }
}

void check_valid(const Specimen& s) {
  const auto augmentation = s.make<Augmentation>();
  for (uint64_t key = 0; key < kKeys * 4; ++key) expect_valid(apply(*augmentation, made_up({72, 48}, 5, key), key));
}

void check_no_boxes(const Specimen& s) {
  const auto augmentation = s.make<Augmentation>();
  for (uint64_t key = 0; key < kKeys; ++key) {
    const Sample out = apply(*augmentation, made_up({72, 48}, 0, key), key, 0);
    expect_valid(out);
    expect(out.boxes.empty(), "made ", out.boxes.size(), " boxes from pictures without any");
  }
}

void check_sizes(const Specimen& s) {
  const auto augmentation = s.make<Augmentation>();
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 300), cv::Size(300, 1), cv::Size(64, 64)}) {
    for (uint64_t key = 0; key < kKeys; ++key) expect_valid(apply(*augmentation, made_up(size, 1, key), key));
  }
}

}  // namespace

Checks augmentation_checks() {
  return {{"key", "gives the same sample for the same key, on any thread and in any order", check_same_key},
          {"input", "leaves the pixels that it was given alone", check_input},
          {"boxes", "gives boxes inside the picture with positive sides", check_valid},
          {"empty", "copes with pictures without objects", check_no_boxes},
          {"sizes", "copes with pictures of one pixel and of extreme proportions", check_sizes}};
}

}  // namespace cairn::conformance
