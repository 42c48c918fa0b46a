#include "model/pickle_stack.h"

namespace cairn {
namespace {

using Kind = PickleNode::Kind;

}  // namespace

void bad_pickle(const std::string& source, size_t at, const std::string& what) {
  fail(Code::DataLoss, source, " is not a pickle that can be read: at byte ", at, ": ", what);
}

PickleNode& PickleStack::make(Kind kind) {
  if (pickle_.nodes.size() >= kMaxPickleNodes) bad(cat("it has more than ", kMaxPickleNodes, " values"));
  stack_.push_back(static_cast<uint32_t>(pickle_.nodes.size()));
  pickle_.nodes.emplace_back().kind = kind;
  return pickle_.nodes.back();
}

uint32_t PickleStack::top() const {
  if (stack_.size() <= floor()) bad("the stack is empty");
  return stack_.back();
}

PickleIndices PickleStack::take(size_t count) {
  if (stack_.size() < floor() + count) bad(cat(count, " values are needed, ", stack_.size() - floor(), " are there"));
  return cut(stack_.size() - count);
}

PickleIndices PickleStack::take_marked() {
  if (marks_.empty()) bad("a mark is missing");
  const size_t mark = marks_.back();
  marks_.pop_back();
  return cut(mark);
}

PickleIndices PickleStack::cut(size_t height) {
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(height);
  PickleIndices taken(first, stack_.end());
  stack_.erase(first, stack_.end());
  return taken;
}

void PickleStack::tuple(PickleIndices items) {
  make(Kind::Tuple).items = std::move(items);
}

void PickleStack::append(const PickleIndices& items) {
  PickleNode& to = pickle_.nodes[top()];
  if (to.kind != Kind::List && to.kind != Kind::Set && to.kind != Kind::Call) bad("items for something without items");
  PickleIndices& list = to.kind == Kind::Call ? to.appended : to.items;
  list.insert(list.end(), items.begin(), items.end());
}

void PickleStack::set_items(const PickleIndices& items) {
  PickleNode& to = pickle_.nodes[top()];
  if (to.kind != Kind::Dictionary && to.kind != Kind::Call) bad("entries for something that is no dictionary");
  if (items.size() % 2 != 0) bad("a key without a value");
  for (size_t i = 0; i < items.size(); i += 2) to.entries.emplace_back(items[i], items[i + 1]);
}

void PickleStack::get(uint32_t place) {
  const auto found = memo_.find(place);
  if (found == memo_.end()) bad(cat("nothing was put into place ", place));
  stack_.push_back(found->second);
}

// Two references: copies could be made of arguments as long as the file, as often as the file asks for it.
void PickleStack::call(PickleIndices what) {
  if (pickle_[what[0]].kind != Kind::Global || pickle_[what[1]].kind != Kind::Tuple)
    bad("a call of something that is no global");
  make(Kind::Call).items = std::move(what);
}

void PickleStack::build(uint32_t state) {
  PickleNode& to = pickle_.nodes[top()];
  if (to.kind != Kind::Call) bad("a state for something that is no object");
  to.state = state;
}

void PickleStack::put(uint32_t place) {
  memo_[place] = top();
}

void PickleStack::memoize() {
  put(static_cast<uint32_t>(memo_.size()));
}

Pickle PickleStack::finish() {
  if (stack_.size() != 1 || !marks_.empty()) bad(cat("it ends with ", stack_.size(), " values"));
  pickle_.root = stack_[0];
  return std::move(pickle_);
}

}  // namespace cairn
