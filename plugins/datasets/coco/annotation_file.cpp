#include "coco/annotation_file.h"

#include <cmath>

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <cairn/error.h>

#include "common/text.h"

namespace cairn::datasets {
namespace {

// Depths of the file: 1 the whole, 2 a table (images, categories, annotations), 3 an entry, 4 a list in it, 5 a list in
// that.
constexpr int kEntry = 3, kList = 4, kRing = 5;

class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  Handler(const rapidjson::StringStream& stream, const LineIndex& lines, CocoFile& out)
      : stream_(stream), lines_(lines), out_(out) {}

  bool Default() { return true; }
  bool Int(int value) { return number(value); }
  bool Uint(unsigned value) { return number(value); }
  bool Int64(int64_t value) { return number(static_cast<double>(value), value); }
  bool Uint64(uint64_t value) { return number(static_cast<double>(value)); }
  bool Double(double value) { return number(value); }
  bool Bool(bool value) { return number(value ? 1 : 0); }

  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ != kEntry || inner_objects_ > 0) return true;
    if (table_ == "images" && key_ == "file_name") out_.images.back().file_name.emplace(text, length);
    if (table_ == "categories" && key_ == "name") out_.categories.back().name.emplace(text, length);
    return true;
  }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ == 1) table_.assign(text, length);
    if (depth_ == kEntry && inner_objects_ == 0) key_.assign(text, length);
    return true;
  }

  bool StartObject() {
    if (depth_ == 2)
      begin_entry();
    else if (depth_ >= kEntry)
      ++inner_objects_;
    ++depth_;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    --depth_;
    if (depth_ >= kEntry) --inner_objects_;
    return true;
  }
  bool StartArray() {
    ++depth_;
    if (depth_ == kRing && in("annotations", "segmentation")) out_.annotations.back().outline.rings.emplace_back();
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    if (depth_ == kRing && in("annotations", "segmentation")) end_ring();
    --depth_;
    return true;
  }

 private:
  // Within the field of an entry, and not within an object that the field holds.
  bool in(std::string_view table, std::string_view key) const {
    return inner_objects_ == 0 && depth_ >= kEntry && table_ == table && key_ == key && entry_open_;
  }

  void begin_entry() {
    const int64_t line = lines_.line_of(stream_.Tell() - 1);
    entry_open_ = true;
    inner_objects_ = 0;
    key_.clear();
    if (table_ == "images")
      out_.images.emplace_back().line = line;
    else if (table_ == "categories")
      out_.categories.emplace_back().line = line;
    else if (table_ == "annotations")
      out_.annotations.emplace_back().line = line;
    else
      entry_open_ = false;
  }

  bool number(double value) { return number(value, static_cast<int64_t>(std::abs(value) < 0x1p62 ? value : 0)); }

  bool number(double value, int64_t whole) {
    if (inner_objects_ > 0 || !entry_open_) return true;
    if (depth_ == kEntry)
      set_field(value, whole);
    else if (depth_ == kList && in("annotations", "bbox"))
      out_.annotations.back().bbox.push_back(value);
    else if (depth_ == kRing && in("annotations", "segmentation"))
      ring_.push_back(static_cast<float>(value));
    return true;
  }

  void set_field(double value, int64_t whole) {
    if (table_ == "images") {
      CocoImage& image = out_.images.back();
      if (key_ == "id") image.id = whole;
      if (key_ == "width") image.width = whole;
      if (key_ == "height") image.height = whole;
    } else if (table_ == "categories") {
      if (key_ == "id") out_.categories.back().id = whole;
    } else {
      CocoAnnotation& annotation = out_.annotations.back();
      if (key_ == "id") annotation.id = whole;
      if (key_ == "image_id") annotation.image_id = whole;
      if (key_ == "category_id") annotation.category_id = whole;
      if (key_ == "area") annotation.area = value;
      if (key_ == "iscrowd") annotation.crowd = whole != 0;
    }
  }

  void end_ring() {
    auto& rings = out_.annotations.back().outline.rings;
    for (size_t i = 0; i + 1 < ring_.size(); i += 2) rings.back().emplace_back(ring_[i], ring_[i + 1]);
    if (rings.back().size() < 3) rings.pop_back();
    ring_.clear();
  }

  const rapidjson::StringStream& stream_;
  const LineIndex& lines_;
  CocoFile& out_;
  int depth_ = 0, inner_objects_ = 0;
  bool entry_open_ = false;
  std::string table_, key_;
  std::vector<float> ring_;
};

}  // namespace

CocoFile read_coco(const std::string& text, const ReportLine& refuse) {
  CocoFile file;
  const LineIndex lines(text);
  rapidjson::StringStream stream(text.c_str());
  Handler handler(stream, lines, file);
  rapidjson::Reader reader;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag;
  if (!reader.Parse<kFlags>(stream, handler)) {
    refuse(lines.line_of(reader.GetErrorOffset()),
           cat("not valid JSON: ", rapidjson::GetParseError_En(reader.GetParseErrorCode())));
  }
  return file;
}

}  // namespace cairn::datasets
