#include "base/sha256_each.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/parallel.h"
#include "base/sha256_lanes.h"

namespace cairn {

namespace {

constexpr std::ptrdiff_t kFewLanes = 6;   // one after the other is as fast
constexpr size_t kLeastGroup = 4u << 20;  // bytes that are worth a thread's turn

using Message = std::span<const std::byte>;
using Numbers = std::span<const size_t>;  // of messages

// A message that ends makes room in its lane for the next; when few are left, each is finished by itself.
class LaneHasher {
 public:
  LaneHasher(std::span<const Message> messages, Numbers numbers, std::span<Hash> out)
      : messages_(messages), waiting_(numbers), out_(out) {}

  void run() {
    for (size_t i = 0; i < kHashLanes; ++i) refill(i);
    while (std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.busy; }) > kFewLanes) {
      advance();
    }
    for (size_t i = 0; i < kHashLanes; ++i) {
      if (lanes_[i].busy) finish(i);
    }
  }

 private:
  struct Lane {
    bool busy = false;
    size_t message = 0;
    Message left;  // of it
  };

  void refill(size_t i) {
    Lane& lane = lanes_[i];
    lane.busy = !waiting_.empty();
    if (!lane.busy) return;
    lane.message = waiting_.front();
    lane.left = messages_[lane.message];
    waiting_ = waiting_.subspan(1);
    begin_lane(states_, i);
  }

  // By as many blocks as every message still has.
  void advance() {
    std::array<const std::byte*, kHashLanes> blocks{};
    size_t count = SIZE_MAX;
    const std::byte* any = nullptr;
    for (size_t i = 0; i < kHashLanes; ++i) {
      if (!lanes_[i].busy) continue;
      blocks[i] = any = lanes_[i].left.data();
      count = std::min(count, lanes_[i].left.size() / kHashBlock);
    }
    std::replace(blocks.begin(), blocks.end(), static_cast<const std::byte*>(nullptr), any);  // nobody reads these
    add_to_lanes(states_, blocks, count);
    for (size_t i = 0; i < kHashLanes; ++i) {
      Lane& lane = lanes_[i];
      if (!lane.busy) continue;
      lane.left = lane.left.subspan(count * kHashBlock);
      if (lane.left.size() >= kHashBlock) continue;
      finish(i);
      refill(i);
    }
  }

  void finish(size_t i) {
    const Lane& lane = lanes_[i];
    out_[lane.message] = finish_lane(states_, i, messages_[lane.message].size() - lane.left.size(), lane.left);
  }

  std::span<const Message> messages_;
  Numbers waiting_;
  std::span<Hash> out_;
  std::array<Lane, kHashLanes> lanes_;
  HashLanes states_;
};

// Messages of like size together, so that the lanes end together.
std::vector<Numbers> groups_of(std::span<const Message> messages, Numbers order) {
  std::vector<Numbers> groups;
  size_t begin = 0, bytes = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    bytes += messages[order[i]].size();
    const size_t count = i + 1 - begin;
    if (i + 1 < order.size() && (count < kHashLanes || bytes < kLeastGroup)) continue;
    groups.push_back(order.subspan(begin, count));
    begin = i + 1;
    bytes = 0;
  }
  return groups;
}

}  // namespace

std::vector<Hash> sha256_each(std::span<const Message> messages, int threads) {
  std::vector<size_t> order(messages.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return messages[a].size() > messages[b].size(); });
  std::vector<Hash> out(messages.size());
  const std::vector<Numbers> groups = groups_of(messages, order);
  parallel_for(groups.size(), threads, [&](size_t i) {
    if (has_hash_lanes()) return LaneHasher(messages, groups[i], out).run();
    for (const size_t number : groups[i]) out[number] = sha256(messages[number]);
  });
  return out;
}

}  // namespace cairn
