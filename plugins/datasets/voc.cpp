// Dataset "voc": one XML file per picture, and lists of the splits.
#include <algorithm>
#include <map>
#include <set>

#include <pugixml.hpp>

#include "common/labelled_set.h"
#include "common/text.h"

namespace cairn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxBytes = uint64_t{64} << 20;

struct Params {
  std::string path;
  std::string annotations = "Annotations";
  std::vector<std::string> images = {"JPEGImages"};
  std::string sets = "ImageSets/Main";
  std::string train = "train";
  std::string val = "val";
  std::vector<std::string> classes;
  int64_t first_pixel = 0;
  bool difficult = true;
};

// An XML file and what is needed to name its lines.
struct Xml {
  std::string text;
  pugi::xml_document document;
  pugi::xml_parse_result result;
};

void load_xml(const fs::path& file, Xml& xml) {
  xml.text = read_text(file, kMaxBytes);
  xml.result = xml.document.load_buffer(xml.text.data(), xml.text.size());
}

class Voc final : public LabelledSet {
 public:
  Voc(const Params& params, const Context& context) : params_(params) {
    root_ = (context.base_directory / params.path).lexically_normal();
    annotations_ = (root_ / params.annotations).lexically_normal();
    const std::string list = context.split == Split::Train ? params.train : params.val;
    guard({params.annotations}, [&] {
      index_pictures();
      list_names(list);
      find_classes();
      read_records(fs::absolute(annotations_).string() + " " + list, context);
    });
    finish({list.empty() ? params.annotations : params.sets + "/" + list + ".txt"});
  }

 private:
  struct Entry {
    std::string stem;
    Place place;  // of the list's line
  };

