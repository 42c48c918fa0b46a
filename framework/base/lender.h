// Things that are costly to make and that threads which live shortly use one after the other: what one leaves, the next
// one finds as it was.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace cairn {

// Holds as many as were ever lent at once. [any thread]
template <class T>
class Lender {
 public:
  using Loan = std::unique_ptr<T, std::function<void(T*)>>;  // gives it back; not beyond the lender's life

  Loan borrow() {
    std::unique_ptr<T> thing = take();
    if (!thing) thing = std::make_unique<T>();
    return Loan(thing.release(), [this](T* back) { give_back(std::unique_ptr<T>(back)); });
  }

 private:
  std::unique_ptr<T> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return nullptr;
    std::unique_ptr<T> thing = std::move(free_.back());
    free_.pop_back();
    return thing;
  }
  void give_back(std::unique_ptr<T> thing) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(thing));
  }
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_;  // guarded by mutex_
};

// The process's own for that type: threads may outlive what is destroyed at its end.
template <class T>
Lender<T>& immortal_lender() {
  static auto* const lender = new Lender<T>();
  return *lender;
}

}  // namespace cairn
