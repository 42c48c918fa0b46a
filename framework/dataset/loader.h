// Makes batches in order, ahead of time, in bounded memory. Worker count and completion order change no bit.
// Legend of tensor axes: B picture of the batch, C channel, H height, W width, N object.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <cairn/sample.h>

namespace cairn {

// What evaluation and messages need to know of one picture of a batch.
struct SampleInfo {
  int64_t index = 0;  // in the dataset
  std::string name;
  Mapping mapping;
  std::vector<Box> boxes;  // pixels of the network's input, crowd regions included
};

struct Batch {
  at::Tensor images_BCHW;  // uint8, RGB, contiguous. Its memory is used again once no tensor over it is
                           // left: with pinned memory keep it until the copy to the device has finished
  at::Tensor rows_N6;      // float32: picture within the batch, class, then centre x, centre y, width, height over the
                           // input's size. Crowd regions are left out
  std::vector<SampleInfo> infos;
  int64_t epoch = 0;
  int64_t position = 0;  // batch within the epoch
};

enum class HostMemory { Pageable, Pinned };

struct LoaderOptions {
  int64_t size = 0;  // samples per epoch
  int64_t batch_size = 16;
  int64_t epochs = 1;   // nothing is made beyond
  int64_t workers = 0;  // 0: next() makes the batch in its own thread
  int64_t prefetch_batches = 2;
  HostMemory memory = HostMemory::Pageable;
  std::function<cv::Size(int64_t epoch, int64_t batch)> shape;  // width and height of a batch. [any thread]
  std::function<std::string(int64_t index)> name;               // for infos and messages. [any thread]
};

// At most prefetch_batches + 1 batches exist besides those the caller holds. All public methods: one thread.
// The host calls cv::setNumThreads(0) once at start, so that workers do not multiply.
class Loader {
 public:
  using Make = std::function<Sample(int64_t epoch, int64_t position)>;  // position of the sample within the epoch
  Loader(LoaderOptions options, Make make);
  ~Loader();  // stops the workers after the sample that each is making
  int64_t batches_per_epoch() const;
  // The next batch that next() returns. batch may equal batches_per_epoch(): the first of the following epoch.
  void seek(int64_t epoch, int64_t batch);
  // In order, across the borders of epochs. What `make` threw comes back here, at the batch concerned, with the sample
  // named. Beyond the last epoch: FailedPrecondition.
  Batch next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn
