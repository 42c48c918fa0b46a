// Checks of the kind backend. Two objects of one table are to see the same objects. A check of an ability is skipped
// where the ability is not declared.
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include <cairn/backend.h>

#include "check.h"

namespace cairn::conformance {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A backend with what the checks say often.
class Subject {
 public:
  explicit Subject(const Specimen& s) : backend_(s.make<Backend>()) {}
  Backend& operator*() { return *backend_; }
  Backend* operator->() { return backend_.get(); }
  void put(const std::string& key, std::string_view text) {
    backend_->put(key, bytes_of(text), PutMode::Replace);
    commit(key);
  }
  void commit(const std::string& key) {
    const std::string keys[] = {key};
    if (backend_->capabilities().batch_commit) backend_->commit(keys);
  }
  std::string get(const std::string& key, const ByteRange& range = {}) {
    const auto found = backend_->get(key, range);
    if (!found) return "<absent>";
    return {reinterpret_cast<const char*>(found->data()), found->size()};
  }
  std::vector<std::string> list(const std::string& prefix) {
    std::vector<std::string> keys;
    std::optional<std::string> from = "";
    while (from) {
      const Page page = backend_->list(prefix, *from);
      expect(!page.next || *page.next > *from, "list(): the next page begins at or before this one");
      keys.insert(keys.end(), page.keys.begin(), page.keys.end());
      from = page.next;
    }
    return keys;
  }

 private:
  std::unique_ptr<Backend> backend_;
};

void need(bool declared, const char* ability) {
  if (!declared) throw Skip(cat("does not declare ", ability));
}

std::string joined(const std::vector<std::string>& keys) {
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "" : " ") + key;
  return out;
}

void check_round_trip(const Specimen& s) {
  Subject backend(s);
  backend.put("a/b", "text");
  expect(backend.get("a/b") == "text", "what was put does not come back");
  const auto stat = backend->stat("a/b");
  expect(stat && stat->size == 4, "stat() of an object of 4 bytes gives ", stat ? std::to_string(stat->size) : "none");
  backend.put("a/b", "2nd");
  expect(backend.get("a/b") == "2nd", "Replace does not replace");
  backend.put("a/b", "2nd");
  expect(backend.get("a/b") == "2nd", "the same put twice is to change nothing");
}

void check_absent(const Specimen& s) {
  Subject backend(s);
  expect(!backend->get("nothing") && !backend->stat("nothing"), "an absent object is a value, not an error");
  expect(backend.list("none/").empty(), "a prefix without objects is to be empty");
  backend.put("folder/object", "x");
  expect(!backend->get("folder") && !backend->stat("folder"), "the beginning of a key is no object");
}

void check_sizes(const Specimen& s) {
  Subject backend(s);
  backend.put("empty", "");
  expect(backend.get("empty").empty(), "an empty object does not come back empty");
  std::string large(9u << 20, 'x');
  for (size_t i = 0; i < large.size(); i += 4099) large[i] = static_cast<char>(i);
  backend.put("large", large);
  expect(backend.get("large") == large, "9 MiB do not come back");
}

void check_ranges(const Specimen& s) {
  Subject backend(s);
  need(backend->capabilities().ranged_get, "ranged_get");
  backend.put("k", "0123456789");
  const std::pair<ByteRange, const char*> kCases[] = {{{3, 4}, "3456"},
                                                      {{8, 100}, "89"},
                                                      {{10, 1}, ""},
                                                      {{99, 1}, ""},
                                                      {{0, 0}, ""},
                                                      {{0, 10}, "0123456789"},
                                                      {{4, std::nullopt}, "456789"}};
  for (const auto& [range, wanted] : kCases) {
    const std::string found = backend.get("k", range);
    expect(found == wanted, "range from ", range.offset, ": expected '", wanted, "', found '", found, "'");
  }
}

void check_if_absent(const Specimen& s) {
  Subject backend(s);
  need(backend->capabilities().conditional_put, "conditional_put");
  expect(backend->put("k", bytes_of("first"), PutMode::IfAbsent) == PutResult::Written,
         "the first put was not written");
  backend.commit("k");
  expect(backend->put("k", bytes_of("second"), PutMode::IfAbsent) == PutResult::Existed, "IfAbsent replaced an object");
  expect(backend.get("k") == "first", "IfAbsent changed an object");
}

void check_race(const Specimen& s) {
  Subject backend(s);
  need(backend->capabilities().conditional_put, "conditional_put");
  for (int round = 0; round < 8; ++round) {
    const std::string key = cat("race/", round);
    std::atomic<int> winners{0};
    std::vector<std::thread> writers;
    for (int i = 0; i < 6; ++i) {
      writers.emplace_back([&, i, own = std::make_shared<Subject>(s)] {
        const std::string text(1000, static_cast<char>('a' + i));
        if ((*own)->put(key, bytes_of(text), PutMode::IfAbsent) == PutResult::Written) ++winners;
      });
    }
    for (std::thread& writer : writers) writer.join();
    backend.commit(key);
    expect(winners == 1, winners.load(), " of 6 writers of one absent key won, expected 1");
    const std::string found = backend.get(key);
    expect(found == std::string(1000, found[0]), "the bytes of two writers are mixed");
  }
}

