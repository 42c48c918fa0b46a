#include "framework/config/fake_plugins.h"

#include <algorithm>

namespace cairn::test {
namespace {

struct Set {
  std::string path;
  bool strict = false;
};
struct Perspective {
  double degrees = 0, scale = 0.5;
  std::vector<double> border = {0.5, 0.5};
};
struct Detector {
  std::string variant = "n";
  double box_gain = 7.5;
};
struct Descent {
  double lr = 0.01, momentum = 0.9;
  bool nesterov = true;
};
struct Moments {
  double lr = 0.001, beta2 = 0.999;
};
struct Line {
  double final_ratio = 0.01, warmup_epochs = 3.0;
  int64_t warmup_minimum = 100;
  std::string factor_epoch = "previous";
};
struct Folder {
  std::string path = "runs/store";
};
struct Bucket {
  std::string url, secret_env, password;
  double timeout = 30;
  int64_t part_size = 8 << 20;
};

constexpr const char* kPublished = R"(
[dataset]
batch_size = 32
[[augmentation]]
type = "mosaic"
last_epochs_off = 10
[[augmentation]]
type = "flip"
probability = 0.5
only_after = "mosaic"
[optimizer]
type = "sgd"
momentum = 0.937
[scheduler]
type = "linear"
warmup_minimum = 50
[train]
gradients_at_epoch_start = "zero"
)";

FactoryDescriptor factory(Kind kind, std::string type, std::vector<ParamSpec> params) {
  FactoryDescriptor out;
  out.kind = kind;
  out.type = std::move(type);
  out.help = "made for tests";
  out.params = std::move(params);
  return out;
}

FactoryDescriptor detector() {
  FactoryDescriptor out =
      factory(Kind::Model, "yolov8",
              {make_param<Detector>("variant", &Detector::variant, one_of({"n", "s", "m", "l", "x"}), "size"),
               make_param<Detector>("box_gain", &Detector::box_gain, at_least(0), "of the box loss")});
  out.presets = {{"published", kPublished}, {"current", "[scheduler]\nfactor_epoch = 'current'\n"}};
  return out;
}

FactoryDescriptor bucket() {
  return factory(
      Kind::Backend, "s3",
      {make_param<Bucket>("url", &Bucket::url, cosmetic, "s3://bucket/prefix"),
       make_param<Bucket>("secret_env", &Bucket::secret_env, secret, cosmetic, "variable with the secret key"),
       make_param<Bucket>("password", &Bucket::password, secret, cosmetic, "wrongly declared"),
       make_param<Bucket>("timeout", &Bucket::timeout, more_than(0), unit::seconds, cosmetic, "of one request"),
       make_param<Bucket>("part_size", &Bucket::part_size, range(1 << 20, 1 << 30), unit::bytes, cosmetic,
                          "of an upload")});
}

FactoryDescriptor line() {
  return factory(Kind::Scheduler, "linear",
                 {make_param<Line>("final_ratio", &Line::final_ratio, range(0, 1), unit::ratio, "last / first"),
                  make_param<Line>("warmup_epochs", &Line::warmup_epochs, at_least(0), unit::epochs, "length"),
                  make_param<Line>("warmup_minimum", &Line::warmup_minimum, at_least(0), unit::iterations, "floor"),
                  make_param<Line>("factor_epoch", &Line::factor_epoch, one_of({"current", "previous"}), "rule")});
}

}  // namespace

FakePlugins::FakePlugins() {
  const auto add = [&](FactoryDescriptor f) {
    factories_.push_back(std::make_unique<FactoryDescriptor>(std::move(f)));
  };
  for (const char* type : {"yolo", "coco", "voc"}) {
    add(factory(
        Kind::Dataset, type,
        {make_param<Set>("path", &Set::path, "data.yaml"), make_param<Set>("strict", &Set::strict, "refuse skips")}));
  }
  for (const char* type : {"mosaic", "flip", "hsv"}) add(factory(Kind::Augmentation, type, {}));
  add(factory(Kind::Augmentation, "random_perspective",
              {make_param<Perspective>("degrees", &Perspective::degrees, range(0, 180), unit::degrees, "largest turn"),
               make_param<Perspective>("scale", &Perspective::scale, range(0, 1), "largest change"),
               make_param<Perspective>("border", &Perspective::border, range(0, 1), "two ratios")}));
  add(detector());
  add(factory(Kind::Optimizer, "sgd",
              {make_param<Descent>("lr", &Descent::lr, more_than(0), sweepable, "first rate"),
               make_param<Descent>("momentum", &Descent::momentum, range(0, 1), "of the velocity"),
               make_param<Descent>("nesterov", &Descent::nesterov, "look ahead")}));
  add(factory(Kind::Optimizer, "adamw",
              {make_param<Moments>("lr", &Moments::lr, more_than(0), "first rate"),
               make_param<Moments>("beta2", &Moments::beta2, range(0, 1), "second moment")}));
  add(line());
  add(factory(Kind::Scheduler, "cosine", {}));
  add(factory(Kind::Backend, "local", {make_param<Folder>("path", &Folder::path, cosmetic, "folder")}));
  add(bucket());
  for (const char* type : {"console", "journal", "tensorboard"}) add(factory(Kind::Monitor, type, {}));
}

const FactoryDescriptor* FakePlugins::find(Kind kind, std::string_view type) const {
  for (const auto& f : factories_) {
    if (f->kind == kind && f->type == type) return f.get();
  }
  return nullptr;
}

std::vector<std::string> FakePlugins::types(Kind kind) const {
  std::vector<std::string> out;
  for (const auto& f : factories_) {
    if (f->kind == kind) out.push_back(f->type);
  }
  return out;
}

FactoryDescriptor& FakePlugins::get(Kind kind, std::string_view type) {
  return const_cast<FactoryDescriptor&>(*find(kind, type));
}

std::vector<const FactoryDescriptor*> FakePlugins::all() const {
  std::vector<const FactoryDescriptor*> out;
  for (const auto& f : factories_) out.push_back(f.get());
  return out;
}

std::filesystem::path PipelineFolder::write(const std::string& name, const std::string& text) const {
  write_text(folder_ / name, text);
  return folder_ / name;
}

LoadRequest PipelineFolder::request(const std::string& text) const {
  LoadRequest out;
  out.path = text.empty() ? folder_ / "p.toml" : write("p.toml", text);
  out.working_directory = "/work_here";
  out.environment = [values = environment](const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
  out.find_factory = [p = plugins](Kind kind, std::string_view type) { return p->find(kind, type); };
  out.known_types = [p = plugins](Kind kind) { return p->types(kind); };
  return out;
}

const Entry* find_entry(const LoadResult& result, const std::string& key) {
  const auto found =
      std::find_if(result.entries.begin(), result.entries.end(), [&](const Entry& e) { return e.key() == key; });
  return found == result.entries.end() ? nullptr : &*found;
}

std::string origin_of(const LoadResult& result, const std::string& key) {
  const Entry* entry = find_entry(result, key);
  return entry == nullptr ? "absent" : entry->origin.to_text();
}

}  // namespace cairn::test
