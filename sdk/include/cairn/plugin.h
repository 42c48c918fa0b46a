// What every plugin library contains: its description, and one exported function that returns it.
// A library exports two names: cairn_plugin_v1, and a marker whose name carries the hash of the build's fingerprint, so
// that a host can refuse a library of another build without running one instruction of it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cairn/context.h>
#include <cairn/params.h>
#include <cairn/state.h>

// Raised by hand when a public header's declarations change.
#define CAIRN_SDK_ABI 1

namespace cairn {

// Numbers are never reused.
enum class Kind : uint32_t {
  Dataset = 1,
  Augmentation = 2,
  Model = 3,
  Optimizer = 4,
  Scheduler = 5,
  Backend = 6,
  Monitor = 7
};
inline constexpr Kind kAllKinds[] = {Kind::Dataset,   Kind::Augmentation, Kind::Model,  Kind::Optimizer,
                                     Kind::Scheduler, Kind::Backend,      Kind::Monitor};
CAIRN_API std::string_view name_of(Kind kind);  // "dataset", ...: the table's name in a pipeline file

// The base of all seven kinds. Everything that a call can change is saved by `save` and put back by `load`.
class CAIRN_API Plugin {
 public:
  virtual ~Plugin();
  // [train thread] Writes the mutable state; nothing by default.
  virtual void save(StateWriter& to) const;
  // [train thread] Onto a freshly created object with the same parameters. A newer state version is refused by the
  // host.
  virtual void load(const StateReader& from);
  virtual int64_t state_version() const { return 1; }
  // Optional abilities by id, for example "cairn.prediction/1". Null when the plugin has none of that name. Borrowed.
  virtual void* extension(std::string_view id);
};

// Values that a plugin brings for whatever a pipeline leaves out: TOML text over all tables of a pipeline.
struct Preset {
  std::string name;  // "published", "current", ...
  std::string toml;
};

struct FactoryDescriptor {
  Kind kind{};
  uint32_t interface_version = 1;
  std::string type;  // the id that a pipeline names
  std::string help;
  std::vector<ParamSpec> params;
  std::vector<Preset> presets;
  std::function<std::unique_ptr<Plugin>(const Table& params, const Context&)> create;  // [setup]
};

struct PluginDescriptor {
  std::string id;       // "cairn.yolov8"
  std::string version;  // "1.0.0"
  std::vector<FactoryDescriptor> factories;
};

// Builds a FactoryDescriptor; see cairn/scheduler.h and its siblings for the functions that begin one.
template <class Class, class Params>
class FactoryBuilder {
 public:
  FactoryBuilder(Kind kind, std::string type, std::string help) {
    factory_.kind = kind;
    factory_.type = std::move(type);
    factory_.help = std::move(help);
    if (kind == Kind::Backend || kind == Kind::Monitor) affects_numerics_ = false;
  }
  template <class Base, class T, class... Extras>
  FactoryBuilder&& param(std::string name, T Base::*member, const Extras&... extras) && {
    T Params::*own = member;  // lets a Params inherit members from a shared struct
    factory_.params.push_back(make_param<Params>(std::move(name), own, extras...));
    if (!affects_numerics_) factory_.params.back().affects_numerics = false;
    return std::move(*this);
  }
  // Parameters that several plugins share: a function that adds them to any builder.
  template <class Function>
  FactoryBuilder&& with(Function&& add) && {
    return add(std::move(*this));
  }
  FactoryBuilder&& preset(std::string name, std::string toml) && {
    factory_.presets.push_back({std::move(name), std::move(toml)});
    return std::move(*this);
  }
  operator FactoryDescriptor() && {
    factory_.create = [specs = factory_.params](const Table& given, const Context& context) {
      Params params;
      fill_params(specs, given, &params);
      if constexpr (std::is_constructible_v<Class, const Params&, const Context&>) {
        return std::unique_ptr<Plugin>(std::make_unique<Class>(params, context));
      } else {
        return std::unique_ptr<Plugin>(std::make_unique<Class>(params));
      }
    };
    return std::move(factory_);
  }

 private:
  FactoryDescriptor factory_;
  bool affects_numerics_ = true;
};

// For plugins without parameters.
struct NoParams {};

}  // namespace cairn

extern "C" {
// C layout; begins with its own size. Only fields that `size` covers may be read.
struct cairn_plugin_v1_info {
  uint32_t size;
  uint32_t sdk_abi;
  const char* id;
  const char* version;
  const char* fingerprint;                       // the readable line whose hash the marker carries
  const cairn::PluginDescriptor* (*describe)();  // may throw; called once, by the host
};
}

// CAIRN_PLUGIN("example.cosine", "1.0.0", cairn::scheduler<Cosine, Params>("cosine", "...").param(...), ...)
// CAIRN_ABI_MARKER and CAIRN_FINGERPRINT come from cairn_add_plugin().
#define CAIRN_PLUGIN(plugin_id, plugin_version, ...)                                               \
  static const cairn::PluginDescriptor* cairn_describe_plugin() {                                  \
    static const cairn::PluginDescriptor descriptor{plugin_id, plugin_version, {__VA_ARGS__}};     \
    return &descriptor;                                                                            \
  }                                                                                                \
  extern "C" CAIRN_API const char CAIRN_ABI_MARKER[];                                              \
  extern "C" CAIRN_API const char CAIRN_ABI_MARKER[] = CAIRN_FINGERPRINT;                          \
  extern "C" CAIRN_API const cairn_plugin_v1_info* cairn_plugin_v1() noexcept {                    \
    static const cairn_plugin_v1_info info{                                                        \
        sizeof(cairn_plugin_v1_info), CAIRN_SDK_ABI, plugin_id, plugin_version, CAIRN_FINGERPRINT, \
        &cairn_describe_plugin};                                                                   \
    return &info;                                                                                  \
  }
