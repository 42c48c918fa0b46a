// results.csv: one line per epoch, exact columns first, measured ones last.
#pragma once
#include <map>
#include <string>
#include <vector>

#include <cairn/monitor.h>

namespace cairn::monitors {

class Results {
 public:
  void clear() { *this = {}; }
  // Takes an Epoch or Evaluation row; both of one epoch share a line. A repeated column takes the newer value.
  void add(const MetricRow& row);
  std::string to_csv() const;
  bool empty() const { return epochs_.empty(); }

 private:
  struct Epoch {
    int64_t iteration = 0;
    std::map<std::string, double> exact, measured;
  };
  std::map<int64_t, Epoch> epochs_;
  std::vector<std::string> exact_, measured_;  // columns, in the order of their first appearance
};

}  // namespace cairn::monitors