  std::vector<fs::path> files_in(const fs::path& folder) const {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      files.push_back(entry->path());
    }
    if (error) fail(Code::NotFound, "cannot list the folder ", folder.string(), ": ", error.message());
    std::sort(files.begin(), files.end());
    return files;
  }

  void index_pictures() {
    for (const std::string& folder : params_.images) {
      for (const fs::path& file : files_in((root_ / folder).lexically_normal())) {
        if (has_picture_extension(file)) picture_of_.emplace(file.stem().string(), file);
      }
    }
  }

  void list_names(const std::string& list) {
    if (list.empty()) {
      for (const fs::path& file : files_in(annotations_)) {
        if (file.extension() == ".xml") entries_.push_back({file.stem().string(), {shown_name(file, root_), 0}});
      }
      return;
    }
    const fs::path file = root_ / params_.sets / (list + ".txt");
    const std::string text = read_text(file, kMaxBytes), name = shown_name(file, root_);
    std::set<std::string> seen;
    for (const Line& line : lines_of(text)) {
      const std::string stem(words_of(line.text).front());
      if (seen.insert(stem).second)
        entries_.push_back({stem, {name, line.number}});
      else
        warn({name, line.number}, "the picture is listed twice and counts once");
    }
  }

  // Given, or all that occur in any annotation of the folder, sorted: so that both splits agree.
  void find_classes() {
    classes_ = params_.classes;
    if (classes_.empty()) {
      std::set<std::string> found;
      for (const fs::path& file : files_in(annotations_)) {
        if (file.extension() != ".xml") continue;
        Xml xml;
        load_xml(file, xml);
        for (const auto& object : xml.document.child("annotation").children("object"))
          found.insert(object.child_value("name"));
      }
      found.erase("");
      classes_.assign(found.begin(), found.end());
    }
    for (size_t i = 0; i < classes_.size(); ++i) class_of_.emplace(classes_[i], static_cast<int32_t>(i));
    if (classes_.empty()) refuse({params_.annotations}, "no classes: no annotation names one, and none is given");
  }

  void read_records(const std::string& set, const Context& context) {
    std::vector<fs::path> files;
    std::vector<Entry> found;
    for (const Entry& entry : entries_) {
      const auto picture = picture_of_.find(entry.stem);
      if (picture == picture_of_.end()) {
        skip(entry.place, cat("there is no picture ", entry.stem, " in the folders of pictures"));
        continue;
      }
      files.push_back(picture->second);
      found.push_back(entry);
    }
    const std::vector<PictureFacts> facts = check_pictures(files, set, context);
    for (size_t i = 0; i < files.size(); ++i) {
      Record record;
      record.name = shown_name(files[i], root_);
      record.file = files[i];
      record.image_id = static_cast<int64_t>(i);
      const fs::path file = annotations_ / (found[i].stem + ".xml");
      guard({shown_name(file, root_)}, [&] { read_annotation(file, facts[i], record); });
      add(std::move(record), facts[i]);
    }
  }

  void read_annotation(const fs::path& file, const PictureFacts& facts, Record& record) {
    Xml xml;
    load_xml(file, xml);
    const LineIndex lines(xml.text);
    const std::string name = shown_name(file, root_);
    const auto place = [&](ptrdiff_t offset) {
      return Place{name, lines.line_of(static_cast<size_t>(std::max<ptrdiff_t>(offset, 0)))};
    };
    if (!xml.result) {
      refuse(place(xml.result.offset), cat("not valid XML: ", xml.result.description()));
      return;
    }
    const pugi::xml_node top = xml.document.child("annotation");
    if (!top) {
      refuse(place(0), "expected an <annotation>");
      return;
    }
    if (const pugi::xml_node size = top.child("size")) check_size(size, facts, place(size.offset_debug()));
    for (const auto& object : top.children("object")) read_object(object, place(object.offset_debug()), facts, record);
  }

  void check_size(const pugi::xml_node& size, const PictureFacts& facts, const Place& place) {
    const int width = size.child("width").text().as_int(), height = size.child("height").text().as_int();
    if (!facts.usable() || (width == facts.width && height == facts.height)) return;
    refuse(place,
           cat("<size> says ", width, " x ", height, " pixels; the file shows ", facts.width, " x ", facts.height));
  }

  void read_object(const pugi::xml_node& object, const Place& place, const PictureFacts& facts, Record& record) {
    const std::string name = object.child_value("name");
    const auto known = class_of_.find(name);
    if (known == class_of_.end()) {
      refuse(place, cat("class \"", name, "\" is not among the set's ", classes_.size(), " classes"));
      return;
    }
    std::map<std::string, double> edges;
    for (const char* edge : {"xmin", "ymin", "xmax", "ymax"}) {
      const auto words = words_of(object.child("bndbox").child_value(edge));
      const auto value = words.size() == 1 ? number_of(words[0]) : std::nullopt;
      if (!value || !(std::abs(*value) < 1e9)) {
        refuse(place, cat("<bndbox> needs a number as <", edge, ">, found \"", object.child("bndbox").child_value(edge),
                          "\""));
        return;
      }
      edges[edge] = *value;
    }
    const bool hard = object.child("difficult").text().as_bool();
    if (!facts.usable() || (hard && !params_.difficult)) return;
    const double shift = static_cast<double>(params_.first_pixel);
    Box box;
    box.x1 = static_cast<float>(edges["xmin"] - shift);
    box.y1 = static_cast<float>(edges["ymin"] - shift);
    box.x2 = static_cast<float>(edges["xmax"]);
    box.y2 = static_cast<float>(edges["ymax"]);
    box.class_id = known->second;
    box.flags = hard ? kDifficult : 0;
    auto fitted = fitting(box, facts.width, facts.height, place);
    if (!fitted) return;
    fitted->area = fitted->width() * fitted->height();
    record.boxes.push_back(*fitted);
  }

  Params params_;
  fs::path root_, annotations_;
  std::map<std::string, fs::path> picture_of_;  // by stem
  std::vector<Entry> entries_;
  std::map<std::string, int32_t> class_of_;
};

}  // namespace
}  // namespace cairn::datasets

using cairn::datasets::Params;
CAIRN_PLUGIN("cairn.voc_dataset", "1.0.0",
             cairn::dataset<cairn::datasets::Voc, Params>(
                 "voc", "Pascal VOC: an XML file per picture; difficult objects are marked")
                 .param("path", &Params::path, "the set's folder; the other paths start there")
                 .param("annotations", &Params::annotations, "folder of the XML files")
                 .param("images", &Params::images, "folders of the pictures, searched in order")
                 .param("sets", &Params::sets, "folder of the lists")
                 .param("train", &Params::train, "list of the training split; empty: every annotation")
                 .param("val", &Params::val, "list of the evaluation split; empty: every annotation")
                 .param("classes", &Params::classes, "class names in order; empty: all that occur, sorted")
                 .param("first_pixel", &Params::first_pixel, cairn::range(0, 1),
                        "0: edges are continuous; 1: pixels are counted from 1 and both corners belong to the box")
                 .param("difficult", &Params::difficult, "whether objects marked difficult are kept"))
