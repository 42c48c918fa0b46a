// Checks of every type, whatever its kind.
#include <ATen/ATen.h>
#include <fenv.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include <cairn/memory_state.h>

#include "check.h"

namespace cairn::conformance {
namespace {

constexpr int kTimes = 100, kTimesOfAModel = 5;  // a model fills millions of weights each time

// Keeps every line.
class Lines final : public Logger {
 public:
  void write(Level, std::string_view line) override { text += std::string(line) + "\n"; }
  std::string text;
};

void check_declaration(const Specimen& s) {
  const FactoryDescriptor& factory = s.factory();
  expect(!factory.help.empty(), "has no help text");
  for (const ParamSpec& spec : factory.params) {
    expect(!spec.help.empty(), "parameter '", spec.name, "' has no help text");
    const auto bad = spec.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_");
    expect(bad == std::string::npos && !spec.name.empty(), "parameter '", spec.name,
           "': expected a name of a-z, 0-9 and _");
    const std::string problem = spec.problem_with(spec.default_value);
    expect(problem.empty(), "the default of '", spec.name, "' breaks its own declaration: ", problem);
    const auto same = [&](const ParamSpec& other) { return other.name == spec.name; };
    expect(std::count_if(factory.params.begin(), factory.params.end(), same) == 1, "parameter '", spec.name,
           "' is declared twice");
  }
}

void check_create(const Specimen& s) {
  const int times = s.factory().kind == Kind::Model ? kTimesOfAModel : kTimes;
  for (int i = 0; i < times; ++i) s.create();
}

// The error of creating it with one value changed; empty when it was accepted.
std::string error_of(const Specimen& s, const std::string& name, const Value& value) {
  Table params = s.params();
  params[name] = value;
  try {
    s.create(params, s.context());
  } catch (const Error& error) {
    expect(error.code() == Code::InvalidArgument, "'", name, "' = ", value.to_text(),
           ": expected InvalidArgument, found ", name_of(error.code()), ": ", error.what());
    return error.what();
  }
  return "";
}

Value list_of_one(const Value& value) {
  List list;
  list.push_back(value);
  return list;
}

Value plain_number(const ParamSpec& spec, double value) {
  if (spec.type == ParamType::Integer || spec.type == ParamType::Integers) return static_cast<int64_t>(value);
  return value;
}

Value number_of(const ParamSpec& spec, double value) {
  const bool list = spec.type == ParamType::Integers || spec.type == ParamType::Reals;
  return list ? list_of_one(plain_number(spec, value)) : plain_number(spec, value);
}

bool is_number(const ParamSpec& spec) {
  return spec.type == ParamType::Integer || spec.type == ParamType::Real || spec.type == ParamType::Integers ||
         spec.type == ParamType::Reals;
}

void expect_refused(const Specimen& s, const std::string& name, const Value& value) {
  const std::string error = error_of(s, name, value);
  expect(!error.empty(), "'", name, "' = ", value.to_text(), " was accepted");
  expect(error.find(name) != std::string::npos, "'", name, "' = ", value.to_text(),
         " is refused without naming the parameter: ", error);
}

void check_edges(const Specimen& s) {
  int64_t edges = 0;
  for (const ParamSpec& spec : s.factory().params) {
    if (!is_number(spec)) continue;
    const Range& range = spec.range;
    for (const auto& [edge, open] : {std::pair(range.low, range.low_open), std::pair(range.high, range.high_open)}) {
      if (!edge) continue;
      ++edges;
      const Value value = number_of(spec, *edge);
      expect(spec.problem_with(value).empty() != open, "'", spec.name, "' at its edge ", *edge, ": expected to be ",
             open ? "refused" : "accepted");
      // A model of the largest width may not fit the machine; its declaration is what was checked.
      if (open || s.factory().kind == Kind::Model) continue;
      const bool list = value.as<List>() != nullptr;  // of a length that the check does not know
      const std::string error = list ? "" : error_of(s, spec.name, value);
      expect(error.empty(), "'", spec.name, "' = ", value.to_text(), " is inside its range, but was refused: ", error);
    }
  }
  if (edges == 0) throw Skip("no parameter has a range");
}

void check_outside(const Specimen& s) {
  int64_t tried = 0;
  for (const ParamSpec& spec : s.factory().params) {
    if (!is_number(spec)) continue;
    if (spec.range.low) expect_refused(s, spec.name, number_of(spec, *spec.range.low - 1));
    if (spec.range.high) expect_refused(s, spec.name, number_of(spec, *spec.range.high + 1));
    if (spec.type == ParamType::Real) expect_refused(s, spec.name, std::nan(""));
    tried += spec.range.low || spec.range.high || spec.type == ParamType::Real;
  }
  for (const ParamSpec& spec : s.factory().params) {
    if (spec.choices.empty()) continue;
    const Value value("no such choice");
    expect_refused(s, spec.name, spec.type == ParamType::Texts ? list_of_one(value) : value);
    ++tried;
  }
  if (tried == 0) throw Skip("no parameter has a range or choices");
}

void check_unknown(const Specimen& s) {
  expect_refused(s, "no_such_parameter", 1);
  for (const ParamSpec& spec : s.factory().params)
    expect_refused(s, spec.name, spec.type == ParamType::Text ? Value(1) : Value("a text instead"));
}

void check_secrets(const Specimen& s) {
  constexpr const char* kProbe = "CAIRN_PROBE_OF_A_SECRET";
  Table params = s.params();
  bool any = false;
  for (const ParamSpec& spec : s.factory().params) {
    if (!spec.secret || spec.type != ParamType::Text) continue;
    params[spec.name] = kProbe;
    any = true;
  }
  if (!any) throw Skip("no parameter is a secret");
  setenv(kProbe, "the-secret-itself", 1);
  Lines lines;
  Context context = s.context();
  context.log = &lines;
  MemoryState state;
  try {
    s.create(params, context)->save(state);
  } catch (const Error& error) {
    lines.text += error.what();
  }
  expect(lines.text.find("the-secret-itself") == std::string::npos, "a secret was logged: ", lines.text);
  for (const auto& [path, entry] : state.entries) {
    const auto* text = std::get_if<std::string>(&entry);
    expect(text == nullptr || text->find("the-secret-itself") == std::string::npos, "a secret is saved at ", path);
  }
}

// What the whole process shares, as far as it can be read back.
struct Shared {
  std::string locale, folder, variables;
  int rounding = fegetround();
  uint64_t opencv = cv::theRNG().state;
  at::Tensor torch = at::globalContext().defaultGenerator(at::kCPU).get_state().clone();

