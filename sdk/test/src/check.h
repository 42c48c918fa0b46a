// What a check is: a sentence and a function that throws when it does not hold.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cairn/plugin.h>

#include "plugin/library.h"

namespace cairn::conformance {

// Thrown by checks. Anything else that leaves a check is a failure as well.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Skip : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class... Parts>
void expect(bool holds, const Parts&... parts) {
  if (!holds) throw Failure(cat(parts...));
}

// A type of the library, made ready for a check. Lives in the check's own process; folder() is its working directory
// and goes away with the process that started it.
class Specimen {
 public:
  Specimen(const Library& library, const FactoryDescriptor& factory, Table params, std::filesystem::path data);
  const Library& library() const { return library_; }
  const FactoryDescriptor& factory() const { return factory_; }
  const Table& params() const { return params_; }
  const std::filesystem::path& data() const { return data_; }  // the copy that may be changed; empty when there is none
  Context context() const;                                     // seed 1, three classes, 64 px, a plan of 10 epochs
  std::unique_ptr<Plugin> create() const { return create(params_, context()); }
  std::unique_ptr<Plugin> create(const Table& params, const Context& context) const;
  template <class Interface>
  std::unique_ptr<Interface> make() const {
    return make<Interface>(context());
  }
  template <class Interface>
  std::unique_ptr<Interface> make(const Context& context) const {
    return std::unique_ptr<Interface>(static_cast<Interface*>(create(params_, context).release()));
  }

 private:
  const Library& library_;
  const FactoryDescriptor& factory_;
  Table params_;
  std::filesystem::path data_;
};

struct Check {
  std::string name;      // "resume"
  std::string sentence;  // "a run that was saved and continued equals a straight one"
  std::function<void(const Specimen&)> run;
};
using Checks = std::vector<Check>;

Checks plugin_checks();  // of every type
Checks dataset_checks();
Checks augmentation_checks();
Checks model_checks();
Checks optimizer_checks();
Checks scheduler_checks();
Checks backend_checks();
Checks monitor_checks();
Checks checks_of_kind(Kind kind);  // those of every type, then those of the kind

struct LibraryCheck {
  std::string name, sentence;
  std::function<void(const std::filesystem::path&)> run;
};
std::vector<LibraryCheck> library_checks();  // of the file; the first ones do not load it

}  // namespace cairn::conformance
