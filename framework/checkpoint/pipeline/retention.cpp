#include "checkpoint/pipeline/retention.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace cairn {

namespace {

constexpr std::pair<Keep, const char*> kReasons[] = {
    {Keep::Newest, "the newest"},
    {Keep::Last, "among the last"},
    {Keep::Best, "among the best"},
    {Keep::Epoch, "every so many epochs"},
    {Keep::Iteration, "every so many iterations"},
    {Keep::Hour, "of its hour"},
    {Keep::Day, "of its day"},
    {Keep::Week, "of its week"},
    {Keep::Young, "younger than the limit"},
    {Keep::Tagged, "tagged or pinned"},
    {Keep::BranchPoint, "something began from it"},
    {Keep::Unmirrored, "a required mirror has not received it"},
    {Keep::Everything, "the policy keeps everything"},
};

class Decision {
 public:
  Decision(std::span<const RetentionItem> items, const KeepPolicy& policy, std::chrono::system_clock::time_point now)
      : items_(items), policy_(policy), now_(now), out_(items.size(), Keep::None) {}

  std::vector<Keep> run() {
    if (items_.empty()) return {};
    mark(items_.size() - 1, Keep::Newest);
    const bool all = policy_.keeps_all();
    for (size_t i = 0; i < items_.size(); ++i) {
      if (all) mark(i, Keep::Everything);
      if (policy_.tagged && items_[i].tagged) mark(i, Keep::Tagged);
      if (items_[i].branch_point) mark(i, Keep::BranchPoint);
      if (items_[i].unmirrored) mark(i, Keep::Unmirrored);
      if (policy_.within.count() > 0 && now_ - items_[i].created <= policy_.within) mark(i, Keep::Young);
    }
    for (size_t i = 0; i < items_.size() && static_cast<int64_t>(i) < policy_.last; ++i) {
      mark(items_.size() - 1 - i, Keep::Last);
    }
    for (const KeepPolicy::Best& best : policy_.best) mark_best(best);
    if (policy_.every_epochs > 0) mark_epochs();
    if (policy_.every_iterations > 0) mark_iterations();
    mark_periods(policy_.hourly, std::chrono::hours(1), Keep::Hour);
    mark_periods(policy_.daily, std::chrono::hours(24), Keep::Day);
    mark_periods(policy_.weekly, std::chrono::hours(24 * 7), Keep::Week);
    if (policy_.max_bytes > 0) thin();
    return std::move(out_);
  }

 private:
  void mark(size_t item, Keep why) { out_[item] = out_[item] | why; }

  void mark_best(const KeepPolicy::Best& best) {
    std::vector<std::pair<double, size_t>> values;  // smaller is better
    for (size_t i = 0; i < items_.size(); ++i) {
      const auto it = items_[i].metrics.find(best.metric);
      if (it == items_[i].metrics.end() || std::isnan(it->second)) continue;
      values.emplace_back(best.mode == KeepPolicy::Best::Mode::Max ? -it->second : it->second, i);
    }
    const auto count = std::min(values.size(), static_cast<size_t>(std::max<int64_t>(best.count, 0)));
    std::partial_sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count), values.end());
    for (size_t i = 0; i < count; ++i) mark(values[i].second, Keep::Best);
  }

  void mark_epochs() {
    for (size_t i = 0; i < items_.size(); ++i) {
      const bool last_of_epoch = i + 1 == items_.size() || items_[i + 1].epoch != items_[i].epoch;
      if (last_of_epoch && (items_[i].epoch + 1) % policy_.every_epochs == 0) mark(i, Keep::Epoch);
    }
  }

  void mark_iterations() {
    for (size_t i = 0; i < items_.size(); ++i) {
      const int64_t span = items_[i].iteration / policy_.every_iterations;
      if (span == 0) continue;
      size_t first = i;
      while (i + 1 < items_.size() && items_[i + 1].iteration / policy_.every_iterations == span) {
        ++i;
        if (items_[i].iteration == items_[first].iteration) first = i;
      }
      mark(first, Keep::Iteration);
    }
  }

  // The newest of each of the `count` latest periods; from the newest on, so that runs of one period cost nothing.
  void mark_periods(int64_t count, std::chrono::hours period, Keep why) {
    if (count <= 0) return;
    std::map<int64_t, size_t> newest;
    std::optional<int64_t> previous;
    for (size_t i = items_.size(); i-- > 0;) {
      const int64_t hour = std::chrono::floor<std::chrono::hours>(items_[i].created).time_since_epoch().count();
      const int64_t number = hour >= 0 ? hour / period.count() : -((-hour + period.count() - 1) / period.count());
      if (previous == number) continue;
      previous = number;
      newest.try_emplace(number, i);
      if (newest.size() > static_cast<size_t>(count)) newest.erase(newest.begin());
    }
    for (const auto& [number, item] : newest) mark(item, why);
  }

  // The oldest go first; what nobody could replace stays.
  void thin() {
    uint64_t total = 0;
    for (size_t i = 0; i < items_.size(); ++i) total += out_[i] == Keep::None ? 0 : items_[i].bytes;
    const Keep safe = Keep::Newest | Keep::Last | Keep::Tagged | Keep::BranchPoint | Keep::Unmirrored;
    for (size_t i = 0; i < items_.size() && total > policy_.max_bytes; ++i) {
      if (out_[i] == Keep::None || has(out_[i], safe)) continue;
      total -= items_[i].bytes;
      mark(i, Keep::TooLarge);
    }
  }

  std::span<const RetentionItem> items_;
  const KeepPolicy& policy_;
  std::chrono::system_clock::time_point now_;
  std::vector<Keep> out_;
};

}  // namespace

std::string reason_text(Keep why) {
  if (why == Keep::None) return "no rule keeps it";
  if (has(why, Keep::TooLarge)) return "beyond max_bytes";
  std::string text;
  for (const auto& [bit, name] : kReasons) {
    if (has(why, bit)) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

std::vector<Keep> decide(std::span<const RetentionItem> items, const KeepPolicy& policy,
                         std::chrono::system_clock::time_point now) {
  return Decision(items, policy, now).run();
}

}  // namespace cairn
