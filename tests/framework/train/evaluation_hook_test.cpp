// The extension "cairn.evaluation/1" of monitors: with it, without it, and with one that fails.
#include <gtest/gtest.h>

#include "train/monitors.h"

namespace cairn {
namespace {

class Plain : public Monitor {
 public:
  void on_metrics(const MetricRow&) override {}
  void on_event(const Event&) override { ++events; }
  int events = 0;
};

class Hooked final : public Plain, public EvaluationHook {
 public:
  void* extension(std::string_view id) override {
    return id == kEvaluationExtension ? static_cast<EvaluationHook*>(this) : nullptr;
  }
  void on_evaluated(const Progress& at, std::span<const ClassFigures> classes) override {
    if (classes.empty()) fail(Code::Internal, "no classes");
    seen = cat(at.iteration, " ", classes[0].name, " ", classes[0].ap50);
  }
  std::string seen;
};

TEST(EvaluationHook, IsCalledWhereItIsAndNotMissedWhereItIsNot) {
  Monitors monitors(null_logger());
  auto plain = std::make_unique<Plain>();
  auto hooked = std::make_unique<Hooked>();
  Plain& without = *plain;
  Hooked& with = *hooked;
  monitors.add("plain", std::move(plain));
  monitors.add("hooked", std::move(hooked));
  Progress at;
  at.iteration = 12;
  const std::vector<ClassFigures> figures{{"circle", 3, 0.5, 0.25, 0.7, 0.6}};
  monitors.evaluated(at, figures);
  EXPECT_EQ(with.seen, "12 circle 0.5");
  monitors.event(Event::Type::Saved, at);
  EXPECT_EQ(without.events, 1);
}

TEST(EvaluationHook, OneThatFailsIsSwitchedOffAndTheOthersGoOn) {
  Monitors monitors(null_logger());
  auto plain = std::make_unique<Plain>();
  Plain& other = *plain;
  monitors.add("hooked", std::make_unique<Hooked>());
  monitors.add("plain", std::move(plain));
  EXPECT_NO_THROW(monitors.evaluated({}, {}));
  monitors.event(Event::Type::Saved, {});
  EXPECT_EQ(other.events, 1);
}

}  // namespace
}  // namespace cairn
