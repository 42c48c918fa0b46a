// Checks of the kind dataset.
#include <algorithm>
#include <fstream>
#include <thread>

#include <cairn/dataset.h>
#include <cairn/image.h>

#include "check.h"

namespace cairn::conformance {
namespace {

constexpr int64_t kMostLooked = 200;

int64_t looked_at(const Dataset& dataset) {
  return std::min(dataset.size(), kMostLooked);
}

std::vector<std::byte> encoded_of(const Record& record) {
  return record.encoded.empty() ? read_file(record.file) : record.encoded;
}

bool same(const Record& a, const Record& b) {
  if (a.name != b.name || a.file != b.file || a.encoded != b.encoded || a.width != b.width || a.height != b.height ||
      a.image_id != b.image_id || a.boxes.size() != b.boxes.size()) {
    return false;
  }
  for (size_t i = 0; i < a.boxes.size(); ++i) {
    const Box &p = a.boxes[i], &q = b.boxes[i];
    if (p.x1 != q.x1 || p.y1 != q.y1 || p.x2 != q.x2 || p.y2 != q.y2 || p.class_id != q.class_id) return false;
  }
  return true;
}

bool refuses(const Dataset& dataset) {
  return std::any_of(dataset.problems().begin(), dataset.problems().end(),
                     [](const Problem& problem) { return problem.severity == Problem::Severity::Refuse; });
}

void check_records(const Specimen& s) {
  const auto dataset = s.make<Dataset>();
  for (const Problem& problem : dataset->problems())
    expect(problem.severity != Problem::Severity::Refuse, "the set is refused: ", problem.file, ": ", problem.message);
  expect(dataset->size() > 0, "the set is empty: choose one with pictures in --params");
  expect(!dataset->classes().empty(), "has no classes");
  for (int64_t i = 0; i < looked_at(*dataset); ++i) {
    const Record record = dataset->at(i);
    const ImageInfo info = probe_image(encoded_of(record));
    expect(info.width == record.width && info.height == record.height, record.name, ": claims ", record.width, " x ",
           record.height, ", the picture is ", info.width, " x ", info.height);
    expect(record.polygons.empty() || record.polygons.size() == record.boxes.size(), record.name, ": ",
           record.polygons.size(), " polygons for ", record.boxes.size(), " boxes");
    for (const Box& box : record.boxes) {
      const bool inside = box.x1 >= 0 && box.y1 >= 0 && box.x2 <= static_cast<float>(record.width) &&
                          box.y2 <= static_cast<float>(record.height) && box.x2 > box.x1 && box.y2 > box.y1;
      expect(inside, record.name, ": box ", box.x1, " ", box.y1, " ", box.x2, " ", box.y2, " leaves the picture");
      expect(box.class_id >= 0 && box.class_id < static_cast<int32_t>(dataset->classes().size()), record.name,
             ": class ", box.class_id, " of ", dataset->classes().size());
    }
  }
}

void check_stable(const Specimen& s) {
  const auto one = s.make<Dataset>(), two = s.make<Dataset>();
  expect(one->size() == two->size(), "two objects of one set have ", one->size(), " and ", two->size(), " pictures");
  const int64_t count = looked_at(*one);
  std::vector<Record> first(static_cast<size_t>(count)), second(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) first[static_cast<size_t>(i)] = one->at(i);
  const auto backwards = [&](int64_t from) {
    for (int64_t i = count - 1; i >= 0; --i) {
      if (i % 2 == from) second[static_cast<size_t>(i)] = one->at(i);
    }
  };
  std::thread even(backwards, 0), odd(backwards, 1);
  even.join();
  odd.join();
  for (size_t i = 0; i < first.size(); ++i) {
    expect(same(first[i], second[i]), "at(", i, ") differs on another thread");
    expect(same(first[i], two->at(static_cast<int64_t>(i))), "at(", i, ") differs in another object");
  }
}

void check_outside(const Specimen& s) {
  const auto dataset = s.make<Dataset>();
  for (const int64_t index : {int64_t{-1}, dataset->size()}) {
    bool refused = false;
    try {
      dataset->at(index);
    } catch (const std::exception&) {
      refused = true;
    }
    expect(refused, "at(", index, ") of a set of ", dataset->size(), " was answered");
  }
}

void check_fingerprint(const Specimen& s) {
  const std::string one = s.make<Dataset>()->fingerprint(), two = s.make<Dataset>()->fingerprint();
  expect(one == two, "two objects of one set have different fingerprints");
  const bool hex = one.find_first_not_of("0123456789abcdef") == std::string::npos;
  expect(one.size() == 64 && hex, "expected 64 hex digits, found '", one, "'");
}

// A picture of the copy, in a file of its own.
std::filesystem::path some_picture(const Specimen& s) {
  if (s.data().empty()) throw Skip("--params names no folder as data = \"...\" whose copy could be changed");
  const auto dataset = s.make<Dataset>();
  for (int64_t i = 0; i < dataset->size(); ++i) {
    const Record record = dataset->at(i);
    const std::filesystem::path file = record.file.is_absolute() ? record.file : s.data() / record.file;
    if (std::filesystem::exists(file) && file.string().starts_with(s.data().string())) return file;
  }
  throw Skip("no picture is a file below ${DATA}");
}

void check_changed(const Specimen& s) {
  const std::filesystem::path picture = some_picture(s);
  const std::string before = s.make<Dataset>()->fingerprint();
  std::ofstream(picture, std::ios::app | std::ios::binary) << "more";
  expect(s.make<Dataset>()->fingerprint() != before, "the bytes of ", picture.string(),
         " changed, the fingerprint did not");
}

void check_odd_files(const Specimen& s) {
  const std::filesystem::path picture = some_picture(s);
  std::ofstream(picture, std::ios::trunc | std::ios::binary) << "not a picture";
  const auto dataset = s.make<Dataset>();
  expect(!dataset->problems().empty(), picture.string(), " is no picture any more, but problems() is empty");
  if (refuses(*dataset)) return;
  for (int64_t i = 0; i < dataset->size(); ++i)
    expect(dataset->at(i).file != picture, picture.string(), " is no picture any more, but at(", i, ") gives it");
}

}  // namespace

Checks dataset_checks() {
  return {{"records", "gives pictures of the size it claims, with boxes inside them", check_records},
          {"stable", "gives the same record on any thread, in any order", check_stable},
          {"bounds", "refuses an index outside the set", check_outside},
          {"fingerprint", "has one fingerprint of 64 hex digits for one set", check_fingerprint},
          {"changed", "has another fingerprint when the content changed", check_changed},
          {"odd", "reports a file that is no picture", check_odd_files}};
}

}  // namespace cairn::conformance
