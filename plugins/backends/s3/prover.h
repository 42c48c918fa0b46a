// What `cairn store init` and `cairn doctor` want to know beyond the interface.
#pragma once
#include <string>

#include <cairn/probe.h>

#include "s3/client.h"
#include "s3/conditional.h"

namespace cairn::s3 {

// Borrows everything.
class Prover final : public BackendProbe {
 public:
  Prover(Client& client, std::string prefix, ConditionProbe& condition, CredentialChain& credentials,
         uint64_t part_size)
      : client_(client),
        key_(prefix + "probe/parts"),
        condition_(condition),
        credentials_(credentials),
        part_size_(part_size) {}
  std::vector<Proof> proofs() override;

 private:
  std::string conditional_put();
  std::string parts();

  Client& client_;
  std::string key_;
  ConditionProbe& condition_;
  CredentialChain& credentials_;
  uint64_t part_size_;
};

}  // namespace cairn::s3
