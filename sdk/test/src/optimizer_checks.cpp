// Checks of the kind optimizer.
#include <cmath>
#include <limits>

#include <cairn/memory_state.h>
#include <cairn/optimizer.h>
#include <cairn/random.h>

#include "check.h"

namespace cairn::conformance {
namespace {

// Two groups with a matrix and a vector each; values and gradients depend on names and step alone.
class Toy {
 public:
  Toy() {
    groups_.resize(2);
    groups_[0].kind = GroupKind::Decay;
    groups_[1].kind = GroupKind::Bias;
    for (const char* name : {"a.weight", "b.weight"}) add(groups_[0], name, {4, 3});
    for (const char* name : {"a.bias", "b.bias"}) add(groups_[1], name, {4});
  }
  void set_gradients(int64_t step) {
    for (ParamGroup& group : groups_) {
      for (size_t i = 0; i < group.names.size(); ++i)
        group.params[i].mutable_grad() = values(group.names[i], group.params[i].sizes(), 1000 + step);
    }
  }
  ParamGroups& groups() { return groups_; }
  void reverse() {
    for (ParamGroup& group : groups_) {
      std::swap(group.names[0], group.names[1]);
      std::swap(group.params[0], group.params[1]);
    }
  }
  at::Tensor param(const std::string& name) const {
    for (const ParamGroup& group : groups_) {
      for (size_t i = 0; i < group.names.size(); ++i) {
        if (group.names[i] == name) return group.params[i].detach();
      }
    }
    fail(Code::NotFound, name);
  }

 private:
  static at::Tensor values(const std::string& name, at::IntArrayRef shape, int64_t number) {
    Rng rng({hash_text(name), static_cast<uint64_t>(number)});
    at::Tensor out = at::empty(shape, at::kFloat);
    for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<float>()[i] = static_cast<float>(rng.uniform(-1, 1));
    return out;
  }
  static void add(ParamGroup& group, const std::string& name, at::IntArrayRef shape) {
    group.names.push_back(name);
    group.params.push_back(values(name, shape, 0).requires_grad_(true));
  }
  ParamGroups groups_;
};

constexpr const char* kNames[] = {"a.weight", "b.weight", "a.bias", "b.bias"};

void step(Optimizer& optimizer, Toy& toy, int64_t number) {
  toy.set_gradients(number);
  const std::vector<Rates> rates(2, optimizer.base_rates());
  expect(optimizer.step(toy.groups(), rates, {}) == StepResult::Applied, "step ", number, " was skipped");
}

void expect_equal(const Toy& a, const Toy& b, const std::string& when) {
  for (const char* name : kNames) {
    expect(at::equal(a.param(name), b.param(name)), when, ": '", name, "' differs");
    expect(a.param(name).isfinite().all().item<bool>(), when, ": '", name, "' is not finite");
  }
}

void check_steps(const Specimen& s) {
  const auto optimizer = s.make<Optimizer>();
  Toy toy, untouched;
  for (int64_t i = 0; i < 10; ++i) step(*optimizer, toy, i);
  for (const char* name : kNames) {
    expect(!at::equal(toy.param(name), untouched.param(name)), "ten steps left '", name, "' as it was");
    expect(toy.param(name).isfinite().all().item<bool>(), "ten steps made '", name, "' infinite");
  }
}

void check_resume(const Specimen& s) {
  const auto straight = s.make<Optimizer>(), before = s.make<Optimizer>(), after = s.make<Optimizer>();
  Toy one, two;
  for (int64_t i = 0; i < 5; ++i) {
    step(*straight, one, i);
    step(*before, two, i);
  }
  MemoryState state;
  before->save(state);
  after->load(state);
  two.reverse();
  for (int64_t i = 5; i < 9; ++i) {
    step(*straight, one, i);
    step(*after, two, i);
  }
  expect_equal(one, two, "after save and load, with the parameters in another order");
}

void check_zero_steps(const Specimen& s) {
  const auto fresh = s.make<Optimizer>(), loaded = s.make<Optimizer>();
  MemoryState state;
  fresh->save(state);
  loaded->load(state);
  Toy one, two;
  step(*fresh, one, 0);
  step(*loaded, two, 0);
  expect_equal(one, two, "saved before the first step");
}

void check_skipped(const Specimen& s) {
  const auto optimizer = s.make<Optimizer>(), other = s.make<Optimizer>();
  Toy toy, straight, untouched;
  toy.set_gradients(0);
  const std::vector<Rates> rates(2, optimizer->base_rates());
  const GradScale overflow{at::full({}, 1024.0f), at::ones({}, at::kFloat)};
  expect(optimizer->step(toy.groups(), rates, overflow) == StepResult::Skipped,
         "a step with found_inf = 1 is to be skipped");
  expect_equal(toy, untouched, "a skipped step");
  step(*optimizer, toy, 1);
  step(*other, straight, 1);
  expect_equal(toy, straight, "after a skipped step");
}

void check_no_gradient(const Specimen& s) {
  const auto optimizer = s.make<Optimizer>();
  Toy toy, untouched;
  toy.set_gradients(0);
  toy.groups()[0].params[0].mutable_grad().reset();
  optimizer->step(toy.groups(), std::vector<Rates>(2, optimizer->base_rates()), {});
  expect(at::equal(toy.param("a.weight"), untouched.param("a.weight")), "a parameter without gradient was changed");
  expect(!at::equal(toy.param("b.weight"), untouched.param("b.weight")), "a parameter with a gradient was not changed");
  optimizer->step({}, {}, {});
}

void check_non_finite(const Specimen& s) {
  const auto optimizer = s.make<Optimizer>();
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Toy toy;
    toy.set_gradients(0);
    std::vector<Rates> rates(2, optimizer->base_rates());
    rates[1].lr = bad;
    bool refused = false;
    try {
      optimizer->step(toy.groups(), rates, {});
    } catch (const Error&) {
      refused = true;
    }
    expect(refused, "a learning rate of ", bad, " was accepted");
  }
}

}  // namespace

Checks optimizer_checks() {
  return {
      {"steps", "changes every parameter, and keeps them finite", check_steps},
      {"resume", "a run that was saved and continued equals a straight one, in any order of parameters", check_resume},
      {"zero", "can be saved before its first step", check_zero_steps},
      {"skipped", "leaves weights and state alone when gradients overflowed", check_skipped},
      {"gradient", "leaves parameters without gradient alone", check_no_gradient},
      {"finite", "refuses rates that are not finite", check_non_finite}};
}

}  // namespace cairn::conformance
