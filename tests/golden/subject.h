// The model that a golden file is about.
#pragma once
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include <vector>

#include <cairn/model.h>

#include "common/inspection.h"
#include "plugin/registry.h"

namespace cairn::golden {

// Family and variant as the file names them: fields family and variant, or a model such as "yolov7-w6".
struct Identity {
  std::string family, variant;
  std::vector<std::string> options;  // of "n+fuse_ab": fuse_ab
};
Identity identity_of(const nlohmann::json& file);

class Subject {
 public:
  // With the loss that the file's `block` describes; of what it says only parameters that the plugin knows are set.
  // `more` are parameters on top of that.
  Subject(Registry& registry, const nlohmann::json& file, const std::string& block = "train", const Table& more = {});
  Model& model() { return *model_; }
  models::Inspection& inspection() { return *inspection_; }
  void refill();  // constructed buffers and filled weights, as before any forward

  at::Tensor images() const;  // in the type of the parameters
  Targets targets() const;

 private:
  const nlohmann::json& file_;
  std::unique_ptr<Model> model_;
  models::Inspection* inspection_ = nullptr;
};

models::Inspection& inspection_of(Model& model);

}  // namespace cairn::golden
