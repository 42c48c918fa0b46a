// KITTI's object labels: one text file per picture, fifteen columns a line, of which type and box are used.
// Folder: <path>/image_2/000000.png with <path>/label_2/000000.txt. Every val_every-th picture is for evaluation.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <cairn/dataset.h>
#include <cairn/image.h>
#include <cairn/sha256.h>

namespace {

namespace fs = std::filesystem;

struct Params {
  std::string path;
  int64_t val_every = 5;
  std::vector<std::string> classes = {"Car", "Pedestrian", "Cyclist"};
};

constexpr const char* kDontCare = "DontCare";  // regions that were not labelled

class Kitti final : public cairn::Dataset {
 public:
  Kitti(const Params& params, const cairn::Context& context)
      : params_(params), root_(context.base_directory / params.path) {
    if (params.path.empty())
      cairn::fail(cairn::Code::InvalidArgument,
                  "path: expected the folder that holds image_2 and label_2, found nothing");
    const bool val = context.split == cairn::Split::Val;
    const std::vector<fs::path> pictures = list_pictures();
    cairn::Sha256 hash;
    for (size_t i = 0; i < pictures.size(); ++i) {
      if ((static_cast<int64_t>(i) % params.val_every == 0) == val) add(pictures[i], hash);
    }
    fingerprint_ = hash.hex();
  }

  int64_t size() const override { return static_cast<int64_t>(records_.size()); }
  cairn::ClassNames classes() const override { return params_.classes; }
  cairn::Record at(int64_t index) const override { return records_.at(static_cast<size_t>(index)); }
  std::string fingerprint() const override { return fingerprint_; }
  const std::vector<cairn::Problem>& problems() const override { return problems_; }

 private:
  std::vector<fs::path> list_pictures() const {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_ / "image_2", error)) files.push_back(entry.path());
    if (error)
      cairn::fail(cairn::Code::NotFound, "path: cannot list ", (root_ / "image_2").string(), ": ", error.message());
    std::sort(files.begin(), files.end());  // the order of a folder differs between machines
    return files;
  }

  // A picture that cannot be used is left out, and said.
  void add(const fs::path& file, cairn::Sha256& hash) {
    cairn::Record record;
    record.name = fs::relative(file, root_).string();
    record.file = file;
    try {
      const std::vector<std::byte> bytes = cairn::read_file(file);
      const cairn::ImageInfo info = cairn::probe_image(bytes);
      record.width = info.width;
      record.height = info.height;
      hash.text(record.name).add(bytes);
    } catch (const cairn::Error& error) {
      problems_.push_back({cairn::Problem::Severity::Skip, record.name, 0, error.message()});
      return;
    }
    record.image_id = static_cast<int64_t>(records_.size());
    read_labels(record, hash);
    records_.push_back(std::move(record));
  }

  void read_labels(cairn::Record& record, cairn::Sha256& hash) {
    const fs::path file = root_ / "label_2" / record.file.stem().concat(".txt");
    std::ifstream in(file);
    if (!in)
      problems_.push_back({cairn::Problem::Severity::Warn, record.name, 0, "has no labels; taken as without objects"});
    int64_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      hash.text(line);
      std::string type;
      double skipped = 0;
      cairn::Box box;
      std::istringstream fields(line);
      fields >> type >> skipped >> skipped >> skipped >> box.x1 >> box.y1 >> box.x2 >> box.y2;
      if (!fields) {
        problems_.push_back({cairn::Problem::Severity::Refuse, fs::relative(file, root_).string(), number,
                             "expected type, truncation, occlusion, angle and a box, found: " + line});
      } else {
        keep(record, type, box);
      }
    }
  }

  void keep(cairn::Record& record, const std::string& type, cairn::Box box) const {
    box.x1 = std::clamp(box.x1, 0.0f, static_cast<float>(record.width));
    box.x2 = std::clamp(box.x2, 0.0f, static_cast<float>(record.width));
    box.y1 = std::clamp(box.y1, 0.0f, static_cast<float>(record.height));
    box.y2 = std::clamp(box.y2, 0.0f, static_cast<float>(record.height));
    if (box.width() <= 0 || box.height() <= 0) return;
    box.area = box.width() * box.height();
    const auto known = std::find(params_.classes.begin(), params_.classes.end(), type);
    if (type == kDontCare) box.flags = cairn::kCrowd;  // neither trained on nor counted as a miss
    if (known == params_.classes.end() && type != kDontCare) return;
    box.class_id = known == params_.classes.end() ? 0 : static_cast<int32_t>(known - params_.classes.begin());
    record.boxes.push_back(box);
  }

  Params params_;
  fs::path root_;
  std::vector<cairn::Record> records_;
  std::vector<cairn::Problem> problems_;
  std::string fingerprint_;
};

}  // namespace

CAIRN_PLUGIN("example.kitti", "1.0.0",
             cairn::dataset<Kitti, Params>("kitti", "KITTI object labels")
                 .param("path", &Params::path, "the folder that holds image_2 and label_2")
                 .param("val_every", &Params::val_every, cairn::at_least(2),
                        "every so many pictures one is for evaluation")
                 .param("classes", &Params::classes, "the types that are kept, in order"))
