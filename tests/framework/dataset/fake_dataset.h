// Small sets in memory for tests: pictures of one colour that says their number.
#pragma once
#include <vector>

#include <opencv2/imgcodecs.hpp>

#include <cairn/dataset.h>

namespace cairn::test {

inline std::vector<std::byte> png(const cv::Mat& image) {
  std::vector<uint8_t> bytes;
  cv::imencode(".png", image, bytes);
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return {first, first + bytes.size()};
}

class FakeDataset final : public Dataset {
 public:
  explicit FakeDataset(int64_t size) {
    for (int64_t i = 0; i < size; ++i) {
      const int width = 40 + static_cast<int>(i % 5) * 8, height = 32;
      Record record;
      record.name = cat("picture-", i);
      record.width = width;
      record.height = height;
      record.image_id = 100 + i;
      record.encoded = png(
          cv::Mat(height, width, CV_8UC3, cv::Scalar(static_cast<double>(i % 251), 7, static_cast<double>(i % 13))));
      record.boxes.push_back({2, 4, 10, 12, static_cast<int32_t>(i % 3), 0, 64});
      record.polygons.push_back({{{{2, 4}, {10, 4}, {10, 12}}}});
      records.push_back(std::move(record));
    }
  }
  int64_t size() const override { return static_cast<int64_t>(records.size()); }
  ClassNames classes() const override { return {"a", "b", "c"}; }
  Record at(int64_t index) const override { return records.at(static_cast<size_t>(index)); }
  std::string fingerprint() const override { return std::string(64, 'f'); }
  const std::vector<Problem>& problems() const override { return problems_; }

  std::vector<Record> records;

 private:
  std::vector<Problem> problems_;
};

}  // namespace cairn::test
