// Dataset "coco": one JSON file of annotations per split and a folder of pictures.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "coco/annotation_file.h"
#include "common/labelled_set.h"
#include "common/text.h"

namespace cairn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxBytes = uint64_t{4} << 30;

struct Params {
  std::string path;
  std::string train_annotations = "annotations/instances_train.json";
  std::string val_annotations = "annotations/instances_val.json";
  std::string train_images = "images/train";
  std::string val_images = "images/val";
};

class Coco final : public LabelledSet {
 public:
  Coco(const Params& params, const Context& context) {
    const bool train = context.split == Split::Train;
    root_ = (context.base_directory / params.path).lexically_normal();
    file_ = (root_ / (train ? params.train_annotations : params.val_annotations)).lexically_normal();
    images_ = (root_ / (train ? params.train_images : params.val_images)).lexically_normal();
    name_ = shown_name(file_, root_);
    guard({name_}, [&] {
      const std::string text = read_text(file_, kMaxBytes);
      coco_ = read_coco(text, [&](int64_t line, std::string message) { refuse({name_, line}, std::move(message)); });
      read_categories();
      read_images(context);
      read_annotations();
      for (size_t i = 0; i < pending_.size(); ++i) add(std::move(pending_[i]), facts_[i]);
    });
    finish({name_});
    coco_ = {};
    kept_.clear();
  }

 private:
  Place at_line(int64_t line) const { return {name_, line}; }

  // Classes are numbered by rising category id.
  void read_categories() {
    auto& categories = coco_.categories;
    if (categories.empty()) refuse({name_}, "no categories: expected \"categories\" with id and name of each");
    std::erase_if(categories, [&](const CocoCategory& category) {
      if (category.id && category.name) return false;
      refuse(at_line(category.line), "a category needs an id and a name");
      return true;
    });
    std::stable_sort(categories.begin(), categories.end(), [](const auto& a, const auto& b) { return *a.id < *b.id; });
    for (const CocoCategory& category : categories) {
      if (!class_of_.emplace(*category.id, static_cast<int32_t>(classes_.size())).second) {
        refuse(at_line(category.line), cat("category id ", *category.id, " stands there twice"));
        continue;
      }
      classes_.push_back(*category.name);
    }
  }

  void read_images(const Context& context) {
    std::vector<fs::path> files;
    std::unordered_set<std::string> names;
    for (const CocoImage& image : coco_.images) {
      if (!image.id || !image.file_name) {
        refuse(at_line(image.line), "an image needs an id and a file_name");
      } else if (!record_of_.emplace(*image.id, pending_.size()).second) {
        refuse(at_line(image.line), cat("image id ", *image.id, " stands there twice"));
      } else if (!names.insert(*image.file_name).second) {
        refuse(at_line(image.line), cat("image file ", *image.file_name, " stands there twice"));
        record_of_.erase(*image.id);
      } else {
        Record record;
        record.file = (images_ / *image.file_name).lexically_normal();
        record.name = shown_name(record.file, root_);
        record.image_id = *image.id;
        files.push_back(record.file);
        pending_.push_back(std::move(record));
        kept_.push_back(&image);
      }
    }
    facts_ = check_pictures(files, fs::absolute(file_).string(), context);
    for (size_t i = 0; i < pending_.size(); ++i) check_size(*kept_[i], facts_[i]);
  }

  void check_size(const CocoImage& image, const PictureFacts& facts) {
    if (!facts.usable() || (image.width == 0 && image.height == 0)) return;
    if (image.width == facts.width && image.height == facts.height) return;
    const bool turned = image.width == facts.height && image.height == facts.width;
    refuse(at_line(image.line),
           cat("image ", *image.file_name, " is said to have ", image.width, " x ", image.height,
               " pixels; the file shows ", facts.width, " x ", facts.height,
               turned ? " (turned by its EXIF orientation: the boxes do not fit what is shown)" : ""));
  }

  // Empty: fine. Else what makes the annotation unusable.
  std::string missing_in(const CocoAnnotation& annotation) const {
    if (!annotation.image_id) return "an annotation needs an image_id";
    if (!annotation.category_id) return "an annotation needs a category_id";
    if (annotation.bbox.size() != 4)
      return cat("an annotation needs a bbox of 4 numbers, found ", annotation.bbox.size());
    const auto finite = [](double value) { return std::isfinite(value) && std::abs(value) < 1e9; };
    if (!std::all_of(annotation.bbox.begin(), annotation.bbox.end(), finite))
      return "the bbox holds numbers that are no pixels";
    if (!record_of_.contains(*annotation.image_id))
      return cat("image_id ", *annotation.image_id, " is no image of this file");
    if (!class_of_.contains(*annotation.category_id))
      return cat("category_id ", *annotation.category_id, " is no category of this file");
    return {};
  }

  void read_annotations() {
    std::unordered_set<int64_t> ids;
    for (CocoAnnotation& annotation : coco_.annotations) {
      if (annotation.id && !ids.insert(*annotation.id).second) {
        refuse(at_line(annotation.line), cat("annotation id ", *annotation.id, " stands there twice"));
      }
      if (const std::string problem = missing_in(annotation); !problem.empty())
        refuse(at_line(annotation.line), problem);
      else
        add_annotation(annotation);
    }
  }

  void add_annotation(CocoAnnotation& annotation) {
    const size_t index = record_of_.at(*annotation.image_id);
    const PictureFacts& facts = facts_[index];
    if (!facts.usable()) return;
    const auto& bbox = annotation.bbox;
    Box box;
    box.x1 = static_cast<float>(bbox[0]);
    box.y1 = static_cast<float>(bbox[1]);
    box.x2 = static_cast<float>(bbox[0] + bbox[2]);
    box.y2 = static_cast<float>(bbox[1] + bbox[3]);
    box.class_id = class_of_.at(*annotation.category_id);
    box.flags = annotation.crowd ? kCrowd : 0;
    auto fitted = fitting(box, facts.width, facts.height, at_line(annotation.line));
    if (!fitted) return;
    fitted->area = annotation.area ? static_cast<float>(*annotation.area) : fitted->width() * fitted->height();
    pending_[index].boxes.push_back(*fitted);
    pending_[index].polygons.push_back(std::move(annotation.outline));
  }

  fs::path root_, file_, images_;
  std::string name_;
  CocoFile coco_;
  std::unordered_map<int64_t, int32_t> class_of_;
  std::unordered_map<int64_t, size_t> record_of_;
  std::vector<Record> pending_;
  std::vector<const CocoImage*> kept_;  // parallel to pending_
  std::vector<PictureFacts> facts_;     // parallel to pending_
};

}  // namespace
}  // namespace cairn::datasets

using cairn::datasets::Params;
CAIRN_PLUGIN("cairn.coco_dataset", "1.0.0",
             cairn::dataset<cairn::datasets::Coco, Params>(
                 "coco", "COCO annotation files; crowd regions, areas and outlines are kept")
                 .param("path", &Params::path, "the set's folder; the other paths start there")
                 .param("train_annotations", &Params::train_annotations, "annotation file of the training split")
                 .param("val_annotations", &Params::val_annotations, "annotation file of the evaluation split")
                 .param("train_images", &Params::train_images, "folder of the training pictures")
                 .param("val_images", &Params::val_images, "folder of the evaluation pictures"))
