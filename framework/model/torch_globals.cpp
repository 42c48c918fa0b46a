#include "model/torch_globals.h"

#include <algorithm>
#include <array>

namespace cairn {
namespace {

struct StorageName {
  std::string_view global;
  at::ScalarType type;
};
constexpr StorageName kStorages[] = {
    {"torch DoubleStorage", at::kDouble},     {"torch FloatStorage", at::kFloat}, {"torch HalfStorage", at::kHalf},
    {"torch BFloat16Storage", at::kBFloat16}, {"torch LongStorage", at::kLong},   {"torch IntStorage", at::kInt},
    {"torch ShortStorage", at::kShort},       {"torch CharStorage", at::kChar},   {"torch ByteStorage", at::kByte},
    {"torch BoolStorage", at::kBool},
};

// What checkpoints keep beside weights: settings, dates, figures. Read as data and not looked at.
constexpr std::string_view kBeside[] = {
    "collections defaultdict",
    "__builtin__ set",
    "builtins set",
    "_codecs encode",
    "numpy dtype",
    "numpy ndarray",
    "numpy.core.multiarray _reconstruct",
    "numpy.core.multiarray scalar",
    "numpy._core.multiarray _reconstruct",
    "numpy._core.multiarray scalar",
    "torch Size",
    "torch device",
    "torch float16",
    "torch bfloat16",
    "torch float32",
    "torch float64",
    "torch.torch_version TorchVersion",
    "argparse Namespace",
    "types SimpleNamespace",
    "pathlib PosixPath",
    "pathlib WindowsPath",
};

constexpr std::string_view kModules[] = {"torch.nn.modules.", "models.", "yolov6.", "ultralytics."};

}  // namespace

bool is_torch_module(std::string_view global) {
  return std::any_of(std::begin(kModules), std::end(kModules), [&](auto prefix) { return global.starts_with(prefix); });
}

std::optional<at::ScalarType> storage_type(std::string_view global) {
  for (const StorageName& storage : kStorages) {
    if (storage.global == global) return storage.type;
  }
  return std::nullopt;
}

bool is_known_torch_global(std::string_view global) {
  return global == kOrderedDict || is_tensor_call(global) || storage_type(global) || is_torch_module(global) ||
         std::find(std::begin(kBeside), std::end(kBeside), global) != std::end(kBeside);
}

}  // namespace cairn
