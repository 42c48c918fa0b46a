// Which plugin a thread is in and which sample it makes, for messages and for the crash handler.
#pragma once
#include <cstdint>
#include <string_view>

namespace cairn {

// A sample of an epoch: its position within the epoch, and its picture's index in the dataset. -1: none.
struct SamplePlace {
  int64_t epoch = -1, position = -1, index = -1;
};

// What the calling thread is doing. The texts live as long as the mark that set them.
struct Whereabouts {
  std::string_view plugin, stage;  // empty: in no plugin
  SamplePlace sample;
};
const Whereabouts& whereabouts();  // async-signal-safe

// Marks this thread as being inside `plugin` at `stage` until the object dies. Both texts must outlive it.
class InPlugin {
 public:
  InPlugin(std::string_view plugin, std::string_view stage);
  ~InPlugin();
  InPlugin(const InPlugin&) = delete;
  InPlugin& operator=(const InPlugin&) = delete;

 private:
  std::string_view outer_plugin_, outer_stage_;
};

// Marks this thread as making a sample until the object dies.
class InSample {
 public:
  explicit InSample(const SamplePlace& sample);
  ~InSample();
  InSample(const InSample&) = delete;
  InSample& operator=(const InSample&) = delete;

 private:
  SamplePlace outer_;
};

}  // namespace cairn
