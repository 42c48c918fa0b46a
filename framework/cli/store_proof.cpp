#include "cli/store_proof.h"

#include <unistd.h>

#include <cairn/probe.h>
#include <algorithm>
#include <functional>

#include "base/text_bytes.h"
#include "store/layout.h"

namespace cairn {

namespace {

class Prover {
 public:
  explicit Prover(Backend& backend) : backend_(backend), key_(cat(kProbePrefix, "proof-", getpid())) {}

  std::vector<StoreProof> run() {
    add("put", [&] {
      backend_.put(key_, bytes_of(text_), PutMode::Replace);
      backend_.commit(std::span(&key_, 1));
      return std::string("works");
    });
    add("get", [&] { return get(); });
    add("list", [&] {
      const auto keys = backend_.list(std::string(kProbePrefix)).keys;
      if (std::find(keys.begin(), keys.end(), key_) == keys.end())
        fail(Code::FailedPrecondition, "what was put is not listed");
      return std::string("works");
    });
    add("conditional put", [&] { return conditional_put(); });
    if (auto* probe = static_cast<BackendProbe*>(backend_.extension("cairn.probe/1"))) {
      for (const Proof& proof : probe->proofs()) add(proof.what, proof.look);
    }
    add("delete", [&] { return remove(); });
    return std::move(proofs_);
  }

 private:
  void add(const std::string& what, const std::function<std::string()>& look) {
    try {
      proofs_.push_back({what, true, look()});
    } catch (const Error& error) {
      proofs_.push_back({what, false, error.what()});
    }
  }

  std::string get() {
    const auto back = backend_.get(key_);
    const auto bytes = bytes_of(text_);
    if (!back || !std::equal(back->begin(), back->end(), bytes.begin(), bytes.end()))
      fail(Code::DataLoss, "what was put does not come back");
    return "works";
  }

  std::string conditional_put() {
    if (!backend_.capabilities().conditional_put) return "there is none: a single writer only";
    if (backend_.put(key_, bytes_of(text_), PutMode::IfAbsent) != PutResult::Existed)
      fail(Code::FailedPrecondition, "it overwrote an object although the backend declares that it would not");
    return "works";
  }

  std::string remove() {
    if (!backend_.capabilities().remove) return "the backend cannot; nothing is ever forgotten there";
    backend_.remove(key_);
    backend_.commit(std::span(&key_, 1));
    if (backend_.stat(key_)) fail(Code::FailedPrecondition, "what was deleted is still there");
    return "works";
  }

  Backend& backend_;
  const std::string key_, text_ = "cairn looks whether this store works";
  std::vector<StoreProof> proofs_;
};

}  // namespace

std::vector<StoreProof> prove_store(Backend& backend) {
  return Prover(backend).run();
}

}  // namespace cairn