void check_list(const Specimen& s) {
  Subject backend(s);
  const std::vector<std::string> all{"a-b", "a.b", "a/b", "a/b.x", "a/c/d", "ab", "b"};
  for (auto key = all.rbegin(); key != all.rend(); ++key) backend.put(*key, "x");
  expect(backend.list("") == all, "list(\"\"): expected ", joined(all), ", found ", joined(backend.list("")));
  const std::vector<std::string> below{"a/b", "a/b.x", "a/c/d"};
  expect(backend.list("a/") == below, "list(\"a/\"): expected ", joined(below), ", found ", joined(backend.list("a/")));
  const auto from = backend->list("a/", "a/b.x").keys;
  expect(!from.empty() && from[0] == "a/b.x", "list(\"a/\", \"a/b.x\") is to begin with a/b.x");
}

void check_list_while_writing(const Specimen& s) {
  Subject reader(s);
  for (int i = 0; i < 50; ++i) reader.put(cat("old/", 100 + i), "x");
  std::atomic<bool> stop{false};
  std::thread writer([&, own = std::make_shared<Subject>(s)] {
    for (int i = 0; i < 200 && !stop; ++i) own->put(cat("old/", i % 100, "-new"), "y");
  });
  bool complete = true;
  for (int round = 0; round < 10; ++round) {
    const auto keys = reader.list("old/");
    for (int i = 0; i < 50; ++i)
      complete = complete && std::binary_search(keys.begin(), keys.end(), cat("old/", 100 + i));
  }
  stop = true;
  writer.join();
  expect(complete, "while others write, list() leaves out objects that were there before and after");
}

void check_remove(const Specimen& s) {
  Subject backend(s);
  need(backend->capabilities().remove, "remove");
  backend.put("k/a", "x");
  backend->remove("k/a");
  backend.commit("k/a");
  expect(!backend->get("k/a") && backend.list("").empty(), "a removed object is still there");
  backend->remove("k/a");
}

void check_other_object(const Specimen& s) {
  Subject one(s), two(s);
  one.put("k", "x");
  expect(two.get("k") == "x", "another object of the same place does not see what was put");
}

void check_names(const Specimen& s) {
  Subject backend(s);
  for (const char* key :
       {"", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/.", "a b", "a\\b", "a\nb", "\xc3\xa4", "a:b"}) {
    for (const bool reading : {false, true}) {
      bool refused = false;
      try {
        if (reading) {
          backend->get(key);
        } else {
          backend->put(key, bytes_of("x"), PutMode::Replace);
        }
      } catch (const Error&) {
        refused = true;
      }
      expect(refused, "'", key, "' is no key, but was accepted");
    }
  }
  const std::string part(200, 'a'), longest = cat(part, "/", part, "/", part);
  for (const std::string& key : {std::string("-"), std::string("...a"), std::string("@=+_"), longest}) {
    backend.put(key, key);
    expect(backend.get(key) == key, "'", key, "' is a key, but does not work");
  }
}

// A process that puts one object after the other until it is killed.
class Writer {
 public:
  Writer(const Specimen& s, const std::string& text) {
    int ends[2];
    expect(pipe(ends) == 0, "no pipe");
    child_ = fork();
    expect(child_ >= 0, "no child process");
    if (child_ == 0) put_for_ever(s, text, ends[1]);
    close(ends[1]);
    said_ = ends[0];
  }
  ~Writer() {
    ::kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(said_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Returns when so many more puts have returned there.
  void wait_for(int puts) {
    for (char said = '.'; puts > 0; --puts) {
      expect(read(said_, &said, 1) == 1 && said == '.', "a writer failed: ", said == '.' ? "it ended" : the_rest());
    }
  }

 private:
  [[noreturn]] static void put_for_ever(const Specimen& s, const std::string& text, int to) {
    const auto say = [to](const std::string& words) {
      if (write(to, words.data(), words.size()) < 0) _exit(1);
    };
    try {
      Subject writer(s);
      for (int i = 0;; ++i) {
        writer.put(cat("big/", i % 20), text);
        say(".");
      }
    } catch (const std::exception& error) {
      say(cat("!", error.what()));
    }
    _exit(1);
  }
  std::string the_rest() const {
    std::string text;
    for (char c = 0; read(said_, &c, 1) == 1;) text += c;
    return text;
  }
  pid_t child_ = -1;
  int said_ = -1;
};

void check_killed(const Specimen& s) {
  const std::string text(1u << 20, 'z');
  Subject(s).put("done", text);
  for (int round = 0; round < 5; ++round) {
    {
      Writer writer(s, text);
      writer.wait_for(2 * round + 1);
    }
    Subject after(s);
    expect(after.get("done") == text, "an object that was put long before is gone after a kill");
    for (const std::string& key : after.list("")) expect(after.get(key) == text, "'", key, "' is there in part");
  }
}

void check_describe(const Specimen& s) {
  Subject backend(s);
  expect(!backend->describe().empty(), "describe() is empty");
}

}  // namespace

Checks backend_checks() {
  return {{"objects", "gives back what was put, and replaces it", check_round_trip},
          {"absent", "reports absent objects as values", check_absent},
          {"sizes", "holds empty and large objects", check_sizes},
          {"ranges", "reads ranges and their edges", check_ranges},
          {"if_absent", "puts an absent object once", check_if_absent},
          {"race", "lets exactly one of many writers win", check_race},
          {"list", "lists in rising byte order below a prefix", check_list},
          {"writing", "lists every old object while new ones are written", check_list_while_writing},
          {"remove", "removes, and forgives absence", check_remove},
          {"same_place", "shows its objects to another object of the same place", check_other_object},
          {"names", "refuses names that are no keys, and takes odd ones that are", check_names},
          {"killed", "shows an object wholly or not at all after its writer was killed", check_killed},
          {"describe", "says where it is", check_describe}};
}

}  // namespace cairn::conformance
