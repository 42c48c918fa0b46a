// Questions to several stores at once, and a common time for their answers.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <vector>

#include <cairn/error.h>

namespace cairn {

// [one thread] The time begins with the object.
template <class Answer>
class Questions {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Questions(std::chrono::milliseconds patience) : patience_(patience), until_(Clock::now() + patience) {}
  ~Questions() {  // gives up what nobody has asked the answer of
    for (Asked& each : asked_) {
      if (each.coming.valid()) give_up(each);
    }
  }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  // `abandon` ends what the question waits for, which is Cancelled then; borrowed. Null: there is no way to end it.
  void ask(std::atomic<bool>* abandon, std::function<Answer()> question) {
    asked_.push_back({abandon, std::async(std::launch::async, std::move(question))});
  }

  // Of the n-th question, once, however long it takes.
  Answer whole_answer(size_t number) { return asked_[number].coming.get(); }

  // Unavailable when it did not come in time.
  Answer answer(size_t number) {
    Asked& asked = asked_[number];
    const bool late = asked.abandon != nullptr && asked.coming.wait_until(until_) != std::future_status::ready;
    if (late) give_up(asked);
    try {
      return asked.coming.get();
    } catch (const Error& error) {
      if (!late || error.code() != Code::Cancelled) throw;
      fail(Code::Unavailable, "it did not answer within ", static_cast<double>(patience_.count()) / 1000, " s");
    }
  }

 private:
  struct Asked {
    std::atomic<bool>* abandon;
    std::future<Answer> coming;
  };
  static void give_up(Asked& asked) {
    if (asked.abandon != nullptr) *asked.abandon = true;
    asked.coming.wait();
    if (asked.abandon != nullptr) *asked.abandon = false;
  }

  std::chrono::milliseconds patience_;
  Clock::time_point until_;
  std::vector<Asked> asked_;
};

}  // namespace cairn
