#include "dataset/source.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include <cairn/image.h>

#include "dataset/disk_cache.h"
#include "dataset/ram_cache.h"
#include "plugin/call.h"

namespace cairn {
namespace {

struct Meta {
  std::string name;
  cv::Size file, loaded;
  int64_t image_id = 0;
};

void scale(Box& box, float x, float y) {
  box.x1 *= x;
  box.x2 *= x;
  box.y1 *= y;
  box.y2 *= y;
  box.area *= x * y;
}

void scale(Polygon& polygon, float x, float y) {
  for (auto& ring : polygon.rings) {
    for (auto& point : ring) point = {point.x * x, point.y * y};
  }
}

int short_side(int side, double ratio, int64_t image_size, LoadRule rule) {
  const double exact = side * ratio;
  const double rounded = rule == LoadRule::Ceil ? std::ceil(exact) : std::floor(exact);
  return static_cast<int>(std::clamp(rounded, 1.0, static_cast<double>(image_size)));
}

cv::Mat decode(const Record& record) {
  try {
    return record.encoded.empty() ? decode_image(read_file(record.file)) : decode_image(record.encoded);
  } catch (const Error& error) {
    fail(Code::DataLoss, "cannot load picture ", record.name, ": ", error.message(),
         "; `cairn data check` lists every such file");
  }
}

}  // namespace

CacheKind cache_kind_of(const std::string& text) {
  if (text == "none") return CacheKind::None;
  if (text == "ram") return CacheKind::Ram;
  if (text == "disk") return CacheKind::Disk;
  fail(Code::InvalidArgument, "cache: expected \"none\", \"ram\" or \"disk\", found \"", text, "\"");
}

cv::Size loaded_size(cv::Size file, int64_t image_size, LoadRule rule) {
  if (file.width < 1 || file.height < 1)
    fail(Code::InvalidArgument, "a picture of ", file.width, " x ", file.height, " pixels");
  const double ratio = static_cast<double>(image_size) / std::max(file.width, file.height);
  return {short_side(file.width, ratio, image_size, rule), short_side(file.height, ratio, image_size, rule)};
}

struct Source::Impl {
  const Dataset& dataset;
  SourceOptions options;
  std::vector<Meta> metas;
  uint64_t ram_bytes = 0;
  std::unique_ptr<RamCache> ram;
  std::unique_ptr<DiskCache> disk;

  Impl(const Dataset& set, SourceOptions given) : dataset(set), options(std::move(given)) {}

  const Meta& meta(int64_t index) const {
    if (index < 0 || index >= static_cast<int64_t>(metas.size())) {
      fail(Code::InvalidArgument, "sample ", index, " of a dataset of ", metas.size());
    }
    return metas[static_cast<size_t>(index)];
  }

  Record record(int64_t index) const {
    return call_plugin(options.plugin, "at", [&] { return dataset.at(index); });
  }

  void open() {
    const int64_t size = call_plugin(options.plugin, "size", [&] { return dataset.size(); });
    metas.reserve(static_cast<size_t>(size));
    for (int64_t i = 0; i < size; ++i) {
      const Record found = record(i);
      const cv::Size file(found.width, found.height);
      metas.push_back({found.name, file, cairn::loaded_size(file, options.image_size, options.rule), found.image_id});
      ram_bytes += static_cast<uint64_t>(metas.back().loaded.area()) * 3;
    }
  }

  void open_cache() {
    if (options.cache == CacheKind::Ram) {
      if (ram_bytes > options.ram_limit_bytes) {
        fail(Code::ResourceExhausted, "cache = \"ram\" needs ", ram_bytes >> 20, " MiB for ", metas.size(),
             " pictures at ", options.image_size, " px; the limit is ", options.ram_limit_bytes >> 20,
             " MiB. Use \"disk\" or \"none\", or raise the limit");
      }
      ram = std::make_unique<RamCache>(metas.size());
    }
    if (options.cache == CacheKind::Disk) {
      const std::string print = call_plugin(options.plugin, "fingerprint", [&] { return dataset.fingerprint(); });
      const std::string rule = options.rule == LoadRule::Ceil ? "ceil" : "cut",
                        shrink = options.shrink == Shrink::Area ? "area" : "linear";
      disk = std::make_unique<DiskCache>(options.cache_folder /
                                         cat(print.substr(0, 16), "-", options.image_size, "-", rule, "-", shrink));
    }
  }

  cv::Mat resized(const Record& record, const Meta& meta) const {
    const cv::Mat image = decode(record);
    if (image.size() != meta.file) {
      fail(Code::DataLoss, "picture ", meta.name, " has changed since the set was opened: it was ", meta.file.width,
           " x ", meta.file.height, " pixels, now ", image.cols, " x ", image.rows);
    }
    if (image.size() == meta.loaded) return image;
    const bool smaller = std::max(meta.loaded.width, meta.loaded.height) < std::max(image.cols, image.rows);
    cv::Mat out;
    cv::resize(image, out, meta.loaded, 0, 0,
               smaller && options.shrink == Shrink::Area ? cv::INTER_AREA : cv::INTER_LINEAR);
    return out;
  }

  cv::Mat picture(int64_t index, const Record& record, const Meta& meta) const {
    if (ram != nullptr) return ram->get(static_cast<size_t>(index), [&] { return resized(record, meta); });
    if (disk != nullptr) return disk->get(index, meta.loaded, [&] { return resized(record, meta); });
    return resized(record, meta);
  }
};

Source::Source(const Dataset& dataset, SourceOptions options)
    : impl_(std::make_unique<Impl>(dataset, std::move(options))) {
  impl_->open();
  impl_->open_cache();
}

Source::~Source() = default;
int64_t Source::size() const {
  return static_cast<int64_t>(impl_->metas.size());
}
uint64_t Source::ram_bytes() const {
  return impl_->ram_bytes;
}
cv::Size Source::file_size(int64_t index) const {
  return impl_->meta(index).file;
}
cv::Size Source::loaded_size(int64_t index) const {
  return impl_->meta(index).loaded;
}
const std::string& Source::name(int64_t index) const {
  return impl_->meta(index).name;
}
int64_t Source::image_id(int64_t index) const {
  return impl_->meta(index).image_id;
}

Sample Source::load(int64_t index) const {
  const Meta& meta = impl_->meta(index);
  Record record = impl_->record(index);
  Sample sample;
  sample.image = impl_->picture(index, record, meta);
  sample.index = index;
  const double x = static_cast<double>(meta.loaded.width) / meta.file.width;
  const double y = static_cast<double>(meta.loaded.height) / meta.file.height;
  sample.mapping = {meta.file.width, meta.file.height, x, y, 0, 0};
  sample.boxes = std::move(record.boxes);
  sample.polygons = std::move(record.polygons);
  for (Box& box : sample.boxes) scale(box, static_cast<float>(x), static_cast<float>(y));
  for (Polygon& polygon : sample.polygons) scale(polygon, static_cast<float>(x), static_cast<float>(y));
  return sample;
}

}  // namespace cairn
