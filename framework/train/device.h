// What a run computes on and with: resolved once at start, recorded, never changed in between.
#pragma once
#include <string>

#include <ATen/core/Tensor.h>

#include "config/pipeline.h"

namespace cairn {

struct Compute {
  at::Device device{at::kCPU};
  Precision precision = Precision::Fp32;  // never Auto
  int threads = 1;                        // of LibTorch's operators
  int workers = 1;                        // of the data loader
  std::string device_name() const { return device.str(); }
};

// auto: the first CUDA device if LibTorch sees one, else the CPU; bf16 where the CPU or GPU computes it natively, else
// fp32. threads 0: as many as the process may use. An absent device is InvalidArgument, naming those present.
Compute resolve_compute(const RunTable& run, int64_t workers);

// Applies threads and determinism to LibTorch and OpenCV for the whole process. [setup]
void apply_compute(const Compute& compute, Determinism determinism);

// Mixed precision for the code inside its lifetime; nothing for fp32.
class Autocast {
 public:
  explicit Autocast(const Compute& compute);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType type_;
  bool active_;
};

}  // namespace cairn
