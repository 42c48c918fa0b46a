// Dataset "yolo": a data.yaml, pictures in folders or lists, one text file of labels per picture.
#include <set>

#include <cairn/image.h>

#include "common/labelled_set.h"
#include "common/text.h"
#include "yolo/data_yaml.h"
#include "yolo/label_file.h"
#include "yolo/picture_list.h"

namespace cairn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxLabelBytes = uint64_t{64} << 20;

struct Params {
  std::string path;
};

class Yolo final : public LabelledSet {
 public:
  Yolo(const Params& params, const Context& context)
      : yaml_file_((context.base_directory / params.path).lexically_normal()) {
    guard({yaml_place()}, [&] {
      const ReportLine refuse_line = [&](int64_t line, std::string message) {
        refuse({yaml_place(), line}, std::move(message));
      };
      yaml_ = read_data_yaml(yaml_file_, context.split, refuse_line);
      classes_ = yaml_.names;
      list_pictures();
      open_pictures(context);
      refuse_without_any_label_file();
      warn_of_lonely_labels();
    });
    finish({yaml_place(), yaml_.entries.empty() ? 0 : yaml_.entries.front().line});
  }

 private:
  std::string yaml_place() const { return yaml_file_.filename().string(); }
  std::string shown(const fs::path& file) const { return shown_name(file, yaml_.root); }

  void list_pictures() {
    std::set<fs::path> seen;
    for (const SplitEntry& entry : yaml_.entries) {
      guard({yaml_place(), entry.line}, [&] {
        for (ListedPicture& picture : pictures_of(entry.path, yaml_.root)) {
          if (seen.insert(picture.file).second)
            pictures_.push_back(std::move(picture));
          else
            warn({shown(picture.list.empty() ? picture.file : picture.list), picture.line},
                 "the picture is listed twice and counts once");
        }
      });
    }
  }

  void open_pictures(const Context& context) {
    std::vector<fs::path> files;
    for (const ListedPicture& picture : pictures_) files.push_back(picture.file);
    const char* split = context.split == Split::Train ? " train" : " val";
    const std::vector<PictureFacts> facts = check_pictures(files, fs::absolute(yaml_file_).string() + split, context);
    for (size_t i = 0; i < pictures_.size(); ++i) add_picture(pictures_[i], facts[i], static_cast<int64_t>(i));
  }

  void add_picture(const ListedPicture& picture, const PictureFacts& facts, int64_t number) {
    if (!facts.usable() && !picture.list.empty()) {
      skip({shown(picture.list), picture.line}, facts.reason);
      return;
    }
    Record record;
    record.name = shown(picture.file);
    record.file = picture.file;
    record.image_id = number;
    read_labels(picture.file, facts, record);
    add(std::move(record), facts);
  }

  void read_labels(const fs::path& picture, const PictureFacts& facts, Record& record) {
    const fs::path file = label_of(picture);
    if (!fs::exists(file)) return;
    ++label_files_;
    const std::string name = shown(file);
    guard({name}, [&] {
      const std::string text = read_text(file, kMaxLabelBytes);
      const auto refuse_line = [&](int64_t line, std::string message) { refuse({name, line}, std::move(message)); };
      const auto warn_line = [&](int64_t line, std::string message) { warn({name, line}, std::move(message)); };
      for (const LabelLine& line : parse_labels(text, static_cast<int64_t>(classes_.size()), refuse_line, warn_line)) {
        if (facts.usable()) add_label(line, {name, line.number}, facts, record);
      }
    });
  }

  void add_label(const LabelLine& line, const Place& place, const PictureFacts& facts, Record& record) {
    const double width = facts.width, height = facts.height;
    Box box;
    box.x1 = static_cast<float>((line.cx - line.width / 2) * width);
    box.y1 = static_cast<float>((line.cy - line.height / 2) * height);
    box.x2 = static_cast<float>((line.cx + line.width / 2) * width);
    box.y2 = static_cast<float>((line.cy + line.height / 2) * height);
    box.class_id = line.class_id;
    const auto fitted = fitting(box, facts.width, facts.height, place);
    if (!fitted) return;
    Polygon polygon;
    if (!line.outline.empty()) {
      auto& ring = polygon.rings.emplace_back();
      for (const auto& point : line.outline)
        ring.emplace_back(static_cast<float>(point.x * width), static_cast<float>(point.y * height));
    }
    record.boxes.push_back(*fitted);
    record.boxes.back().area = polygon.rings.empty() ? fitted->width() * fitted->height() : area_of(polygon);
    record.polygons.push_back(std::move(polygon));
  }

  // One picture without is a picture without objects; all of them are labels in another place.
  void refuse_without_any_label_file() {
    if (label_files_ > 0 || size() == 0) return;
    const fs::path first = at(0).file;
    refuse({shown(label_of(first))}, cat("no picture of this split has a label file; the one of ", shown(first),
                                         " was expected here. A split without objects needs one empty label file"));
  }

  void warn_of_lonely_labels() {
    std::set<fs::path> expected;
    for (const ListedPicture& picture : pictures_) expected.insert(label_of(picture.file));
    for (const SplitEntry& entry : yaml_.entries) {
      if (!fs::is_directory(entry.path)) continue;
      for (const fs::path& label : label_files_of(entry.path)) {
        if (!expected.contains(label)) warn({shown(label)}, "there is no picture for this label file");
      }
    }
  }

  fs::path yaml_file_;
  DataYaml yaml_;
  std::vector<ListedPicture> pictures_;
  int64_t label_files_ = 0;
};

}  // namespace
}  // namespace cairn::datasets

using cairn::datasets::Params;
CAIRN_PLUGIN("cairn.yolo_dataset", "1.0.0",
             cairn::dataset<cairn::datasets::Yolo, Params>(
                 "yolo", "data.yaml with pictures and text files of labels; outlines are kept")
                 .param("path", &Params::path, "the data.yaml"))
