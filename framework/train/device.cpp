#include "train/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <sched.h>
#include <algorithm>
#include <opencv2/core/utility.hpp>
#include <optional>

#include <cairn/error.h>

#include "train/tensor_memory.h"

namespace cairn {
namespace {

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

bool cpu_multiplies_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

at::Device resolve_device(const std::string& text) {
  const bool cuda = at::hasCUDA();
  if (text == "auto") return cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  std::optional<at::Device> parsed;
  try {
    parsed = at::Device(text);
  } catch (const c10::Error&) {
  }
  if (!parsed || !(parsed->is_cpu() || parsed->is_cuda())) {
    fail(Code::InvalidArgument, "run.device '", text, "': expected auto, cpu, cuda or cuda:<number>");
  }
  const at::Device device = *parsed;
  if (device.is_cuda() && !cuda) {
    fail(Code::InvalidArgument, "run.device '", text, "': this LibTorch sees no CUDA device; present: cpu");
  }
  const int count = device.is_cuda() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  if (device.is_cuda() && device.index() >= count) {
    fail(Code::InvalidArgument, "run.device '", text, "': there are ", count, " CUDA devices, numbered from 0");
  }
  return device.is_cuda() && !device.has_index() ? at::Device(at::kCUDA, 0) : device;
}

Precision resolve_precision(Precision wanted, const at::Device& device) {
  if (wanted == Precision::Auto) {
    const bool native = device.is_cuda() || cpu_multiplies_bf16();
    return native ? Precision::Bf16 : Precision::Fp32;
  }
  if (wanted == Precision::Fp16 && device.is_cpu()) {
    fail(Code::InvalidArgument, "run.precision 'fp16' needs a CUDA device; on the CPU use bf16 or fp32");
  }
  return wanted;
}

}  // namespace

Compute resolve_compute(const RunTable& run, int64_t workers) {
  Compute compute;
  compute.device = resolve_device(run.device);
  compute.precision = resolve_precision(run.precision, compute.device);
  compute.threads = run.threads > 0 ? static_cast<int>(run.threads) : usable_cores();
  compute.workers = workers >= 0 ? static_cast<int>(workers) : std::clamp(usable_cores() / 2, 1, 8);
  return compute;
}

void apply_compute(const Compute& compute, Determinism determinism) {
  at::set_num_threads(compute.threads);
  cv::setNumThreads(0);
  reuse_tensor_memory();
  const bool exact = determinism == Determinism::Exact;
  at::globalContext().setDeterministicAlgorithms(exact, /*warn_only=*/true);
  // Exactness does not rest on memory that nobody has written.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setDeterministicCuDNN(exact);
  at::globalContext().setBenchmarkCuDNN(!exact);
}

Autocast::Autocast(const Compute& compute)
    : type_(compute.device.type()), active_(compute.precision != Precision::Fp32) {
  if (!active_) return;
  at::autocast::set_autocast_dtype(type_, compute.precision == Precision::Bf16 ? at::kBFloat16 : at::kHalf);
  at::autocast::set_autocast_enabled(type_, true);
}

Autocast::~Autocast() {
  if (!active_) return;
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type_, false);
}

}  // namespace cairn
