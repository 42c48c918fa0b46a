// The memory of the machine that a pickle is written for: a stack with marks, numbered places, and what was made.
#pragma once
#include <unordered_map>

#include <cairn/error.h>

#include "model/pickle.h"

namespace cairn {

using PickleIndices = std::vector<uint32_t>;

[[noreturn]] void bad_pickle(const std::string& source, size_t at, const std::string& what);  // DataLoss

// Borrows `source` and `at`, the place of the opcode at work, for messages. Everything that does not fit is DataLoss.
class PickleStack {
 public:
  PickleStack(const std::string& source, const size_t& at) : source_(source), at_(at) {}
  PickleNode& make(PickleNode::Kind kind);  // pushed; valid until the next one
  const PickleNode& node(uint32_t index) const { return pickle_[index]; }

  void mark() { marks_.push_back(stack_.size()); }
  PickleIndices take(size_t count);  // from the top, in the order in which they were pushed
  PickleIndices take_marked();       // all above the newest mark, which goes too
  void duplicate() { stack_.push_back(top()); }
  void put(uint32_t place);
  void memoize();
  void get(uint32_t place);

  void tuple(PickleIndices items);
  void append(const PickleIndices& items);     // to the top
  void set_items(const PickleIndices& items);  // keys and values in turn, into the top
  void call(PickleIndices what);               // a global and a tuple
  void build(uint32_t state);                  // of the top

  Pickle finish();  // what is left is the pickle's value

 private:
  // What lies below the newest mark is not to be touched.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  uint32_t top() const;
  PickleIndices cut(size_t height);
  [[noreturn]] void bad(const std::string& what) const { bad_pickle(source_, at_, what); }

  const std::string& source_;
  const size_t& at_;
  Pickle pickle_;
  PickleIndices stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint32_t, uint32_t> memo_;
};

}  // namespace cairn
