// What `cairn doctor` looks at. Nothing of a run is made or changed; a store gets one probe object for a moment.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "train/stages.h"
#include "train/stores.h"

namespace cairn {

enum class Verdict { Good, Warning, Bad };

struct Check {
  std::string what;
  Verdict verdict = Verdict::Good;
  std::string detail;
};

// Collects what was looked at; a check that throws is a bad one. [train thread]
class Doctor {
 public:
  explicit Doctor(Session& session) : session_(session) {}
  const std::vector<Check>& checks() const { return checks_; }

  void machine();
  void test_data();
  void plugins();
  std::optional<Pipeline> pipeline(const PipelineOptions& options);
  // Everything that training with this pipeline would need, in the order in which it would need it.
  void training(const Pipeline& pipeline);

 private:
  std::optional<Compute> compute(const Pipeline& pipeline);
  void exactness(const Pipeline& pipeline, const Compute& compute);
  void space(const std::string& what, const std::filesystem::path& folder);
  std::optional<ClassNames> data(const StageContext& context, Split split);
  void model(const StageContext& context, const ClassNames& classes);
  void stores(const Pipeline& pipeline);
  void store(Backend& backend);
  void keys(const OpenStores& stores);

  // Runs `look`; what it returns is the detail.
  template <class Function>
  void attempt(const std::string& what, const Function& look);
  void good(const std::string& what, std::string detail) { add(what, Verdict::Good, std::move(detail)); }
  void add(const std::string& what, Verdict verdict, std::string detail);

  Session& session_;
  std::vector<Check> checks_;
};

}  // namespace cairn