  Shared() : locale(setlocale(LC_ALL, nullptr)), folder(std::filesystem::current_path().string()) {
    for (char** entry = environ; *entry != nullptr; ++entry) variables += std::string(*entry) + "\n";
  }
};

void check_shared(const Specimen& s) {
  srand(7);
  const int first = rand();
  srand(7);
  const Shared before;
  MemoryState state;
  s.create()->save(state);
  const Shared after;
  expect(rand() == first, "rand() was drawn from or seeded");
  expect(at::equal(before.torch, after.torch), "LibTorch's global generator was drawn from or seeded; use cairn::Rng");
  expect(before.opencv == after.opencv, "OpenCV's global generator was drawn from or seeded; use cairn::Rng");
  expect(before.locale == after.locale, "the locale was changed");
  expect(before.folder == after.folder, "the working folder was changed");
  expect(before.variables == after.variables, "the environment was changed");
  expect(before.rounding == after.rounding, "the rounding mode was changed");
}

bool same(const MemoryState::Entry& a, const MemoryState::Entry& b) {
  if (a.index() != b.index()) return false;
  const auto* x = std::get_if<at::Tensor>(&a);
  return x != nullptr ? at::equal(*x, std::get<at::Tensor>(b))
                      : std::visit(
                            [&](const auto& value) {
                              using T = std::decay_t<decltype(value)>;
                              if constexpr (std::is_same_v<T, at::Tensor>) {
                                return true;
                              } else {
                                return value == std::get<T>(b);
                              }
                            },
                            a);
}

void check_state(const Specimen& s) {
  const auto one = s.create(), two = s.create();
  expect(one->state_version() >= 1, "state_version() is ", one->state_version(), ", expected at least 1");
  MemoryState first, second;
  one->save(first);
  two->load(first);
  two->save(second);
  expect(first.entries.size() == second.entries.size(), "saved ", first.entries.size(), " entries, after load() ",
         second.entries.size());
  for (const auto& [path, entry] : first.entries) {
    const auto other = second.entries.find(path);
    expect(other != second.entries.end() && same(entry, other->second), "'", path, "' does not come back");
  }
}

void check_extension(const Specimen& s) {
  expect(s.create()->extension("no.such.extension/1") == nullptr, "claims an extension that does not exist");
}

}  // namespace

Checks plugin_checks() {
  return {{"declaration", "every parameter has a name, a help text and a default that fits", check_declaration},
          {"create", "can be created and destroyed again and again", check_create},
          {"edges", "accepts each edge of each range", check_edges},
          {"outside", "refuses what lies outside a range or a choice, naming the parameter", check_outside},
          {"unknown", "refuses unknown parameters and values of another type", check_unknown},
          {"secrets", "shows no secret in messages, logs or state", check_secrets},
          {"shared", "leaves random generators, locale, environment and working folder alone", check_shared},
          {"state", "what it saves it can load, and then saves the same", check_state},
          {"extension", "has no extension of an unknown name", check_extension}};
}

}  // namespace cairn::conformance
