// The groups of rows from which YOLOv7's tables are written.
#pragma once
#include "common/table.h"

namespace cairn::models {

// Every call adds rows at the end and returns the index of the last one.
class Rows {
 public:
  int conv(int64_t out, int64_t kernel = 1, int64_t stride = 1, int from = -1);
  int add(std::string module, std::vector<int64_t> args, std::vector<int> from = {-1});
  int last() const { return static_cast<int>(table_.size()) - 1; }

  // Two 1x1 of the same input, `count` 3x3 in a row after the second, a concatenation of every other one, a 1x1. The
  // newest comes first in every concatenation.
  int elan(int64_t hidden, int count, int64_t out);
  // The same with 3x3 of half the width, all of them concatenated.
  int wide_elan(int64_t hidden, int count, int64_t out);
  // Two of the above beside each other, added.
  int double_elan(int64_t hidden, int count, int64_t out);
  int double_wide_elan(int64_t hidden, int count, int64_t out);

  // Half the size: a strided 3x3 behind a 1x1, beside a pool with a 1x1; with the row `extra` unless it is negative.
  int pooled_step(int64_t channels, int extra = -1);
  // Twice the size, behind the 1x1 of a lateral row.
  int step_up(int64_t channels, int lateral);

  LayerTable take() { return std::move(table_); }

 private:
  enum class Taps { Sparse, All };
  int stacked(int64_t hidden, int64_t inner, int count, int64_t out, Taps taps, int first, int second);
  int doubled(int64_t hidden, int64_t inner, int count, int64_t out, Taps taps);
  LayerTable table_;
};

}  // namespace cairn::models
