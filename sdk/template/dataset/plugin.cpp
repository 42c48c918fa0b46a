// Boxes from a text file with one object a line: split,picture,class,x1,y1,x2,y2 in pixels.
#include <algorithm>
#include <fstream>
#include <cairn/dataset.h>
#include <cairn/image.h>
#include <cairn/sha256.h>
using namespace cairn;
struct Params { std::string labels, pictures; };
class @Name@ final : public Dataset {
 public:
  @Name@(const Params& params, const Context& context) : pictures_(context.base_directory / params.pictures) {
    std::ifstream in(context.base_directory / params.labels);
    Sha256 hash;
    for (std::string line, split, name, label; std::getline(in, line); hash.text(line)) {
      std::replace(line.begin(), line.end(), ',', ' ');
      std::istringstream fields(line);
      Box box;
      fields >> split >> name >> label >> box.x1 >> box.y1 >> box.x2 >> box.y2;
      if (!fields) problems_.push_back({Problem::Severity::Refuse, params.labels, 0, "not seven fields: " + line});
      box.class_id = static_cast<int32_t>(std::find(classes_.begin(), classes_.end(), label) - classes_.begin());
      if (box.class_id == static_cast<int32_t>(classes_.size())) classes_.push_back(label);
      if (split == (context.split == Split::Train ? "train" : "val")) add(name, box, hash);
    }
    fingerprint_ = hash.hex();
  }
  int64_t size() const override { return static_cast<int64_t>(records_.size()); }
  ClassNames classes() const override { return classes_; }
  Record at(int64_t index) const override { return records_.at(static_cast<size_t>(index)); }
  std::string fingerprint() const override { return fingerprint_; }
  const std::vector<Problem>& problems() const override { return problems_; }
 private:
  void add(const std::string& name, const Box& box, Sha256& hash) try {
    if (records_.empty() || records_.back().name != name) {
      const ImageInfo info = probe_image(read_file(pictures_ / name));
      records_.push_back({name, pictures_ / name, {}, info.width, info.height, size(), {}, {}});
      hash.add(read_file(pictures_ / name));
    }
    records_.back().boxes.push_back(box);
  } catch (const Error& error) {
    problems_.push_back({Problem::Severity::Skip, name, 0, error.message()});
  }
  std::filesystem::path pictures_;
  std::string fingerprint_;
  ClassNames classes_;
  std::vector<Record> records_;
  std::vector<Problem> problems_;
};
CAIRN_PLUGIN("example.@name@", "1.0.0", dataset<@Name@, Params>("@name@", "one object a line")
                 .param("labels", &Params::labels, "the objects; those of a picture stand together")
                 .param("pictures", &Params::pictures, "folder of the pictures"))
