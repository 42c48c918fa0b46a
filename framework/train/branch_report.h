// What a branch keeps of its trunk, in words.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace cairn {

struct BranchReport {
  std::vector<std::string> exact;    // "weights, buffers and their average", ...
  std::vector<std::string> changed;  // "optimizer.lr: 0.01 -> 0.02; changes learning rates", ...
};

// From the values that shape numbers, before and after.
BranchReport branch_report(const std::map<std::string, std::string>& was, const std::map<std::string, std::string>& is);

}  // namespace cairn
